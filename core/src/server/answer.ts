// Answers outside an exchange: short, whole, and with an id of their own.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { constants, type Http2ServerRequest } from 'node:http2';
import type { RouterError } from '../contract/index.ts';
import { errorDoorOf } from './error-door.ts';
import type { Asked } from './path.ts';

export function answerJson(asked: Asked, body: object, status: 200 | 422 | 503 = 200): void {
  const headers = { 'content-type': 'application/json', 'x-request-id': randomUUID() };
  answer(asked, status, headers, JSON.stringify(body));
}

export function answerText(asked: Asked, text: string): void {
  const headers = { 'content-type': 'text/plain; charset=UTF-8', 'x-request-id': randomUUID() };
  answer(asked, 200, headers, text);
}

/** An error, in the protocol of the path. */
export function answerError(asked: Asked, error: RouterError, more: Readonly<Record<string, string>> = {}): void {
  const startMs = performance.now();
  const { encodeError, requestIdHeader } = errorDoorOf(asked.incoming);
  const id = randomUUID();
  const { status, headers, body } = encodeError(error, id);
  const ids = { 'x-request-id': id, ...(requestIdHeader !== undefined && { [requestIdHeader]: id }) };
  // Whatever else has taken its time, nobody was asked, and nothing was waited for.
  const ours = { ...ids, 'x-turnout-overhead-ms': (performance.now() - startMs).toFixed(2) };
  answer(asked, status, { ...headers, ...ours, ...more }, body);
}

export function answer(
  { incoming, outgoing }: Asked,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string | Uint8Array,
): void {
  if (outgoing.destroyed) return;
  outgoing.once('finish', () => takeRest(incoming));
  outgoing.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
  outgoing.end(incoming.method === 'HEAD' ? undefined : body);
}

/** How long the rest of a body that nobody wants is taken in, so that the connection can be used again. */
const REST_MS = 500;

function takeRest(incoming: IncomingMessage | Http2ServerRequest): void {
  if (incoming.readableEnded || incoming.destroyed) return;
  if ('stream' in incoming) {
    incoming.stream.close(constants.NGHTTP2_NO_ERROR);
    return;
  }
  const { socket } = incoming;
  const limit = setTimeout(() => socket.destroySoon(), REST_MS);
  incoming.once('close', () => clearTimeout(limit));
  incoming.resume();
}
