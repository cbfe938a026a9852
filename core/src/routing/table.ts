// Model name → targets. The table is built once for a config; an exact name costs one Map lookup.

import type { Config, RouteConfig, TargetConfig } from '../config/config.ts';
import { modelNameFault, withoutContextSuffix } from '../config/model-name.ts';
import { closest } from '../config/suggestion.ts';
import { RouterError } from '../contract/index.ts';
import { allTargetsOf, type Choice, type Group, mapGroup, orderedGroup } from './group.ts';

/** What routes set for the requests of one target. Where one route leads to another, what the outer one sets wins. */
export type Settings = Pick<RouteConfig, 'reasoning' | 'defaults' | 'settings'>;

export interface Target {
  readonly provider: string;
  /** The provider's own model name. */
  readonly model: string;
  /** The client chose that name: there is no route, or a pattern's star carried it over. */
  readonly direct?: true;
  readonly settings: Settings;
}

export interface Resolved {
  /** Undefined for `provider/model`, which needs no route. */
  readonly route: RouteConfig | undefined;
  /** One sentence, for `explain`. */
  readonly why: string;
  /** With at least one target. */
  readonly group: Group<Target>;
}

interface Pattern {
  readonly route: RouteConfig;
  /** The star is still in the models' names. */
  readonly group: Group<Target>;
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

/** Of targets that no route leads to. */
export const NO_SETTINGS: Settings = Object.freeze({ defaults: Object.freeze({}), settings: Object.freeze({}) });

/** The config must be a checked one: every target names a provider or a route of it, and no route leads back to itself. */
export function createTable(config: Pick<Config, 'file' | 'routes' | 'providers' | 'direct'>): Table {
  const exact = new Map<string, Resolved>();
  const patterns: Pattern[] = [];
  const groupOf = createGroups(config.routes);
  for (const route of config.routes) {
    const group = groupOf(route);
    const star = route.name.indexOf('*');
    if (star === -1) {
      const why = `The route "${route.name}" has this name (${placeOf(config.file, route)}).`;
      exact.set(route.name, Object.freeze({ route, why, group }));
      continue;
    }
    patterns.push(
      Object.freeze({
        route,
        group,
        before: route.name.slice(0, star),
        after: route.name.slice(star + 1),
        starCharactersMin: allTargetsOf(group).some((target) => target.model === '*') ? 1 : 0,
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

/** Makes the tree below a route. */
function createGroups(routes: readonly RouteConfig[]): (route: RouteConfig) => Group<Target> {
  const byName = new Map(routes.map((route) => [route.name, route]));
  // A route's turns are its own, wherever it is reached from.
  const turns = new Map(routes.map((route) => [route.name, { taken: 0 }]));
  const choiceOf = (target: TargetConfig & { readonly weight?: number }, settings: Settings): Choice<Target> => {
    const { weight = 1 } = target;
    if (!('route' in target)) {
      const { provider, model } = target;
      return { weight, name: `${provider}/${model}`, target: { provider, model, settings } };
    }
    const inner = byName.get(target.route);
    // Cross-references were checked with the file; this is the type system's question, not the user's.
    if (!inner) throw new RouterError('internal', `no route ${target.route}`);
    return { weight, name: `route/${target.route}`, group: groupOf(inner, settings) };
  };
  const groupOf = (route: RouteConfig, outer: Settings = NO_SETTINGS): Group<Target> => {
    const { name, strategy, sticky, targets, onContextOverflow, onContentBlocked } = route;
    const settings = mergedSettings(outer, route);
    const fallback = (list: readonly TargetConfig[]): Group<Target> => ({
      strategy: 'ordered',
      choices: list.map((target) => choiceOf(target, settings)),
      turns: { taken: 0 },
    });
    return {
      route: name,
      strategy,
      ...(sticky && { sticky }),
      choices: targets.map((target) => choiceOf(target, settings)),
      turns: turns.get(name) ?? { taken: 0 },
      ...(onContextOverflow && { onContextOverflow: fallback(onContextOverflow) }),
      ...(onContentBlocked && { onContentBlocked: fallback(onContentBlocked) }),
    };
  };
  return groupOf;
}

/** Key by key, also within what is set for one plugin: a guardrail of the inner route is not lost by another setting of the outer. */
function mergedSettings(outer: Settings, inner: Settings): Settings {
  if (outer === NO_SETTINGS) return inner;
  const reasoning = outer.reasoning ?? inner.reasoning;
  const plugins = new Set([...Object.keys(inner.settings), ...Object.keys(outer.settings)]);
  const settings = [...plugins].map((plugin) => [plugin, merged(outer.settings[plugin], inner.settings[plugin])]);
  return Object.freeze({
    ...(reasoning !== undefined && { reasoning }),
    defaults: Object.freeze({ ...inner.defaults, ...outer.defaults }),
    settings: Object.freeze(Object.fromEntries(settings)),
  });
}

function merged(outer: unknown, inner: unknown): unknown {
  const isMap = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap(outer) && isMap(inner)
    ? Object.freeze({ ...(inner as object), ...(outer as object) })
    : (outer ?? inner);
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
  const target = { provider, model: name.slice(slash + 1), direct: true as const, settings: NO_SETTINGS };
  return { route: undefined, why, group: orderedGroup([target]) };
}

function resolvePattern(table: Table, name: string): Resolved | undefined {
  for (const { route, group, before, after, starCharactersMin } of table.patterns) {
    if (name.length < before.length + after.length + starCharactersMin) continue;
    if (!name.startsWith(before) || !name.endsWith(after)) continue;
    const star = name.slice(before.length, name.length - after.length);
    const starred = mapGroup(group, (target): readonly Target[] => [
      target.model.includes('*') ? { ...target, model: target.model.replace('*', () => star), direct: true } : target,
    ]);
    const why = `The pattern "${route.name}" matches, the star takes "${star}" (${placeOf(table.file, route)}).`;
    return { route, why, group: starred };
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
