// What Anthropic says when it refuses or fails, judged by one of the router's codes.
import type { ErrorCode } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';

/** An error as it was sent, before or inside a stream. */
export interface Failure {
  /** HTTP status; undefined inside a stream. */
  readonly status?: number | undefined;
  /** `overloaded_error` and the like; '' when there is none. */
  readonly type: string;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
}

/** The error in a parsed answer; undefined when there is none. Servers that only speak Anthropic's protocol have it in other
 * shapes too. */
export function failureIn(value: unknown): Failure | undefined {
  if (!isObject(value)) return undefined;
  const { error } = value;
  const requestId = typeof value.request_id === 'string' ? { requestId: value.request_id.slice(0, 100) } : {};
  if (isObject(error)) {
    const type = typeof error.type === 'string' ? error.type.slice(0, 100) : '';
    return { type, message: typeof error.message === 'string' ? error.message : '', ...requestId };
  }
  if (typeof error === 'string' && error !== '') return { type: '', message: error, ...requestId };
  if (typeof value.detail === 'string') return { type: '', message: value.detail, ...requestId };
  if (typeof value.message !== 'string' || value.type === 'message') return undefined;
  return { type: '', message: value.message, ...requestId };
}

// Anthropic's page on errors, 2026-11.
const BY_TYPE: Readonly<Record<string, ErrorCode>> = {
  authentication_error: 'upstream-denied',
  billing_error: 'upstream-denied',
  permission_error: 'upstream-denied',
  rate_limit_error: 'rate-limited',
  timeout_error: 'upstream-timeout',
  overloaded_error: 'overloaded',
  api_error: 'upstream-failed',
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'upstream-denied',
  402: 'upstream-denied',
  403: 'upstream-denied',
  407: 'upstream-denied',
  408: 'upstream-timeout',
  409: 'upstream-failed',
  425: 'upstream-failed',
  429: 'rate-limited',
  503: 'overloaded',
  504: 'upstream-timeout',
  529: 'overloaded',
};

const CONTEXT_OVERFLOW =
  /\b(prompt|input) is too long\b|exceed(s|ed)? (the )?context (limit|window|length)|maximum context length|too many (input )?tokens/i;
/** The account has nothing left: for the operator to cure. It comes as an invalid request. */
const NO_CREDIT = /credit balance is too low|(organization|account|workspace) has been disabled|API usage limits/i;
const BLOCKED = /content filtering policy|usage policy/i;
/** Something that this model has not, and another may. */
const UNSUPPORTED =
  /(is|are) not supported|does not support|not available (on|for) this model|is deprecated for this model|anthropic-beta/i;
/** A 404 that is about the address. */
const NO_SUCH_PATH = /^$|^(page )?not found\.?$|invalid url|no (such )?route|cannot (get|post)|^404/i;

/** Never throws: what is not known by its type is judged by its words, then by its status. */
export function codeOf({ type, message, status }: Failure): ErrorCode {
  const isRefusal = type === 'invalid_request_error' || status === 400 || status === 413 || status === 422;
  if (isRefusal) {
    if (CONTEXT_OVERFLOW.test(message)) return 'context-overflow';
    if (NO_CREDIT.test(message)) return 'upstream-denied';
    if (BLOCKED.test(message)) return 'content-blocked';
    if (UNSUPPORTED.test(message)) return 'unsupported';
  }
  const named = Object.hasOwn(BY_TYPE, type) ? BY_TYPE[type] : undefined;
  if (named !== undefined) return named;
  if (type === 'not_found_error' || status === 404) return notFound(message);
  if (status === undefined) return isRefusal || type === 'request_too_large' ? 'invalid-request' : 'upstream-failed';
  return BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'invalid-request' : 'upstream-failed');
}

const notFound = (message: string): ErrorCode => (NO_SUCH_PATH.test(message) ? 'upstream-denied' : 'model-not-found');
