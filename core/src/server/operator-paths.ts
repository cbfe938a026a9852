// The paths for the operator and the operator's probes: health, routes, explain, reload.
import { answerJson } from './answer.ts';
import { parseJson, readBody } from './body.ts';
import { explain } from './explain.ts';
import { readiness } from './health.ts';
import { readInquiry } from './inquiry.ts';
import { addMetricsPath } from './metrics-path.ts';
import { type AppOptions, type Asked, administrator, identify, keeping } from './path.ts';
import { addReloadPath } from './reload-path.ts';
import type { Surface } from './surface.ts';

export function addOperatorPaths(surface: Surface, options: AppOptions): void {
  surface.serve('GET', '/healthz', (asked) => answerJson(asked, { status: 'ok' }));
  surface.serve('GET', '/readyz', async (asked) => {
    // Whoever could serve, this one is about to go.
    if (options.draining()) return answerJson(asked, { ready: false, draining: true }, 503);
    const router = options.router();
    const detailed = isOperator(asked, options);
    const state = await keeping(router, () => readiness(router, detailed));
    return answerJson(asked, state, state.ready ? 200 : 503);
  });
  surface.serve('GET', '/admin/routes', (asked) => {
    administrator(asked, options);
    return answerJson(asked, { routes: options.router().config.routes });
  });
  surface.serve('POST', '/admin/explain', async (asked) => {
    const caller = administrator(asked, options);
    const router = options.router();
    const explained = await keeping(router, async () => {
      const body = parseJson(await readBody(asked.incoming, router.config.server.bodyLimitBytes));
      return explain(router, readInquiry(body), caller);
    });
    // Each process has breakers of its own.
    const workers = await options.fleet?.examine([...new Set(explained.targets.map(({ target }) => target))]);
    return answerJson(asked, { ...explained, ...(workers && { workers }) });
  });
  addMetricsPath(surface, options);
  addReloadPath(surface, options);
}

/** Probes come without a key, and get a plain answer. */
function isOperator(asked: Asked, options: AppOptions): boolean {
  try {
    return identify(asked, options).admin;
  } catch {
    return false;
  }
}
