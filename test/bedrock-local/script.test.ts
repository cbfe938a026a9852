// Each kind of scripted fault as the AWS SDK sees it.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConverseCommand, ConverseStreamCommand, CountTokensCommand } from '@aws-sdk/client-bedrock-runtime';
import { encodeFrame } from '@turnout/core/wire';
import {
  type BedrockLocal,
  type Chunks,
  parseScript,
  type Step,
  startBedrockLocal,
} from '@turnout/plugin-bedrock/local';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failure, sdkClient } from './client.ts';

const MODEL = 'us.anthropic.claude-sonnet-5';
const input = { modelId: MODEL, messages: [{ role: 'user' as const, content: [{ text: 'one two three four five' }] }] };
const WHOLE = 'You said: "one two three four five"';

let local: BedrockLocal;
let client: ReturnType<typeof sdkClient>;
beforeAll(async () => {
  local = await startBedrockLocal();
  client = sdkClient(local);
});
beforeEach(() => local.reset());
afterAll(async () => {
  client.destroy();
  await local.close();
});

const converse = () => client.send(new ConverseCommand(input));

/** What came before the stream ended, and with what error it did. */
async function stream(signal?: AbortSignal) {
  const seen: string[] = [];
  let text = '';
  let error: Record<string, unknown> | undefined;
  try {
    const { stream: events } = await client.send(
      new ConverseStreamCommand(input),
      signal === undefined ? {} : { abortSignal: signal },
    );
    for await (const event of events ?? []) {
      seen.push(Object.keys(event)[0] ?? '');
      text += event.contentBlockDelta?.delta?.text ?? '';
    }
  } catch (thrown) {
    // The SDK's errors. It reads the first frame before it hands out the stream, so `send` throws too.
    const { name, message, originalStatusCode, $metadata } = thrown as Error & {
      originalStatusCode?: number;
      $metadata?: { httpStatusCode?: number };
    };
    const status = $metadata?.httpStatusCode;
    error = {
      name,
      message,
      ...(originalStatusCode === undefined ? {} : { originalStatusCode }),
      ...(status === undefined ? {} : { status }),
    };
  }
  return { seen, text, error };
}
const ALL = [
  'messageStart',
  'contentBlockDelta',
  'contentBlockDelta',
  'contentBlockDelta',
  'contentBlockStop',
  'messageStop',
  'metadata',
];

/** Waits for a state that comes with a turn of the event loop, not with time. */
async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !condition(); turn += 1) await sleep(2);
  expect(condition()).toBe(true);
}

describe('before the stream', () => {
  test('an error by its name', async () => {
    local.script({ kind: 'error', name: 'ThrottlingException', retryAfterSeconds: 7 });
    expect(await failure(converse())).toEqual({
      name: 'ThrottlingException',
      message: 'Too many requests, please wait before trying again.',
      status: 429,
    });
    expect((await converse()).stopReason).toBe('end_turn');
  });

  test('an error with its own status, message and retry-after', async () => {
    local.script({
      kind: 'error',
      name: 'ThrottlingException',
      status: 400,
      message: 'Slow down',
      retryAfterSeconds: 7,
    });
    const answer = await fetch(`${local.url}/model/${MODEL}/converse`, {
      method: 'POST',
      headers: { authorization: 'Bearer x' },
      body: '{}',
    });
    expect(answer.status).toBe(400);
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(answer.headers.get('x-amzn-errortype')).toContain('ThrottlingException:http://');
    expect(await answer.json()).toEqual({ message: 'Slow down' });
  });

  test('a page of a proxy', async () => {
    local.script({ kind: 'html' });
    expect(await failure(converse())).toMatchObject({ name: 'SyntaxError', status: 502 });
  });

  test('a recorded answer, byte for byte and without validation', async () => {
    const frame = encodeFrame(
      { ':event-type': 'messageStop', ':content-type': 'application/json', ':message-type': 'event' },
      '{"stopReason":"odd"}',
    );
    local.script({
      kind: 'recorded',
      headers: { 'content-type': 'application/vnd.amazon.eventstream', 'x-odd': '1' },
      body: frame,
    });
    const answer = await fetch(`${local.url}/model/no-such-model/converse-stream`, {
      method: 'POST',
      headers: { authorization: 'Bearer x' },
      body: '{}',
    });
    expect(answer.headers.get('x-odd')).toBe('1');
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(frame);
  });

  test('a delay that the client does not wait out', async () => {
    local.script({ kind: 'answer', delayMs: 60_000 });
    const leaving = new AbortController();
    const call = client.send(new ConverseCommand(input), { abortSignal: leaving.signal });
    await until(() => local.open === 1 && local.requests[0]?.status === 200);
    leaving.abort();
    expect((await failure(call)).name).toBe('AbortError');
    await until(() => local.open === 0);
    expect(local.requests[0]).toMatchObject({ aborted: true, finished: false });
  });

  test('a delay that it does', async () => {
    local.script({ kind: 'answer', delayMs: 5 });
    expect((await converse()).stopReason).toBe('end_turn');
  });
});

describe('inside the stream', () => {
  test('an exception as the first frame', async () => {
    local.script({ kind: 'exception', name: 'throttlingException' });
    expect(await stream()).toEqual({
      seen: [],
      text: '',
      error: { name: 'ThrottlingException', message: 'Too many requests, please wait before trying again.' },
    });
  });

  test('an exception after two frames, with its details', async () => {
    local.script({
      kind: 'exception',
      name: 'modelStreamErrorException',
      afterFrames: 2,
      message: 'Broken',
      details: { originalStatusCode: 500 },
    });
    expect(await stream()).toEqual({
      seen: ALL.slice(0, 2),
      text: 'You said: "one ',
      error: { name: 'ModelStreamErrorException', message: 'Broken', originalStatusCode: 500 },
    });
  });

  test('an exception where nothing streams is the error of that name', async () => {
    local.script({ kind: 'exception', name: 'serviceUnavailableException', afterFrames: 3 });
    expect(await failure(converse())).toMatchObject({ name: 'ServiceUnavailableException', status: 503 });
  });

  test('a socket cut after three frames', async () => {
    local.script({ kind: 'cut', afterFrames: 3 });
    const { seen, error } = await stream();
    expect(seen).toEqual(ALL.slice(0, 3));
    expect(error?.message).toBe('aborted');
    await until(() => local.open === 0);
    expect(local.requests[0]).toMatchObject({ aborted: false, finished: false });
  });

  test('a socket cut inside a frame', async () => {
    local.script({ kind: 'cut', afterBytes: 150 });
    const { seen, error } = await stream();
    expect(seen).toEqual(ALL.slice(0, 1));
    expect(error).toBeDefined();
  });

  test('a socket cut inside an answer that does not stream', async () => {
    local.script({ kind: 'cut', afterBytes: 20 });
    expect((await failure(converse())).message).toMatch(/^aborted/);
  });

  test('a clean end without messageStop', async () => {
    local.script({ kind: 'end' });
    expect(await stream()).toEqual({ seen: ALL.slice(0, 5), text: WHOLE, error: undefined });
    local.script({ kind: 'end', afterFrames: 1 });
    expect((await stream()).seen).toEqual(['messageStart']);
  });

  test('a stall until the client leaves', async () => {
    local.script({ kind: 'stall', afterFrames: 2 });
    const leaving = new AbortController();
    const reading = stream(leaving.signal);
    await until(() => local.open === 1 && local.requests[0]?.status === 200);
    leaving.abort();
    expect((await reading).error).toBeDefined();
    await until(() => local.open === 0);
    expect(local.requests[0]).toMatchObject({ aborted: true, finished: false });
  });

  test('a stall that goes on', async () => {
    local.script({ kind: 'stall', afterFrames: 2, forMs: 5 });
    expect(await stream()).toEqual({ seen: ALL, text: WHOLE, error: undefined });
    expect(local.requests[0]).toMatchObject({ aborted: false, finished: true });
  });

  test.each(['message', 'prelude'] as const)('a wrong checksum of the %s in frame 2', async (part) => {
    local.script({ kind: 'corrupt', frame: 2, part });
    const { seen, error } = await stream();
    expect(seen).toEqual(ALL.slice(0, 2));
    expect(error?.message).toMatch(/checksum/i);
  });

  test('faults in recorded frames', async () => {
    const frame = (type: string, payload: object) =>
      encodeFrame(
        { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
        JSON.stringify(payload),
      );
    const frames = [
      frame('messageStart', { role: 'assistant' }),
      frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'recorded' } }),
      frame('messageStop', { stopReason: 'end_turn' }),
    ];
    const from = { base64: Buffer.concat(frames).toString('base64') };
    local.script(
      { kind: 'end', afterFrames: 2, from },
      { kind: 'exception', name: 'throttlingException', afterFrames: 1, from },
    );
    expect(await stream()).toEqual({ seen: ['messageStart', 'contentBlockDelta'], text: 'recorded', error: undefined });
    expect(await stream()).toMatchObject({ seen: ['messageStart'], error: { name: 'ThrottlingException' } });
  });
});

describe('the answer', () => {
  test('may have other content', async () => {
    const content = [{ text: 'Scripted' }, { toolUse: { toolUseId: 'tooluse_1', name: 'a', input: { b: 1 } } }];
    local.script(
      { kind: 'answer', content, usage: { inputTokens: 1000 } },
      { kind: 'answer', stopReason: 'guardrail_intervened' },
    );
    const first = await converse();
    expect(first.output?.message?.content).toEqual(content);
    expect(first).toMatchObject({
      stopReason: 'tool_use',
      usage: { inputTokens: 1000, outputTokens: 9, totalTokens: 1009 },
    });
    expect((await converse()).stopReason).toBe('guardrail_intervened');
  });

  const CUTS: Chunks[] = ['every-byte', 7, [1, 2, 15, 16, 100], { seed: 3 }];
  test.each(CUTS)('is the same in other pieces: %j', async (chunks) => {
    local.script({ kind: 'answer', chunks });
    expect(await stream()).toEqual({ seen: ALL, text: WHOLE, error: undefined });
  });

  test.each([
    ['every-byte', (length: number) => length],
    [64, (length: number) => Math.ceil(length / 64)],
    [[10, 20], () => 3],
  ] as const)('goes out in as many writes as pieces: %j', async (chunks, count) => {
    local.script({ kind: 'answer', chunks });
    const pieces = await readPieces();
    expect(pieces).toHaveLength(count(pieces.reduce((sum, piece) => sum + piece, 0)));
  });

  test('can be paced', async () => {
    const slow = await startBedrockLocal({ tokensPerSecond: 2000 });
    const reader = sdkClient(slow);
    const { stream: events } = await reader.send(new ConverseStreamCommand(input));
    let text = '';
    for await (const event of events ?? []) text += event.contentBlockDelta?.delta?.text ?? '';
    expect(text).toBe(WHOLE);
    reader.destroy();
    await slow.close();
  });

  /** The sizes of the pieces that a stream comes in: HTTP's chunked encoding keeps every write apart. */
  const readPieces = async (): Promise<number[]> => {
    const body = JSON.stringify({ messages: input.messages });
    const socket = connect(local.port, '127.0.0.1');
    socket.write(
      `POST /model/${MODEL}/converse-stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\nconnection: close\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    const received = Buffer.concat(await socket.toArray());
    const sizes: number[] = [];
    for (let at = received.indexOf('\r\n\r\n') + 4; ; ) {
      const end = received.indexOf('\r\n', at);
      const size = Number.parseInt(received.toString('latin1', at, end), 16);
      if (size === 0) return sizes;
      sizes.push(size);
      at = end + 2 + size + 2;
    }
  };
});

describe('which request takes a step', () => {
  test('in order, each once, then the own answer', async () => {
    const steps: Step[] = ['one', 'two'].map((text) => ({ kind: 'answer', content: [{ text }] }));
    local.script(...steps);
    const texts = [];
    for (let turn = 0; turn < 3; turn += 1) texts.push((await converse()).output?.message?.content?.[0]?.text);
    expect(texts).toEqual(['one', 'two', WHOLE]);
  });

  test('by model, by operation, and several times', async () => {
    local.script(
      { kind: 'answer', content: [{ text: 'nova' }], when: { model: 'amazon.nova-lite-v1:0' } },
      { kind: 'error', name: 'InternalServerException', when: { operation: 'converse-stream' } },
      { kind: 'answer', content: [{ text: 'any' }], times: 2 },
    );
    const texts = [];
    for (let turn = 0; turn < 3; turn += 1) texts.push((await converse()).output?.message?.content?.[0]?.text);
    expect(texts).toEqual(['any', 'any', WHOLE]);
    expect((await stream()).error).toMatchObject({ name: 'InternalServerException', status: 500 });
    const nova = await client.send(new ConverseCommand({ ...input, modelId: 'us.amazon.nova-lite-v1:0' }));
    expect(nova.output?.message?.content?.[0]?.text).toBe('nova');
  });

  test('by a function of the request', async () => {
    local.script(
      (request) => ({ kind: 'answer', content: [{ text: `${request.operation} ${request.model}` }] }),
      () => undefined,
    );
    expect((await converse()).output?.message?.content?.[0]?.text).toBe(`converse ${MODEL}`);
    expect((await converse()).output?.message?.content?.[0]?.text).toBe(WHOLE);
  });

  test('always, until reset', async () => {
    local.script({ kind: 'error', name: 'ThrottlingException', times: 'always' });
    for (let turn = 0; turn < 3; turn += 1) await failure(converse());
    local.reset();
    expect((await converse()).stopReason).toBe('end_turn');
  });

  test('CountTokens only where it is named', async () => {
    const count = () =>
      client.send(
        new CountTokensCommand({
          modelId: 'anthropic.claude-sonnet-5',
          input: { converse: { messages: input.messages } },
        }),
      );
    local.script({ kind: 'error', name: 'ThrottlingException' });
    expect((await count()).inputTokens).toBe(6);
    local.script({ kind: 'error', name: 'ThrottlingException', when: { operation: 'count-tokens' } });
    expect(await failure(count())).toMatchObject({ name: 'ThrottlingException' });
  });

  test('a refused request leaves a step that stays for the next', async () => {
    local.script({ kind: 'error', name: 'ThrottlingException' });
    const response = await fetch(`${local.url}/model/${MODEL}/converse`, { method: 'POST', body: '{}' });
    expect(response.status).toBe(403);
    expect(await failure(converse())).toMatchObject({ name: 'ThrottlingException' });
  });
});

test('a script file means the same', async () => {
  const text = readFileSync(new URL('./script.json', import.meta.url), 'utf8');
  const scripted = await startBedrockLocal(parseScript(text));
  const reader = sdkClient(scripted, { credentials: { accessKeyId: 'AKIDFILE', secretAccessKey: 'file-secret' } });
  expect(await failure(reader.send(new ConverseCommand(input)))).toMatchObject({
    name: 'ThrottlingException',
    status: 429,
  });
  expect((await reader.send(new ConverseCommand(input))).output?.message?.content).toEqual([{ text: 'From the file' }]);
  reader.destroy();
  await scripted.close();
});
