// The rest of a complete answer over real sockets: its connection is used again, or closed.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createTestHost, type TestHost } from '../testing/host.ts';
import { unpacked } from './body.ts';
import { drain } from './drain.ts';

let host: TestHost;
let sockets: Socket[];
let answer: (response: ServerResponse) => unknown;
let url: string;
let close: () => Promise<unknown>;

beforeEach(async () => {
  host = createTestHost('acme');
  sockets = [];
  const server = createServer((_incoming, response) => void answer(response));
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has this kind of address.
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  close = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
});

afterEach(async () => {
  await host.close();
  await close();
});

async function closed(): Promise<void> {
  while (!sockets.every((socket) => socket.destroyed)) await sleep(2);
}

/** An answer of which the first piece is read. */
async function begun() {
  const { body } = await host.request(url);
  const chunks = body[Symbol.asyncIterator]();
  expect(String((await chunks.next()).value)).toBe('done');
  return { body, chunks };
}

it('what is still to come is read, and the connection is used again', async () => {
  answer = async (response) => {
    response.write('done');
    await sleep(5);
    response.end('x'.repeat(300_000));
  };
  for (let count = 0; count < 2; count += 1) {
    const { body, chunks } = await begun();
    await drain(body, chunks);
    expect(body.complete).toBe(true);
    await sleep(5);
  }
  expect(sockets).toHaveLength(1);
});

it('an answer that has come whole is left as it is', async () => {
  answer = (response) => response.end('done');
  const { body } = await host.request(url);
  while (body.complete !== true) await sleep(1);
  const chunks = body[Symbol.asyncIterator]();
  await drain(body, chunks);
  expect(String((await chunks.next()).value)).toBe('done');
});

it('a connection that is lost is no failure', async () => {
  answer = async (response) => {
    response.write('done');
    await sleep(5);
    response.destroy();
  };
  const { body, chunks } = await begun();
  await drain(body, chunks);
  expect(body.complete).toBe(false);
});

it.each([
  ['that sends nothing more', () => {}],
  [
    'that does not stop',
    async (response: ServerResponse) => {
      while (!response.destroyed) {
        response.write('more');
        await sleep(5);
      }
    },
  ],
])('a server %s and keeps the connection open loses it', async (_name, goOn) => {
  answer = async (response) => {
    response.write('done');
    await sleep(5);
    await goOn(response);
  };
  const { body, chunks } = await begun();
  await drain(body, chunks);
  expect(body.complete).toBe(false);
  await closed();
});

it('a packed answer whose server keeps the connection open is given up as well', async () => {
  answer = (response) => response.write(gzipSync('done'));
  const body = unpacked((await host.request(url)).body, 'gzip');
  const chunks = body[Symbol.asyncIterator]();
  expect(String((await chunks.next()).value)).toBe('done');
  await drain(body, chunks);
  await closed();
});
