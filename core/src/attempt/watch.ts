// What ends one upstream call: the request's own end, or too long a silence.
import { RouterError } from '../contract/index.ts';

/** The timer looks this often within its limit, so a silence may last a quarter longer than the limit before it is ended. */
const LOOKS = 4;

/** One AbortController and at most one timer for one call. Events only leave a mark; the timer looks for it. */
export class Watch {
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #onParent = () => this.#controller.abort(this.#parent.reason);
  #timer: NodeJS.Timeout | undefined;
  #limitMs = 0;
  #quietSinceMs = 0;
  #touched = false;
  #what = '';
  #over = false;

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
    // Who was waiting for a slow client may hear of the end later than that.
    if (this.#over) return;
    clearTimeout(this.#timer);
    this.#what = what;
    this.#limitMs = limitMs;
    this.#touched = false;
    this.#quietSinceMs = performance.now();
    this.#timer = setTimeout(this.#look, limitMs / LOOKS);
  }

  /** Something came. Called for every event, so it does not even ask for the time. */
  touch(): void {
    this.#touched = true;
  }

  /** What a call that has thrown failed of: the reason of our own abort says more than what a plugin made of it. */
  failureOf(thrown: unknown): RouterError {
    const { aborted, reason } = this.signal;
    return aborted && RouterError.is(reason) ? reason : RouterError.from(thrown);
  }

  /** Silence is allowed until the next `expect`. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Waits for what the call does, but no longer than until it is aborted: a plugin may not hear the signal. Rejects with the
   * signal's reason then; what the work comes to later is nobody's. */
  orAborted<T>(work: Promise<T>): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal.reason);
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
      work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
    });
  }

  /** No timer and no listener after this. Aborts the call when `reason` is given. */
  end(reason?: unknown): void {
    this.#over = true;
    this.pause();
    this.#parent.removeEventListener('abort', this.#onParent);
    if (reason !== undefined) this.#controller.abort(reason);
  }

  readonly #look = (): void => {
    const nowMs = performance.now();
    if (this.#touched) this.#quietSinceMs = nowMs;
    this.#touched = false;
    const leftMs = this.#limitMs - (nowMs - this.#quietSinceMs);
    // Timers may fire up to a millisecond early.
    if (leftMs > 1) {
      this.#timer = setTimeout(this.#look, Math.min(leftMs, this.#limitMs / LOOKS));
      return;
    }
    this.#controller.abort(new RouterError('upstream-timeout', `no ${this.#what} within ${this.#limitMs} ms`));
  };
}
