// The words of `--only`.
import { expect, test } from 'vitest';
import { chosenBy, wordsOf } from './selection.ts';

test('several words, with or without blanks', () => {
  expect(wordsOf('relay small, Bedrock stream ,,workers')).toEqual(['relay small', 'Bedrock stream', 'workers']);
  expect(wordsOf()).toEqual([]);
  expect(wordsOf('')).toEqual([]);
});

test('a name is meant when it holds one of them, and every name when there is none', () => {
  expect(chosenBy(['relay small', '64 KiB'], 'relay 64 KiB body')).toBe(true);
  expect(chosenBy(['relay small', '64 KiB'], 'chat → Bedrock')).toBe(false);
  expect(chosenBy([], 'chat → Bedrock')).toBe(true);
});
