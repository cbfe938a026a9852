// The line that a request leaves.
import { expect, test } from 'vitest';
import { type ErrorCode, type Loss, RouterError } from '../contract/index.ts';
import { lineOf, tellable } from './line.ts';
import { type RequestRecord, startRecord } from './record.ts';

const record = (more: Partial<RequestRecord> = {}): RequestRecord => ({
  ...startRecord({ id: 'r-1', operation: 'chat', protocol: 'openai-chat', idHeader: undefined }),
  ...more,
});
const written = (more: Partial<RequestRecord>) => JSON.parse(JSON.stringify(lineOf(record(more))));

test('what says nothing is left out', () => {
  expect(written({})).toEqual({
    id: 'r-1',
    operation: 'chat',
    protocol: 'openai-chat',
    stream: false,
    status: 0,
    attempts: [],
  });
});

test('losses and attempts are bounded in number and length, and it is said how many more there are', () => {
  const losses = Array.from(
    { length: 500 },
    (_, n): Loss => ({
      field: `f${n}`.padEnd(10_000, 'x'),
      action: 'dropped',
      reason: 'r'.repeat(10_000),
    }),
  );
  const error = new RouterError('overloaded', 'm'.repeat(10_000));
  const tries = Array.from({ length: 90 }, () => ({
    target: 'a/b',
    startMs: 0,
    ms: 1,
    waitMs: 0,
    code: error.code,
    error,
  }));
  const line = written({ losses, tries, model: 'n'.repeat(10_000) });
  expect([line.losses.length, line.moreLosses, line.attempts.length, line.moreAttempts]).toEqual([20, 480, 20, 70]);
  expect(JSON.stringify(line).length).toBeLessThan(40_000);
});

test('a client cannot forge a line', () => {
  const model = 'm"}\n{"level":30,"msg":"request"}\r\u0000\u001b[2J\u2028';
  const text = JSON.stringify(lineOf(record({ model, error: new RouterError('model-not-found', `no ${model}`) })));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  expect(text).not.toMatch(/[\u0000-\u001f]/);
  expect(JSON.parse(text).model).toBe(model);
});

test.each<[ErrorCode, boolean]>([
  ['upstream-denied', true],
  ['rate-limited', true],
  ['model-not-found', true],
  ['invalid-request', false],
  ['context-overflow', false],
  ['content-blocked', false],
  ['unsupported', false],
  ['upstream-failed', false],
  ['overloaded', false],
  ['internal', false],
])('what an upstream says with %s is told: %s', (code, told) => {
  const error = new RouterError(code, 'acme: m: Bad: what it says (try this)', { quote: 'what it says' });
  expect(tellable(error)).toBe(told ? error.message : 'acme: m: Bad: … (try this)');
  expect(tellable(new RouterError(code, 'our own words', { quote: '' }))).toBe('our own words');
});

test('each attempt has its target, its times, and of a failure what the upstream gave it as', () => {
  const error = new RouterError('upstream-failed', 'cut', {
    upstream: { status: 502, name: 'Bad', requestId: 'u-1' },
    usage: { outputTokens: 3 },
  });
  const tries = [
    { target: 'a/b', startMs: 5, ms: 12.3456, waitMs: 0, code: error.code, error },
    { target: 'c/d', startMs: 5, ms: 7, waitMs: 250.001 },
  ];
  expect(written({ tries }).attempts).toEqual([
    {
      target: 'a/b',
      ms: 12.35,
      code: 'upstream-failed',
      message: 'cut',
      status: 502,
      name: 'Bad',
      requestId: 'u-1',
      usage: { outputTokens: 3 },
    },
    { target: 'c/d', ms: 7, waitMs: 250 },
  ]);
});
