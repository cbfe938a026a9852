// What Anthropic answers when it refuses or fails, as the router's codes; nothing of it holds a key.
import type { RouterError } from '@turnout/core/contract';
import { expect, it } from 'vitest';
import { type ErrorContext, readRefusal } from './error.ts';

const secret = 'sk-ant-api03-abcdefghijkl';
const context: ErrorContext = {
  ...{ provider: 'anthropic', model: 'claude-x', baseUrl: 'https://api.test', secret, advice: 'check baseUrl' },
};
const refused = (status: number, type: string, message: string, headers = {}): RouterError =>
  readRefusal(
    status,
    headers,
    JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' }),
    context,
  );

// The words are those of recordings, of the corpus' reported errors, and of Anthropic's page on errors.
it.each([
  [401, 'authentication_error', 'invalid x-api-key', 'upstream-denied', 502],
  [
    403,
    'permission_error',
    'Your API key does not have permission to use the specified resource.',
    'upstream-denied',
    502,
  ],
  [402, 'billing_error', 'There is an issue with billing', 'upstream-denied', 502],
  [400, 'invalid_request_error', 'Your credit balance is too low to access the Anthropic API.', 'upstream-denied', 502],
  [400, 'invalid_request_error', 'You have reached your specified API usage limits.', 'upstream-denied', 502],
  [404, 'not_found_error', 'model: claude-0', 'model-not-found', 404],
  [404, 'not_found_error', 'Not Found', 'upstream-denied', 502],
  [413, 'request_too_large', 'Request exceeds the maximum size', 'invalid-request', 413],
  [400, 'invalid_request_error', 'prompt is too long: 210000 tokens > 200000 maximum', 'context-overflow', 400],
  [
    400,
    'invalid_request_error',
    'input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000',
    'context-overflow',
    400,
  ],
  [400, 'invalid_request_error', 'Output blocked by content filtering policy', 'content-blocked', 400],
  [400, 'invalid_request_error', '`temperature` is deprecated for this model.', 'unsupported', 400],
  [400, 'invalid_request_error', 'Unexpected value(s) `x` for the `anthropic-beta` header.', 'unsupported', 400],
  [400, 'invalid_request_error', 'messages.0.content: Field required', 'invalid-request', 400],
  [429, 'rate_limit_error', 'This request would exceed your rate limit', 'rate-limited', 429],
  [500, 'api_error', 'Internal server error', 'upstream-failed', 502],
  [504, 'timeout_error', 'Request timed out', 'upstream-timeout', 504],
  [529, 'overloaded_error', 'Overloaded', 'overloaded', 503],
  [529, '', '', 'overloaded', 503],
])('%s %s: %s', (status, type, message, code, told) => {
  const error = refused(status, type, message);
  expect([error.code, error.status]).toEqual([code, told]);
  expect(error.upstream).toMatchObject({ status, requestId: 'req_1' });
});

it('names no key and, to the client, no organization and no address', () => {
  const organization = '0f3c8a52-1111-4222-8333-444455556666';
  const words = `key ${secret} of sk-ant-other-123456, Bearer abc.def, organization ${organization} at https://api.test`;
  const { message, publicMessage } = refused(401, 'authentication_error', words);
  expect(message).not.toMatch(/sk-ant|abc\.def/);
  expect(message).toContain('check apiKey');
  expect(publicMessage).not.toMatch(/sk-ant|abc\.def|0f3c8a52|api\.test/);
});

it('says when to come back', () => {
  expect(refused(429, 'rate_limit_error', 'x', { 'retry-after': '7' }).retryAfterMs).toBe(7000);
  const later = new Date(Date.now() + 60_000).toISOString();
  const limits = {
    'anthropic-ratelimit-requests-remaining': '5',
    'anthropic-ratelimit-input-tokens-remaining': '0',
    'anthropic-ratelimit-input-tokens-reset': later,
  };
  expect(refused(429, 'rate_limit_error', 'x', limits).retryAfterMs).toBeGreaterThan(50_000);
  expect(refused(429, 'rate_limit_error', 'x').retryAfterMs).toBeUndefined();
});

it.each([
  [302, '', 'upstream-failed', /redirects/],
  [502, '<html>Bad gateway</html>', 'upstream-failed', /no JSON/],
  [403, '<html>Blocked by a proxy</html>', 'upstream-denied', /no JSON/],
  [413, 'too large', 'invalid-request', /no JSON/],
  [404, '{"detail":"Not Found"}', 'upstream-denied', /check baseUrl/],
  [400, '{"message":"maximum context length is 4096 tokens"}', 'context-overflow', /4096/],
])('%s with %s', (status, text, code, words) => {
  const error = readRefusal(status, {}, text, context);
  expect(error.code).toBe(code);
  expect(error.message).toMatch(words);
});
