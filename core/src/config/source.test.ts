// Excerpts: carets under the right characters, whatever stands on the line.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSource, excerptOf, mergeSpans, positionOf } from './source.ts';

const excerpt = (text: string, start: number, end: number, masks: { start: number; end: number }[] = []): string =>
  excerptOf(createSource('f', text), { start, end }, masks);

/** What the carets point at. */
function underlined(shown: string): string {
  const [line = '', carets = ''] = shown.split('\n');
  return line.slice(carets.indexOf('^'), carets.lastIndexOf('^') + 1);
}

describe('positions', () => {
  it('count lines and columns from 1', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r\n', 'é') }), fc.nat(), (text, at) => {
        const offset = text.length === 0 ? 0 : at % text.length;
        const before = text.slice(0, offset).split('\n');
        const expected = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
        expect(positionOf(createSource('f', text), offset)).toEqual(expected);
      }),
    );
  });
});

describe('excerpts', () => {
  it('end at the end of the line', () => {
    expect(excerpt('a: "x\n  y"\n', 3, 10)).toBe('      1 | a: "x\n        |    ^^');
    expect(excerpt('a: x\r\nb: y\r\n', 9, 10)).toBe('      2 | b: y\n        |    ^');
    expect(excerpt('a:', 2, 2)).toBe('      1 | a:\n        |   ^');
  });

  it('show tabs as one space and control characters as dots', () => {
    expect(excerpt('\ta:\u001b[31mx', 4, 9)).toBe('      1 |  a:·[31mx\n        |     ^^^^^');
  });

  it('hide masks, and move the carets', () => {
    const line = 'key: secret, name: x # secret';
    const masks = [
      { start: 5, end: 11 },
      { start: 23, end: 29 },
    ];
    expect(excerpt(line, 19, 20, masks)).toBe('      1 | key: ***, name: x # ***\n        |                 ^');
    expect(underlined(excerpt(line, 5, 11, masks))).toBe('***');
    expect(underlined(excerpt(line, 6, 8, masks))).toBe('***');
    expect(underlined(excerpt(line, 0, 20, masks))).toBe('key: ***, name: x');
  });

  it('show a part of a long line', () => {
    const line = `${'a'.repeat(500)}HERE${'b'.repeat(500)}`;
    const shown = excerpt(line, 500, 504);
    expect(underlined(shown)).toBe('HERE');
    expect(shown.split('\n')[0]).toHaveLength(132);
    expect(underlined(excerpt(line, 1003, 1004))).toBe('b');
    expect(underlined(excerpt(line, 0, 1))).toBe('a');
  });

  it('underline what was asked for, with any masks', () => {
    const spans = fc.array(fc.tuple(fc.nat(60), fc.nat(12)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z]{20,60}$/), fc.nat(), fc.nat(10), spans, (text, at, length, masks) => {
        const start = at % text.length;
        const end = Math.min(text.length, start + length + 1);
        const merged = mergeSpans(
          masks.map(([from, size]) => ({ start: from, end: Math.min(text.length, from + size) })),
        );
        const hidden = (offset: number): boolean => merged.some((mask) => offset >= mask.start && offset < mask.end);
        const shown = underlined(excerpt(text, start, end, merged));
        const open = [...text].filter((_, offset) => offset >= start && offset < end && !hidden(offset)).join('');
        expect(shown.replaceAll('*', '')).toBe(open);
      }),
    );
  });
});
