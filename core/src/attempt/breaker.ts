// When a target is left alone: a breaker that opens on failures, and a cool-down that an upstream asked for.
import type { BreakerConfig } from '../config/config.ts';

/** The rate counts only when at least this many calls fell into the window. */
const RATE_CALLS_MIN = 20;
/** The window moves on by this part of it, so it covers its last nine tenths at least. */
const BUCKETS = 10;
/** For each success, this many more may be asked of a target that comes back. */
const EASING_STEP = 2;

/** `cooling-down`: nothing has failed, but the upstream has asked for a pause. */
export type BreakerState = 'closed' | 'open' | 'half-open' | 'cooling-down';

/** `probe`: the only call let through a half-open breaker until there is a verdict. `crowded`: the target has only just come back,
 * and is asked only if there is no other. */
export type Admission = 'yes' | 'probe' | 'crowded' | 'no';

/** What is told when a breaker opens, is tried, and closes, or a cool-down begins. */
export interface BreakerTurn {
  readonly from: BreakerState;
  readonly to: BreakerState;
  readonly reason: string;
  /** Until when nobody is let in, on performance.now()'s clock. */
  readonly untilMs?: number;
}

/** One target's health. All times are milliseconds of one monotonic clock, passed in by the caller. */
export class Breaker {
  readonly #config: BreakerConfig;
  readonly #onTurn: ((turn: BreakerTurn) => void) | undefined;
  readonly #window: CallWindow;
  #failuresInARow = 0;
  #open = false;
  #openUntilMs = 0;
  #probeSinceMs: number | undefined;
  #coolUntilMs = 0;
  #easingUntilMs = 0;
  #easingRoom = 0;

  constructor(config: BreakerConfig, onTurn?: (turn: BreakerTurn) => void) {
    this.#config = config;
    this.#onTurn = onTurn;
    this.#window = new CallWindow(config.windowMs);
  }

  /** Whether a call may go out now. Whoever got `probe` must report `success` or `failure` with it, or `release` it; one that does
   * neither for a whole cool-down is given up, and another may try. */
  admit(nowMs: number): Admission {
    if (nowMs < this.#coolUntilMs) return 'no';
    if (this.#open) {
      if (nowMs < this.#openUntilMs || this.#isProbing(nowMs)) return 'no';
      if (this.#probeSinceMs === undefined) this.#tell('open', 'half-open', 'the cool-down is over: one call tries it');
      this.#probeSinceMs = nowMs;
      return 'probe';
    }
    if (nowMs < this.#easingUntilMs) {
      if (this.#easingRoom === 0) return 'crowded';
      this.#easingRoom--;
    }
    return 'yes';
  }

  /** Whether `admit` would let a call out, without taking the probe. */
  isOpenTo(nowMs: number): boolean {
    if (nowMs < this.#coolUntilMs) return false;
    return !this.#open || (nowMs >= this.#openUntilMs && !this.#isProbing(nowMs));
  }

  state(nowMs: number): BreakerState {
    if (this.#open) return nowMs < this.#openUntilMs ? 'open' : 'half-open';
    return nowMs < this.#coolUntilMs ? 'cooling-down' : 'closed';
  }

  get failuresInARow(): number {
    return this.#failuresInARow;
  }

  /** Whether failures have opened it; a cool-down alone has not. */
  get tripped(): boolean {
    return this.#open;
  }

  /** How long until a call may be admitted; 0 when one may be now, or a probe is under way. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.#coolUntilMs - nowMs, this.#open ? this.#openUntilMs - nowMs : 0);
  }

  /** An answer has begun, which ends a row of failures. Gives how long the row was, for `broke`. `admission`: what `admit` had said
   * of the call. */
  success(nowMs: number, admission: Admission = 'yes'): number {
    const row = this.#failuresInARow;
    this.#window.add(nowMs, 1, 0);
    this.#failuresInARow = 0;
    if (nowMs < this.#easingUntilMs) this.#easingRoom += EASING_STEP;
    // Of a call from before it opened, nothing follows.
    if (!this.#open || admission !== 'probe' || this.#probeSinceMs === undefined) return row;
    this.#open = false;
    this.#probeSinceMs = undefined;
    this.#window.clear();
    this.#easingUntilMs = nowMs + this.#config.cooldownMs;
    this.#easingRoom = EASING_STEP;
    this.#tell('half-open', 'closed', 'it answers again');
    return row;
  }

  /** `retryAfterMs`: what the upstream asked for with it. It stays open for no less. */
  failure(nowMs: number, admission: Admission = 'yes', retryAfterMs = 0): void {
    this.#window.add(nowMs, 1, 1);
    this.#failuresInARow++;
    if (!this.#open) this.#openIfBad(nowMs, retryAfterMs);
    else if (admission === 'probe' && this.#probeSinceMs !== undefined) {
      this.#shut(nowMs, 'half-open', 'the call that tried it failed', retryAfterMs);
    }
  }

  /** An answer that had begun broke off. `row`: what `success` gave when it began. A row goes on only where every answer breaks: of many
   * that are under way at once, those that break follow one another whatever became of the others. */
  broke(nowMs: number, row: number): void {
    this.#window.add(nowMs, 0, 1);
    this.#failuresInARow = Math.max(this.#failuresInARow, row + 1);
    if (!this.#open) this.#openIfBad(nowMs, 0);
  }

  #openIfBad(nowMs: number, retryAfterMs: number): void {
    const { failures, rate } = this.#config;
    const { calls, failed } = this.#window;
    const row = this.#failuresInARow;
    if (row >= failures) this.#shut(nowMs, 'closed', `${row} failures in a row`, retryAfterMs);
    else if (calls >= RATE_CALLS_MIN && failed / calls >= rate) {
      this.#shut(nowMs, 'closed', `${failed} of ${calls} calls failed`, retryAfterMs);
    }
  }

  #shut(nowMs: number, from: BreakerState, reason: string, retryAfterMs: number): void {
    this.#open = true;
    this.#probeSinceMs = undefined;
    this.#openUntilMs = nowMs + Math.max(this.#config.cooldownMs, retryAfterMs);
    this.#tell(from, 'open', reason, this.#openUntilMs);
  }

  /** Ends the probe that was admitted at that time and said nothing about the target: the client left, or its request was bad. */
  release(admittedMs: number): void {
    if (this.#probeSinceMs === admittedMs) this.#probeSinceMs = undefined;
  }

  /** The upstream asked to be left alone. Not a failure. */
  coolDown(nowMs: number, untilMs: number): void {
    if (untilMs <= Math.max(nowMs, this.#coolUntilMs)) return;
    const from = this.state(nowMs);
    this.#coolUntilMs = untilMs;
    if (from === 'closed') this.#tell(from, 'cooling-down', 'the upstream asked for a pause', untilMs);
  }

  /** A probe of which nothing has been heard for a whole cool-down blocks nobody. */
  #isProbing(nowMs: number): boolean {
    return this.#probeSinceMs !== undefined && nowMs < this.#probeSinceMs + this.#config.cooldownMs;
  }

  #tell(from: BreakerState, to: BreakerState, reason: string, untilMs?: number): void {
    this.#onTurn?.({ from, to, reason, ...(untilMs !== undefined && { untilMs }) });
  }
}

/** The calls of the last so many milliseconds, counted in buckets: what leaves the window is forgotten a tenth of it at a time. */
class CallWindow {
  calls = 0;
  failed = 0;
  readonly #bucketMs: number;
  /** Calls and failures of each bucket, side by side. */
  readonly #counts = new Uint32Array(2 * BUCKETS);
  /** The number of the newest bucket since the clock began. */
  #newest = 0;

  constructor(windowMs: number) {
    this.#bucketMs = windowMs / BUCKETS;
  }

  add(nowMs: number, calls: 0 | 1, failed: 0 | 1): void {
    const bucket = Math.floor(nowMs / this.#bucketMs);
    if (bucket > this.#newest) this.#moveTo(bucket);
    const at = 2 * (this.#newest % BUCKETS);
    const counts = this.#counts;
    counts[at] = (counts[at] ?? 0) + calls;
    counts[at + 1] = (counts[at + 1] ?? 0) + failed;
    this.calls += calls;
    this.failed += failed;
  }

  clear(): void {
    this.#counts.fill(0);
    this.calls = 0;
    this.failed = 0;
  }

  #moveTo(bucket: number): void {
    if (bucket - this.#newest >= BUCKETS) this.clear();
    else {
      for (let left = this.#newest + 1; left <= bucket; left++) {
        const at = 2 * (left % BUCKETS);
        this.calls -= this.#counts[at] ?? 0;
        this.failed -= this.#counts[at + 1] ?? 0;
        this.#counts.fill(0, at, at + 2);
      }
    }
    this.#newest = bucket;
  }
}
