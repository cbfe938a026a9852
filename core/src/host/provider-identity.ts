// Whether a provider of a new configuration is the one that is at work already: then it is kept, with all that it has learnt.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { ProviderConfig } from '../config/config.ts';
import { digestOf } from '../config/digest.ts';
import type { Plugin } from '../contract/index.ts';

/** All that a provider is made of. Holds its secrets: compare it, and show it to nobody. */
export interface ProviderIdentity {
  readonly plugin: Plugin;
  /** What the file says of it, variables replaced and defaults filled in. */
  readonly config: Omit<ProviderConfig, 'plugin' | 'settings'>;
  /** The digest of what `caFile` says. */
  readonly trusted: string | undefined;
}

export function identityOf({ plugin, settings: _, ...config }: ProviderConfig, dir: string): ProviderIdentity {
  const { caFile } = config;
  return { plugin, config, trusted: caFile === undefined ? undefined : digestNow(resolve(dir, caFile)) };
}

/** The settings are compared as they were written: what a plugin's schema makes of them, functions and objects with a private
 * inside, cannot be. A changed plugin file is another plugin, the same one is the same. */
export const isSameProvider = (a: ProviderIdentity, b: ProviderIdentity): boolean =>
  a.plugin === b.plugin && a.trusted === b.trusted && isDeepStrictEqual(a.config, b.config);

/** One that cannot be read is an error when the provider is created. */
function digestNow(path: string): string {
  try {
    return digestOf(readFileSync(path));
  } catch {
    return '';
  }
}
