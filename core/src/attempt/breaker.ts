// When a target is left alone: a breaker that opens on failures, and a cool-down that an upstream asked for.
import type { BreakerConfig } from '../config/config.ts';

/** The rate counts only when at least this many calls fell into the window. */
const RATE_CALLS_MIN = 20;

export type BreakerState = 'closed' | 'open' | 'half-open';

/** One target's health. All times are milliseconds of one monotonic clock, passed in by the caller. */
export class Breaker {
  readonly #config: BreakerConfig;
  #failuresInARow = 0;
  #windowStartMs = 0;
  #calls = 0;
  #failures = 0;
  #openUntilMs = 0;
  #open = false;
  #probing = false;
  #coolUntilMs = 0;

  constructor(config: BreakerConfig) {
    this.#config = config;
  }

  /** Whether a call may go out now. `probe` is the only call let through a half-open breaker until there is a verdict:
   * whoever got it must report `success` or `failure`, or `release()` it. */
  admit(nowMs: number): 'yes' | 'probe' | 'no' {
    if (nowMs < this.#coolUntilMs) return 'no';
    if (!this.#open) return 'yes';
    if (nowMs < this.#openUntilMs || this.#probing) return 'no';
    this.#probing = true;
    return 'probe';
  }

  /** The state that `admit` would meet, without taking the probe. */
  state(nowMs: number): BreakerState {
    if (nowMs < this.#coolUntilMs) return 'open';
    if (!this.#open) return 'closed';
    return nowMs < this.#openUntilMs || this.#probing ? 'open' : 'half-open';
  }

  /** Whether failures have opened it; a cool-down alone has not. */
  get tripped(): boolean {
    return this.#open;
  }

  /** How long until a call may be admitted; 0 when one may be now. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#coolUntilMs - nowMs, this.#open ? this.#openUntilMs - nowMs : 0);
  }

  success(nowMs: number): void {
    this.#roll(nowMs);
    this.#calls++;
    this.#failuresInARow = 0;
    if (this.#probing) {
      this.#probing = false;
      this.#open = false;
      this.#calls = 0;
      this.#failures = 0;
    }
  }

  failure(nowMs: number): void {
    this.#roll(nowMs);
    this.#calls++;
    this.#failures++;
    this.#failuresInARow++;
    const { failures, rate, cooldownMs } = this.#config;
    const tooMany = this.#calls >= RATE_CALLS_MIN && this.#failures / this.#calls >= rate;
    if (this.#probing || this.#failuresInARow >= failures || tooMany) {
      this.#probing = false;
      this.#open = true;
      this.#openUntilMs = nowMs + cooldownMs;
    }
  }

  /** Ends a probe that said nothing about the target: the client left, or its request was bad. */
  release(): void {
    this.#probing = false;
  }

  /** The upstream asked to be left alone. Not a failure. */
  coolDown(untilMs: number): void {
    this.#coolUntilMs = Math.max(this.#coolUntilMs, untilMs);
  }

  #roll(nowMs: number): void {
    if (nowMs - this.#windowStartMs <= this.#config.windowMs) return;
    this.#windowStartMs = nowMs;
    this.#calls = 0;
    this.#failures = 0;
  }
}

/** More targets with a history than this are not remembered: names from clients must not fill the memory. */
const REMEMBERED_MAX = 10_000;

/** The breakers of one provider, by model. A target without a history has none, and costs nothing. */
export class Breakers {
  readonly #config: BreakerConfig;
  readonly #byModel = new Map<string, Breaker>();

  constructor(config: BreakerConfig) {
    this.#config = config;
  }

  /** The breaker of a model that has a history. */
  get(model: string): Breaker | undefined {
    return this.#byModel.get(model);
  }

  /** The breaker of a model, made now if it has none. Call it when there is something bad to remember. */
  remember(model: string): Breaker {
    const known = this.#byModel.get(model);
    if (known) return known;
    // The one that was first remembered goes: a Map keeps the order of insertion.
    const oldest = this.#byModel.keys().next();
    if (this.#byModel.size >= REMEMBERED_MAX && !oldest.done) this.#byModel.delete(oldest.value);
    const breaker = new Breaker(this.#config);
    this.#byModel.set(model, breaker);
    return breaker;
  }
}
