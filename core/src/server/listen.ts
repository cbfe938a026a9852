// The socket: listening, and ending without cutting anybody off before the drain time is over.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import { RouterError } from '../contract/index.ts';
import { type Live, Roster } from '../host/index.ts';
import { createObserver, type Metric, type Reloads } from '../observe/index.ts';
import { type Address, listenAt, removeLeftOver, socketPathOf, urlOf } from './address.ts';
import { type App, createApp } from './app.ts';
import type { Client, Clients } from './client.ts';
import { answerCors } from './cors.ts';
import type { Fleet } from './fleet.ts';
import { createServerFollower } from './server-follower.ts';
import { readTls } from './tls.ts';
import { createTwinServer, type Listener, type TwinServer } from './twin-server.ts';

export interface Listening {
  /** Or `unix:` and the path of the socket. */
  readonly url: string;
  /** 0 for a Unix socket. */
  readonly port: number;
  /** What this process has counted. */
  metrics(reloads: Reloads): Promise<Metric[]>;
  /** Stops accepting, lets what runs finish within the configured drain time, then ends the rest with an error. Idempotent. */
  close(): Promise<void>;
}

export interface ListenOptions {
  /** The processes that listen there together. Whoever started them has seen to a socket file that was left. */
  readonly fleet?: Fleet;
}

/** Time for the last error frames to reach their clients. */
const LAST_WORDS_MS = 250;

/** Serves what is at work on a host and port (0 picks a free one), or on a Unix socket. Rejects when that cannot be had. */
export async function listen(live: Live, at: Address, { fleet }: ListenOptions = {}): Promise<Listening> {
  const began = live.router.config;
  const tls = readTls(began);
  for (const { message } of tls?.warnings ?? []) live.router.log.warn({ setting: 'server.tls' }, message);
  const clients = new Roster<Client>();
  const observer = await createObserver(live.router.log);
  let draining = false;
  const app = createApp({
    router: () => live.router,
    reload: () => (fleet ?? live).reload(),
    reloads: () => live.reloads,
    clients,
    observer,
    fleet,
    draining: () => draining,
    onSocket: socketPathOf(at.host) !== undefined,
  });
  const cors = () => live.router.config.server.cors;
  const listener = createListener(app, { cors, draining: () => draining });
  const { server, renew, drain } = createTwinServer(listener, { tls: tls?.options });
  if (!fleet) await removeLeftOver(at);
  const port = await listenAt(server, at, began.keys.length > 0);
  // Such as an accept that fails for want of file descriptors: the next one may succeed.
  server.on('error', (error) => live.router.log.error({ err: error }, 'the server socket reported an error'));
  live.follow(createServerFollower({ at, began, renew }));
  let closed: Promise<void> | undefined;
  return {
    url: urlOf(at, port, tls !== undefined),
    port,
    metrics: (reloads) => observer.collect(live.router, reloads),
    close: () => {
      draining = true;
      // Also those whose answer has not begun yet.
      for (const { outgoing } of clients.all()) closeAfter(outgoing);
      closed ??= endIn(live.router.config.server.drainMs, drain, clients).then(() => observer.close());
      return closed;
    },
  };
}

/** Says on the answer that the connection will be closed after it. Over HTTP/2 the connection itself says so. */
function closeAfter(outgoing: ServerResponse | Http2ServerResponse): void {
  if ('shouldKeepAlive' in outgoing) outgoing.shouldKeepAlive = false;
}

interface Door {
  draining(): boolean;
  /** Origins whose pages may call. */
  cors(): readonly string[];
}

/** The app as a listener of both protocols. */
function createListener(app: App, { draining, cors }: Door): Listener {
  return (incoming, outgoing) => {
    if (draining()) closeAfter(outgoing);
    const origins = cors();
    if (origins.length > 0 && answerCors(incoming, outgoing, origins)) return;
    // The casts: node's HTTP/2 speaks the same interface; where it does not, the code asks which it has (client.ts, outlet.ts).
    void app(incoming as IncomingMessage, outgoing as ServerResponse);
  };
}

/** Drains; who is still there when the time is over is told so. */
async function endIn(drainMs: number, drain: TwinServer['drain'], clients: Clients): Promise<void> {
  const limit = setTimeout(() => {
    const over = new RouterError('overloaded', 'the router is shutting down', { own: true });
    for (const client of clients.all()) client.end(over);
  }, drainMs);
  await drain(drainMs + LAST_WORDS_MS);
  clearTimeout(limit);
}
