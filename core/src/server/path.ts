// What all paths of the surface share: their context, who may use them, and the answer to a wrong method.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono } from 'hono';
import { RouterError } from '../contract/index.ts';
import type { Caller, Live, Reloaded, Router } from '../host/index.ts';
import type { Observer } from '../observe/index.ts';
import type { Clients } from './client.ts';
import { errorDoorOf, errorResponse } from './error-door.ts';
import { refuseDoubled, refuseForeign } from './guard.ts';
import { requestPath } from './request-path.ts';

export type Env = { Bindings: HttpBindings };
export type Handler = (context: Context<Env>) => Response | Promise<Response>;

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

/** Serves a path, and answers 405 to any other method. */
export function serve(app: Hono<Env>, method: 'GET' | 'POST', path: string, handler: Handler): void {
  const allow = method === 'GET' ? 'GET, HEAD' : method;
  app.on(method, path, handler);
  app.all(path, ({ env: { incoming }, req }) => {
    const error = new RouterError('invalid-request', `${shownPath(incoming)} takes ${allow}, not ${req.method}`, {
      status: 405,
      errorName: 'UnknownOperationException',
    });
    return errorResponse(errorDoorOf(incoming), error, { allow });
  });
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
export function identify({ env: { incoming } }: Context<Env>, options: AppOptions): Caller {
  const router = options.router();
  refuseStrangers(incoming, router, options);
  return router.keys.identify(incoming.headers);
}

/** As `identify`. Throws `forbidden` for who is no administrator. */
export function administrator(context: Context<Env>, options: AppOptions): Caller {
  const caller = identify(context, options);
  if (!caller.admin) throw new RouterError('forbidden', 'this needs a key with "admin: true"');
  return caller;
}

export function answerJson(context: Context<Env>, body: object, status: 200 | 422 | 503 = 200): Response {
  return context.json(body, status, { 'x-request-id': randomUUID() });
}

export function answerText(context: Context<Env>, text: string): Response {
  return context.text(text, 200, { 'x-request-id': randomUUID() });
}
