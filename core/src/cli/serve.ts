// `serve`: from a router to a process that listens, says so, and ends well.
import type { Router } from '../host/index.ts';
import { listen } from '../server/index.ts';

export interface ServeOptions {
  /** Instead of the file's. */
  readonly port?: number;
  readonly onListening?: (url: string) => void;
}

/** Serves until SIGTERM or SIGINT, then drains; a second signal ends the process at once. Resolves with the exit code. */
export async function serve(router: Router, options: ServeOptions = {}): Promise<number> {
  const { host, port } = router.config.server;
  let listening: Awaited<ReturnType<typeof listen>>;
  try {
    listening = await listen(router, { host, port: options.port ?? port });
  } catch (error) {
    await router.close();
    throw error;
  }
  console.log(`turnout listening on ${listening.url}`);
  options.onListening?.(listening.url);
  await stopSignal();
  await listening.close();
  await router.close();
  return 0;
}

/** A second signal within this time is the same one: a terminal and a supervisor send it to every process of the group, and the
 * program that started us passes it on as well. */
const SAME_SIGNAL_MS = 1_000;

/** Resolves at the first signal; a later one ends the process at once. */
function stopSignal(): Promise<void> {
  return new Promise((stop) => {
    let firstMs: number | undefined;
    const heard = () => {
      firstMs ??= performance.now();
      if (performance.now() - firstMs > SAME_SIGNAL_MS) process.exit(1);
      stop();
    };
    process.on('SIGTERM', heard).on('SIGINT', heard);
  });
}
