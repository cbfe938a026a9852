// Absent, right and wrong values of every reader.
import { expect, test } from 'vitest';
import * as read from './field-reader.ts';

const bag = { word: 'w', empty: '', flag: false, count: 3, half: 0.5, list: [1, 2], inner: { a: 1 }, nothing: null };

test('values of the right type come through', () => {
  expect(read.requiredWord(bag, 'word', '')).toBe('w');
  expect(read.requiredString(bag, 'empty', '')).toBe('');
  expect(read.optionalString(bag, 'nothing', '')).toBeUndefined();
  expect(read.optionalBoolean(bag, 'flag', '')).toBe(false);
  expect(read.optionalInteger(bag, 'count', '', 1, 3)).toBe(3);
  expect(read.optionalNumber(bag, 'half', '', 0, 1)).toBe(0.5);
  expect(read.optionalBag(bag, 'inner', '')).toEqual({ a: 1 });
  expect(read.optionalChoice(bag, 'word', '', ['v', 'w'])).toBe('w');
  expect(read.asList(bag.list, 'list', 2)).toEqual([1, 2]);
});

test.each<[string, () => unknown, string]>([
  ['a.empty', () => read.requiredWord(bag, 'empty', 'a'), 'a.empty: expected a string that is not empty'],
  ['word', () => read.optionalBoolean(bag, 'word', ''), 'word: expected true or false'],
  ['half', () => read.optionalInteger(bag, 'half', '', 0), 'half: expected a whole number of at least 0'],
  ['count', () => read.optionalInteger(bag, 'count', '', 0, 2), 'count: expected a whole number from 0 to 2'],
  ['count', () => read.optionalNumber(bag, 'count', '', 0, 2), 'count: expected a number from 0 to 2'],
  ['list', () => read.requiredBag(bag, 'list', ''), 'list: expected an object'],
  ['list', () => read.asList(bag.list, 'list', 1), 'list: expected at most 1 entries'],
  ['word', () => read.asList(bag.word, 'word', 1), 'word: expected a list'],
  ['flag', () => read.optionalString(bag, 'flag', ''), 'flag: expected a string'],
  ['word', () => read.optionalChoice(bag, 'word', '', ['a', 'b']), 'word: expected one of a, b'],
])('an error names the field %s', (field, act, message) => {
  expect(act).toThrow(expect.objectContaining({ code: 'invalid-request', field, message }));
});

test('a number that is not one is refused', () => {
  expect(() => read.optionalNumber({ x: Number.NaN }, 'x', '', 0, 1)).toThrow('x: expected');
  expect(() => read.optionalInteger({ x: 2 ** 60 }, 'x', '', 0)).toThrow('x: expected');
});

test('unknown fields leave out what is known and what is null, and keep hostile names as plain fields', () => {
  const hostile: read.Bag = JSON.parse('{"a":1,"b":null,"__proto__":{"c":2},"constructor":3}');
  const unknown = read.unknownFields(hostile, new Set(['a']));
  expect(Object.keys(unknown ?? {})).toEqual(['__proto__', 'constructor']);
  expect(Object.getPrototypeOf(unknown)).toBe(Object.prototype);
  expect(read.unknownFields({ a: 1 }, new Set(['a']))).toBeUndefined();
});

test('depth is bounded', () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : { inner: [nested(levels - 1)] });
  expect(() => read.checkDepth(nested(60), 'f')).not.toThrow();
  expect(() => read.checkDepth(nested(70), 'f')).toThrow('f: nested deeper than 128 levels');
  const bottomless: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
  expect(() => read.checkDepth(bottomless, 'f')).toThrow('f: nested deeper');
});

test('present drops what is undefined and nothing else', () => {
  expect(Object.keys(read.present({ a: undefined, b: null, c: 0 }))).toEqual(['b', 'c']);
});
