// What AWS says when it refuses or fails, as one of the router's codes: by the error's name first, then by its text or
// status, because Bedrock has sent throttling with status 400 (2025).
import type { ErrorCode } from '@turnout/core/contract';

/** An error as AWS sent it, before or inside a stream. */
export interface AwsFailure {
  /** HTTP status; absent inside a stream. */
  readonly status?: number;
  /** `ThrottlingException`; '' when the answer has none. */
  readonly name: string;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
}

type Said = Pick<AwsFailure, 'name' | 'message'>;

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  ThrottlingException: 'rate-limited',
  TooManyRequestsException: 'rate-limited',
  RequestLimitExceeded: 'rate-limited',
  ServiceQuotaExceededException: 'rate-limited',
  ServiceUnavailableException: 'overloaded',
  ModelNotReadyException: 'rate-limited',
  InternalServerException: 'upstream-failed',
  InternalFailure: 'upstream-failed',
  ModelErrorException: 'upstream-failed',
  ModelStreamErrorException: 'upstream-failed',
  ConflictException: 'upstream-failed',
  UnknownOperationException: 'upstream-failed',
  ModelTimeoutException: 'upstream-timeout',
  AccessDeniedException: 'upstream-denied',
  UnrecognizedClientException: 'upstream-denied',
  InvalidClientTokenId: 'upstream-denied',
  ExpiredTokenException: 'upstream-denied',
  ExpiredToken: 'upstream-denied',
  InvalidSignatureException: 'upstream-denied',
  SignatureDoesNotMatch: 'upstream-denied',
  MissingAuthenticationToken: 'upstream-denied',
  MissingAuthenticationTokenException: 'upstream-denied',
  IncompleteSignature: 'upstream-denied',
  IncompleteSignatureException: 'upstream-denied',
  FTUFormNotFilled: 'upstream-denied',
  ResourceNotFoundException: 'model-not-found',
  RequestEntityTooLarge: 'invalid-request',
  RequestEntityTooLargeException: 'invalid-request',
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'upstream-denied',
  403: 'upstream-denied',
  404: 'model-not-found',
  408: 'upstream-timeout',
  413: 'invalid-request',
  424: 'upstream-failed',
  429: 'rate-limited',
  503: 'overloaded',
  504: 'upstream-timeout',
  529: 'overloaded',
};

/** AWS's and the vendors' words for a prompt that is too long. Each names the input or the context: a `max_tokens` that
 * "exceeds the model limit", or a field of an "input request" that "exceeds maximum", is the
 * request's own fault, and so are too many documents or characters of an input. */
const CONTEXT_OVERFLOW: readonly RegExp[] = [
  /\b(input|prompt) is too long\b/i,
  /\binput length and `?max_tokens`? exceed context limit/i,
  /\btoo many (input tokens|total text bytes)\b/i,
  /\binput tokens exceeded\b/i,
  /\bnumber of (input|prompt) tokens\b[^.]{0,40} exceeds? (the )?(maximum|limit)/i,
  /\b(input|prompt) (length|tokens?) (exceeds?|is longer than) (the )?(model's )?(maximum|limit|context)/i,
  /\b(input|prompt) (exceeds?|is longer than) (the )?(model's )?((maximum|limit) )?(of |number of )?(\d+ )?(context|length|tokens?)\b/i,
  /\btokens in the (input|prompt) (cannot|must not) exceed\b/i,
  /\b\d+ maximum context length\b/i,
  /\bexceed(s|ed)? (the )?(model's )?(maximum )?context (length|window|size|limit)/i,
  /\bmaximum context length (is|of) \d/i,
];

/** What can be told from a message alone. */
export const SAID = {
  onDemand: /on-demand throughput isn.t supported/i,
  invalidId: /model identifier is invalid/i,
  notSupported: /does(n.t| not) support|(isn.t|is not) supported/i,
  blocked: /content filter(ing)? policy|blocked by (the )?(content|guardrail)/i,
  daily: /(tokens|requests) per day|daily (token |request )?(quota|limit)/i,
  useCase: /use case details have not been submitted/i,
  guardrailUnknown: /guardrail identifier or version provided/i,
} as const;
const EXPIRED = /security token included in the request is expired/i;
const CLOCK = /signature expired|signature not yet current/i;

/** Whether the request was refused for the time in its signature. */
export const isClockSkew = ({ name, message }: Said): boolean =>
  CLOCK.test(message) || /^Request(Expired|InTheFuture|TimeTooSkewed)/.test(name);

/** Whether our credentials were refused in a way that fresh ones may mend. */
export const isStaleCredential = ({ name, message }: Said): boolean =>
  name === 'ExpiredTokenException' ||
  name === 'ExpiredToken' ||
  name === 'UnrecognizedClientException' ||
  name === 'InvalidClientTokenId' ||
  EXPIRED.test(message);

/** Never throws; a name that is not known is judged by its status. */
export function codeOf({ name, message, status }: AwsFailure): ErrorCode {
  // Own members only: the name is AWS's to choose.
  const named = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (named === 'model-not-found' && SAID.useCase.test(message)) return 'upstream-denied';
  if (named !== undefined) return named;
  // ValidationException, and whatever has no name.
  if (status === undefined || status === 400 || name === 'ValidationException') {
    if (SAID.daily.test(message)) return 'rate-limited';
    if (CONTEXT_OVERFLOW.some((words) => words.test(message))) return 'context-overflow';
    if (SAID.invalidId.test(message)) return 'model-not-found';
    if (SAID.useCase.test(message)) return 'upstream-denied';
    if (SAID.onDemand.test(message) || SAID.notSupported.test(message)) return 'unsupported';
    if (SAID.blocked.test(message)) return 'content-blocked';
    return status === undefined && name !== 'ValidationException' ? 'upstream-failed' : 'invalid-request';
  }
  return BY_STATUS[status] ?? (status < 500 ? 'invalid-request' : 'upstream-failed');
}

/** A quota of a day or of the account: trying again soon is pointless. */
const QUOTA_RETRY_MS = 3_600_000;

/** How long a throttled target is to be left alone; undefined: AWS does not say. */
export function quotaDelayMs({ name, message, retryAfterMs }: AwsFailure): number | undefined {
  const lasting = SAID.daily.test(message) || name === 'ServiceQuotaExceededException';
  return lasting ? Math.max(retryAfterMs ?? 0, QUOTA_RETRY_MS) : retryAfterMs;
}
