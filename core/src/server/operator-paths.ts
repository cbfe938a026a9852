// The paths for the operator and the operator's probes: health, routes, explain.
import type { Context, Hono } from 'hono';
import { RouterError } from '../contract/index.ts';
import type { Caller } from '../host/index.ts';
import { parseJson, readBody } from './body.ts';
import { explain } from './explain.ts';
import { readiness } from './health.ts';
import { type AppOptions, answerJson, type Env, identify, serve } from './path.ts';

export function addOperatorPaths(app: Hono<Env>, options: AppOptions): void {
  serve(app, 'GET', '/healthz', (context) => answerJson(context, { status: 'ok' }));
  serve(app, 'GET', '/readyz', async (context) => {
    const { ready, providers } = await readiness(options.router(), isOperator(context, options));
    const state = { ready: ready && !options.draining(), providers };
    return answerJson(context, state, state.ready ? 200 : 503);
  });
  serve(app, 'GET', '/admin/routes', (context) => {
    administrator(context, options);
    return answerJson(context, { routes: options.router().config.routes });
  });
  serve(app, 'POST', '/admin/explain', async (context) => {
    const caller = administrator(context, options);
    const router = options.router();
    const body = parseJson(await readBody(context.env.incoming, router.config.server.bodyLimitBytes));
    const model = (body as { model?: unknown } | null)?.model; // unknown until looked at in the next line
    if (typeof model !== 'string') throw new RouterError('invalid-request', 'model: missing', { field: 'model' });
    return answerJson(context, explain(router, model, caller));
  });
}

function administrator(context: Context<Env>, options: AppOptions): Caller {
  const caller = identify(context, options);
  if (!caller.admin) throw new RouterError('forbidden', 'this needs a key with "admin: true"');
  return caller;
}

/** Probes come without a key, and get a plain answer. */
function isOperator(context: Context<Env>, options: AppOptions): boolean {
  try {
    return identify(context, options).admin;
  } catch {
    return false;
  }
}
