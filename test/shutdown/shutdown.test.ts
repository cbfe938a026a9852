// How the program ends: what runs finishes or is told, providers are closed, the exit code is 0, and a second signal is the last word.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http2 from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { ask, type Heard, type Plan } from '../chaos/client.ts';
import { FRAMINGS } from '../chaos/framing.ts';
import { overHttp1, overHttp2, type Transport } from '../chaos/transport.ts';
import { type Outside, openOutside } from '../chaos/turnout.ts';
import { SLOW_PLUGIN } from './slow-plugin.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnout-shutdown-'));
const open: Outside[] = [];
const transports: Transport[] = [];
afterEach(() => {
  for (const transport of transports.splice(0)) transport.close();
  for (const { child, forget } of open.splice(0)) {
    child.kill('SIGKILL');
    forget();
  }
});
afterAll(() => rmSync(dir, { recursive: true }));
// Each starts a process, and the machine may be busy.
vi.setConfig({ testTimeout: 60_000 });

/** Nothing here is to take as long as this: a test that would wait for it fails by its own limit. */
const FOR_EVER = '1h';

async function serve(drain: string): Promise<Outside & { mark(): string }> {
  const mark = join(dir, randomUUID());
  const yaml = `server: { port: 0, drain: ${drain} }\nproviders: { slow: { plugin: ./slow.ts, mark: "${mark}" } }\n`;
  const turnout = await openOutside(yaml, { 'slow.ts': SLOW_PLUGIN });
  open.push(turnout);
  return { ...turnout, mark: () => (existsSync(mark) ? readFileSync(mark, 'utf8') : 'not closed') };
}

const plan = (framing: Plan['framing'], model: string, stream = true): Plan => ({
  question: 0,
  framing,
  stream,
  model: `slow/${model}`,
});

/** One of each framing, streamed and whole, once all of them are being answered. */
async function askAll({ url, lines }: Outside, model: string): Promise<{ readonly heard: Promise<Heard[]> }> {
  const plans = FRAMINGS.flatMap((framing) => [plan(framing, model), plan(framing, model, false)]);
  // Half of them over one connection of HTTP/2.
  const both = [overHttp1(url, plans.length), overHttp2(url)];
  transports.push(...both);
  const heard = Promise.all(both.flatMap((transport) => plans.map((one) => ask(transport, one))));
  await expect.poll(() => metric(url, 'turnout_requests_running'), { timeout: 15_000 }).toBe(2 * plans.length);
  expect(lines().filter(({ message }) => message === 'request')).toEqual([]);
  return { heard };
}

/** Over a connection of its own, which stays open. */
function askAlone({ url }: Outside, one: Plan): Promise<Heard> {
  const transport = overHttp1(url, 1);
  transports.push(transport);
  return ask(transport, one);
}

/** A figure of the router's own, or undefined. */
async function metric(url: string, name: string): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const value = new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1];
  return value === undefined ? undefined : Number(value);
}

test('what runs finishes within the drain time, nothing new is taken, and the provider is closed after the last', async () => {
  const turnout = await serve(FOR_EVER);
  const { heard } = await askAll(turnout, 'words-40');
  turnout.child.kill('SIGTERM');
  // From some moment on nobody gets in: the connection is refused, or the answer is 503.
  await expect
    .poll(() => askAlone(turnout, plan('chat', 'words-1')).then(({ status }) => status), {
      timeout: 5_000,
    })
    .not.toBe(200);
  for (const { told, status, clean } of await heard) {
    expect({ status, clean, ended: told.ended, faults: told.faults }).toEqual({
      status: 200,
      clean: true,
      ended: true,
      faults: [],
    });
    expect(told.text.trim().split(' ')).toHaveLength(40);
  }
  expect(await turnout.ended).toBe(0);
  expect(turnout.mark()).toBe('closed with 0 running');
  expect(turnout.lines().filter(({ message }) => message === 'request').length).toBeGreaterThanOrEqual(
    2 * FRAMINGS.length,
  );
});

test('beyond the drain time each is told in the shape of its protocol, streamed or not; the exit code is 0', async () => {
  const turnout = await serve('300ms');
  const { heard } = await askAll(turnout, 'endless');
  turnout.child.kill('SIGTERM');
  for (const { told, status, clean, plan: asked } of await heard) {
    expect({ asked, clean, ended: told.ended, faults: told.faults }).toEqual({
      asked,
      clean: true,
      ended: false,
      faults: [],
    });
    expect({ asked, status }).toEqual({ asked, status: asked.stream ? 200 : 503 });
    expect(told.failure, JSON.stringify(asked)).toMatch(/overloaded|unavailable|server_?error/i);
  }
  expect(await turnout.ended).toBe(0);
  expect(turnout.mark()).toMatch(/^closed with \d+ running$/);
  const lines = turnout.lines().filter(({ message }) => message === 'request');
  expect(lines.map(({ fields }) => fields.code)).toEqual(lines.map(() => 'overloaded'));
});

test('a second signal ends it at once', async () => {
  const turnout = await serve(FOR_EVER);
  const { heard } = await askAll(turnout, 'endless');
  turnout.child.kill('SIGTERM');
  // Within a moment it is the same signal, sent by more than one.
  await wait(500);
  turnout.child.kill('SIGINT');
  expect(await turnout.ended).toBe(1);
  for (const { told } of await heard) expect(told.ended).toBe(false);
});

/** A connection that says this much and no more. */
async function sayTo({ url }: Outside, text: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

const HEAD = 'POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n';

test('connections that ask for nothing, or never finish asking, do not hold it up', async () => {
  const turnout = await serve('300ms');
  const sockets = [
    await sayTo(turnout, ''),
    await sayTo(turnout, 'POST /v1/cha'),
    await sayTo(turnout, 'PRI * HTTP/2.0\r\n'),
    await sayTo(turnout, `${HEAD}content-length: 100\r\n\r\n{"model"`),
  ];
  const session = http2.connect(turnout.url);
  session.on('error', () => {});
  await once(session, 'connect');
  // One that is kept alive after its answer.
  expect((await askAlone(turnout, plan('messages', 'words-1'))).status).toBe(200);
  turnout.child.kill('SIGTERM');
  expect(await turnout.ended).toBe(0);
  expect(turnout.mark()).toBe('closed with 0 running');
  for (const socket of sockets) socket.destroy();
  session.destroy();
});

test('a client that never reads does not hold it up', async () => {
  const turnout = await serve('300ms');
  const body = JSON.stringify({ model: 'slow/endless', stream: true, messages: [{ role: 'user', content: 'x' }] });
  const socket = await sayTo(turnout, `${HEAD}content-length: ${body.length}\r\n\r\n${body}`);
  await once(socket, 'readable');
  turnout.child.kill('SIGTERM');
  expect(await turnout.ended).toBe(0);
  socket.destroy();
});
