// The socket: listening, and ending without cutting anybody off before the drain time is over.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { getRequestListener } from '@hono/node-server';
import { RouterError } from '../contract/index.ts';
import type { Live } from '../host/index.ts';
import { createObserver } from '../observe/index.ts';
import { type Address, listenAt, socketPathOf, urlOf } from './address.ts';
import { createApp } from './app.ts';
import type { Client } from './client.ts';
import { answerCors } from './cors.ts';
import { errorDoorOf, errorResponse } from './error-door.ts';
import { createServerFollower } from './server-follower.ts';
import { readTls } from './tls.ts';
import { createTwinServer, type Listener, type TwinServer } from './twin-server.ts';

export interface Listening {
  /** Or `unix:` and the path of the socket. */
  readonly url: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** Stops accepting, lets what runs finish within the configured drain time, then ends the rest with an error. Idempotent. */
  close(): Promise<void>;
}

/** Time for the last error frames to reach their clients. */
const LAST_WORDS_MS = 250;

/** Serves what is at work on a host and port (0 picks a free one), or on a Unix socket. Rejects when that cannot be had. */
export async function listen(live: Live, at: Address): Promise<Listening> {
  const began = live.router.config;
  const tls = readTls(began);
  for (const { message } of tls?.warnings ?? []) live.router.log.warn({ setting: 'server.tls' }, message);
  const clients = new Set<Client>();
  const observer = await createObserver(live.router.log);
  let draining = false;
  const app = createApp({
    router: () => live.router,
    reload: () => live.reload(),
    reloads: () => live.reloads,
    clients,
    observer,
    draining: () => draining,
    onSocket: socketPathOf(at.host) !== undefined,
  });
  const cors = () => live.router.config.server.cors;
  const listener = createListener(app.fetch, { cors, draining: () => draining });
  const { server, renew, drain } = createTwinServer(listener, { tls: tls?.options });
  const port = await listenAt(server, at, began.keys.length > 0);
  // Such as an accept that fails for want of file descriptors: the next one may succeed.
  server.on('error', (error) => live.router.log.error({ err: error }, 'the server socket reported an error'));
  live.follow(createServerFollower({ at, began, renew }));
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(at, port, tls !== undefined),
    port,
    close: () => {
      draining = true;
      // Also those whose answer has not begun yet.
      for (const { outgoing } of clients) closeAfter(outgoing);
      closed ??= endIn(live.router.config.server.drainMs, drain, clients).then(() => observer.close());
      return closed;
    },
  };
}

/** Says on the answer that the connection will be closed after it. Over HTTP/2 the connection itself says so. */
function closeAfter(outgoing: ServerResponse | Http2ServerResponse): void {
  if ('shouldKeepAlive' in outgoing) outgoing.shouldKeepAlive = false;
}

type Fetch = Parameters<typeof getRequestListener>[0];
type Incoming = IncomingMessage | Http2ServerRequest;

interface Door {
  draining(): boolean;
  /** Origins whose pages may call. */
  cors(): readonly string[];
}

/** The app as a listener of both protocols. */
function createListener(fetch: Fetch, { draining, cors }: Door): Listener {
  // A request of which not even a URL can be made, such as one with a malformed Host header, is reported while it is handed over.
  let current: Incoming | undefined;
  const errorHandler = (): Response => {
    const unreadable = new RouterError('invalid-request', 'the request line or the Host header cannot be read');
    return errorResponse(errorDoorOf(current ?? { headers: {} }), unreadable);
  };
  const listener = getRequestListener(fetch, { overrideGlobalObjects: false, errorHandler });
  return (incoming, outgoing) => {
    current = incoming;
    if (draining()) closeAfter(outgoing);
    const origins = cors();
    if (origins.length > 0 && answerCors(incoming, outgoing, origins)) return;
    void listener(incoming, outgoing);
  };
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
