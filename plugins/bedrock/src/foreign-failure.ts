// An answer of something in front of Bedrock: a proxy, a firewall, an API gateway, or an endpoint that is no Bedrock at all.
import { type ErrorCode, RouterError } from '@turnout/core/contract';
import type { ErrorContext, ForeignFailure } from './error.ts';

/** By the status alone: the text is a page for people. */
const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'upstream-denied',
  403: 'upstream-denied',
  // Bedrock's own 404 is JSON: whatever says this has no Bedrock behind it, which no change of the model's name mends.
  404: 'upstream-denied',
  407: 'upstream-denied',
  408: 'upstream-timeout',
  413: 'invalid-request',
  429: 'rate-limited',
};

/** The router's error for it. Where the endpoint is, is for the log only. */
export function toForeignError(
  status: number,
  { retryAfterMs }: ForeignFailure,
  { provider, endpoint }: Pick<ErrorContext, 'provider' | 'endpoint'>,
): RouterError {
  const said = `${status >= 400 && status < 500 ? 'refused the request' : 'answered'} (HTTP ${status})`;
  return new RouterError(
    foreignCodeOf(status),
    `${provider}: something in front of Bedrock at ${endpoint} ${said}: check endpoint and proxy`,
    {
      publicMessage: `${provider}: something in front of Bedrock ${said}`,
      upstream: { status },
      ...(status === 413 ? { status } : {}),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      // A firewall may have read something in this request that it does not let pass.
      ...(status === 403 ? { ofRequest: true } : {}),
    },
  );
}

/** Another 4xx says that this way is not open to this request; the way to another target may be. */
const foreignCodeOf = (status: number): ErrorCode =>
  BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'unsupported' : 'upstream-failed');
