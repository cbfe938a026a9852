// `serve`: from a configuration at work to a process that listens, says so, follows its file, and ends well.
import { closeSync, openSync } from 'node:fs';
import type { ReadFiles } from '../config/index.ts';
import { createLive, type Live } from '../host/index.ts';
import { createLog, logStrayRejections } from '../observe/index.ts';
import { type Listening, listen } from '../server/index.ts';
import { countWorkers } from '../workers/share.ts';
import type { CliOptions } from './load.ts';
import { configLoader, reloadAloud, type Serving, watchServing } from './reload.ts';

export interface ServeOptions {
  /** Instead of the file's. */
  readonly port?: number;
  readonly onListening?: (url: string) => void;
}

/** Serves what a file says until SIGTERM or SIGINT, then drains; a second signal ends everything at once. SIGHUP reloads. Resolves with
 * the exit code. Throws ConfigError with everything that is wrong with the file, and an Error when it cannot listen. */
export async function serve(file: string, cli: CliOptions, options: ServeOptions = {}): Promise<number> {
  const log = createLog();
  logStrayRejections(log);
  const load = configLoader(file, cli);
  const files: ReadFiles = new Map();
  const config = await load(() => false, files);
  const count = countWorkers(config.server);
  if (count === 1) return serveAlone(await createLive({ load, log }, config), options);
  // Only now: who needs no workers does not load what they need.
  const { Primary } = await import('../workers/index.ts');
  const { host, port } = config.server;
  const at = { host, port: options.port ?? port };
  const primary = new Primary({ file, ...cli, log, load, at, count }, { config, files });
  await primary.start();
  const serving: Served = {
    url: primary.url,
    config: () => primary.config,
    reload: () => primary.reload(),
    onReload: (follower) => primary.onReload(follower),
    hopeless: primary.hopeless,
    close: () => primary.close(),
    kill: () => primary.kill(),
  };
  return serveUntilStopped(serving, options);
}

async function serveAlone(live: Live, options: ServeOptions): Promise<number> {
  const { host, port } = live.router.config.server;
  let listening: Listening;
  try {
    listening = await listen(live, { host, port: options.port ?? port });
  } catch (error) {
    await live.close();
    throw error;
  }
  const serving: Served = {
    url: listening.url,
    config: () => live.router.config,
    reload: () => live.reload(),
    onReload: (follower) => live.follow(() => ({ take: follower })),
    close: async () => {
      await listening.close();
      await live.close();
    },
  };
  return serveUntilStopped(serving, options);
}

/** What listens. */
interface Served extends Serving {
  readonly url: string;
  /** Resolves when it can serve no more. */
  readonly hopeless?: Promise<void>;
  /** Drains. */
  close(): Promise<void>;
  /** Ends what does not end with this process. */
  kill?(): void;
}

async function serveUntilStopped(serving: Served, { onListening }: ServeOptions): Promise<number> {
  // Heard from the first moment on that anybody can know of.
  const stopped = stopSignal({ hungUp: () => void reloadAloud(serving), hurried: () => serving.kill?.() });
  console.log(`turnout listening on ${serving.url}`);
  onListening?.(serving.url);
  const unwatch = watchServing(serving);
  const code = await Promise.race([
    stopped.then(() => 0),
    ...(serving.hopeless ? [serving.hopeless.then(() => 1)] : []),
  ]);
  unwatch();
  await serving.close();
  return code;
}

/** A second signal within this time is the same one: a terminal and a supervisor send it to every process of the group, and the
 * program that started us passes it on as well. */
const SAME_SIGNAL_MS = 300;

/** Resolves at the first signal to stop; a later one ends the process at once. `hurried` is called before
 * that. A hang-up calls `hungUp`, as long as none has come. */
function stopSignal({ hungUp, hurried }: { hungUp(): void; hurried(): void }): Promise<void> {
  const hasTerminal = terminalAnswers();
  return new Promise((stop) => {
    let firstMs: number | undefined;
    const heard = () => {
      firstMs ??= performance.now();
      if (performance.now() - firstMs > SAME_SIGNAL_MS) {
        hurried();
        process.exit(1);
      }
      stop();
    };
    process.on('SIGTERM', heard).on('SIGINT', heard);
    process.on('SIGHUP', () => {
      // The word's first meaning: the window that we were started in has been closed.
      if (hasTerminal && !terminalAnswers()) heard();
      else if (firstMs === undefined) hungUp();
    });
  });
}

/** Whether this process belongs to a terminal that is there. */
function terminalAnswers(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
