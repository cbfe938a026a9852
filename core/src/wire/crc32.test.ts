import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { crc32 } from './crc32.ts';

const viewOf = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

test('the check value of CRC-32', () => {
  const bytes = Buffer.from('123456789');
  expect(crc32(viewOf(bytes), 0, 9)).toBe(0xcbf43926);
});

test('any bytes, wherever they stand: what zlib says', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 1_200 }), fc.nat(40), fc.nat(40), (bytes, before, behind) => {
      const end = Math.max(before, bytes.length - behind);
      if (before > bytes.length) return;
      expect(crc32(viewOf(bytes), before, end)).toBe(zlibCrc32(bytes.subarray(before, end)));
    }),
  );
});

test.each([0, 1, 15, 16, 17, 31, 1023, 1024, 1025, 5_000])('of %i bytes', (length) => {
  const bytes = Buffer.alloc(length + 3, 'turnout').subarray(3);
  expect(crc32(viewOf(bytes), 0, length)).toBe(zlibCrc32(bytes));
});
