// Bytes cut into pieces are the same bytes.
import { expect, test } from 'vitest';
import { type Chunks, cutBytes } from './chunk.ts';

const bytes = Buffer.from(Array.from({ length: 500 }, (_, index) => index % 256));
const sizes = (chunks: Chunks | undefined) => cutBytes(bytes, chunks).map((piece) => piece.length);

test.each<[Chunks | undefined, number]>([
  [undefined, 1],
  ['every-byte', 500],
  [1, 500],
  [499, 2],
  [500, 1],
  [1000, 1],
  [[], 1],
  [[0, 10, 10, 600], 2],
  [[20, 10], 3],
])('%j makes %i pieces', (chunks, count) => {
  expect(sizes(chunks)).toHaveLength(count);
  expect(Buffer.concat(cutBytes(bytes, chunks))).toEqual(bytes);
});

test('a seed decides', () => {
  expect(sizes({ seed: 1 })).toEqual(sizes({ seed: 1 }));
  expect(sizes({ seed: 1 })).not.toEqual(sizes({ seed: 2 }));
  expect(Math.max(...sizes({ seed: 1 }))).toBeLessThan(98);
  expect(Buffer.concat(cutBytes(bytes, { seed: 1 }))).toEqual(bytes);
});

test('nothing stays nothing', () => {
  expect(cutBytes(Buffer.alloc(0), 'every-byte')).toEqual([]);
});
