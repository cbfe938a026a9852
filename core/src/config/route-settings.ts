// What routes set for plugins: a key of a plugin's name, checked by that plugin's own `extensions` schema.
import type { Plugin } from '../contract/index.ts';
import type { YamlPath } from './config.ts';
import { ROUTE_KEYS } from './route-schema.ts';
import { isRecord, jsonSchemaOf } from './schema-keys.ts';
import type { Secrets } from './secret.ts';
import { didYouMean } from './suggestion.ts';
import type { Entry, Place, Problem } from './tree.ts';
import { entryOf, textOf } from './tree.ts';
import { problemsOf, validate } from './validation.ts';

export interface RouteSettings {
  /** The routes without these keys: what is left is core's to check. */
  readonly routes: unknown;
  /** Route → plugin → what its schema returned. */
  readonly settings: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  readonly problems: readonly Problem[];
}

interface Room {
  readonly root: Place;
  /** By the provider's name. */
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly secrets: Secrets;
}

/** Takes the plugins' keys out of the routes and checks each one. `value` is the plain form of `routes`. */
export async function readRouteSettings(value: unknown, room: Room): Promise<RouteSettings> {
  if (!isRecord(value)) return { routes: value, settings: new Map(), problems: [] };
  const settings = new Map<string, Readonly<Record<string, unknown>>>();
  const problems: Problem[] = [];
  const routes: [string, unknown][] = [];
  for (const [name, route] of Object.entries(value)) {
    if (!isRecord(route)) {
      routes.push([name, route]);
      continue;
    }
    const read = await readRoute(name, route, { ...room, routes: value });
    routes.push([name, read.rest]);
    settings.set(name, read.settings);
    problems.push(...read.problems);
  }
  return { routes: Object.fromEntries(routes), settings, problems };
}

/** A room with the plain form of all routes: they may lead to each other. */
interface RouteRoom extends Room {
  readonly routes: Readonly<Record<string, unknown>>;
}

async function readRoute(name: string, route: Readonly<Record<string, unknown>>, room: RouteRoom) {
  const rest: [string, unknown][] = [];
  const settings: [string, unknown][] = [];
  const problems: Problem[] = [];
  const place = entryOf(entryOf(room.root, 'routes')?.value, name)?.value;
  const named = pluginsByName(room.plugins);
  // A plugin that could not be loaded has been reported; whether this key is its name, nobody knows.
  const providers = providersOf(name, room.routes);
  const lacksPlugin = providers?.some((name) => isDeclared(name, room) && !room.plugins.has(name));
  for (const [key, value] of Object.entries(route)) {
    const plugin = ROUTE_KEYS.includes(key) ? undefined : named.get(key);
    const entry = entryOf(place, key);
    // What is no plugin's name is an unknown key: core's schema says so.
    if (plugin === undefined || entry === undefined) {
      if (!lacksPlugin || ROUTE_KEYS.includes(key) || didYouMean(key, ROUTE_KEYS) !== '') rest.push([key, value]);
      continue;
    }
    const path = ['routes', name, key];
    const fault = useFault(plugin, providers, room.plugins);
    if (fault !== undefined) problems.push({ span: entry.keySpan, path, message: fault });
    if (plugin.extensions === undefined || entry.value.kind === 'broken') continue;
    const checked = await check({ ...plugin, extensions: plugin.extensions }, value, { path, entry, ...room });
    if ('problems' in checked) problems.push(...checked.problems);
    else settings.push([key, checked.value]);
  }
  return { rest: Object.fromEntries(rest), settings: Object.freeze(Object.fromEntries(settings)), problems };
}

function pluginsByName(plugins: ReadonlyMap<string, Plugin>): Map<string, Plugin> {
  return new Map([...plugins.values()].map((plugin) => [plugin.name, plugin]));
}

const isDeclared = (provider: string, { root }: Room): boolean =>
  entryOf(entryOf(root, 'providers')?.value, provider) !== undefined;

const TARGET_LISTS = ['targets', 'onContextOverflow', 'onContentBlocked'] as const;

/** The names of the providers that a route leads to, also by way of other routes; undefined when its targets, or those of one of
 * these, are not what they should be. */
function providersOf(name: string, routes: RouteRoom['routes'], seen = new Set<string>()): string[] | undefined {
  if (seen.has(name)) return [];
  seen.add(name);
  const route = routes[name];
  if (typeof route === 'string') return providerOf(route, routes, seen);
  if (!isRecord(route) || !Array.isArray(route.targets)) return undefined;
  const found: string[] = [];
  for (const list of TARGET_LISTS) {
    const targets: unknown = route[list] ?? [];
    for (const target of Array.isArray(targets) ? targets : []) {
      const providers = providerOf(isRecord(target) ? target.target : target, routes, seen);
      if (providers === undefined) return undefined;
      found.push(...providers);
    }
  }
  return found;
}

function providerOf(target: unknown, routes: RouteRoom['routes'], seen: Set<string>): string[] | undefined {
  if (typeof target !== 'string') return [''];
  const slash = target.indexOf('/');
  if (slash === -1) return [target];
  const provider = target.slice(0, slash);
  return provider === 'route' ? providersOf(target.slice(slash + 1), routes, seen) : [provider];
}

/** Why a route may not set anything for this plugin. */
function useFault(
  plugin: Plugin,
  providers: readonly string[] | undefined,
  plugins: ReadonlyMap<string, Plugin>,
): string | undefined {
  if (plugin.extensions === undefined) return `the plugin "${plugin.name}" has no settings that a route could make`;
  const known = providers?.every((provider) => plugins.has(provider)) === true;
  if (!known || providers.some((provider) => plugins.get(provider)?.name === plugin.name)) return undefined;
  return `no target of this route uses the plugin "${plugin.name}"`;
}

interface Spot extends Room {
  readonly path: YamlPath;
  readonly entry: Entry;
}

async function check(
  { name, extensions }: Plugin & Required<Pick<Plugin, 'extensions'>>,
  written: unknown,
  { path, entry, root, secrets }: Spot,
): Promise<{ readonly value: unknown } | { readonly problems: readonly Problem[] }> {
  // A key without a value says nothing.
  const value = written ?? {};
  const checked = await validate(extensions, value);
  if ('message' in checked) {
    const message = secrets.redact(`the plugin "${name}" cannot check this: ${checked.message}`);
    return { problems: [{ span: entry.keySpan, path, message }] };
  }
  if (checked.issues === undefined) return { value: checked.value };
  const subject = { root, base: path, value, schema: jsonSchemaOf(extensions), redact: secrets.redact };
  return { problems: problemsOf(checked.issues, { ...subject, siblings: () => [] }) };
}

/** For "did you mean": the plugins that the targets of a route use, at the route's own level. */
export function pluginKeysAt(path: YamlPath, { root, plugins }: Pick<Room, 'root' | 'plugins'>): string[] {
  const [section, name] = path;
  if (section !== 'routes' || path.length !== 2) return [];
  const route = entryOf(entryOf(root, 'routes')?.value, String(name))?.value;
  const targets = entryOf(route, 'targets')?.value;
  const written = targets?.kind === 'list' ? targets.items : [];
  return written.flatMap((item) => {
    const text = textOf(entryOf(item, 'target')?.value ?? item)?.value;
    const plugin = plugins.get(String(text ?? '').split('/', 1)[0] ?? '');
    return plugin?.extensions === undefined ? [] : [plugin.name];
  });
}
