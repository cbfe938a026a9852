// Anthropic's error shape for every code.
import { expect, test } from 'vitest';
import { ERROR_POLICIES, type ErrorCode, RouterError } from '../../contract/index.ts';
import { encodeError } from './error.ts';

const CASES: readonly [ErrorCode, number, string][] = [
  ['invalid-request', 400, 'invalid_request_error'],
  ['context-overflow', 400, 'invalid_request_error'],
  ['content-blocked', 400, 'invalid_request_error'],
  ['unauthenticated', 401, 'authentication_error'],
  ['forbidden', 403, 'permission_error'],
  ['upstream-denied', 502, 'api_error'],
  ['model-not-found', 404, 'not_found_error'],
  ['unsupported', 400, 'invalid_request_error'],
  ['rate-limited', 429, 'rate_limit_error'],
  ['overloaded', 503, 'overloaded_error'],
  ['upstream-failed', 502, 'api_error'],
  ['upstream-timeout', 504, 'timeout_error'],
  ['cancelled', 499, 'api_error'],
  ['internal', 500, 'api_error'],
];

test.each(CASES)('%s', (code, status, type) => {
  const encoded = encodeError(
    new RouterError(code, 'secret', { publicMessage: 'Prompt is too long, says it' }),
    'req-1',
  );
  expect(encoded.status).toBe(status);
  expect(encoded.headers['content-type']).toBe('application/json');
  expect(JSON.parse(encoded.body)).toEqual({
    type: 'error',
    error: { type, message: 'Prompt is too long, says it' },
    request_id: 'req-1',
  });
  expect('retry-after' in encoded.headers).toBe(code === 'rate-limited');
});

test('every code of the table is covered above', () => {
  expect(new Set(CASES.map(([code]) => code))).toEqual(new Set(Object.keys(ERROR_POLICIES)));
});

test.each([
  [413, 'request_too_large'],
  [404, 'not_found_error'],
])('a status of its own: %d', (status, type) => {
  const { status: sent, body } = encodeError(new RouterError('invalid-request', 'no', { status }), 'r');
  expect([sent, JSON.parse(body).error.type]).toEqual([status, type]);
});

test.each([
  [undefined, '1'],
  [1, '1'],
  [1500, '2'],
  [60_000, '60'],
])('a rate limit of %s ms is %s s', (retryAfterMs, seconds) => {
  const error = new RouterError('rate-limited', 'slow down', retryAfterMs === undefined ? {} : { retryAfterMs });
  expect(encodeError(error, 'r').headers['retry-after']).toBe(seconds);
});

test('a conversation that is too long says so in the words that agents know', () => {
  const { body } = encodeError(new RouterError('context-overflow', 'the model takes 8192 tokens'), 'r');
  expect(JSON.parse(body).error.message).toBe('prompt is too long: the model takes 8192 tokens');
});
