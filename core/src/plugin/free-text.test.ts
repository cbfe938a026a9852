// The text of a custom tool's call inside a function's arguments.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FreeText } from './free-text.ts';

fc.configureGlobal({ seed: 20261123 });

function read(text: string, cuts: readonly number[]): string {
  const reader = new FreeText();
  let out = '';
  let start = 0;
  for (const cut of [...cuts.filter((at) => at <= text.length).sort((a, b) => a - b), text.length]) {
    out += reader.push(text.slice(start, cut));
    start = cut;
  }
  return out + reader.end();
}

describe('free text', () => {
  it('is what JSON.parse says, however it is cut and spaced', () => {
    const anyText = fc.string({ unit: 'binary', maxLength: 60 });
    fc.assert(
      fc.property(anyText, fc.array(fc.nat(200), { maxLength: 8 }), fc.constantFrom(0, 1, 2), (input, cuts, indent) => {
        expect(read(JSON.stringify({ input }, null, indent), cuts)).toBe(input);
      }),
    );
  });

  it('may be escaped to the last character', () => {
    const escaped = '{"input":"\\ud83d\\ude00\\u00e9\\/\\""}';
    for (let at = 0; at < escaped.length; at++) expect(read(escaped, [at])).toBe('\u{1f600}é/"');
  });

  it('comes as it arrives', () => {
    const reader = new FreeText();
    expect([reader.push('{"inp'), reader.push('ut": "ab'), reader.push('c\\'), reader.push('nd"}')]).toEqual([
      '',
      'ab',
      'c',
      '\nd',
    ]);
  });

  it.each([
    ['under another name', '{"patch":"abc"}', 'abc'],
    ['as the whole argument', '"abc"', 'abc'],
    ['without JSON', 'abc', 'abc'],
    ['beside other members', '{"a":"x","b":"y"}', '{"a":"x","b":"y"}'],
    ['as no text', '{"input":5}', '{"input":5}'],
    ['not at all', '', ''],
  ])('%s', (_name, text, expected) => {
    expect(read(text, [1, 3])).toBe(expected);
  });

  it('that is none, in very many pieces, comes as it is at the end', () => {
    for (const beginning of ['{"patch": 1, "', ' ']) {
      const reader = new FreeText();
      const pieces = [beginning, ...Array.from({ length: 200_000 }, () => beginning.slice(-1))];
      expect(pieces.every((piece) => reader.push(piece) === '')).toBe(true);
      expect(reader.end()).toBe(pieces.join(''));
    }
  });
});
