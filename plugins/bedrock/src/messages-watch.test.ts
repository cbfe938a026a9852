// Answers of InvokeModel as a Messages client gets them: from bedrock-local, from frames made here, and from AWS's recorded ones.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { type FinishEvent, type Plan, type Provider, type RelayEvent, RouterError } from '@turnout/core/contract';
import { FrameReader } from '@turnout/core/wire';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BedrockLocal, startBedrockLocal } from '../local/index.ts';
import {
  chatRequest,
  createHost,
  eventFrame,
  exceptionFrame,
  relayCallOf,
  startUpstream,
  type Upstream,
} from '../test/fixture.ts';
import plugin from './index.ts';

const SONNET_5 = 'anthropic.claude-sonnet-5';
const ALIAS = 'the "client\'s" name';
const HELLO = { max_tokens: 2000, messages: [{ role: 'user', content: 'Hello' }] };

type Json = Record<string, unknown>;
interface Told {
  readonly text: string;
  readonly finish: FinishEvent;
  readonly headers: object;
  readonly events: readonly RelayEvent[];
}

const host = createHost();

async function create(endpoint: string): Promise<Provider> {
  const auth = { mode: 'keys', accessKeyId: 'A', secretAccessKey: 'S' };
  const parsed = plugin.config['~standard'].validate({
    region: 'us-east-1',
    crossRegion: 'geo',
    endpoint,
    auth,
    allowArns: true,
  });
  if (parsed instanceof Promise || parsed.issues !== undefined) throw new Error('the settings are wrong');
  return plugin.create(parsed.value, host);
}
afterAll(() => host.close());

function planOf(provider: Provider, model: string, body: object, stream: boolean): Plan {
  const plan = provider.plan(chatRequest({ model }), { protocol: 'anthropic-messages', stream, body });
  expect(plan.relay, plan.resolution.reasons.at(-1)).toBe(true);
  return plan;
}

async function relay(provider: Provider, model: string, body: object, stream: boolean): Promise<Told> {
  const answer = await provider.relay?.(chatRequest(), relayCallOf(planOf(provider, model, body, stream), ALIAS));
  const events: RelayEvent[] = [];
  for await (const event of answer?.events ?? []) events.push(event);
  const finish = events.at(-1);
  if (finish?.type !== 'finish') throw new Error('no finish');
  const bytes = Buffer.concat(events.flatMap((event) => (event.type === 'bytes' ? [event.bytes] : [])));
  return { text: bytes.toString('utf8'), finish, headers: answer?.headers ?? {}, events };
}

/** The data of server-sent events, each of which is named as it names itself. */
function dataOf(text: string): Json[] {
  expect(text.endsWith('\n\n')).toBe(true);
  return text
    .slice(0, -2)
    .split('\n\n')
    .map((event) => {
      const [, name, json = ''] = /^event: (\w+)\ndata: ([^\n]+)$/.exec(event) ?? [];
      const data = JSON.parse(json);
      expect(data.type).toBe(name);
      return data;
    });
}

describe('from bedrock-local', () => {
  let local: BedrockLocal;
  let provider: Provider;
  beforeAll(async () => {
    local = await startBedrockLocal();
    provider = await create(local.url);
  });
  beforeEach(() => local.reset());
  afterAll(() => local.close());

  it('a stream has its tokens at its beginning, and nothing of AWS’s', async () => {
    const { text, finish, headers, events } = await relay(provider, SONNET_5, HELLO, true);
    const [start, ping, ...rest] = dataOf(text);
    const { input_tokens } = Object(start).message.usage;
    expect(start).toMatchObject({ type: 'message_start', message: { model: ALIAS } });
    expect(ping).toEqual({ type: 'ping' });
    expect(rest.at(-1)).toEqual({ type: 'message_stop' });
    expect(input_tokens).toBeGreaterThan(0);
    expect(finish).toMatchObject({ reason: 'stop', rawReason: 'end_turn', usage: { inputTokens: input_tokens } });
    expect(headers).toEqual({ 'content-type': 'text/event-stream; charset=utf-8' });
    expect(text).not.toMatch(/amazon|bedrock-/);
    expect(events.some((event) => event.type === 'bytes' && event.content)).toBe(true);
  });

  it('a whole answer', async () => {
    const { text, finish, headers } = await relay(provider, SONNET_5, HELLO, false);
    expect(JSON.parse(text)).toMatchObject({ type: 'message', model: ALIAS, content: [{ type: 'text' }] });
    expect(finish).toMatchObject({ reason: 'stop', usage: { outputTokens: JSON.parse(text).usage.output_tokens } });
    expect(headers).toEqual({ 'content-type': 'application/json' });
  });

  it('a refusal before it, and a cut within', async () => {
    local.script({ kind: 'error', name: 'ThrottlingException', retryAfterSeconds: 7 });
    await expect(relay(provider, SONNET_5, HELLO, true)).rejects.toMatchObject({
      code: 'rate-limited',
      retryAfterMs: 7000,
    });
    local.script({ kind: 'cut', afterFrames: 4 });
    await expect(relay(provider, SONNET_5, HELLO, true)).rejects.toSatisfy(RouterError.is);
  });
});

const chunk = (event: unknown, more: object = {}): Buffer =>
  eventFrame('chunk', {
    bytes: Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)).toString('base64'),
    ...more,
  });
const START = {
  type: 'message_start',
  message: {
    id: 'm',
    model: 'x',
    content: [],
    usage: {
      input_tokens: 3,
      cache_read_input_tokens: 5,
      cache_creation_input_tokens: 7,
      cache_creation: { ephemeral_1h_input_tokens: 7 },
      output_tokens: 1,
    },
  },
};
const OPEN = { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } };
const says = (text: string): Json => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
const CLOSE = { type: 'content_block_stop', index: 0 };
const END = {
  type: 'message_delta',
  delta: { stop_reason: 'stop_sequence', stop_sequence: 'END' },
  usage: { output_tokens: 9 },
};
const STOP = { type: 'message_stop' };

describe('from frames', () => {
  let answer: Buffer[] = [];
  let upstream: Upstream;
  let provider: Provider;
  beforeAll(async () => {
    upstream = await startUpstream((response) => {
      response.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' });
      response.end(Buffer.concat(answer));
    });
    provider = await create(upstream.url);
  });
  afterAll(() => upstream.close());

  it('deltas of any form come out as they went in', async () => {
    const words = ['Hello', '', 'ä', 'ab', 'abc', '👋🏽', '\n', '"\\', 'x'.repeat(5000)];
    const pretty = JSON.stringify(says('in lines'), null, 2);
    // As some encoders write it.
    const escaped = JSON.stringify({
      bytes: Buffer.from(JSON.stringify(says('??>>??>'))).toString('base64'),
    }).replaceAll('/', '\\/');
    const odd = eventFrame('chunk', JSON.parse(escaped));
    answer = [
      eventFrame('initial-response', {}),
      chunk(START),
      chunk(OPEN),
      ...words.map((word) => chunk(says(word), { p: 'abcdef' })),
      chunk(pretty),
      // A carriage return ends a line of server-sent events too.
      chunk(JSON.stringify(says('in lines')).replace(',', ',\r')),
      odd,
      chunk(CLOSE),
      chunk(END),
      chunk(STOP),
    ];
    const { text, finish } = await relay(provider, SONNET_5, HELLO, true);
    expect(text).not.toContain('\r');
    const told = dataOf(text);
    expect(told).toEqual([
      { ...START, message: { ...START.message, model: ALIAS } },
      { type: 'ping' },
      OPEN,
      ...[...words, 'in lines', 'in lines', '??>>??>'].map(says),
      ...[CLOSE, END, STOP],
    ]);
    expect(finish).toEqual({
      type: 'finish',
      reason: 'stop',
      rawReason: 'stop_sequence',
      stopSequence: 'END',
      usage: {
        inputTokens: 3,
        outputTokens: 9,
        totalTokens: 24,
        cacheReadTokens: 5,
        cacheWriteTokens: 7,
        cacheWrite1hTokens: 7,
      },
    });
  });

  const broken: readonly (readonly [string, readonly Buffer[], string])[] = [
    ['an exception', [chunk(START), exceptionFrame('throttlingException', { message: 'slow down' })], 'rate-limited'],
    [
      'an exception behind content',
      [chunk(START), chunk(OPEN), chunk(says('a')), exceptionFrame('modelStreamErrorException', { message: 'no' })],
      'upstream-failed',
    ],
    ['no end', [chunk(START), chunk(OPEN), chunk(says('a')), chunk(CLOSE), chunk(END)], 'upstream-failed'],
    ['no frames at all', [], 'upstream-failed'],
    [
      'an error among the events',
      [chunk(START), chunk({ type: 'error', error: { type: 'overloaded_error', message: 'x' } })],
      'upstream-failed',
    ],
    ['a chunk without bytes', [chunk(START), eventFrame('chunk', { p: 'a' })], 'upstream-failed'],
    ['what is no JSON', [chunk('{"type":')], 'upstream-failed'],
  ];
  it.each(broken)('%s', async (_what, frames, code) => {
    answer = [...frames];
    await expect(relay(provider, SONNET_5, HELLO, true)).rejects.toMatchObject({ code });
  });
});

const folder = new URL('../../../../shared/corpus/recordings/', import.meta.url);
const present = existsSync(folder);
if (!present) console.log('recordings for Messages clients: skipped, ../shared/corpus is not there');

interface Recording {
  readonly kind: string;
  readonly request: { readonly path: string; readonly body?: Json };
  readonly response: { readonly status: number; readonly bodyText?: string; readonly bodyBase64?: string };
}
const recordings = (present ? readdirSync(folder) : [])
  .filter((name) => name.endsWith('.json'))
  .map((name) => ({ name, recording: JSON.parse(readFileSync(new URL(name, folder), 'utf8')) as Recording }))
  .filter(({ recording: { kind, request, response } }) => {
    const isClaude = request.path.includes('anthropic.claude') && Array.isArray(request.body?.messages);
    return kind.startsWith('invoke') && isClaude && response.status === 200;
  });
const bytesOf = ({ response }: Recording): Buffer =>
  response.bodyBase64 === undefined ? Buffer.from(response.bodyText ?? '') : Buffer.from(response.bodyBase64, 'base64');

function eventsOf(bytes: Buffer): Json[] {
  const reader = new FrameReader();
  reader.push(bytes);
  const events: Json[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    events.push(JSON.parse(Buffer.from(JSON.parse(frame.text()).bytes, 'base64').toString('utf8')));
  }
  return events;
}

describe.runIf(present)('what AWS has recorded', () => {
  let playing: Buffer = Buffer.alloc(0);
  let upstream: Upstream;
  let provider: Provider;

  /** Cuts where a counter says, the same every time. */
  async function play(response: ServerResponse): Promise<void> {
    let size = 0;
    for (let at = 0; at < playing.length && !response.destroyed; at += size) {
      size = 1 + ((at * 7 + 17) % 1500);
      response.write(playing.subarray(at, at + size));
      if (at % 3 === 0) await setImmediate();
    }
    response.end();
  }
  beforeAll(async () => {
    upstream = await startUpstream((response) => void play(response));
    provider = await create(upstream.url);
  });
  afterAll(() => upstream.close());

  it('is all there', () => expect(recordings.length).toBeGreaterThan(50));

  it.each(recordings)('$name', async ({ recording }) => {
    playing = bytesOf(recording);
    const model = decodeURIComponent(recording.request.path.split('/')[2] ?? '');
    const stream = recording.kind.endsWith('stream');
    const { text, finish } = await relay(provider, model, HELLO, stream);
    if (!stream) {
      const said = JSON.parse(playing.toString('utf8'));
      expect(JSON.parse(text)).toEqual({ ...said, model: ALIAS });
      expect(finish).toMatchObject({
        rawReason: said.stop_reason,
        usage: { outputTokens: said.usage?.output_tokens ?? 0 },
      });
      return;
    }
    const [start, ...rest] = eventsOf(playing);
    const { message } = Object(start);
    const stop = rest.at(-1);
    expect(stop).toHaveProperty('amazon-bedrock-invocationMetrics');
    expect(dataOf(text)).toEqual([
      { type: 'message_start', message: { ...message, model: ALIAS } },
      { type: 'ping' },
      ...rest.slice(0, -1),
      { type: 'message_stop' },
    ]);
    expect(finish.usage.inputTokens).toBe(message.usage.input_tokens);
  });
});
