// The socket: listening, and ending without cutting anybody off before the drain time is over.
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { RouterError } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import { createApp, errorResponse } from './app.ts';
import type { Client } from './client.ts';

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Stops accepting, lets what runs finish within the configured drain time, then ends the rest with an error. Idempotent. */
  close(): Promise<void>;
}

/** A request's head and body must arrive within these. */
const HEADERS_MS = 30_000;
const BODY_MS = 5 * 60_000;
/** Longer than the 60 s for which load balancers keep idle connections, so that they close first. */
const KEEP_ALIVE_MS = 65_000;
/** Time for the last error frames to reach their clients. */
const LAST_WORDS_MS = 250;

/** Serves a router on its configured host and port (0 picks a free one). Rejects when the port cannot be had. */
export async function listen(router: Router, at: { host: string; port: number }): Promise<Listening> {
  const clients = new Set<Client>();
  /** Connections that were opened in advance: node does not count them as idle before their first request. */
  const unused = new Set<Socket>();
  let draining = false;
  const app = createApp({ router: () => router, clients, draining: () => draining });
  const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false, errorHandler: unreadable });
  const server = http.createServer(
    { headersTimeout: HEADERS_MS, requestTimeout: BODY_MS, keepAliveTimeout: KEEP_ALIVE_MS, maxHeaderSize: 32 * 1024 },
    (incoming, outgoing) => {
      unused.delete(incoming.socket);
      listener(incoming, outgoing);
    },
  );
  server.on('connection', (socket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
  });
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
      closed ??= drain(server, { clients, unused }, router.config.server.drainMs);
      return closed;
    },
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

/** For a request of which not even a URL can be made, such as one with a malformed Host header. */
function unreadable(): Response {
  return errorResponse(new RouterError('invalid-request', 'the request line or the Host header cannot be read'));
}

interface Present {
  readonly clients: ReadonlySet<Client>;
  readonly unused: ReadonlySet<Socket>;
}

function drain(server: http.Server, { clients, unused }: Present, drainMs: number): Promise<void> {
  return new Promise((done) => {
    for (const socket of unused) socket.destroy();
    // Keep-alive sockets become idle one by one as their requests end.
    const sweep = setInterval(() => server.closeIdleConnections(), 50);
    let kill: NodeJS.Timeout | undefined;
    const limit = setTimeout(() => {
      const over = new RouterError('overloaded', 'the router is shutting down', { own: true });
      for (const client of clients) client.end(over);
      kill = setTimeout(() => server.closeAllConnections(), LAST_WORDS_MS);
    }, drainMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(limit);
      clearTimeout(kill);
      done();
    });
    server.closeIdleConnections();
  });
}
