// The pieces of an answer's text.
import { expect, test } from 'vitest';
import { splitJson, splitWords } from './fragment.ts';

test.each(['', 'one', 'one two three four', '  spaces  around \n it ', ' '])('%j comes out whole', (text) => {
  expect(splitWords(text).join('')).toBe(text);
  expect(splitJson(text).join('')).toBe(text);
});

test('a text comes in a few words, JSON in what is no JSON', () => {
  expect(splitWords('one two three four five')).toEqual(['one two three ', 'four five']);
  expect(splitJson('{"city":"Oslo"}')).toEqual(['{"city":"Osl', 'o"}']);
  expect(splitWords('')).toEqual([]);
});
