// The socket: listening, and ending without cutting anybody off before the drain time is over.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RouterError } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import { createApp } from './app.ts';
import type { Client } from './client.ts';
import { errorDoorOf, errorResponse } from './error-door.ts';
import { createTwinServer, type TwinServer } from './twin-server.ts';

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets what runs finish within the configured drain time, then ends the rest with an error. Idempotent. */
  close(): Promise<void>;
}

/** Time for the last error frames to reach their clients. */
const LAST_WORDS_MS = 250;

/** Serves a router on its configured host and port (0 picks a free one). Rejects when the port cannot be had. */
export async function listen(router: Router, at: { host: string; port: number }): Promise<Listening> {
  const clients = new Set<Client>();
  let draining = false;
  const app = createApp({ router: () => router, clients, draining: () => draining });
  const { server, drain } = createTwinServer(createListener(app.fetch));
  await new Promise<void>((ready, refuse) => {
    const failed = (error: NodeJS.ErrnoException) => refuse(explainRefusal(error, at));
    server.once('error', failed);
    server.listen(at.port, at.host, () => {
      server.off('error', failed);
      // Such as an accept that fails for want of file descriptors: the next one may succeed.
      server.on('error', (error) => router.log.error({ err: error }, 'the server socket reported an error'));
      ready();
    });
  });
  // The cast: a server that listens on host and port has an AddressInfo, not a pipe's name.
  const { port } = server.address() as AddressInfo;
  const host = at.host.includes(':') ? `[${at.host}]` : at.host;
  let closed: Promise<void> | undefined;
  return {
    url: `http://${host}:${port}`,
    port,
    close: () => {
      draining = true;
      closed ??= endIn(router.config.server.drainMs, drain, clients);
      return closed;
    },
  };
}

type Fetch = Parameters<typeof getRequestListener>[0];
type Incoming = IncomingMessage | Http2ServerRequest;

/** The app as a listener of both protocols. */
function createListener(fetch: Fetch): (incoming: Incoming, outgoing: ServerResponse | Http2ServerResponse) => void {
  // A request of which not even a URL can be made, such as one with a malformed Host header, is reported while it is handed over.
  let current: Incoming | undefined;
  const errorHandler = (): Response => {
    const unreadable = new RouterError('invalid-request', 'the request line or the Host header cannot be read');
    return errorResponse(errorDoorOf(current ?? { headers: {} }), unreadable);
  };
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false, errorHandler });
  return (incoming, outgoing) => {
    current = incoming;
    void listener(incoming, outgoing);
  };
}

function explainRefusal(error: NodeJS.ErrnoException, { host, port }: { host: string; port: number }): Error {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'something else listens there; choose another with --port or server.port (0 picks a free one)',
    EACCES: 'this user may not listen on it; choose one above 1023',
    EADDRNOTAVAIL: 'this machine has no such address',
  };
  const reason = reasons[error.code ?? ''] ?? error.message;
  return new Error(`cannot listen on ${host} port ${port}: ${reason}`, { cause: error });
}

/** Drains; who is still there when the time is over is told so. */
async function endIn(drainMs: number, drain: TwinServer['drain'], clients: ReadonlySet<Client>): Promise<void> {
  const limit = setTimeout(() => {
    const over = new RouterError('overloaded', 'the router is shutting down', { own: true });
    for (const client of clients) client.end(over);
  }, drainMs);
  await drain(drainMs + LAST_WORDS_MS);
  clearTimeout(limit);
}
