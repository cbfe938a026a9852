// How long an upstream may ask to be left alone.
import { expect, test } from 'vitest';
import { RouterError } from './error.ts';

test.each([
  [undefined, undefined],
  [1_500, 1_500],
  [-1, 0],
  [Number.NaN, undefined],
  [Number.POSITIVE_INFINITY, 86_400_000],
  [1e15, 86_400_000],
])('a Retry-After of %s ms counts as %s', (retryAfterMs, counted) => {
  const error = new RouterError('rate-limited', 'slower', retryAfterMs === undefined ? {} : { retryAfterMs });
  expect(error.retryAfterMs).toBe(counted);
});
