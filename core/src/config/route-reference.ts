// What no schema can say of routes: names that must exist, stars that must match, circles, and keys that mean something only together.
import type { YamlPath } from './config.ts';
import { modelNameFault, withoutContextSuffix } from './model-name.ts';
import type { Span } from './source.ts';
import { didYouMean } from './suggestion.ts';
import type { Entry, Place, Problem } from './tree.ts';
import { entriesOf, entryOf, textOf, valueSpan } from './tree.ts';

/** Where a route may lead. */
interface Names {
  /** Undefined where `providers` is no map. */
  readonly providers: readonly string[] | undefined;
  readonly routes: ReadonlyMap<string, Entry>;
}

/** A target as it is written. */
interface Written {
  readonly path: YamlPath;
  readonly span: Span;
  /** The key it stands under: each list may name a target once. */
  readonly list: string;
  /** What is before the first slash. */
  readonly provider: string;
  readonly model: string;
}

/** All problems of the routes. Looks only at values of the right type: the rest is the schema's to report. */
export function routeProblems(root: Place): Problem[] {
  const providers = entryOf(root, 'providers')?.value;
  const entries = entriesOf(entryOf(root, 'routes')?.value);
  const names: Names = {
    providers: providers?.kind === 'map' ? entriesOf(providers).map((entry) => entry.key) : undefined,
    routes: new Map(entries.map((entry) => [entry.key, entry])),
  };
  const steps = stepsOf(names);
  const places = placesOf(names, steps);
  // What has a number is in no circle.
  const circles = circlesOf(new Map([...steps].filter(([name]) => !places.has(name))));
  return entries.flatMap((entry) => [
    ...nameProblems(entry),
    ...sizeProblems(entry, places.get(entry.key) ?? 0),
    ...strategyProblems(entry),
    ...targetProblems(entry, names, circles),
  ]);
}

function nameProblems({ key, keySpan }: Entry): Problem[] {
  const problem = (message: string): Problem[] => [{ span: keySpan, path: ['routes', key], message }];
  const fault = modelNameFault(key);
  if (fault !== undefined) return problem(fault);
  if (key.split('*').length > 2) return problem('a pattern has one "*" at most');
  const bare = withoutContextSuffix(key);
  if (bare !== key)
    return problem(`never matches: this suffix is taken off the names that clients send; write "${bare}"`);
  return [];
}

/** A route that leads to more is a mistake, and its tree would be walked for each request. */
const PLACES_MAX = 1_000;

function sizeProblems({ key, keySpan }: Entry, places: number): Problem[] {
  if (places <= PLACES_MAX) return [];
  const message = `leads to ${places} targets, counting those of the routes it names; ${PLACES_MAX} at most`;
  return [{ span: keySpan, path: ['routes', key], message }];
}

/** Strategies that look at weights. */
const WEIGHING = ['weighted', 'sticky'];

function strategyProblems({ key, value }: Entry): Problem[] {
  const strategy = String(textOf(entryOf(value, 'strategy')?.value)?.value ?? 'ordered');
  const problems: Problem[] = [];
  const sticky = entryOf(value, 'sticky');
  if (sticky && strategy !== 'sticky') {
    problems.push({ span: sticky.keySpan, path: ['routes', key, 'sticky'], message: 'needs "strategy: sticky"' });
  }
  const list = entryOf(value, 'targets')?.value;
  for (const [index, item] of list?.kind === 'list' ? list.items.entries() : []) {
    const weight = entryOf(item, 'weight');
    if (!weight || WEIGHING.includes(strategy)) continue;
    const message = `has no effect with "strategy: ${strategy}": only weighted and sticky look at it`;
    problems.push({ span: weight.keySpan, path: ['routes', key, 'targets', index, 'weight'], message });
  }
  return problems;
}

function targetProblems(route: Entry, names: Names, circles: ReadonlySet<string>): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const target of targetsOf(route)) {
    const { path, span, list, provider, model } = target;
    const whole = `${list} ${provider}/${model}`;
    const fault =
      provider === 'route' ? routeFault(route.key, model, names, circles) : modelFault(route.key, target, names);
    for (const message of fault.length > 0 || !seen.has(whole) ? fault : ['the same target twice']) {
      problems.push({ span, path, message });
    }
    seen.add(whole);
  }
  return problems;
}

function modelFault(route: string, { provider, model }: Written, { providers }: Names): string[] {
  const known = providers === undefined || providers.includes(provider);
  const unknown = known ? [] : [`unknown provider${didYouMean(provider, providers)}`];
  const fault = modelNameFault(model);
  if (fault !== undefined) return [...unknown, fault];
  if (model.split('*').length > 2) return [...unknown, 'a target has one "*" at most'];
  if (!model.includes('*') || route.includes('*')) return unknown;
  return [...unknown, 'a "*" here takes what a "*" in the route\'s name matched, and there is none'];
}

function routeFault(from: string, to: string, { routes }: Names, circles: ReadonlySet<string>): string[] {
  if (to.includes('*')) return ['a pattern cannot be a target: name a route without "*"'];
  if (!routes.has(to)) {
    const exact = [...routes.keys()].filter((name) => !name.includes('*'));
    return [`there is no route "${to}"${didYouMean(to, exact)}`];
  }
  return circles.has(edge(from, to)) ? [`leads back to the route "${from}": routes cannot go in circles`] : [];
}

const edge = (from: string, to: string): string => JSON.stringify([from, to]);

/** The routes that each route leads to, once for each target that says so. */
type Steps = ReadonlyMap<string, readonly string[]>;

const stepsOf = ({ routes }: Names): Steps =>
  new Map(
    [...routes].map(([name, entry]) => [
      name,
      targetsOf(entry).flatMap(({ provider, model }) => (provider === 'route' && routes.has(model) ? [model] : [])),
    ]),
  );

/** The steps from one route to another that lead back to where they started. */
function circlesOf(steps: Steps): Set<string> {
  const reach = (from: string): Set<string> => {
    const found = new Set<string>();
    const open = [from];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (found.has(name)) continue;
      found.add(name);
      open.push(...(steps.get(name) ?? []));
    }
    return found;
  };
  const circles = new Set<string>();
  for (const [from, tos] of steps) for (const to of tos) if (reach(to).has(from)) circles.add(edge(from, to));
  return circles;
}

/** How many places each route leads to: its targets, and for one that is a route also the places of that. Routes from which a circle
 * is reached have no number. Each is counted once, after all that it leads to: what is nested ten deep may be ten to the tenth. */
function placesOf({ routes }: Names, steps: Steps): Map<string, number> {
  const counts = new Map<string, number>();
  const outer = new Map<string, string[]>();
  const uncounted = new Map<string, number>();
  for (const [from, tos] of steps) {
    uncounted.set(from, tos.length);
    for (const to of tos) {
      const froms = outer.get(to);
      if (froms) froms.push(from);
      else outer.set(to, [from]);
    }
  }
  const ready = [...uncounted].flatMap(([name, inner]) => (inner === 0 ? [name] : []));
  for (let name = ready.pop(); name !== undefined; name = ready.pop()) {
    const entry = routes.get(name);
    const inner = (steps.get(name) ?? []).reduce((sum, to) => sum + (counts.get(to) ?? 0), 0);
    counts.set(name, (entry ? targetsOf(entry).length : 0) + inner);
    for (const from of outer.get(name) ?? []) {
      const left = (uncounted.get(from) ?? 0) - 1;
      uncounted.set(from, left);
      if (left === 0) ready.push(from);
    }
  }
  return counts;
}

const LISTS = ['targets', 'onContextOverflow', 'onContentBlocked'];

/** The targets that have the form `provider/model`. */
function targetsOf({ key, value }: Entry): Written[] {
  const base: YamlPath = ['routes', key];
  const own: [YamlPath, string, Place | undefined][] = [[base, 'targets', value]];
  const listed = LISTS.flatMap((name): typeof own => {
    const list = entryOf(value, name)?.value;
    if (list?.kind !== 'list') return [];
    return list.items.map((item, index) => {
      const path = [...base, name, index];
      const inner = entryOf(item, 'target');
      return inner ? [[...path, 'target'], name, inner.value] : [path, name, item];
    });
  });
  return [...own, ...listed].flatMap(([path, list, written]) => {
    const place = textOf(written);
    const text = String(place?.value ?? '');
    const slash = text.indexOf('/');
    if (place === undefined || slash < 1 || slash === text.length - 1) return [];
    const [provider, model] = [text.slice(0, slash), text.slice(slash + 1)];
    return [{ path, span: valueSpan({ place }), list, provider, model }];
  });
}
