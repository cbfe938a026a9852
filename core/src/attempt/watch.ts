// What ends one upstream call: the request's own end, too long a silence, or the provider's own limit. And whose fault it was.
import { RouterError } from '../contract/index.ts';

/** The timer looks this often within its limit, so a silence may last a quarter longer than the limit before it is ended. */
const LOOKS = 4;

export interface WatchLimits {
  /** When a deadline ends the call after a silence of this long, the target is to blame. Without it, never. */
  readonly patienceMs?: number;
  /** When the call must have ended, on performance.now()'s clock, where that is before the request's own end. */
  readonly endMs?: number;
  /** Takes out of a failure what must not be told. */
  readonly conceal?: ((failure: RouterError) => RouterError) | undefined;
}

/** One AbortController for one call, and one timer over its silence. Events only leave a mark; the timer looks for it. */
export class Watch {
  readonly #patienceMs: number;
  readonly #conceal: WatchLimits['conceal'];
  readonly #endTimer: NodeJS.Timeout | undefined;
  readonly #controller = new AbortController();
  readonly #parent: AbortSignal;
  readonly #onParent = () => this.#abort(this.#parent.reason);
  /** Who waits for what the call does. */
  readonly #waiting: ((reason: unknown) => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #limitMs = 0;
  /** Since when nothing has come; undefined while nothing is expected. */
  #quietSinceMs: number | undefined;
  #touched = false;
  #what = '';
  #over = false;

  /** Throws the parent's reason when it is over already. */
  constructor(parent: AbortSignal, { patienceMs = Number.POSITIVE_INFINITY, endMs, conceal }: WatchLimits = {}) {
    parent.throwIfAborted();
    this.#parent = parent;
    this.#patienceMs = patienceMs;
    this.#conceal = conceal;
    parent.addEventListener('abort', this.#onParent, { once: true });
    if (endMs !== undefined) this.#endTimer = setTimeout(this.#onEnd, Math.max(0, endMs - performance.now()));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** The target is asked now: until then it was no silence of its own. */
  ask(): void {
    this.#quietSinceMs = performance.now();
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

  /** What a call that has thrown failed of: the reason of our own abort says more than what a plugin made of it. A deadline is
   * nobody's failure, but the target's if it has been silent for all of its patience. */
  failureOf(thrown: unknown): RouterError {
    const { aborted, reason } = this.signal;
    if (!aborted || !RouterError.is(reason)) {
      const failure = RouterError.from(thrown);
      return this.#conceal?.(failure) ?? failure;
    }
    const isBlamed = reason.own && reason.code === 'upstream-timeout' && this.#silentMs() >= this.#patienceMs;
    return isBlamed ? new RouterError('upstream-timeout', reason.message) : reason;
  }

  /** Silence is allowed until the next `expect`. */
  pause(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#quietSinceMs = undefined;
  }

  #silentMs(): number {
    return this.#quietSinceMs === undefined || this.#touched ? 0 : performance.now() - this.#quietSinceMs;
  }

  /** Waits for what the call does, but no longer than until it is aborted: a plugin may not hear the signal. Rejects with the
   * signal's reason then; what the work comes to later is nobody's. */
  orAborted<T>(work: Promise<T>): Promise<T> {
    const waiting = this.#waiting;
    return new Promise((resolve, reject) => {
      const leave = () => waiting.splice(waiting.indexOf(reject), 1);
      if (this.signal.aborted) reject(this.signal.reason);
      // Not by a listener of the signal, which costs as much as all else here. A `finally` behind it would be two more promises.
      waiting.push(reject);
      work.then(
        (value) => {
          leave();
          resolve(value);
        },
        (error) => {
          leave();
          reject(error);
        },
      );
    });
  }

  /** No timer and no listener after this. Aborts the call when `reason` is given. */
  end(reason?: unknown): void {
    this.#over = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#endTimer);
    this.#parent.removeEventListener('abort', this.#onParent);
    if (reason !== undefined) this.#abort(reason);
  }

  /** The plugin hears of it first. */
  #abort(reason: unknown): void {
    this.#controller.abort(reason);
    for (const reject of this.#waiting) reject(this.signal.reason);
  }

  readonly #onEnd = (): void => {
    this.#abort(new RouterError('upstream-timeout', 'no complete answer in the time this provider has', { own: true }));
  };

  readonly #look = (): void => {
    const nowMs = performance.now();
    if (this.#touched) this.#quietSinceMs = nowMs;
    this.#touched = false;
    const leftMs = this.#limitMs - (nowMs - (this.#quietSinceMs ?? nowMs));
    // Timers may fire up to a millisecond early.
    if (leftMs > 1) {
      this.#timer = setTimeout(this.#look, Math.min(leftMs, this.#limitMs / LOOKS));
      return;
    }
    this.#abort(new RouterError('upstream-timeout', `no ${this.#what} within ${this.#limitMs} ms`));
  };
}
