// Answers to requests whose body nobody reads: the connection goes on when the body ends soon, and ends when it does not.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { answerText } from './answer.ts';

const server = createServer((incoming, outgoing) => {
  answerText({ incoming, outgoing, path: incoming.url ?? '' }, `this is ${incoming.url}`);
});

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());

/** Sends this, and gives what comes back up to a word, or to the end of the connection. */
async function send(text: string, end?: string): Promise<string> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1'); // it listens on a port
  socket.write(text);
  let answer = '';
  for await (const piece of socket) {
    answer += piece;
    if (end !== undefined && answer.includes(end)) break;
  }
  return answer;
}

test('what follows a body that was not read is answered too', async () => {
  const body = 'x'.repeat(100_000);
  const first = `POST /first HTTP/1.1\r\nhost: h\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const answers = await send(`${first}GET /second HTTP/1.1\r\nhost: h\r\n\r\n`, 'this is /second');
  expect(answers).toContain('this is /first');
});

test('who does not end a body is cut off after the answer', async () => {
  const answer = await send('POST /first HTTP/1.1\r\nhost: h\r\ncontent-length: 100000\r\n\r\nx');
  expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n[\s\S]*this is \/first$/);
});

test('a HEAD gets the head', async () => {
  const answers = await send('HEAD /first HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n');
  expect(answers).toMatch(/content-length: 14\r\n[\s\S]*\r\n\r\n$/);
});
