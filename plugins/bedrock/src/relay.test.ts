// What is sent of a body that the client wrote itself, and how its answer comes back, against bedrock-local.
import type { ChatRequest, FinishEvent, Plan, PlanCall, Provider, RelayEvent } from '@turnout/core/contract';
import { encodeFrame, FrameReader } from '@turnout/core/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BedrockLocal, startBedrockLocal } from '../local/index.ts';
import { chatRequest, createHost, relayCallOf } from '../test/fixture.ts';
import plugin from './index.ts';
import type { RelayWire } from './relay-plan.ts';

const SONNET_5 = 'anthropic.claude-sonnet-5';
const SONNET_4_5 = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const NOVA = 'amazon.nova-pro-v1:0';
const ALIAS = 'my-alias';

let local: BedrockLocal;
let provider: Provider;
const host = createHost({ 'x-of-the-yaml': '1' });

function create(more: object = {}): Provider | Promise<Provider> {
  const auth = { mode: 'keys', accessKeyId: 'A', secretAccessKey: 'S' };
  const given = { region: 'us-east-1', crossRegion: 'geo', endpoint: local.url, auth, ...more };
  const parsed = plugin.config['~standard'].validate(given);
  if (parsed instanceof Promise || parsed.issues !== undefined) throw new Error('the settings are wrong');
  return plugin.create(parsed.value, host);
}
beforeAll(async () => {
  local = await startBedrockLocal();
  provider = await create();
});
beforeEach(() => local.reset());
afterAll(async () => {
  await host.close();
  await local.close();
});

const CONVERSE = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }] };
const CLAUDE = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hello' }],
};

interface Asked {
  readonly protocol?: PlanCall['protocol'];
  readonly body: object;
  readonly model?: string;
  readonly stream?: boolean;
  /** The canonical form, as far as it matters. */
  readonly request?: Partial<ChatRequest>;
  readonly route?: unknown;
  readonly call?: Partial<PlanCall>;
  readonly by?: Provider;
}

function planOf({ protocol = 'bedrock-converse', body, model = SONNET_5, ...asked }: Asked): Plan {
  const request = chatRequest({ model, ...asked.request });
  const { stream = false, route: routeSettings, call } = asked;
  return (asked.by ?? provider).plan(request, { protocol, stream, body, routeSettings, ...call });
}

/** What would be sent, as it goes over the wire, and the losses. */
function sentFor(asked: Asked) {
  const plan = planOf(asked);
  expect(plan.relay, plan.resolution.reasons.at(-1)).toBe(true);
  const { body, headers } = plan.wire as RelayWire; // a relayed plan's
  const losses = plan.losses.map(({ field, action, ofRoute }) => `${field}:${action}${ofRoute ? ':route' : ''}`);
  return { body: JSON.parse(JSON.stringify(body)), headers, losses, reasons: plan.resolution.reasons };
}

async function answerOf(
  asked: Asked,
): Promise<{ bytes: Buffer; finish: FinishEvent; headers: object; events: RelayEvent[] }> {
  const plan = planOf(asked);
  const answer = await provider.relay?.(chatRequest(), relayCallOf(plan, ALIAS));
  const events: RelayEvent[] = [];
  for await (const event of answer?.events ?? []) events.push(event);
  const finish = events.at(-1);
  if (finish?.type !== 'finish') throw new Error('no finish');
  const bytes = Buffer.concat(events.flatMap((event) => (event.type === 'bytes' ? [event.bytes] : [])));
  return { bytes, finish, headers: answer?.headers ?? {}, events };
}

const invoke = (body: object, more: Partial<Asked> = {}): Asked => ({ protocol: 'bedrock-invoke', body, ...more });

describe('a body of Converse', () => {
  it('is sent as it is, without the model, with a limit', () => {
    const own = {
      modelId: 'arn:whatever',
      ...CONVERSE,
      system: [{ text: 'Be brief.' }],
      additionalModelRequestFields: { anthropic_beta: ['anything'] },
      unknown: { member: 1 },
    };
    const kept = structuredClone(own);
    const { modelId: _, ...rest } = own;
    expect(sentFor({ body: own })).toMatchObject({
      body: { ...rest, inferenceConfig: { maxTokens: 8192 } },
      losses: [],
    });
    expect(sentFor({ body: own }).body).not.toHaveProperty('modelId');
    expect(own).toEqual(kept);
  });

  it('keeps its own limits and sampling; the route fills in what is missing', () => {
    const body = { ...CONVERSE, inferenceConfig: { temperature: 0.9, stopSequences: ['x'] } };
    const request = { maxTokens: 77, temperature: 0.9, topP: 0.5 };
    expect(sentFor({ body, model: NOVA, request }).body.inferenceConfig).toEqual({
      maxTokens: 77,
      temperature: 0.9,
      topP: 0.5,
      stopSequences: ['x'],
    });
    // Temperature and topP exclude each other there, whoever has set them.
    const one = sentFor({ body, model: SONNET_4_5, request });
    expect(one.body.inferenceConfig).toEqual({ maxTokens: 77, temperature: 0.9, stopSequences: ['x'] });
    expect(one.losses).toEqual(['topP:dropped']);
    const other = { ...CONVERSE, inferenceConfig: { topP: 0.5 } };
    expect(sentFor({ body: other, model: SONNET_4_5, request }).body.inferenceConfig).toEqual({
      maxTokens: 77,
      topP: 0.5,
    });
  });

  it('gets the reasoning of the route where it has none of its own', () => {
    const route = { reasoning: { budget: 4096 } };
    const body = { ...CONVERSE, inferenceConfig: { temperature: 0.3 }, additionalModelRequestFields: { top_k: 5 } };
    const { body: sent, losses, reasons } = sentFor({ body, model: SONNET_4_5, request: route });
    expect(sent.additionalModelRequestFields).toEqual({ thinking: { type: 'enabled', budget_tokens: 4096 } });
    expect(sent.inferenceConfig).toEqual({ maxTokens: 16_384 });
    expect(losses).toEqual(['temperature:dropped', 'topK:dropped']);
    expect(reasons.at(-1)).toMatch(/relayed/);
    expect(planOf({ body, model: SONNET_4_5, request: route }).resolution.reasoning).toBe(
      'budget 4096 of maxTokens 16384',
    );
    const own = { ...CONVERSE, additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 20_000 } } };
    const kept = sentFor({ body: own, model: SONNET_4_5, request: { reasoning: { budget: 20_000 } } });
    expect(kept.body.additionalModelRequestFields).toEqual(own.additionalModelRequestFields);
    expect(kept.body.inferenceConfig).toEqual({ maxTokens: 24_096 });
    const forced = { ...CONVERSE, toolConfig: { tools: [tool('a')], toolChoice: { any: {} } } };
    const free = sentFor({ body: forced, model: SONNET_4_5, request: route });
    expect(free.body.toolConfig).toEqual({ tools: [tool('a')] });
    expect(free.losses).toContain('toolChoice:approximated');
  });

  it('joins the effort of the route with its own format', () => {
    const schema = {
      type: 'json_schema',
      structure: { jsonSchema: { schema: '{"type":"object","additionalProperties":false}' } },
    };
    const body = { ...CONVERSE, outputConfig: { textFormat: schema } };
    const { body: sent } = sentFor({
      body,
      model: 'anthropic.claude-sonnet-4-6',
      request: { reasoning: { effort: 'low' } },
    });
    expect(sent.outputConfig).toEqual({ textFormat: schema, effort: 'low' });
    expect(sent.additionalModelRequestFields).toEqual({ thinking: { type: 'adaptive' } });
  });

  it('takes what the operator sets: the guardrail, the tags, the tier within what is allowed', () => {
    const body = {
      ...CONVERSE,
      guardrailConfig: { guardrailIdentifier: 'mine', guardrailVersion: '1' },
      requestMetadata: { team: 'mine', own: 'x' },
      serviceTier: { type: 'flex' },
    };
    const route = {
      guardrail: { id: 'theirs', version: '3', streamMode: 'async' },
      requestMetadata: { team: 'theirs' },
      keyTag: 'key',
      serviceTier: { allow: ['flex'] },
      systemTools: ['nova_grounding'],
    };
    const sent = sentFor({ body, model: NOVA, stream: true, route, call: { keyName: 'k1' } });
    expect(sent.body).toMatchObject({
      guardrailConfig: { guardrailIdentifier: 'theirs', guardrailVersion: '3', streamProcessingMode: 'async' },
      requestMetadata: { team: 'theirs', own: 'x', key: 'k1' },
      serviceTier: { type: 'flex' },
    });
    expect(sent.losses).toEqual([
      'guardrailConfig:dropped',
      'requestMetadata:dropped',
      'bedrock.systemTools:dropped:route',
    ]);
    expect(sent.reasons).toContain('the guardrail theirs, version 3, checks request and answer');
    expect(() => planOf({ body, model: NOVA })).toThrow(/^serviceTier: the route does not allow the tier flex/);
    const arn = { guardrailIdentifier: 'arn:aws:bedrock:eu-west-1:123456789012:guardrail/a', guardrailVersion: '1' };
    expect(() => planOf({ body: { ...CONVERSE, guardrailConfig: arn } })).toThrow(/^guardrailConfig: /);
  });

  it('does not read from S3, not in results of tools either', () => {
    const image = { image: { format: 'png', source: { s3Location: { uri: 's3://bucket/key' } } } };
    const results = { toolResult: { toolUseId: 'a', content: [image] } };
    for (const content of [[image], [results]]) {
      expect(() => planOf({ body: { messages: [{ role: 'user', content }] } })).toThrow(/not taken from S3/);
    }
  });

  it.each([
    ['a Claude’s thinking', NOVA, { additionalModelRequestFields: { thinking: { type: 'adaptive' } } }],
    ['a budget', SONNET_5, { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2000 } } }],
    ['sampling', SONNET_5, { inferenceConfig: { temperature: 1 } }],
    ['too large a limit', NOVA, { inferenceConfig: { maxTokens: 1_000_000 } }],
    ['cached tools', NOVA, { toolConfig: { tools: [tool('a'), { cachePoint: { type: 'default' } }] } }],
    ['an empty answer', SONNET_5, { messages: [...CONVERSE.messages, { role: 'assistant', content: [] }] }],
    ['prefill', SONNET_5, { messages: [...CONVERSE.messages, { role: 'assistant', content: [{ text: 'I' }] }] }],
  ])('that is not for the model is rebuilt: %s', (_what, model, more) => {
    const { relay, resolution } = planOf({ body: { ...CONVERSE, ...more }, model });
    expect(relay).toBeUndefined();
    expect(resolution.reasons.at(-1)).toMatch(/^the answer is rebuilt: the model takes other bodies/);
  });

  it('that holds what another family has signed is rebuilt: it is sealed there', () => {
    const parts = [{ type: 'reasoning', text: 'x', signature: 's', origin: 'openai' }] as const;
    const { relay } = planOf({
      body: CONVERSE,
      request: { messages: [...chatRequest().messages, { role: 'assistant', parts }] },
    });
    expect(relay).toBeUndefined();
  });

  it('is relayed in any case where nobody else can read it', () => {
    const body = { ...CONVERSE, inferenceConfig: { temperature: 1 } };
    expect(planOf({ body, call: { relayOnly: 'a new kind of block' } }).relay).toBe(true);
  });

  it('goes where residency, ARN rules and prefixes say', async () => {
    const strict = await create({ residency: 'eu', region: 'eu-west-1' });
    expect(() => planOf({ body: CONVERSE, model: 'us.anthropic.claude-sonnet-5', by: strict })).toThrow(/residency/);
    const arn = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';
    expect(() => planOf({ body: CONVERSE, model: arn, call: { direct: true } })).toThrow(/listed under models/);
    expect(planOf({ body: CONVERSE }).resolution.model).toBe(`us.${SONNET_5}`);
  });
});

const tool = (name: string) => ({ toolSpec: { name, inputSchema: { json: { type: 'object', properties: {} } } } });

describe('an answer of Converse', () => {
  it('comes back byte for byte, with what of its head is the client’s', async () => {
    const { bytes, finish, headers } = await answerOf({ body: CONVERSE });
    expect(JSON.parse(bytes.toString())).toMatchObject({ stopReason: 'end_turn', usage: { inputTokens: 2 } });
    expect(finish).toMatchObject({ reason: 'stop', rawReason: 'end_turn', usage: { inputTokens: 2 } });
    expect(headers).toEqual({ 'content-type': 'application/json' });
    expect(local.requests[0]).toMatchObject({ headers: { 'x-of-the-yaml': '1' }, finished: true });
  });

  it('streams, its end in the events', async () => {
    const body = {
      ...CONVERSE,
      messages: [{ role: 'user', content: [{ text: 'call look' }] }],
      toolConfig: { tools: [tool('look')] },
    };
    const { bytes, finish, headers } = await answerOf({ body, stream: true });
    expect(finish).toMatchObject({ reason: 'tool-calls', rawReason: 'tool_use' });
    expect(headers).toEqual({ 'content-type': 'application/vnd.amazon.eventstream' });
    const reader = new FrameReader();
    reader.push(bytes);
    const types: unknown[] = [];
    for (let frame = reader.next(); frame !== undefined; frame = reader.next()) types.push(frame.headers.eventType);
    expect(types[0]).toBe('messageStart');
    expect(types.slice(-2)).toEqual(['messageStop', 'metadata']);
  });

  it.each([
    [{ kind: 'error', name: 'ThrottlingException' } as const, 'rate-limited'],
    [{ kind: 'exception', name: 'throttlingException', afterFrames: 0 } as const, 'rate-limited'],
    [{ kind: 'exception', name: 'modelStreamErrorException', afterFrames: 2 } as const, 'upstream-failed'],
    [{ kind: 'cut', afterFrames: 3 } as const, 'upstream-failed'],
    [{ kind: 'end' } as const, 'upstream-failed'],
    [{ kind: 'corrupt', frame: 1 } as const, 'upstream-failed'],
    [{ kind: 'corrupt', frame: 1, part: 'prelude' } as const, 'upstream-failed'],
    [{ kind: 'answer', stopReason: 'malformed_tool_use' } as const, 'upstream-failed'],
  ])('fails as any other: %o', async (step, code) => {
    local.script(step);
    await expect(answerOf({ body: CONVERSE, stream: true })).rejects.toMatchObject({ code });
  });

  it.each([
    { output: { message: { content: [] } }, stopReason: 5 },
    { output: { message: { content: [] } } },
    { output: { message: { content: [null] } }, stopReason: 'end_turn' },
  ])('fails with a whole answer in no shape of Converse: %j', async (json) => {
    local.script({ kind: 'recorded', headers: { 'content-type': 'application/json' }, body: { json } });
    await expect(answerOf({ body: CONVERSE, stream: false })).rejects.toMatchObject({ code: 'upstream-failed' });
  });

  it('tells the frames before a failure first, the exception not', async () => {
    local.script({ kind: 'exception', name: 'internalServerException', afterFrames: 4 });
    const answer = await provider.relay?.(chatRequest(), relayCallOf(planOf({ body: CONVERSE, stream: true }), ALIAS));
    const events: RelayEvent[] = [];
    await expect(
      (async () => {
        for await (const event of answer?.events ?? []) events.push(event);
      })(),
    ).rejects.toMatchObject({ code: 'upstream-failed', upstream: { name: 'InternalServerException' } });
    const reader = new FrameReader();
    for (const event of events) if (event.type === 'bytes') reader.push(event.bytes);
    let frames = 0;
    while (reader.next() !== undefined) frames++;
    expect(frames).toBe(4);
  });

  it('lets go of the connection when nobody reads on', async () => {
    local.script({ kind: 'stall', afterFrames: 1 });
    const plan = planOf({ body: CONVERSE, stream: true });
    const stop = new AbortController();
    const answer = await provider.relay?.(chatRequest(), relayCallOf(plan, ALIAS, stop.signal));
    const events = answer?.events[Symbol.asyncIterator]();
    await events?.next();
    stop.abort();
    await events?.return?.();
    await expect.poll(() => local.open).toBe(0);
  });

  it('of a model that does not stream is made a stream of', async () => {
    const words = {
      kind: 'error',
      name: 'ValidationException',
      message: 'This model is unsupported for streaming.',
    } as const;
    local.script(words);
    const own = await create();
    const plan = planOf({ body: CONVERSE, model: NOVA, stream: true, by: own });
    await expect(own.relay?.(chatRequest(), relayCallOf(plan, ALIAS))).rejects.toMatchObject({ again: true });
    expect(planOf({ body: CONVERSE, model: NOVA, stream: true, by: own })).toMatchObject({ streams: false });
  });
});

describe('a body of Claude', () => {
  it('is sent in the version that Bedrock takes, without what stands in the path', () => {
    const body = { ...CLAUDE, anthropic_version: '2026-10-21', model: 'x', stream: true, metadata: { user_id: 'u' } };
    const { body: sent, headers, losses } = sentFor(invoke(body));
    expect(sent).toEqual({ ...CLAUDE, metadata: { user_id: 'u' } });
    expect({ headers, losses }).toEqual({ headers: {}, losses: [] });
  });

  it('keeps the betas that the model takes', () => {
    const betas = [
      'interleaved-thinking-2025-05-14',
      'context-1m-2025-08-07',
      'claude-code-20250219',
      'made-up-2026-01-01',
    ];
    const body = { ...CLAUDE, anthropic_beta: betas };
    const old = sentFor(invoke(body, { model: SONNET_4_5 }));
    expect(old.body.anthropic_beta).toEqual(betas.slice(0, 2));
    expect(old.losses).toEqual(['anthropic-beta:dropped']);
    expect(sentFor(invoke(body)).body).not.toHaveProperty('anthropic_beta');
  });

  it('gets the limit, the sampling and the reasoning of the route', () => {
    const { max_tokens: _, ...bare } = CLAUDE;
    const request = { temperature: 0.5, maxTokens: 9000, reasoning: { budget: 4000 } };
    const { body, losses } = sentFor(invoke({ ...bare, top_k: 3 }, { model: SONNET_4_5, request }));
    expect(body).toEqual({ ...bare, max_tokens: 9000, thinking: { type: 'enabled', budget_tokens: 4000 } });
    expect(losses).toEqual(['temperature:dropped', 'topK:dropped']);
    const own = { ...CLAUDE, thinking: { type: 'disabled' }, temperature: 0.1 };
    expect(sentFor(invoke(own, { model: SONNET_4_5, request: { ...request, reasoning: 'off' } })).body).toEqual(own);
  });

  it('never gets round the guardrail of the route', async () => {
    const body = { ...CLAUDE, 'amazon-bedrock-guardrailConfig': { tagSuffix: 'x' } };
    const route = {
      guardrail: { id: 'gr1', version: '2', trace: 'enabled', streamMode: 'sync' },
      requestMetadata: { team: 'a' },
      serviceTier: { use: 'priority', allow: [] },
      latency: 'optimized',
      citations: true,
    };
    const members = { guardrailConfig: { guardrailIdentifier: 'mine', guardrailVersion: '1' } };
    const request = { extensions: { 'bedrock-converse': members } };
    const { body: sent, headers, losses } = sentFor(invoke(body, { route, request, stream: true }));
    expect(sent['amazon-bedrock-guardrailConfig']).toEqual({ streamProcessingMode: 'SYNCHRONOUS' });
    expect(headers).toEqual({
      'x-amzn-bedrock-guardrailidentifier': 'gr1',
      'x-amzn-bedrock-guardrailversion': '2',
      'x-amzn-bedrock-trace': 'ENABLED',
      'x-amzn-bedrock-service-tier': 'priority',
      'x-amzn-bedrock-request-metadata': '{"team":"a"}',
    });
    expect(losses).toEqual([
      'guardrailConfig:dropped',
      'bedrock.latency:dropped:route',
      'bedrock.citations:dropped:route',
      'amazon-bedrock-guardrailConfig:dropped',
    ]);
    const blocked = { ...CLAUDE, messages: [{ role: 'user', content: 'this is blocked' }] };
    for (const stream of [false, true]) {
      const { finish, bytes } = await answerOf(invoke(blocked, { route: { guardrail: route.guardrail }, stream }));
      expect(finish).toMatchObject({ reason: 'content-filter', rawReason: 'end_turn' });
      if (!stream) expect(bytes.toString()).toContain('"amazon-bedrock-guardrailAction":"INTERVENED"');
    }
    expect(local.requests[0]?.headers).toMatchObject({ 'x-amzn-bedrock-guardrailidentifier': 'gr1' });
  });

  it('takes the client’s own guardrail, tier and tags', () => {
    const members = {
      guardrailConfig: { guardrailIdentifier: 'mine', guardrailVersion: '1' },
      requestMetadata: { a: 'b' },
    };
    const { headers, body } = sentFor(invoke(CLAUDE, { request: { extensions: { 'bedrock-converse': members } } }));
    expect(headers).toMatchObject({
      'x-amzn-bedrock-guardrailidentifier': 'mine',
      'x-amzn-bedrock-request-metadata': '{"a":"b"}',
    });
    expect(body).toEqual(CLAUDE);
  });

  it('needs no version to be known for one', async () => {
    const { anthropic_version: _, ...body } = CLAUDE;
    const asked = invoke(body, { call: { relayOnly: 'no version' }, request: { messages: [] } });
    expect(sentFor(asked).body).toEqual(CLAUDE);
    expect(JSON.parse((await answerOf(asked)).bytes.toString())).toMatchObject({ model: ALIAS });
  });

  it('that is cut off tells what it has cost so far', async () => {
    local.script({ kind: 'cut', afterFrames: 3 });
    await expect(answerOf(invoke(CLAUDE, { stream: true }))).rejects.toMatchObject({
      code: 'upstream-failed',
      usage: { inputTokens: 2 },
    });
    local.script({ kind: 'end' });
    await expect(answerOf(invoke(CLAUDE, { stream: true }))).rejects.toMatchObject({ usage: { inputTokens: 2 } });
  });

  it('answers with the client’s name of the model, in words and in frames', async () => {
    const whole = await answerOf(invoke(CLAUDE));
    expect(JSON.parse(whole.bytes.toString())).toMatchObject({ model: ALIAS, type: 'message' });
    expect(whole.finish).toMatchObject({ reason: 'stop', usage: { inputTokens: 2 } });
    expect(whole.headers).toMatchObject({ 'x-amzn-bedrock-input-token-count': '2' });
    const { bytes, finish } = await answerOf(invoke(CLAUDE, { stream: true }));
    const reader = new FrameReader();
    reader.push(bytes);
    const first = JSON.parse(Buffer.from(JSON.parse(reader.next()?.text() ?? '').bytes, 'base64').toString());
    expect(first).toMatchObject({ type: 'message_start', message: { model: ALIAS } });
    expect(finish).toMatchObject({ reason: 'stop', rawReason: 'end_turn', usage: { inputTokens: 2 } });
  });

  it.each([
    ['another family', NOVA, {}],
    ['thinking of another generation', SONNET_4_5, { thinking: { type: 'adaptive' } }],
    [
      'a system message between turns',
      SONNET_4_5,
      { messages: [...CLAUDE.messages, { role: 'system', content: 'x' }] },
    ],
    [
      'media behind a URL',
      SONNET_5,
      {
        messages: [{ role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://x.example/' } }] }],
      },
    ],
    ['clearing without its flag', SONNET_5, { context_management: { edits: [] } }],
    ['a hosted tool', SONNET_5, { tools: [{ type: 'web_search_20250305', name: 'web_search' }] }],
  ])('is rebuilt for %s', (_what, model, more) => {
    const { relay, resolution } = planOf(invoke({ ...CLAUDE, ...more }, { model }));
    expect(relay).toBeUndefined();
    expect(resolution.reasons.at(-1)).toMatch(/^the answer is rebuilt: /);
  });
});

describe('a body in a form of the model’s own', () => {
  const native = (body: object, more: Partial<Asked> = {}): Asked =>
    invoke(body, { call: { relayOnly: 'a form of its own' }, request: { messages: [] }, ...more });

  it('is sent as it is, but never reads from S3', () => {
    const body = { inputText: 'Hello', textGenerationConfig: { maxTokenCount: 5 } };
    expect(sentFor(native(body, { model: 'amazon.titan-embed-text-v2:0' }))).toMatchObject({
      body,
      headers: {},
      losses: [],
    });
    for (const s3 of [{ mediaSource: { s3Location: { uri: 's3://a/b' } } }, { input: [{ s3Uri: 's3://a/b' }] }]) {
      expect(() => planOf(native(s3, { model: NOVA }))).toThrow(/not taken from S3/);
    }
  });

  it('comes back as it is, counted by the headers', async () => {
    const asked = native({ inputText: 'Hello' }, { model: 'amazon.titan-embed-text-v2:0' });
    const { bytes, finish, headers } = await answerOf(asked);
    expect(JSON.parse(bytes.toString())).toHaveProperty('embedding');
    expect(finish.usage.inputTokens).toBeGreaterThan(0);
    expect(headers).toHaveProperty('x-amzn-bedrock-input-token-count');
  });

  it('needs a stream with an end', async () => {
    const chunk = (value: object): Buffer =>
      encodeFrame(
        { ':event-type': 'chunk', ':content-type': 'application/json', ':message-type': 'event' },
        JSON.stringify({ bytes: Buffer.from(JSON.stringify(value)).toString('base64') }),
      );
    const asked = native({ prompt: 'x' }, { model: 'meta.llama3-8b-instruct-v1:0', stream: true });
    const metrics = { 'amazon-bedrock-invocationMetrics': { inputTokenCount: 3, outputTokenCount: 4 } };
    const play = (...chunks: Buffer[]) =>
      local.script({
        kind: 'recorded',
        headers: { 'content-type': 'application/vnd.amazon.eventstream' },
        body: Buffer.concat(chunks),
      });
    play(chunk({ generation: 'a' }), chunk({ generation: 'b', stop_reason: 'length', ...metrics }));
    expect((await answerOf(asked)).finish).toMatchObject({
      reason: 'length',
      rawReason: 'length',
      usage: { inputTokens: 3, outputTokens: 4, totalTokens: 7 },
    });
    play(chunk({ generation: 'a' }), chunk({ generation: 'b' }));
    await expect(answerOf(asked)).rejects.toMatchObject({ code: 'upstream-failed' });
  });
});
