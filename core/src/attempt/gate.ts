// How many calls a provider serves at once, and how many may wait.
import type { ConcurrencyConfig } from '../config/config.ts';
import { RouterError } from '../contract/index.ts';

/** What a client is told when the queue is full. */
const RETRY_AFTER_MS = 1_000;

/** A counting semaphore with a bounded first-in-first-out queue. */
export class Gate {
  readonly #config: ConcurrencyConfig;
  readonly #waiting = new Set<() => void>();
  #busy = 0;

  constructor(config: ConcurrencyConfig) {
    this.#config = config;
  }

  /** Calls now inside. */
  get busy(): number {
    return this.#busy;
  }

  /** Calls now in the queue. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** Takes a place at once: true. False when there is none, and `wait` must be asked. */
  tryEnter(): boolean {
    if (this.#busy >= this.#config.max) return false;
    this.#busy++;
    return true;
  }

  /** Waits for a place. Throws `overloaded` when the queue is full, the signal's reason when it aborts. */
  async wait(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= this.#config.queue) {
      const { max, queue } = this.#config;
      throw new RouterError('overloaded', `too many requests at once: ${max} running and ${queue} waiting`, {
        own: true,
        retryAfterMs: RETRY_AFTER_MS,
      });
    }
    signal.throwIfAborted();
    await new Promise<void>((enter, refuse) => {
      const leave = () => {
        this.#waiting.delete(take);
        refuse(signal.reason);
      };
      const take = () => {
        this.#waiting.delete(take);
        signal.removeEventListener('abort', leave);
        enter();
      };
      this.#waiting.add(take);
      signal.addEventListener('abort', leave, { once: true });
    });
  }

  /** Gives the place to the next in the queue, or back. Once per entry. */
  leave(): void {
    const next = this.#waiting.values().next();
    if (next.done) this.#busy--;
    else next.value();
  }
}
