// When workers are replaced.
import { expect, test } from 'vitest';
import { Restarts } from './restarts.ts';

test('the first of a minute is replaced at once, those after it later and later, up to ten seconds', () => {
  const restarts = new Restarts();
  const pauses = Array.from({ length: 10 }, (_, n) => restarts.ended(n));
  expect(pauses).toEqual([0, 100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000]);
  expect(restarts.ended(70_000)).toBe(0);
});

test('five that did not come to serve within a minute are without hope', () => {
  const restarts = new Restarts();
  for (const atMs of [0, 1, 2, 3]) restarts.failed(atMs);
  expect(restarts.isHopeless).toBe(false);
  restarts.failed(60_002);
  expect(restarts.isHopeless).toBe(false);
  for (const atMs of [60_003, 60_004, 60_005, 60_006]) restarts.failed(atMs);
  expect(restarts.isHopeless).toBe(true);
});
