// A configuration at work: everything that one request needs, built together and closed together.
import type { Config, ConfigIssue } from '../config/config.ts';
import { ConfigError } from '../config/index.ts';
import { type Logger, SettingError } from '../contract/index.ts';
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

/** Creates every provider of a checked configuration. Throws ConfigError with the place of each `create` that threw, after
 * closing those that were built. */
export async function createRouter(config: Config, log: Logger): Promise<Router> {
  const upstreams = new Map<string, Upstream>();
  const issues: ConfigIssue[] = [];
  for (const provider of config.providers) {
    try {
      upstreams.set(provider.name, await createUpstream(provider, config.dir, log));
    } catch (error) {
      const path = ['providers', provider.name, ...(error instanceof SettingError ? error.path : [])];
      issues.push(config.issue(path, error instanceof Error ? error.message : String(error)));
    }
  }
  const media = createMediaFetcher();
  const close = () => closeAll([media, ...upstreams.values()].reverse(), log);
  if (issues.length > 0) {
    await close();
    throw new ConfigError(issues);
  }
  return { config, table: createTable(config), upstreams, keys: createKeyRing(config.keys), media, log, close };
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
