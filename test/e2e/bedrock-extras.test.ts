// Guardrails, tiers, latency, metadata, citations, system tools, video and audio: from the OpenAI SDK to bedrock-local.
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import type OpenAI from 'openai';
import { APIError, BadRequestError } from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };
const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const KEY = 'the-key-of-team-a';

const yaml = (url: string) => `keys:
  - { name: team a!, key: ${KEY} }
providers:
  bedrock:
    region: us-east-1
    crossRegion: geo
    endpoint: ${url}
    auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }
    retry: { attempts: 1 }
  patient:
    plugin: bedrock
    region: us-east-1
    crossRegion: geo
    endpoint: ${url}
    auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }
    retry: { attempts: 3, minDelay: 5ms, maxDelay: 20ms }
    breaker: { failures: 1000, rate: 100% }
  echo: {}
routes:
  guarded:
    targets: [bedrock/amazon.nova-pro-v1:0]
    bedrock:
      guardrail: { id: gr1, version: 2, streamMode: sync }
      requestMetadata: { app: turnout, stage: prod }
      keyTag: caller
  traced:
    targets: [bedrock/amazon.nova-pro-v1:0]
    bedrock: { guardrail: { id: gr2, version: DRAFT, trace: enabled } }
  tiered:
    targets: [bedrock/amazon.nova-pro-v1:0]
    bedrock: { serviceTier: { use: flex, allow: [default, priority] } }
  flex:
    targets: [bedrock/amazon.nova-pro-v1:0]
    bedrock: { serviceTier: flex }
  patient: patient/anthropic.claude-sonnet-5
  nova: bedrock/amazon.nova-pro-v1:0
  nova-2: bedrock/amazon.nova-2-lite-v1:0
  micro: bedrock/amazon.nova-micro-v1:0
  voxtral: bedrock/mistral.voxtral-mini-3b-2507
  claude: bedrock/${CLAUDE}
  echo: echo/echo
`;

let local: BedrockLocal;
let house: House;
beforeAll(async () => {
  local = await startBedrockLocal({ credentials: [KEYS] });
  house = await openHouse(yaml(local.url), { key: KEY });
});
afterAll(async () => {
  await house.close();
  expect(local.open).toBe(0);
  await local.close();
});
/** How many requests had arrived before the test. */
let before = 0;
beforeEach(() => {
  before = local.requests.length;
});
const expectNothingSent = () => expect(local.requests).toHaveLength(before);

/** Without what the SDK's helper for streams does not take. */
type Body = Pick<ChatCompletionCreateParamsNonStreaming, 'model' | 'messages' | 'max_tokens'>;
/** With a field that the SDK carries without knowing it. */
type Answer = OpenAI.Chat.ChatCompletion & { readonly bedrock?: Record<string, unknown> };

const body = (model: string, extra: object = {}, text = 'Hello.') =>
  ({
    model,
    messages: [{ role: 'user', content: text }],
    max_tokens: 1000,
    ...extra,
  }) as Body;

async function ask(model: string, extra: object = {}, text = 'Hello.') {
  const { data, response } = await house.openai.chat.completions.create(body(model, extra, text)).withResponse();
  return {
    answer: data as Answer,
    losses: response.headers.get('x-turnout-losses'),
    id: response.headers.get('x-request-id'),
  };
}
const askStreamed = async (model: string, extra: object = {}, text = 'Hello.') =>
  (await house.openai.chat.completions.stream(body(model, extra, text)).finalChatCompletion()) as Answer;
const sent = () => local.requests.at(-1)?.body as Record<string, unknown>;
const refusal = async (model: string, extra: object): Promise<BadRequestError> => {
  const error = await ask(model, extra).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(BadRequestError);
  return error as BadRequestError; // just checked
};

describe('guardrails', () => {
  test('the route sets one, and it wins over the client', async () => {
    const { losses } = await ask('guarded', { bedrock: { guardrail: { id: 'mine', version: '1', trace: 'enabled' } } });
    expect(sent().guardrailConfig).toEqual({ guardrailIdentifier: 'gr1', guardrailVersion: '2' });
    expect(losses).toContain('bedrock.guardrail:dropped');
  });

  test.each(['whole', 'streamed'])('that intervenes is a content_filter, an answer and no error: %s', async (how) => {
    const text = 'This is a blocked word.';
    const answer = how === 'whole' ? (await ask('guarded', {}, text)).answer : await askStreamed('guarded', {}, text);
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: 'Sorry, the model cannot answer this question.' },
    });
    expect(answer.bedrock).toBeUndefined();
    if (how === 'streamed') expect(sent().guardrailConfig).toMatchObject({ streamProcessingMode: 'sync' });
    else expect(sent().guardrailConfig).not.toHaveProperty('streamProcessingMode');
  });

  test('that intervenes before any content is still an answer', async () => {
    local.script({ kind: 'answer', content: [], stopReason: 'guardrail_intervened', times: 2 });
    const { answer } = await ask('guarded');
    expect(answer.choices[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: '' } });
    expect((await askStreamed('guarded')).choices[0]?.finish_reason).toBe('content_filter');
  });

  test.each(['whole', 'streamed'])('shows its trace when the route or the client asks: %s', async (how) => {
    const get = async (model: string, extra: object) =>
      how === 'whole'
        ? (await ask(model, extra, 'A blocked word.')).answer
        : askStreamed(model, extra, 'A blocked word.');
    const seen = { guardrail: { inputAssessment: { gr2: { wordPolicy: { customWords: [{ match: 'blocked' }] } } } } };
    expect((await get('traced', {})).bedrock?.trace).toMatchObject(seen);
    const mine = { bedrock: { guardrail: { id: 'gr2', version: 'DRAFT', trace: 'enabled_full' } } };
    expect((await get('nova', mine)).bedrock?.trace).toMatchObject(seen);
    const untraced = { bedrock: { guardrail: { id: 'gr2', version: 'DRAFT' } } };
    expect((await get('nova', untraced)).bedrock).not.toHaveProperty('trace');
  });

  test('text can be marked as what it is to look at', async () => {
    const content = [
      { type: 'text', text: 'Olten lies on the Aare.', bedrock: { guard: ['grounding_source'] } },
      { type: 'text', text: 'Where is Olten?', bedrock: { guard: ['query'] } },
    ];
    const { losses } = await ask('guarded', { messages: [{ role: 'user', content }] });
    expect(losses).toBeNull();
    expect(sent().messages).toMatchObject([
      { content: [{ guardContent: { text: { qualifiers: ['grounding_source'] } } }, { guardContent: {} }] },
    ]);
  });

  test('the trace of one that the account enforces stays out of the answer', async () => {
    local.script({ kind: 'answer', trace: { guardrail: { actionReason: 'secret' } } });
    const { answer } = await ask('nova', { bedrock: {} });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });
});

describe('service tiers', () => {
  test.each(['whole', 'streamed'])('the tier that was really used is in the answer: %s', async (how) => {
    const get = async (extra: object) =>
      how === 'whole' ? (await ask('tiered', extra)).answer : askStreamed('tiered', extra);
    local.script({ kind: 'answer', serviceTier: 'default' });
    const answer = await get({ service_tier: 'priority' });
    expect(sent().serviceTier).toEqual({ type: 'priority' });
    expect(answer.service_tier).toBe('default');
    const own = await get({ bedrock: { serviceTier: 'priority' } });
    expect(own.bedrock).toMatchObject({ serviceTier: 'priority', latencyMs: expect.any(Number) });
    expect(own.service_tier).toBeUndefined();
  });

  test('is in the log line', async () => {
    const { id } = await ask('flex');
    expect((await house.line(id ?? '')).fields.notes).toEqual({ serviceTier: 'flex' });
  });

  test("without a word of the client it is the route's", async () => {
    const { answer } = await ask('tiered', { service_tier: 'auto' });
    expect(sent().serviceTier).toEqual({ type: 'flex' });
    expect(answer).toMatchObject({ service_tier: 'flex' });
    await ask('tiered', { bedrock: { serviceTier: 'default' } });
    expect(sent()).not.toHaveProperty('serviceTier');
  });

  test('a client gets no other than the route allows', async () => {
    const error = await refusal('tiered', { bedrock: { serviceTier: 'reserved' } });
    expect(error).toMatchObject({ param: 'bedrock.serviceTier' });
    expect(error.message).toContain('the route does not allow the tier reserved, only default, priority');
    expect((await refusal('nova', { bedrock: { serviceTier: 'flex' } })).param).toBe('bedrock.serviceTier');
    for (const [model, tier] of [
      ['nova', 'flex'],
      ['flex', 'priority'],
      ['tiered', 'scale'],
    ] as const) {
      expect((await ask(model, { service_tier: tier })).losses, tier).toContain('service_tier:dropped');
    }
    expect((await ask('flex', { service_tier: 'flex' })).losses).toBeNull();
  });
});

describe('the other settings', () => {
  test('metadata: the entries of the route win, the name of the key is one of them', async () => {
    const { losses } = await ask('guarded', { bedrock: { requestMetadata: { app: 'other', run: '7' } } });
    expect(sent().requestMetadata).toEqual({ app: 'turnout', stage: 'prod', caller: 'team a_', run: '7' });
    expect(losses).toContain('bedrock.requestMetadata:dropped');
  });

  test('latency, where the model has it', async () => {
    const { answer, losses } = await ask('nova', { bedrock: { latency: 'optimized' } });
    expect(sent().performanceConfig).toEqual({ latency: 'optimized' });
    expect(answer.bedrock).toMatchObject({ latency: 'optimized' });
    expect(losses).toBeNull();
    expect((await ask('claude', { bedrock: { latency: 'optimized' } })).losses).toBe('bedrock.latency:dropped');
  });

  test("members of the model's own answer", async () => {
    const extra = { bedrock: { additionalModelResponseFieldPaths: ['/stop_reason'] }, stop: ['END'] };
    const { answer } = await ask('claude', extra);
    expect(sent().additionalModelResponseFieldPaths).toEqual([
      '/stop_reason',
      '/stop_sequence',
      '/delta/stop_sequence',
    ]);
    expect(answer.bedrock).toMatchObject({ additionalModelResponseFields: { stop_reason: 'end_turn' } });
  });

  test('a prompt router says which model answered: in the log, and where the client asks', async () => {
    const trace = {
      promptRouter: { invokedModelId: 'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0' },
    };
    local.script({ kind: 'answer', trace, times: 2 });
    const { answer, id } = await ask('nova', { bedrock: {} });
    expect(answer.bedrock).toMatchObject({ trace });
    expect((await house.line(id ?? '')).fields.notes).toEqual({ invokedModel: trace.promptRouter.invokedModelId });
    expect((await ask('nova')).answer).not.toHaveProperty('bedrock');
  });

  test.each(['whole', 'streamed'])('calls of system tools are not shown as calls of the client: %s', async (how) => {
    const id = 'tooluse_1';
    local.script({
      kind: 'answer',
      stopReason: 'end_turn',
      content: [
        { toolUse: { toolUseId: id, name: 'nova_grounding', input: { query: 'x' }, type: 'server_tool_use' } },
        {
          toolResult: {
            toolUseId: id,
            content: [{ text: '[HIDDEN]' }],
            status: 'success',
            type: 'nova_grounding_result',
          },
        },
        {
          citationsContent: {
            content: [{ text: 'Found.' }],
            citations: [{ location: { web: { url: 'https://a.example' } } }],
          },
        },
      ],
    });
    const extra = { bedrock: { systemTools: ['nova_grounding'] } };
    const answer = how === 'whole' ? (await ask('nova-2', extra)).answer : await askStreamed('nova-2', extra);
    expect(sent().toolConfig).toEqual({ tools: [{ systemTool: { name: 'nova_grounding' } }] });
    const [choice] = answer.choices;
    expect(choice).toMatchObject({ finish_reason: 'stop', message: { content: 'Found.' } });
    expect(choice?.message.tool_calls).toBeUndefined();
    expect((await ask('claude', extra)).losses).toBe('bedrock.systemTools:dropped');
  });

  test('citations: asked for, counted in the log, the text whole', async () => {
    const cited = {
      citations: [{ title: 'plan', location: { documentPage: { documentIndex: 0, start: 1, end: 2 } } }],
    };
    local.script({
      kind: 'answer',
      content: [{ citationsContent: { content: [{ text: 'It says so' }], ...cited } }, { text: ', and more.' }],
    });
    const content = [
      { type: 'text', text: 'What does it say?' },
      { type: 'file', file: { filename: 'plan.txt', file_data: `data:text/plain;base64,${btoa('08:15 Basel')}` } },
    ];
    const messages = [{ role: 'user', content }];
    const { answer, id } = await ask('claude', { messages, bedrock: { citations: true } });
    expect(sent().messages).toMatchObject([{ content: [{}, { document: { citations: { enabled: true } } }] }]);
    expect(answer.choices[0]?.message.content).toBe('It says so, and more.');
    expect((await house.line(id ?? '')).fields.notes).toEqual({ citations: 1 });
    expect((await ask('nova', { messages, bedrock: { citations: true } })).losses).toBe('bedrock.citations:dropped');
  });

  test.each([
    [{ serviceTeir: 'flex' }, 'bedrock.serviceTeir', 'unknown field'],
    [{ serviceTier: 'fast' }, 'bedrock.serviceTier', 'expected one of default, flex, priority, reserved'],
    [{ guardrail: { id: 'gr1' } }, 'bedrock.guardrail.version', ''],
    [
      { guardrail: { id: 'arn:aws:bedrock:us-east-1:123456789012:guardrail/x', version: '1' } },
      'bedrock.guardrail.id',
      'no ARN',
    ],
    [{ guardrail: { id: 'gr1', version: '1', x: 1 } }, 'bedrock.guardrail.x', 'unknown field'],
    [{ keyTag: 'team' }, 'bedrock.keyTag', 'only a route may set this'],
    [{ additionalModelRequestFields: { a: 1 } }, 'bedrock.additionalModelRequestFields', 'unknown field'],
    [{ additionalModelResponseFieldPaths: ['stop'] }, 'bedrock.additionalModelResponseFieldPaths.0', 'JSON Pointer'],
    [{ requestMetadata: { a: 'é' } }, 'bedrock.requestMetadata.a', 'letters'],
    [
      { requestMetadata: Object.fromEntries(Array.from({ length: 17 }, (_, n) => [`k${n}`, ''])) },
      'bedrock.requestMetadata',
      'at most 16',
    ],
    [{ systemTools: ['shell'] }, 'bedrock.systemTools.0', ''],
  ])('%o is refused at its place', async (bedrock, param, message) => {
    const error = await refusal('nova', { bedrock });
    expect(error.param).toBe(param);
    expect(error.message).toMatch(new RegExp(`${param}: .*${message}`));
    expectNothingSent();
  });

  test('a target of another plugin reads none of it, and says so', async () => {
    expect((await ask('echo', { bedrock: { latency: 'optimized' } })).losses).toBe('bedrock.latency:dropped');
  });
});

describe('video and audio', () => {
  const video = { type: 'video_url', video_url: { url: `data:video/mp4;base64,${btoa('video')}` } };
  const audio = { type: 'input_audio', input_audio: { format: 'wav', data: btoa('audio') } };
  const watch = (model: string, part: object) =>
    ask(model, { messages: [{ role: 'user', content: [{ type: 'text', text: 'What is this?' }, part] }] });

  test('reach the models that take them', async () => {
    expect((await watch('nova', video)).answer.choices[0]?.message.content).toContain('a video (mp4)');
    expect((await watch('voxtral', audio)).answer.choices[0]?.message.content).toContain('an audio (wav)');
    expect(sent().messages).toMatchObject([
      { content: [{}, { audio: { format: 'wav', source: { bytes: btoa('audio') } } }] },
    ]);
  });

  test.each([
    ['claude', video, 'the model takes no video'],
    ['micro', video, 'the model takes no video'],
    ['nova', audio, 'the model takes no audio'],
  ])('%s refuses what it does not take', async (model, part, message) => {
    await expect(watch(model, part)).rejects.toThrow(message);
    expectNothingSent();
  });

  test('nothing is taken from S3', async () => {
    const stored = { type: 'video_url', video_url: { url: 's3://someone-elses-bucket/film.mp4' } };
    await expect(watch('nova', stored)).rejects.toThrow(BadRequestError);
    expectNothingSent();
  });
});

describe('errors of AWS', () => {
  const profile = 'us.anthropic.claude-sonnet-5';
  const ACCOUNT = '123456789012';
  // One for each: a target whose quota is used up is left alone for an hour.
  let fresh: House;
  beforeEach(async () => {
    fresh = await openHouse(yaml(local.url), { key: KEY });
  });
  afterEach(() => fresh.close());

  // The name and status of each, the status for the client, how often AWS is asked, and what the client reads.
  test.each([
    [
      'AccessDeniedException',
      `User: arn:aws:iam::${ACCOUNT}:user/jane is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:us-east-1:${ACCOUNT}:inference-profile/${profile}`,
      502,
      1,
      /need bedrock:InvokeModel on arn:aws:bedrock:us-east-1:\*:inference-profile\/us\.anthropic\.claude-sonnet-5 and on arn:aws:bedrock:\*::foundation-model\/anthropic\.claude-sonnet-5/,
    ],
    [
      'AccessDeniedException',
      "You don't have access to the model with the specified model ID.",
      502,
      1,
      /Model access/,
    ],
    ['ResourceNotFoundException', 'Model use case details have not been submitted', 502, 1, /use case form/],
    ['ThrottlingException', 'Too many tokens per day, please wait before trying again.', 429, 1, /Service Quotas/],
    ['ValidationException', 'The provided model identifier is invalid.', 404, 1, /check the id/],
    ['ValidationException', 'Input is too long for requested model.', 400, 1, /too long/],
    ['ServiceUnavailableException', 'Bedrock is unable to process your request.', 503, 3, /unable/],
    ['InternalServerException', 'Something went wrong.', 502, 3, /went wrong/],
    ['ModelNotReadyException', 'The model is not ready.', 429, 3, /not ready/],
    ['ModelTimeoutException', 'The model timed out.', 504, 1, /timed out/],
  ] as const)('%s: %s', async (name, message, status, asked, words) => {
    local.script({ kind: 'error', name, message, times: asked });
    const error = await fresh.openai.chat.completions.create(body('patient')).catch((reason: unknown) => reason);
    if (!(error instanceof APIError)) throw new Error('no error of the API');
    expect(error.status).toBe(status);
    expect(local.requests.length - before).toBe(asked);
    expect(error.message).toMatch(words);
    expect(error.message).not.toMatch(/\d{12}|jane/);
    if (status === 429) expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(0);
    if (message.includes('per day')) expect(error.headers?.get('retry-after')).toBe('3600');
  });
});
