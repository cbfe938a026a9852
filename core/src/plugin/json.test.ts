import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseExact, parseObject } from './json.ts';

const again = (text: string): string => JSON.stringify(parseExact(text));

test.each([
  '{"id":9007199254740993}',
  '[12345678901234567890,-12345678901234567890]',
  '{"a":[{"b":1e400}]}',
  '{"a":"text, 12345678901234567"}',
])('%s comes out as it went in', (text) => {
  expect(again(text)).toBe(text);
});

test('a fraction is rounded as everybody rounds it', () => {
  expect(again('[0.1234567890123456789]')).toBe('[0.12345678901234568]');
});

test('a long text is left to the parser, whose time is bounded', () => {
  const long = `[${'1,'.repeat(300_000)}9007199254740993]`;
  expect(again(long)).toMatch(/9007199254740992]$/);
});

test('whatever JSON there is, it is parsed as JSON.parse does, but for digits', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(JSON.parse(again(text))).toEqual(JSON.parse(text));
    }),
  );
});

test('an object, or undefined', () => {
  expect(parseObject(' {"a":1}')).toEqual({ a: 1 });
  expect(parseObject('[1]')).toBeUndefined();
  expect(parseObject('{"a":')).toBeUndefined();
});
