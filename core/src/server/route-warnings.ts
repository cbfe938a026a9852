// What a route sets and a target cannot carry, and what else would surprise: nobody's request is at fault, so it is said before there
// is one.
import { targetName } from '../attempt/index.ts';
import type { ConfigIssue, RouteConfig } from '../config/config.ts';
import { type Loss, RouterError } from '../contract/index.ts';
import { callerOfKey, type Router, unrestricted } from '../host/index.ts';
import { type Choice, type Group, targetsOf } from '../routing/index.ts';
import { departFrom, findJourney, type Glance, type Journey, lookAhead, type RouteTarget } from './journey.ts';

/** A target at the end of a route, and the routes on the way to it. */
interface End {
  readonly target: RouteTarget;
  /** The outermost first; with at least one. */
  readonly way: readonly RouteConfig[];
}

/** A warning for each setting of a route that a target would drop, for each target that could not be asked, and for what has no
 * effect. Each is said once, at the route that says so in the file. */
export function routeWarnings(router: Router): ConfigIssue[] {
  const { routes } = router.config;
  // A pattern's targets are known only with a name.
  const exact = routes.filter(({ name }) => !name.includes('*'));
  const warnings = exact.flatMap((route) => {
    const journey = findJourney(router, departFrom(route.name), unrestricted('check'));
    const ends = endsOf(router, journey.group, []);
    return [
      ...ends.flatMap((end) => endWarnings(router, journey, end)),
      ...idleWarnings(router, route, journey),
      ...overflowWarnings(router, route, journey),
    ];
  });
  const seen = new Set<string>();
  return [...warnings, ...unreachedWarnings(router)].filter(({ line, column, path, message }) => {
    const identity = JSON.stringify([line, column, path, message]);
    return !seen.has(identity) && seen.add(identity);
  });
}

/** Those of typed fallbacks too. */
function endsOf(router: Router, group: Group<RouteTarget>, outer: readonly RouteConfig[]): End[] {
  const route = router.config.routes.find(({ name }) => name === group.route);
  const way = route ? [...outer, route] : outer;
  const { choices, onContextOverflow, onContentBlocked } = group;
  return [
    ...choices.flatMap((choice) =>
      choice.group ? endsOf(router, choice.group, way) : [{ target: choice.target, way }],
    ),
    ...(onContextOverflow ? endsOf(router, onContextOverflow, way) : []),
    ...(onContentBlocked ? endsOf(router, onContentBlocked, way) : []),
  ];
}

function endWarnings(router: Router, journey: Journey, { target, way }: End): ConfigIssue[] {
  const name = targetName(target);
  const plugin = target.upstream.config.plugin.name;
  const warn = (path: readonly string[], message: string) => router.config.issue(path, `warning: ${message}`);
  const at = (route: RouteConfig | undefined) => ['routes', route?.name ?? ''];
  const unread = way.flatMap((route) =>
    Object.keys(route.settings)
      .filter((owner) => owner !== plugin)
      .map((owner) =>
        warn([...at(route), owner], `${name} does not get this: it is no target of the plugin "${owner}"`),
      ),
  );
  const glance = glanceAt(target, journey);
  if (RouterError.is(glance)) return [...unread, warn(at(way.at(-1)), `${name} cannot be asked: ${glance.message}`)];
  const { plan, defaulted } = glance;
  const lost = plan.losses.filter(
    ({ field, action, ofRoute }) => action === 'dropped' && (ofRoute || defaulted.has(field)),
  );
  const unsent = lost.map((loss) => {
    const setting = settingPath(loss);
    const setter = way.find((route) => sets(route, setting));
    return warn([...at(setter ?? way[0]), ...setting], `${name} does not get this: ${loss.reason}`);
  });
  const doubt = `${name}: the provider does not know this model, and sends the name as it is written`;
  const unknown = plan.resolution.known === false ? [warn(at(way.at(-1)), doubt)] : [];
  return [...unknown, ...unread, ...unsent];
}

function glanceAt(target: RouteTarget, journey: Journey): Glance | RouterError {
  try {
    return lookAhead(target, { ...journey, strict: false });
  } catch (thrown) {
    return RouterError.from(thrown);
  }
}

/** Where a route says it, below the route. */
function settingPath({ field, ofRoute }: Loss): string[] {
  // A plugin names its own settings as they are written: `plugin.setting`.
  if (ofRoute) return field.split('.');
  return field === 'reasoning' ? [field] : ['defaults', field];
}

/** What an outer route sets wins: the first that does has set it. */
function sets({ reasoning, defaults, settings }: RouteConfig, [first = '', second]: readonly string[]): boolean {
  if (first === 'reasoning') return reasoning !== undefined;
  const inner = first === 'defaults' ? defaults : settings[first];
  return typeof inner === 'object' && inner !== null && (second === undefined || Object.hasOwn(inner, second));
}

/** A choice among one. */
function idleWarnings(router: Router, route: RouteConfig, { group }: Journey): ConfigIssue[] {
  const { strategy } = route;
  const [only] = group.choices;
  if (strategy === 'ordered' || group.choices.length > 1 || (only && strategy === 'least-latency' && isPool(only)))
    return [];
  const message = `warning: "strategy: ${strategy}" has no effect with one target`;
  return [router.config.issue(['routes', route.name, 'strategy'], message)];
}

/** The members of one are asked by their latency too. */
const isPool = ({ group }: Choice<RouteTarget>): boolean => group !== undefined && group.route === undefined;

/** A prompt that is too long for the one is too long for a smaller one. */
function overflowWarnings(router: Router, route: RouteConfig, journey: Journey): ConfigIssue[] {
  const { onContextOverflow } = journey.group;
  if (!onContextOverflow) return [];
  const sizeOf = (target: RouteTarget): number | undefined => {
    const glance = glanceAt(target, journey);
    return RouterError.is(glance) ? undefined : glance.plan.resolution.inputTokensMax;
  };
  const sizes = targetsOf(journey.group).map((target) => sizeOf(target) ?? 0);
  const smallest = Math.min(...sizes);
  return targetsOf(onContextOverflow).flatMap((target) => {
    const size = sizeOf(target);
    if (size === undefined || size > smallest) return [];
    const message = `warning: ${targetName(target)} takes ${size} tokens, and no target of the route takes less: it overflows too`;
    return [router.config.issue(['routes', route.name, 'onContextOverflow'], message)];
  });
}

/** Routes that no request comes to. */
function unreachedWarnings(router: Router): ConfigIssue[] {
  const { routes, keys } = router.config;
  const warn = (name: string, why: string) => router.config.issue(['routes', name], `warning: never reached: ${why}`);
  const { patterns, direct, providers } = router.table;
  const shadowed = patterns.flatMap(({ route, before, after, starCharactersMin }, position) => {
    const slash = before.indexOf('/');
    if (direct && providers.has(before.slice(0, Math.max(0, slash)))) {
      const provider = before.slice(0, slash + 1);
      return [warn(route.name, `names that begin with "${provider}" are the provider's own models (direct: true)`)];
    }
    const lengthMin = before.length + after.length + starCharactersMin;
    const broader = patterns
      .slice(0, position)
      .find(
        (other) =>
          before.startsWith(other.before) &&
          after.endsWith(other.after) &&
          lengthMin >= other.before.length + other.after.length + other.starCharactersMin,
      );
    return broader ? [warn(route.name, `the pattern "${broader.route.name}" before it takes the same names`)] : [];
  });
  const callers = keys.flatMap(({ name }) => callerOfKey(keys, name) ?? []);
  const targeted = new Set(routes.flatMap(leadsTo));
  const forbidden = routes
    .filter(({ name }) => !name.includes('*') && !targeted.has(name))
    .filter(({ name }) => callers.length > 0 && !callers.some((caller) => caller.mayUse(name)))
    .map(({ name }) => warn(name, 'no key may use it, and no route leads to it'));
  return [...shadowed, ...forbidden];
}

const leadsTo = ({ targets, onContextOverflow = [], onContentBlocked = [] }: RouteConfig): string[] =>
  [...targets, ...onContextOverflow, ...onContentBlocked].flatMap((target) =>
    'route' in target ? [target.route] : [],
  );
