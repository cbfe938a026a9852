// The file at work: loaded at the start, again on SIGHUP and, with `server.watch`, when something that it consists of changes.
import { resolve, sep } from 'node:path';
import type { Config } from '../config/config.ts';
import { ConfigError, formatIssues, watchFiles } from '../config/index.ts';
import type { Logger } from '../contract/index.ts';
import { type ConfigLoader, createConfigLoader, createLive, type Live, type Reloaded } from '../host/index.ts';
import { SILENT } from '../observe/index.ts';
import type { CliOptions } from './index.ts';
import { printError, printFailure } from './print.ts';

/** Whoever serves what a file says: this process, or a primary with its workers. */
export interface Serving {
  /** The configuration at work. */
  config(): Config;
  /** Throws ConfigError and RouterError, and then nothing has changed. */
  reload(): Promise<Reloaded>;
  /** Is told of each swap. */
  onReload(follower: () => void): void;
}

/** Reads and checks what a file says now. */
export const configLoader = (file: string, { env, home }: CliOptions): ConfigLoader =>
  createConfigLoader(file, { env, home, log: SILENT });

/** Puts what a file says to work, so that it can be reloaded. Throws ConfigError with everything that is wrong with it. */
export const loadLive = (file: string, options: CliOptions, log: Logger): Promise<Live> =>
  createLive({ load: configLoader(file, options), log });

/** Reloads, and tells the operator on stderr what is wrong. Never throws; gives what was wrong with the file. */
export async function reloadAloud(serving: Serving): Promise<ConfigError | undefined> {
  try {
    const { warnings } = await serving.reload();
    if (warnings.length > 0) printError(formatIssues(warnings));
    return undefined;
  } catch (error) {
    printFailure(error);
    printError('turnout: not reloaded, nothing has changed');
    return error instanceof ConfigError ? error : undefined;
  }
}

/** Reloads when something changes, for as long as `server.watch` says so. The function ends that. */
export function watchServing(serving: Serving): () => void {
  const watch = watchFiles(async () => {
    const refused = await reloadAloud(serving);
    // Such as a secret that is not there yet.
    if (refused) watch.add(refused.sources);
  });
  const follow = () => {
    const config = serving.config();
    watch.follow(config.server.watch ? filesOf(config) : new Map());
  };
  follow();
  serving.onReload(follow);
  return () => watch.close();
}

/** All that a configuration consists of. */
function filesOf({ dir, providers, server, sources }: Config): Map<string, string | undefined> {
  const files = new Map<string, string | undefined>();
  for (const { pluginPath, caFile } of providers) {
    // A package is not read again before the process is.
    if (!pluginPath.includes(`${sep}node_modules${sep}`)) files.set(pluginPath, undefined);
    if (caFile !== undefined) files.set(resolve(dir, caFile), undefined);
  }
  for (const file of server.tls ? [server.tls.cert, server.tls.key] : []) files.set(resolve(dir, file), undefined);
  for (const [path, digest] of sources) files.set(path, digest);
  return files;
}
