import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64 } from './base64.ts';

/** What it makes of a JSON text whose string begins at `from`. */
function decoded(json: string, from = 1): Buffer | undefined {
  const bytes = Buffer.from(json, 'latin1');
  const target = Buffer.alloc(json.length + 8, 0xee);
  const end = decodeBase64(bytes, from, bytes.length, target, 4);
  if (end === -1) return undefined;
  expect([...target.subarray(0, 4), ...target.subarray(end)].every((byte) => byte === 0xee)).toBe(true);
  return target.subarray(4, end);
}

test('bytes of any length, wherever they stand', () => {
  const bytes = fc.uint8Array({ min: 32, maxLength: 200 });
  fc.assert(
    fc.property(
      bytes,
      fc.string({ unit: 'binary-ascii' }),
      fc.string({ unit: 'binary-ascii' }),
      (array, head, tail) => {
        const json = `${head}${Buffer.from(array).toString('base64')}"${tail}`;
        expect(decoded(json, head.length)).toEqual(Buffer.from(array));
      },
    ),
  );
});

test('any text: it is decoded as Buffer does, or left', () => {
  const letters = fc.string({ unit: fc.constantFrom(...'AZaz09+/=Q"\\ -_\n') });
  fc.assert(
    fc.property(letters, (text) => {
      const found = decoded(`"${text}"`);
      if (found === undefined) return;
      const own = text.slice(0, text.indexOf('"') === -1 ? text.length : text.indexOf('"'));
      expect(found).toEqual(Buffer.from(own, 'base64'));
      expect(found.toString('base64')).toBe(own);
    }),
    { numRuns: 2_000 },
  );
});

test.each([
  ['no quote at the end', '"QUJD'],
  ['a letter too few', '"QUJ"'],
  ['another alphabet', '"QU-_"'],
  ['an escape', '"QUJD\\u0041"'],
  ['padding in the middle', '"QQ==QUJD"'],
  ['three letters of padding', '"Q==="'],
  ['bits left over', '"QR=="'],
  ['a line feed', `"${Buffer.from('{\n}').toString('base64')}"`],
  ['a carriage return', `"${Buffer.from('{\r}').toString('base64')}"`],
  ['a carriage return at the end', `"${Buffer.from('abc\r').toString('base64')}"`],
  ['a line feed at the end', `"${Buffer.from('abc\n').toString('base64')}"`],
])('left alone: %s', (_, json) => {
  expect(decoded(json)).toBeUndefined();
});

test('nothing is read beyond the end of the payload', () => {
  const bytes = Buffer.from('QUJDQUJD"');
  expect(decodeBase64(bytes, 0, 4, Buffer.alloc(16), 0)).toBe(-1);
  expect(decodeBase64(bytes, 0, 9, Buffer.alloc(16), 0)).toBe(6);
});
