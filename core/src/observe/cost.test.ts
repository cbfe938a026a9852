// What an answer costs.
import { expect, test } from 'vitest';
import { costOf } from './cost.ts';

const usage = { inputTokens: 1_000, outputTokens: 100, cacheReadTokens: 10_000, cacheWriteTokens: 400 };

test.each([
  [{ input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 }, 0.009],
  // What has no price of its own costs as input does.
  [{ input: 3, output: 15 }, 0.0357],
  [{ input: 0.1, output: 0 }, 0.00114],
])('%j', (price, dollars) => {
  expect(costOf(price, usage)).toBe(dollars);
});

test('without a price, or a usage, nothing is known', () => {
  expect(costOf(undefined, usage)).toBeUndefined();
  expect(costOf({ input: 3, output: 15 }, undefined)).toBeUndefined();
  expect(costOf({ input: 3, output: 15 }, {})).toBe(0);
});
