// A configuration at work: everything that one request needs, built together and closed together.
import type { Config, ProviderConfig } from '../config/config.ts';
import { ConfigError, type ProviderFault } from '../config/index.ts';
import type { Logger, SettingError } from '../contract/index.ts';
import { createTable, type Table } from '../routing/index.ts';
import { createKeyRing, type KeyRing } from './keys.ts';
import { createMediaFetcher, type MediaFetcher } from './media.ts';
import { identityOf, isSameProvider } from './provider-identity.ts';
import { createUpstream, type Upstream } from './upstream.ts';
import { Users } from './users.ts';

export interface Router {
  readonly config: Config;
  readonly table: Table;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly keys: KeyRing;
  readonly media: MediaFetcher;
  /** The requests that began with it: each goes on with it to its end. */
  readonly users: Users;
  readonly log: Logger;
  /** Closes the providers in reverse order. Idempotent. */
  close(): Promise<void>;
}

export interface RouterOptions {
  /** For each `create`. */
  readonly patienceMs?: number;
  /** The one that is at work: its providers that have not changed are kept, and belong to both. */
  readonly previous?: Router;
}

/** Creates every provider of a checked configuration. Throws ConfigError with the place of each `create` that threw or took longer
 * than `patienceMs`, after closing those that were built. */
export async function createRouter(config: Config, log: Logger, options: RouterOptions = {}): Promise<Router> {
  const { previous } = options;
  const { upstreams, faults } = await createAll(config.providers, config.dir, log, options);
  if (faults.length > 0) {
    await closeAll(onlyIn({ upstreams }, previous).reverse(), log);
    throw new ConfigError(faults.map(({ path, message }) => config.issue(path, message)));
  }
  const media = previous?.media ?? createMediaFetcher();
  const close = closer([media, ...upstreams.values()], log);
  const keys = createKeyRing(config.keys, previous?.keys);
  return { config, table: createTable(config), upstreams, keys, media, users: new Users(), log, close };
}

/** On its own: a function made in `createRouter` would hold on to all that is known there, and so every router to the one before. */
const closer =
  (rooms: readonly (MediaFetcher | Upstream)[], log: Logger): Router['close'] =>
  () =>
    closeAll(rooms.toReversed(), log);

/** Whether a router has this very provider: a changed one is another of the same name. */
export function holds({ upstreams }: Pick<Router, 'upstreams'>, upstream: Upstream): boolean {
  return upstreams.get(upstream.name) === upstream;
}

/** The providers of one router that the other does not hold, in order. */
export function onlyIn({ upstreams }: Pick<Router, 'upstreams'>, other: Router | undefined): Upstream[] {
  return [...upstreams.values()].filter((upstream) => other === undefined || !holds(other, upstream));
}

/** The provider at work that is the same as this one of a new configuration. */
export function atWork({ upstreams, config: { dir } }: Router, provider: ProviderConfig): Upstream | undefined {
  const upstream = upstreams.get(provider.name);
  return upstream && isSameProvider(upstream.identity, identityOf(provider, dir)) ? upstream : undefined;
}

/** What would be wrong with these providers if they were created: they are, and are closed again. */
export async function tryProviders(
  providers: readonly ProviderConfig[],
  dir: string,
  log: Logger,
): Promise<readonly ProviderFault[]> {
  const { upstreams, faults } = await createAll(providers, dir, log, {});
  await closeAll([...upstreams.values()].reverse(), log);
  return faults;
}

interface Created {
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly faults: readonly ProviderFault[];
}

async function createAll(
  providers: readonly ProviderConfig[],
  dir: string,
  log: Logger,
  { patienceMs, previous }: RouterOptions,
): Promise<Created> {
  const upstreams = new Map<string, Upstream>();
  const faults: ProviderFault[] = [];
  for (const provider of providers) {
    try {
      const kept = previous && atWork(previous, provider);
      upstreams.set(provider.name, kept ?? (await createUpstream(provider, dir, log, patienceMs)));
    } catch (error) {
      faults.push({ path: ['providers', provider.name, ...settingPath(error)], message: messageOf(error) });
    }
  }
  return { upstreams, faults };
}

/** One after the other; what does not close cleanly is logged. */
export async function closeAll(
  rooms: readonly { name?: string; close(): Promise<void> }[],
  log: Logger,
): Promise<void> {
  for (const room of rooms) {
    try {
      await room.close();
    } catch (error) {
      log.warn({ provider: room.name, err: error }, 'a provider did not close cleanly');
    }
  }
}

/** The path of a SettingError, of any copy of the contract: a plugin may bring its own. */
function settingPath(error: unknown): SettingError['path'] {
  if (!(error instanceof Error) || error.name !== 'SettingError' || !('path' in error)) return [];
  const { path } = error;
  return Array.isArray(path)
    ? path.filter((segment) => typeof segment === 'string' || typeof segment === 'number')
    : [];
}

/** One line, whatever a plugin has thrown. */
function messageOf(error: unknown): string {
  const text = (error instanceof Error ? error.message || error.name : String(error)).trim();
  return text === '' ? 'create() threw an empty text' : text.split('\n', 1).join('');
}
