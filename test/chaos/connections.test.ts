// What connections do on a bad day, on both sides of the router: half of them closed, never read, endless, packed to burst.
import { once } from 'node:events';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { heldMiB } from '../fuzz/subject.ts';
import { openHouse } from '../house.ts';
import { ask, type Plan } from './client.ts';
import { FRAMINGS } from './framing.ts';
import { overHttp1 } from './transport.ts';

/** All vendors in one: what it says is up to each test. */
type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let answer: Answer;
/** Answers under way. */
let open = 0;
const vendor = http.createServer((request, response) => {
  open++;
  response.once('close', () => open--);
  request.resume().once('end', () => answer(request, response));
});
vendor.listen(0, '127.0.0.1');
await once(vendor, 'listening');
const { port: vendorPort } = vendor.address() as AddressInfo; // a server that listens on a port has this kind of address
const url = `http://127.0.0.1:${vendorPort}`;

const times =
  'retry: { attempts: 1 }, breaker: { failures: 1000000, rate: 100% }, timeout: { firstToken: 800ms, idle: 800ms, total: 3s }';
const house = await openHouse(`
providers:
  bedrock: { region: us-east-1, endpoint: "${url}", auth: { mode: keys, accessKeyId: EDGE, secretAccessKey: edge-secret-not-a-real-one }, ${times} }
  openai: { apiKey: edge-key, baseUrl: "${url}/v1", ${times} }
  anthropic: { apiKey: edge-key, baseUrl: "${url}", ${times} }
  gemini: { apiKey: edge-key, baseUrl: "${url}/v1beta", ${times} }
  echo: {}
routes:
  claude: bedrock/anthropic.claude-sonnet-5
  gpt: openai/gpt-5.5
  sonnet: anthropic/claude-sonnet-4-5
  gemini: gemini/gemini-3.8-flash
`);
const transport = overHttp1(house.url, 16);
const sockets: Socket[] = [];
afterAll(async () => {
  transport.close();
  await house.close();
  vendor.close();
  vendor.closeAllConnections();
});
beforeEach(() => {
  answer = (_request, response) => response.destroy();
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  // Nothing of any test is left: no call upstream, no place taken.
  await expect.poll(() => open, { timeout: 10_000 }).toBe(0);
  for (const { gate } of house.live.router.upstreams.values()) expect(gate.busy + gate.waiting).toBe(0);
});
vi.setConfig({ testTimeout: 60_000 });

const plan = (framing: Plan['framing'], model: string, stream = true): Plan => ({
  question: 0,
  framing,
  model,
  stream,
});
const SSE = { 'content-type': 'text/event-stream' };
const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const said = (content: string, finish: string | null = null): string =>
  event({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  });

/** A connection of one's own. */
async function dial(): Promise<Socket> {
  const { port, hostname } = new URL(house.url);
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  return socket;
}

const post = (path: string, body: object, headers = ''): string => {
  const text = JSON.stringify(body);
  const head = `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${headers}`;
  return `${head}content-length: ${Buffer.byteLength(text)}\r\n\r\n${text}`;
};
const chat = (model: string, stream = true, text = 'hello') => ({
  model,
  stream,
  messages: [{ role: 'user', content: text }],
});

/** All that comes until the connection ends, or until it holds this. */
async function hear(socket: Socket, until?: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of socket) {
    text += chunk;
    if (until?.test(text)) break;
  }
  return text;
}

describe('clients', () => {
  test('requests that come at once on one connection are answered in order', async () => {
    const socket = await dial();
    const requests = [chat('echo/a', true, 'first'), chat('echo/b', false, 'second'), chat('echo/c', true, 'third')];
    socket.write(requests.map((body) => post('/v1/chat/completions', body)).join(''));
    const text = await hear(socket, /third.*\[DONE\]/s);
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(text.match(/first|second|third|\[DONE\]/g)?.filter((word, at, all) => word !== all[at - 1])).toEqual([
      ...['first', '[DONE]', 'second', 'third', '[DONE]'],
    ]);
  });

  test('one that waits to be told to continue is told', async () => {
    const socket = await dial();
    const body = JSON.stringify(chat('echo/a', false));
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nexpect: 100-continue\r\ncontent-length: ${body.length}\r\n\r\n`,
    );
    expect(await hear(socket.setEncoding('utf8'), /\r\n\r\n/).catch(String)).toMatch(/^HTTP\/1\.1 100 Continue/);
  });

  test.each([
    ['two lengths', 'content-length: 2\r\ncontent-length: 3\r\n\r\n{}'],
    ['a length and chunks', 'content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['chunks that are none', 'transfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n'],
    ['another coding', 'transfer-encoding: gzip, chunked, identity\r\n\r\n0\r\n\r\n'],
    ['a bare line feed', 'x: y\n\n{}'],
  ])('a request with %s is refused, and its connection ends', async (_name, rest) => {
    const socket = await dial();
    socket.write(`POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${rest}`);
    // What stands behind it must never be taken for a request of its own.
    socket.end(post('/v1/chat/completions', chat('echo/smuggled')));
    const text = await hear(socket);
    expect(text).toMatch(/^(HTTP\/1\.1 400 |$)/);
    expect(text).not.toContain('smuggled');
  });

  test.each(['HEAD', 'OPTIONS', 'TRACE', 'DELETE'])(
    '%s of an inference path is answered, and changes nothing',
    async (method) => {
      const response = await fetch(`${house.url}/v1/chat/completions`, {
        method: method === 'TRACE' ? 'PATCH' : method,
      });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
      const text = await response.text();
      expect(text === '').toBe(method === 'HEAD');
    },
  );

  test.each([true, false])(
    'one that closes its side has left, and its call is ended (streamed: %s)',
    async (stream) => {
      answer = (_request, response) => {
        // Says something and goes on for ever; what is no stream says nothing.
        if (stream) response.writeHead(200, SSE).write(said('one'));
      };
      const socket = await dial();
      socket.write(post('/v1/chat/completions', chat('gpt', stream)));
      await expect.poll(() => open).toBe(1);
      socket.end();
      // Long before any timeout of ours.
      await expect.poll(() => open, { interval: 5, timeout: 900 }).toBe(0);
    },
  );

  test('one that never reads stops the upstream, costs a bounded memory, and is ended with its time', async () => {
    let sentMiB = 0;
    answer = (_request, response) => {
      response.writeHead(200, SSE);
      const piece = said('x'.repeat(64 * 1024));
      const more = () => {
        while (!response.destroyed && sentMiB < 512) {
          sentMiB += 1 / 16;
          if (!response.write(piece)) return void response.once('drain', more);
        }
      };
      more();
    };
    const before = heldMiB();
    const socket = await dial();
    socket.pause();
    socket.write(post('/v1/chat/completions', chat('gpt')));
    await expect.poll(() => sentMiB, { timeout: 5_000 }).toBeGreaterThan(0.1);
    await wait(700);
    const held = heldMiB() - before;
    const stoppedAt = sentMiB;
    await wait(200);
    // The sockets between them hold a few MiB each, whatever the router does.
    expect(sentMiB).toBe(stoppedAt);
    expect(sentMiB).toBeLessThan(64);
    expect(held).toBeLessThan(32);
    // `timeout.total` is over in the end, and afterEach finds nothing open.
  });
});

describe('upstreams', () => {
  const MODELS = ['claude', 'gpt', 'sonnet', 'gemini'];
  /** Every model at once, streamed and not. */
  const askEach = (framing: Plan['framing']) =>
    Promise.all(MODELS.flatMap((model) => [true, false].map((stream) => ask(transport, plan(framing, model, stream)))));

  test('a head and nothing more is an end of the time, streamed or not', async () => {
    answer = (_request, response) => response.writeHead(200, SSE).flushHeaders();
    const heard = await askEach('chat');
    expect(heard.map(({ status, told }) => [status, told.faults])).toEqual(heard.map(() => [504, []]));
  });

  test('signs of life and nothing else are no answer', async () => {
    answer = (_request, response) => {
      response.writeHead(200, SSE);
      const ping = setInterval(() => response.write(': ping\n\n'), 50);
      response.once('close', () => clearInterval(ping));
    };
    for (const { status, told, plan: asked } of await askEach('messages')) {
      expect(told.faults).toEqual([]);
      // To a reader of frames a comment is damage.
      expect([504, ...(asked.model === 'claude' ? [502] : [])]).toContain(status);
    }
  });

  /** What is held for an answer is let go with it. */
  const letGo = (before: number) => expect.poll(() => heldMiB() - before, { timeout: 5_000 }).toBeLessThan(24);

  test.each([
    ['claude', false],
    ['gpt', true],
    ['sonnet', true],
    ['gemini', false],
  ])('bytes without end: %s, streamed: %s', async (model, stream) => {
    const piece = Buffer.alloc(1024 * 1024, 'x');
    answer = (_request, response) => {
      response.writeHead(200, stream ? SSE : { 'content-type': 'application/json' });
      response.write(stream ? 'data: {"choices":[{"delta":{"content":"' : '{"a":"');
      const more = () => {
        while (!response.destroyed) if (!response.write(piece)) return void response.once('drain', more);
      };
      more();
    };
    const before = heldMiB();
    const { status, told } = await ask(transport, plan('chat', model, stream));
    expect(told.faults).toEqual([]);
    // A line or a body that is too long; or no answer in time, on a busy machine.
    expect([502, 504]).toContain(status);
    await letGo(before);
  });

  test.each([
    ['claude', true],
    ['gpt', false],
    ['sonnet', false],
    ['gemini', true],
  ])('a bomb of 256 MiB in 256 KiB: %s, streamed: %s', async (model, stream) => {
    answer = (_request, response) => {
      const type = stream ? SSE['content-type'] : 'application/json';
      response.writeHead(200, { 'content-type': type, 'content-encoding': 'gzip' }).end(BOMB);
    };
    const before = heldMiB();
    const { status, told } = await ask(transport, plan('chat', model, stream));
    expect(told.faults).toEqual([]);
    expect([502, 504]).toContain(status);
    await letGo(before);
  });

  test.each([true, false])(
    'what keeps its connection open behind a complete answer keeps nobody waiting (relayed: %s)',
    async (relayed) => {
      answer = (_request, response) =>
        response.writeHead(200, SSE).write(`${said('a')}${said('', 'stop')}data: [DONE]\n\n`);
      const heard = await ask(transport, plan(relayed ? 'chat' : 'messages', 'gpt'));
      expect(heard).toMatchObject({ status: 200, clean: true, told: { text: 'a', ended: true, faults: [] } });
      const line = await house.line(String(heard.id));
      expect(line.fields.code).toBeUndefined();
    },
  );

  test.each(FRAMINGS)('one byte at a time: %s', async (framing) => {
    const text = `${said('ü🚂')}${said('z', 'stop')}data: [DONE]\n\n`;
    answer = async (_request, response) => {
      response.writeHead(200, SSE);
      for (const byte of Buffer.from(text)) {
        response.write(Buffer.of(byte));
        await wait(0);
      }
      response.end();
    };
    const { told } = await ask(transport, plan(framing, 'gpt'));
    expect(told).toMatchObject({ text: 'ü🚂z', ended: true, faults: [] });
  });

  test.each([
    [
      'a head of 100 KiB',
      (response: ServerResponse) => response.writeHead(200, { ...SSE, 'x-long': 'x'.repeat(100_000) }).end(),
    ],
    ['no HTTP', (response: ServerResponse) => response.socket?.end('hello there\r\n\r\n')],
    [
      'more than its length',
      (response: ServerResponse) =>
        response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}{"choices":[]}'),
    ],
    [
      'less than its length',
      (response: ServerResponse) => response.socket?.end('HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n{}'),
    ],
    ['a redirect', (response: ServerResponse) => response.writeHead(307, { location: `${url}/elsewhere` }).end()],
    ['no content', (response: ServerResponse) => response.writeHead(204).end()],
    [
      'hints without end',
      (response: ServerResponse) => {
        const hint = setInterval(() => response.writeEarlyHints({ link: '</a>; rel=preload' }), 20);
        response.once('close', () => clearInterval(hint));
      },
    ],
  ] as const)('%s', async (_name, say) => {
    answer = (_request, response) => void say(response);
    for (const stream of [true, false]) {
      const { status, told } = await ask(transport, plan('chat', 'sonnet', stream));
      expect(told.faults).toEqual([]);
      expect([502, 504]).toContain(status);
    }
  });
});

const BOMB = gzipSync(Buffer.alloc(256 * 1024 * 1024, ' '), { level: 9 });
