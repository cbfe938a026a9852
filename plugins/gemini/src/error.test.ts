// Google's errors, each as one of the router's.
import { describe, expect, it } from 'vitest';
import { readRefusal } from './error.ts';

const KEY = 'AIzaSyTheRealKey0123456789';
const context = {
  provider: 'gemini',
  model: 'gemini-3.8-flash',
  baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
  apiKey: KEY,
  advice: 'check baseUrl',
};
const RPC = 'type.googleapis.com/google.rpc.';
const refusal = (code: number, status: string, message: string, details: object[] = []) =>
  readRefusal(code, {}, JSON.stringify({ error: { code, status, message, details } }), context);

// The words are Google's, from its documentation and public issues (2025-2026).
describe('codes', () => {
  it.each([
    [400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', 'upstream-denied'],
    [400, 'INVALID_ARGUMENT', 'API key expired. Please renew the API key.', 'upstream-denied'],
    [400, 'FAILED_PRECONDITION', 'User location is not supported for the API use.', 'upstream-denied'],
    [
      400,
      'INVALID_ARGUMENT',
      'The input token count (1300000) exceeds the maximum number of tokens allowed (1048575).',
      'context-overflow',
    ],
    [
      400,
      'INVALID_ARGUMENT',
      'The input token count exceeds the maximum number of tokens allowed 1048576.',
      'context-overflow',
    ],
    [
      400,
      'INVALID_ARGUMENT',
      'Unable to submit request because the input token count is 1300000 but model only supports up to 1048576.',
      'context-overflow',
    ],
    [400, 'INVALID_ARGUMENT', 'Thinking level is not supported for this model.', 'unsupported'],
    [400, 'INVALID_ARGUMENT', 'Penalty is not enabled for this model', 'unsupported'],
    [400, 'INVALID_ARGUMENT', 'Corrupted thought signature.', 'invalid-request'],
    [400, 'INVALID_ARGUMENT', 'Please use a valid role: user, model.', 'invalid-request'],
    [401, 'UNAUTHENTICATED', 'Request had invalid authentication credentials.', 'upstream-denied'],
    [403, 'PERMISSION_DENIED', 'Your API key was reported as leaked. Please use another API key.', 'upstream-denied'],
    [
      404,
      'NOT_FOUND',
      'models/gemini-9 is not found for API version v1beta, or is not supported for generateContent.',
      'model-not-found',
    ],
    [404, '', 'Not here', 'upstream-denied'],
    [
      429,
      'RESOURCE_EXHAUSTED',
      'You exceeded your current quota, please check your plan and billing details.',
      'rate-limited',
    ],
    [500, 'INTERNAL', 'An internal error has occurred.', 'upstream-failed'],
    [503, 'UNAVAILABLE', 'The model is overloaded. Please try again later.', 'overloaded'],
    [504, 'DEADLINE_EXCEEDED', 'Deadline expired before operation could complete.', 'upstream-timeout'],
    [501, 'UNIMPLEMENTED', 'Operation is not implemented.', 'unsupported'],
  ])('%i %s: %s', (code, status, message, expected) => {
    expect(refusal(code, status, message).code).toBe(expected);
  });
});

describe('how long to wait', () => {
  const retry = (retryDelay: string) => ({ '@type': `${RPC}RetryInfo`, retryDelay });
  const quota = (quotaId: string) => ({ '@type': `${RPC}QuotaFailure`, violations: [{ quotaId }] });
  it.each([
    ['what Google says', [retry('34.5s')], 'x', 34_500],
    ['what it says in words', [], 'x. Please retry in 12.25s.', 12_250],
    [
      'an hour at least for a quota of the day',
      [retry('18s'), quota('GenerateRequestsPerDayPerProjectPerModel-FreeTier')],
      'x',
      3_600_000,
    ],
    [
      'as said for a quota of the minute',
      [retry('18s'), quota('GenerateRequestsPerMinutePerProjectPerModel')],
      'x',
      18_000,
    ],
    ['nothing is said', [], 'x', undefined],
  ])('%s', (_name, details, message, expected) => {
    expect(refusal(429, 'RESOURCE_EXHAUSTED', message, details).retryAfterMs).toBe(expected);
  });

  it('the header, where the body says nothing', () => {
    const body = JSON.stringify({ error: { code: 503, status: 'UNAVAILABLE', message: 'x' } });
    expect(readRefusal(503, { 'retry-after': '3' }, body, context).retryAfterMs).toBe(3000);
  });
});

describe('words', () => {
  it('name the provider and the model, and never a key', () => {
    const error = refusal(
      403,
      'PERMISSION_DENIED',
      `Consumer 'api_key:${KEY}' (AIzaSyAnother0123456789) of projects/123456789 is suspended.`,
    );
    expect(error.message).toMatch(/^gemini: gemini-3\.8-flash: PERMISSION_DENIED: .* \(check apiKey\)$/);
    expect(error.message).not.toMatch(/AIza/);
    expect(error.publicMessage).not.toMatch(/123456789/);
  });

  it('of a page are not repeated', () => {
    const error = readRefusal(502, {}, '<html>secret</html>', context);
    expect(error).toMatchObject({ code: 'upstream-failed', upstream: { status: 502 } });
    expect(error.message).not.toContain('secret');
    expect(error.publicMessage).not.toContain('googleapis');
  });

  it('of an error that comes as a list of one are found', () => {
    const body = JSON.stringify([{ error: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded.' } }]);
    expect(readRefusal(503, {}, body, context)).toMatchObject({
      code: 'overloaded',
      upstream: { name: 'UNAVAILABLE' },
    });
  });
});
