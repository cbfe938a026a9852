import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blockOf, standsAt } from './stands-at.ts';

test('true where the bytes are the same, and nowhere else', () => {
  const bytes = fc.uint8Array({ maxLength: 40, max: 2 });
  fc.assert(
    fc.property(bytes, bytes, fc.nat(44), (all, part, start) => {
      const view = new DataView(all.buffer, all.byteOffset, all.length);
      const block = new DataView(part.buffer, part.byteOffset, part.length);
      const isThere = start + part.length <= all.length && part.every((byte, at) => all[start + at] === byte);
      expect(standsAt(view, start, block)).toBe(isThere);
      const copy = new DataView(all.slice(start, start + 9).buffer);
      expect(standsAt(view, start, copy)).toBe(start <= all.length);
    }),
    { numRuns: 1_000 },
  );
});

test('of a text its UTF-8', () => {
  const view = new DataView(new Uint8Array(Buffer.from('grün, 🚂')).buffer);
  expect(standsAt(view, 2, blockOf('ün, 🚂'))).toBe(true);
  expect(standsAt(view, 2, blockOf('ün, 🚃'))).toBe(false);
});
