// Model name → targets. The table is built once for a config; an exact name costs one Map lookup.

import type { Config, RouteConfig } from '../config/config.ts';
import { modelNameFault, withoutContextSuffix } from '../config/model-name.ts';
import { closest } from '../config/suggestion.ts';
import { RouterError } from '../contract/index.ts';

export interface Target {
  readonly provider: string;
  /** The provider's own model name. */
  readonly model: string;
  /** The client chose that name: there is no route, or a pattern's star carried it over. */
  readonly direct?: true;
}

export interface Resolved {
  /** Undefined for `provider/model`, which needs no route. */
  readonly route: RouteConfig | undefined;
  /** One sentence, for `explain`. */
  readonly why: string;
  /** In order: the next is tried when one fails. At least one. */
  readonly targets: readonly Target[];
}

interface Pattern {
  readonly route: RouteConfig;
  readonly before: string;
  readonly after: string;
  /** 1 where a target is nothing but the star: it needs something to be replaced with. */
  readonly starCharactersMin: number;
}

export interface Table {
  /** The file's name, for `why`. */
  readonly file: string;
  readonly exact: ReadonlyMap<string, Resolved>;
  readonly patterns: readonly Pattern[];
  readonly providers: ReadonlySet<string>;
  readonly direct: boolean;
}

/** The config must be a checked one: every target names a provider of it. */
export function createTable(config: Pick<Config, 'file' | 'routes' | 'providers' | 'direct'>): Table {
  const exact = new Map<string, Resolved>();
  const patterns: Pattern[] = [];
  for (const route of config.routes) {
    const star = route.name.indexOf('*');
    if (star === -1) {
      const why = `The route "${route.name}" has this name (${placeOf(config.file, route)}).`;
      exact.set(route.name, Object.freeze({ route, why, targets: route.targets }));
      continue;
    }
    patterns.push(
      Object.freeze({
        route,
        before: route.name.slice(0, star),
        after: route.name.slice(star + 1),
        starCharactersMin: route.targets.some((target) => target.model === '*') ? 1 : 0,
      }),
    );
  }
  return Object.freeze({
    file: config.file,
    exact,
    patterns: Object.freeze(patterns),
    providers: new Set(config.providers.map((provider) => provider.name)),
    direct: config.direct,
  });
}

const placeOf = (file: string, route: RouteConfig): string => `${file}:${route.line}`;

/** Where a request for `model` goes: an exact route, else `provider/…`, else the first pattern of the file that matches.
 * Undefined when nothing does. Throws RouterError `invalid-request` for what cannot be a model name. */
export function resolve(table: Table, model: string): Resolved | undefined {
  const hit = table.exact.get(model);
  if (hit !== undefined) return hit;
  // A name that is a route's is valid: the config made sure.
  const fault = modelNameFault(model);
  if (fault !== undefined) throw new RouterError('invalid-request', fault, { field: 'model' });
  const name = withoutContextSuffix(model);
  return table.exact.get(name) ?? resolveDirect(table, name) ?? resolvePattern(table, name);
}

function resolveDirect(table: Table, name: string): Resolved | undefined {
  if (!table.direct) return undefined;
  const slash = name.indexOf('/');
  const provider = name.slice(0, Math.max(0, slash));
  if (slash === name.length - 1 || !table.providers.has(provider)) return undefined;
  const why = `"${provider}" is a provider, so the rest of the name is its model (direct: true).`;
  return { route: undefined, why, targets: [{ provider, model: name.slice(slash + 1), direct: true }] };
}

function resolvePattern(table: Table, name: string): Resolved | undefined {
  for (const { route, before, after, starCharactersMin } of table.patterns) {
    if (name.length < before.length + after.length + starCharactersMin) continue;
    if (!name.startsWith(before) || !name.endsWith(after)) continue;
    const star = name.slice(before.length, name.length - after.length);
    const targets = route.targets.map((target) =>
      target.model.includes('*')
        ? { provider: target.provider, model: target.model.replace('*', () => star), direct: true as const }
        : target,
    );
    const why = `The pattern "${route.name}" matches, the star takes "${star}" (${placeOf(table.file, route)}).`;
    return { route, why, targets };
  }
  return undefined;
}

/** The names clients may send as they are: exact routes, in the order of the file. */
export const names = (table: Table): string[] => [...table.exact.keys()];

/** For "did you mean" in the answer to an unknown name: exact routes, and the same model at a provider that exists. */
export function closeNames(table: Table, model: string, max = 3): string[] {
  const name = withoutContextSuffix(model);
  const slash = name.indexOf('/');
  const providers = table.direct && slash > 0 ? closest(name.slice(0, slash), table.providers) : [];
  const direct = providers.map((provider) => provider + name.slice(slash));
  return [...new Set([...closest(name, table.exact.keys(), max), ...direct])].slice(0, max);
}
