// The line through the samples of a soak.
import { expect, test } from 'vitest';
import { Random } from '../fuzz/random.ts';
import { afterWarmUp, growthOf } from './growth.ts';

const points = (bytesAt: (requests: number) => number) =>
  Array.from({ length: 20 }, (_, at) => ({ requests: (at + 1) * 10_000, bytes: bytesAt((at + 1) * 10_000) }));

test('the slope of a line, and of none', () => {
  expect(growthOf(points((requests) => 40_000_000 + 48 * requests))).toBeCloseTo(48);
  expect(growthOf(points(() => 40_000_000))).toBe(0);
  expect(growthOf(points((requests) => 40_000_000 - 3 * requests))).toBeCloseTo(-3);
  expect(growthOf(points((requests) => 48 * requests).slice(0, 2))).toBeCloseTo(48);
  expect(() => growthOf([{ requests: 10_000, bytes: 1 }])).toThrow('two points');
  expect(() => growthOf([])).toThrow('two points');
});

test('samples that lie half a megabyte apart hide no leak of an object a request, and make none', () => {
  const random = new Random(7, 'noise');
  const noise = () => random.integer(500_000);
  expect(Math.abs(growthOf(afterWarmUp(points(() => 40_000_000 + noise()))))).toBeLessThan(10);
  expect(growthOf(afterWarmUp(points((requests) => 40_000_000 + noise() + 64 * requests)))).toBeGreaterThan(54);
});

test('a beginning that rises is no growth', () => {
  const warming = points((requests) => 40_000_000 + Math.min(requests, 50_000) * 100);
  expect(growthOf(warming.slice(0, 5))).toBeCloseTo(100);
  expect(afterWarmUp(warming)).toHaveLength(15);
  expect(growthOf(afterWarmUp(warming))).toBe(0);
});

test('what is thrown away once hides no growth', () => {
  const stepping = points((requests) => 48 * requests - (requests > 80_000 ? 5_000_000 : 0));
  expect(growthOf(afterWarmUp(stepping))).toBeCloseTo(48);
});
