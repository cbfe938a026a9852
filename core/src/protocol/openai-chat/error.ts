// Errors in OpenAI's shape, before a stream and inside one.
import type { ErrorCode, RouterError } from '../../contract/index.ts';
import type { EncodedError } from '../protocol.ts';
import type { ChatError } from './wire.ts';

interface Naming {
  readonly type: string;
  readonly code: string | null;
}

/** OpenAI's own words where it has them: its clients and agents look at `code`, `type` and the status. */
const NAMING: Readonly<Record<ErrorCode, Naming>> = {
  'invalid-request': { type: 'invalid_request_error', code: null },
  'context-overflow': { type: 'invalid_request_error', code: 'context_length_exceeded' },
  'content-blocked': { type: 'invalid_request_error', code: 'content_filter' },
  unauthenticated: { type: 'invalid_request_error', code: 'invalid_api_key' },
  forbidden: { type: 'permission_error', code: 'permission_denied' },
  'upstream-denied': { type: 'server_error', code: 'upstream_denied' },
  'model-not-found': { type: 'invalid_request_error', code: 'model_not_found' },
  unsupported: { type: 'invalid_request_error', code: 'unsupported_parameter' },
  'rate-limited': { type: 'rate_limit_error', code: 'rate_limit_exceeded' },
  overloaded: { type: 'server_error', code: 'overloaded' },
  'upstream-failed': { type: 'server_error', code: 'upstream_failed' },
  'upstream-timeout': { type: 'server_error', code: 'upstream_timeout' },
  cancelled: { type: 'invalid_request_error', code: 'cancelled' },
  internal: { type: 'server_error', code: 'internal_error' },
};

/** The body of an error, as JSON text: also what a broken stream ends with. `conversation` is the field that holds it. */
export function errorBody(error: RouterError, conversation = 'messages'): string {
  const { type, code } = NAMING[error.code];
  const body: ChatError = { error: { message: error.publicMessage, type, param: paramOf(error, conversation), code } };
  return JSON.stringify(body);
}

function paramOf({ code, field }: RouterError, conversation: string): string | null {
  if (field !== undefined) return field;
  if (code === 'model-not-found') return 'model';
  return code === 'context-overflow' ? conversation : null;
}

/** The answer to a request that failed before its first byte. A 429 always says when to come back: without it some
 * clients give up at once (Codex 0.169) and others come back in half a second (clients.md 3.4, 2026-11). */
export const encodeError = (error: RouterError): EncodedError => encodeErrorFor(error, 'messages');

/** The same for another protocol of OpenAI's, whose field for the conversation is given. */
export function encodeErrorFor(error: RouterError, conversation: string): EncodedError {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (error.status === 429 || error.retryAfterMs !== undefined) {
    headers['retry-after'] = String(Math.max(1, Math.ceil((error.retryAfterMs ?? 0) / 1000)));
  }
  return { status: error.status, headers, body: errorBody(error, conversation) };
}
