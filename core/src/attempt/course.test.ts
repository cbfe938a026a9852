// Which target a request meets next, over trees of every shape.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Strategy } from '../config/config.ts';
import type { ErrorCode } from '../contract/index.ts';
import { type Choice, type Group, orderedGroup, targetsOf } from '../routing/index.ts';
import { Breakers } from './breakers.ts';
import { createCourse, type TypedFailure } from './course.ts';
import { Latencies } from './latency.ts';
import { type Target, targetName } from './target.ts';

const BREAKER = { failures: 5, rate: 0.5, windowMs: 30_000, cooldownMs: 30_000 };
const RETRY = { attempts: 1, minDelayMs: 1, maxDelayMs: 1 };
const SETTINGS = {};

const target = (name: string, settings: unknown = SETTINGS): Target => ({
  upstream: { name, config: { retry: RETRY }, breakers: new Breakers(BREAKER), latencies: new Latencies() },
  model: 'm',
  settings,
});

type Lists = { readonly overflow?: readonly Item[]; readonly blocked?: readonly Item[] };
type Item = string | Group<Target>;

const list = (items: readonly Item[]): Choice<Target>[] =>
  items.map((item) =>
    typeof item === 'string' ? { weight: 1, name: item, target: target(item) } : { weight: 1, group: item },
  );

const group = (items: readonly Item[], { overflow, blocked }: Lists = {}): Group<Target> => ({
  strategy: 'ordered',
  choices: list(items),
  turns: { taken: 0 },
  ...(overflow && { onContextOverflow: { ...orderedGroup([]), choices: list(overflow) } }),
  ...(blocked && { onContentBlocked: { ...orderedGroup([]), choices: list(blocked) } }),
});

/** The targets that are asked when each fails as it is told to, by the rules of `attempt`: a failure that is diverted goes on, one
 * that is not goes on unless it is a blocked content. */
function walk(of: Group<Target>, failureOf: (name: string) => ErrorCode): string[] {
  const course = createCourse(of);
  const asked: string[] = [];
  for (let next = course.next(); next !== undefined; next = course.next()) {
    const name = next.upstream.name;
    asked.push(name);
    if (asked.length > 10_000) throw new Error('endless');
    const failure = failureOf(name);
    if (!course.divert(failure) && failure === 'content-blocked') break;
  }
  return asked;
}

const always = (failure: ErrorCode) => () => failure;
const only = (failures: Readonly<Record<string, ErrorCode>>) => (name: string) => failures[name] ?? 'overloaded';

describe('without lists', () => {
  test('every failure goes on along the tree', () => {
    const of = group(['a', group(['b', group(['c']), 'd']), group([]), 'e']);
    for (const failure of ['overloaded', 'context-overflow'] as const) {
      expect(walk(of, always(failure))).toEqual(['a', 'b', 'c', 'd', 'e']);
    }
  });

  test('blocked content goes nowhere', () => {
    expect(walk(group(['a', 'b']), always('content-blocked'))).toEqual(['a']);
  });
});

describe('a list', () => {
  test('takes the place of what is left of its group, for its failure only', () => {
    const of = group(['a', 'b', 'c'], { overflow: ['x', 'y'] });
    expect(walk(of, only({ a: 'context-overflow' }))).toEqual(['a', 'x', 'y']);
    expect(walk(of, only({ b: 'context-overflow' }))).toEqual(['a', 'b', 'x', 'y']);
    expect(walk(of, always('overloaded'))).toEqual(['a', 'b', 'c']);
    expect(walk(of, only({ a: 'content-blocked' }))).toEqual(['a']);
  });

  test('goes on within itself when it meets its own failure again, and never back', () => {
    expect(walk(group(['a', 'b'], { blocked: ['x', 'y'] }), always('content-blocked'))).toEqual(['a', 'x', 'y']);
    expect(walk(group(['a', 'b'], { overflow: ['x', 'y'] }), always('context-overflow'))).toEqual(['a', 'x', 'y']);
  });

  test('of the innermost group wins; when it is done, the outer order goes on', () => {
    const inner = group(['b', 'c'], { overflow: ['x'] });
    const of = group(['a', inner, 'd'], { overflow: ['y'] });
    expect(walk(of, only({ b: 'context-overflow' }))).toEqual(['a', 'b', 'x', 'd']);
    expect(walk(of, only({ a: 'context-overflow' }))).toEqual(['a', 'y']);
    // The list of the inner group could not help with the same: the outer has one too.
    expect(walk(of, only({ b: 'context-overflow', x: 'context-overflow' }))).toEqual(['a', 'b', 'x', 'y']);
  });

  test('of an outer group is taken from deep inside', () => {
    const of = group([group([group(['a', 'b']), 'c']), 'd'], { blocked: ['x'] });
    expect(walk(of, only({ b: 'content-blocked' }))).toEqual(['a', 'b', 'x']);
  });

  test('may be of routes, with lists of their own', () => {
    const big = group(['p', 'q'], { blocked: ['r'] });
    const of = group(['a', 'b'], { overflow: [big, 's'] });
    expect(walk(of, only({ a: 'context-overflow' }))).toEqual(['a', 'p', 'q', 's']);
    expect(walk(of, only({ a: 'context-overflow', p: 'content-blocked' }))).toEqual(['a', 'p', 'r', 's']);
    expect(walk(of, only({ a: 'context-overflow', p: 'context-overflow' }))).toEqual(['a', 'p', 'q', 's']);
  });

  test('with nobody in it is the end, of the groups around it too', () => {
    expect(walk(group(['a', 'b'], { overflow: [] }), always('context-overflow'))).toEqual(['a']);
    const inner = group(['b', 'c'], { overflow: [] });
    expect(walk(group(['a', inner, 'd']), only({ b: 'context-overflow' }))).toEqual(['a', 'b']);
    expect(walk(group(['a', inner, 'd']), only({ b: 'upstream-failed' }))).toEqual(['a', 'b', 'c', 'd']);
    // Unless one of them has a list of its own.
    expect(walk(group(['a', inner, 'd'], { overflow: ['x'] }), only({ b: 'context-overflow' }))).toEqual([
      'a',
      'b',
      'x',
    ]);
    expect(walk(group([group(['b', 'c']), 'd'], { overflow: [] }), always('context-overflow'))).toEqual(['b']);
  });

  test('does not ask a target again that has refused the same request', () => {
    const of = group(['big', 'small'], { overflow: ['big', 'huge'] });
    expect(walk(of, only({ big: 'context-overflow' }))).toEqual(['big', 'huge']);
    expect(walk(of, only({ small: 'context-overflow' }))).toEqual(['big', 'small', 'big', 'huge']);
    expect(walk(group(['big', 'small'], { blocked: ['big'] }), always('content-blocked'))).toEqual(['big']);
    expect(walk(group(['a', group(['a', 'b'])]), always('context-overflow'))).toEqual(['a', 'b']);
  });

  test('asks the same name with other settings: another guardrail may let it pass', () => {
    const of = group(['a'], { blocked: [] });
    const other = { ...of, onContentBlocked: orderedGroup([target('a', { free: true })]) };
    expect(walk(other, always('content-blocked'))).toEqual(['a', 'a']);
  });
});

describe('what is postponed', () => {
  /** As `walk`, with all that `later` names put off the first time they are met. */
  function walkWith(of: Group<Target>, later: readonly string[], failureOf: (name: string) => ErrorCode): string[] {
    const course = createCourse(of);
    const [met, asked]: [string[], string[]] = [[], []];
    for (let next = course.next(); next !== undefined; next = course.next()) {
      const name = next.upstream.name;
      if (later.includes(name) && !met.includes(name)) {
        met.push(name);
        expect(course.rest()).not.toContain(next);
        course.postpone();
        expect(course.rest().at(-1)).toBe(next);
        continue;
      }
      asked.push(name);
      const failure = failureOf(name);
      if (!course.divert(failure) && failure === 'content-blocked') break;
    }
    return asked;
  }

  test('comes when nobody else is left', () => {
    const of = group(['a', group(['b', 'c']), 'd']);
    expect(walkWith(of, ['a', 'b'], always('overloaded'))).toEqual(['c', 'd', 'a', 'b']);
    expect(walkWith(of, ['a', 'b', 'c', 'd'], always('overloaded'))).toEqual(['a', 'b', 'c', 'd']);
  });

  test('has the lists of its groups then, too', () => {
    expect(walkWith(group(['a'], { overflow: ['x'] }), ['a'], always('context-overflow'))).toEqual(['a', 'x']);
    const of = group([group(['b', 'c'], { blocked: ['x'] }), 'd']);
    expect(walkWith(of, ['b'], only({ b: 'content-blocked' }))).toEqual(['c', 'd', 'b', 'x']);
    expect(walkWith(group(['a', 'b'], { overflow: [] }), ['a', 'b'], always('context-overflow'))).toEqual(['a']);
  });

  test('is given up with its group', () => {
    const of = group(['a', group(['b', 'c'], { overflow: ['x'] }), 'd']);
    expect(walkWith(of, ['b'], only({ c: 'context-overflow' }))).toEqual(['a', 'c', 'x', 'd']);
    expect(walkWith(of, ['a'], only({ b: 'context-overflow' }))).toEqual(['b', 'x', 'd', 'a']);
  });
});

describe('catches', () => {
  const course = (of: Group<Target>) => {
    const way = createCourse(of);
    way.next();
    return way;
  };

  test('says what divert would find', () => {
    const of = group([group(['a', 'b']), 'c'], { blocked: ['x', 'y'] });
    const way = course(of);
    expect([way.catches('content-blocked'), way.catches('context-overflow')]).toEqual([true, false]);
    // Looking changes nothing.
    expect(way.rest().map(targetName)).toEqual(['b/m', 'c/m']);
    expect(way.divert('content-blocked')).toBe(true);
    expect([way.next()?.upstream.name, way.catches('content-blocked')]).toEqual(['x', true]);
    expect(way.divert('content-blocked')).toBe(true);
    expect([way.next()?.upstream.name, way.catches('content-blocked')]).toEqual(['y', false]);
    expect(way.divert('content-blocked')).toBe(false);
  });

  test('a list with nobody in it, or nobody new, catches nothing', () => {
    expect(course(group(['a'], { blocked: [] })).catches('content-blocked')).toBe(false);
    expect(course(group(['a', 'b'], { blocked: ['a'] })).catches('content-blocked')).toBe(false);
  });

  test('other failures are not diverted', () => {
    const way = course(group(['a', 'b'], { blocked: ['x'], overflow: ['y'] }));
    for (const failure of ['overloaded', 'invalid-request', 'cancelled'] as const)
      expect(way.divert(failure)).toBe(false);
    expect(way.rest().map(targetName)).toEqual(['b/m']);
  });
});

describe('over all trees', () => {
  const STRATEGIES: readonly Strategy[] = ['ordered', 'weighted', 'round-robin', 'least-latency', 'sticky'];
  /** Every target of the tree has a name of its own. */
  const trees = fc
    .letrec<{ group: Group<Target>; choice: Choice<Target> }>((tie) => ({
      choice: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.constant({ weight: 1, target: target('') }),
        fc.record({ weight: fc.constant(2), group: tie('group') }),
      ),
      group: fc.record({
        strategy: fc.constantFrom(...STRATEGIES),
        choices: fc.array(tie('choice'), { maxLength: 4 }),
        turns: fc.constant({ taken: 0 }),
        sticky: fc.constant({ by: 'user' as const }),
        overflow: fc.option(fc.array(tie('choice'), { maxLength: 3 }), { nil: undefined }),
        blocked: fc.option(fc.array(tie('choice'), { maxLength: 3 }), { nil: undefined }),
      }) as fc.Arbitrary<Group<Target>>,
    }))
    .group.map((tree) => named(tree));

  let count = 0;
  function named(tree: Group<Target> & { overflow?: Choice<Target>[]; blocked?: Choice<Target>[] }): Group<Target> {
    const { overflow, blocked, ...rest } = tree;
    const renamed = (choices: readonly Choice<Target>[]) =>
      choices.map((one): Choice<Target> => {
        const name = `t${count++}`;
        return one.group
          ? { weight: one.weight, name, group: named(one.group) }
          : { weight: one.weight, name, target: target(name) };
      });
    return {
      ...rest,
      choices: renamed(tree.choices),
      ...(overflow && { onContextOverflow: { ...orderedGroup([]), choices: renamed(overflow) } }),
      ...(blocked && { onContentBlocked: { ...orderedGroup([]), choices: renamed(blocked) } }),
    };
  }

  test('each target is asked once when all fail', () => {
    fc.assert(
      fc.property(trees, (tree) => {
        const expected = targetsOf(tree).map((one) => one.upstream.name);
        expect(walk(tree, always('overloaded')).toSorted()).toEqual(expected.toSorted());
      }),
    );
  });

  test('none is asked twice, and the way ends, however they fail', () => {
    const failures = fc.array(
      fc.constantFrom<ErrorCode>('overloaded', 'context-overflow', 'content-blocked', 'unsupported'),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(trees, failures, (tree, codes) => {
        let n = 0;
        const asked = walk(tree, () => codes[n++ % codes.length] ?? 'overloaded');
        expect(new Set(asked).size).toBe(asked.length);
      }),
    );
  });

  test('what catches says is what divert leads to', () => {
    fc.assert(
      fc.property(
        trees,
        fc.constantFrom<TypedFailure>('context-overflow', 'content-blocked'),
        fc.nat(6),
        (tree, failure, skip) => {
          const course = createCourse(tree);
          for (let n = 0; n < skip; n++) course.next();
          if (course.next() === undefined) return;
          const before = course.rest();
          const caught = course.catches(failure);
          expect(course.rest()).toEqual(before);
          const diverted = course.divert(failure);
          const next = course.next();
          if (caught) expect([diverted, next !== undefined]).toEqual([true, true]);
          else if (diverted) expect(next).toBeUndefined();
        },
      ),
    );
  });

  test('rest is what is still to come', () => {
    fc.assert(
      fc.property(trees, fc.nat(6), (tree, skip) => {
        const course = createCourse(tree);
        for (let n = 0; n < skip; n++) course.next();
        const rest = course.rest().map(targetName);
        const come: string[] = [];
        for (let next = course.next(); next !== undefined; next = course.next()) come.push(targetName(next));
        expect(come.toSorted()).toEqual(rest.toSorted());
      }),
    );
  });
});
