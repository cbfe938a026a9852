// All tries of one target: p-retry, the waits between them, and what each says of the target. The one place that retries.
import pRetry from 'p-retry';
import { ERROR_POLICIES, RouterError } from '../contract/index.ts';
import type { AttemptOptions } from './attempt.ts';
import type { Admission, Breaker } from './breaker.ts';
import type { Course } from './course.ts';
import { firstTokenShareMs, noteLatencyOfFailure } from './latency.ts';
import { healthKey, isAdmissible, type Target, targetName } from './target.ts';

/** Waiting longer than this for one target is worse than asking the next. */
const PATIENCE_MS = 1_000;
/** With less time than this left nothing is begun: it is hardly a round trip and a handshake. */
export const LEAST_MS = 50;
/** Timers may fire this much early. */
const EARLY_MS = 2;

/** What one target is asked, and how it was let in. */
export interface Question<T extends Target, V> {
  readonly course: Pick<Course<T>, 'rest'>;
  readonly run: (target: T) => Promise<V>;
  readonly options: AttemptOptions<T, V>;
  readonly admission: Admission;
}

/** Throws the RouterError of the last try, or the signal's reason. */
export async function tryTarget<T extends Target, V>(target: T, question: Question<T, V>): Promise<V> {
  target.upstream.breakers.retries.earn();
  try {
    return await tryOnce(target, question, () => {});
  } catch (thrown) {
    return tryAgain(target, question, RouterError.from(thrown));
  }
}

/** All tries after the first, which has failed: p-retry is told of that one as its own first. Most requests never come here. */
function tryAgain<T extends Target, V>(target: T, question: Question<T, V>, first: RouterError): Promise<V> {
  const { diary, signal } = question.options;
  const { breakers, config } = target.upstream;
  const { attempts, minDelayMs, maxDelayMs } = config.retry;
  let repaired = false;
  let decision: 'again' | 'retry' | 'stop' = 'stop';
  let failure = first;
  // When the pause before the next try began.
  let pausedMs: number | undefined;
  const resume = () => {
    if (pausedMs !== undefined) diary.waitedMs += performance.now() - pausedMs;
    pausedMs = undefined;
  };
  const note = (thrown: unknown): RouterError => {
    failure = RouterError.from(thrown);
    // A plugin that has repaired itself gets one extra try, at once.
    decision = failure.again && !repaired ? 'again' : 'retry';
    repaired ||= failure.again;
    if (decision === 'retry') noteFailure(target, failure, performance.now(), question.admission);
    return failure;
  };
  // At once: p-retry does not even begin when the request is over, and the target has failed all the same.
  note(first);
  const tryNow = async (attempt: number): Promise<V> => {
    if (attempt === 1) throw failure;
    // The others that failed meanwhile may have taken it out: they are not joined.
    if (decision === 'retry' && isShut(target)) {
      decision = 'stop';
      throw failure;
    }
    try {
      return await tryOnce(target, question, resume);
    } catch (thrown) {
      throw note(thrown);
    }
  };
  const tries = pRetry(tryNow, {
    // One more than are allowed: p-retry refuses the free extra try once its own count is used up. `onFailedAttempt` counts.
    retries: attempts,
    factor: 2,
    minTimeout: minDelayMs,
    maxTimeout: maxDelayMs,
    randomize: true,
    maxRetryTime: Number.POSITIVE_INFINITY,
    signal,
    shouldConsumeRetry: () => decision !== 'again',
    onFailedAttempt: async ({ error, retryDelay, retriesLeft }) => {
      if (decision !== 'retry') return;
      const waitMs = retriesLeft > 1 ? retryWaitMs(RouterError.from(error), retryDelay, target, question) : undefined;
      if (waitMs === undefined || !breakers.retries.spend(performance.now())) {
        decision = 'stop';
        return;
      }
      pausedMs = performance.now();
      // p-retry itself waits `retryDelay` after this.
      if (waitMs > retryDelay) await sleep(waitMs - retryDelay, signal);
    },
    shouldRetry: () => decision !== 'stop',
  });
  // A client may leave in a pause.
  return tries.finally(resume);
}

/** One call, written down. */
async function tryOnce<T extends Target, V>(
  target: T,
  { run, options, admission }: Question<T, V>,
  resume: () => void,
): Promise<V> {
  const { diary, outputTokens, begun } = options;
  const beforeMs = diary.waitedMs;
  resume();
  const askedMs = performance.now();
  const pauseMs = diary.waitedMs - beforeMs;
  const note = (nowMs: number, error?: RouterError) => {
    const waitMs = diary.waitedMs - beforeMs;
    const startMs = askedMs + waitMs - pauseMs;
    const failure = error && { code: error.code, error };
    diary.tries.push({ target: targetName(target), startMs, waitMs, ms: nowMs - startMs, ...failure });
  };
  // A wait for a place at the provider is part of how soon it answers.
  const latency = target.upstream.latencies.get(healthKey(target));
  latency?.begin();
  try {
    const value = await run(target);
    const nowMs = performance.now();
    note(nowMs);
    latency?.answered(firstTokenShareMs(nowMs - askedMs, outputTokens?.(value) ?? 0), nowMs);
    const failuresBefore = target.upstream.breakers.of(target).success(nowMs, admission);
    begun?.(value, failuresBefore);
    return value;
  } catch (thrown) {
    const error = RouterError.from(thrown);
    const nowMs = performance.now();
    note(nowMs, error);
    // Of a whole answer nobody knows when it began.
    if (latency) noteLatencyOfFailure(latency, error, outputTokens ? 0 : nowMs - askedMs, nowMs);
    throw error;
  }
}

/** What an error says about the target. */
export function noteFailure(target: Target, error: RouterError, nowMs: number, admission?: Admission): void {
  noteError(target, error, nowMs, (breaker) => breaker.failure(nowMs, admission, error.retryAfterMs));
}

/** What it says about the target that an answer which had begun broke off. */
export function noteBreak(target: Target, error: RouterError, nowMs: number, failuresBefore: number): void {
  noteError(target, error, nowMs, (breaker) => breaker.broke(nowMs, failuresBefore));
}

function noteError(target: Target, error: RouterError, nowMs: number, fail: (breaker: Breaker) => void): void {
  const { code, own, ofRequest, retryAfterMs } = error;
  if (own || ofRequest) return;
  const { breakers } = target.upstream;
  if (ERROR_POLICIES[code].tripsBreaker) fail(breakers.of(target));
  else if (code === 'rate-limited' && retryAfterMs !== undefined) {
    breakers.of(target).coolDown(nowMs, nowMs + retryAfterMs);
  }
}

/** How long to wait before the same target is tried again; undefined: not again. */
function retryWaitMs<T extends Target>(
  { code, own, retryAfterMs = 0, unreached }: RouterError,
  backoffMs: number,
  target: T,
  { course, options }: Pick<Question<T, never>, 'course' | 'options'>,
): number | undefined {
  if (own || ERROR_POLICIES[code].retrySame === false) return undefined;
  const { breakers, config } = target.upstream;
  // A probe is one call; and what has just been opened is not asked again.
  if (breakers.get(healthKey(target))?.tripped) return undefined;
  const { minDelayMs, maxDelayMs } = config.retry;
  if (retryAfterMs > maxDelayMs) return undefined;
  // All who are told the same moment would come at the same moment.
  const pauseMs = retryAfterMs > 0 ? retryAfterMs + Math.random() * minDelayMs : 0;
  const waitMs = Math.max(backoffMs, pauseMs);
  const nowMs = performance.now();
  if (nowMs + waitMs + LEAST_MS > options.deadline.endOf(target)) return undefined;
  if (unreached || retryAfterMs > PATIENCE_MS) {
    const mayBeNext = (one: T) =>
      targetName(one) !== targetName(target) &&
      isAdmissible(one, nowMs) &&
      options.deadline.endOf(one) - nowMs >= LEAST_MS;
    if (course.rest().some(mayBeNext)) return undefined;
  }
  return waitMs;
}

function isShut(target: Target): boolean {
  const breaker = target.upstream.breakers.get(healthKey(target));
  return breaker !== undefined && (breaker.tripped || !breaker.isOpenTo(performance.now() + EARLY_MS));
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
