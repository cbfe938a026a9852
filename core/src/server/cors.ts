// `server.cors`: what browsers want to be told before a page of another origin may call, and may read what comes back.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

type Incoming = Pick<IncomingMessage | Http2ServerRequest, 'headers' | 'method'>;
type Outgoing = ServerResponse | Http2ServerResponse;

/** How long a browser may keep the answer to its question. */
const PREFLIGHT_S = 600;

/** What can be an origin, and be said again in a header. */
const ORIGIN = /^[\x21-\x7e]{1,512}$/;

/** Whether a page of this origin may call. */
export const isAllowedOrigin = (origin: string | undefined, origins: readonly string[]): boolean =>
  origin !== undefined && (origins.includes(origin) || (origins.includes('*') && ORIGIN.test(origin)));

/** Puts into the head of an answer, whatever it will be, that a page of an allowed origin may read it. Answers a browser's question
 * whether it may ask (a preflight), which comes without a key, and returns true then: nothing is left to be done.
 *
 * Never with `access-control-allow-credentials`: keys travel in headers that the page sets itself, and what a browser adds on its own,
 * such as cookies, is nothing that counts here. */
export function answerCors(incoming: Incoming, outgoing: Outgoing, origins: readonly string[]): boolean {
  const { origin } = incoming.headers;
  // What is kept on the way for one origin is not for another.
  outgoing.setHeader('vary', 'origin');
  if (origin === undefined || !isAllowedOrigin(origin, origins)) return false;
  outgoing.setHeader('access-control-allow-origin', origin);
  // All of them: without credentials the star means that (Fetch standard, 2026).
  outgoing.setHeader('access-control-expose-headers', '*');
  if (incoming.method !== 'OPTIONS' || incoming.headers['access-control-request-method'] === undefined) return false;
  outgoing.setHeader('access-control-allow-methods', 'GET, HEAD, POST');
  outgoing.setHeader('access-control-max-age', String(PREFLIGHT_S));
  const names = allowedHeaders(String(incoming.headers['access-control-request-headers'] ?? ''));
  if (names !== '') outgoing.setHeader('access-control-allow-headers', names);
  outgoing.statusCode = 204;
  outgoing.end();
  return true;
}

const NAMES_MAX = 64;
const NAME = /^[a-z0-9-]{1,64}$/;

/** The names that were asked for, as far as they are names: each SDK has headers of its own, and none of them does harm here. */
function allowedHeaders(asked: string): string {
  const names = asked.split(',', NAMES_MAX).map((name) => name.trim().toLowerCase());
  return names.filter((name) => NAME.test(name)).join(', ');
}
