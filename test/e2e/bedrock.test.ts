// From the official OpenAI SDK through the router to bedrock-local, over real sockets.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { APIError, BadRequestError, InternalServerError, RateLimitError } from 'openai';
import type { ChatCompletionMessageParam, ChatCompletionTool } from 'openai/resources/chat/completions';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };
const MODEL = 'anthropic.claude-sonnet-5';
const BUDGET_MODEL = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

/** A 1 × 1 PNG. */
const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

let local: BedrockLocal;
let house: House;

const yaml = (settings = '') => `providers:
  bedrock:
    region: us-east-1
    crossRegion: geo
    endpoint: ${local.url}
    auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} }
    retry: { attempts: 2, minDelay: 10ms, maxDelay: 50ms }
    timeout: { firstToken: 1s, idle: 1s }
${settings}routes:
  claude: bedrock/${MODEL}
  thinker: { targets: [bedrock/${BUDGET_MODEL}], reasoning: { budget: 2048 } }
  adaptive: { targets: [bedrock/${MODEL}], reasoning: { effort: high } }
  nova: bedrock/amazon.nova-pro-v1:0
`;

beforeEach(async () => {
  local = await startBedrockLocal({ credentials: [KEYS] });
  house = await openHouse(yaml());
});
afterEach(async () => {
  await house.close();
  expect(local.open).toBe(0);
  await local.close();
});

const user = (content: string): ChatCompletionMessageParam => ({ role: 'user', content });

const tool = (name: string, description: string, property: string): ChatCompletionTool => ({
  type: 'function',
  function: {
    name,
    description,
    parameters: { type: 'object', properties: { [property]: { type: 'string' } }, required: [property] },
  },
});
const TOOLS = [tool('get_weather', 'The weather of a city', 'city'), tool('get_time', 'The time in a city', 'city')];

describe('text', () => {
  test.each(['claude', 'nova', `bedrock/${MODEL}`])('%s, whole and streamed, says the same', async (model) => {
    const request = { model, messages: [{ role: 'system' as const, content: 'Be brief.' }, user('Hello, signalman.')] };
    const whole = await house.openai.chat.completions.create(request);
    const text = whole.choices[0]?.message.content ?? '';
    expect(text).toContain('Hello, signalman.');
    expect(whole).toMatchObject({ model, object: 'chat.completion' });
    expect(whole.choices[0]?.finish_reason).toBe('stop');
    expect(whole.usage?.prompt_tokens).toBeGreaterThan(0);

    const stream = house.openai.chat.completions.stream({ ...request, stream_options: { include_usage: true } });
    let deltas = 0;
    stream.on('content', () => deltas++);
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]?.message.content).toBe(text);
    expect(streamed.usage).toEqual(whole.usage);
    expect(deltas).toBeGreaterThan(1);
  });

  test('several turns arrive in order, at the inference profile of the region', async () => {
    const messages = [user('One.'), { role: 'assistant' as const, content: 'Two.' }, user('Three.')];
    await house.openai.chat.completions.create({ model: 'claude', messages, max_completion_tokens: 77, stop: ['END'] });
    const [request] = local.requests;
    expect(request).toMatchObject({ operation: 'converse', model: `us.${MODEL}` });
    expect(request?.body).toMatchObject({
      messages: [
        { role: 'user', content: [{ text: 'One.' }] },
        { role: 'assistant', content: [{ text: 'Two.' }] },
        { role: 'user', content: [{ text: 'Three.' }] },
      ],
      inferenceConfig: { maxTokens: 77, stopSequences: ['END'] },
    });
  });

  test('an answer cut by max_tokens says length', async () => {
    const { choices } = await house.openai.chat.completions.create({
      model: 'claude',
      messages: [user('A long sentence about trains, tracks, signals and points.')],
      max_tokens: 3,
    });
    expect(choices[0]?.finish_reason).toBe('length');
  });

  test('an image and a document', async () => {
    const { choices } = await house.openai.chat.completions.create({
      model: 'claude',
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is this?' },
            { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
            {
              type: 'file',
              file: { filename: 'time_table.txt', file_data: `data:text/plain;base64,${btoa('08:15 Basel')}` },
            },
          ],
        },
      ],
    });
    expect(choices[0]?.message.content).toMatch(/an image \(png\).*the document "/);
  });

  test('structured output', async () => {
    const schema = {
      type: 'object',
      properties: { town: { type: 'string' }, tracks: { type: 'integer' } },
      required: ['town', 'tracks'],
      additionalProperties: false,
    };
    for (const model of ['claude', 'thinker', 'nova']) {
      const { choices } = await house.openai.chat.completions.create({
        model,
        messages: [user('Describe the station of Olten.')],
        response_format: { type: 'json_schema', json_schema: { name: 'station', schema, strict: true } },
        max_tokens: 4_000,
      });
      const answer = JSON.parse(choices[0]?.message.content ?? '');
      expect(answer, model).toEqual({ town: expect.any(String), tracks: expect.any(Number) });
    }
  });
});

describe('tools', () => {
  const question = user('Use get_weather and get_time for Basel.');

  test.each([
    ['whole', false],
    ['streamed', true],
  ])('parallel calls, their results, and the answer: %s', async (_name, streamed) => {
    const ask = (messages: ChatCompletionMessageParam[]) => {
      const request = { model: 'claude', tools: TOOLS, messages };
      return streamed
        ? house.openai.chat.completions.stream(request).finalChatCompletion()
        : house.openai.chat.completions.create(request);
    };
    const first = await ask([question]);
    const message = first.choices[0]?.message;
    expect(first.choices[0]?.finish_reason).toBe('tool_calls');
    const calls = (message?.tool_calls ?? []).flatMap((call) => (call.type === 'function' ? [call] : []));
    expect(calls.map((call) => call.function.name)).toEqual(['get_weather', 'get_time']);
    for (const call of calls) expect(JSON.parse(call.function.arguments)).toEqual({ city: expect.any(String) });

    const results = calls.map((call) => ({
      role: 'tool' as const,
      tool_call_id: call.id,
      content: `${call.function.name}: fine`,
    }));
    const second = await ask([question, { role: 'assistant', tool_calls: calls }, ...results.toReversed()]);
    expect(second.choices[0]?.message.content).toMatch(/get_weather answered: get_weather: fine/);
    expect(second.choices[0]?.message.content).toMatch(/get_time answered: get_time: fine/);
  });

  test('tool_choice: a named tool, required, none', async () => {
    const ask = (tool_choice: 'required' | 'none' | { type: 'function'; function: { name: string } }) =>
      house.openai.chat.completions.create({ model: 'claude', tools: TOOLS, tool_choice, messages: [user('Hi.')] });
    const named = await ask({ type: 'function', function: { name: 'get_time' } });
    expect(named.choices[0]?.message.tool_calls).toMatchObject([{ function: { name: 'get_time' } }]);
    expect((await ask('required')).choices[0]?.finish_reason).toBe('tool_calls');
    expect((await ask('none')).choices[0]?.message.tool_calls).toBeUndefined();
  });

  test('names that Bedrock does not take come back as the client wrote them', async () => {
    const name = 'mcp.server/look up:é';
    const odd = tool(name, 'Looks up', 'query');
    const { choices } = await house.openai.chat.completions.create({
      model: 'claude',
      tools: [odd],
      tool_choice: 'required',
      messages: [user('Look.')],
    });
    expect(choices[0]?.message.tool_calls).toMatchObject([{ function: { name } }]);
  });
});

describe('reasoning', () => {
  interface Thinking {
    reasoning_content?: string;
    reasoning_details?: { type: string; text?: string; signature?: string; data?: string }[];
  }
  /** The fields that the SDK carries without knowing them. */
  const thinkingOf = (message: object | undefined): Thinking => (message ?? {}) as Thinking;

  test.each([
    ['thinker', 'whole', false],
    ['thinker', 'streamed', true],
    ['adaptive', 'whole', false],
    ['adaptive', 'streamed', true],
  ])('%s, %s: signed reasoning survives a tool turn byte for byte', async (model, _name, streamed) => {
    const ask = (messages: ChatCompletionMessageParam[]) => {
      const request = { model, tools: TOOLS, messages, max_tokens: 8_000 };
      return streamed
        ? house.openai.chat.completions.stream(request).finalChatCompletion()
        : house.openai.chat.completions.create(request);
    };
    const question = user('Think, then use get_weather for Basel.');
    const first = await ask([question]);
    const message = first.choices[0]?.message;
    const { reasoning_content, reasoning_details } = thinkingOf(message);
    expect(reasoning_content).toBeTruthy();
    expect(reasoning_details).toHaveLength(1);
    const [detail] = reasoning_details ?? [];
    expect(detail).toMatchObject({ type: 'reasoning.text', signature: expect.stringMatching(/^tn1\.claude\.[\w-]+$/) });

    const call = message?.tool_calls?.[0];
    const result = { role: 'tool' as const, tool_call_id: call?.id ?? '', content: 'Sun.' };
    // bedrock-local refuses reasoning that it has not signed itself, in these very bytes.
    const history = [question, message as ChatCompletionMessageParam, result];
    const second = await ask(history);
    expect(second.choices[0]?.message.content).toContain('Sun.');
    const sent = local.requests.at(-1)?.body as { messages: { content: { reasoningContent?: object }[] }[] };
    expect(sent.messages[1]?.content[0]?.reasoningContent).toMatchObject({
      reasoningText: { text: detail?.text },
    });
  });

  test('a changed signature is refused by Bedrock, and the refusal reaches the client', async () => {
    const question = user('Think.');
    const first = await house.openai.chat.completions.create({ model: 'thinker', messages: [question] });
    const message = structuredClone(first.choices[0]?.message);
    const [detail] = thinkingOf(message).reasoning_details ?? [];
    if (detail) detail.text = `${detail.text} and something else`;
    const again = house.openai.chat.completions.create({
      model: 'thinker',
      messages: [question, message as ChatCompletionMessageParam, user('Go on.')],
    });
    await expect(again).rejects.toThrow(/signature/);
  });

  test('the setting of the client wins over the one of the route', async () => {
    await house.openai.chat.completions.create({
      model: 'thinker',
      messages: [user('Hi.')],
      reasoning_effort: 'low',
      max_tokens: 16_384,
    });
    expect(local.requests.at(-1)?.body).toMatchObject({
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } },
    });
    await house.openai.chat.completions.create({ model: 'adaptive', messages: [user('Hi.')], reasoning_effort: 'low' });
    expect(local.requests.at(-1)?.body).toMatchObject({
      additionalModelRequestFields: { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } },
    });
  });

  test('what thinking forbids is a loss, not an error', async () => {
    const response = await house.post('/v1/chat/completions', {
      model: 'claude',
      messages: [user('Hi.')],
      temperature: 0.2,
      seed: 7,
      n: 2,
      logprobs: true,
    });
    expect(response.status).toBe(200);
    const losses = response.headers.get('x-turnout-losses');
    for (const field of ['temperature', 'seed', 'n', 'logprobs']) expect(losses).toContain(`${field}:dropped`);
  });
});

describe('faults', () => {
  const ask = (model = 'claude') => house.openai.chat.completions.create({ model, messages: [user('Hello.')] });
  const stream = async (model = 'claude') => {
    let text = '';
    const chunks = await house.openai.chat.completions.create({
      model,
      stream: true,
      messages: [user('Hello there.')],
    });
    for await (const chunk of chunks) text += chunk.choices[0]?.delta.content ?? '';
    return text;
  };

  test('a throttle is retried', async () => {
    local.script({ kind: 'error', name: 'ThrottlingException' });
    const { response } = await house.openai.chat.completions
      .create({ model: 'claude', messages: [user('Hello.')] })
      .withResponse();
    expect(response.headers.get('x-turnout-attempts')).toBe('2');
  });

  test('a throttle that lasts is a 429 with its Retry-After', async () => {
    local.script({ kind: 'error', name: 'ThrottlingException', retryAfterSeconds: 7, times: 'always' });
    const error = await ask().catch((reason) => reason);
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error.headers.get('retry-after')).toBe('7');
  });

  test.each([
    ['AccessDeniedException', 502, /bedrock:InvokeModel/],
    ['ResourceNotFoundException', 404, /claude/],
    ['ServiceUnavailableException', 503, /unable to process/],
    ['InternalServerException', 502, /./],
    ['ModelTimeoutException', 504, /./],
    ['ModelErrorException', 502, /./],
    ['ServiceQuotaExceededException', 429, /./],
    ['ExpiredTokenException', 502, /auth mode keys/],
  ])('%s is a %i', async (name, status, message) => {
    local.script({ kind: 'error', name, times: 'always' });
    const error = await ask().catch((reason) => reason);
    expect(error).toBeInstanceOf(APIError);
    expect(error.status).toBe(status);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/\d{12}/);
  });

  test('a request that Bedrock would refuse is a 400 with its words', async () => {
    const bad = house.openai.chat.completions.create({ model: 'nova', messages: [user('Hello.')], max_tokens: 0 });
    await expect(bad).rejects.toThrow(BadRequestError);
  });

  test.each([
    ['an exception as the first frame', { kind: 'exception', name: 'throttlingException' }],
    ['a cut before the first token', { kind: 'cut', afterFrames: 1 }],
    ['a clean end before the first token', { kind: 'end', afterFrames: 1 }],
    ['a corrupt first frame', { kind: 'corrupt', frame: 0 }],
    ['a page of a proxy', { kind: 'html' }],
  ] as const)('%s: tried again, and the client sees nothing of it', async (_name, step) => {
    local.script(step);
    expect(await stream()).toContain('Hello there.');
    expect(local.requests).toHaveLength(2);
  });

  test('a stall before the first token is a 504, and the upstream is closed', async () => {
    local.script({ kind: 'stall', times: 'always' });
    await expect(stream()).rejects.toMatchObject({ status: 504 });
    await expect.poll(() => local.requests.every((request) => request.aborted)).toBe(true);
  });

  test.each([
    ['an exception', { kind: 'exception', name: 'modelStreamErrorException', afterFrames: 3 }],
    ['a throttle', { kind: 'exception', name: 'throttlingException', afterFrames: 3 }],
    ['a cut socket', { kind: 'cut', afterFrames: 3 }],
    ['a cut inside a frame', { kind: 'cut', afterBytes: 500 }],
    ['a clean end without messageStop', { kind: 'end', afterFrames: 3 }],
    ['a corrupt frame', { kind: 'corrupt', frame: 3 }],
    ['a stall', { kind: 'stall', afterFrames: 3 }],
  ] as const)('%s in the middle of a stream is an error inside it', async (_name, step) => {
    local.script(step);
    await expect(stream()).rejects.toThrow(APIError);
    expect(local.requests).toHaveLength(1);
  });

  test('any cut of the bytes gives the same answer', async () => {
    const whole = await stream();
    for (const chunks of ['every-byte', 7, { seed: 1 }, { seed: 2 }] as const) {
      local.script({ kind: 'answer', chunks });
      expect(await stream()).toBe(whole);
    }
  });

  test('a client that leaves closes the upstream, streamed or not', async () => {
    for (const streamed of [true, false]) {
      local.reset();
      local.script(streamed ? { kind: 'stall', afterFrames: 3 } : { kind: 'answer', delayMs: 10_000 });
      const controller = new AbortController();
      const body = { model: 'claude', stream: streamed, messages: [user('Hello there.')] };
      const asking = house.post('/v1/chat/completions', body, {}, controller.signal);
      const left = asking.then((response) => response.text()).catch(() => 'left');
      await expect.poll(() => local.open).toBe(1);
      if (streamed) await asking;
      controller.abort();
      await left;
      await expect.poll(() => local.requests[0]?.aborted).toBe(true);
      await expect.poll(() => local.open).toBe(0);
    }
  });
});

describe('credentials and places', () => {
  const open = async (settings: string, env: NodeJS.ProcessEnv = {}) => {
    const other = await openHouse(`providers:\n  bedrock: ${settings}\nroutes: { claude: bedrock/${MODEL} }\n`, {
      env,
    });
    return other;
  };
  const ask = (other: House) =>
    other.openai.chat.completions.create({ model: 'claude', messages: [user('Hello.')] }).then(
      (answer) => answer.choices[0]?.message.content,
      (error: Error) => error,
    );

  test('an API key', async () => {
    const keyed = await startBedrockLocal({ apiKeys: ['bedrock-api-key-1'] });
    const settings = (key: string) =>
      `{ region: us-east-1, crossRegion: geo, endpoint: "${keyed.url}", auth: { mode: api-key, apiKey: ${key} } }`;
    const good = await open(settings('bedrock-api-key-1'));
    expect(await ask(good)).toContain('Hello.');
    await good.close();
    const bad = await open(settings('another-key'));
    const error = await ask(bad);
    expect(error).toBeInstanceOf(InternalServerError);
    expect(String(error)).not.toContain('another-key');
    await bad.close();
    await keyed.close();
  });

  test('a wrong secret: 502 that names provider and mode, and never the secret', async () => {
    const other = await open(
      `{ region: us-east-1, crossRegion: geo, endpoint: "${local.url}", auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: wrong-secret } }`,
    );
    const error = await ask(other);
    expect(error).toMatchObject({ status: 502 });
    expect(String(error)).toMatch(/bedrock: /);
    expect(JSON.stringify(other.log)).toContain('auth mode keys');
    expect(String(error) + JSON.stringify(other.log)).not.toContain('wrong-secret');
    await other.close();
  });

  test('a profile: found; missing: 502 that says what to do', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'turnout-aws-'));
    const file = join(dir, 'credentials');
    const { accessKeyId, secretAccessKey } = KEYS;
    writeFileSync(file, `[team]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`);
    const before = { ...process.env };
    Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: file, AWS_CONFIG_FILE: join(dir, 'config') });
    try {
      const settings = (profile: string) =>
        `{ region: us-east-1, crossRegion: geo, endpoint: "${local.url}", auth: { mode: profile, profile: ${profile} } }`;
      const good = await open(settings('team'));
      expect(await ask(good)).toContain('Hello.');
      await good.close();
      const bad = await open(settings('nobody'));
      expect(await ask(bad)).toMatchObject({ status: 502 });
      const line = JSON.stringify(bad.log);
      expect(line).toMatch(/auth mode profile nobody/);
      expect(line).toMatch(/~\/\.aws\/config/);
      await bad.close();
    } finally {
      process.env = before;
      rmSync(dir, { recursive: true });
    }
  });

  test('an unreachable endpoint: 502, and the log names it', async () => {
    const other = await open(
      `{ region: us-east-1, endpoint: "http://127.0.0.1:1", auth: { mode: keys, accessKeyId: a, secretAccessKey: b }, retry: { attempts: 1 } }`,
    );
    const error = await ask(other);
    expect(error).toMatchObject({ status: 502 });
    expect(String(error)).toContain('nothing listens there: check endpoint, region and proxy');
    expect(String(error)).not.toContain('127.0.0.1:1');
    const ready = await fetch(`${other.url}/readyz`);
    expect(ready.status).toBe(503);
    await other.close();
  });

  test('no region anywhere: an error at its place that says what to do', async () => {
    const before = { ...process.env };
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) delete process.env[name];
    Object.assign(process.env, { AWS_SHARED_CREDENTIALS_FILE: '/nowhere', AWS_CONFIG_FILE: '/nowhere' });
    try {
      await expect(open('{ auth: { mode: api-key, apiKey: k } }')).rejects.toMatchObject({
        issues: [
          { path: expect.stringMatching(/^providers\.bedrock/), line: 2, message: expect.stringMatching(/region/) },
        ],
      });
    } finally {
      process.env = before;
    }
  });

  test('the next provider takes over when one is throttled', async () => {
    const busy = await startBedrockLocal({
      credentials: [KEYS],
      script: [{ kind: 'error', name: 'ThrottlingException', retryAfterSeconds: 60, times: 'always' }],
    });
    const provider = (url: string) =>
      `{ plugin: bedrock, region: us-east-1, crossRegion: geo, endpoint: "${url}", auth: { mode: keys, accessKeyId: ${KEYS.accessKeyId}, secretAccessKey: ${KEYS.secretAccessKey} } }`;
    const other = await openHouse(
      `providers:\n  first: ${provider(busy.url)}\n  second: ${provider(local.url)}\nroutes:\n  claude: { targets: [first/${MODEL}, second/${MODEL}] }\n`,
    );
    for (const attempts of ['2', '1']) {
      const { response } = await other.openai.chat.completions
        .create({ model: 'claude', messages: [user('Hello.')] })
        .withResponse();
      expect(response.headers.get('x-turnout-target')).toBe(`second/${MODEL}`);
      // The second time the first target is resting: it asked to be left alone.
      expect(response.headers.get('x-turnout-attempts')).toBe(attempts);
    }
    await other.close();
    await busy.close();
  });
});
