// `serve`: from a configuration at work to a process that listens, says so, follows its file, and ends well.
import { closeSync, openSync } from 'node:fs';
import type { Live } from '../host/index.ts';
import { type Listening, listen } from '../server/index.ts';
import { reloadAloud, watchLive } from './reload.ts';

export interface ServeOptions {
  /** Instead of the file's. */
  readonly port?: number;
  readonly onListening?: (url: string) => void;
}

/** Serves until SIGTERM or SIGINT, then drains; a second signal ends the process at once. SIGHUP reloads. Resolves with the exit
 * code. */
export async function serve(live: Live, options: ServeOptions = {}): Promise<number> {
  const { host, port } = live.router.config.server;
  let listening: Listening;
  try {
    listening = await listen(live, { host, port: options.port ?? port });
  } catch (error) {
    await live.close();
    throw error;
  }
  // Heard from the first moment on that anybody can know of.
  const stopped = stopSignal(() => void reloadAloud(live));
  console.log(`turnout listening on ${listening.url}`);
  options.onListening?.(listening.url);
  const unwatch = watchLive(live);
  await stopped;
  unwatch();
  await listening.close();
  await live.close();
  return 0;
}

/** A second signal within this time is the same one: a terminal and a supervisor send it to every process of the group, and the
 * program that started us passes it on as well. */
const SAME_SIGNAL_MS = 1_000;

/** Resolves at the first signal to stop; a later one ends the process at once. A hang-up calls `hungUp`, as long as none has come. */
function stopSignal(hungUp: () => void): Promise<void> {
  const hasTerminal = terminalAnswers();
  return new Promise((stop) => {
    let firstMs: number | undefined;
    const heard = () => {
      firstMs ??= performance.now();
      if (performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(1);
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
