import { expect, test } from 'vitest';
import { toNetworkError } from './network.ts';

const connection = {
  provider: 'acme',
  baseUrl: 'https://acme.test/v1',
  signal: new AbortController().signal,
  advice: 'check baseUrl',
};
const failureOf = (code: string) => toNetworkError(Object.assign(new Error('fetch failed'), { code }), connection);

test.each([
  ['ECONNREFUSED', 'upstream-failed'],
  ['ENOTFOUND', 'upstream-failed'],
  ['EAI_AGAIN', 'upstream-failed'],
  ['EHOSTUNREACH', 'upstream-failed'],
  ['ENETUNREACH', 'upstream-failed'],
  ['UND_ERR_CONNECT_TIMEOUT', 'upstream-timeout'],
  ['EPROTO', 'upstream-failed'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'upstream-failed'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'upstream-failed'],
  ['CERT_HAS_EXPIRED', 'upstream-failed'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'upstream-failed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'upstream-failed'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'upstream-failed'],
])('%s: the upstream was not reached', (code, expected) => {
  expect(failureOf(code)).toMatchObject({ code: expected, unreached: true });
});

test.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'UND_ERR_ABORTED', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT', ''])(
  '%j: it may have had the request',
  (code) => {
    expect(failureOf(code).unreached).toBe(false);
  },
);

test('the code may be that of the cause, and the host is not for the caller', () => {
  const thrown = new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) });
  const error = toNetworkError(thrown, connection);
  expect(error.unreached).toBe(true);
  expect(error.message).toContain('acme.test');
  expect(error.publicMessage).not.toContain('acme.test');
});
