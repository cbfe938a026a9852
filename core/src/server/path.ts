// What all paths of the surface share: what they are given, and who may use them.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RouterError } from '../contract/index.ts';
import type { Caller, Live, Reloaded, Router } from '../host/index.ts';
import type { Observer } from '../observe/index.ts';
import type { Clients } from './client.ts';
import type { Fleet } from './fleet.ts';
import { refuseDoubled, refuseForeign } from './guard.ts';
import { requestPath } from './request-path.ts';

/** A request whose head has been read. */
export interface Asked {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** As on the request line, without the query. */
  readonly path: string;
}

/** Answers, or throws what is to be answered. */
export type Handler = (asked: Asked) => void | Promise<void>;

export interface AppOptions {
  /** The configuration at work now; asked once for each request. */
  readonly router: () => Router;
  readonly clients: Clients;
  readonly observer: Observer;
  /** Listening on a Unix socket. */
  readonly onSocket: boolean;
  /** True once the server is shutting down. */
  readonly draining: () => boolean;
  /** How the reloads went. */
  readonly reloads: () => Live['reloads'];
  /** Puts what the file says now to work. Throws ConfigError. */
  readonly reload: () => Promise<Reloaded>;
  /** The processes of this server; absent: there is only this one. */
  readonly fleet?: Fleet | undefined;
}

/** Does something with one configuration: its providers stay open until it is done. */
export async function keeping<T>({ users }: Router, work: () => Promise<T>): Promise<T> {
  users.enter();
  try {
    return await work();
  } finally {
    users.leave();
  }
}

const SHOWN_CHARS_MAX = 200;

/** The path as it was asked for, for a message. */
export const shownPath = (incoming: IncomingMessage): string => requestPath(incoming).slice(0, SHOWN_CHARS_MAX);

/** Refuses what nobody's key makes good. Throws `forbidden` and `invalid-request`. */
export function refuseStrangers(incoming: IncomingMessage, { keys, config }: Router, { onSocket }: AppOptions): void {
  refuseDoubled(incoming);
  if (!keys.required) refuseForeign(incoming, { origins: config.server.cors, onSocket });
}

/** Who asks, for the paths outside the spine. Throws `unauthenticated` or `forbidden`. */
export function identify({ incoming }: Asked, options: AppOptions): Caller {
  const router = options.router();
  refuseStrangers(incoming, router, options);
  return router.keys.identify(incoming.headers);
}

/** As `identify`. Throws `forbidden` for who is no administrator. */
export function administrator(asked: Asked, options: AppOptions): Caller {
  const caller = identify(asked, options);
  if (!caller.admin) throw new RouterError('forbidden', 'this needs a key with "admin: true"');
  return caller;
}
