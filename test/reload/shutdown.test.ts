// How it ends: what runs finishes, what comes is turned away, and the time for that is bounded.
import { once } from 'node:events';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { begin, FINISH, script } from '../fixtures/scripted-plugin.ts';
import { openHouse } from '../house.ts';
import { endPrograms, serveProgram } from './program.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const yaml = (server = '') => `providers: { alpha: { plugin: "${plugin}" } }\nserver: { ${server} }\n`;
afterEach(endPrograms);

/** A connection that is written to by hand. */
async function connect(url: string) {
  const { hostname, port } = new URL(url);
  const socket = net.connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  const closed = once(socket, 'close');
  await once(socket, 'connect');
  return {
    send: (sent: string) => socket.write(sent),
    hears: (what: RegExp) => expect.poll(() => text, { timeout: 5_000 }).toMatch(what),
    closed: async () => {
      await closed;
      return text;
    },
  };
}

const HOST = 'HTTP/1.1\r\nhost: localhost\r\n';
const chat = (stream: boolean, model = 'alpha/m') => {
  const body = JSON.stringify({ model, stream, messages: [{ role: 'user', content: 'hi' }] });
  return `POST /v1/chat/completions ${HOST}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
};

/** A provider that says one word, and the last when it is told to. */
function halting() {
  const { promise: told, resolve: goOn } = Promise.withResolvers<void>();
  const closed: string[] = [];
  script('alpha', {
    stream: async function* () {
      yield* begin();
      yield { type: 'block-delta', index: 0, text: 'first ' };
      await told;
      yield { type: 'block-delta', index: 0, text: 'last' };
      yield { type: 'block-end', index: 0 };
      yield FINISH;
    },
    close: () => closed.push('alpha'),
  });
  return { goOn, closed };
}

test('what runs finishes, and says that the connection ends with it; idle connections are closed, new ones refused', async () => {
  const { goOn, closed } = halting();
  const house = await openHouse(yaml());
  const [idle, unused, probe, streamed, whole] = await Promise.all(Array.from({ length: 5 }, () => connect(house.url)));
  if (!idle || !unused || !probe || !streamed || !whole) throw new Error('five were asked for');
  idle.send(`GET /healthz ${HOST}\r\n`);
  await idle.hears(/200 OK[\s\S]*ok/);
  // This one has begun its second request.
  probe.send(`GET /readyz ${HOST}\r\n`);
  await probe.hears(/200 OK[\s\S]*"ready":true/);
  probe.send(`GET /readyz ${HOST}`);
  streamed.send(chat(true));
  await streamed.hears(/first/);
  whole.send(chat(false));
  await expect.poll(() => house.live.router.upstreams.get('alpha')?.gate.busy).toBe(2);

  const closing = house.close();
  expect(await idle.closed()).toMatch(/^HTTP\/1\.1 200 OK/);
  expect(await unused.closed()).toBe('');
  await expect(fetch(`${house.url}/healthz`)).rejects.toThrow();
  probe.send('\r\n');
  expect(await probe.closed()).toMatch(/HTTP\/1\.1 503 [\s\S]*connection: close[\s\S]*"ready":false/i);
  expect(closed).toEqual([]);
  goOn();
  expect(await streamed.closed()).toMatch(/first [\s\S]*last[\s\S]*\[DONE\]\n\n\r\n0\r\n\r\n$/);
  expect(await whole.closed()).toMatch(/HTTP\/1\.1 200 OK[\s\S]*connection: close[\s\S]*first last/i);
  await closing;
  expect(closed).toEqual(['alpha']);
});

test('the drain time is that of the configuration at work', async () => {
  halting();
  const house = await openHouse(yaml('drain: 1h'));
  const client = await connect(house.url);
  client.send(chat(true));
  await client.hears(/first/);
  house.rewrite(yaml('drain: 100ms'));
  await house.live.reload();
  await house.close();
  const text = await client.closed();
  expect(text).toMatch(/data: \{"error":\{"message":"the router is shutting down".*\}\}/);
  expect(text).not.toContain('[DONE]');
});

const SLOW = `
  const pause = (ms) => new Promise((later) => setTimeout(later, ms));
  export default { name: 'slow', contract: 1, config: { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } },
    create: async (config, host) => {
      if (config.wait) await pause(config.wait);
      return {
        plan: (request) => ({ resolution: { model: request.model, endpoint: 'none', auth: 'none', reasons: [] }, losses: [], wire: undefined }),
        async *stream() {
          yield { type: 'start', id: 'a', model: 'm' };
          yield { type: 'block-start', index: 0, block: { type: 'text' } };
          yield { type: 'block-delta', index: 0, text: 'first ' };
          await pause(60_000);
        },
        close: async () => console.error('closed ' + host.name),
      };
    } };`;

test('SIGHUP while draining does nothing, and a second signal to stop ends it at once', async () => {
  const file = 'providers: { slow: { plugin: ./slow.ts } }\nroutes: { a: slow/a }\nserver: { port: 0, watch: true }\n';
  const { child, url, write, stderr, ended } = await serveProgram(file, { 'slow.ts': SLOW });
  const client = await connect(url);
  client.send(chat(true, 'slow/m'));
  await client.hears(/first/);
  child.kill('SIGTERM');
  await expect
    .poll(() =>
      fetch(url).then(
        () => 'open',
        () => 'refused',
      ),
    )
    .toBe('refused');
  write('turnout.yaml', file.replace('a: slow/a', 'b: slow/b'));
  child.kill('SIGHUP');
  await new Promise((later) => setTimeout(later, 1_100));
  expect(stderr()).not.toContain('reloaded');
  expect(child.exitCode).toBeNull();
  child.kill('SIGTERM');
  expect(await ended).toEqual([1, null]);
});

test('SIGTERM during a reload: what the reload has made is closed as well', async () => {
  const file = (more: string) => `providers: { slow: { plugin: ./slow.ts }${more} }\nserver: { port: 0 }\n`;
  const { child, write, stderr, ended } = await serveProgram(file(''), { 'slow.ts': SLOW });
  write('turnout.yaml', file(', next: { plugin: ./slow.ts, wait: 500 }'));
  child.kill('SIGHUP');
  await new Promise((later) => setTimeout(later, 250));
  child.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
  expect(stderr()).toMatch(/closed next\n[\s\S]*closed slow\n/);
});
