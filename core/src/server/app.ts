// The HTTP surface: which path leads where. Paths and their protocols stand here and nowhere else.
import { randomUUID } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import { type Context, Hono } from 'hono';
import { RouterError } from '../contract/index.ts';
import type { Caller, Router } from '../host/index.ts';
import { openaiChat } from '../protocol/openai-chat/index.ts';
import type { ProtocolCodec } from '../protocol/protocol.ts';
import { resolve } from '../routing/index.ts';
import { readJson } from './body.ts';
import { type Client, type Clients, welcome } from './client.ts';
import { embed } from './embeddings.ts';
import { exchange } from './exchange.ts';
import { explain } from './explain.ts';
import { refuseForeign } from './guard.ts';
import { readiness } from './health.ts';
import { listModels } from './models.ts';

type Env = { Bindings: HttpBindings };

export interface AppOptions {
  /** The configuration at work now; asked once for each request. */
  readonly router: () => Router;
  readonly clients: Clients;
  /** True once the server is shutting down. */
  readonly draining: () => boolean;
}

export function createApp(options: AppOptions): Hono<Env> {
  const app = new Hono<Env>();
  for (const prefix of ['/v1', '/openai/v1']) {
    app.post(`${prefix}/chat/completions`, speaking(openaiChat, options));
    app.post(`${prefix}/embeddings`, inference(embed, options));
    for (const path of LATER) app.all(`${prefix}${path}`, ({ req }) => errorResponse(comesLater(req.path)));
    addModels(app, prefix, options);
  }
  addHealth(app, options);
  addAdmin(app, options);
  app.notFound(({ req }) => {
    return errorResponse(new RouterError('invalid-request', `there is no ${req.method} ${req.path}`, { status: 404 }));
  });
  app.onError((thrown, context) => {
    const { outgoing } = context.env;
    // Once the head is out there is no other answer to give; an error Response would crash on the sent headers.
    if (outgoing.headersSent) {
      outgoing.destroy();
      return RESPONSE_ALREADY_SENT;
    }
    const error = RouterError.from(thrown);
    if (error.code === 'internal') options.router().log.error({ err: thrown }, 'unexpected failure');
    return errorResponse(error);
  });
  return app;
}

/** What clients ask for and no provider here can do yet. */
const LATER = ['/images/*', '/rerank'];

const comesLater = (path: string): RouterError =>
  new RouterError('invalid-request', `${path} is not served yet: chat completions, embeddings and models are`, {
    status: 404,
  });

type Handler = (context: Context<Env>) => Promise<Response>;

/** The handler of one chat protocol: everything else is the spine's. */
function speaking<Echo>(codec: ProtocolCodec<Echo>, options: AppOptions): Handler {
  return inference((client, router) => exchange(codec, client, router, { headers: client.incoming.headers }), options);
}

/** The handler of what goes to a provider: `serve` answers and never throws. */
function inference(serve: (client: Client, router: Router) => Promise<void>, options: AppOptions): Handler {
  return async (context) => {
    const { incoming, outgoing } = context.env;
    const router = options.router();
    const admit = (asked: typeof incoming) => {
      if (options.draining())
        throw new RouterError('overloaded', 'the router is shutting down', { retryAfterMs: 1_000 });
      if (!router.keys.required) refuseForeign(asked);
    };
    await serve(welcome(incoming, outgoing, { clients: options.clients, admit }), router);
    return RESPONSE_ALREADY_SENT;
  };
}

function addModels(app: Hono<Env>, prefix: string, options: AppOptions): void {
  const createdS = Math.floor(Date.now() / 1000);
  const describe = (id: string) => ({ id, object: 'model', created: createdS, owned_by: 'turnout' });
  app.get(`${prefix}/models`, async (context) => {
    const caller = identify(context, options);
    const names = await listModels(options.router(), caller);
    return answerJson(context, { object: 'list', data: names.map(describe) });
  });
  // A model's name may hold slashes.
  app.get(`${prefix}/models/:id{.+}`, (context) => {
    const caller = identify(context, options);
    const id = context.req.param('id');
    if (!caller.mayUse(id) || !resolve(options.router().table, id)) {
      throw new RouterError('model-not-found', `the model "${id}" is not routed here`, { field: 'model' });
    }
    return answerJson(context, describe(id));
  });
}

function addHealth(app: Hono<Env>, options: AppOptions): void {
  app.get('/healthz', (context) => answerJson(context, { status: 'ok' }));
  app.get('/readyz', async (context) => {
    const { ready, providers } = await readiness(options.router(), isOperator(context, options));
    const state = { ready: ready && !options.draining(), providers };
    return answerJson(context, state, state.ready ? 200 : 503);
  });
}

function addAdmin(app: Hono<Env>, options: AppOptions): void {
  const administrator = (context: Context<Env>): Caller => {
    const caller = identify(context, options);
    if (!caller.admin) throw new RouterError('forbidden', 'this needs a key with "admin: true"');
    return caller;
  };
  app.get('/admin/routes', (context) => {
    administrator(context);
    return answerJson(context, { routes: options.router().config.routes });
  });
  app.post('/admin/explain', async (context) => {
    const caller = administrator(context);
    const router = options.router();
    const body = await readJson(context.env.incoming, router.config.server.bodyLimitBytes);
    const model = (body as { model?: unknown } | null)?.model; // unknown until looked at in the next line
    if (typeof model !== 'string') throw new RouterError('invalid-request', 'model: missing', { field: 'model' });
    return answerJson(context, explain(router, model, caller));
  });
}

/** Who asks, for the paths outside the spine. Throws `unauthenticated` or `forbidden`. */
function identify(context: Context<Env>, options: AppOptions): Caller {
  const { keys } = options.router();
  if (!keys.required) refuseForeign(context.env.incoming);
  return keys.identify(context.env.incoming.headers);
}

/** Probes come without a key, and get a plain answer. */
function isOperator(context: Context<Env>, options: AppOptions): boolean {
  try {
    return identify(context, options).admin;
  } catch {
    return false;
  }
}

function answerJson(context: Context<Env>, body: object, status: 200 | 503 = 200): Response {
  return context.json(body, status, { 'x-request-id': randomUUID() });
}

/** An error outside any protocol's exchange, in the shape that most clients read. */
export function errorResponse(error: RouterError): Response {
  const id = randomUUID();
  const { status, headers, body } = openaiChat.encodeError(error);
  return new Response(body, { status, headers: { ...headers, 'x-request-id': id } });
}
