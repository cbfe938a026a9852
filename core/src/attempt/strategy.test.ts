// The order in which each strategy asks, with chance and clock of the test's own.
import { describe, expect, test } from 'vitest';
import type { StickyBy, Strategy } from '../config/config.ts';
import { type Choice, type Group, mapGroup, orderedGroup } from '../routing/index.ts';
import { Breakers } from './breakers.ts';
import { Latencies } from './latency.ts';
import { arrange, type Bearings } from './strategy.ts';
import { healthKey, type Target } from './target.ts';

const BREAKER = { failures: 1, rate: 0.5, windowMs: 30_000, cooldownMs: 30_000 };
const RETRY = { attempts: 1, minDelayMs: 1, maxDelayMs: 1 };

const target = (name: string): Target => ({
  upstream: { name, config: { retry: RETRY }, breakers: new Breakers(BREAKER), latencies: new Latencies() },
  model: 'm',
});

const choice = (name: string, weight = 1): Choice<Target> => ({ weight, name, target: target(name) });

const inner = (group: Group<Target>, weight = 1): Choice<Target> => ({ weight, name: `route/${group.route}`, group });

function group(strategy: Strategy, choices: readonly Choice<Target>[], sticky?: StickyBy): Group<Target> {
  return { route: 'r', strategy, choices, turns: { taken: 0 }, ...(sticky && { sticky }) };
}

const nameOf = (one: Choice<Target> | undefined): string => one?.name ?? '';
const names = (of: Group<Target>, bearings: Bearings = {}): string[] => arrange(of, bearings).map(nameOf);
const first = (of: Group<Target>, bearings: Bearings = {}): string => nameOf(arrange(of, bearings)[0]);

/** mulberry32. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let word = Math.imul(state ^ (state >>> 15), 1 | state);
    word = (word + Math.imul(word ^ (word >>> 7), 61 | word)) ^ word;
    return ((word ^ (word >>> 14)) >>> 0) / 2 ** 32;
  };
}

function tally(times: number, draw: (n: number) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let n = 0; n < times; n++) {
    const name = draw(n);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}

/** Three standard deviations of a share of so many draws. */
const threeSigma = (share: number, times: number): number => 3 * Math.sqrt(times * share * (1 - share));

function expectShares(counts: Record<string, number>, shares: Record<string, number>): void {
  const times = Object.values(counts).reduce((sum, count) => sum + count, 0);
  for (const [name, share] of Object.entries(shares)) {
    expect(Math.abs((counts[name] ?? 0) - times * share)).toBeLessThan(threeSigma(share, times));
  }
}

/** Opens the breaker of a choice's target. */
function rest(one: Choice<Target> | undefined, nowMs = 0): void {
  if (one?.target) one.target.upstream.breakers.of(one.target).failure(nowMs);
}

function measure(one: Choice<Target> | undefined, ms: number, nowMs = 0): void {
  if (!one?.target) throw new Error('no target');
  const latency = one.target.upstream.latencies.remember(healthKey(one.target));
  latency.begin();
  latency.answered(ms, nowMs);
}

test('ordered is the order of the file', () => {
  expect(names(group('ordered', [choice('a', 1), choice('b', 9), choice('c', 5)]))).toEqual(['a', 'b', 'c']);
});

describe('weighted', () => {
  const uneven = () => [choice('a', 70), choice('b', 20), choice('c', 10)];

  test('splits first places by weight, within three sigma', () => {
    const random = seeded(1);
    const of = group('weighted', uneven());
    expectShares(
      tally(20_000, () => first(of, { random })),
      { a: 0.7, b: 0.2, c: 0.1 },
    );
  });

  test('gives the share of one that is skipped to the others in proportion', () => {
    const random = seeded(2);
    const of = group('weighted', uneven());
    const counts = tally(20_000, () => names(of, { random }).find((name) => name !== 'a') ?? '');
    expectShares(counts, { b: 2 / 3, c: 1 / 3 });
  });

  test('asks each once', () => {
    const random = seeded(3);
    const of = group('weighted', uneven());
    for (let n = 0; n < 100; n++) expect(names(of, { random }).toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('stands every number that a generator gives', () => {
    expect(names(group('weighted', uneven()), { random: () => 0 }).toSorted()).toEqual(['a', 'b', 'c']);
  });

  test('takes a route as one choice', () => {
    const random = seeded(4);
    const route = { ...group('ordered', [choice('b'), choice('c'), choice('d')]), route: 'more' };
    const of = group('weighted', [choice('a', 1), inner(route, 1)]);
    expectShares(
      tally(10_000, () => first(of, { random })),
      { a: 0.5, 'route/more': 0.5 },
    );
  });
});

describe('round-robin', () => {
  test('gives each its turn, and fails over along the round', () => {
    const of = group('round-robin', [choice('a'), choice('b'), choice('c')]);
    expect([names(of), names(of), names(of), names(of)]).toEqual([
      ['a', 'b', 'c'],
      ['b', 'c', 'a'],
      ['c', 'a', 'b'],
      ['a', 'b', 'c'],
    ]);
  });

  test('has one round for all that are made of the same group', () => {
    const of = group('round-robin', [choice('a'), choice('b')]);
    const copy = mapGroup(of, (one) => [one]);
    expect([first(of), first(copy), first(of), first(copy)]).toEqual(['a', 'b', 'a', 'b']);
  });

  test('leaves out those that rest, evenly, and asks them last', () => {
    const choices = [choice('a'), choice('b'), choice('c')];
    rest(choices[1]);
    const of = group('round-robin', choices);
    const now = () => 1;
    expect([names(of, { now }), names(of, { now }), names(of, { now })]).toEqual([
      ['a', 'c', 'b'],
      ['c', 'a', 'b'],
      ['a', 'c', 'b'],
    ]);
    const all = [choice('a'), choice('b')];
    for (const one of all) rest(one);
    expect(names(group('round-robin', all), { now })).toEqual(['a', 'b']);
  });

  test('takes no turn when it is only looked at', () => {
    const of = group('round-robin', [choice('a'), choice('b')]);
    expect([first(of, { lookOnly: true }), first(of, { lookOnly: true }), first(of), first(of)]).toEqual([
      'a',
      'a',
      'a',
      'b',
    ]);
  });
});

describe('least-latency', () => {
  test('asks each that is not known yet, in the order of the file', () => {
    const choices = [choice('a'), choice('b'), choice('c')];
    const of = group('least-latency', choices);
    expect(first(of)).toBe('a');
    measure(choices[0], 5);
    expect(first(of)).toBe('b');
    measure(choices[1], 3);
    expect(first(of)).toBe('c');
    measure(choices[2], 4);
    expect(names(of)).toEqual(['b', 'c', 'a']);
  });

  test('spreads what comes at once while nothing is known', () => {
    const choices = [choice('a'), choice('b'), choice('c')];
    const of = group('least-latency', choices);
    const counts = tally(30, () => {
      const [one] = arrange(of);
      if (one?.target) one.target.upstream.latencies.get(healthKey(one.target))?.begin();
      return nameOf(one);
    });
    expect(counts).toEqual({ a: 10, b: 10, c: 10 });
  });

  test('leaves a target at its first slow answer, and comes back when it has recovered', () => {
    const choices = [choice('a'), choice('b')];
    const of = group('least-latency', choices);
    let nowMs = 0;
    const delays: Record<string, number> = { a: 300, b: 400 };
    const ask = (): string => {
      nowMs += 500;
      const [one] = arrange(of, { now: () => nowMs });
      measure(one, delays[nameOf(one)] ?? 0, nowMs);
      return nameOf(one);
    };
    tally(100, ask);
    expect(tally(100, ask).a).toBeGreaterThan(80);
    delays.a = 6_000;
    const slowed = tally(100, ask);
    // One that shows it, and one each time it is given another chance.
    expect(slowed.a).toBeLessThan(6);
    delays.a = 300;
    tally(80, ask);
    expect(tally(100, ask).a).toBeGreaterThan(80);
  });

  test('does not waste requests on a slow target where there are few of them', () => {
    const choices = [choice('a'), choice('b')];
    const of = group('least-latency', choices);
    let nowMs = 0;
    const ask = (): string => {
      // One in ten minutes.
      nowMs += 600_000;
      const [one] = arrange(of, { now: () => nowMs });
      measure(one, nameOf(one) === 'a' ? 300 : 3_000, nowMs);
      return nameOf(one);
    };
    tally(2, ask);
    expect(tally(100, ask).b).toBeLessThan(4);
  });

  test('sends fewer to one that has many waiting', () => {
    const choices = [choice('a'), choice('b')];
    const of = group('least-latency', choices);
    measure(choices[0], 100);
    measure(choices[1], 300);
    const waits = tally(8, () => {
      const [one] = arrange(of, { now: () => 0 });
      if (one?.target) one.target.upstream.latencies.get(healthKey(one.target))?.begin();
      return nameOf(one);
    });
    expect(waits).toEqual({ a: 6, b: 2 });
  });

  test('asks those that rest last', () => {
    const choices = [choice('a'), choice('b'), choice('c')];
    for (const [n, one] of choices.entries()) measure(one, n + 1);
    rest(choices[0]);
    expect(names(group('least-latency', choices), { now: () => 1 })).toEqual(['b', 'c', 'a']);
  });

  test('takes a group for its best, and one in a fixed order for its first that does not rest', () => {
    const [slow, fast, middle] = [choice('slow'), choice('fast'), choice('middle')];
    measure(slow, 900);
    measure(fast, 100);
    measure(middle, 500);
    const best = { ...group('least-latency', [slow, fast]), route: 'best' };
    const fixed = { ...group('ordered', [slow, fast]), route: 'fixed' };
    const now = () => 1;
    expect(names(group('least-latency', [middle, inner(best)]), { now })).toEqual(['route/best', 'middle']);
    expect(names(group('least-latency', [inner(fixed), middle]), { now })).toEqual(['middle', 'route/fixed']);
    rest(slow);
    expect(names(group('least-latency', [middle, inner(fixed)]), { now })).toEqual(['route/fixed', 'middle']);
  });

  test('chooses among the members of a pool too', () => {
    const pooled = mapGroup(group('least-latency', [choice('a')]), (one) => [
      { ...one, member: 'north' },
      { ...one, member: 'south' },
    ]);
    const pool = pooled.choices[0]?.group;
    if (!pool) throw new Error('no pool');
    measure(pool.choices[0], 500);
    measure(pool.choices[1], 100);
    expect(arrange(pool).map((one) => one.target?.member)).toEqual(['south', 'north']);
  });

  test('remembers nothing, and passes nobody over, when it is only looked at', () => {
    const choices = [choice('a'), choice('b')];
    const of = group('least-latency', choices);
    expect(names(of, { lookOnly: true })).toEqual(['a', 'b']);
    expect(choices[0]?.target?.upstream.latencies.get('m')).toBeUndefined();
    measure(choices[0], 100);
    measure(choices[1], 1_000);
    for (let n = 0; n < 1_000; n++) names(of, { lookOnly: true, now: () => 60_000 });
    expect(first(of, { lookOnly: true, now: () => 60_000 })).toBe('a');
  });
});

describe('sticky', () => {
  const BY: StickyBy = { by: 'user' };
  const by = (value: string | undefined): Bearings => ({ stickyValue: () => value });
  const users = Array.from({ length: 10_000 }, (_, n) => `user-${n}`);

  test('keeps a value at one target, and has an order of its own for each', () => {
    const of = group('sticky', [choice('a'), choice('b'), choice('c')], BY);
    for (const user of users.slice(0, 50)) expect(names(of, by(user))).toEqual(names(of, by(user)));
    expect(new Set(users.map((user) => names(of, by(user)).join())).size).toBe(6);
  });

  test('spreads values by weight, within three sigma', () => {
    const of = group('sticky', [choice('a', 70), choice('b', 20), choice('c', 10)], BY);
    expectShares(
      tally(users.length, (n) => first(of, by(users[n]))),
      { a: 0.7, b: 0.2, c: 0.1 },
    );
  });

  test('spreads them anew for other names: one order does not tell another', () => {
    const one = group('sticky', [choice('a/x'), choice('a/y')], BY);
    const other = group('sticky', [choice('b/x'), choice('b/y')], BY);
    const both = tally(users.length, (n) => `${first(one, by(users[n]))} ${first(other, by(users[n]))}`);
    expectShares(both, { 'a/x b/x': 0.25, 'a/x b/y': 0.25, 'a/y b/x': 0.25, 'a/y b/y': 0.25 });
  });

  test('moves only the share of a target that is taken away, to all others', () => {
    const all = ['a', 'b', 'c', 'd'].map((name) => choice(name));
    const before = group('sticky', all, BY);
    const after = group('sticky', all.slice(0, 3), BY);
    const moved = users.filter((user) => first(before, by(user)) !== first(after, by(user)));
    expect(moved.every((user) => first(before, by(user)) === 'd')).toBe(true);
    expectShares(
      tally(moved.length, (n) => first(after, by(moved[n]))),
      { a: 1 / 3, b: 1 / 3, c: 1 / 3 },
    );
    // And they fail over to where they would be without it.
    for (const user of moved.slice(0, 100)) expect(names(before, by(user))[1]).toBe(first(after, by(user)));
  });

  test('moves values only towards a target whose weight has grown', () => {
    const before = group('sticky', [choice('a', 1), choice('b', 1), choice('c', 1)], BY);
    const after = group('sticky', [choice('a', 1), choice('b', 3), choice('c', 1)], BY);
    const moved = users.filter((user) => first(before, by(user)) !== first(after, by(user)));
    expect(moved.length).toBeGreaterThan(0);
    expect(moved.every((user) => first(after, by(user)) === 'b')).toBe(true);
  });

  test('without a value goes by weight alone', () => {
    const random = seeded(5);
    const of = group('sticky', [choice('a', 3), choice('b', 1)], BY);
    expectShares(
      tally(5_000, () => first(of, { ...by(undefined), random })),
      { a: 0.75, b: 0.25 },
    );
    expectShares(
      tally(5_000, () => first(of, { random })),
      { a: 0.75, b: 0.25 },
    );
  });

  test('asks for the value it sticks by, and no other strategy asks for any', () => {
    const asked: StickyBy[] = [];
    const stickyValue = (what: StickyBy): string => {
      asked.push(what);
      return 'x';
    };
    for (const strategy of ['ordered', 'weighted', 'round-robin', 'least-latency'] as const) {
      arrange(group(strategy, [choice('a'), choice('b')]), { stickyValue });
    }
    arrange(group('sticky', [choice('a')], BY), { stickyValue });
    expect(asked).toEqual([]);
    arrange(group('sticky', [choice('a'), choice('b')], BY), { stickyValue });
    expect(asked).toEqual([BY]);
  });
});

test('nothing is arranged where there is nothing to choose', () => {
  for (const strategy of ['weighted', 'round-robin', 'least-latency', 'sticky'] as const) {
    expect(arrange({ ...orderedGroup<Target>([]), strategy })).toEqual([]);
    expect(names(group(strategy, [choice('a')]))).toEqual(['a']);
  }
});
