// Errors in Anthropic's shape, before a stream and inside one.
import type { ErrorCode, RouterError } from '../../contract/index.ts';
import type { EncodedError } from '../protocol.ts';
import type { MessagesError, MessagesErrorType } from './wire.ts';

const TYPES: Readonly<Record<ErrorCode, MessagesErrorType>> = {
  'invalid-request': 'invalid_request_error',
  'context-overflow': 'invalid_request_error',
  'content-blocked': 'invalid_request_error',
  unauthenticated: 'authentication_error',
  forbidden: 'permission_error',
  'upstream-denied': 'api_error',
  'model-not-found': 'not_found_error',
  unsupported: 'invalid_request_error',
  'rate-limited': 'rate_limit_error',
  overloaded: 'overloaded_error',
  'upstream-failed': 'api_error',
  'upstream-timeout': 'timeout_error',
  cancelled: 'api_error',
  internal: 'api_error',
};

/** Types that follow from the status, where that is not the code's own. */
const TYPES_BY_STATUS: ReadonlyMap<number, MessagesErrorType> = new Map([
  [404, 'not_found_error'],
  [413, 'request_too_large'],
]);

/** The words of Anthropic's own error, by which agents know that they have to compact the conversation. */
const TOO_LONG = 'prompt is too long';

/** The body of an error, as JSON text: also what a broken stream ends with. */
export function errorBody(error: RouterError, requestId: string): string {
  const details = detailsOf(error);
  const type = TYPES_BY_STATUS.get(error.status) ?? TYPES[error.code];
  const body: MessagesError = {
    type: 'error',
    error: { type, message: messageOf(error), ...(details ? { details } : {}) },
    request_id: requestId,
  };
  return JSON.stringify(body);
}

function messageOf({ code, publicMessage }: RouterError): string {
  const says = code !== 'context-overflow' || publicMessage.toLowerCase().includes(TOO_LONG);
  return says ? publicMessage : `${TOO_LONG}: ${publicMessage}`;
}

/** The one detail that clients act on: the tool runner of `@anthropic-ai/sdk` 1.x sends the whole conversation again, without
 * a thread, when it reads this (clients.md 3.1, 2026-11). */
function detailsOf({ code, field }: RouterError): object | undefined {
  if (code !== 'invalid-request' || field !== 'thread') return undefined;
  return { error_code: 'thread_unsupported_request', unsupported: ['thread'] };
}

/** The answer to a request that failed before its first byte. A 429 always says when to come back: clients without it give up
 * at once or come back in half a second (clients.md 3.4, 2026-11). */
export function encodeError(error: RouterError, requestId: string): EncodedError {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (error.status === 429 || error.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.max(1, Math.ceil((error.retryAfterMs ?? 0) / 1000)));
  }
  return { status: error.status, headers, body: errorBody(error, requestId) };
}
