// Answers that are passed on: every recorded one, byte for byte but for the model's name, however it is cut; what is sent, what is
// not, and how a relay ends.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { FinishEvent, Plan, Protocol, Provider, RelayEvent } from '@turnout/core/contract';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { openaiChat } from '../../../core/src/protocol/openai-chat/index.ts';
import { openaiResponses } from '../../../core/src/protocol/openai-responses/index.ts';
import { startOpenaiLocal } from '../local/index.ts';
import { callOf, createHost, createProvider } from '../test/fixture.ts';

const folder = new URL('../../../../shared/corpus/client-requests/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log(`skipped: there is no corpus at ${folder.pathname}`);

const local = await startOpenaiLocal();
const host = createHost({}, { from: 'https://api.openai.com', to: local.url });
const openai = await createProvider({ apiKey: 'sk-any-key-0123456789' }, host);
const plain = await createProvider({ baseUrl: local.baseUrl, api: 'chat' }, host);
afterAll(async () => {
  await host.close();
  await local.close();
});

const CODECS = { 'openai-chat': openaiChat, 'openai-responses': openaiResponses };
type Spoken = keyof typeof CODECS;
const ALIAS = 'the "alias" \u{1f600}';

function planOf(provider: Provider, body: object, protocol: Spoken = 'openai-chat', settings: object = {}): Plan {
  const { request, stream } = CODECS[protocol].decode(body);
  return provider.plan({ ...settings, ...request }, { protocol: protocol as Protocol, stream, body });
}

interface Relayed {
  readonly text: string;
  readonly finish: FinishEvent | undefined;
  readonly headers: Readonly<Record<string, string>>;
  /** How many bytes had passed when the first content was told. */
  readonly before: number;
  readonly error?: unknown;
}

async function relay(provider: Provider, body: object, protocol: Spoken = 'openai-chat'): Promise<Relayed> {
  const plan = planOf(provider, body, protocol);
  expect(plan.relay, plan.resolution.reasons.join('; ')).toBe(true);
  const { request } = CODECS[protocol].decode(body);
  if (provider.relay === undefined) throw new Error('the provider has no relay');
  const { headers, events } = await provider.relay(request, { ...callOf(plan), answerModel: ALIAS });
  return { headers, ...(await drained(events)) };
}

async function drained(events: AsyncIterable<RelayEvent>): Promise<Omit<Relayed, 'headers'>> {
  const pieces: Uint8Array[] = [];
  let finish: FinishEvent | undefined;
  let before = -1;
  let bytes = 0;
  const text = () => Buffer.concat(pieces).toString('latin1');
  try {
    for await (const event of events) {
      if (event.type === 'finish') finish = event;
      else {
        if (event.content && before === -1) before = bytes;
        pieces.push(event.bytes);
        bytes += event.bytes.length;
      }
    }
  } catch (error) {
    return { text: text(), finish, before, error };
  }
  return { text: text(), finish, before };
}

const CHAT = { model: 'm', messages: [{ role: 'user', content: 'Hello' }], stream: true };
const RESPONSE = { model: 'gpt-5', input: 'Hello', stream: true };

interface Recording {
  readonly name: string;
  readonly protocol: Spoken;
  readonly contentType: string;
  readonly text: string;
}

const recordings: Recording[] = (present ? readdirSync(folder) : []).flatMap((name) => {
  const { api, response } = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  const { status, contentType, bodyText } = response;
  if (status !== 200 || api === 'messages') return [];
  // Some recorders drop blank lines or all line ends of a stream.
  const text: string =
    bodyText.includes('\n\n') || !/}(?:event|data): /.test(bodyText)
      ? bodyText
      : `${bodyText.replace(/}(?=(?:event|data): )/g, '}\n\n').replace(/(event: [a-z_.]+)data: /g, '$1\ndata: ')}\n\n`;
  return [{ name, protocol: api === 'responses' ? 'openai-responses' : 'openai-chat', contentType, text }];
});

/** The recorded text with the model's name exchanged by the plainest means: at its first place in each event, or answer. */
function expected({ text, protocol, contentType }: Recording): string {
  const name = JSON.stringify(ALIAS);
  const exchange = (json: string): string => {
    const value = JSON.parse(json);
    const holder =
      protocol === 'openai-responses' && contentType.startsWith('text/event-stream') ? value.response : value;
    return typeof holder?.model === 'string'
      ? json.replace(/"model":\s*"[^"]*"/, (found) => found.replace(/"[^"]*"$/, () => name))
      : json;
  };
  const exchanged = contentType.startsWith('text/event-stream')
    ? text.replace(/^data: (\{.*)$/gm, (_line, json: string) => `data: ${exchange(json)}`)
    : exchange(text);
  return Buffer.from(exchanged).toString('latin1');
}

async function replay(recording: Recording, chunks?: 'every-byte' | { seed: number }): Promise<Relayed> {
  const { contentType, text, protocol } = recording;
  local.script({ kind: 'recorded', headers: { 'content-type': contentType }, body: text, chunks });
  const stream = contentType.startsWith('text/event-stream');
  const isChat = protocol === 'openai-chat';
  const body = isChat ? { ...CHAT, stream_options: { include_usage: true } } : RESPONSE;
  const { stream_options: _, ...whole } = { ...body, stream, stream_options: undefined };
  return relay(isChat ? plain : openai, stream ? body : whole, protocol);
}

/** The same answer, rebuilt by the reader of events. */
async function rebuilt({ contentType, text, protocol }: Recording) {
  local.script({ kind: 'recorded', headers: { 'content-type': contentType }, body: text });
  const isChat = protocol === 'openai-chat';
  const { request } = CODECS[protocol].decode(isChat ? CHAT : RESPONSE);
  const provider = isChat ? plain : openai;
  const plan = provider.plan(request, { protocol, stream: true });
  const stream = contentType.startsWith('text/event-stream');
  if (!stream) return (await provider.generate?.(request, callOf(plan)))?.finish;
  for await (const event of provider.stream(request, callOf(plan))) if (event.type === 'finish') return event;
  return undefined;
}

describe.skipIf(!present)('recorded answers', () => {
  it('are there', () => {
    expect(recordings.filter(({ protocol }) => protocol === 'openai-chat').length).toBeGreaterThan(15);
    expect(recordings.filter(({ protocol }) => protocol === 'openai-responses').length).toBeGreaterThan(8);
  });

  it.each(recordings)('$name is the same but for its model', async (recording) => {
    const wanted = expected(recording);
    for (const chunks of [undefined, { seed: 1 }, { seed: 2 }] as const) {
      const { text, error } = await replay(recording, chunks);
      expect(error).toBeUndefined();
      expect(text === wanted, 'the bytes differ').toBe(true);
    }
    const { text } = recording.text.length < 6000 ? await replay(recording, 'every-byte') : { text: wanted };
    expect(text === wanted, 'the bytes differ when they come one by one').toBe(true);
  });

  it.each(recordings)('$name has the usage and end of the answer that is rebuilt', async (recording) => {
    const { finish } = await replay(recording);
    expect(finish).toEqual(await rebuilt(recording));
    expect((finish?.usage.totalTokens ?? 0) > 0).toBe(/"usage": ?\{/.test(recording.text));
  });
});

const sse = (...chunks: unknown[]): string =>
  [...chunks.map((one) => `data: ${JSON.stringify(one)}\n\n`), 'data: [DONE]\n\n'].join('');
const chunk = (delta: object, more: object = {}, finish: string | null = null) => ({
  ...{ id: 'c', object: 'chat.completion.chunk', created: 1 },
  ...more,
  choices: [{ index: 0, delta, finish_reason: finish }],
});
const USAGE = { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 };

const answer = (body: string, headers: object = {}) =>
  local.script({
    kind: 'recorded',
    headers: { 'content-type': 'text/event-stream', ...headers },
    body,
    chunks: 'every-byte',
  });

describe('the name of the model', () => {
  const evil = '","model":"evil","x":"\\",\\"model\\":\\"worse\\" {"model": "json"} \\u0022model\\u0022:';
  it.each([
    ['before the choices', { model: 'm' }, {}],
    ['behind the choices', {}, { model: 'm' }],
  ])('is found %s, whatever the content says', async (_place, before, after) => {
    const one = (delta: object) => ({ ...chunk(delta, before), ...after });
    const chunks = [
      one({ role: 'assistant', content: '' }),
      one({ content: evil }),
      one({ content: 'data: {"model":"no"}\n\ndata: [DONE]' }),
      one({
        tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: `{"model":"${'x'}"}` }, model: 'inner' }],
      }),
      {
        ...one({}),
        choices: [{ index: 0, delta: {}, finish_reason: 'tool_calls', model: 'inner' }],
        metadata: { model: 'deep' },
      },
    ];
    answer(sse(...chunks));
    const { text, finish } = await relay(plain, CHAT);
    const told = sse(
      ...chunks.map((given) =>
        Object.fromEntries(Object.entries(given).map(([key, value]) => [key, key === 'model' ? ALIAS : value])),
      ),
    );
    expect(Buffer.from(text, 'latin1').toString()).toBe(told);
    expect(finish?.reason).toBe('tool-calls');
  });

  it('leaves bytes that are no text, and spaces, as they are', async () => {
    const bytes = Buffer.concat([
      Buffer.from(': comment {\r\n\r\ndata:  { "model" : "m" , "choices":[{"index":0,"delta":{"content":"'),
      Buffer.from([0xff, 0xc3, 0x28, 0xf0]),
      Buffer.from('"},"finish_reason":"stop"}]}\r\n\r\ndata: [DONE]\r\n\r\n'),
    ]);
    local.script({
      kind: 'recorded',
      headers: { 'content-type': 'text/event-stream' },
      body: bytes,
      chunks: 'every-byte',
    });
    const { text } = await relay(plain, CHAT);
    expect(text).toBe(
      bytes.toString('latin1').replace('"m"', () => Buffer.from(JSON.stringify(ALIAS)).toString('latin1')),
    );
  });

  it('is said to clients also where the server writes no blank lines, or data of several lines', async () => {
    const first = JSON.stringify(chunk({ content: 'a' }, { model: 'm' }));
    answer(
      `data: ${first}\ndata: {"model":"m",\ndata: "choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}\n\ndata: [DONE]\n`,
    );
    const { text, finish } = await relay(plain, CHAT);
    const events = Buffer.from(text, 'latin1').toString().split('\n\n').filter(Boolean);
    expect(events.slice(0, 2).map((event) => JSON.parse(event.slice(6)).model)).toEqual([ALIAS, ALIAS]);
    expect(events[2]).toBe('data: [DONE]');
    expect(finish?.reason).toBe('stop');
  });
});

it('the name of the model in a response is not that of a tool, nor of a text', async () => {
  const response = {
    ...{ id: 'r', object: 'response', instructions: '"model":"evil" \\"model\\": {"model":"x"}', status: 'completed' },
    ...{ tools: [{ type: 'image_generation', model: 'gpt-image-1' }], metadata: { model: 'deep' } },
    output: [{ type: 'message', content: [{ type: 'output_text', text: '"response":{"model":"evil"}' }] }],
  };
  const events = (model: string) =>
    ['created', 'in_progress', 'completed']
      .map((word) => ({ type: `response.${word}`, model: 'outer', response: { ...response, model } }))
      .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
      .join('');
  answer(events('gpt-5-2025'));
  const { text, finish } = await relay(openai, RESPONSE, 'openai-responses');
  expect(Buffer.from(text, 'latin1').toString()).toBe(events(ALIAS));
  expect(finish?.reason).toBe('stop');
});

describe('the usage', () => {
  const chunks = [chunk({ content: 'a' }, {}, null), chunk({}, {}, 'stop'), { id: 'c', choices: [], usage: USAGE }];

  it('is asked for, and not shown to a client that did not ask', async () => {
    answer(sse(...chunks));
    const { text, finish } = await relay(plain, CHAT);
    expect(text).toBe(sse(...chunks.slice(0, 2)));
    expect(finish?.usage).toEqual({ inputTokens: 5, outputTokens: 3, totalTokens: 8 });
    expect(local.requests.at(-1)?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
  });

  it('is shown to one that did', async () => {
    answer(sse(...chunks));
    const { text } = await relay(plain, {
      ...CHAT,
      stream_options: { include_usage: true, include_obfuscation: false },
    });
    expect(text).toBe(sse(...chunks));
    expect(local.requests.at(-1)?.body).toMatchObject({
      stream_options: { include_usage: true, include_obfuscation: false },
    });
  });
});

describe('ends', () => {
  it.each([
    ['an error before content', sse({ error: { message: 'no', code: 'rate_limit_exceeded' } }), 'rate-limited', ''],
    ['an error behind content', sse(chunk({ content: 'a' }), { error: { message: 'no' } }), 'upstream-failed', 'a'],
    [
      'a bare error',
      `${JSON.stringify({ error: { message: 'overloaded', code: 'server_overloaded' } })}\n`,
      'overloaded',
      '',
    ],
    ['nothing', 'data: [DONE]\n\n', 'upstream-failed', ''],
    ['a stream without its end', `data: ${JSON.stringify(chunk({ content: 'a' }))}\n\n`, 'upstream-failed', 'a'],
    ['a page', '<html>\n<p>hello</p>\n</html>', 'upstream-failed', ''],
    ['no JSON', 'data: {"choices": nonsense\n\n', 'upstream-failed', ''],
  ])('%s is a failure', async (_name, body, code, said) => {
    answer(body);
    const { error, text, before } = await relay(plain, CHAT);
    expect(error).toMatchObject({ code });
    expect(text.includes('"content":"a"')).toBe(said !== '');
    expect(before === -1).toBe(said === '');
  });

  it.each(['\n', '\n\n'])('an answer without [DONE] gets it, for clients that wait for the word (%j)', async (gap) => {
    const said = [chunk({ content: 'a' }), chunk({}, {}, 'stop')].map((one) => `data: ${JSON.stringify(one)}${gap}`);
    answer(said.join(''));
    const { text, finish } = await relay(plain, CHAT);
    expect(text).toMatch(/"finish_reason":"stop".*\n\ndata: \[DONE\]\n\n$/);
    expect(text.match(/\[DONE\]/g)).toHaveLength(1);
    expect(finish?.reason).toBe('stop');
  });

  it('a connection that is lost behind the end loses nothing but the usage', async () => {
    const from = sse(chunk({ content: 'a' }), chunk({}, {}, 'stop'));
    local.script({ kind: 'cut', afterFrames: 2, from });
    expect(await relay(plain, CHAT)).toMatchObject({ finish: { reason: 'stop', usage: { totalTokens: 0 } } });
  });

  it('a failed response is thrown, before content and behind it', async () => {
    const response = {
      id: 'r',
      object: 'response',
      model: 'm',
      output: [],
      status: 'failed',
      error: { code: 'server_error', message: 'no' },
    };
    const failed = `event: response.failed\ndata: ${JSON.stringify({ type: 'response.failed', response })}\n\n`;
    answer(failed);
    expect(await relay(openai, RESPONSE, 'openai-responses')).toMatchObject({
      text: '',
      before: -1,
      error: { code: 'upstream-failed' },
    });
    answer(`data: {"type":"response.output_text.delta","delta":"a"}\n\n${failed}`);
    expect(await relay(openai, RESPONSE, 'openai-responses')).toMatchObject({
      before: 0,
      error: { code: 'upstream-failed' },
    });
    answer(
      'data: {"type":"response.output_text.delta","delta":"response.completed \\"type\\":\\"response.completed\\""}\n\n',
    );
    expect(await relay(openai, RESPONSE, 'openai-responses')).toMatchObject({ error: { code: 'upstream-failed' } });
  });

  it('a server that answers whole is asked once more, and its answer rebuilt from then on', async () => {
    const provider = await createProvider({ baseUrl: local.baseUrl }, host);
    const whole = {
      id: 'c',
      model: 'm',
      choices: [{ index: 0, message: { content: 'a' }, finish_reason: 'stop' }],
      usage: USAGE,
    };
    local.script({ kind: 'recorded', headers: { 'content-type': 'application/json' }, body: { json: whole } });
    await expect(relay(provider, CHAT)).rejects.toMatchObject({ code: 'upstream-failed', again: true });
    const plan = planOf(provider, CHAT);
    expect(plan.relay).toBeUndefined();
    expect(plan.resolution.reasons.at(-1)).toMatch(/does not stream/);
  });
});

it('of the head only what is the client’s goes on', async () => {
  const head = {
    'x-ratelimit-remaining-tokens': '5',
    'openai-processing-ms': '12',
    'set-cookie': 'a=b',
    'openai-organization': 'o',
    'x-request-id': 'r',
  };
  answer(sse(chunk({ content: 'a' }, {}, 'stop')), head);
  const { headers } = await relay(plain, CHAT);
  expect(headers).toEqual({
    ...{ 'content-type': 'text/event-stream; charset=utf-8' },
    ...{ 'x-ratelimit-remaining-tokens': '5', 'openai-processing-ms': '12' },
  });
});

const sentOf = (plan: Plan): Record<string, unknown> => (plan.wire as { body: Record<string, unknown> }).body;

it('what is packed unasked is unpacked, and a redirect is not followed', async () => {
  const body = sse(chunk({ content: 'a' }, { model: 'm' }, 'stop'));
  const headers = { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' };
  local.script({ kind: 'recorded', headers, body: gzipSync(body) });
  const { text, headers: head } = await relay(plain, CHAT);
  expect(Buffer.from(text, 'latin1').toString()).toBe(
    body.replace('"model":"m"', () => `"model":${JSON.stringify(ALIAS)}`),
  );
  expect(head['content-encoding']).toBeUndefined();
  local.script({ kind: 'recorded', status: 302, headers: { location: 'http://127.0.0.1:9/' }, body: '' });
  await expect(relay(plain, CHAT)).rejects.toMatchObject({ code: 'upstream-failed' });
});

it('who leaves ends the call, and hears nothing more', async () => {
  const open = local.open;
  local.script({
    kind: 'stall',
    afterFrames: 2,
    from: sse(chunk({ content: 'a' }), chunk({ content: 'b' }), chunk({}, {}, 'stop')),
  });
  const plan = planOf(plain, CHAT);
  const answer = await plain.relay?.(openaiChat.decode(CHAT).request, { ...callOf(plan), answerModel: 'x' });
  const events = answer?.events[Symbol.asyncIterator]();
  expect((await events?.next())?.value).toMatchObject({ type: 'bytes', content: true });
  await events?.return?.();
  expect(await events?.next()).toEqual({ done: true, value: undefined });
  await vi.waitFor(() => expect(local.open).toBe(open));
  expect(local.requests.at(-1)?.aborted).toBe(true);
});

describe('what is sent', () => {
  it('is the body as it came, unknown fields too', () => {
    const body = {
      ...{ ...CHAT, n: 3, logprobs: true, top_logprobs: 2, future: { of: ['the', 'api'] }, temperature: 0.3 },
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Hello', future: 1 }], future: 2 }],
    };
    const plan = planOf(openai, body);
    expect(plan.relay).toBe(true);
    expect(plan.losses).toEqual([]);
    expect(sentOf(plan)).toEqual({ ...body, stream: undefined, model: 'm' });
  });

  it('has the route’s defaults where the client says nothing', () => {
    const settings = { maxTokens: 100, temperature: 0.5, topP: 0.9, reasoning: { effort: 'low' }, stop: ['x'] };
    expect(
      sentOf(planOf(openai, { ...CHAT, model: 'gpt-4o', temperature: 0.1 }, 'openai-chat', settings)),
    ).toMatchObject({
      ...{ temperature: 0.1, top_p: 0.9, max_completion_tokens: 100, stop: ['x'] },
    });
    expect(
      sentOf(planOf(openai, { ...CHAT, model: 'o3' }, 'openai-chat', { maxTokens: 100, reasoning: { effort: 'low' } })),
    ).toMatchObject({
      ...{ max_completion_tokens: 100, reasoning_effort: 'low' },
    });
    expect(
      sentOf(planOf(openai, { ...CHAT, model: 'o3', reasoning_effort: 'high' }, 'openai-chat', settings))
        .reasoning_effort,
    ).toBe('high');
    expect(
      sentOf(planOf(openai, RESPONSE, 'openai-responses', { maxTokens: 100, reasoning: { effort: 'low' } })),
    ).toMatchObject({
      ...{
        max_output_tokens: 100,
        reasoning: { effort: 'low' },
        store: false,
        include: ['reasoning.encrypted_content'],
      },
    });
  });

  it('names the token limit as the server does', () => {
    expect(sentOf(planOf(openai, { ...CHAT, model: 'o3', max_tokens: 5 }))).toMatchObject({ max_completion_tokens: 5 });
    expect(sentOf(planOf(openai, { ...CHAT, model: 'o3', max_tokens: 5 })).max_tokens).toBeUndefined();
    expect(sentOf(planOf(openai, { ...CHAT, model: 'gpt-4o', max_tokens: 5 }))).toMatchObject({ max_tokens: 5 });
    expect(sentOf(planOf(plain, { ...CHAT, max_completion_tokens: 5 }))).toMatchObject({ max_tokens: 5 });
    // Servers that refuse what they do not know refuse it also where it says nothing.
    const unsaid = { ...CHAT, max_tokens: 5, max_completion_tokens: null };
    expect(sentOf(planOf(plain, unsaid)).max_completion_tokens).toBeUndefined();
  });

  it('leaves out what a model is known to refuse, and says so', () => {
    const plan = planOf(openai, {
      ...CHAT,
      model: 'o3',
      temperature: 0.2,
      top_p: 1,
      stop: ['x'],
      thinking: { type: 'enabled', budget_tokens: 100 },
    });
    expect(sentOf(plan)).toEqual({ model: 'o3', messages: CHAT.messages, reasoning_effort: 'low' });
    expect(plan.losses.map(({ field }) => field).sort()).toEqual(['reasoning', 'stop', 'temperature']);
  });

  it('is for templates that expect one string and know no developer', () => {
    const messages = [
      {
        role: 'developer',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
      { role: 'user', content: [{ type: 'text', text: 'c', future: 1 }] },
    ];
    expect(sentOf(planOf(plain, { ...CHAT, messages })).messages).toEqual([
      { role: 'system', content: 'a\n\nb' },
      messages[1],
    ]);
    expect(sentOf(planOf(openai, { ...CHAT, messages })).messages).toEqual(messages);
  });

  it('brings back nothing that SDKs have put onto an answer', () => {
    const call = { id: 'c', type: 'function', function: { name: 'f', arguments: '{}' } };
    const echoed = { ...call, index: 0, function: { ...call.function, parsed_arguments: null } };
    const said = { role: 'assistant', content: null, refusal: null, tool_calls: [call] };
    const messages = [{ ...said, tool_calls: [echoed], parsed: null, finish_reason: 'stop', index: 0, logprobs: null }];
    expect(sentOf(planOf(openai, { ...CHAT, messages })).messages).toEqual([said]);
  });

  it('never stores a response, and takes what a model without reasoning would refuse away', () => {
    const body = {
      ...RESPONSE,
      model: 'gpt-4o',
      store: true,
      reasoning: { effort: 'low', summary: 'auto' },
      include: ['reasoning.encrypted_content', 'x'],
      future: 1,
      stream_options: { include_usage: true },
    };
    const plan = planOf(openai, body, 'openai-responses');
    expect(plan.relay).toBe(true);
    expect(sentOf(plan)).toEqual({ model: 'gpt-4o', input: 'Hello', store: false, include: ['x'], future: 1 });
    expect(plan.losses.map(({ field }) => field)).toEqual(['store', 'reasoning']);
  });
});

describe('is rebuilt', () => {
  const sealed = {
    role: 'assistant',
    content: 'x',
    reasoning_details: [
      {
        type: 'reasoning.text',
        index: 0,
        text: 't',
        signature: `tn1.claude.${Buffer.from('s').toString('base64url')}`,
      },
    ],
  };
  const user = CHAT.messages[0];
  it.each([
    ['sealed reasoning', openai, { messages: [user, sealed, user] }, /another family/],
    [
      'plain reasoning',
      openai,
      { messages: [user, { role: 'assistant', content: 'x', reasoning_content: 'y' }, user] },
      /reasoning_content/,
    ],
    [
      'cache marks',
      openai,
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'a', cache_control: { type: 'ephemeral' } }] }] },
      /cache marks/,
    ],
    ['settings of others', openai, { bedrock: { tier: 'x' } }, /settings of bedrock/],
    [
      'a schema of many forms',
      openai,
      {
        tools: [
          { type: 'function', function: { name: 'f', parameters: { anyOf: [{ type: 'object', properties: {} }] } } },
        ],
      },
      /many forms/,
    ],
    ['a tool of free text', plain, { tools: [{ type: 'custom', custom: { name: 'f' } }] }, /free text/],
    ['older functions', plain, { functions: [{ name: 'f', parameters: {} }] }, /older form/],
    [
      'a link',
      plain,
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://x.example/a.png' } }] }] },
      /links/,
    ],
  ] as const)('%s', (_name, provider, more, reason) => {
    const plan = planOf(provider, { ...CHAT, ...more });
    expect(plan.relay).toBeUndefined();
    expect(plan.resolution.reasons.at(-1)).toMatch(reason);
  });

  it('a response whose reasoning cannot come back', () => {
    const input = [
      { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: 'a' }] },
      { role: 'user', content: 'b' },
    ];
    const plan = planOf(openai, { ...RESPONSE, input }, 'openai-responses');
    expect([plan.relay, plan.resolution.reasons.at(-1)]).toEqual([undefined, expect.stringMatching(/encrypted/)]);
  });
});

it('what the server refuses is learnt, and left out of the next try', async () => {
  const provider = await createProvider({ baseUrl: local.baseUrl }, host);
  const body = { ...CHAT, seed: 5 };
  local.script({
    kind: 'error',
    status: 400,
    code: 'unsupported_parameter',
    message: "Unsupported parameter: 'seed' is not supported with this model.",
  });
  await expect(relay(provider, body)).rejects.toMatchObject({ again: true });
  const plan = planOf(provider, body);
  expect(sentOf(plan).seed).toBeUndefined();
  expect(plan.losses.map(({ field }) => field)).toEqual(['seed']);
});

it.each([
  { stream: true },
  { stream: true, cache_control: 1, messages: [{ role: 'user', content: 'hi', reasoning: 'x' }] },
])('a client cannot name other models than the one that is routed to, relayed or rebuilt: %j', (fields) => {
  const others = { models: ['a/dear-one'], route: 'fallback', preset: '@preset/mine', fallbacks: ['b'] };
  const messages = [{ role: 'user', content: 'hi' }];
  const plan = planOf(plain, { model: 'm', messages, ...fields, ...others });
  expect(JSON.stringify(plan.wire)).not.toMatch(/dear-one|fallback|preset/);
  expect(plan.losses.map(({ field }) => field)).toEqual(expect.arrayContaining(Object.keys(others)));
});
