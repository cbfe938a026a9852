// GET /v1/models: the names a caller may put in "model".
import { RouterError } from '../contract/index.ts';
import type { Caller, Router } from '../host/index.ts';
import { keptFor } from './kept.ts';

/** A provider that does not answer in this time is left out of the list. */
const LIST_MS = 5_000;
/** A provider's list is kept for this long. */
const KEPT_MS = 5 * 60_000;

/** Exact routes first, then what patterns and `direct` reach of the providers' own lists; each name once. */
export async function listModels(router: Router, caller: Caller): Promise<string[]> {
  const { config, upstreams } = router;
  const names = new Set<string>();
  const patterns = config.routes.filter((route) => route.name.includes('*'));
  for (const route of config.routes) if (!route.name.includes('*')) names.add(route.name);
  const lists = await Promise.all(
    [...upstreams.values()].map(async (upstream) => ({ upstream, ids: await modelIds(upstream) })),
  );
  for (const { upstream, ids } of lists) {
    for (const id of ids) {
      for (const pattern of patterns) {
        const name = nameThrough(pattern, upstream.name, id);
        if (name !== undefined) names.add(name);
      }
      if (config.direct) names.add(`${upstream.name}/${id}`);
    }
  }
  return [...names].filter((name) => caller.mayUse(name));
}

/** The name that leads through a pattern's first target to a provider's model: the pattern backwards. */
function nameThrough(route: Router['config']['routes'][number], provider: string, id: string): string | undefined {
  const [first] = route.targets;
  if (first === undefined || !('provider' in first) || first.provider !== provider) return undefined;
  const [before = '', after] = first.model.split('*', 2);
  if (after === undefined || id.length < before.length + after.length) return undefined;
  if (!id.startsWith(before) || !id.endsWith(after)) return undefined;
  const star = id.slice(before.length, id.length - after.length);
  return route.name.replace('*', () => star);
}

const modelIds = keptFor(KEPT_MS, async ({ name, provider, log, concealment }, forget): Promise<readonly string[]> => {
  try {
    const models = (await provider.models?.({ signal: AbortSignal.timeout(LIST_MS), log })) ?? [];
    return models.map((model) => model.id);
  } catch (error) {
    forget();
    const err = concealment?.error(RouterError.from(error)) ?? error;
    log.warn({ provider: name, err }, 'a provider did not list its models');
    return [];
  }
});
