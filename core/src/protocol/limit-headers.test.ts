// The words of each vendor for the limits of a caller.
import { expect, test } from 'vitest';
import { isLimitHeader, limitHeaders } from './limit-headers.ts';

const standing = (resetMs: number) => ({ limit: 10, remaining: 3, resetMs });

test.each([
  [0, '0s'],
  [0.2, '1ms'],
  [250, '250ms'],
  [1000, '1s'],
  [58_001, '59s'],
  [59_001, '1m0s'],
  [60_250, '1m1s'],
])('%i ms is %s at OpenAI', (resetMs, text) => {
  expect(limitHeaders({ requests: standing(resetMs) }, 'openai-chat')).toEqual({
    'x-ratelimit-limit-requests': '10',
    'x-ratelimit-remaining-requests': '3',
    'x-ratelimit-reset-requests': text,
  });
});

test('a time at Anthropic, not before it is over', () => {
  const headers = limitHeaders({ tokens: standing(1500) }, 'anthropic-messages');
  expect(Object.keys(headers)).toEqual([
    'anthropic-ratelimit-tokens-limit',
    'anthropic-ratelimit-tokens-remaining',
    'anthropic-ratelimit-tokens-reset',
  ]);
  const reset = headers['anthropic-ratelimit-tokens-reset'] ?? '';
  expect(reset).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  expect(Date.parse(reset)).toBeGreaterThanOrEqual(Date.now() + 1000);
});

test('what a vendor says of its own limits is known by its name', () => {
  const names = [
    'x-ratelimit-limit-tokens',
    'anthropic-ratelimit-unified-5h-reset',
    'anthropic-priority-input-tokens-limit',
    'ratelimit-policy',
  ];
  expect(names.filter(isLimitHeader)).toEqual(names);
  expect(['retry-after', 'anthropic-organization-id', 'content-type'].filter(isLimitHeader)).toEqual([]);
});
