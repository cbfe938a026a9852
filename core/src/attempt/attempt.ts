// The loop over targets: breaker → tries of one target (tries.ts) → the next.
import { ERROR_POLICIES, RouterError } from '../contract/index.ts';
import type { Breaker } from './breaker.ts';
import type { Course } from './course.ts';
import { healthKey, type Target, targetName } from './target.ts';
import { LEAST_MS, tryTarget } from './tries.ts';

/** One upstream try, for the log. */
export interface Try {
  readonly target: string;
  /** Absent: it answered. */
  readonly code?: RouterError['code'];
  readonly error?: RouterError;
  /** When it began, on performance.now()'s clock. */
  readonly startMs: number;
  /** The time that passed on nothing but waiting before it: for the pause after the try before, and for a place at the provider. */
  readonly waitMs: number;
  /** How long it took beyond that: until its answer was committed, or it failed. */
  readonly ms: number;
}

/** What is written down as tries are made, so that it is complete even when `attempt` throws. */
export interface Diary {
  readonly tries: Try[];
  /** Time spent on nothing but waiting for a turn, in milliseconds. Whoever lets a call wait adds to it. */
  waitedMs: number;
}

export interface AttemptOptions<T extends Target = Target, V = unknown> {
  /** Aborted when the client leaves or the request's time is over. */
  readonly signal: AbortSignal;
  /** When a call to a target must have ended, on performance.now()'s clock. */
  readonly deadline: { endOf(target: T): number };
  readonly diary: Diary;
  /** How long an answer is, where `run` resolves with all of it and not with its beginning. */
  readonly outputTokens?: (value: V) => number;
  /** Told of an answer that has begun how many failures in a row came before it: `noteBreak` asks for it should the answer break. */
  readonly begun?: (value: V, failuresBefore: number) => void;
}

export interface Attempted<T extends Target, V> {
  readonly value: V;
  readonly target: T;
}

/** Asks one target after the other, as the course gives them, until one answers: `run` makes one upstream call and resolves once
 * the answer is committed. Throws the RouterError of the last target that was asked, but that a later target cannot do such a
 * request at all does not hide why an earlier one failed. When those that could answer are all resting: `overloaded`, or
 * `rate-limited` where they have only asked for a pause, with the nearest Retry-After. When there is no time left to ask any:
 * `upstream-timeout`. */
export async function attempt<T extends Target, V>(
  course: Course<T>,
  run: (target: T) => Promise<V>,
  options: AttemptOptions<T, V>,
): Promise<Attempted<T, V>> {
  const { signal, deadline } = options;
  let last: RouterError | undefined;
  // Whether `last` says nothing of those that were not asked: that one cannot do it, or that another list is to.
  let isWeak = false;
  let late: RouterError | undefined;
  const resting: Resting[] = [];
  // Those that have only just come back: asked when nobody else is left.
  const easing: T[] = [];
  for (let target = course.next(); target !== undefined && !signal.aborted; target = course.next()) {
    const nowMs = performance.now();
    if (deadline.endOf(target) - nowMs < LEAST_MS) {
      late ??= tooLate(target);
      continue;
    }
    const breaker = target.upstream.breakers.get(healthKey(target));
    const admission = breaker?.admit(nowMs) ?? 'yes';
    if (breaker && admission === 'no') {
      resting.push({ target, breaker });
      continue;
    }
    if (admission === 'crowded' && !easing.includes(target)) {
      easing.push(target);
      course.postpone();
      continue;
    }
    try {
      return { value: await tryTarget(target, { course, run, options, admission }), target };
    } catch (thrown) {
      const error = RouterError.from(thrown);
      const isDiverted = course.divert(error.code);
      if (!isDiverted && !ERROR_POLICIES[error.code].nextTarget) throw error;
      if (last === undefined || !isIncapable(error)) {
        last = error;
        isWeak = isDiverted || isIncapable(error);
      }
      // What is left of the targets before is given up with them.
      if (isDiverted) resting.length = 0;
    } finally {
      if (admission === 'probe') breaker?.release(nowMs);
    }
  }
  if (last !== undefined && !(isWeak && (resting.length > 0 || late))) throw last;
  if (resting.length > 0) throw allResting(resting);
  throw late ?? RouterError.from(signal.reason);
}

/** A target that was not asked. */
interface Resting {
  readonly target: Target;
  readonly breaker: Breaker;
}

const isIncapable = ({ code }: RouterError): boolean => code === 'unsupported' || code === 'model-not-found';

const tooLate = (target: Target): RouterError =>
  new RouterError('upstream-timeout', `${targetName(target)} was not asked: the request's time is up`, { own: true });

/** For who has waited for a place at the provider: throws what a request would meet that came now, if the target has been taken out
 * meanwhile. It is no verdict on the target. */
export function refuseIfResting(target: Target): void {
  const breaker = target.upstream.breakers.get(healthKey(target));
  const state = breaker?.state(performance.now());
  if (breaker && (state === 'open' || state === 'cooling-down')) throw allResting([{ target, breaker }], { own: true });
}

/** Why nobody who could was asked: the targets have failed, or their upstreams asked to be left alone. */
function allResting(resting: readonly Resting[], own: { readonly own?: true } = {}): RouterError {
  const nowMs = performance.now();
  const names = resting.map(({ target }) => targetName(target)).join(', ');
  const retryAfterMs = Math.max(1, Math.min(...resting.map(({ breaker }) => breaker.waitMs(nowMs))));
  if (resting.some(({ breaker }) => breaker.tripped)) {
    return new RouterError('overloaded', `every target that could answer is resting after failures: ${names}`, {
      ...own,
      retryAfterMs,
    });
  }
  return new RouterError('rate-limited', `every target that could answer has asked for a pause: ${names}`, {
    ...own,
    retryAfterMs,
  });
}
