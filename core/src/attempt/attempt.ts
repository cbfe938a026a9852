// The loop over targets: breaker → p-retry → call. The one place that retries.
import pRetry from 'p-retry';
import type { RetryConfig } from '../config/config.ts';
import { ERROR_POLICIES, RouterError } from '../contract/index.ts';
import type { Breaker, Breakers } from './breaker.ts';
import type { Course } from './course.ts';

/** Waiting longer than this for one target is worse than asking the next. */
const PATIENCE_MS = 1_000;

/** What the loop needs to know of a target. */
export interface Target {
  readonly upstream: {
    readonly name: string;
    readonly config: { readonly retry: RetryConfig };
    readonly breakers: Breakers;
  };
  /** The target's own model name. */
  readonly model: string;
  /** The member of a pool. */
  readonly member?: string;
  /** Asked for something besides answers, which it may be unable or not allowed to do while it answers well: that has a health
   * of its own. */
  readonly errand?: 'count';
}

/** One upstream try, for the log. */
export interface Try {
  readonly target: string;
  /** Absent: it answered. */
  readonly code?: RouterError['code'];
  readonly message?: string;
  readonly ms: number;
}

export interface AttemptOptions {
  /** Aborted when the client leaves or the request's time is over. */
  readonly signal: AbortSignal;
  /** End of the whole request, on performance.now()'s clock. */
  readonly deadlineMs: number;
  /** Filled as tries are made, so that it is complete even when this throws. */
  readonly tries: Try[];
}

export interface Attempted<T extends Target, V> {
  readonly value: V;
  readonly target: T;
}

/** `provider/model`, or `provider@member/model`. */
export const targetName = ({ upstream, model, member }: Target): string =>
  `${upstream.name}${member === undefined ? '' : `@${member}`}/${model}`;

/** What the health of a target is remembered by, within its provider. */
export const healthKey = ({ model, member, errand }: Pick<Target, 'model' | 'member' | 'errand'>): string => {
  const name = member === undefined ? model : `${member}/${model}`;
  // No model's name has a space.
  return errand === undefined ? name : `${errand} ${name}`;
};

/** Asks one target after the other, as the course gives them, until one answers: `run` makes one upstream call and resolves once
 * the answer is committed. Throws the RouterError of the last target that was asked, but that a later target cannot do such a
 * request at all does not hide why an earlier one failed. When those that could answer are all resting: `overloaded`, or
 * `rate-limited` where they have only asked for a pause, with the nearest Retry-After. */
export async function attempt<T extends Target, V>(
  course: Course<T>,
  run: (target: T) => Promise<V>,
  options: AttemptOptions,
): Promise<Attempted<T, V>> {
  let last: RouterError | undefined;
  const skipped: Resting[] = [];
  for (let target = course.next(); target !== undefined; target = course.next()) {
    const breaker = target.upstream.breakers.get(healthKey(target));
    const admitted = breaker?.admit(performance.now());
    if (breaker && admitted === 'no') {
      skipped.push({ target, breaker });
      continue;
    }
    try {
      return { value: await tryTarget(target, course, run, options), target };
    } catch (thrown) {
      const error = RouterError.from(thrown);
      if (!course.divert(error.code) && !ERROR_POLICIES[error.code].nextTarget) throw error;
      if (last === undefined || !isIncapable(error)) last = error;
    } finally {
      if (admitted === 'probe') breaker?.release();
    }
  }
  if (last !== undefined && (skipped.length === 0 || !isIncapable(last))) throw last;
  throw resting(skipped);
}

/** A target that was not asked. */
interface Resting {
  readonly target: Target;
  readonly breaker: Breaker;
}

const isIncapable = ({ code }: RouterError): boolean => code === 'unsupported' || code === 'model-not-found';

/** All tries of one target. */
function tryTarget<T extends Target, V>(
  target: T,
  course: Course<T>,
  run: (target: T) => Promise<V>,
  options: AttemptOptions,
): Promise<V> {
  const { retry } = target.upstream.config;
  let repaired = false;
  let decision: 'again' | 'retry' | 'stop' = 'stop';
  return pRetry(() => tryOnce(target, run, options.tries), {
    // One more than are allowed: p-retry refuses the free extra try once its own count is used up. `onFailedAttempt` counts.
    retries: retry.attempts,
    factor: 2,
    minTimeout: retry.minDelayMs,
    maxTimeout: retry.maxDelayMs,
    randomize: true,
    maxRetryTime: Number.POSITIVE_INFINITY,
    signal: options.signal,
    // A plugin that has repaired itself gets one extra try, at once.
    shouldConsumeRetry: ({ error }) => {
      const again = RouterError.is(error) && error.again && !repaired;
      repaired ||= again;
      decision = again ? 'again' : 'stop';
      return !again;
    },
    onFailedAttempt: async ({ error, retryDelay, retriesLeft }) => {
      if (decision === 'again') return;
      const failure = RouterError.from(error);
      const waitMs = retriesLeft > 1 ? retryWaitMs(failure, retryDelay, target, course, options) : undefined;
      decision = waitMs === undefined ? 'stop' : 'retry';
      // p-retry itself waits `retryDelay` after this.
      if (waitMs !== undefined && waitMs > retryDelay) await sleep(waitMs - retryDelay, options.signal);
    },
    shouldRetry: () => decision !== 'stop',
  });
}

/** One call, and its verdict on the target's health. */
async function tryOnce<T extends Target, V>(target: T, run: (target: T) => Promise<V>, tries: Try[]): Promise<V> {
  const startMs = performance.now();
  const name = targetName(target);
  try {
    const value = await run(target);
    const nowMs = performance.now();
    tries.push({ target: name, ms: nowMs - startMs });
    target.upstream.breakers.get(healthKey(target))?.success(nowMs);
    return value;
  } catch (thrown) {
    const error = RouterError.from(thrown);
    const nowMs = performance.now();
    tries.push({ target: name, code: error.code, message: error.message, ms: nowMs - startMs });
    noteFailure(target, error, nowMs);
    throw error;
  }
}

/** What an error says about the target. Also called for a failure after commit. */
export function noteFailure(target: Target, error: RouterError, nowMs: number): void {
  if (error.own) return;
  const { breakers } = target.upstream;
  if (ERROR_POLICIES[error.code].tripsBreaker) breakers.remember(healthKey(target)).failure(nowMs);
  else if (error.code === 'rate-limited' && error.retryAfterMs !== undefined) {
    breakers.remember(healthKey(target)).coolDown(nowMs + error.retryAfterMs);
  }
}

/** How long to wait before the same target is tried again; undefined: not again. */
function retryWaitMs(
  error: RouterError,
  backoffMs: number,
  target: Target,
  course: Course<Target>,
  options: AttemptOptions,
): number | undefined {
  if (error.own || ERROR_POLICIES[error.code].retrySame === false) return undefined;
  // A probe is one call; and what has just been opened is not asked again.
  if (target.upstream.breakers.get(healthKey(target))?.tripped) return undefined;
  const waitMs = Math.max(backoffMs, error.retryAfterMs ?? 0);
  if (waitMs > target.upstream.config.retry.maxDelayMs) return undefined;
  const nowMs = performance.now();
  if (nowMs + waitMs >= options.deadlineMs) return undefined;
  if ((error.retryAfterMs ?? 0) > PATIENCE_MS && course.rest().some((other) => isAdmissible(other, nowMs)))
    return undefined;
  return waitMs;
}

function isAdmissible(target: Target, nowMs: number): boolean {
  const breaker = target.upstream.breakers.get(healthKey(target));
  return breaker === undefined || breaker.state(nowMs) !== 'open';
}

/** Why nobody who could was asked: the targets have failed, or their upstreams asked to be left alone. */
function resting(skipped: readonly Resting[]): RouterError {
  const nowMs = performance.now();
  const names = skipped.map(({ target }) => targetName(target)).join(', ');
  const retryAfterMs = Math.max(1, Math.min(...skipped.map(({ breaker }) => breaker.waitMs(nowMs))));
  if (skipped.some(({ breaker }) => breaker.tripped)) {
    return new RouterError('overloaded', `every target that could answer is resting after failures: ${names}`, {
      retryAfterMs,
    });
  }
  return new RouterError('rate-limited', `every target that could answer has asked for a pause: ${names}`, {
    retryAfterMs,
  });
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((done, refuse) => {
    const stop = () => {
      clearTimeout(timer);
      refuse(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      done();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
