// GET /metrics, for Prometheus: for administrators, as all that is the operator's, unless the file says `metrics: open`.
import { printMetrics } from '../observe/index.ts';
import { answer } from './answer.ts';
import { type AppOptions, type Asked, administrator, refuseStrangers } from './path.ts';
import type { Surface } from './surface.ts';

export function addMetricsPath(surface: Surface, options: AppOptions): void {
  surface.serve('GET', '/metrics', async (asked) => {
    refuseUninvited(asked, options);
    const { fleet, observer } = options;
    const exposed = fleet ? printMetrics(await fleet.metrics()) : observer.expose(options.router(), options.reloads());
    const { contentType, text } = await exposed;
    answer(asked, 200, { 'content-type': contentType, 'cache-control': 'no-store' }, text);
  });
}

/** Throws `unauthenticated` or `forbidden`. Also what is open is not for the pages of a browser. */
function refuseUninvited(asked: Asked, options: AppOptions): void {
  const router = options.router();
  if (router.config.server.metrics === 'open') refuseStrangers(asked.incoming, router, options);
  else administrator(asked, options);
}
