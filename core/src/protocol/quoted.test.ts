import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quoted } from './quoted.ts';

test('any text: what JSON.stringify makes of it', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.string({
      unit: fc.constantFrom('a', ' ', '"', '\\', '\n', '\u0000', '\u007f', '\ud83d', '\ude82', '\u2028', 'é'),
    }),
  );
  fc.assert(
    fc.property(text, (one) => {
      expect(quoted(one)).toBe(JSON.stringify(one));
    }),
    { numRuns: 2_000 },
  );
});
