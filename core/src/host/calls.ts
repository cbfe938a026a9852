// The calls under way at one provider, so that they can be ended before it is closed.
import type { RouterError } from '../contract/index.ts';
import { type Entry, Roster } from './roster.ts';

type End = (reason: RouterError) => void;

export class Calls {
  readonly #running = new Roster<End>();
  #stopped: RouterError | undefined;

  /** `end` is called when the provider cannot wait for the call any longer. Throws when it is closed already. */
  enter(end: End): Entry<End> {
    if (this.#stopped) throw this.#stopped;
    return this.#running.add(end);
  }

  /** Idempotent. */
  leave(entry: Entry<End>): void {
    this.#running.remove(entry);
  }

  /** Ends what is under way, and refuses what comes, with `reason`. */
  stop(reason: RouterError): void {
    this.#stopped ??= reason;
    for (const end of this.#running.all()) end(reason);
  }
}
