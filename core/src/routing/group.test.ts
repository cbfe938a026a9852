// Trees of choices, and what becomes of them when their targets become others.
import { expect, test } from 'vitest';
import { allTargetsOf, type Group, mapGroup, orderedGroup, targetsOf } from './group.ts';

const leaf = (target: string, weight = 1) => ({ weight, name: target, target });

const tree: Group<string> = {
  route: 'outer',
  strategy: 'weighted',
  turns: { taken: 7 },
  choices: [
    leaf('a', 3),
    {
      weight: 2,
      name: 'route/inner',
      group: {
        route: 'inner',
        strategy: 'sticky',
        sticky: { by: 'user' },
        turns: { taken: 1 },
        choices: [leaf('b'), leaf('c')],
        onContextOverflow: orderedGroup(['d']),
      },
    },
  ],
  onContentBlocked: { ...orderedGroup([]), choices: [leaf('e'), { weight: 1, group: orderedGroup(['f']) }] },
};

test('its targets are in the order of the file, without those of typed fallbacks', () => {
  expect(targetsOf(tree)).toEqual(['a', 'b', 'c']);
  expect(targetsOf(orderedGroup([]))).toEqual([]);
  expect(allTargetsOf(tree)).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

test('the same tree of the same targets is the same', () => {
  expect(mapGroup(tree, (target) => [target])).toEqual(tree);
});

test('a target may become none or several, in its own place, with its weight and name', () => {
  const mapped = mapGroup(tree, (target) => (target === 'a' ? ['a1', 'a2'] : target === 'b' ? [] : [target]));
  expect(targetsOf(mapped)).toEqual(['a1', 'a2', 'c']);
  expect(mapped.choices[0]).toEqual({ weight: 3, name: 'a', group: orderedGroup(['a1', 'a2']) });
});

test('turns are shared, so that a round goes on', () => {
  const mapped = mapGroup(tree, (target) => [`${target}!`]);
  expect(mapped.turns).toBe(tree.turns);
  expect(mapped.choices[1]?.group?.turns).toBe(tree.choices[1]?.group?.turns);
});

test('the members of a pool are asked in order, but by their latency where the route is', () => {
  const members = (strategy: Group<string>['strategy']) =>
    mapGroup({ ...orderedGroup(['a']), strategy }, () => ['a1', 'a2']).choices[0]?.group?.strategy;
  expect(members('least-latency')).toBe('least-latency');
  for (const strategy of ['ordered', 'weighted', 'round-robin', 'sticky'] as const) {
    expect(members(strategy)).toBe('ordered');
  }
});
