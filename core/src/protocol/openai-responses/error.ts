// Errors: OpenAI's body before a stream, and what `response.failed` and `error` say inside one.
import type { ErrorCode, RouterError } from '../../contract/index.ts';
import { encodeErrorFor } from '../openai-chat/error.ts';
import type { EncodedError } from '../protocol.ts';
import type { ResponseFailure } from './wire.ts';

/** The answer to a request that failed before its first byte: the same as in chat, where only the conversation's name differs. */
export const encodeError = (error: RouterError): EncodedError => encodeErrorFor(error, 'input');

/** OpenAI's own words. Codex (0.169) gives up on `context_length_exceeded` and `invalid_prompt`, waits as it is told on
 * `rate_limit_exceeded`, and tries again on anything else: what cannot succeed must not be called a `server_error`. */
const CODES: Readonly<Record<ErrorCode, string>> = {
  'invalid-request': 'invalid_prompt',
  'context-overflow': 'context_length_exceeded',
  'content-blocked': 'invalid_prompt',
  unauthenticated: 'invalid_prompt',
  forbidden: 'invalid_prompt',
  'upstream-denied': 'server_error',
  'model-not-found': 'invalid_prompt',
  unsupported: 'invalid_prompt',
  'rate-limited': 'rate_limit_exceeded',
  overloaded: 'server_error',
  'upstream-failed': 'server_error',
  'upstream-timeout': 'server_error',
  cancelled: 'server_error',
  internal: 'server_error',
};

/** A stream has no headers left, and Codex reads from the message when to come back (clients.md 3.2, 2026-11). */
export function failureOf({ code, publicMessage, retryAfterMs }: RouterError): ResponseFailure {
  if (code !== 'rate-limited' && retryAfterMs === undefined) return { code: CODES[code], message: publicMessage };
  const seconds = Math.max(1, Math.ceil((retryAfterMs ?? 0) / 1000));
  return { code: CODES[code], message: `${publicMessage.replace(/[.\s]*$/, '')}. Please try again in ${seconds}s.` };
}

/** The inside of the event `error`, which comes after `response.failed`: Codex reads that one and no other, SDKs and LangChain throw
 * for this one only. Its documented shape is flat, OpenAI's own servers nest it, and SDK 6 throws for nested ones only (7.57, 6.49,
 * 2026-11). */
export function errorMembers({ code, message }: ResponseFailure): string {
  const detail = `"code":"${code}","message":${JSON.stringify(message)},"param":null`;
  return `${detail},"error":{"type":"${code}",${detail}}`;
}
