// A route as the schema returned it to the route that the router works with.
import type { z } from 'zod';
import type { RouteConfig, TargetConfig, WeightedTarget } from './config.ts';
import type { routeSchema } from './route-schema.ts';

type RouteData = z.output<typeof routeSchema>;

/** `settings`: what its plugins' own schemas returned. Frozen. */
export function routeOf(
  name: string,
  line: number,
  data: RouteData,
  settings: RouteConfig['settings'] = Object.freeze({}),
): RouteConfig {
  const place = { name, line, settings };
  if (typeof data === 'string') {
    const targets = Object.freeze([weighted(data)]);
    return Object.freeze({ ...place, targets, strategy: 'ordered', resume: false, defaults: Object.freeze({}) });
  }
  const { targets, strategy, sticky, onContextOverflow, onContentBlocked, resume, reasoning, defaults } = data;
  return Object.freeze({
    ...place,
    targets: Object.freeze(targets.map((target) => weighted(target))),
    strategy,
    ...(strategy === 'sticky' && { sticky: Object.freeze(sticky ?? { by: 'prefix' }) }),
    ...(onContextOverflow && { onContextOverflow: Object.freeze(onContextOverflow.map(targetOf)) }),
    ...(onContentBlocked && { onContentBlocked: Object.freeze(onContentBlocked.map(targetOf)) }),
    resume,
    ...(reasoning !== undefined && { reasoning: Object.freeze(reasoning) }),
    defaults: Object.freeze(withoutUndefined(defaults)),
  });
}

/** `route/<name>` or `provider/model`. */
function targetOf(written: string): TargetConfig {
  const slash = written.indexOf('/');
  const rest = written.slice(slash + 1);
  const provider = written.slice(0, slash);
  return Object.freeze(provider === 'route' ? { route: rest } : { provider, model: rest });
}

function weighted(written: string | { readonly target: string; readonly weight: number }): WeightedTarget {
  if (typeof written === 'string') return Object.freeze({ ...targetOf(written), weight: 1 });
  return Object.freeze({ ...targetOf(written.target), weight: written.weight });
}

/** zod's optional keys may be undefined; those of the contract may not. */
function withoutUndefined({
  maxTokens,
  temperature,
  topP,
}: { [key in keyof RouteConfig['defaults']]: number | undefined }) {
  return {
    ...(maxTokens !== undefined && { maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
  };
}
