// A server's error as the router's: read, judged (failure.ts), and worded without anything secret.
import { RouterError, type RouterErrorOptions, type Usage } from '@turnout/core/contract';
import { codeOf, durationMs, type Failure, failureIn, retryDelayMs } from './failure.ts';

/** What a message names besides the server's own words. */
export interface ErrorContext {
  readonly provider: string;
  /** The wire model; '' where a call is about none. */
  readonly model: string;
  readonly baseUrl: string;
  readonly apiKey: string | undefined;
  /** Requests are signed in somehow. */
  readonly signedIn: boolean;
  /** What to look at when the server is not found. */
  readonly advice: string;
}

const MESSAGE_LENGTH_MAX = 1000;

/** The router's error for what a server said. `usage`: what a stream had reported before. */
export function toRouterError(failure: Failure, context: ErrorContext, usage?: Partial<Usage>): RouterError {
  const code = codeOf(failure);
  const retryAfterMs = code === 'rate-limited' ? retryDelayMs(failure) : failure.retryAfterMs;
  const name = cleaned(failure.code || failure.type, context);
  const quote = cleaned(failure.message, context);
  const said = [name, quote].filter((text) => text !== '').join(': ');
  const advice = adviceOf(failure, context);
  const message = `${labelOf(context)}: ${said || `HTTP ${failure.status}`}${advice === '' ? '' : ` (${advice})`}`;
  const { status } = failure;
  return new RouterError(code, message, {
    publicMessage: masked(message, context),
    quote,
    ...(status === 413 && code === 'invalid-request' ? { status } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(usage === undefined ? {} : { usage }),
    upstream: {
      ...(status === undefined ? {} : { status }),
      ...(name === '' ? {} : { name }),
      ...(failure.requestId === undefined ? {} : { requestId: failure.requestId }),
    },
  });
}

/** The error of an answer that is no success: JSON, or a page of something in between. */
export function readRefusal(status: number, headers: Headers, text: string, context: ErrorContext): RouterError {
  const requestId = headerText(headers, 'x-request-id');
  const retryAfterMs = readRetryAfterMs(status, headers);
  const said = status < 300 || status >= 400 ? failureIn(parse(text)) : undefined;
  const short = said ?? (isPlainText(headers, text) ? { code: '', type: '', message: text } : undefined);
  if (short !== undefined) return toRouterError({ ...short, status, retryAfterMs, requestId }, context);
  const what =
    status >= 300 && status < 400
      ? `it redirects to another address, which is not followed (HTTP ${status})`
      : `it answers with something that is no JSON (HTTP ${status})`;
  const code = codeOf({ status, code: '', type: '', message: '' });
  const message = `${labelOf(context)}: ${what}: check baseUrl ${context.baseUrl} and any proxy in front of it`;
  return new RouterError(status < 400 ? 'upstream-failed' : code, message, {
    publicMessage: `${labelOf(context)}: ${what}`,
    upstream: { status },
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
const KEYS =
  /\b(?:sk|gsk|xai|pplx|csk|nvapi|key|tgp|fw|hf|r8|dsk)[-_][A-Za-z0-9*._-]{5,}[A-Za-z0-9*]|\b(Bearer) +\S+/gi;

/** A server's words: cut, on one line, without keys: "Incorrect API key provided: sk-…". */
function cleaned(text: string, { apiKey }: ErrorContext): string {
  const known = apiKey === undefined ? text : text.replaceAll(apiKey, '(key)');
  return known
    .replace(KEYS, (_all, bearer: string | undefined) => (bearer === undefined ? '(key)' : 'Bearer (key)'))
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, MESSAGE_LENGTH_MAX);
}

/** Whose account it is, and where the server stands, is for the log only. */
const masked = (text: string, { baseUrl }: ErrorContext): string =>
  text.replaceAll(baseUrl, 'this').replace(/\b(org|proj)[-_][A-Za-z0-9]{6,}/g, '$1-(masked)');

function adviceOf(failure: Failure, { baseUrl, apiKey, signedIn }: ErrorContext): string {
  if (codeOf(failure) !== 'upstream-denied') return '';
  if (failure.status === 404) return `check baseUrl ${baseUrl}`;
  if (failure.status !== 401) return '';
  if (apiKey !== undefined) return 'check apiKey';
  return signedIn ? 'check how it is signed in to' : 'no apiKey is set';
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

export const headerText = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** A short sentence, as some servers answer; not a page. */
const isPlainText = (headers: Headers, text: string): boolean =>
  /^text\/plain/.test(headerText(headers, 'content-type') ?? '') && text.trim() !== '' && !/^\s*</.test(text);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Retry-After in seconds or as a date, or in milliseconds; of a 429 also when the limit that was met is reset. */
function readRetryAfterMs(status: number, headers: Headers): number | undefined {
  const ms = Number(headerText(headers, 'retry-after-ms') ?? Number.NaN);
  if (ms >= 0) return ms;
  const value = headerText(headers, 'retry-after');
  if (value === undefined) return status === 429 ? resetMs(headers) : undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1000;
  const waitMs = Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}

function resetMs(headers: Headers): number | undefined {
  const met = ['requests', 'tokens'].filter((what) => headerText(headers, `x-ratelimit-remaining-${what}`) === '0');
  const waits = met.map((what) => durationMs(headerText(headers, `x-ratelimit-reset-${what}`) ?? ''));
  const known = waits.filter((wait) => wait !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}
