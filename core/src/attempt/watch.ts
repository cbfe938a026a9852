// What ends one upstream call: the request's own end, or too long a silence.
import { RouterError } from '../contract/index.ts';

/** One AbortController and at most one timer for one call. Events only note the time; the timer looks when it fires. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #onParent = () => this.#controller.abort(this.#parent.reason);
  #timer: NodeJS.Timeout | undefined;
  #limitMs = 0;
  #lastMs = 0;
  #what = '';

  /** Throws the parent's reason when it is over already. */
  constructor(parent: AbortSignal) {
    parent.throwIfAborted();
    this.#parent = parent;
    parent.addEventListener('abort', this.#onParent, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** From now on, a silence of more than `limitMs` ends the call with `upstream-timeout`. `what` names what is missing. */
  expect(what: string, limitMs: number): void {
    clearTimeout(this.#timer);
    this.#what = what;
    this.#limitMs = limitMs;
    this.#lastMs = performance.now();
    this.#timer = setTimeout(this.#look, limitMs);
  }

  /** Something came. */
  touch(): void {
    this.#lastMs = performance.now();
  }

  /** Silence is allowed until the next `expect`. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** No timer and no listener after this. Aborts the call when `reason` is given. */
  end(reason?: unknown): void {
    this.pause();
    this.#parent.removeEventListener('abort', this.#onParent);
    if (reason !== undefined) this.#controller.abort(reason);
  }

  readonly #look = (): void => {
    const leftMs = this.#limitMs - (performance.now() - this.#lastMs);
    // Timers may fire up to a millisecond early.
    if (leftMs > 1) {
      this.#timer = setTimeout(this.#look, leftMs);
      return;
    }
    this.#controller.abort(new RouterError('upstream-timeout', `no ${this.#what} within ${this.#limitMs} ms`));
  };
}
