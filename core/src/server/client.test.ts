// A client that stops reading the end of its answer is let go, over both protocols, and one that reads gets all of it.
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { letRead } from './client.ts';
import { createTwinServer, type TwinServer } from './twin-server.ts';

const ANSWER = Buffer.alloc(16_000_000, 'x');
let twin: TwinServer;
let port: number;
let cut: Promise<unknown>;

beforeEach(async () => {
  twin = createTwinServer((incoming, outgoing) => {
    cut = once(outgoing, 'close');
    incoming.resume();
    outgoing.end(ANSWER);
    letRead(outgoing, 400);
  });
  twin.server.listen(0, '127.0.0.1');
  await once(twin.server, 'listening');
  // The cast: a server that listens on host and port has an AddressInfo.
  port = (twin.server.address() as AddressInfo).port;
});
afterEach(() => twin.drain(0));

const ASK: Readonly<Record<string, () => Promise<NodeJS.ReadableStream & AsyncIterable<Buffer>>>> = {
  'HTTP/1.1': async () => (await once(http.get({ port, host: '127.0.0.1', agent: false }), 'response'))[0],
  'HTTP/2': async () => {
    const stream = http2.connect(`http://127.0.0.1:${port}`).request({ ':path': '/' });
    await once(stream, 'response');
    return stream;
  },
};

test.each(Object.entries(ASK))('over %s: who has stopped reading is cut off, not cleanly', async (_name, ask) => {
  const answer = await ask();
  await cut;
  await expect(async () => {
    for await (const _chunk of answer);
  }).rejects.toThrow();
});

test.each(Object.entries(ASK))('over %s: who reads slowly gets everything', async (_name, ask) => {
  let bytes = 0;
  let pauses = 0;
  for await (const chunk of await ask()) {
    bytes += chunk.length;
    // Ten of them are longer than the time that nothing may be taken for.
    if (bytes / ANSWER.length > pauses / 10 && pauses++ < 10) await new Promise((later) => setTimeout(later, 60));
  }
  expect(bytes).toBe(ANSWER.length);
});
