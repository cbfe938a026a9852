// Which names become labels.
import { expect, test } from 'vitest';
import { LabelNames, namedTargets, splitTarget } from './names.ts';

const route = (...targets: string[]) => ({
  targets: targets.map((target) => {
    const [provider = '', ...model] = target.split('/');
    return { provider, model: model.join('/'), weight: 1 };
  }),
});

test.each([
  ['p/m', { provider: 'p', model: 'm' }],
  ['p/org/m@1', { provider: 'p', model: 'org/m@1' }],
  ['p@us-east-1/org/m', { provider: 'p', member: 'us-east-1', model: 'org/m' }],
])('%s', (name, parts) => {
  expect(splitTarget(name)).toEqual(parts);
});

test('the operator’s own targets are those that a route names: as a fallback too, not through a star, not by a route', () => {
  const routes = [
    { ...route('a/one'), onContextOverflow: [{ provider: 'b', model: 'two' }] },
    { ...route('a/*'), onContentBlocked: [{ route: 'other' }] },
  ];
  expect(namedTargets({ routes }).map(({ provider, model }) => `${provider}/${model}`)).toEqual(['a/one', 'b/two']);
});

test('a target that the file names has its label at once, with the member of its pool', () => {
  const names = new LabelNames();
  const config = { routes: [route('a/one')] };
  expect(names.target('a/one', config, false)).toBe('a/one');
  expect(names.target('a@eu/one', config, false)).toBe('a@eu/one');
  expect(names.chosen.size).toBe(0);
});

test('one that a client names has to have answered, and there is room for so many', () => {
  const names = new LabelNames();
  const config = { routes: [] };
  expect(names.target('a/made-up', config, false)).toBe('a/other');
  expect(names.target('a/real', config, true)).toBe('a/real');
  expect(names.target('a/real', config, false)).toBe('a/real');
  const labels = new Set(Array.from({ length: 10_000 }, (_, n) => names.target(`a/${n}`, config, true)));
  expect(labels.size).toBe(200);
  expect(labels).toContain('a/other');
});

test('fields are bounded, in number and in kind', () => {
  const names = new LabelNames();
  expect(names.field('top_p')).toBe('top_p');
  expect(names.field('x"} 1\nforged 1')).toBe('other');
  expect(names.field('x'.repeat(65))).toBe('other');
  const labels = new Set(Array.from({ length: 10_000 }, (_, n) => names.field(`field_${n}`)));
  expect(labels.size).toBe(100);
});
