// One HTTP request over real sockets: what a plugin is promised of its answer, its connection and its end.
import { getEventListeners, once } from 'node:events';
import { createServer as createHttpServer, request as httpRequest, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { Agent, buildConnector, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Host, RouterError, type UpstreamBody } from '../contract/index.ts';
import { readBytes, readText } from './body.ts';
import { createRequest } from './request.ts';

const open: (() => Promise<unknown>)[] = [];
let request: Host['request'];

beforeEach(() => {
  request = through(new Agent());
});

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

function through(dispatcher: Dispatcher): Host['request'] {
  open.push(() => dispatcher.destroy());
  return createRequest(dispatcher);
}

interface Upstream {
  readonly url: string;
  /** Every connection there was. */
  readonly sockets: Socket[];
}

async function listen(server: Server): Promise<Upstream> {
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => {
    sockets.push(socket);
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  // A server that listens on a port has this kind of address.
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, sockets };
}

const serve = (listener: RequestListener): Promise<Upstream> => listen(createHttpServer(listener));

/** A server written by hand: `answer` is called for each request without a body. */
function serveBytes(answer: (socket: Socket, head: string, count: number) => void): Promise<Upstream> {
  let count = 0;
  const server = createServer((socket) => {
    let seen = '';
    socket.on('data', (bytes) => {
      seen += bytes.toString('latin1');
      for (let at = seen.indexOf('\r\n\r\n'); at >= 0; at = seen.indexOf('\r\n\r\n')) {
        const head = seen.slice(0, at);
        seen = seen.slice(at + 4);
        count += 1;
        answer(socket, head, count);
      }
    });
  });
  return listen(server);
}

const CHUNKED = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
const WHOLE = 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello';

const text = (body: UpstreamBody): Promise<string> => readText(body, Number.POSITIVE_INFINITY);

/** Waits for what has no event to wait for. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(2);
}

const listeners = (signal: AbortSignal): number => getEventListeners(signal, 'abort').length;

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable('it should have been rejected'),
    (error: unknown) => error,
  );

/** Until a connection that is free can be used again: undici waits one turn, in case the server closes it after all. */
async function rest(): Promise<void> {
  await turn();
  await turn();
}

const timedOut = (): RouterError => new RouterError('upstream-timeout', 'it took too long');

describe('an answer', () => {
  it('has its status, its headers in lower case and its body', async () => {
    const { url } = await serveBytes((socket) =>
      socket.write(
        'HTTP/1.1 429 Slow Down\r\nRetry-After: 7\r\nX-Twice: a\r\nSet-Cookie: b\r\nx-twice: c\r\nContent-Length: 5\r\n\r\nhello',
      ),
    );
    const { statusCode, headers, body } = await request(`${url}/`);
    expect(statusCode).toBe(429);
    expect(headers).toMatchObject({ 'retry-after': '7', 'x-twice': ['a', 'c'], 'set-cookie': 'b' });
    expect(await text(body)).toBe('hello');
    expect(body.complete).toBe(true);
  });

  it('is what follows early hints', async () => {
    const hint = 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n';
    const { url, sockets } = await serveBytes(async (socket) => {
      socket.write(hint);
      await sleep(5);
      socket.write(hint + WHOLE);
    });
    for (let count = 0; count < 2; count += 1) {
      const { statusCode, headers, body } = await request(url);
      expect([statusCode, headers.link, await text(body)]).toEqual([200, undefined, 'hello']);
      await rest();
    }
    expect(sockets).toHaveLength(1);
  });

  it.each([
    ['to HEAD', 'HEAD', 'HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n'],
    ['of status 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['of status 304', 'GET', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n'],
    ['of no length', 'GET', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['of no chunks', 'POST', `${CHUNKED}0\r\n\r\n`],
  ])('%s has an empty body', async (_name, method, answer) => {
    const { url } = await serveBytes((socket) => socket.write(answer));
    const { body } = await request(url, { method });
    const chunks = body[Symbol.asyncIterator]();
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    expect(await chunks.next()).toEqual({ done: true, value: undefined });
    expect(body.complete).toBe(true);
  });

  it('ends where the server closes, if it has no length', async () => {
    const { url } = await serveBytes((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'));
    expect(await text((await request(url)).body)).toBe('hello');
  });

  it('is not complete before all of it has come', async () => {
    let goOn = (): unknown => undefined;
    const { url } = await serveBytes((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhel');
      goOn = () => socket.write('lo');
    });
    const { body } = await request(url);
    const chunks = body[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe('hel');
    expect(body.complete).toBe(false);
    goOn();
    await until(() => body.complete === true);
    expect(String((await chunks.next()).value)).toBe('lo');
    expect((await chunks.next()).done).toBe(true);
  });
});

describe('a request', () => {
  const echo: RequestListener = async (incoming, response) => {
    const sent = (await readBytes(incoming, 1e6)).toString('latin1');
    const { method, url, headers } = incoming;
    response.end(JSON.stringify({ method, url, sent, length: headers['content-length'], own: headers['x-own'] }));
  };

  it.each([
    ['a string', 'Grüße', Buffer.from('Grüße').toString('latin1')],
    ['bytes', new Uint8Array([0, 255, 10]), '\u0000\u00ff\n'],
    ['a view into more bytes', new Uint8Array([1, 2, 3, 4]).subarray(1, 3), '\u0002\u0003'],
    ['an empty string', '', ''],
    ['an empty view', new Uint8Array([1, 2]).subarray(1, 1), ''],
    ['nothing', null, ''],
  ])('sends %s', async (_name, body, sent) => {
    const { url } = await serve(echo);
    const answer = await request(`${url}/a`, { method: 'POST', headers: { 'X-Own': 'mine' }, body });
    expect(JSON.parse(await text(answer.body))).toEqual({
      ...{ method: 'POST', url: '/a', sent, length: String(sent.length), own: 'mine' },
    });
  });

  it.each([
    ['', '/'],
    ['?a=1', '/?a=1'],
    ['/v1/models?limit=5&after=a%2Fb', '/v1/models?limit=5&after=a%2Fb'],
    ['/model/arn%3Aaws%3Ax%2Fy/invoke', '/model/arn%3Aaws%3Ax%2Fy/invoke'],
    ['/a b/ü#part', '/a%20b/%C3%BC'],
    ['//two', '//two'],
  ])('goes where its URL says: %s', async (path, target) => {
    const { url } = await serve(echo);
    const { body } = await request(url + path);
    expect(JSON.parse(await text(body))).toMatchObject({ method: 'GET', url: target });
  });

  it('goes to its own place among very many, and again to the first', async () => {
    const { url, sockets } = await serve((incoming, response) => void response.end(incoming.url));
    for (let index = 0; index < 600; index += 1) {
      const path = `/${index % 520}?n=${index % 520}`;
      expect(await text((await request(url + path)).body)).toBe(path);
      await rest();
    }
    expect(sockets).toHaveLength(1);
  });

  it('has its URL taken apart once, and no more of them are remembered than there are places for', () => {
    let taken = 0;
    class CountingUrl extends URL {
      constructor(url: string) {
        super(url);
        taken += 1;
      }
    }
    // Only `dispatch` is used, and nothing is to be sent here.
    const send = createRequest({ dispatch: () => true } as unknown as Dispatcher);
    const ask = (from: number, to: number): number => {
      taken = 0;
      for (let index = from; index < to; index += 1) void send(`http://127.0.0.1/${index}`);
      return taken;
    };
    vi.stubGlobal('URL', CountingUrl);
    try {
      expect([ask(0, 256), ask(0, 256), ask(256, 257), ask(256, 257), ask(0, 1)]).toEqual([256, 0, 1, 0, 1]);
    } finally {
      vi.unstubAllGlobals();
    }
  });

  it('is rejected for a URL that is none, and lets go of the signal', async () => {
    const { signal } = new AbortController();
    expect(await failure(request('nowhere', { signal }))).toMatchObject({ code: 'ERR_INVALID_URL' });
    expect(listeners(signal)).toBe(0);
  });

  it.each([
    ['a header that cannot be', 'http://127.0.0.1:1/', { headers: { 'x-a': 'b\r\nc: d' } }, 'UND_ERR_INVALID_ARG'],
    ['a method that cannot be', 'http://127.0.0.1:1/', { method: 'G T' }, 'UND_ERR_INVALID_ARG'],
    ['another protocol', 'ftp://127.0.0.1:1/', {}, 'UND_ERR_INVALID_ARG'],
    ['no server', 'http://127.0.0.1:1/', {}, 'ECONNREFUSED'],
  ])('is rejected for %s', async (_name, url, options, code) => {
    const { signal } = new AbortController();
    expect(await failure(request(url, { ...options, signal }))).toMatchObject({ code });
    expect(listeners(signal)).toBe(0);
  });

  it('is rejected once its connections have ended', async () => {
    const agent = new Agent();
    await agent.destroy();
    expect(await failure(createRequest(agent)('http://127.0.0.1:1/'))).toMatchObject({ code: 'UND_ERR_DESTROYED' });
  });

  it('under way is rejected when its connections end', async () => {
    const agent = new Agent();
    const { url, sockets } = await serveBytes(() => {});
    const rejected = failure(createRequest(agent)(url));
    await until(() => sockets.length === 1);
    await agent.destroy();
    expect(await rejected).toMatchObject({ code: 'UND_ERR_DESTROYED' });
  });
});

describe('a connection', () => {
  it('is used again after its answer was read', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(WHOLE));
    for (let count = 0; count < 5; count += 1) {
      await text((await request(url)).body);
      await rest();
    }
    expect(sockets).toHaveLength(1);
  });

  it('is used again after its answer is complete, though nobody has read it', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(WHOLE));
    for (let count = 0; count < 5; count += 1) {
      const { body } = await request(url);
      await until(() => body.complete === true);
      body.destroy();
      await rest();
    }
    expect(sockets).toHaveLength(1);
  });

  it('closes when its answer is given up, and what is waited for is rejected', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nab\r\n`));
    const { signal } = new AbortController();
    const { body } = await request(url, { signal });
    const chunks = body[Symbol.asyncIterator]();
    await chunks.next();
    const rejected = failure(chunks.next());
    body.destroy();
    body.destroy();
    expect(await rejected).toBeInstanceOf(Error);
    expect(body.complete).toBe(false);
    expect(await failure(chunks.next())).toBeInstanceOf(Error);
    await until(() => sockets[0]?.destroyed === true);
    await request(url);
    expect(sockets).toHaveLength(2);
    expect(listeners(signal)).toBe(0);
  });

  it('closes when the reader leaves half way', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nab\r\n1\r\nc\r\n`));
    for await (const chunk of (await request(url)).body) {
      expect(String(chunk)).toBe('ab');
      break;
    }
    await until(() => sockets[0]?.destroyed === true);
  });

  it('stays when the reader leaves an answer that is complete', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`));
    for (let count = 0; count < 3; count += 1) {
      const { body } = await request(url);
      await until(() => body.complete === true);
      for await (const _chunk of body) break;
      await rest();
    }
    expect(sockets).toHaveLength(1);
  });

  it('is not shared by requests at the same time', async () => {
    const { url, sockets } = await serveBytes((socket) => void sleep(5).then(() => socket.write(WHOLE)));
    const answers = await Promise.all(Array.from({ length: 20 }, () => request(url)));
    expect(await Promise.all(answers.map(({ body }) => text(body)))).toEqual(Array(20).fill('hello'));
    expect(sockets).toHaveLength(20);
  });
});

describe('an abort', () => {
  it('before the request sends nothing', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(WHOLE));
    const reason = timedOut();
    const signal = AbortSignal.abort(reason);
    expect(await failure(request(url, { signal }))).toBe(reason);
    await turn();
    expect([sockets.length, listeners(signal)]).toEqual([0, 0]);
  });

  it('while it connects rejects at once, and nothing is sent when the connection comes', async () => {
    let heads = 0;
    const { url, sockets } = await serveBytes((socket) => {
      heads += 1;
      socket.write(WHOLE);
    });
    const connector = buildConnector({});
    let connect = (): void => {};
    const wait = through(
      new Agent({
        connect: (options, connected) => {
          connect = () => connector(options, connected);
        },
      }),
    );
    const controller = new AbortController();
    const reason = timedOut();
    const rejected = failure(wait(url, { signal: controller.signal }));
    await turn();
    controller.abort(reason);
    expect(await rejected).toBe(reason);
    expect(listeners(controller.signal)).toBe(0);
    connect();
    await until(() => sockets[0]?.destroyed === true);
    expect(heads).toBe(0);
    const next = wait(url);
    await turn();
    connect();
    expect(await text((await next).body)).toBe('hello');
  });

  it.each([
    ['a reason that is no error', 'enough'],
    ['no reason', null],
    ['an error of ours', timedOut()],
  ])('before the head comes rejects with its reason: %s', async (_name, reason) => {
    const { url, sockets } = await serveBytes(() => {});
    const controller = new AbortController();
    const rejected = failure(request(url, { signal: controller.signal, method: 'POST', body: 'x' }));
    await until(() => sockets.length === 1);
    expect(listeners(controller.signal)).toBe(1);
    controller.abort(reason);
    expect(await rejected).toBe(reason);
    expect(listeners(controller.signal)).toBe(0);
    await until(() => sockets[0]?.destroyed === true);
  });

  it.each([
    ['a reason that is no error', 'enough'],
    ['no reason', null],
    ['an error of ours', timedOut()],
  ])('in the body rejects the chunk that is waited for: %s', async (_name, reason) => {
    const { url, sockets } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nab\r\n`));
    const controller = new AbortController();
    const { body } = await request(url, { signal: controller.signal });
    const chunks = body[Symbol.asyncIterator]();
    await chunks.next();
    const rejected = failure(chunks.next());
    controller.abort(reason);
    expect(await rejected).toBe(reason);
    expect(await failure(chunks.next())).toBe(reason);
    expect([body.complete, listeners(controller.signal)]).toEqual([false, 0]);
    await until(() => sockets[0]?.destroyed === true);
  });

  it('in the body drops what has not been read', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nab\r\n1\r\nc\r\n`));
    const controller = new AbortController();
    const { body } = await request(url, { signal: controller.signal });
    const chunks = body[Symbol.asyncIterator]();
    await chunks.next();
    await turn();
    const reason = timedOut();
    controller.abort(reason);
    expect(await failure(chunks.next())).toBe(reason);
    await until(() => sockets[0]?.destroyed === true);
  });

  it('with nobody reading is told to the next reader, and to nobody else', async () => {
    const { url } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nab\r\n`));
    const controller = new AbortController();
    const { body } = await request(url, { signal: controller.signal });
    const reason = timedOut();
    controller.abort(reason);
    await turn();
    expect(await failure(text(body))).toBe(reason);
  });

  it('of an upstream that waits for its reader ends it', async () => {
    const { url, sockets } = await serveBytes((socket) =>
      socket.write(CHUNKED + `10000\r\n${'x'.repeat(65_536)}\r\n`.repeat(60)),
    );
    const controller = new AbortController();
    const { body } = await request(url, { signal: controller.signal });
    await sleep(20);
    const reason = timedOut();
    controller.abort(reason);
    expect(await failure(text(body))).toBe(reason);
    await until(() => sockets[0]?.destroyed === true);
  });

  it('after the answer is complete changes nothing', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nab\r\n1\r\nc\r\n0\r\n\r\n`));
    const controller = new AbortController();
    const { body } = await request(url, { signal: controller.signal });
    await until(() => body.complete === true);
    expect(listeners(controller.signal)).toBe(0);
    controller.abort(timedOut());
    expect(await text(body)).toBe('abc');
    await rest();
    await text((await request(url)).body);
    expect(sockets).toHaveLength(1);
  });

  it('is listened to once for each request under way, of very many', async () => {
    const { url } = await serveBytes((socket, head) => socket.write(head.startsWith('GET /a') ? WHOLE : 'HTTP/1.1'));
    const controller = new AbortController();
    const { signal } = controller;
    for (let count = 0; count < 50; count += 1) await text((await request(`${url}/a`, { signal })).body);
    expect(listeners(signal)).toBe(0);
    const rejected = Array.from({ length: 30 }, () => failure(request(`${url}/b`, { signal })));
    expect(listeners(signal)).toBe(30);
    const reason = timedOut();
    controller.abort(reason);
    expect(new Set(await Promise.all(rejected))).toEqual(new Set([reason]));
    expect(listeners(signal)).toBe(0);
  });
});

describe('a connection that is lost', () => {
  it.each([
    ['closed', (socket: Socket) => socket.end(), 'UND_ERR_SOCKET'],
    ['reset', (socket: Socket) => socket.resetAndDestroy(), 'ECONNRESET'],
  ])('before the head, %s, rejects the request', async (_name, cut, code) => {
    const { url } = await serveBytes((socket) => void cut(socket));
    const { signal } = new AbortController();
    expect(await failure(request(url, { signal, method: 'POST', body: 'x' }))).toMatchObject({ code });
    expect(listeners(signal)).toBe(0);
  });

  it.each([
    ['of chunks', `${CHUNKED}2\r\nab\r\n1\r\nc\r\n`],
    ['with a length', 'HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc'],
  ])('in a body %s is told after what came before', async (_name, begin) => {
    const { url, sockets } = await serveBytes((socket) => socket.end(begin));
    const { signal } = new AbortController();
    const { body } = await request(url, { signal });
    await until(() => listeners(signal) === 0);
    expect(body.complete).toBe(false);
    const chunks = body[Symbol.asyncIterator]();
    let told = '';
    const error = await failure(
      (async () => {
        for (let next = await chunks.next(); !next.done; next = await chunks.next()) told += String(next.value);
      })(),
    );
    expect([told, error]).toEqual(['abc', expect.objectContaining({ code: 'UND_ERR_SOCKET' })]);
    expect(await failure(chunks.next())).toBe(error);
    expect(sockets).toHaveLength(1);
  });

  it('in a chunk that is waited for rejects it', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nab\r\n`));
    const { body } = await request(url);
    const chunks = body[Symbol.asyncIterator]();
    await chunks.next();
    const rejected = failure(chunks.next());
    sockets[0]?.resetAndDestroy();
    expect(await rejected).toMatchObject({ code: 'ECONNRESET' });
  });

  it('between two requests is replaced', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.end(WHOLE));
    for (let count = 0; count < 3; count += 1) {
      expect(await text((await request(url)).body)).toBe('hello');
      await until(() => sockets.every((socket) => socket.destroyed));
    }
    expect(sockets).toHaveLength(3);
  });
});

describe('a server that keeps no rule', () => {
  it.each([
    [
      'that has no end of headers',
      `HTTP/1.1 200 OK\r\n${`x-a: ${'b'.repeat(1000)}\r\n`.repeat(100)}`,
      'HeadersOverflowError',
    ],
    ['that has an endless header', `HTTP/1.1 200 OK\r\nx-a: ${'b'.repeat(100_000)}`, 'HeadersOverflowError'],
    ['that is no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n', 'HTTPParserError'],
    [
      'that goes over to another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
      'SocketError',
    ],
    [
      'of two lengths',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello',
      'ResponseContentLengthMismatchError',
    ],
    ['of a length and chunks', `${CHUNKED.slice(0, -2)}content-length: 5\r\n\r\nhello`, 'HTTPParserError'],
    ['of less than nothing', 'HTTP/1.1 200 OK\r\ncontent-length: -5\r\n\r\nhello', 'HTTPParserError'],
  ])('whose answer is one %s is refused', async (_name, answer, name) => {
    const { url, sockets } = await serveBytes((socket) => socket.write(answer));
    const { signal } = new AbortController();
    const error = await failure(request(url, { signal }));
    expect(error).toHaveProperty('name', name);
    expect(listeners(signal)).toBe(0);
    await until(() => sockets[0]?.destroyed === true);
  });

  it.each([
    ['no number', 'zz\r\nab\r\n'],
    ['less than nothing', '-2\r\nab\r\n'],
    ['too large a number', 'fffffffffffffffff\r\nab\r\n'],
    ['less than its bytes', '1\r\nab\r\n'],
  ])('whose chunk has a size of %s is told after what came before', async (_name, chunk) => {
    const { url, sockets } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nok\r\n${chunk}`));
    const { body } = await request(url);
    await until(() => sockets[0]?.destroyed === true);
    const chunks = body[Symbol.asyncIterator]();
    expect(String((await chunks.next()).value)).toBe('ok');
    const error = await failure(
      (async () => {
        while (!(await chunks.next()).done);
      })(),
    );
    expect(error).toHaveProperty('name', 'HTTPParserError');
    expect(body.complete).toBe(false);
  });

  it('who sends more than the length loses the connection, and not the answer', async () => {
    const { url, sockets } = await serveBytes((socket) =>
      socket.write(`${WHOLE}HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil`),
    );
    for (let count = 0; count < 3; count += 1) expect(await text((await request(url)).body)).toBe('hello');
    expect(sockets).toHaveLength(3);
  });

  it('whose headers have the names of what every object has tells them as text', async () => {
    const { url } = await serveBytes((socket) =>
      socket.write(
        'HTTP/1.1 200 OK\r\n__proto__: a\r\nconstructor: b\r\nconstructor: c\r\ncontent-length: 5\r\n\r\nhello',
      ),
    );
    const { headers, body } = await request(url);
    expect(headers.constructor).toEqual(['b', 'c']);
    expect(Object.hasOwn(headers, '__proto__')).toBe(true);
    expect(await text(body)).toBe('hello');
  });

  it.each([
    ['and closes', 'HTTP/1.1 413 Too Large\r\nconnection: close\r\ncontent-length: 5\r\n\r\nhello'],
    ['and keeps the connection', 'HTTP/1.1 413 Too Large\r\ncontent-length: 5\r\n\r\nhello'],
  ])('who answers before the request was sent %s has answered', async (_name, answer) => {
    const { url } = await listen(
      createServer((socket) => {
        socket.once('data', () => {
          socket.pause();
          socket.write(answer);
        });
      }),
    );
    const { statusCode, body } = await request(url, { method: 'POST', body: Buffer.alloc(16_000_000) });
    expect([statusCode, await text(body)]).toEqual([413, 'hello']);
  });
});

describe('a slow reader', () => {
  it('makes the upstream wait, and gets everything', async () => {
    const piece = Buffer.alloc(256 * 1024, 'x');
    const total = piece.length * 200;
    const { url, sockets } = await serve((_incoming, response) => {
      response.writeHead(200, { 'content-length': total });
      for (let count = 0; count < 200; count += 1) response.write(piece);
      response.end();
    });
    const { body } = await request(url);
    const told = (): number => (sockets[0]?.bytesWritten ?? 0) - (sockets[0]?.writableLength ?? 0);
    for (let last = -1; last !== told(); await sleep(30)) last = told();
    // What the two kernels keep for a connection is a few megabytes.
    expect(told()).toBeLessThan(total / 2);
    expect(body.complete).toBe(false);
    let bytes = 0;
    for await (const chunk of body) bytes += chunk.length;
    expect(bytes).toBe(total);
  });

  it('of an answer in very small pieces makes it wait too', async () => {
    const pieces = 60_000;
    const { url } = await serveBytes((socket) => socket.write(`${CHUNKED}${'1\r\nx\r\n'.repeat(pieces)}0\r\n\r\n`));
    const { body } = await request(url);
    await sleep(100);
    expect(body.complete).toBe(false);
    expect(await text(body)).toBe('x'.repeat(pieces));
    expect(body.complete).toBe(true);
  });

  it('does not make the upstream stop and go at every piece', async () => {
    let resumed = 0;
    let paused = false;
    let handler: Dispatcher.DispatchHandler | undefined;
    const controller = {
      abort: () => {},
      pause: () => {
        paused = true;
      },
      resume: () => {
        resumed += 1;
        paused = false;
        for (let count = 0; count < 100 && !paused; count += 1) give();
      },
      get paused() {
        return paused;
      },
    };
    // No more of a dispatcher and a controller is used.
    const dispatcher = { dispatch: (_options: unknown, its: unknown) => (handler = its as Dispatcher.DispatchHandler) };
    const told = controller as unknown as Dispatcher.DispatchController;
    const give = (): void => handler?.onResponseData?.(told, Buffer.alloc(1024));
    const answered = createRequest(dispatcher as unknown as Dispatcher)('http://127.0.0.1/');
    handler?.onRequestStart?.(told, undefined);
    handler?.onResponseStart?.(told, 200, {});
    const chunks = (await answered).body[Symbol.asyncIterator]();
    while (!paused) give();
    for (let count = 0; count < 1000; count += 1) expect((await chunks.next()).value).toHaveLength(1024);
    expect(resumed).toBeGreaterThan(0);
    expect(resumed).toBeLessThan(100);
  });

  it('gets the same bytes as any other, however they are cut', async () => {
    const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 90_000 })), {
      maxLength: 12,
    });
    const framing = fc.constantFrom('length', 'chunks', 'close');
    const paces = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 8 });
    let scene = { whole: Buffer.alloc(0), cuts: [0], framing: 'length', waits: [0] };
    const { url } = await serveBytes(async (socket) => {
      const { whole, cuts, framing, waits } = scene;
      const length = framing === 'length' ? `content-length: ${whole.length}\r\n` : '';
      socket.write(framing === 'chunks' ? CHUNKED : `HTTP/1.1 200 OK\r\n${length}\r\n`);
      let at = 0;
      for (const [index, size] of cuts.entries()) {
        const piece = whole.subarray(at, at + size);
        if (framing === 'chunks') socket.write(`${size.toString(16)}\r\n`);
        socket.write(piece);
        if (framing === 'chunks') socket.write('\r\n');
        at += size;
        if (waits[index % waits.length] === 3) await turn();
      }
      if (framing === 'chunks') socket.write('0\r\n\r\n');
      if (framing === 'close') socket.end();
    });
    await fc.assert(
      fc.asyncProperty(sizes, framing, paces, paces, fc.integer(), async (cuts, kind, waits, pace, seed) => {
        const whole = Buffer.alloc(cuts.reduce((sum, size) => sum + size, 0));
        for (let index = 0; index < whole.length; index += 1) whole[index] = (index * 31 + (index >> 8) + seed) & 255;
        scene = { whole, cuts, framing: kind, waits };
        const chunks: Uint8Array[] = [];
        for await (const chunk of (await request(url)).body) {
          chunks.push(chunk);
          const step = pace[chunks.length % pace.length];
          if (step === 1) await Promise.resolve();
          else if (step === 2) await turn();
          else if (step === 3) await sleep(1);
        }
        expect(Buffer.concat(chunks).equals(whole)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

describe('through a proxy', () => {
  const proxied = (proxy: Upstream): Host['request'] =>
    through(new EnvHttpProxyAgent({ httpProxy: proxy.url, httpsProxy: proxy.url, noProxy: '' }));

  const forward: RequestListener = (incoming, response) => {
    const { method, headers } = incoming;
    const onward = httpRequest(incoming.url ?? '', { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(response);
    });
    response.on('close', () => onward.destroy());
    onward.on('error', () => response.destroy());
    incoming.pipe(onward);
  };

  it('an answer is the same, and its connection is used again', async () => {
    const { url } = await serve(async (incoming, response) => {
      response.setHeader('x-twice', ['a', 'b']);
      response.end(`${incoming.url} ${incoming.headers.host} ${await text(incoming)}`);
    });
    const proxy = await serve(forward);
    const send = proxied(proxy);
    for (let count = 0; count < 3; count += 1) {
      const { headers, body } = await send(`${url}/a?b`, { method: 'POST', body: 'hello' });
      expect(headers['x-twice']).toEqual(['a', 'b']);
      expect(await text(body)).toBe(`/a?b ${new URL(url).host} hello`);
      await rest();
    }
    expect(proxy.sockets).toHaveLength(1);
  });

  it('an abort ends the connection to it', async () => {
    const { url, sockets } = await serveBytes((socket) => socket.write(`${CHUNKED}2\r\nab\r\n`));
    const proxy = await serve(forward);
    const controller = new AbortController();
    const { body } = await proxied(proxy)(url, { signal: controller.signal });
    const chunks = body[Symbol.asyncIterator]();
    await chunks.next();
    const rejected = failure(chunks.next());
    const reason = timedOut();
    controller.abort(reason);
    expect(await rejected).toBe(reason);
    await until(() => proxy.sockets[0]?.destroyed === true && sockets[0]?.destroyed === true);
  });

  it('that wants a password the request is rejected, and nothing of its page is waited for', async () => {
    const proxy = await serveBytes((socket) =>
      socket.write('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 1000\r\n\r\nwho'),
    );
    const { signal } = new AbortController();
    const error = await failure(proxied(proxy)('http://127.0.0.1:1/', { signal }));
    expect(error).toHaveProperty('message', expect.stringContaining('407'));
    expect(listeners(signal)).toBe(0);
    await until(() => proxy.sockets[0]?.destroyed === true);
  });

  it('that makes no tunnel the request is rejected', async () => {
    const { signal } = new AbortController();
    const refusing = await serveBytes((socket) => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
    expect(await failure(proxied(refusing)('https://127.0.0.1:1/', { signal }))).toBeInstanceOf(Error);
    expect(listeners(signal)).toBe(0);
  });
});
