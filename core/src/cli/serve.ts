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
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => process.exit(1));
  await listening.close();
  await router.close();
  return 0;
}

function stopSignal(): Promise<void> {
  return new Promise((stop) => {
    const done = () => {
      process.off('SIGTERM', done).off('SIGINT', done);
      stop();
    };
    process.on('SIGTERM', done).on('SIGINT', done);
  });
}
