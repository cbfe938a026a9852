// How tries ended.
import { expect, test } from 'vitest';
import { RouterError } from '../contract/index.ts';
import { endOf, failureOf } from './outcome.ts';
import { type RequestRecord, startRecord } from './record.ts';

const cut = new RouterError('upstream-failed', 'cut');
const usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };
const record: RequestRecord = {
  ...startRecord({ id: 'r', operation: 'chat', protocol: 'openai-chat', idHeader: undefined }),
  startMs: 1_000,
  totalMs: 900,
  tries: [
    { target: 'a/m', startMs: 1_010, ms: 40, waitMs: 0, code: 'overloaded' },
    { target: 'b/m', startMs: 1_100, ms: 50, waitMs: 10 },
    { target: 'c/m', startMs: 1_500, ms: 50, waitMs: 20 },
  ],
  resumed: [{ from: 'b/m', to: 'c/m', afterChars: 7, code: 'upstream-timeout', usage }],
};

test('one that broke off lasted until the next was asked, the last one to the end of the answer', () => {
  expect([0, 1, 2].map((position) => endOf(record, position))).toEqual([1_050, 1_480, 1_900]);
  expect([0, 1, 2].map((position) => failureOf(record, position))).toEqual([
    'overloaded',
    'upstream-timeout',
    undefined,
  ]);
});

test('what ends the answer ends its try', () => {
  expect(failureOf({ ...record, error: cut }, 2)).toBe('upstream-failed');
  expect(failureOf({ ...record, error: cut }, 0)).toBe('overloaded');
});
