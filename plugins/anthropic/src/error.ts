// Anthropic's error as the router's: read, judged (failure.ts), and worded without anything secret.
import { RouterError, type RouterErrorOptions, type Usage } from '@turnout/core/contract';
import { codeOf, type Failure, failureIn } from './failure.ts';

/** What a message names besides Anthropic's own words. */
export interface ErrorContext {
  readonly provider: string;
  /** The wire model; '' where a call is about none. */
  readonly model: string;
  readonly baseUrl: string;
  /** The key or the token: it never stands in a message. */
  readonly secret: string | undefined;
  /** What to look at when the server is not found. */
  readonly advice: string;
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const MESSAGE_LENGTH_MAX = 1000;

/** The router's error for what Anthropic said. `usage`: what a stream had reported before. */
export function toRouterError(failure: Failure, context: ErrorContext, usage?: Partial<Usage>): RouterError {
  const { status, requestId, retryAfterMs } = failure;
  const type = cleaned(failure.type, context);
  const code = codeOf(failure);
  const quote = cleaned(failure.message, context);
  const said = [type, quote].filter((text) => text !== '').join(': ');
  const advice = adviceOf(failure, context);
  const message = `${labelOf(context)}: ${said || `HTTP ${status}`}${advice === '' ? '' : ` (${advice})`}`;
  const isTooLarge = code === 'invalid-request' && (status === 413 || type === 'request_too_large');
  return new RouterError(code, message, {
    publicMessage: masked(message, context),
    quote,
    ...(isTooLarge ? { status: 413 } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(usage === undefined ? {} : { usage }),
    upstream: {
      ...(status === undefined ? {} : { status }),
      ...(type === '' ? {} : { name: type }),
      ...(requestId === undefined ? {} : { requestId }),
    },
  });
}

/** The error of an answer that is no success: JSON, or a page of something in between. */
export function readRefusal(status: number, headers: Headers, text: string, context: ErrorContext): RouterError {
  const requestId = headerText(headers, 'request-id');
  const retryAfterMs = readRetryAfterMs(status, headers);
  const said = status < 300 || status >= 400 ? failureIn(parse(text)) : undefined;
  if (said !== undefined) return toRouterError({ requestId, ...said, status, retryAfterMs }, context);
  const what =
    status >= 300 && status < 400
      ? `it redirects to another address, which is not followed (HTTP ${status})`
      : `it answers with something that is no JSON (HTTP ${status})`;
  const code = codeOf({ status, type: '', message: '' });
  const message = `${labelOf(context)}: ${what}: check baseUrl ${context.baseUrl} and any proxy in front of it`;
  return new RouterError(status < 400 ? 'upstream-failed' : code, message, {
    publicMessage: `${labelOf(context)}: ${what}`,
    upstream: { status, ...(requestId === undefined ? {} : { requestId }) },
    ...(status === 413 ? { status } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // Whoever refuses with a page is no model's server: it may have read something in this request that it does not let pass.
    ...(status === 403 ? { ofRequest: true } : {}),
  });
}

/** `upstream-failed`, for an answer that is not what it should be. */
export function brokenAnswer(context: ErrorContext, what: string, options: RouterErrorOptions = {}): RouterError {
  return new RouterError('upstream-failed', `${labelOf(context)}: ${what}`, options);
}

/** Provider and model, for the start of a message. */
export const labelOf = ({ provider, model }: ErrorContext): string =>
  model === '' ? provider : `${provider}: ${model}`;

/** Keys as their makers write them, and whatever stands behind `Bearer`. */
const KEYS = /\bsk-[A-Za-z0-9*._-]{5,}[A-Za-z0-9*]|\b(Bearer) +(?!token\b)\S+/gi;
/** Anthropic names organizations by these. */
const IDS = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi;

/** Anthropic's words: cut, on one line, without keys. */
function cleaned(text: string, { secret }: ErrorContext): string {
  const known = secret === undefined ? text : text.replaceAll(secret, '(key)');
  return known
    .replace(KEYS, (_all, bearer: string | undefined) => (bearer === undefined ? '(key)' : 'Bearer (key)'))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MESSAGE_LENGTH_MAX);
}

/** Whose account it is, and where the server stands, is for the log only. */
const masked = (text: string, { baseUrl }: ErrorContext): string =>
  text.replaceAll(baseUrl, 'this').replace(IDS, '(masked)');

function adviceOf(failure: Failure, { baseUrl, secret }: ErrorContext): string {
  if (codeOf(failure) !== 'upstream-denied') return '';
  if (failure.status === 404) return `check baseUrl ${baseUrl}`;
  if (failure.status !== 401) return '';
  return secret === undefined ? 'no apiKey is set' : 'check apiKey or authToken';
}

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

/** Retry-After in seconds or as a date; of a 429 without one, when the limit that was met is reset. */
function readRetryAfterMs(status: number, headers: Headers): number | undefined {
  const value = headerText(headers, 'retry-after');
  if (value === undefined) return status === 429 ? resetMs(headers) : undefined;
  const seconds = Number(value);
  return seconds >= 0 ? seconds * 1000 : untilMs(value);
}

const LIMITS = ['requests', 'tokens', 'input-tokens', 'output-tokens'];

function resetMs(headers: Headers): number | undefined {
  const met = LIMITS.filter((what) => headerText(headers, `anthropic-ratelimit-${what}-remaining`) === '0');
  const waits = met.map((what) => untilMs(headerText(headers, `anthropic-ratelimit-${what}-reset`) ?? ''));
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function untilMs(date: string): number | undefined {
  const waitMs = Date.parse(date) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
