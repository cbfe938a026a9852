// GET /metrics, for Prometheus: for administrators, as all that is the operator's, unless the file says `metrics: open`.
import type { Context, Hono } from 'hono';
import { type AppOptions, administrator, type Env, refuseStrangers, serve } from './path.ts';

export function addMetricsPath(app: Hono<Env>, options: AppOptions): void {
  serve(app, 'GET', '/metrics', async (context) => {
    refuseUninvited(context, options);
    const { contentType, text } = await options.observer.expose(options.router(), options.reloads());
    return context.text(text, 200, { 'content-type': contentType, 'cache-control': 'no-store' });
  });
}

/** Throws `unauthenticated` or `forbidden`. Also what is open is not for the pages of a browser. */
function refuseUninvited(context: Context<Env>, options: AppOptions): void {
  const router = options.router();
  if (router.config.server.metrics === 'open') refuseStrangers(context.env.incoming, router, options);
  else administrator(context, options);
}
