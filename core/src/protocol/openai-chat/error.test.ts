// OpenAI's error shape for every code.
import { expect, test } from 'vitest';
import { ERROR_POLICIES, type ErrorCode, RouterError } from '../../contract/index.ts';
import { encodeError } from './error.ts';

test.each<[ErrorCode, number, string, string | null, string | null]>([
  ['invalid-request', 400, 'invalid_request_error', null, null],
  ['context-overflow', 400, 'invalid_request_error', 'context_length_exceeded', 'messages'],
  ['content-blocked', 400, 'invalid_request_error', 'content_filter', null],
  ['unauthenticated', 401, 'invalid_request_error', 'invalid_api_key', null],
  ['forbidden', 403, 'permission_error', 'permission_denied', null],
  ['upstream-denied', 502, 'server_error', 'upstream_denied', null],
  ['model-not-found', 404, 'invalid_request_error', 'model_not_found', 'model'],
  ['unsupported', 400, 'invalid_request_error', 'unsupported_parameter', null],
  ['rate-limited', 429, 'rate_limit_error', 'rate_limit_exceeded', null],
  ['overloaded', 503, 'server_error', 'overloaded', null],
  ['upstream-failed', 502, 'server_error', 'upstream_failed', null],
  ['upstream-timeout', 504, 'server_error', 'upstream_timeout', null],
  ['cancelled', 499, 'invalid_request_error', 'cancelled', null],
  ['internal', 500, 'server_error', 'internal_error', null],
])('%s', (code, status, type, wireCode, param) => {
  const encoded = encodeError(new RouterError(code, 'what happened'));
  expect(encoded.status).toBe(status);
  expect(encoded.headers['content-type']).toBe('application/json');
  expect(JSON.parse(encoded.body)).toEqual({ error: { message: 'what happened', type, param, code: wireCode } });
  expect('retry-after' in encoded.headers).toBe(code === 'rate-limited');
});

test('every code of the table is covered above', () => {
  expect(Object.keys(ERROR_POLICIES)).toHaveLength(14);
});

test.each<[number | undefined, string]>([
  [undefined, '1'],
  [0, '1'],
  [1, '1'],
  [1000, '1'],
  [1001, '2'],
  [90_000, '90'],
])('a 429 after %s ms says Retry-After: %s', (retryAfterMs, header) => {
  const options = retryAfterMs === undefined ? {} : { retryAfterMs };
  expect(encodeError(new RouterError('rate-limited', 'slow down', options)).headers['retry-after']).toBe(header);
});

test('Retry-After is passed on with other codes where it is known', () => {
  expect(encodeError(new RouterError('overloaded', 'busy', { retryAfterMs: 2500 })).headers['retry-after']).toBe('3');
});

test('the status of the error wins, the field is the param, and only the public message leaves', () => {
  const error = new RouterError('invalid-request', 'arn:aws:iam::123456789012:role/x', {
    status: 413,
    field: 'messages[0].content',
    publicMessage: 'the body is larger than 5 bytes',
  });
  const encoded = encodeError(error);
  expect(encoded.status).toBe(413);
  expect(encoded.body).not.toContain('123456789012');
  expect(JSON.parse(encoded.body)).toMatchObject({
    error: { param: 'messages[0].content', message: 'the body is larger than 5 bytes' },
  });
});
