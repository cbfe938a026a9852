// What AWS says → the router's codes, messages and delays.
import { describe, expect, it } from 'vitest';
import { findModel } from './catalogue.ts';
import { type AwsFailure, type ErrorContext, maskAccounts, readFailure, toRouterError } from './error.ts';

const context: ErrorContext = {
  provider: 'bedrock',
  model: 'anthropic.claude-sonnet-5',
  region: 'eu-west-1',
  endpoint: 'https://bedrock-runtime.eu-west-1.amazonaws.com',
  operation: 'converse-stream',
  row: findModel('anthropic.claude-sonnet-5'),
};
const json = (message: string): string => JSON.stringify({ message });

function errorOf(status: number, headers: Record<string, string>, text: string) {
  const failure = readFailure(status, headers, text);
  if ('foreign' in failure) throw new Error('not from AWS');
  return toRouterError(failure, context);
}

describe('the code', () => {
  it.each([
    ['ThrottlingException', 429, 'Too many requests', 'rate-limited'],
    // Seen with 400 as well: the name decides.
    ['ThrottlingException', 400, 'Too many requests', 'rate-limited'],
    ['TooManyRequestsException', 429, '', 'rate-limited'],
    ['ServiceQuotaExceededException', 400, '', 'rate-limited'],
    ['ModelNotReadyException', 429, '', 'rate-limited'],
    ['ServiceUnavailableException', 503, '', 'overloaded'],
    ['ServiceUnavailableException', 400, '', 'overloaded'],
    ['InternalServerException', 500, '', 'upstream-failed'],
    ['ModelErrorException', 424, '', 'upstream-failed'],
    ['ModelStreamErrorException', 424, '', 'upstream-failed'],
    ['ModelTimeoutException', 408, '', 'upstream-timeout'],
    ['AccessDeniedException', 403, 'no', 'upstream-denied'],
    ['UnrecognizedClientException', 403, '', 'upstream-denied'],
    ['ExpiredTokenException', 403, '', 'upstream-denied'],
    ['InvalidSignatureException', 403, '', 'upstream-denied'],
    ['SignatureDoesNotMatch', 403, '', 'upstream-denied'],
    ['MissingAuthenticationToken', 403, '', 'upstream-denied'],
    ['IncompleteSignature', 400, '', 'upstream-denied'],
    ['FTUFormNotFilled', 404, '', 'upstream-denied'],
    ['ResourceNotFoundException', 404, 'end of its life', 'model-not-found'],
    [
      'ResourceNotFoundException',
      404,
      'Model use case details have not been submitted for this account.',
      'upstream-denied',
    ],
    ['UnknownOperationException', 404, '', 'upstream-failed'],
    ['ConflictException', 400, '', 'upstream-failed'],
    ['ValidationException', 400, 'The provided model identifier is invalid.', 'model-not-found'],
    [
      'ValidationException',
      400,
      'Invocation of model ID x with on-demand throughput isn’t supported. Retry',
      'unsupported',
    ],
    ['ValidationException', 400, "This model doesn't support tool use.", 'unsupported'],
    ['ValidationException', 400, 'Input is too long for requested model.', 'context-overflow'],
    ['ValidationException', 400, 'prompt is too long: 210000 tokens > 200000 maximum', 'context-overflow'],
    ['ValidationException', 400, 'input length and `max_tokens` exceed context limit: 1 + 2 > 3', 'context-overflow'],
    ['ValidationException', 400, 'too many total text bytes: 10000002 > 9000000', 'context-overflow'],
    [
      'ValidationException',
      400,
      'Input Tokens Exceeded: Number of input tokens exceeds maximum length.',
      'context-overflow',
    ],
    [
      'ValidationException',
      400,
      'The maximum tokens you requested exceeds the model limit of 4096.',
      'invalid-request',
    ],
    ['ValidationException', 400, 'messages.1.content.0: extraneous key [x] is not permitted', 'invalid-request'],
    ['ValidationException', 400, 'Output blocked by content filtering policy', 'content-blocked'],
    ['SomethingNewException', 418, '', 'invalid-request'],
    ['SomethingNewException', 502, '', 'upstream-failed'],
    ['', 401, 'x', 'upstream-denied'],
    ['', 404, 'x', 'model-not-found'],
    ['', 413, 'x', 'invalid-request'],
    ['', 429, 'x', 'rate-limited'],
    ['', 503, 'x', 'overloaded'],
    ['', 504, 'x', 'upstream-timeout'],
    ['', 529, 'x', 'overloaded'],
  ] as const)('of %s (%s) "%s" is %s', (name, status, message, code) => {
    const error = errorOf(status, name === '' ? {} : { 'x-amzn-errortype': name }, json(message));
    expect(error.code).toBe(code);
    expect(error.status).toBe(status === 413 ? 413 : error.status);
    expect(error.upstream).toMatchObject({ status, ...(name === '' ? {} : { name }) });
    expect(error.message).toContain('bedrock: anthropic.claude-sonnet-5 in eu-west-1');
  });

  it('is found by the name in header or body, with what AWS puts around it', () => {
    const suffixed = 'ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/';
    expect(errorOf(400, { 'x-amzn-errortype': suffixed }, json('x')).upstream?.name).toBe('ThrottlingException');
    expect(errorOf(400, {}, '{"__type":"com.amazon.coral#ThrottlingException","Message":"slow"}')).toMatchObject({
      code: 'rate-limited',
    });
    expect(errorOf(413, {}, json('too big')).status).toBe(413);
  });

  it('of a page that is not from AWS is for the caller to choose', () => {
    expect(readFailure(502, {}, '<html>bad gateway</html>')).toMatchObject({ foreign: true });
    expect(readFailure(403, {}, '[]')).not.toMatchObject({ foreign: true });
  });
});

describe('the delay', () => {
  const delayOf = (headers: Record<string, string>, message = 'slow') =>
    errorOf(429, { 'x-amzn-errortype': 'ThrottlingException', ...headers }, json(message)).retryAfterMs;

  it('is what AWS asks for', () => {
    expect(delayOf({ 'retry-after': '7' })).toBe(7000);
    expect(delayOf({ 'x-amz-retry-after': '1500' })).toBe(1500);
    expect(delayOf({})).toBeUndefined();
    expect(delayOf({ 'retry-after': 'soon' })).toBeUndefined();
    const date = delayOf({ 'retry-after': new Date(Date.now() + 60_000).toUTCString() }) ?? 0;
    expect(date).toBeGreaterThan(50_000);
    expect(delayOf({ 'retry-after': new Date(0).toUTCString() })).toBe(0);
  });

  it('of a quota that is used up is long', () => {
    expect(delayOf({ 'retry-after': '7' }, 'Too many tokens per day, please wait before trying again.')).toBe(
      3_600_000,
    );
    expect(errorOf(400, { 'x-amzn-errortype': 'ServiceQuotaExceededException' }, json('x')).retryAfterMs).toBe(
      3_600_000,
    );
  });
});

describe('the message', () => {
  const denied: AwsFailure = {
    status: 403,
    name: 'AccessDeniedException',
    message:
      'User: arn:aws:sts::123456789012:assumed-role/Team/jane is not authorized to perform: bedrock:InvokeModel on resource: arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.x',
  };

  it('names the action that is missing', () => {
    expect(toRouterError(denied, context).message).toContain('bedrock:InvokeModelWithResponseStream');
    const converse = toRouterError({ ...denied, message: '' }, { ...context, operation: 'converse' }).message;
    expect(converse).toContain('bedrock:InvokeModel on');
  });

  it('shows accounts and principals to the operator only', () => {
    const error = toRouterError(denied, context);
    expect(error.message).toContain('123456789012');
    expect(error.publicMessage).not.toMatch(/\d{12}|Team|jane/);
    expect(error.publicMessage).toContain('inference-profile/eu.x');
    expect(maskAccounts('token 1234567890123')).toBe('token 1234567890123');
  });

  it('says what to do', () => {
    const advice = (name: string, message: string) => toRouterError({ status: 400, name, message }, context).message;
    expect(advice('ValidationException', 'on-demand throughput isn’t supported')).toMatch(
      /crossRegion.*known profiles: au, eu, global, jp, us/,
    );
    expect(advice('InvalidSignatureException', 'Signature expired: a is now earlier than b')).toMatch(/clock/);
    expect(advice('InvalidSignatureException', 'does not match')).toMatch(/secret access key/);
    expect(advice('ExpiredTokenException', 'expired')).toMatch(/no longer valid/);
    expect(advice('ValidationException', 'The provided model identifier is invalid.')).toMatch(/in eu-west-1/);
    expect(advice('FTUFormNotFilled', '')).toMatch(/use case form/);
    expect(advice('UnknownOperationException', '')).toContain(context.endpoint);
    const unknown = toRouterError({ status: 404, name: 'UnknownOperationException', message: '' }, context);
    expect(unknown.publicMessage).toContain('(is this an endpoint of bedrock-runtime?)');
  });
});

it('a key that something on the way repeats is not told on', () => {
  const key = `ABSK${'QmVkcm9ja0FQSUtleS0='.repeat(3)}`;
  for (const sent of [`Bearer ${key}`, key, 'Bearer eyJhbGciOiJIUzI1NiJ9.e30.abc_def-ghi', `bedrock-api-key-${key}`]) {
    const error = errorOf(400, {}, json(`bad {"authorization":"${sent}","a":1}`));
    expect(error.message).toMatch(/bad \{"authorization":"(Bearer )?\(key\)","a":1\}/);
    expect(`${error.publicMessage}${error.quote}`).not.toContain(sent);
  }
  expect(errorOf(403, {}, json('Bearer Token has expired')).message).toContain('Bearer Token has expired');
});
