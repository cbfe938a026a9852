// The body of an answer over real sockets: unpacked, broken, given up, and read within a limit.
import { getEventListeners, once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { RouterError, type UpstreamBody } from '../contract/index.ts';
import { createTestHost, type TestHost } from '../testing/host.ts';
import { isPage, readBytes, readText, unpacked } from './body.ts';

let host: TestHost;
let sockets: Socket[];
const open: (() => Promise<unknown>)[] = [];

beforeEach(() => {
  host = createTestHost('acme');
  sockets = [];
});

afterEach(async () => {
  await host.close();
  for (const close of open.splice(0)) await close();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  // A server that listens on a port has this kind of address.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

/** The answer of a server that sends these bytes, and then ends, stays open or cuts the connection. */
async function bodyOf(
  bytes: Uint8Array,
  then: 'end' | 'stay' | 'cut' = 'end',
  signal?: AbortSignal,
): Promise<UpstreamBody> {
  const url = await serve(async (_incoming, response) => {
    response.write(bytes);
    if (then === 'end') response.end();
    if (then === 'cut') {
      await sleep(5);
      response.destroy();
    }
  });
  return (await host.request(url, signal ? { signal } : {})).body;
}

async function closed(): Promise<void> {
  while (!sockets.every((socket) => socket.destroyed)) await sleep(2);
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => expect.unreachable('it should have been rejected'),
    (error: unknown) => error,
  );

const TEXT = 'Grüße aus dem Upstream. '.repeat(20_000);
/** Does not get smaller. */
const NOISE = Buffer.alloc(600_000);
for (let index = 0, state = 1; index < NOISE.length; index += 1) {
  state = (state * 1_103_515_245 + 12_345) & 0x7fffffff;
  NOISE[index] = state >> 16;
}

const PACKERS: readonly (readonly [string, (bytes: Uint8Array) => Buffer])[] = [
  ['gzip', gzipSync],
  ['x-gzip', gzipSync],
  ['deflate', deflateSync],
  ['br', brotliCompressSync],
];

describe.each(PACKERS)('a body packed with %s', (packing, pack) => {
  it('is told as it was meant, and its connection is used again', async () => {
    const packed = pack(Buffer.from(TEXT));
    const url = await serve((_incoming, response) => void response.end(packed));
    for (const word of [packing, ` ${packing.toUpperCase()} `]) {
      expect(await readText(unpacked((await host.request(url)).body, word), 1e7)).toBe(TEXT);
      await sleep(5);
    }
    expect(sockets).toHaveLength(1);
  });

  it('is told in pieces as they come', async () => {
    const packed = pack(NOISE);
    const body = await bodyOf(packed.subarray(0, packed.length - 1000), 'stay');
    const chunks = unpacked(body, packing)[Symbol.asyncIterator]();
    const first = await chunks.next();
    expect(NOISE.indexOf(first.value)).toBe(0);
    await chunks.return?.();
    await closed();
  });

  it('that is broken rejects its reader and closes the connection', async () => {
    const broken = pack(Buffer.from(TEXT));
    broken.fill(0xff, 0, 20);
    const error = await failure(readText(unpacked(await bodyOf(broken, 'stay'), packing), 1e7));
    expect(error).toHaveProperty('code', expect.stringMatching(/^(?:Z_|ERR_)/));
    await closed();
  });

  it('that is broken before anyone reads waits for its reader', async () => {
    const broken = pack(Buffer.from(TEXT));
    broken.fill(0xff, 0, 20);
    const read = unpacked(await bodyOf(broken, 'stay'), packing);
    await closed();
    await sleep(5);
    expect(await failure(readText(read, 1e7))).toHaveProperty('code', expect.stringMatching(/^(?:Z_|ERR_)/));
  });

  it('that ends too early rejects its reader', async () => {
    const packed = pack(NOISE);
    const error = await failure(readBytes(unpacked(await bodyOf(packed.subarray(0, -100)), packing), 1e7));
    expect(error).toHaveProperty('code', 'Z_BUF_ERROR');
  });

  it('whose connection is lost rejects its reader with that', async () => {
    const packed = pack(NOISE);
    const error = await failure(readBytes(unpacked(await bodyOf(packed.subarray(0, -100), 'cut'), packing), 1e7));
    expect(error).toHaveProperty('code', 'UND_ERR_SOCKET');
  });

  it.each([
    ['while it is waited for', true],
    ['before anyone reads', false],
  ])('that is aborted half way, %s, rejects with the reason itself', async (_name, reading) => {
    const controller = new AbortController();
    const reason = new RouterError('upstream-timeout', 'it took too long');
    const read = unpacked(await bodyOf(pack(NOISE).subarray(0, 5000), 'stay', controller.signal), packing);
    const rejected = reading ? failure(readBytes(read, 1e7)) : undefined;
    await sleep(10);
    controller.abort(reason);
    if (!reading) await closed();
    expect(await (rejected ?? failure(readBytes(read, 1e7)))).toBe(reason);
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
    await closed();
  });

  it('that is given up closes the connection', async () => {
    const read = unpacked(await bodyOf(pack(NOISE).subarray(0, 5000), 'stay'), packing);
    read.destroy();
    read.destroy();
    await closed();
    expect(await failure(readBytes(read, 1e7))).toBeInstanceOf(Error);
  });

  it('that is far larger unpacked is read up to the limit', async () => {
    const read = unpacked(await bodyOf(pack(Buffer.alloc(50_000_000)), 'stay'), packing);
    expect(await failure(readBytes(read, 100_000))).toMatchObject({ code: 'upstream-failed' });
    await closed();
  });
});

describe('a body that is not packed', () => {
  it.each([undefined, '', 'identity', ' Identity '])('%j is passed on as it is', async (packing) => {
    const body = await bodyOf(Buffer.from('hello'));
    expect(unpacked(body, packing)).toBe(body);
    expect(await readText(body, 5)).toBe('hello');
  });

  it.each(['zstd', 'gzip, br', 'constructor', '__proto__'])(
    '%j is refused, and the connection closes',
    async (packing) => {
      const body = await bodyOf(Buffer.from('hello'), 'stay');
      expect(() => unpacked(body, packing)).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
      await closed();
    },
  );
});

describe('reading whole', () => {
  it.each([
    ['under', 6, false],
    ['of just', 5, false],
    ['under', 6, true],
    ['of just', 5, true],
  ])('a body %s the limit is it, and its connection stays', async (_name, bytesMax, cut) => {
    const url = await serve((_incoming, response) => void response.end('hello'));
    for (let count = 0; count < 2; count += 1) {
      expect(String(await readBytes((await host.request(url)).body, bytesMax, cut))).toBe('hello');
      await sleep(5);
    }
    expect(sockets).toHaveLength(1);
  });

  it('a body beyond the limit fails, and its connection closes', async () => {
    const body = await bodyOf(Buffer.from('hello'), 'stay');
    expect(await failure(readBytes(body, 4))).toMatchObject({
      ...{ code: 'upstream-failed', message: 'the answer is longer than 4 bytes' },
    });
    await closed();
  });

  it('a body beyond the limit is what came whole before it, where that is enough, and its connection closes', async () => {
    const url = await serve(async (_incoming, response) => {
      response.write('hel');
      await sleep(10);
      response.write('lo');
    });
    expect(await readText((await host.request(url)).body, 4, true)).toBe('hel');
    await closed();
  });

  it('no body is no bytes', async () => {
    expect(await readBytes(await bodyOf(new Uint8Array()), 0)).toHaveLength(0);
  });

  it('text has no byte order mark, and letters that were cut are whole', async () => {
    const bytes = Buffer.from('\ufeffGrüße \u{1f600}');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
        const at = [0, ...cuts.sort((one, other) => one - other), bytes.length];
        const pieces = at.slice(1).map((end, index) => bytes.subarray(at[index], end));
        expect(await readText(Readable.from(pieces), 100)).toBe('Grüße \u{1f600}');
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ['text/html; charset=utf-8', true],
    [' TEXT/HTML', true],
    ['application/xhtml+xml', true],
    ['application/json', false],
    ['text/event-stream', false],
    ['', false],
  ])('%j is a page: %j', (contentType, page) => {
    expect(isPage(contentType)).toBe(page);
  });
});
