import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ERROR_POLICIES, type ErrorCode, RouterError } from '../contract/index.ts';
import { orderedGroup } from '../routing/index.ts';
import { attempt, type Try } from './attempt.ts';
import { Breakers } from './breakers.ts';
import { type Course, createCourse } from './course.ts';
import { Latencies } from './latency.ts';
import { healthKey, type Target } from './target.ts';
import { noteBreak, noteFailure } from './tries.ts';

const RETRY = { attempts: 3, minDelayMs: 100, maxDelayMs: 1_000 };
const BREAKER = { failures: 5, rate: 0.5, windowMs: 30_000, cooldownMs: 30_000 };

function target(name: string, retry = RETRY, breaker = BREAKER): Target {
  return {
    upstream: { name, config: { retry }, breakers: new Breakers(breaker), latencies: new Latencies() },
    model: 'm',
  };
}

const courseOf = (...targets: Target[]): Course<Target> => createCourse(orderedGroup(targets));

/** Runs the loop over scripted outcomes: each call takes the target's next one; a string is an answer. */
async function play(
  script: Record<string, (string | RouterError)[]>,
  targets: Target[] | Course<Target>,
  deadlineMs: number | ((target: Target) => number) = 60_000,
) {
  const tries: Try[] = [];
  const calls: string[] = [];
  const rows: number[] = [];
  const startMs = performance.now();
  const controller = new AbortController();
  const running = attempt(
    Array.isArray(targets) ? courseOf(...targets) : targets,
    async ({ upstream }) => {
      calls.push(`${upstream.name}@${Math.round(performance.now() - startMs)}`);
      const outcome = script[upstream.name]?.shift();
      if (outcome === undefined) throw new Error(`nothing scripted for ${upstream.name}`);
      if (typeof outcome !== 'string') throw outcome;
      return outcome;
    },
    {
      signal: controller.signal,
      deadline: { endOf: (one) => startMs + (typeof deadlineMs === 'number' ? deadlineMs : deadlineMs(one)) },
      diary: { tries, waitedMs: 0 },
      begun: (_answer, failuresBefore) => rows.push(failuresBefore),
    },
  ).then(
    (done) => ({ answer: done.value as string | undefined, error: undefined as RouterError | undefined }),
    (error: RouterError) => ({ answer: undefined, error }),
  );
  await vi.runAllTimersAsync();
  return { ...(await running), calls, tries, rows, names: calls.map((call) => call.split('@')[0]) };
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
const times = (count: number, make: () => RouterError) => Array.from({ length: count }, make);
/** Takes a target out. */
const trip = (one: Target) => {
  for (let n = 0; n < 5; n++) noteFailure(one, fail('upstream-failed'), performance.now());
};
const healthOf = (one: Target) => one.upstream.breakers.get(healthKey(one));

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
  const b = target('b');
  const opening = await play({ a: failing(), b: ['ok'] }, [target('a', RETRY, { ...BREAKER, failures: 2 }), b]);
  expect(opening.calls).toEqual(['a@0', 'a@100', 'b@100']);
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

  test('all who were told the same moment do not come at the same moment', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const { calls } = await play({ a: [fail('rate-limited', { retryAfterMs: 750 }), 'ok'] }, [target('a')]);
    expect(calls).toEqual(['a@0', 'a@800']);
  });

  test('429 without a Retry-After is waited for as any failure is, and rests nobody', async () => {
    const a = target('a');
    const { calls } = await play({ a: [fail('rate-limited'), fail('rate-limited'), 'ok'] }, [a]);
    expect(calls).toEqual(['a@0', 'a@100', 'a@300']);
    expect(healthOf(a)?.state(performance.now())).toBe('closed');
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
    deadline: { endOf: () => 60_000 },
    diary: { tries, waitedMs: 0 },
  });
  const settled = expect(running).rejects.toBe(gone);
  await vi.advanceTimersByTimeAsync(50);
  controller.abort(gone);
  await settled;
  expect(tries).toHaveLength(1);
  expect(vi.getTimerCount()).toBe(0);
});

describe('time', () => {
  test('no try, retry or target is begun with less than 50 ms left', async () => {
    const timely = await play({ a: [fail('overloaded'), 'ok'] }, [target('a')], 150);
    expect(timely.calls).toEqual(['a@0', 'a@100']);
    const late = await play({ a: [fail('overloaded'), 'ok'], b: ['ok'] }, [target('a'), target('b')], (one) =>
      one.upstream.name === 'a' ? 149 : 49,
    );
    expect(late.calls).toEqual(['a@0']);
    expect(late.error).toMatchObject({ code: 'overloaded' });
  });

  test('when there was no time to ask anybody, that is what is told', async () => {
    const { calls, error } = await play({}, [target('a'), target('b')], 49);
    expect(calls).toEqual([]);
    expect(error).toMatchObject({ code: 'upstream-timeout', status: 504, own: true });
  });

  test('that one target cannot do it does not hide that there was no time for the other', async () => {
    const { error } = await play({ a: [fail('unsupported')] }, [target('a'), target('b')], (one) =>
      one.upstream.name === 'a' ? 1_000 : 0,
    );
    expect(error?.code).toBe('upstream-timeout');
  });

  test("a wait for another target's Retry-After is no reason to ask one that has no time", async () => {
    const patient = { ...RETRY, maxDelayMs: 20_000 };
    const outcomes = { a: [fail('rate-limited', { retryAfterMs: 1_500 }), 'ok'] };
    const { calls } = await play(outcomes, [target('a', patient), target('b')], (one) =>
      one.upstream.name === 'a' ? 60_000 : 0,
    );
    expect(calls).toEqual(['a@0', 'a@1500']);
  });

  test('nobody is asked any more once the request has ended', async () => {
    const controller = new AbortController();
    const over = fail('upstream-timeout', { own: true });
    const asked: string[] = [];
    const turns: string[] = [];
    const b = target('b');
    const breakers = new Breakers(BREAKER, ({ to }) => turns.push(to));
    const open = { ...b, upstream: { ...b.upstream, breakers } };
    trip(open);
    await vi.advanceTimersByTimeAsync(30_000);
    const running = attempt(
      courseOf(target('a'), open),
      ({ upstream }) => {
        asked.push(upstream.name);
        controller.abort(over);
        return Promise.reject(over);
      },
      { signal: controller.signal, deadline: { endOf: () => Number.MAX_VALUE }, diary: { tries: [], waitedMs: 0 } },
    );
    await expect(running).rejects.toBe(over);
    expect(asked).toEqual(['a']);
    expect(turns).toEqual(['open']);
  });

  test('each try tells how long it was waited before it', async () => {
    const { tries } = await play({ a: [fail('overloaded'), fail('overloaded')], b: ['ok'] }, [
      target('a', { ...RETRY, attempts: 2 }),
      target('b'),
    ]);
    expect(tries.map((one) => [one.target, one.waitMs, one.ms])).toEqual([
      ['a/m', 0, 0],
      ['a/m', 100, 0],
      ['b/m', 0, 0],
    ]);
  });
});

describe('an upstream that was not reached', () => {
  const refused = () => fail('upstream-failed', { unreached: true });

  test('is left at once for another that may be asked', async () => {
    expect((await play({ a: [refused()], b: ['ok'] }, [target('a'), target('b')])).calls).toEqual(['a@0', 'b@0']);
  });

  test('is tried again where there is no other', async () => {
    const b = target('b');
    trip(b);
    const { calls, answer } = await play({ a: [refused(), 'ok'] }, [target('a'), b]);
    expect(calls).toEqual(['a@0', 'a@100']);
    expect(answer).toBe('ok');
  });

  test('is no other when a route names it twice', async () => {
    const a = target('a');
    const { calls } = await play({ a: [refused(), 'ok'] }, [a, { ...a, settings: {} }]);
    expect(calls).toEqual(['a@0', 'a@100']);
  });

  test('without a connection in time is a timeout: it is not tried again', async () => {
    const lost = fail('upstream-timeout', { unreached: true });
    expect((await play({ a: [lost] }, [target('a')])).calls).toEqual(['a@0']);
  });
});

describe('targets that rest', () => {
  test('all after failures: 503, with the Retry-After of the nearest', async () => {
    const [a, b] = [target('a'), target('b', RETRY, { ...BREAKER, cooldownMs: 12_000 })];
    trip(a);
    trip(b);
    expect((await play({}, [a, b])).error).toMatchObject({ code: 'overloaded', status: 503, retryAfterMs: 12_000 });
  });

  test('one of them after failures: 503; all for a pause they asked for: 429', async () => {
    const [a, b] = [target('a'), target('b')];
    noteFailure(a, fail('rate-limited', { retryAfterMs: 7_000 }), performance.now());
    noteFailure(b, fail('rate-limited', { retryAfterMs: 5_000 }), performance.now());
    expect((await play({}, [a, b])).error).toMatchObject({ code: 'rate-limited', status: 429, retryAfterMs: 5_000 });
    trip(b);
    expect((await play({}, [a, b])).error).toMatchObject({ code: 'overloaded', status: 503, retryAfterMs: 7_000 });
  });

  test('an answer of an hour is not forgotten when the breaker opens', async () => {
    const a = target('a', { ...RETRY, attempts: 1 }, { ...BREAKER, failures: 1 });
    await play({ a: [fail('overloaded', { retryAfterMs: 3_600_000 })] }, [a]);
    expect((await play({}, [a])).error).toMatchObject({ code: 'overloaded', retryAfterMs: 3_600_000 });
  });

  const overflow = () => fail('context-overflow');
  const courseWith = (main: Target[], fallback: Target[]) =>
    createCourse({ ...orderedGroup(main), onContextOverflow: orderedGroup(fallback) });

  test('in a nested group they are passed over as anywhere', async () => {
    const [a, b, c] = [target('a'), target('b'), target('c')];
    trip(a);
    trip(b);
    const inner = { weight: 1, group: orderedGroup([a, b]) };
    const course = () => createCourse<Target>({ ...orderedGroup([c]), choices: [inner, { weight: 1, target: c }] });
    expect((await play({ c: ['ok'] }, course())).names).toEqual(['c']);
    trip(c);
    expect((await play({}, course())).error).toMatchObject({ code: 'overloaded', retryAfterMs: 30_000 });
  });

  test('the list for a failure: it is not told to the client while who could answer it rests', async () => {
    const [a, big] = [target('a'), target('big')];
    trip(big);
    const { error } = await play({ a: [overflow()] }, courseWith([a], [big]));
    expect(error).toMatchObject({ code: 'overloaded', retryAfterMs: 30_000 });
  });

  test('the targets before such a list have no say in it any more', async () => {
    const [resting, a, big] = [target('r'), target('a'), target('big')];
    trip(resting);
    const outcomes = { a: [overflow()], big: [fail('unsupported')] };
    const { error, names } = await play(outcomes, courseWith([resting, a], [big]));
    expect(names).toEqual(['a', 'big']);
    expect(error?.code).toBe('context-overflow');
  });
});

describe('a target that comes back', () => {
  const reopen = async (one: Target) => {
    trip(one);
    await vi.advanceTimersByTimeAsync(30_000);
    await play({ [one.upstream.name]: ['ok'] }, [one]);
  };

  test('is asked by few at first where there is another, and by more with each success', async () => {
    const [a, b] = [target('a'), target('b')];
    await reopen(a);
    let taken = 0;
    for (let round = 0; round < 3; round++) {
      const running = Array.from({ length: 10 }, () => {
        const course = courseOf(a, b);
        const options = {
          signal: new AbortController().signal,
          deadline: { endOf: () => Number.POSITIVE_INFINITY },
          diary: { tries: [], waitedMs: 0 },
        };
        const run = () => new Promise<string>((done) => setTimeout(done, 100, 'ok'));
        return attempt(course, run, options);
      });
      await vi.advanceTimersByTimeAsync(100);
      const done = await Promise.all(running);
      taken = done.filter(({ target: { upstream } }) => upstream.name === 'a').length;
      expect(taken).toBe([2, 4, 8][round]);
    }
  });

  test('refuses nobody for that', async () => {
    const a = target('a');
    await reopen(a);
    const { names } = await play({ a: ['ok'] }, [a]);
    expect(names).toEqual(['a']);
    const b = target('b');
    await reopen(b);
    healthOf(b)?.admit(performance.now());
    healthOf(b)?.admit(performance.now());
    const spent = await play({ b: ['ok'], c: [fail('upstream-failed')] }, [b, target('c', { ...RETRY, attempts: 1 })]);
    expect(spent.names).toEqual(['c', 'b']);
    expect(spent.answer).toBe('ok');
  });
});

test('who waits to try again does not join in once the others have taken the target out', async () => {
  const [a, b] = [target('a', { ...RETRY, attempts: 2 }), target('b')];
  const outcomes = { a: [fail('overloaded'), 'too late'], b: ['ok'] };
  setTimeout(() => trip(a), 50);
  const { calls, tries } = await play(outcomes, [a, b]);
  expect(calls).toEqual(['a@0', 'b@100']);
  expect(tries).toHaveLength(2);
});

test('when everything fails, only so many tries are made again: 100, and a fifth of all calls', async () => {
  const a = target('a', { ...RETRY, attempts: 2 }, { ...BREAKER, failures: 1_000_000, rate: 1.1 });
  const runs = await Promise.all(
    Array.from({ length: 1_000 }, () => play({ a: times(2, () => fail('overloaded')) }, [a])),
  );
  const retries = runs.reduce((sum, { tries }) => sum + tries.length - 1, 0);
  expect(retries).toBe(100);
  const more = await Promise.all(
    Array.from({ length: 300 }, () => play({ a: times(2, () => fail('overloaded')) }, [a])),
  );
  // The clock that the runs share has moved on a little.
  expect(more.reduce((sum, { tries }) => sum + tries.length - 1, 0)).toBeGreaterThanOrEqual(60);
});

describe('an answer that has only begun', () => {
  const broken = () => fail('upstream-failed');

  test('five that break one after the other make five failures in a row', async () => {
    const a = target('a');
    for (let n = 1; n <= 5; n++) {
      const { rows } = await play({ a: ['begun'] }, [a]);
      expect(healthOf(a)?.state(performance.now())).toBe('closed');
      noteBreak(a, broken(), performance.now(), rows[0] ?? Number.NaN);
      expect(healthOf(a)?.failuresInARow).toBe(n);
    }
    expect(healthOf(a)?.state(performance.now())).toBe('open');
  });

  test('a few that break among many are no row, although nothing else has ended', async () => {
    const a = target('a');
    const begun = await Promise.all(Array.from({ length: 200 }, () => play({ a: ['begun'] }, [a])));
    for (const { rows } of begun.slice(0, 60)) noteBreak(a, broken(), performance.now(), rows[0] ?? Number.NaN);
    expect(healthOf(a)?.state(performance.now())).toBe('closed');
    for (const { rows } of begun.slice(60, 100)) noteBreak(a, broken(), performance.now(), rows[0] ?? Number.NaN);
    expect(healthOf(a)?.state(performance.now())).toBe('open');
  });

  test('goes on with a row of failures when it breaks, and ends it when it does not', async () => {
    const a = target('a', { ...RETRY, attempts: 1 });
    await play({ a: [broken()] }, [a]);
    await play({ a: [broken()] }, [a]);
    const { rows } = await play({ a: ['begun'] }, [a]);
    expect(healthOf(a)?.failuresInARow).toBe(0);
    noteBreak(a, broken(), performance.now(), rows[0] ?? Number.NaN);
    expect(healthOf(a)?.failuresInARow).toBe(3);
  });

  test('says nothing of the target when the client ends it', async () => {
    const a = target('a');
    const { rows } = await play({ a: ['begun'] }, [a]);
    noteBreak(a, fail('cancelled'), performance.now(), rows[0] ?? Number.NaN);
    expect(healthOf(a)?.failuresInARow).toBe(0);
  });

  test('closes an open breaker at once', async () => {
    const a = target('a');
    trip(a);
    await vi.advanceTimersByTimeAsync(30_000);
    await play({ a: ['begun'] }, [a]);
    expect(healthOf(a)?.state(performance.now())).toBe('closed');
  });
});

test('a probe that says nothing lets the next one through', async () => {
  const a = target('a');
  trip(a);
  await vi.advanceTimersByTimeAsync(30_000);
  expect((await play({ a: [fail('cancelled')] }, [a])).error?.code).toBe('cancelled');
  expect((await play({ a: [fail('invalid-request')] }, [a])).error?.code).toBe('invalid-request');
  expect((await play({ a: ['ok'] }, [a])).answer).toBe('ok');
});

test('a refusal that may be of this one request fails over, and says nothing of the target', async () => {
  const a = target('a', RETRY, { ...BREAKER, failures: 1 });
  const firewall = () => fail('upstream-denied', { ofRequest: true });
  expect((await play({ a: [firewall()], b: ['ok'] }, [a, target('b')])).names).toEqual(['a', 'b']);
  expect((await play({ a: [firewall()] }, [a])).error).toMatchObject({ code: 'upstream-denied', status: 502 });
  expect((await play({ a: ['ok'] }, [a])).names).toEqual(['a']);
});

test('what a plugin has repaired is no failure', async () => {
  const a = target('a', RETRY, { ...BREAKER, failures: 1 });
  const { answer } = await play({ a: [fail('upstream-denied', { again: true }), 'ok'] }, [a]);
  expect(answer).toBe('ok');
  expect(healthOf(a)?.state(performance.now())).toBe('closed');
});

test('whatever fails: no more tries than are allowed, no wait shorter than asked for, nothing begun when time is up', async () => {
  vi.restoreAllMocks();
  const failure = fc.record({
    code: fc.constantFrom(...(Object.keys(ERROR_POLICIES) as ErrorCode[])),
    retryAfterMs: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: undefined }),
    unreached: fc.constantFrom(undefined, true as const),
    tookMs: fc.integer({ min: 0, max: 400 }),
  });
  const setUp = fc.record({
    targets: fc.array(
      fc.record({ attempts: fc.integer({ min: 1, max: 5 }), endMs: fc.integer({ min: 0, max: 6_000 }) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    failures: fc.array(failure, { minLength: 15, maxLength: 15 }),
  });
  await fc.assert(
    fc.asyncProperty(setUp, async ({ targets, failures }) => {
      const startMs = performance.now();
      const all = targets.map(({ attempts }, n) => target(`${n}`, { ...RETRY, attempts }));
      const calls: { name: string; atMs: number; endMs: number; retryAfterMs: number }[] = [];
      const endOf = (one: Target) => startMs + (targets[Number(one.upstream.name)]?.endMs ?? 0);
      const running = attempt(
        courseOf(...all),
        async (one) => {
          const next = failures[calls.length];
          if (!next) throw new Error('more calls than three targets may get');
          const { tookMs, code, retryAfterMs, unreached } = next;
          const call = { name: one.upstream.name, atMs: performance.now(), endMs: 0, retryAfterMs: retryAfterMs ?? 0 };
          calls.push(call);
          expect(endOf(one) - call.atMs).toBeGreaterThanOrEqual(50);
          if (tookMs > 0) await new Promise((done) => setTimeout(done, tookMs));
          call.endMs = performance.now();
          const told = retryAfterMs === undefined ? {} : { retryAfterMs };
          throw new RouterError(code, code, { ...told, ...(unreached && { unreached }) });
        },
        { signal: new AbortController().signal, deadline: { endOf }, diary: { tries: [], waitedMs: 0 } },
      ).catch((error: RouterError) => error);
      await vi.runAllTimersAsync();
      expect(RouterError.is(await running)).toBe(true);
      for (const [n, { attempts }] of targets.entries()) {
        const mine = calls.filter(({ name }) => name === String(n));
        expect(mine.length).toBeLessThanOrEqual(attempts);
        for (const [at, call] of mine.entries()) {
          const before = mine[at - 1];
          if (before)
            expect(call.atMs - before.endMs).toBeGreaterThanOrEqual(Math.max(RETRY.minDelayMs, before.retryAfterMs));
        }
      }
      // In order, and never back.
      expect(calls.map(({ name }) => name)).toEqual(calls.map(({ name }) => name).toSorted());
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 200 },
  );
});
