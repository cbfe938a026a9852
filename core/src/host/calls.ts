// The calls under way at one provider, so that they can be ended before it is closed.
import type { RouterError } from '../contract/index.ts';

type End = (reason: RouterError) => void;

export class Calls {
  readonly #running = new Set<End>();
  #stopped: RouterError | undefined;

  /** `end` is called when the provider cannot wait for the call any longer. Throws when it is closed already. */
  enter(end: End): void {
    if (this.#stopped) throw this.#stopped;
    this.#running.add(end);
  }

  leave(end: End): void {
    this.#running.delete(end);
  }

  /** Ends what is under way, and refuses what comes, with `reason`. */
  stop(reason: RouterError): void {
    this.#stopped ??= reason;
    for (const end of [...this.#running]) end(reason);
  }
}
