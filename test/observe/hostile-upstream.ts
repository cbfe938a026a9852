// An upstream that fails in every way, and says in each what it has read: a vendor's words may quote anything.
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HostileUpstream {
  readonly url: string;
  /** How many requests held what it repeats. */
  readonly heard: () => number;
  close(): Promise<void>;
}

type Answer = (outgoing: http.ServerResponse, words: string) => void;

/** All vendors' shapes of an error at once. */
const refusal = (status: number, words: string): string =>
  JSON.stringify({
    type: 'error',
    message: words,
    error: {
      type: 'invalid_request_error',
      code: status,
      status: 'INVALID_ARGUMENT',
      message: words,
      details: [words],
    },
  });

const refuse =
  (status: number): Answer =>
  (outgoing, words) =>
    outgoing
      .writeHead(status, { 'content-type': 'application/json', 'x-amzn-errortype': 'ValidationException' })
      .end(refusal(status, words));

const send =
  (status: number, type: string, body: (words: string) => string): Answer =>
  (outgoing, words) =>
    outgoing.writeHead(status, { 'content-type': type }).end(body(words));

/** By the first segment of the path. */
export const FAILURES: Readonly<Record<string, Answer>> = {
  400: refuse(400),
  413: refuse(413),
  422: refuse(422),
  500: refuse(500),
  503: refuse(503),
  page: send(502, 'text/html', (words) => `<html><body>${words}</body></html>`),
  plain: send(500, 'text/plain', (words) => words),
  'broken-json': send(200, 'application/json', (words) => `{"${words}": "${words}`),
  'wrong-json': send(200, 'application/json', (words) =>
    JSON.stringify({ [words]: words, choices: words, content: words }),
  ),
  'broken-events': send(200, 'text/event-stream', (words) => `data: {"choices":[{"delta":{"content":"${words}\n\n`),
  'error-event': send(200, 'text/event-stream', (words) => `event: error\ndata: ${refusal(500, words)}\n\n`),
  'broken-frames': send(200, 'application/vnd.amazon.eventstream', (words) => words.repeat(20)),
  cut: (outgoing, words) => {
    outgoing.writeHead(200, { 'content-type': 'text/event-stream', 'content-length': 100_000 });
    outgoing.write(`data: {"choices":[{"index":0,"delta":{"content":"${words}"}}]}\n\n`, () => outgoing.destroy());
  },
};

/** `words`: what it repeats, whatever it was asked. */
export async function startHostileUpstream(words: string): Promise<HostileUpstream> {
  let heard = 0;
  const server = http.createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      if (Buffer.concat(chunks).includes(words)) heard++;
      const answer = FAILURES[incoming.url?.split('/')[1] ?? ''];
      if (answer) answer(outgoing, words);
      else outgoing.destroy();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return {
    url: `http://127.0.0.1:${port}`,
    heard: () => heard,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}
