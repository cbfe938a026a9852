// A configuration at work: everything that one request needs, built together and closed together.
import type { Config, ProviderConfig } from '../config/config.ts';
import { ConfigError, type ProviderFault } from '../config/index.ts';
import type { Logger, SettingError } from '../contract/index.ts';
import { createTable, type Table } from '../routing/index.ts';
import { createKeyRing, type KeyRing } from './keys.ts';
import { createMediaFetcher, type MediaFetcher } from './media.ts';
import { createUpstream, type Upstream } from './upstream.ts';

export interface Router {
  readonly config: Config;
  readonly table: Table;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly keys: KeyRing;
  readonly media: MediaFetcher;
  readonly log: Logger;
  /** Closes the providers in reverse order. Idempotent. */
  close(): Promise<void>;
}

/** Creates every provider of a checked configuration. Throws ConfigError with the place of each `create` that threw or took longer
 * than `patienceMs`, after closing those that were built. */
export async function createRouter(config: Config, log: Logger, patienceMs?: number): Promise<Router> {
  const { upstreams, faults } = await createAll(config.providers, config.dir, log, patienceMs);
  const media = createMediaFetcher();
  const close = () => closeAll([media, ...upstreams.values()].reverse(), log);
  if (faults.length > 0) {
    await close();
    throw new ConfigError(faults.map(({ path, message }) => config.issue(path, message)));
  }
  return { config, table: createTable(config), upstreams, keys: createKeyRing(config.keys), media, log, close };
}

/** What would be wrong with these providers if they were created: they are, and are closed again. */
export async function tryProviders(
  providers: readonly ProviderConfig[],
  dir: string,
  log: Logger,
): Promise<readonly ProviderFault[]> {
  const { upstreams, faults } = await createAll(providers, dir, log);
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
  patienceMs?: number,
): Promise<Created> {
  const upstreams = new Map<string, Upstream>();
  const faults: ProviderFault[] = [];
  for (const provider of providers) {
    try {
      upstreams.set(provider.name, await createUpstream(provider, dir, log, patienceMs));
    } catch (error) {
      faults.push({ path: ['providers', provider.name, ...settingPath(error)], message: messageOf(error) });
    }
  }
  return { upstreams, faults };
}

async function closeAll(rooms: readonly { name?: string; close(): Promise<void> }[], log: Logger): Promise<void> {
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
