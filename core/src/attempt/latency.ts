// How soon a target answers: the peak-sensitive moving average that `least-latency` chooses by.
import { ERROR_POLICIES, type RouterError } from '../contract/index.ts';

/** A newer sample weighs 63 % when the last one is this old; a target left alone is forgiven by the same measure … */
const DECAY_MS = 10_000;
/** … but by no more than this many requests that passed it over allow. Where requests are rare, time alone would send every second
 * one to a target that is known to be slow. */
const DECAY_REQUESTS = 20;

/** What a failure counts as, if it did not take longer: what fails at once must not look fast. */
const FAILURE_MS = 10_000;
/** What a target is taken for that has been asked, and has neither answered nor failed. */
const GUESS_MS = 1_000;

/** The tokens that take about as long as the wait for the first. */
const TOKENS_OF_A_START = 50;

/** What the time to a whole answer says of the time to its first token, so that calls that stream and calls that do not share one
 * average, and a long answer does not look like a slow target. */
export const firstTokenShareMs = (wholeMs: number, outputTokens: number): number =>
  wholeMs / (1 + Math.max(0, outputTokens) / TOKENS_OF_A_START);

/** One target's latency, as Finagle's Peak EWMA has it: a slower answer than the average becomes the average at once, a faster one
 * bends it as time passes. All times are milliseconds of one monotonic clock, passed in by the caller. */
export class Latency {
  #averageMs: number | undefined;
  #measuredMs = 0;
  #passed = 0;
  #waiting = 0;

  /** Undefined before the first answer or failure. */
  get averageMs(): number | undefined {
    return this.#averageMs;
  }

  /** Requests that wait for their first token now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** What a further request has to expect; the lowest is asked. 0 for a target that nobody has asked yet. */
  score(nowMs: number): number {
    // Nothing is known but that there is no answer yet: as if it failed.
    if (this.#averageMs === undefined) return FAILURE_MS * this.#waiting;
    const age = Math.min((nowMs - this.#measuredMs) / DECAY_MS, this.#passed / DECAY_REQUESTS);
    return this.#averageMs * Math.exp(-Math.max(0, age)) * (this.#waiting + 1);
  }

  /** A request went to a better one. */
  pass(): void {
    this.#passed++;
  }

  /** A request goes out. Its end must be told, by one of the following three. */
  begin(): void {
    this.#waiting++;
  }

  answered(ms: number, nowMs: number): void {
    this.#waiting--;
    this.#measure(ms, nowMs);
  }

  /** As an answer that took long. */
  failed(ms: number, nowMs: number): void {
    this.#waiting--;
    this.#measure(Math.max(ms, FAILURE_MS), nowMs);
  }

  /** It ended for a reason that is not the target's: which only says that there was no answer for so long. */
  left(ms: number, nowMs: number): void {
    this.#waiting--;
    if (this.#averageMs === undefined) this.#measure(Math.max(ms, GUESS_MS), nowMs);
    else if (ms > this.#averageMs) this.#measure(ms, nowMs);
  }

  #measure(ms: number, nowMs: number): void {
    const average = this.#averageMs;
    const weight = average === undefined || ms > average ? 1 : 1 - Math.exp((this.#measuredMs - nowMs) / DECAY_MS);
    this.#averageMs = (average ?? 0) * (1 - weight) + ms * weight;
    this.#measuredMs = nowMs;
    this.#passed = 0;
  }
}

/** Notes how a call ended that `begin` was told of. `silentMs`: how long there was no first token; 0 where that is not known. */
export function noteLatencyOfFailure(
  latency: Latency,
  { code, own, ofRequest }: RouterError,
  silentMs: number,
  nowMs: number,
): void {
  // A target that cannot do this request may be the fastest for another.
  const isSick = ERROR_POLICIES[code].tripsBreaker || code === 'rate-limited' || code === 'model-not-found';
  if (isSick && !own && !ofRequest) latency.failed(silentMs, nowMs);
  else latency.left(silentMs, nowMs);
}

/** More targets than this are not remembered: names from clients must not fill the memory. */
const REMEMBERED_MAX = 10_000;

/** The latencies of one provider, by what its targets' health is remembered by. Only what a route has asked about is measured: to all
 * others it costs nothing. Every route's requests count. */
export class Latencies {
  readonly #byKey = new Map<string, Latency>();

  get(key: string): Latency | undefined {
    return this.#byKey.get(key);
  }

  /** Has it measured from now on. */
  remember(key: string): Latency {
    const known = this.#byKey.get(key);
    if (known) return known;
    // The one that was first remembered goes: a Map keeps the order of insertion.
    const oldest = this.#byKey.keys().next();
    if (this.#byKey.size >= REMEMBERED_MAX && !oldest.done) this.#byKey.delete(oldest.value);
    const latency = new Latency();
    this.#byKey.set(key, latency);
    return latency;
  }
}
