import { expect, test } from 'vitest';
import { RetryBudget } from './retry-budget.ts';

/** How many of as many as are asked for are given. */
const taken = (budget: RetryBudget, asked: number, nowMs: number): number =>
  Array.from({ length: asked }, () => budget.spend(nowMs)).filter((given) => given).length;

test('a hundred are saved for a bad moment, ten come with each second', () => {
  const budget = new RetryBudget();
  expect(taken(budget, 500, 0)).toBe(100);
  expect(taken(budget, 500, 100)).toBe(1);
  expect(taken(budget, 500, 1_100)).toBe(10);
  expect(taken(budget, 500, 3_600_000)).toBe(100);
});

test('five calls earn one', () => {
  const budget = new RetryBudget();
  taken(budget, 500, 0);
  for (let n = 0; n < 50; n++) budget.earn();
  expect(taken(budget, 500, 0)).toBeGreaterThanOrEqual(9);
  for (let n = 0; n < 5_000; n++) budget.earn();
  expect(taken(budget, 500, 0)).toBe(100);
});
