import { describe, expect, test } from 'vitest';
import { type Manner, newPart } from './overlap.ts';

const TEXT =
  'Signals stand before every switch, and none of them may be passed while it shows red.\n\n' +
  '- Trains wait: 42 of them, on 17 tracks.\n- “Always”, says the book (page 9).\n\nΓραμμή 7 → 線路 8 🚂 stops here.';

/** What a client has in the end, given a continuation that comes in pieces of this size. */
function join(sent: string, continuation: string, manner: Manner, size = 3): string {
  let said = '';
  for (let at = 0; at < continuation.length; at += size) {
    said += continuation.slice(at, at + size);
    const text = newPart(sent, said, manner, false);
    if (text !== undefined) return sent + text + continuation.slice(at + size);
  }
  return sent + newPart(sent, said, manner, true);
}

describe.each<Manner>(['prefill', 'instruction'])('%s', (manner) => {
  test('a continuation from any place, with nothing said twice, is put behind what was sent', () => {
    for (let cut = 1; cut < TEXT.length; cut++) {
      const sent = TEXT.slice(0, cut);
      for (const size of [1, 7, 500]) {
        // The model that is shown the words does not see white space behind them.
        expect(join(sent, TEXT.slice(sent.trimEnd().length), manner, size)).toBe(TEXT);
        if (!/\s\s/.test(TEXT.slice(cut - 1, cut + 1))) expect(join(sent, TEXT.slice(cut), manner, size)).toBe(TEXT);
      }
    }
  });

  test('what is said twice is not sent twice, from any place on', () => {
    for (let cut = 1; cut < TEXT.length; cut++) {
      const end = TEXT.slice(0, cut).trimEnd().length;
      for (let from = Math.max(0, end - 200); from <= end - 16; from++) {
        // Half a character is not said.
        if (/^[\udc00-\udfff]/.test(TEXT.slice(from)) || !/[\p{L}\p{N}]/u.test(TEXT.slice(from, end))) continue;
        // White space before the first word is nobody's.
        if (/\s/.test(TEXT.charAt(from))) continue;
        expect(join(TEXT.slice(0, cut), TEXT.slice(from), manner)).toBe(TEXT);
      }
    }
  });

  test('white space that a model begins with again comes once', () => {
    expect(join('one ', ' two', manner)).toBe('one two');
    expect(join('one\n', '\n\ntwo', manner)).toBe('one\n\ntwo');
    expect(join('one', ' two', manner)).toBe('one two');
    expect(join('one\n\n', 'two', manner)).toBe('one\n\ntwo');
    expect(join('one ', '\ntwo', manner)).toBe('one \ntwo');
  });

  test('signs that are set in rows are no repetition', () => {
    expect(join('| --- | --- | --- |', ' --- | --- |', manner)).toBe('| --- | --- | --- | --- | --- |');
    expect(join('    }\n  }\n', '}\n}\n', manner)).toBe('    }\n  }\n}\n}\n');
  });
});

test('the last words alone are nothing new, whatever white space stands behind them', () => {
  for (const end of ['', ' ', '\n\n']) {
    expect(join(`It is done.${end}`, 'is done.', 'instruction')).toBe(`It is done.${end}`);
    expect(join(`One, two,${end}`, 'two,\n\nthree', 'instruction')).toBe(
      'One, two,\n\nthree'.replace('\n\n', end === ' ' ? ' \n\n' : '\n\n'),
    );
  }
});

test('who is asked to go on may begin a word anew, or repeat the last few', () => {
  for (let cut = 1; cut < TEXT.length; cut++) {
    const sent = TEXT.slice(0, cut);
    const words = [...sent.matchAll(/(?<![\p{L}\p{N}_])[\p{L}\p{N}_]/gu)].map(({ index }) => index).slice(-4);
    for (const from of words) {
      if (/\s$/.test(sent) && from > cut - 1) continue;
      expect(join(sent, TEXT.slice(from), 'instruction')).toBe(TEXT);
      expect(join(sent, `\n${TEXT.slice(from)}`, 'instruction')).toBe(TEXT);
    }
  }
});

test('a word that goes on with its last letter again is no repetition', () => {
  expect(join('a book', 'keeper', 'instruction')).toBe('a bookkeeper');
  expect(join('ha ha ', 'ha!', 'prefill')).toBe('ha ha ha!');
});

test('no more is held back than could still be a repetition', () => {
  const sent = 'x'.repeat(1000);
  expect(newPart(sent, 'The', 'prefill', false)).toBe('The');
  expect(newPart(sent, 'x'.repeat(199), 'prefill', false)).toBeUndefined();
  expect(newPart(sent, 'x'.repeat(200), 'prefill', false)).toBe('');
  expect(newPart(sent, ' '.repeat(399), 'prefill', false)).toBeUndefined();
  expect(newPart(sent, ' '.repeat(400), 'prefill', false)).toBe(' '.repeat(400));
});
