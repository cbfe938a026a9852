// What Google says when it refuses or fails: a google.rpc.Status, judged by one of the router's codes.
// Sources: ai.google.dev/gemini-api/docs/troubleshooting and cloud.google.com/apis/design/errors (2026-11).
import type { ErrorCode } from '@turnout/core/contract';
import { type Bag, bagsIn, isBag, textIn } from './wire.ts';

/** An error as Google sent it, before or inside a stream. */
export interface Failure {
  /** HTTP status; inside a stream the one that the error names. */
  readonly httpStatus?: number | undefined;
  /** The name of a google.rpc.Code: `RESOURCE_EXHAUSTED`. */
  readonly status: string;
  readonly message: string;
  /** google.rpc.ErrorInfo: `API_KEY_INVALID`. */
  readonly reason: string;
  /** google.rpc.QuotaFailure: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
  readonly quotas: readonly string[];
  /** google.rpc.RetryInfo, or the header of that meaning. */
  readonly retryAfterMs?: number | undefined;
}

const NO_FAILURE: Failure = { status: '', message: '', reason: '', quotas: [] };

/** A failure of which only the HTTP status is known. */
export const bareFailure = (httpStatus: number, message = ''): Failure => ({ ...NO_FAILURE, httpStatus, message });

/** The error in a parsed answer; undefined when there is none. */
export function failureIn(value: unknown): Failure | undefined {
  // A stream that was not asked for as server-sent events is a list.
  const body = Array.isArray(value) ? value[0] : value;
  const error = isBag(body) ? body.error : undefined;
  if (typeof error === 'string' && error !== '') return { ...NO_FAILURE, message: error };
  return isBag(error) && Object.keys(error).length > 0 ? failureOf(error) : undefined;
}

function failureOf(error: Bag): Failure {
  const code = Number(error.code);
  const details = bagsIn(error.details);
  const quotas = details.flatMap(({ violations }) =>
    bagsIn(violations).flatMap(({ quotaId }) => textIn(quotaId) ?? []),
  );
  const waits = details.flatMap(({ retryDelay }) => durationMs(retryDelay) ?? []);
  return {
    httpStatus: code >= 400 && code < 600 ? code : undefined,
    status: (textIn(error.status) ?? '').slice(0, 100),
    message: textIn(error.message) ?? '',
    reason: (details.flatMap(({ reason }) => textIn(reason) ?? [])[0] ?? '').slice(0, 100),
    quotas,
    retryAfterMs: waits.length === 0 ? undefined : Math.max(...waits),
  };
}

/** A google.protobuf.Duration: `34s`, `0.5s`. */
export function durationMs(value: unknown): number | undefined {
  const seconds = typeof value === 'string' ? /^(\d{1,9}(?:\.\d+)?)s$/.exec(value)?.[1] : undefined;
  return seconds === undefined ? undefined : Math.round(Number(seconds) * 1000);
}

const BY_STATUS: ReadonlyMap<string, ErrorCode> = new Map([
  ['UNAUTHENTICATED', 'upstream-denied'],
  ['PERMISSION_DENIED', 'upstream-denied'],
  // Not the request, but the account or the place it comes from: "User location is not supported for the API use."
  ['FAILED_PRECONDITION', 'upstream-denied'],
  ['NOT_FOUND', 'model-not-found'],
  ['RESOURCE_EXHAUSTED', 'rate-limited'],
  ['UNAVAILABLE', 'overloaded'],
  ['DEADLINE_EXCEEDED', 'upstream-timeout'],
  ['CANCELLED', 'upstream-failed'],
  ['INTERNAL', 'upstream-failed'],
  ['UNKNOWN', 'upstream-failed'],
  ['ABORTED', 'upstream-failed'],
  ['DATA_LOSS', 'upstream-failed'],
  ['UNIMPLEMENTED', 'unsupported'],
  ['OUT_OF_RANGE', 'invalid-request'],
]);

const BY_HTTP_STATUS: ReadonlyMap<number, ErrorCode> = new Map([
  [401, 'upstream-denied'],
  [403, 'upstream-denied'],
  // Without Google's words it is about the address.
  [404, 'upstream-denied'],
  [407, 'upstream-denied'],
  [408, 'upstream-timeout'],
  [409, 'upstream-failed'],
  [429, 'rate-limited'],
  [499, 'upstream-failed'],
  [501, 'unsupported'],
  [503, 'overloaded'],
  [504, 'upstream-timeout'],
]);

/** "The input token count (1300000) exceeds the maximum number of tokens allowed (1048576)."; "… input token count is 1300000 but
 * model only supports up to 1048576." */
const CONTEXT_OVERFLOW =
  /token count[^.]{0,60}(exceeds|only supports)|exceeds the maximum (number of tokens|context)|request (payload )?size exceeds/i;
const BAD_KEY = /api key (not valid|not found|expired|was reported as leaked)|pass a valid api key/i;
const BAD_PLACE = /location is not supported|not available in your (country|region)|billing/i;
/** "models/x is not found for API version v1beta, or is not supported for generateContent." */
const NO_MODEL = /^models?\/|is not found for api version|tunedmodels?\//i;
/** "Thinking is not enabled for this model", "Function calling is not enabled for models/…": another target may well be able to. */
const NOT_ABLE = /is not (enabled|supported) (for|by|in) ((this|the) )?(model|models\/)|model does not support/i;

/** Never throws: what is not known by its name is judged by its words, then by its HTTP status. */
export function codeOf({ status, message, reason, httpStatus }: Failure): ErrorCode {
  // A 400, of all things (troubleshooting, 2026-11).
  if (/^API_KEY_|^(SERVICE_DISABLED|CONSUMER_SUSPENDED|BILLING_DISABLED)$/.test(reason)) return 'upstream-denied';
  const isRefusal = httpStatus === undefined || (httpStatus >= 400 && httpStatus < 500);
  if (isRefusal && status !== 'RESOURCE_EXHAUSTED' && httpStatus !== 429) {
    if (BAD_KEY.test(message)) return 'upstream-denied';
    if (CONTEXT_OVERFLOW.test(message)) return 'context-overflow';
    if (BAD_PLACE.test(message)) return 'upstream-denied';
  }
  if (status === 'INVALID_ARGUMENT') return NOT_ABLE.test(message) ? 'unsupported' : 'invalid-request';
  const named = BY_STATUS.get(status);
  if (named !== undefined) return named;
  if (httpStatus === 404 && NO_MODEL.test(message)) return 'model-not-found';
  if (httpStatus === undefined) return 'upstream-failed';
  return BY_HTTP_STATUS.get(httpStatus) ?? (httpStatus < 500 ? 'invalid-request' : 'upstream-failed');
}

/** A daily quota is renewed at midnight, Pacific time: asking again within the hour is no use. */
const DAILY_RETRY_MS = 3_600_000;

/** How long a throttled target is to be left alone; undefined: Google does not say. Google adds a delay of seconds to a daily
 * quota that is used up, too (seen in public issues, 2026). */
export function retryDelayMs({ quotas, message, retryAfterMs }: Failure): number | undefined {
  const told = retryAfterMs ?? durationMs(/retry in (\d+(?:\.\d+)?s)/i.exec(message)?.[1]);
  const isDaily = quotas.some((quota) => /PerDay/i.test(quota));
  return isDaily ? Math.max(told ?? 0, DAILY_RETRY_MS) : told;
}
