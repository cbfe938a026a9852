// Errors before an answer, as AWS's clients read them.
import { expect, test } from 'vitest';
import { RouterError } from '../../contract/index.ts';
import { encodeError } from './error.ts';

test.each([
  ['invalid-request', 400, 'ValidationException'],
  ['context-overflow', 400, 'ValidationException'],
  ['content-blocked', 400, 'ValidationException'],
  ['unsupported', 400, 'ValidationException'],
  ['unauthenticated', 403, 'UnrecognizedClientException'],
  ['forbidden', 403, 'AccessDeniedException'],
  ['model-not-found', 404, 'ResourceNotFoundException'],
  ['rate-limited', 429, 'ThrottlingException'],
  ['upstream-denied', 502, 'ModelErrorException'],
  ['upstream-failed', 502, 'ModelErrorException'],
  ['overloaded', 503, 'ServiceUnavailableException'],
  ['upstream-timeout', 504, 'ModelTimeoutException'],
  ['cancelled', 499, 'InternalServerException'],
  ['internal', 500, 'InternalServerException'],
] as const)('%s is %i %s', (code, status, name) => {
  const encoded = encodeError(new RouterError(code, 'with an account id', { publicMessage: 'too long ago' }));
  expect(encoded).toMatchObject({
    status,
    headers: { 'x-amzn-errortype': name, 'content-type': 'application/json' },
    body: '{"message":"too long ago"}',
  });
});

test('a 429 always says when to come back, another error when it knows', () => {
  const retryAfterOf = (error: RouterError) => encodeError(error).headers['retry-after'];
  expect(retryAfterOf(new RouterError('rate-limited', 'x'))).toBe('1');
  expect(retryAfterOf(new RouterError('rate-limited', 'x', { retryAfterMs: 2500 }))).toBe('3');
  expect(retryAfterOf(new RouterError('overloaded', 'x', { retryAfterMs: 10 }))).toBe('1');
  expect(retryAfterOf(new RouterError('overloaded', 'x'))).toBeUndefined();
});

test('names of their own: a body that is too large, and what the error itself is called', () => {
  const nameOf = (error: RouterError) => encodeError(error).headers['x-amzn-errortype'];
  expect(nameOf(new RouterError('invalid-request', 'x', { status: 413 }))).toBe('RequestEntityTooLargeException');
  const errorName = 'InvalidSignatureException';
  expect(nameOf(new RouterError('unauthenticated', 'x', { errorName }))).toBe(errorName);
});

test('a conversation that is too long is told in words that agents know', () => {
  const messageOf = (message: string) =>
    JSON.parse(encodeError(new RouterError('context-overflow', message)).body).message;
  expect(messageOf('200001 tokens')).toBe('Input is too long for requested model. 200001 tokens');
  expect(messageOf('prompt is too long: 5 > 4')).toBe('prompt is too long: 5 > 4');
});
