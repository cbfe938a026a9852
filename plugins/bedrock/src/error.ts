// An error answer or frame of AWS as the router's error: read, classified (aws-failure.ts), explained (advice.ts).
import { RouterError, type RouterErrorOptions, type Usage } from '@turnout/core/contract';
import { adviceFor } from './advice.ts';
import { type AwsFailure, codeOf, quotaDelayMs } from './aws-failure.ts';
import type { CatalogueModel } from './catalogue.ts';
import { isAboutGuardrail } from './permission.ts';

export { type AwsFailure, isClockSkew, isStaleCredential } from './aws-failure.ts';

export type Operation = 'converse' | 'converse-stream' | 'invoke' | 'invoke-with-response-stream' | 'count-tokens';

/** What a message names besides AWS's own words. */
export interface ErrorContext {
  readonly provider: string;
  readonly model: string;
  readonly region: string;
  readonly endpoint: string;
  readonly operation: Operation;
  readonly row: CatalogueModel | undefined;
  /** The guardrail is the client's choice: that it may not be used says nothing of the target. */
  readonly clientGuardrail?: true | undefined;
}

/** An error of something between us and AWS. */
export interface ForeignFailure {
  readonly foreign: true;
  readonly retryAfterMs: number | undefined;
}

/** The router's error for what AWS said. `usage`: what a stream had reported before. */
export function toRouterError(failure: AwsFailure, context: ErrorContext, usage?: Partial<Usage>): RouterError {
  const named = codeOf(failure);
  const ofClient = context.clientGuardrail === true && named === 'upstream-denied' && isAboutGuardrail(failure.message);
  const code = ofClient ? 'unsupported' : named;
  const retryAfterMs = code === 'rate-limited' ? quotaDelayMs(failure) : failure.retryAfterMs;
  const said = [failure.name, failure.message].filter((text) => text !== '').join(': ') || `HTTP ${failure.status}`;
  const advice = adviceFor(named, failure, context);
  const message = `${context.provider}: ${context.model} in ${context.region}: ${said}${advice === '' ? '' : ` (${advice})`}`;
  return new RouterError(code, message, {
    publicMessage: maskAccounts(message.replaceAll(context.endpoint, 'this')),
    quote: failure.message,
    ...(failure.status === 413 || failure.name.startsWith('RequestEntityTooLarge') ? { status: 413 } : {}),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(usage === undefined ? {} : { usage }),
    upstream: {
      ...(failure.status === undefined ? {} : { status: failure.status }),
      ...(failure.name === '' ? {} : { name: failure.name }),
      ...(failure.requestId === undefined ? {} : { requestId: failure.requestId }),
    },
  });
}

/** Account ids and the names of principals are for the log only. */
export function maskAccounts(text: string): string {
  return text
    .replace(/arn:aws[\w-]*:(iam|sts):[^\s"'),]*/g, 'arn:aws:$1::(masked)')
    .replace(/(?<!\d)\d{12}(?!\d)/g, '************');
}

/** Provider and model, for the start of a message to the log. */
export const labelOf = ({ provider, model }: ErrorContext): string => `${provider}: ${model}`;

/** `upstream-failed`, for an answer that is not what it should be. `label`: of `labelOf`. */
export function brokenAnswer(label: string, what: string, options: RouterErrorOptions = {}): RouterError {
  const message = `${label}: ${what}`;
  return new RouterError('upstream-failed', message, { publicMessage: maskAccounts(message), ...options });
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

const headerText = (headers: Headers, name: string): string | undefined => {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
};

/** Reads an HTTP error answer. Something that is not from Bedrock (a proxy's page) keeps its text to itself. */
export function readFailure(status: number, headers: Headers, text: string): AwsFailure | ForeignFailure {
  const name = shortName(headerText(headers, 'x-amzn-errortype'));
  const body = readBody(text);
  const retryAfterMs = readRetryAfterMs(headers);
  if (body === undefined && name === '') return { foreign: true, retryAfterMs };
  return {
    status,
    name: name || shortName(body?.type),
    message: body?.message ?? '',
    retryAfterMs,
    requestId: headerText(headers, 'x-amzn-requestid'),
  };
}

/** `ThrottlingException:http://…` and `com.amazon#ThrottlingException` are both seen. */
export const shortName = (name: string | undefined): string =>
  (name ?? '')
    .replace(/^.*#/, '')
    .replace(/[:,].*$/s, '')
    .trim()
    .slice(0, 100);

const MESSAGE_LENGTH_MAX = 2000;
/** API keys of both kinds, and whatever stands behind `Bearer`: a gateway in front of AWS may repeat what it was sent. */
const KEYS = /\b(Bearer +)[\w.~+/=-]{16,}|\b(?:ABSK|bedrock-api-key-)[\w+/=-]{16,}/gi;

const withoutKeys = (text: string): string => text.replace(KEYS, (_all, bearer: string = '') => `${bearer}(key)`);

export function readBody(text: string): { type: string | undefined; message: string } | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return undefined;
    const members = body as Readonly<Record<string, unknown>>; // Any object: each member read is checked.
    const message = members.message ?? members.Message ?? members.originalMessage;
    const type = members.__type ?? members.code;
    return {
      type: typeof type === 'string' ? type : undefined,
      message: typeof message === 'string' ? withoutKeys(message.slice(0, MESSAGE_LENGTH_MAX)) : '',
    };
  } catch {
    return undefined;
  }
}

/** Retry-After in seconds or as a date, x-amz-retry-after in milliseconds. */
function readRetryAfterMs(headers: Headers): number | undefined {
  const amzMs = Number(headerText(headers, 'x-amz-retry-after') ?? Number.NaN);
  if (amzMs >= 0) return amzMs;
  const value = headerText(headers, 'retry-after');
  if (value === undefined) return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return seconds * 1000;
  const waitMs = Date.parse(value) - Date.now();
  return Number.isNaN(waitMs) ? undefined : Math.max(0, waitMs);
}
