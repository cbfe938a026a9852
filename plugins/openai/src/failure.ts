// What a server says when it refuses or fails: read from whatever shape it has, and judged by one of the router's codes.
import type { ErrorCode } from '@turnout/core/contract';
import { type Bag, isBag } from './wire.ts';

/** An error as a server sent it, before or inside a stream. */
export interface Failure {
  /** HTTP status; inside a stream the one that its error names, if any. */
  readonly status?: number | undefined;
  readonly code: string;
  readonly type: string;
  readonly message: string;
  readonly retryAfterMs?: number | undefined;
  readonly requestId?: string | undefined;
}

/** The error in a parsed answer; undefined when there is none. */
export function failureIn(value: unknown): Failure | undefined {
  // Google's endpoint answers with a list of one.
  const body = Array.isArray(value) ? value[0] : value;
  if (!isBag(body)) return undefined;
  const { error } = body;
  // Some servers put an empty one into every answer.
  if (isBag(error) && Object.keys(error).length > 0) return failureOf(error);
  if (typeof error === 'string' && error !== '') return failureOf({ ...body, message: error });
  // Without `error`: vLLM of old, FastAPI, and others.
  if (body.object === 'error' || typeof body.detail === 'string' || Array.isArray(body.detail)) return failureOf(body);
  return typeof body.message === 'string' && body.choices === undefined ? failureOf(body) : undefined;
}

function failureOf(error: Bag): Failure {
  const { code, type, message, detail, status } = error;
  const numeric = [code, status].map(Number).find((number) => number >= 400 && number < 600);
  return {
    status: numeric,
    code: typeof code === 'string' ? code.slice(0, 100) : '',
    type: typeof type === 'string' ? type.slice(0, 100) : '',
    message: typeof message === 'string' ? message : detailOf(detail),
  };
}

/** FastAPI names each wrong field. */
function detailOf(detail: unknown): string {
  if (typeof detail === 'string') return detail;
  if (!Array.isArray(detail)) return '';
  return detail.flatMap((one) => (isBag(one) && typeof one.msg === 'string' ? [one.msg] : [])).join('; ');
}

const BY_CODE: Readonly<Record<string, ErrorCode>> = {
  context_length_exceeded: 'context-overflow',
  exceed_context_size_error: 'context-overflow',
  content_filter: 'content-blocked',
  content_policy_violation: 'content-blocked',
  moderation_blocked: 'content-blocked',
  invalid_api_key: 'upstream-denied',
  account_deactivated: 'upstream-denied',
  billing_not_active: 'upstream-denied',
  invalid_organization: 'upstream-denied',
  mismatched_organization: 'upstream-denied',
  mismatched_project: 'upstream-denied',
  ip_not_authorized: 'upstream-denied',
  unsupported_country_region_territory: 'upstream-denied',
  authentication_error: 'upstream-denied',
  permission_error: 'upstream-denied',
  model_not_found: 'model-not-found',
  invalid_model: 'model-not-found',
  insufficient_quota: 'rate-limited',
  billing_hard_limit_reached: 'rate-limited',
  rate_limit_exceeded: 'rate-limited',
  rate_limit_error: 'rate-limited',
  tokens_usage_based: 'rate-limited',
  unsupported_parameter: 'unsupported',
  unsupported_value: 'unsupported',
  server_overloaded: 'overloaded',
  engine_overloaded: 'overloaded',
  overloaded_error: 'overloaded',
  server_error: 'upstream-failed',
};

const BY_STATUS: Readonly<Record<number, ErrorCode>> = {
  401: 'upstream-denied',
  // No credit left (OpenRouter, DeepSeek).
  402: 'rate-limited',
  403: 'upstream-denied',
  407: 'upstream-denied',
  408: 'upstream-timeout',
  409: 'upstream-failed',
  424: 'upstream-failed',
  425: 'upstream-failed',
  429: 'rate-limited',
  503: 'overloaded',
  504: 'upstream-timeout',
  529: 'overloaded',
};

/** As OpenAI, vLLM, llama.cpp, xAI ("maximum prompt length is"), Moonshot ("exceeded model token limit") and Together ("longer than the
 * model's context length") say it. */
const CONTEXT_OVERFLOW =
  /maximum (context|prompt|model) length|(greater|longer) than the (model's )?context length|exceeded model token limit|context (length|window|size)[^.]{0,40}(exceed|too)|(exceed|larger than)[^.]{0,60}context (length|window|size)|\b(prompt|input) is too long\b|too many (input )?tokens/i;
/** The operator's key, though it comes with a 400 (xAI, Google). */
const BAD_KEY = /\b(incorrect|invalid) api key\b|\bapi key (is )?(not valid|not found|expired|invalid)\b/i;
/** A 404 in all but the number: OpenRouter, DeepSeek, Mistral, Perplexity. */
const NO_MODEL = /\bnot a valid model id\b|\binvalid model\b|\bmodel (does )?not exist\b|\bmodel \S+ does not exist\b/i;
const BLOCKED = /content (management|filter|policy)|flagged|moderation|safety system/i;
/** A 404 that is about the address. */
const NO_SUCH_PATH =
  /^$|^(page )?not found\.?$|invalid url|no (such )?route|cannot (get|post)|(unknown|invalid) (path|request url|endpoint)|^404/i;
const OUT_OF_QUOTA = /exceeded your current quota|insufficient (balance|credits|quota|funds)/i;

/** Never throws: what is not known by its name is judged by its words, then by its status. */
export function codeOf({ code, type, message, status }: Failure): ErrorCode {
  const named = ownValue(BY_CODE, code) ?? ownValue(BY_CODE, type);
  if (named !== undefined) return named;
  const isRefusal = status === undefined || (status >= 400 && status < 500);
  if (isRefusal && CONTEXT_OVERFLOW.test(message)) return 'context-overflow';
  if (isRefusal && BAD_KEY.test(message)) return 'upstream-denied';
  if ((status === 400 || status === 422) && NO_MODEL.test(message)) return 'model-not-found';
  if ((status === 400 || status === 403) && BLOCKED.test(message)) return 'content-blocked';
  if (OUT_OF_QUOTA.test(message)) return 'rate-limited';
  if (status === undefined) return 'upstream-failed';
  if (status === 404) return NO_SUCH_PATH.test(message) ? 'upstream-denied' : 'model-not-found';
  return BY_STATUS[status] ?? (status >= 400 && status < 500 ? 'invalid-request' : 'upstream-failed');
}

/** Own members only: the name is the server's to choose. */
const ownValue = (table: Readonly<Record<string, ErrorCode>>, name: string): ErrorCode | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

/** Trying again soon is pointless when the account has nothing left. */
const QUOTA_RETRY_MS = 3_600_000;

/** How long a throttled target is to be left alone; undefined: the server does not say. */
export function retryDelayMs({ code, type, status, message, retryAfterMs }: Failure): number | undefined {
  const lasting =
    [code, type].some((word) => word === 'insufficient_quota' || word === 'billing_hard_limit_reached') ||
    status === 402 ||
    OUT_OF_QUOTA.test(message);
  const told = retryAfterMs ?? delayIn(message);
  return lasting ? Math.max(told ?? 0, QUOTA_RETRY_MS) : told;
}

/** "Please try again in 6m0s." */
function delayIn(message: string): number | undefined {
  const found = /try again in ((?:\d+(?:\.\d+)?(?:ms|h|m|s))+)/i.exec(message)?.[1];
  return found === undefined ? undefined : durationMs(found);
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `6m0s`, `20ms`, `1h2m`: how OpenAI writes durations. undefined for anything else. */
export function durationMs(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return undefined;
  return parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_MS[unit ?? 's'] ?? 0), 0);
}
