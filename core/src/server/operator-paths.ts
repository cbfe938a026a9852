// The paths for the operator and the operator's probes: health, routes, explain, reload.
import type { Context, Hono } from 'hono';
import { parseJson, readBody } from './body.ts';
import { explain } from './explain.ts';
import { readiness } from './health.ts';
import { readInquiry } from './inquiry.ts';
import { addMetricsPath } from './metrics-path.ts';
import { type AppOptions, administrator, answerJson, type Env, identify, keeping, serve } from './path.ts';
import { addReloadPath } from './reload-path.ts';

export function addOperatorPaths(app: Hono<Env>, options: AppOptions): void {
  serve(app, 'GET', '/healthz', (context) => answerJson(context, { status: 'ok' }));
  serve(app, 'GET', '/readyz', async (context) => {
    // Whoever could serve, this one is about to go.
    if (options.draining()) return answerJson(context, { ready: false, draining: true }, 503);
    const router = options.router();
    const detailed = isOperator(context, options);
    const state = await keeping(router, () => readiness(router, detailed));
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
    return answerJson(context, explain(router, readInquiry(body), caller));
  });
  addMetricsPath(app, options);
  addReloadPath(app, options);
}

/** Probes come without a key, and get a plain answer. */
function isOperator(context: Context<Env>, options: AppOptions): boolean {
  try {
    return identify(context, options).admin;
  } catch {
    return false;
  }
}
