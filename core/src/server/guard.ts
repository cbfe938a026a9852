// Safe by default: a router without keys answers nobody but this machine's own programs, so that no web page that its user
// visits can spend the user's account.
import type { IncomingMessage } from 'node:http';
import { RouterError } from '../contract/index.ts';
import { isAllowedOrigin } from './cors.ts';

/** True for a name or address of this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || name === '::1' || /^127(\.\d{1,3}){3}$/.test(name);
}

/** Bodies that a page may not send to another site without asking it first. InvokeModel's is `octet-stream` in AWS's own SDK. */
const BODY_TYPE = /^application\/(?:(?:[\w.+-]+\+)?json|octet-stream) *(?:;|$)/i;

export interface Exceptions {
  /** Origins that the operator has listed: their pages may call. */
  readonly origins: readonly string[];
  /** The router listens on a Unix socket: no page reaches it by a name, and its clients call it what they like. */
  readonly onSocket: boolean;
}

/** Refuses what a browser would send for a foreign page. Only for a router without keys. Throws `forbidden` (415 for a body
 * that is not JSON: a page may send other types without asking first). */
export function refuseForeign(incoming: IncomingMessage, { origins, onSocket }: Exceptions): void {
  const { host = '', origin, 'sec-fetch-site': site, 'content-type': type } = incoming.headers;
  if (!onSocket && !isLoopbackHost(host)) {
    throw new RouterError('forbidden', 'without keys, only requests to a loopback host name are served');
  }
  if (!isAllowedOrigin(origin, origins)) {
    if (site === 'cross-site') {
      throw new RouterError('forbidden', 'without keys, requests from other sites are refused');
    }
    if (origin !== undefined && !(URL.canParse(origin) && isLoopback(new URL(origin).hostname))) {
      throw new RouterError('forbidden', 'without keys, requests from other origins are refused');
    }
  }
  if (incoming.method === 'POST' && hasBody(incoming) && !BODY_TYPE.test(type ?? '')) {
    throw new RouterError('invalid-request', 'the body must be sent with "content-type: application/json"', {
      status: 415,
    });
  }
}

/** Of a Host header: a name or an address, with a port or without. */
const isLoopbackHost = (host: string): boolean =>
  /^[^/\\?#@]+$/.test(host) && URL.canParse(`http://${host}`) && isLoopback(new URL(`http://${host}`).hostname);

/** Whether a body may follow. A page cannot hide where it comes from by sending none: a POST has an origin in any case. */
const hasBody = ({ headers, httpVersionMajor }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined ||
  (headers['content-length'] ?? (httpVersionMajor > 1 ? '1' : '0')) !== '0';

/** Refuses a second Host or Authorization: node takes the first of them, and what stands in front of us may have looked at the
 * other. Throws `invalid-request`. */
export function refuseDoubled({ rawHeaders }: Pick<IncomingMessage, 'rawHeaders'>): void {
  let hosts = 0;
  let credentials = 0;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]?.toLowerCase();
    if (name === 'host') hosts++;
    else if (name === 'authorization') credentials++;
  }
  if (hosts > 1) throw new RouterError('invalid-request', 'two Host headers: send one');
  if (credentials > 1) throw new RouterError('invalid-request', 'two Authorization headers: send one');
}
