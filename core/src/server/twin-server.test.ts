// Clients that take their time: each of them is let go, over both protocols, and whatever it has sent so far.
import { once } from 'node:events';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTwinServer, type TwinServer } from './twin-server.ts';

let twin: TwinServer;
let port: number;
const heard: string[] = [];

beforeEach(async () => {
  heard.length = 0;
  const limits = { headMs: 100, bodyMs: 200, idleMs: 150 };
  twin = createTwinServer(
    (incoming, outgoing) => {
      incoming.on('error', () => {});
      incoming.on('aborted', () => heard.push('aborted'));
      incoming.resume().on('end', () => {
        heard.push('end');
        outgoing.end('served');
      });
    },
    { limits },
  );
  twin.server.listen(0, '127.0.0.1');
  await once(twin.server, 'listening');
  // The cast: a server that listens on host and port has an AddressInfo.
  port = (twin.server.address() as AddressInfo).port;
});
afterEach(() => twin.drain(0));

/** What a plain socket hears until it is closed. */
async function talk(sent: string): Promise<string> {
  const socket = net.connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  socket.write(sent);
  await once(socket, 'close');
  return text;
}

test.each([
  ['a silent connection', '', /^$/],
  ['a part of what HTTP/2 begins with', 'PRI * HTTP/2.0\r\n', /^$/],
  ['a head that does not end', 'GET / HTTP/1.1\r\nhost: x\r\n', /^HTTP\/1\.1 408 /],
  ['a body that does not end', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nabc', /^HTTP\/1\.1 408 /],
  ['a connection kept open', 'GET / HTTP/1.1\r\nhost: x\r\n\r\n', /^HTTP\/1\.1 200 .*served/s],
  ['HTTP/2 without a request', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', /^\0\0/],
])('%s is closed', async (_name, sent, answer) => {
  expect(await talk(sent)).toMatch(answer);
});

test('a body over HTTP/2 that does not end is reset, and its connection lives on', async () => {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  const post = { ':method': 'POST', ':path': '/' };
  const slow = session.request(post);
  slow.write('abc');
  slow.on('error', () => {});
  await once(slow, 'close');
  expect(slow.rstCode).toBe(http2.constants.NGHTTP2_CANCEL);
  expect(heard).toContain('aborted');
  const quick = session.request(post);
  quick.end('abc');
  const [head] = await once(quick, 'response');
  expect(head[':status']).toBe(200);
  session.destroy();
});

test('when draining time is over, the rest is cut off', async () => {
  const session = http2.connect(`http://127.0.0.1:${port}`);
  session.on('error', () => {});
  const open = session.request({ ':method': 'POST', ':path': '/' });
  open.on('error', () => {});
  open.write('abc');
  const socket = net.connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nabc');
  await once(session, 'remoteSettings');
  const closed = Promise.all([session, socket].map((end) => new Promise((done) => end.once('close', done))));
  await twin.drain(50);
  await closed;
  expect(twin.server.listening).toBe(false);
});
