import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ERROR_POLICIES, type ErrorCode, RouterError } from '../contract/index.ts';
import { orderedGroup } from '../routing/index.ts';
import { attempt, type Target, type Try } from './attempt.ts';
import { Breakers } from './breaker.ts';
import { type Course, createCourse } from './course.ts';

const RETRY = { attempts: 3, minDelayMs: 100, maxDelayMs: 1_000 };
const BREAKER = { failures: 5, rate: 0.5, windowMs: 30_000, cooldownMs: 30_000 };

function target(name: string, retry = RETRY, breaker = BREAKER): Target {
  return { upstream: { name, config: { retry }, breakers: new Breakers(breaker) }, model: 'm' };
}

const courseOf = (...targets: Target[]): Course<Target> => createCourse(orderedGroup(targets));

/** Runs the loop over scripted outcomes: each call takes the target's next one; a string is an answer. */
async function play(script: Record<string, (string | RouterError)[]>, targets: Target[], deadlineMs = 60_000) {
  const tries: Try[] = [];
  const calls: string[] = [];
  const startMs = performance.now();
  const controller = new AbortController();
  const running = attempt(
    courseOf(...targets),
    async ({ upstream }) => {
      calls.push(`${upstream.name}@${Math.round(performance.now() - startMs)}`);
      const outcome = script[upstream.name]?.shift();
      if (outcome === undefined) throw new Error(`nothing scripted for ${upstream.name}`);
      if (typeof outcome !== 'string') throw outcome;
      return outcome;
    },
    { signal: controller.signal, deadlineMs: startMs + deadlineMs, tries },
  ).then(
    (done) => ({ answer: done.value as string | undefined, error: undefined as RouterError | undefined }),
    (error: RouterError) => ({ answer: undefined, error }),
  );
  await vi.runAllTimersAsync();
  return { ...(await running), calls, tries, names: calls.map((call) => call.split('@')[0]) };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(Math, 'random').mockReturnValue(0);
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const fail = (code: ErrorCode, options = {}) => new RouterError(code, code, options);

describe('the table of codes', () => {
  test.each(Object.entries(ERROR_POLICIES))('%s', async (name, policy) => {
    const code = name as ErrorCode;
    const failing = Array.from({ length: 3 }, () => fail(code));
    const { names } = await play({ a: failing, b: ['ok'] }, [target('a'), target('b')]);
    const same = policy.retrySame === false ? ['a'] : ['a', 'a', 'a'];
    expect(names).toEqual(policy.nextTarget ? [...same, 'b'] : same);
  });

  test.each(Object.entries(ERROR_POLICIES))('%s and the breaker', async (name, policy) => {
    const a = target('a', { ...RETRY, attempts: 1 }, { ...BREAKER, failures: 1 });
    await play({ a: [fail(name as ErrorCode)] }, [a]);
    const { error, names } = await play({ a: ['ok'] }, [a]);
    expect(names).toEqual(policy.tripsBreaker ? [] : ['a']);
    if (policy.tripsBreaker) expect(error).toMatchObject({ code: 'overloaded', status: 503 });
  });
});

test('the error of the last target is thrown, and every try is written down', async () => {
  const { error, tries } = await play({ a: [fail('upstream-timeout')], b: [fail('upstream-denied')] }, [
    target('a'),
    target('b'),
  ]);
  expect(error?.code).toBe('upstream-denied');
  expect(tries.map((one) => [one.target, one.code])).toEqual([
    ['a/m', 'upstream-timeout'],
    ['b/m', 'upstream-denied'],
  ]);
});

test('that the last target cannot do it does not hide why the first one failed', async () => {
  const outcomes = { a: [fail('rate-limited', { retryAfterMs: 9_000 })], b: [fail('unsupported')] };
  const { error, names } = await play(outcomes, [target('a'), target('b')]);
  expect(names).toEqual(['a', 'b']);
  expect(error).toMatchObject({ code: 'rate-limited', retryAfterMs: 9_000 });
});

test('an open breaker beside a target that cannot do it stays an outage, not a refusal', async () => {
  const a = target('a', { ...RETRY, attempts: 1 }, { ...BREAKER, failures: 1 });
  const outcomes = () => ({ a: [fail('upstream-failed')], b: [fail('unsupported')] });
  expect((await play(outcomes(), [a, target('b')])).error?.code).toBe('upstream-failed');
  const { error, names } = await play(outcomes(), [a, target('b')]);
  expect(names).toEqual(['b']);
  expect(error).toMatchObject({ code: 'overloaded', retryAfterMs: 30_000 });
});

test('a probe is one call, and an opened target is not retried', async () => {
  const a = target('a', RETRY, { ...BREAKER, failures: 2, cooldownMs: 1_000 });
  const failing = () => Array.from({ length: 3 }, () => fail('overloaded'));
  expect((await play({ a: failing() }, [a])).names).toEqual(['a', 'a']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect((await play({ a: failing() }, [a])).names).toEqual(['a']);
});

test("the router's own limit is no failure of the target, and is not waited out", async () => {
  const a = target('a', RETRY, { ...BREAKER, failures: 1 });
  const full = () => fail('overloaded', { own: true });
  expect((await play({ a: [full()], b: ['ok'] }, [a, target('b')])).names).toEqual(['a', 'b']);
  expect((await play({ a: [full()] }, [a])).calls).toEqual(['a@0']);
  expect((await play({ a: ['ok'] }, [a])).answer).toBe('ok');
});

test('anything else that is thrown is internal, and says nothing to the caller', async () => {
  const { error } = await play({ a: [] }, [target('a')]);
  expect(error).toMatchObject({ code: 'internal', publicMessage: 'internal error' });
});

describe('waiting', () => {
  test('backs off exponentially', async () => {
    const { calls } = await play({ a: [fail('overloaded'), fail('overloaded'), 'ok'] }, [target('a')]);
    expect(calls).toEqual(['a@0', 'a@100', 'a@300']);
  });

  test('Retry-After is never waited for less', async () => {
    const { calls } = await play({ a: [fail('rate-limited', { retryAfterMs: 750 }), 'ok'] }, [target('a')]);
    expect(calls).toEqual(['a@0', 'a@750']);
  });

  test('a Retry-After shorter than the backoff changes nothing', async () => {
    const { calls } = await play({ a: [fail('rate-limited', { retryAfterMs: 20 }), 'ok'] }, [target('a')]);
    expect(calls).toEqual(['a@0', 'a@100']);
  });

  test('longer than maxDelay: not waited for, and passed on', async () => {
    const { calls, error } = await play({ a: [fail('rate-limited', { retryAfterMs: 5_000 })] }, [target('a')]);
    expect(calls).toEqual(['a@0']);
    expect(error?.retryAfterMs).toBe(5_000);
  });

  test('longer than a second while another target is admissible: the other is asked at once', async () => {
    const patient = { ...RETRY, maxDelayMs: 20_000 };
    const limited = () => fail('rate-limited', { retryAfterMs: 1_500 });
    const both = await play({ a: [limited()], b: ['ok'] }, [target('a', patient), target('b')]);
    expect(both.calls).toEqual(['a@0', 'b@0']);
    const alone = await play({ a: [limited(), 'ok'] }, [target('a', patient)]);
    expect(alone.calls).toEqual(['a@0', 'a@1500']);
  });

  test('longer than what is left of the deadline: given up at once', async () => {
    const { calls, error } = await play({ a: [fail('overloaded', { retryAfterMs: 900 })] }, [target('a')], 500);
    expect(calls).toEqual(['a@0']);
    expect(error?.code).toBe('overloaded');
  });

  test('a rate limit rests the target until then, for other requests too', async () => {
    const a = target('a', { ...RETRY, attempts: 1 });
    await play({ a: [fail('rate-limited', { retryAfterMs: 5_000 })] }, [a]);
    const resting = await play({ b: ['ok'] }, [a, target('b')]);
    expect(resting.names).toEqual(['b']);
    const alone = await play({}, [a]);
    expect(alone.error).toMatchObject({ code: 'rate-limited', status: 429, retryAfterMs: 5_000 });
    await vi.advanceTimersByTimeAsync(5_000);
    expect((await play({ a: ['ok'] }, [a])).names).toEqual(['a']);
  });
});

describe('a plugin that has repaired itself', () => {
  test('gets one extra try, also where no retry is configured', async () => {
    const once = { ...RETRY, attempts: 1 };
    const { calls, answer } = await play({ a: [fail('upstream-denied', { again: true }), 'ok'] }, [target('a', once)]);
    expect(calls).toEqual(['a@0', 'a@0']);
    expect(answer).toBe('ok');
  });

  test('but only one', async () => {
    const denied = () => fail('upstream-denied', { again: true });
    const { names, tries } = await play({ a: [denied(), denied(), denied()] }, [target('a')]);
    expect(names).toEqual(['a', 'a']);
    expect(tries).toHaveLength(2);
  });
});

test('a client that leaves ends the wait between tries', async () => {
  const controller = new AbortController();
  const tries: Try[] = [];
  const gone = new RouterError('cancelled', 'gone');
  const running = attempt(courseOf(target('a'), target('b')), () => Promise.reject(fail('overloaded')), {
    signal: controller.signal,
    deadlineMs: performance.now() + 60_000,
    tries,
  });
  const settled = expect(running).rejects.toBe(gone);
  await vi.advanceTimersByTimeAsync(50);
  controller.abort(gone);
  await settled;
  expect(tries).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});
