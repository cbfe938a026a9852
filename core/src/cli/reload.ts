// The file at work: loaded at the start, again on SIGHUP and, with `server.watch`, when something that it consists of changes.
import { resolve, sep } from 'node:path';
import { ConfigError, formatIssues, loadConfig, watchFiles } from '../config/index.ts';
import type { Logger } from '../contract/index.ts';
import {
  builtInPlugins,
  createLive,
  createPluginLoader,
  type Live,
  type LiveOptions,
  tryProviders,
} from '../host/index.ts';
import { SILENT } from '../observe/index.ts';
import type { CliOptions } from './index.ts';

/** Reads and checks what a file says now. The file stays the same one wherever the process goes, and is called as the user called it. */
export function configLoader(file: string, { env, home }: CliOptions): LiveOptions['load'] {
  const path = resolve(file);
  const loadPlugin = createPluginLoader(home);
  return (isAtWork) =>
    loadConfig(file, {
      env,
      path,
      loadPlugin,
      builtIns: builtInPlugins(home),
      tryProviders: (providers, dir) => {
        const untried = providers.filter((provider) => !isAtWork(provider));
        return tryProviders(untried, dir, SILENT);
      },
    });
}

/** Puts what a file says to work, so that it can be reloaded. Throws ConfigError with everything that is wrong with it. */
export const loadLive = (file: string, options: CliOptions, log: Logger): Promise<Live> =>
  createLive({ load: configLoader(file, options), log });

/** Reloads, and tells the operator on stderr what is wrong. Never throws; gives what was wrong with the file. */
export async function reloadAloud(live: Live): Promise<ConfigError | undefined> {
  try {
    const { warnings } = await live.reload();
    if (warnings.length > 0) console.error(formatIssues(warnings));
    return undefined;
  } catch (error) {
    if (error instanceof ConfigError) console.error(formatIssues(error.issues));
    else console.error(`turnout: ${error instanceof Error ? error.message : String(error)}`);
    console.error('turnout: not reloaded, nothing has changed');
    return error instanceof ConfigError ? error : undefined;
  }
}

/** Reloads when something changes, for as long as `server.watch` says so. The function ends that. */
export function watchLive(live: Live): () => void {
  const watch = watchFiles(async () => {
    const refused = await reloadAloud(live);
    // Such as a secret that is not there yet.
    if (refused) watch.add(refused.sources);
  });
  const follow = () => watch.follow(live.router.config.server.watch ? filesOf(live) : new Map());
  follow();
  live.follow(() => ({ take: follow }));
  return () => watch.close();
}

/** All that a configuration consists of. */
function filesOf({ router: { config } }: Live): Map<string, string | undefined> {
  const { dir, providers, server } = config;
  const files = new Map<string, string | undefined>();
  for (const { pluginPath, caFile } of providers) {
    // A package is not read again before the process is.
    if (!pluginPath.includes(`${sep}node_modules${sep}`)) files.set(pluginPath, undefined);
    if (caFile !== undefined) files.set(resolve(dir, caFile), undefined);
  }
  for (const file of server.tls ? [server.tls.cert, server.tls.key] : []) files.set(resolve(dir, file), undefined);
  for (const [path, digest] of config.sources) files.set(path, digest);
  return files;
}
