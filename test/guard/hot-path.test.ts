// What a request and an event cost, in things that can be counted: a change that adds a promise, a timer, a listener or a write to the
// hot path is to be meant. Who takes one away writes the new number here. Times are the bench's business (test/bench). Allocations are
// not counted: what the heap grows by is not the same twice.
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeFrame } from '../../core/src/wire/index.ts';
import type { Counts } from './counted.ts';

/** Answers of an upstream: in pieces of which each is one write. */
interface Script {
  readonly type: string;
  readonly head: Buffer;
  readonly delta: Buffer;
  readonly tail: Buffer;
  readonly whole: string;
}

const chunk = (delta: object, finish: string | null): string => {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices })}\n\n`;
};
const openai: Script = {
  type: 'text/event-stream',
  head: Buffer.from(chunk({ role: 'assistant', content: '' }, null) + chunk({ content: 'word ' }, null)),
  delta: Buffer.from(chunk({ content: 'word ' }, null)),
  tail: Buffer.from(`${chunk({}, 'stop')}data: [DONE]\n\n`),
  whole: JSON.stringify({
    ...{ id: 'c', object: 'chat.completion', created: 1, model: 'm' },
    choices: [{ index: 0, message: { role: 'assistant', content: 'words' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 2, completion_tokens: 1, total_tokens: 3 },
  }),
};

const usage = { inputTokens: 2, outputTokens: 1, totalTokens: 3 };
const frame = (type: string, payload: object) =>
  encodeFrame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  );
const words = frame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'word ' } });
const bedrock: Script = {
  type: 'application/vnd.amazon.eventstream',
  head: Buffer.concat([frame('messageStart', { role: 'assistant' }), words]),
  delta: Buffer.from(words),
  tail: Buffer.concat([
    frame('contentBlockStop', { contentBlockIndex: 0 }),
    frame('messageStop', { stopReason: 'end_turn' }),
    frame('metadata', { usage, metrics: { latencyMs: 1 } }),
  ]),
  whole: JSON.stringify({
    output: { message: { role: 'assistant', content: [{ text: 'words' }] } },
    ...{ stopReason: 'end_turn', usage, metrics: { latencyMs: 1 } },
  }),
};

/** The answer under way: the client asks for its next piece when it has the one before. */
let next: () => void = () => {};
/** Deltas of the next answer; with `atOnce` in one write, with all that belongs to it. */
let plan = { deltas: 0, atOnce: false };

const upstream = http.createServer((incoming, outgoing) => {
  const { url = '' } = incoming;
  const script = url.startsWith('/v1') ? openai : bedrock;
  const pieces: Buffer[] = [];
  incoming.on('data', (piece: Buffer) => pieces.push(piece));
  incoming.on('end', () => {
    const streams = url.endsWith('-stream') || Buffer.concat(pieces).includes('"stream":true');
    if (!streams) {
      outgoing.writeHead(200, { 'content-type': 'application/json' }).end(script.whole);
      return;
    }
    const deltas = Array.from({ length: plan.deltas }, () => script.delta);
    outgoing.writeHead(200, { 'content-type': script.type });
    if (plan.atOnce) {
      outgoing.end(Buffer.concat([script.head, ...deltas, script.tail]));
      return;
    }
    next = () => {
      const delta = deltas.pop();
      if (delta) outgoing.write(delta);
      else {
        next = () => {};
        outgoing.end(script.tail);
      }
    };
    outgoing.write(script.head);
  });
});
upstream.keepAliveTimeout = 60_000;

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
let router: ChildProcess;
let url = '';

beforeAll(async () => {
  upstream.listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  const { port } = upstream.address() as AddressInfo; // it listens on a port
  const yaml = `keys: [{ name: team, key: key-of-the-team }]
providers:
  openai: { apiKey: key, baseUrl: "http://127.0.0.1:${port}/v1" }
  bedrock:
    region: us-east-1
    endpoint: http://127.0.0.1:${port}
    auth: { mode: keys, accessKeyId: AKIDEXAMPLE, secretAccessKey: secret }
routes: { relayed: openai/m, told: bedrock/anthropic.claude-sonnet-5 }
`;
  router = fork(fileURLToPath(new URL('./counted.ts', import.meta.url)), [yaml]);
  [url] = await once(router, 'message');
});

afterAll(async () => {
  router.send('close');
  await once(router, 'exit');
  agent.destroy();
  upstream.close();
});

async function ask(model: string, stream: boolean): Promise<void> {
  const request = http.request(`${url}/v1/chat/completions`, {
    method: 'POST',
    agent,
    headers: { 'content-type': 'application/json', authorization: 'Bearer key-of-the-team' },
  });
  request.end(JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'Which train is next?' }] }));
  const [answer] = await once(request, 'response');
  expect(answer.statusCode).toBe(200);
  answer.on('data', () => next());
  await once(answer, 'end');
  // What a request leaves to be done after its answer.
  await sleep(5);
}

async function counted(work: () => Promise<void>): Promise<Counts> {
  const read = async (): Promise<Counts> => {
    router.send('counts');
    return (await once(router, 'message'))[0];
  };
  const before = await read();
  await work();
  const after = await read();
  return each(after, (count, name) => count - before[name]);
}

const each = (counts: Counts, make: (count: number, name: keyof Counts) => number): Counts => ({
  promises: make(counts.promises, 'promises'),
  timers: make(counts.timers, 'timers'),
  listeners: make(counts.listeners, 'listeners'),
  writes: make(counts.writes, 'writes'),
});

const REQUESTS = 20;

/** Of one of many, in whole numbers: what happens once, such as a message of this test's own, is none of its cost. */
async function ofOne(work: () => Promise<void>): Promise<Counts> {
  for (let warm = 0; warm < 3; warm++) await work();
  const counts = await counted(async () => {
    for (let request = 0; request < REQUESTS; request++) await work();
  });
  return each(counts, (count) => Math.round(count / REQUESTS));
}

/** Of one event more that comes alone. */
async function ofEvent(model: string): Promise<Counts> {
  const streaming = (deltas: number) => async (): Promise<void> => {
    plan = { deltas, atOnce: false };
    await ask(model, true);
  };
  await streaming(3)();
  const few = await counted(streaming(10));
  const many = await counted(streaming(60));
  return each(many, (count, name) => Math.round((count - few[name]) / 50));
}

const expectAtMost = (counts: Counts, bounds: Counts): void => {
  const over = each(counts, (count, name) => Math.max(0, count - bounds[name]));
  expect(over, JSON.stringify(counts)).toEqual({ promises: 0, timers: 0, listeners: 0, writes: 0 });
};

test.each<[string, Counts]>([
  ['relayed', { promises: 72, timers: 4, listeners: 3, writes: 2 }],
  ['told', { promises: 59, timers: 4, listeners: 3, writes: 2 }],
  // Two writes: the call, and the answer with its head.
])('a whole answer, %s', async (model, bounds) => {
  expectAtMost(await ofOne(() => ask(model, false)), bounds);
});

test.each<[string, Counts]>([
  ['relayed', { promises: 88, timers: 8, listeners: 5, writes: 2 }],
  ['told', { promises: 188, timers: 8, listeners: 5, writes: 2 }],
])('a stream whose events come in one piece, %s', async (model, bounds) => {
  const burst = async (): Promise<void> => {
    plan = { deltas: 50, atOnce: true };
    await ask(model, true);
  };
  expectAtMost(await ofOne(burst), bounds);
});

test.each<[string, Counts]>([
  ['relayed', { promises: 12, timers: 0, listeners: 0, writes: 1 }],
  ['told', { promises: 8, timers: 0, listeners: 0, writes: 1 }],
])('an event that comes alone, %s', async (model, bounds) => {
  expectAtMost(await ofEvent(model), bounds);
});
