// What a reload keeps and what it does not: providers, their health and connections, and when the old ones are closed.
import { copyFileSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { startOpenaiLocal } from '@turnout/plugin-openai/local';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RouterError } from '../../core/src/contract/index.ts';
import { begin, FINISH, say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const houses: House[] = [];
const events: string[] = [];

/** The scripted provider answers with its name, and its beginning and end are written down. */
function answering(name: string): void {
  script(name, {
    stream: async function* () {
      yield* say(`from ${name}`);
    },
    create: () => events.push(`${name} created`),
    close: () => events.push(`${name} closed`),
  });
}
const provider = (name: string, more = '') => `  ${name}: { plugin: "${plugin}", retry: { attempts: 1 }${more} }\n`;
const config = (providers: string, rest = '') => `providers:\n${providers}${rest}`;

async function house(yaml: string): Promise<House> {
  const opened = await openHouse(yaml);
  houses.push(opened);
  return opened;
}
beforeEach(() => {
  events.length = 0;
  for (const name of ['alpha', 'beta', 'gamma']) answering(name);
});
afterEach(async () => {
  for (const opened of houses.splice(0)) await opened.close();
});

const ask = (model: string, stream = false) => ({ model, stream, messages: [{ role: 'user', content: 'hi' }] });
const answerOf = async (response: Response) => `${response.status} ${await response.text()}`;

/** A stream of a provider that has begun and goes on when it is told to. */
async function openStream(opened: House, name: string) {
  const { promise: told, resolve: goOn } = Promise.withResolvers<void>();
  const { promise: left, resolve: leave } = Promise.withResolvers<unknown>();
  script(name, {
    stream: async function* (_request, call) {
      call.signal.addEventListener('abort', () => leave(call.signal.reason));
      yield* begin();
      yield { type: 'block-delta', index: 0, text: 'first ' };
      await told;
      yield { type: 'block-delta', index: 0, text: 'last' };
      yield { type: 'block-end', index: 0 };
      yield FINISH;
    },
    create: () => events.push(`${name} created`),
    close: () => events.push(`${name} closed`),
  });
  const response = await opened.post('/v1/chat/completions', ask(`${name}/m`, true));
  expect(response.status).toBe(200);
  return { text: response.text(), goOn, left };
}

test('what has not changed is kept, what has is created anew, what is gone is closed, in reverse order', async () => {
  const opened = await house(config(provider('alpha') + provider('beta') + provider('gamma')));
  events.length = 0;
  opened.rewrite(config(provider('gamma') + provider('beta', ', note: other')));
  const reloaded = await opened.live.reload();
  expect(reloaded).toMatchObject({
    version: 2,
    providers: { kept: ['gamma'], created: ['beta'], closed: ['alpha', 'beta'] },
    warnings: [],
  });
  await expect.poll(() => events).toEqual(['beta created', 'beta closed', 'alpha closed']);
  const gone = await opened.post('/v1/chat/completions', ask('alpha/m'));
  expect(gone.status).toBe(404);
  expect(await answerOf(await opened.post('/v1/chat/completions', ask('beta/m')))).toContain('from beta');
});

test.each([
  ['a setting of its own', ', note: other'],
  ['a header', ', headers: { x: y }'],
  ['a timeout', ', timeout: { idle: 9s }'],
  ['a breaker', ', breaker: { failures: 9 }'],
  ['a limit', ', concurrency: { max: 9 }'],
])('%s makes another provider', async (_name, setting) => {
  const opened = await house(config(provider('alpha')));
  opened.rewrite(config(provider('alpha', setting)));
  expect((await opened.live.reload()).providers).toEqual({ kept: [], created: ['alpha'], closed: ['alpha'] });
  // The same again, said in other words.
  opened.rewrite(`# again\n${config(provider('alpha', setting))}strict: true\n`);
  expect((await opened.live.reload()).providers).toEqual({ kept: ['alpha'], created: [], closed: [] });
});

test('another secret, or other authorities in the file that is named, make another provider', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'turnout-reload-'));
  const authorities = readFileSync(
    fileURLToPath(new URL('../../core/src/host/fixtures/localhost-test-only.pem', import.meta.url)),
  );
  writeFileSync(join(dir, 'token'), 'one\n');
  writeFileSync(join(dir, 'ca.pem'), authorities);
  const opened = await house(
    config(provider('alpha', `, note: "\${file:${dir}/token}"`) + provider('beta', `, caFile: "${dir}/ca.pem"`)),
  );
  const reload = async () => (await opened.live.reload()).providers.created;
  expect(await reload()).toEqual([]);
  writeFileSync(join(dir, 'token'), 'two\n');
  expect(await reload()).toEqual(['alpha']);
  writeFileSync(join(dir, 'ca.pem'), `${authorities}\n${authorities}`);
  expect(await reload()).toEqual(['beta']);
  expect(JSON.stringify(opened.log)).not.toMatch(/\b(?:one|two)\b/);
  rmSync(dir, { recursive: true });
});

test('one that is asked how it would go is closed after that', async () => {
  const opened = await house(config(provider('alpha') + provider('beta')));
  const { hostname, port } = new URL(opened.url);
  const socket = net.connect(Number(port), hostname);
  const body = JSON.stringify({ model: 'alpha/m' });
  const head = `POST /admin/explain HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n`;
  socket.write(head + body.slice(0, 5));
  // A question on the same connection would wait; on another one it is answered later than the head was read.
  await opened.post('/v1/chat/completions', ask('beta/m'));
  opened.rewrite(config(provider('beta')));
  await opened.live.reload();
  await opened.post('/v1/chat/completions', ask('beta/m'));
  expect(events).not.toContain('alpha closed');
  socket.write(body.slice(5));
  let text = '';
  for await (const chunk of socket) text += chunk;
  expect(text).toMatch(/^HTTP\/1\.1 200 [\s\S]*alpha/);
  await expect.poll(() => events).toContain('alpha closed');
});

test('a kept provider keeps its breaker', async () => {
  const yaml = (note: string) =>
    config(provider('alpha', ', breaker: { failures: 2 }') + provider('beta', `, note: ${note}`));
  const opened = await house(yaml('one'));
  let calls = 0;
  script('alpha', async function* () {
    calls++;
    throw new RouterError('upstream-failed', 'broken');
    // biome-ignore lint/correctness/noUnreachable: an async generator needs one
    yield* [];
  });
  for (let n = 0; n < 2; n++) await opened.post('/v1/chat/completions', ask('alpha/m'));
  expect(calls).toBe(2);
  opened.rewrite(yaml('two'));
  expect((await opened.live.reload()).providers.kept).toEqual(['alpha']);
  const response = await opened.post('/v1/chat/completions', ask('alpha/m'));
  expect([response.status, calls]).toEqual([503, 2]);
});

test('a kept provider keeps its connections', async () => {
  const local = await startOpenaiLocal({ apiKeys: ['k'] });
  let connections = 0;
  const counted = net.createServer((socket) => {
    connections++;
    const onward = net.connect(local.port, '127.0.0.1');
    socket.pipe(onward).pipe(socket);
    for (const one of [socket, onward])
      one.on('error', () => {}).on('close', () => [socket, onward].map((s) => s.destroy()));
  });
  await new Promise<void>((ready) => counted.listen(0, '127.0.0.1', ready));
  // The cast: a server that listens on host and port has an AddressInfo.
  const { port } = counted.address() as net.AddressInfo;
  const yaml = (n: number) =>
    config(
      `  up: { plugin: openai, apiKey: k, baseUrl: "http://127.0.0.1:${port}/v1" }\n${provider('alpha', `, note: "${n}"`)}`,
    );
  const opened = await house(yaml(0));
  for (let n = 1; n <= 5; n++) {
    expect((await opened.post('/v1/chat/completions', ask('up/gpt-4o'))).status).toBe(200);
    opened.rewrite(yaml(n));
    await opened.live.reload();
  }
  expect(connections).toBe(1);
  await houses.pop()?.close();
  await local.close();
  counted.close();
});

test('a removed provider is closed after its stream, and not before', async () => {
  const opened = await house(config(provider('alpha') + provider('beta')));
  const stream = await openStream(opened, 'alpha');
  events.length = 0;
  opened.rewrite(config(provider('beta')));
  await opened.live.reload();
  expect((await opened.post('/v1/chat/completions', ask('alpha/m'))).status).toBe(404);
  expect(await answerOf(await opened.post('/v1/chat/completions', ask('beta/m')))).toContain('from beta');
  expect(events).toEqual([]);
  stream.goOn();
  expect(await stream.text).toMatch(/first .*last.*\[DONE\]/s);
  await expect.poll(() => events).toEqual(['alpha closed']);
});

test('a stream that began two reloads ago still holds its provider', async () => {
  const opened = await house(config(provider('alpha') + provider('beta')));
  const stream = await openStream(opened, 'alpha');
  events.length = 0;
  opened.rewrite(config(provider('alpha') + provider('gamma')));
  expect((await opened.live.reload()).providers.kept).toEqual(['alpha']);
  opened.rewrite(config(provider('gamma')));
  await opened.live.reload();
  await opened.post('/v1/chat/completions', ask('gamma/m'));
  expect(events).not.toContain('alpha closed');
  stream.goOn();
  expect(await stream.text).toContain('[DONE]');
  await expect.poll(() => events).toContain('alpha closed');
});

test('once the drain time is over, requests at a removed provider end with an error, and others go on', async () => {
  const server = 'server: { drain: 200ms }\n';
  const opened = await house(config(provider('alpha') + provider('beta'), server));
  const [atAlpha, atBeta] = [await openStream(opened, 'alpha'), await openStream(opened, 'beta')];
  opened.rewrite(config(provider('beta'), server));
  await opened.live.reload();
  const text = await atAlpha.text;
  expect(text).toContain('"first "');
  expect(text).toMatch(/data: \{"error":\{"message":"the provider alpha was removed or .*\}\}\n\n$/);
  expect(await atAlpha.left).toMatchObject({ code: 'overloaded' });
  await expect.poll(() => events).toContain('alpha closed');
  atBeta.goOn();
  expect(await atBeta.text).toContain('[DONE]');
});

test('what waits at a removed provider beyond the drain time is sent on to the next target', async () => {
  const routes = 'server: { drain: 100ms }\nroutes: { main: { targets: [alpha/m, beta/m] } }\n';
  const opened = await house(config(provider('alpha') + provider('beta'), routes));
  const { promise: asked, resolve: reached } = Promise.withResolvers<void>();
  script('alpha', async function* () {
    reached();
    await new Promise(() => {});
    yield* [];
  });
  const answer = opened.post('/v1/chat/completions', ask('main'));
  await asked;
  opened.rewrite(config(provider('beta'), routes.replace('alpha/m, ', '')));
  await opened.live.reload();
  expect(await answerOf(await answer)).toMatch(/^200 .*from beta/s);
});

test('a plugin file that has changed is imported afresh, one that has not is kept', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'turnout-reload-'));
  const file = join(dir, 'mine.ts');
  const source = (word: string) => `export default {
    name: 'mine', contract: 1,
    config: { '~standard': { version: 1, vendor: 'x', validate: (value: unknown) => ({ value }) } },
    create: () => ({
      plan: (request: { model: string }) => ({ resolution: { model: request.model, endpoint: 'none', auth: 'none', reasons: [] }, losses: [], wire: undefined }),
      async generate() {
        return { id: 'a', model: 'm', blocks: [{ block: { type: 'text' }, text: '${word}' }], finish: { type: 'finish', reason: 'stop', rawReason: 'end', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } } };
      },
      async *stream() {},
    }),
  };`;
  writeFileSync(file, source('the first'));
  const opened = await house(`providers: { mine: { plugin: "${file}" } }\n`);
  const words = async () => answerOf(await opened.post('/v1/chat/completions', ask('mine/m')));
  expect(await words()).toContain('the first');
  expect((await opened.live.reload()).providers.kept).toEqual(['mine']);
  writeFileSync(file, source('the second'));
  expect((await opened.live.reload()).providers).toEqual({ kept: [], created: ['mine'], closed: ['mine'] });
  expect(await words()).toContain('the second');
  // Broken, it is refused, and goes on as it was.
  writeFileSync(file, 'export default {');
  await expect(opened.live.reload()).rejects.toMatchObject({ issues: [{ path: 'providers.mine.plugin' }] });
  expect(await words()).toContain('the second');
  writeFileSync(file, source('the third'));
  await opened.live.reload();
  expect(await words()).toContain('the third');
  copyFileSync(file, join(dir, 'same.ts'));
  utimesSync(file, new Date(), new Date());
  expect((await opened.live.reload()).providers.created).toEqual(['mine']);
  rmSync(dir, { recursive: true });
});

test('nothing is left in memory of a configuration whose requests have ended', async () => {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const opened = await house(config(provider('alpha')));
  const old: WeakRef<object>[] = [];
  for (let n = 0; n < 5; n++) {
    old.push(new WeakRef(opened.live.router));
    await opened.post('/v1/chat/completions', ask('alpha/m', n % 2 === 0)).then((response) => response.text());
    opened.rewrite(config(provider('alpha', `, note: "${n}"`)));
    await opened.live.reload();
  }
  await opened.post('/v1/chat/completions', ask('alpha/m')).then((response) => response.text());
  await expect
    .poll(() => {
      collect();
      return old.filter((reference) => reference.deref() !== undefined).length;
    })
    .toBe(0);
});

test('reloads run one after the other, and who asks meanwhile shares the next', async () => {
  const opened = await house(config(provider('alpha')));
  opened.rewrite(config(provider('alpha') + provider('beta')));
  const first = opened.live.reload();
  opened.rewrite(config(provider('alpha') + provider('beta') + provider('gamma')));
  const others = [opened.live.reload(), opened.live.reload(), opened.live.reload()];
  const versions = await Promise.all([first, ...others].map(async (reloading) => (await reloading).version));
  expect(versions).toEqual([2, 3, 3, 3]);
  expect([...opened.live.router.upstreams.keys()]).toEqual(['alpha', 'beta', 'gamma']);
  expect(events.filter((event) => event === 'gamma created')).toHaveLength(1);
});

test('a shutdown during a reload closes what the reload has made, and what was there', async () => {
  const { promise: created, resolve: goOn } = Promise.withResolvers<void>();
  const opened = await openHouse(config(provider('alpha')));
  opened.rewrite(config(provider('alpha') + provider('beta')));
  const reloading = opened.live.reload();
  // After the two of the loading, before its end.
  void created;
  goOn();
  const closing = opened.close();
  await expect(reloading).rejects.toMatchObject({ code: 'overloaded' });
  await closing;
  expect(events.filter((event) => event.startsWith('beta'))).toEqual(['beta created', 'beta closed']);
  expect(events.at(-1)).toBe('alpha closed');
  await expect(opened.live.reload()).rejects.toMatchObject({ code: 'overloaded' });
});
