// bedrock-local as a server: paths, limits, records, closing, and its command.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';

const MODEL = 'amazon.nova-lite-v1:0';
const HELLO = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'Hello' }] }] });
const headers = { authorization: 'Bearer x' };

let local: BedrockLocal;
beforeAll(async () => {
  local = await startBedrockLocal({ bodyBytesMax: 1000, requestsMax: 3 });
});
beforeEach(() => local.reset());
afterAll(() => local.close());

const post = (path: string, body: string | Uint8Array<ArrayBuffer> = HELLO) =>
  fetch(local.url + path, { method: 'POST', headers, body });

test.each([
  ['GET', `/model/${MODEL}/converse`],
  ['POST', '/'],
  ['POST', `/model/${MODEL}/chat`],
  ['POST', '/model//converse'],
  ['POST', '/model/a/b/converse'],
  ['POST', '/model/%zz/converse'],
  ['POST', `/model/${MODEL}/converse/`],
])('%s %s is no operation', async (method, path) => {
  const response = await fetch(local.url + path, { method, headers });
  expect(response.status).toBe(404);
  expect(response.headers.get('x-amzn-errortype')).toContain('UnknownOperationException');
});

test('a colon in the model id may be raw or escaped', async () => {
  expect((await post(`/model/${MODEL}/converse`)).status).toBe(200);
  expect((await post(`/model/${encodeURIComponent(MODEL)}/converse`)).status).toBe(200);
  expect(local.requests.map((request) => request.model)).toEqual([MODEL, MODEL]);
});

test('a body that is no JSON', async () => {
  const response = await post(`/model/${MODEL}/converse`, '{');
  expect(response.status).toBe(400);
  expect(response.headers.get('x-amzn-errortype')).toContain('SerializationException');
  expect(local.requests[0]?.body).toBe('{');
});

test('a body that is too long, announced or not', async () => {
  const announced = await post(`/model/${MODEL}/converse`, 'x'.repeat(1001));
  expect(announced.status).toBe(413);
  expect(announced.headers.get('x-amzn-errortype')).toContain('RequestEntityTooLarge');

  const chunked = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(2000));
      controller.close();
    },
  });
  const init = { method: 'POST', headers, body: chunked, duplex: 'half' };
  expect((await fetch(`${local.url}/model/${MODEL}/converse`, init as RequestInit)).status).toBe(413); // the types lack `duplex`
});

test('remembers the latest requests', async () => {
  for (const text of ['a', 'b', 'c', 'd']) {
    await post(`/model/${MODEL}/converse`, JSON.stringify({ messages: [{ role: 'user', content: [{ text }] }] }));
  }
  expect(local.requests).toHaveLength(3);
  expect(local.requests.at(-1)).toMatchObject({
    method: 'POST',
    path: `/model/${MODEL}/converse`,
    operation: 'converse',
    body: { messages: [{ role: 'user', content: [{ text: 'd' }] }] },
    status: 200,
    finished: true,
    aborted: false,
  });
  expect(local.open).toBe(0);
});

test('a client that leaves while it sends is seen to have left', async () => {
  const socket = connect(local.port, '127.0.0.1');
  socket.write(
    `POST /model/${MODEL}/converse HTTP/1.1\r\nhost: x\r\nauthorization: Bearer x\r\ncontent-length: 100\r\n\r\nhalf`,
  );
  while (local.open === 0) await new Promise(setImmediate);
  socket.destroy();
  while (local.open > 0) await new Promise(setImmediate);
  expect(local.requests[0]).toMatchObject({ aborted: true, finished: false, status: 0 });
});

test('close ends stalled streams, and may be called twice', async () => {
  const closing = await startBedrockLocal({ script: [{ kind: 'stall', afterFrames: 1 }] });
  const response = await fetch(`${closing.url}/model/${MODEL}/converse-stream`, {
    method: 'POST',
    headers,
    body: HELLO,
  });
  expect(closing.open).toBe(1);
  await Promise.all([closing.close(), closing.close()]);
  await expect(response.arrayBuffer()).rejects.toThrow();
  expect(closing.open).toBe(0);
  await closing.close();
  await expect(fetch(closing.url)).rejects.toThrow();
});

test('a port that is taken rejects', async () => {
  await expect(startBedrockLocal({ port: local.port })).rejects.toThrow(/EADDRINUSE/);
});

const MAIN = fileURLToPath(new URL('../../plugins/bedrock/local/main.ts', import.meta.url));

async function run(...args: string[]) {
  const child = spawn(process.execPath, [MAIN, ...args]);
  let out = '';
  let errors = '';
  child.stdout.on('data', (data) => {
    out += data;
  });
  child.stderr.on('data', (data) => {
    errors += data;
  });
  const closed = once(child, 'close').then(([code]) => code as number); // node's own arguments
  return { child, closed, out: () => out, errors: () => errors };
}

test('the command listens, answers and stops', async () => {
  const script = fileURLToPath(new URL('./script.json', import.meta.url));
  const { child, closed, out } = await run('--port', '0', '--script', script);
  while (!out().includes('\n')) await once(child.stdout, 'data');
  const url = /^bedrock-local listening on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(out())?.[1];
  const response = await fetch(`${url}/model/${MODEL}/converse`, { method: 'POST', headers, body: HELLO });
  expect(response.status).toBe(403); // the file names credentials, and this is not one of them
  child.kill('SIGTERM');
  expect(await closed).toBe(0);
});

test('the command says what is wrong with its arguments', async () => {
  const port = await run('--port', 'x');
  expect(await port.closed).toBe(1);
  expect(port.errors()).toBe('bedrock-local: --port must be a whole number from 0\n');
});
