// From the name of a file to a checked configuration with its plugins, as often as it is asked for.
import { resolve } from 'node:path';
import type { Config, ProviderConfig } from '../config/config.ts';
import { loadConfig, type ReadFiles } from '../config/index.ts';
import type { Logger } from '../contract/index.ts';
import { createPluginLoader } from './plugin-loader.ts';
import { builtInPlugins } from './plugin-place.ts';
import { tryProviders } from './router.ts';

export interface ConfigLoaderOptions {
  /** The folder whose packages hold the built-in plugins. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** For providers that are only tried. */
  readonly log: Logger;
}

/** Reads and checks what the file says now, or what `files` hold of it. Throws ConfigError. A provider that `isAtWork` needs no trial. */
export type ConfigLoader = (isAtWork: (provider: ProviderConfig) => boolean, files?: ReadFiles) => Promise<Config>;

/** The file stays the same one wherever the process goes, and is called as the user called it. */
export function createConfigLoader(file: string, { env, home, log }: ConfigLoaderOptions): ConfigLoader {
  const path = resolve(file);
  const loadPlugin = createPluginLoader(home);
  return (isAtWork, files) =>
    loadConfig(file, {
      env,
      path,
      loadPlugin,
      builtIns: builtInPlugins(home),
      ...(files && { files }),
      tryProviders: (providers, dir) => {
        const untried = providers.filter((provider) => !isAtWork(provider));
        return tryProviders(untried, dir, log);
      },
    });
}
