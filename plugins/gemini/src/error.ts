// Google's error as the router's: read, judged (failure.ts), and worded without anything secret.
import { RouterError, type RouterErrorOptions, type Usage } from '@turnout/core/contract';
import { bareFailure, codeOf, type Failure, failureIn, retryDelayMs } from './failure.ts';

/** What a message names besides Google's own words. */
export interface ErrorContext {
  readonly provider: string;
  /** The wire model; '' where a call is about none. */
  readonly model: string;
  readonly baseUrl: string;
  readonly apiKey: string;
  /** What to look at when the server is not found. */
  readonly advice: string;
}

const MESSAGE_LENGTH_MAX = 1000;

/** The router's error for what Google said. `usage`: what a stream had reported before. */
export function toRouterError(failure: Failure, context: ErrorContext, usage?: Partial<Usage>): RouterError {
  const code = codeOf(failure);
  const retryAfterMs = code === 'rate-limited' ? retryDelayMs(failure) : failure.retryAfterMs;
  const name = cleaned(failure.reason || failure.status, context);
  const quote = cleaned(failure.message, context);
  const said = [name, quote].filter((text) => text !== '').join(': ');
  const advice = code === 'upstream-denied' ? adviceOf(failure, context) : '';
  const { httpStatus } = failure;
  const message = `${labelOf(context)}: ${said || `HTTP ${httpStatus}`}${advice}`;
  return new RouterError(code, message, {
    publicMessage: masked(message, context),
    quote,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(usage === undefined ? {} : { usage }),
    ...(httpStatus === 413 && code === 'invalid-request' ? { status: 413 } : {}),
    upstream: {
      ...(httpStatus === undefined ? {} : { status: httpStatus }),
      ...(name === '' ? {} : { name }),
    },
  });
}

/** The error of an answer that is no success: JSON, or a page of something in between. */
export function readRefusal(status: number, headers: Headers, text: string, context: ErrorContext): RouterError {
  const retryAfterMs = readRetryAfterMs(headers);
  const said = status < 300 || status >= 400 ? failureIn(parse(text)) : undefined;
  if (said !== undefined) {
    return toRouterError({ ...said, httpStatus: status, retryAfterMs: said.retryAfterMs ?? retryAfterMs }, context);
  }
  const redirects = status >= 300 && status < 400;
  const what = redirects
    ? `it redirects to another address, which is not followed (HTTP ${status})`
    : `it answers with something that is no error of Google's (HTTP ${status})`;
  const message = `${labelOf(context)}: ${what}: check baseUrl ${context.baseUrl} and any proxy in front of it`;
  return new RouterError(redirects || status < 300 ? 'upstream-failed' : codeOf(bareFailure(status)), message, {
    publicMessage: `${labelOf(context)}: ${what}`,
    upstream: { status },
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // Whoever refuses with a page is no model's server: it may have read something in this request that it does not let pass.
    ...(status === 403 ? { ofRequest: true } : {}),
  });
}

/** The JSON of an answer that says it is one. Throws RouterError: what it says is wrong, `upstream-failed` when it is no JSON. */
export function parseAnswer(
  text: string,
  context: ErrorContext,
  parseText: (text: string) => unknown = JSON.parse,
): unknown {
  let body: unknown;
  try {
    body = parseText(text);
  } catch (cause) {
    throw brokenAnswer(context, 'the answer is not JSON: check baseUrl and proxy', { cause });
  }
  const failure = failureIn(body);
  if (failure !== undefined) throw toRouterError(failure, context);
  return body;
}

/** `upstream-failed`, for an answer that is not what it should be. */
export function brokenAnswer(context: ErrorContext, what: string, options: RouterErrorOptions = {}): RouterError {
  return new RouterError('upstream-failed', `${labelOf(context)}: ${what}`, options);
}

/** Provider and model, for the start of a message. */
export const labelOf = ({ provider, model }: ErrorContext): string =>
  model === '' ? provider : `${provider}: ${model}`;

/** Keys as Google writes them, old and new: `AIza…`, `AQ.…`. */
const KEYS = /\bAIza[\w-]{10,}|\bAQ\.[\w-]{10,}/g;

/** Google's words: cut, on one line, without keys. */
const cleaned = (text: string, { apiKey }: ErrorContext): string =>
  text
    .replaceAll(apiKey, '(key)')
    .replace(KEYS, '(key)')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MESSAGE_LENGTH_MAX);

/** Whose project it is, and where the server stands, is for the log only. */
const masked = (text: string, { baseUrl }: ErrorContext): string =>
  text
    .replaceAll(baseUrl, 'this')
    .replace(/\b(projects?[ /:]+|consumer '?project_number:)['"]?[\w-]{4,}['"]?/gi, '$1(masked)');

function adviceOf({ httpStatus, status, message }: Failure, { baseUrl }: ErrorContext): string {
  if (httpStatus === 404) return ` (check baseUrl ${baseUrl})`;
  if (status === 'FAILED_PRECONDITION' || /location/i.test(message)) return '';
  return ' (check apiKey)';
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export const headerText = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Retry-After in seconds or as a date. */
function readRetryAfterMs(headers: Headers): number | undefined {
  const value = headerText(headers, 'retry-after');
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1000;
  const waitMs = Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
