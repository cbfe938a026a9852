// The pipeline: bytes → YAML with places → variables → core's schema → the plugins' schemas → cross-references → Config.
import { dirname, resolve } from 'node:path';
import type { Document } from 'yaml';
import type { z } from 'zod';
import type { Config, ConfigIssue, ProviderConfig, YamlPath } from './config.ts';
import { convert } from './convert.ts';
import { ConfigError } from './error.ts';
import type { LoadPlugin } from './provider.ts';
import { readProviders } from './provider.ts';
import { type ReadFiles, readText } from './read.ts';
import { hostIn, referenceProblems } from './reference.ts';
import { routeOf } from './route.ts';
import { routeProblems } from './route-reference.ts';
import { pluginKeysAt, type RouteSettings, readRouteSettings } from './route-settings.ts';
import { rootSchema } from './schema.ts';
import { isRecord, jsonSchemaOf } from './schema-keys.ts';
import type { Secrets } from './secret.ts';
import { secretsOf, secretsOfText } from './secret.ts';
import type { Source, Span } from './source.ts';
import { createSource, excerptOf, positionOf } from './source.ts';
import { parseYaml } from './syntax.ts';
import type { Place, Problem } from './tree.ts';
import { entriesOf, entryOf, locate, TooManyValuesError, toPlain, valueSpan } from './tree.ts';
import { problemsOf } from './validation.ts';

/** More than any real file has; what a few nested aliases could expand to has no bound. */
const VALUES_MAX = 100_000;

export interface LoadOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Where the file is, when its name is not to be taken from the folder that the process is in now. */
  readonly path?: string;
  /** What was read before: see `ReadFiles`. */
  readonly files?: ReadFiles;
  /** Finds and imports a plugin by the word in the YAML; `dir` is the file's folder. A throw is an error at that word. */
  readonly loadPlugin: LoadPlugin;
  /** Names of the built-in plugins, for "did you mean". */
  readonly builtIns?: readonly string[];
  /** Asked when something else is wrong with the file: what would be wrong with the providers that are sound so far, so that it is
   * said at once. Nothing of them stays open. */
  readonly tryProviders?: (providers: readonly ProviderConfig[], dir: string) => Promise<readonly ProviderFault[]>;
}

/** Something wrong with a provider's settings that is found only when it is created. */
export interface ProviderFault {
  /** From the root of the file. */
  readonly path: YamlPath;
  readonly message: string;
}

/** Reads and checks a file. Throws ConfigError with everything that is wrong with it, in the order of the file. */
export async function loadConfig(file: string, options: LoadOptions): Promise<Config> {
  const path = options.path ?? resolve(file);
  const dir = dirname(path);
  const read = await readText(path, options.files);
  if ('fault' in read)
    throw new ConfigError([{ file, line: 0, column: 0, path: '', message: read.fault, excerpt: '' }]);
  const source = createSource(file, read.text);
  const { document, problems: broken } = parseYaml(source.text);
  if (broken.length > 0) throw new ConfigError(issuesOf(source, secretsOfText(source), broken));

  const sources = new Map([[path, read.digest]]);
  const { root, problems } = convert(document, source.text, {
    variables: options.env,
    dir,
    sources,
    files: options.files,
  });
  const secrets = secretsOf(source, root);
  const fail = (all: readonly Problem[]): never => {
    throw new ConfigError(issuesOf(source, secrets, all), sources);
  };
  const top = rootProblem(document, root);
  if (top !== undefined) return fail([...problems, top]);
  const value = plainOf(root);
  if (value instanceof TooManyValuesError)
    return fail([...problems, { span: root.span, path: [], message: value.message }]);

  const sections = isRecord(value) ? value : {};
  const declared = await readProviders(root, sections.providers, secrets, {
    dir,
    loadPlugin: options.loadPlugin,
    builtIns: options.builtIns ?? [],
  });
  const { providers, plugins } = declared;
  const room = { root, plugins, secrets };
  const { routes, settings, problems: ofRoutes } = await readRouteSettings(sections.routes, room);

  const own = isRecord(value) && routes !== undefined ? { ...value, routes } : value;
  const parsed = rootSchema.safeParse(own);
  const siblings = (path: YamlPath) => pluginKeysAt(path, room);
  const subject = { root, base: [], value: own, siblings, redact: secrets.redact, schema: jsonSchemaOf(rootSchema) };
  const ofRoot = parsed.success ? [] : problemsOf(parsed.error.issues, subject);
  const all = [
    ...problems,
    ...ofRoot,
    ...declared.problems,
    ...ofRoutes,
    ...referenceProblems(root, dir),
    ...routeProblems(root),
  ];
  if (!parsed.success || all.length > 0) {
    const faults = (await options.tryProviders?.(providers, dir)) ?? [];
    const span = ({ path }: ProviderFault) => spanAt(root, path);
    return fail([
      ...all,
      ...faults.map((fault) => ({ ...fault, message: secrets.redact(fault.message), span: span(fault) })),
    ]);
  }
  return build({ source, secrets, root, dir, sources }, parsed.data, providers, settings);
}

function rootProblem(document: Document, root: Place): Problem | undefined {
  const problem = (message: string): Problem => ({ span: root.span, path: [], message });
  if (root.kind === 'map' || root.kind === 'broken') return undefined;
  const empty = document.contents === null || (root.kind === 'scalar' && root.value === null);
  return problem(
    empty ? 'the file is empty: it needs at least "providers"' : 'expected a map with "providers" at the top',
  );
}

function plainOf(root: Place): unknown {
  try {
    return toPlain(root, VALUES_MAX);
  } catch (error) {
    if (error instanceof TooManyValuesError) return error;
    throw error;
  }
}

/** In the order of the file, one for each place and message: what an alias repeats is said once. */
function issuesOf(source: Source, secrets: Secrets, problems: readonly Problem[]): ConfigIssue[] {
  const seen = new Set<string>();
  return problems
    .toSorted((a, b) => a.span.start - b.span.start)
    .filter(({ span, message }) => {
      const identity = `${span.start} ${message}`;
      return !seen.has(identity) && seen.add(identity);
    })
    .map((problem) => issueOf(source, secrets, problem));
}

function issueOf(source: Source, secrets: Secrets, { span, path, message }: Problem): ConfigIssue {
  const { line, column } = positionOf(source, span.start);
  const excerpt = source.text === '' ? '' : excerptOf(source, span, secrets.masks);
  return { file: source.file, line, column, path: secrets.pathText(path), message, excerpt };
}

interface Origin {
  readonly source: Source;
  readonly secrets: Secrets;
  readonly root: Place;
  readonly dir: string;
  readonly sources: Config['sources'];
}

function build(
  { source, secrets, root, dir, sources }: Origin,
  data: z.output<typeof rootSchema>,
  providers: readonly ProviderConfig[],
  settings: RouteSettings['settings'],
): Config {
  const routes = entriesOf(entryOf(root, 'routes')?.value).flatMap(({ key, keySpan }) => {
    const route = data.routes[key];
    return route === undefined ? [] : [routeOf(key, positionOf(source, keySpan.start).line, route, settings.get(key))];
  });
  return Object.freeze({
    file: source.file,
    dir,
    server: Object.freeze({ ...data.server, host: hostIn(dir, data.server.host) }),
    keys: Object.freeze((data.keys ?? []).map((key) => Object.freeze(key))),
    providers: Object.freeze(providers.map((provider) => frozenParts(provider))),
    routes: Object.freeze(routes),
    direct: data.direct,
    strict: data.strict,
    media: Object.freeze(data.media),
    sources,
    issue: (path: YamlPath, message: string) =>
      issueOf(source, secrets, { span: spanAt(root, path), path, message: secrets.redact(message) }),
  });
}

/** The settings are left as the plugin's schema made them: they are the plugin's own. */
function frozenParts(provider: ProviderConfig): ProviderConfig {
  for (const part of [provider.retry, provider.timeout, provider.breaker, provider.concurrency, provider.headers]) {
    Object.freeze(part);
  }
  return Object.freeze(provider);
}

function spanAt(root: Place, path: YamlPath): Span {
  const located = locate(root, path);
  return located.depth === path.length ? valueSpan(located) : (located.entry?.keySpan ?? valueSpan(located));
}
