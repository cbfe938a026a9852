// The `providers` section: for each entry core's own keys by core's schema, the rest by its plugin's.
import type { Plugin } from '../contract/index.ts';
import type { ProviderConfig, YamlPath } from './config.ts';
import { PROVIDER_KEYS, providerSchema } from './schema.ts';
import type { JsonSchema } from './schema-keys.ts';
import { isRecord, jsonSchemaOf } from './schema-keys.ts';
import type { Secrets } from './secret.ts';
import { didYouMean } from './suggestion.ts';
import type { Entry, Place, Problem } from './tree.ts';
import { entriesOf, entryOf, locate, parentSpan, valueSpan } from './tree.ts';
import { problemsOf, spaceHint, validate } from './validation.ts';

export interface LoadedPlugin {
  readonly plugin: Plugin;
  /** Where its module is. */
  readonly path: string;
}
/** There is no plugin of that name. Any other failure to load one is an Error of any kind. */
export class PluginNotFoundError extends Error {
  override readonly name = 'PluginNotFoundError';
  /** What there is instead, for "did you mean". */
  readonly candidates: readonly string[];
  /** The first candidate is what was meant, however it is spelt. */
  readonly certain: boolean;
  constructor(message: string, candidates: readonly string[] = [], certain = false) {
    super(message);
    this.candidates = candidates;
    this.certain = certain;
  }
}
export type LoadPlugin = (name: string, dir: string) => Promise<LoadedPlugin>;

export interface PluginSource {
  readonly dir: string;
  readonly loadPlugin: LoadPlugin;
  /** For "did you mean". */
  readonly builtIns: readonly string[];
}

export interface ProvidersResult {
  /** Those without problems, in the order of the file. */
  readonly providers: readonly ProviderConfig[];
  /** By the provider's name, also where the settings are wrong. */
  readonly plugins: ReadonlyMap<string, Plugin>;
  readonly problems: readonly Problem[];
}

/** Reads all entries of `providers`; plugins are loaded at the same time, each once. */
export async function readProviders(
  root: Place,
  value: unknown,
  secrets: Secrets,
  source: PluginSource,
): Promise<ProvidersResult> {
  const loading = new Map<string, Promise<LoadedPlugin>>();
  const load = (name: string): Promise<LoadedPlugin> => {
    const known = loading.get(name) ?? Promise.resolve().then(() => source.loadPlugin(name, source.dir));
    loading.set(name, known);
    return known;
  };
  const results = await Promise.all(
    entriesOf(entryOf(root, 'providers')?.value).map((entry) => {
      const written = isRecord(value) ? value[entry.key] : undefined;
      return readProvider(entry, written ?? {}, { root, secrets, load, builtIns: source.builtIns }).then((result) => ({
        ...result,
        name: entry.key,
      }));
    }),
  );
  return {
    providers: results.flatMap((result) => result.provider ?? []),
    plugins: new Map(results.flatMap(({ name, plugin }) => (plugin === undefined ? [] : [[name, plugin] as const]))),
    problems: [...results.flatMap((result) => result.problems), ...namesakeProblems(root, results)],
  };
}

/** A plugin's name is also the key of its settings in routes and requests: two plugins of one name could not be told apart. */
function namesakeProblems(root: Place, results: readonly { name: string; plugin?: Plugin }[]): Problem[] {
  const first = new Map<string, { name: string; plugin: Plugin }>();
  return results.flatMap(({ name, plugin }) => {
    if (plugin === undefined) return [];
    const namesake = first.get(plugin.name);
    if (namesake === undefined) first.set(plugin.name, { name, plugin });
    if (namesake === undefined || namesake.plugin === plugin) return [];
    const path = ['providers', name, 'plugin'];
    const located = locate(root, path);
    const message = `another plugin than that of providers.${namesake.name}, and both are called "${plugin.name}"`;
    const written = located.depth === path.length;
    return [
      { span: written ? valueSpan(located) : parentSpan(root, path), path: written ? path : path.slice(0, 2), message },
    ];
  });
}

interface Room {
  readonly root: Place;
  readonly secrets: Secrets;
  readonly builtIns: readonly string[];
  load(name: string): Promise<LoadedPlugin>;
}

interface ProviderResult {
  readonly plugin?: Plugin;
  readonly provider?: ProviderConfig;
  readonly problems: readonly Problem[];
}

async function readProvider(entry: Entry, value: unknown, room: Room): Promise<ProviderResult> {
  const base: YamlPath = ['providers', entry.key];
  const refused = nameFault(entry.key);
  const problems: Problem[] = refused === undefined ? [] : [{ span: entry.keySpan, path: base, message: refused }];
  if (entry.value.kind === 'broken') return { problems };
  if (!isRecord(value)) {
    const message = `expected a map of the provider's settings${spaceHint(entry.value)}`;
    return { problems: [...problems, { span: valueSpan({ place: entry.value, entry }), path: base, message }] };
  }
  const own = Object.fromEntries(Object.entries(value).filter(([key]) => PROVIDER_KEYS.includes(key)));
  const rest = Object.fromEntries(Object.entries(value).filter(([key]) => !PROVIDER_KEYS.includes(key)));
  const subject = {
    root: room.root,
    base,
    siblings: (path: YamlPath) => (path.length === 0 ? PROVIDER_KEYS : []),
    redact: room.secrets.redact,
  };
  const core = providerSchema.safeParse(own);
  if (!core.success) {
    problems.push(...problemsOf(core.error.issues, { ...subject, value: own, schema: jsonSchemaOf(providerSchema) }));
  }
  const loaded = await loadFor(entry, own.plugin, room);
  if (loaded === undefined || 'message' in loaded)
    return { problems: loaded === undefined ? problems : [...problems, loaded] };
  const { plugin } = loaded;
  const checked = await validate(plugin.config, rest);
  if ('message' in checked) {
    const message = room.secrets.redact(`the plugin cannot check its settings: ${checked.message}`);
    return { plugin, problems: [...problems, { span: entry.keySpan, path: base, message }] };
  }
  if (checked.issues !== undefined) {
    const schema: JsonSchema | undefined = jsonSchemaOf(plugin.config);
    problems.push(...problemsOf(checked.issues, { ...subject, value: rest, schema }));
  }
  if (problems.length > 0 || !core.success || checked.issues !== undefined) return { plugin, problems };
  const { plugin: _name, ...common } = core.data;
  const { path: pluginPath } = loaded;
  const settings = { settings: checked.value, written: rest };
  return { plugin, provider: { name: entry.key, plugin, pluginPath, ...settings, ...common }, problems };
}

function nameFault(name: string): string | undefined {
  if (name === 'route') return 'a provider cannot be called "route": targets use that word for routes';
  if (/^[A-Za-z0-9_-]+$/.test(name)) return undefined;
  return 'a provider\'s name has letters, digits, "-" and "_" only';
}

/** Undefined when the plugin's name is itself wrong, which has been reported. */
async function loadFor(entry: Entry, written: unknown, room: Room): Promise<LoadedPlugin | Problem | undefined> {
  const given = entryOf(entry.value, 'plugin');
  if (given !== undefined && (typeof written !== 'string' || written === '')) return undefined;
  const name = typeof written === 'string' ? written : entry.key;
  try {
    return await room.load(name);
  } catch (error) {
    const suggestion = error instanceof PluginNotFoundError ? suggestionFor(name, error, room) : '';
    const reason = room.secrets.redact(error instanceof Error ? error.message : String(error));
    const path = ['providers', entry.key, ...(given === undefined ? [] : ['plugin'])];
    const span = given === undefined ? entry.keySpan : valueSpan(locate(room.root, path));
    const missing =
      given === undefined && error instanceof PluginNotFoundError ? '; name its plugin with "plugin: …"' : '';
    return { span, path, message: `cannot load the plugin${suggestion === '' ? `: ${reason}${missing}` : suggestion}` };
  }
}

function suggestionFor(name: string, { candidates, certain }: PluginNotFoundError, { builtIns }: Room): string {
  return certain ? `, did you mean "${candidates[0]}"?` : didYouMean(name, [...builtIns, ...candidates]);
}
