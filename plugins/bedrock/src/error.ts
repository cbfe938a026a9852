// What AWS says when it refuses or fails, as one of the router's codes: by the error's name first, then by its text or
// status, because Bedrock has sent throttling with status 400 (2025).
import { type ErrorCode, RouterError, type Usage } from '@turnout/core/contract';
import type { CatalogueModel } from './catalogue.ts';

export type Operation = 'converse' | 'converse-stream';

/** What a message names besides AWS's own words. */
export interface ErrorContext {
  readonly provider: string;
  readonly model: string;
  readonly region: string;
  readonly endpoint: string;
  readonly operation: Operation;
  readonly row: CatalogueModel | undefined;
}

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

/** An error of something between us and AWS. */
export interface ForeignFailure {
  readonly foreign: true;
  readonly retryAfterMs: number | undefined;
}

/** A quota of a day or of the account: trying again soon is pointless. */
const QUOTA_RETRY_MS = 3_600_000;

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  ThrottlingException: 'rate-limited',
  TooManyRequestsException: 'rate-limited',
  RequestLimitExceeded: 'rate-limited',
  ServiceQuotaExceededException: 'rate-limited',
  ServiceUnavailableException: 'overloaded',
  ModelNotReadyException: 'overloaded',
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

const CONTEXT_OVERFLOW =
  /input is too long|prompt is too long|exceeds? (the )?(maximum )?context|context (length|limit|window)|too many input tokens|input tokens exceeded|too many total text bytes|(input|prompt)[^.]{0,60} exceeds? (the )?(maximum|limit)/i;
const ON_DEMAND = /on-demand throughput isn.t supported/i;
const INVALID_ID = /model identifier is invalid/i;
const NOT_SUPPORTED = /does(n.t| not) support|(isn.t|is not) supported/i;
const BLOCKED = /content filter(ing)? policy|blocked by (the )?(content|guardrail)/i;
const DAILY = /tokens per day/i;
const USE_CASE = /use case details have not been submitted/i;
const EXPIRED = /security token included in the request is expired/i;
const CLOCK = /signature expired|signature not yet current/i;

/** The router's error for what AWS said. `usage`: what a stream had reported before. */
export function toRouterError(failure: AwsFailure, context: ErrorContext, usage?: Partial<Usage>): RouterError {
  const code = codeOf(failure);
  const retryAfterMs = code === 'rate-limited' ? quotaDelayMs(failure) : failure.retryAfterMs;
  const said = [failure.name, failure.message].filter((text) => text !== '').join(': ') || `HTTP ${failure.status}`;
  const advice = adviceFor(code, failure, context);
  const message = `${context.provider}: ${context.model} in ${context.region}: ${said}${advice === '' ? '' : ` (${advice})`}`;
  return new RouterError(code, message, {
    publicMessage: maskAccounts(message),
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

/** Whether our credentials were refused in a way that fresh ones may mend. */
export const isStaleCredential = ({ name, message }: Pick<AwsFailure, 'name' | 'message'>): boolean =>
  name === 'ExpiredTokenException' ||
  name === 'ExpiredToken' ||
  name === 'UnrecognizedClientException' ||
  name === 'InvalidClientTokenId' ||
  EXPIRED.test(message);

function codeOf({ name, message, status }: AwsFailure): ErrorCode {
  // Own members only: the name is AWS's to choose.
  const named = Object.hasOwn(BY_NAME, name) ? BY_NAME[name] : undefined;
  if (named === 'model-not-found' && USE_CASE.test(message)) return 'upstream-denied';
  if (named !== undefined) return named;
  // ValidationException, and whatever has no name.
  if (status === undefined || status === 400 || name === 'ValidationException') {
    if (DAILY.test(message)) return 'rate-limited';
    if (CONTEXT_OVERFLOW.test(message)) return 'context-overflow';
    if (INVALID_ID.test(message)) return 'model-not-found';
    if (ON_DEMAND.test(message) || NOT_SUPPORTED.test(message)) return 'unsupported';
    if (BLOCKED.test(message)) return 'content-blocked';
    return status === undefined && name !== 'ValidationException' ? 'upstream-failed' : 'invalid-request';
  }
  return BY_STATUS[status] ?? (status < 500 ? 'invalid-request' : 'upstream-failed');
}

function quotaDelayMs({ name, message, retryAfterMs }: AwsFailure): number | undefined {
  const lasting = DAILY.test(message) || name === 'ServiceQuotaExceededException';
  return lasting ? Math.max(retryAfterMs ?? 0, QUOTA_RETRY_MS) : retryAfterMs;
}

const ACTIONS: Readonly<Record<Operation, string>> = {
  converse: 'bedrock:InvokeModel',
  'converse-stream': 'bedrock:InvokeModelWithResponseStream',
};

/** What to do about it, for the operator. */
function adviceFor(code: ErrorCode, { name, message }: AwsFailure, context: ErrorContext): string {
  if (ON_DEMAND.test(message)) return profileAdvice(context.row);
  if (INVALID_ID.test(message))
    return `no model or profile of this id in ${context.region}: check the id, its prefix and the region`;
  if (USE_CASE.test(message) || name === 'FTUFormNotFilled') {
    return "submit Anthropic's use case form once, in the Bedrock console of this account";
  }
  if (name === 'UnknownOperationException') return `is ${context.endpoint} an endpoint of bedrock-runtime?`;
  if (DAILY.test(message)) return 'the daily quota is used up';
  if (code !== 'upstream-denied') return '';
  if (CLOCK.test(message)) return 'the clock of this machine is wrong';
  if (isStaleCredential({ name, message })) return 'the credentials are no longer valid, or not for this region';
  if (name.includes('Signature')) return 'the secret access key is wrong, or something on the way changes the request';
  return `the credentials need ${ACTIONS[context.operation]} on the model and, with a profile, on the profile and on the model in each of its regions; the account needs access to the model`;
}

function profileAdvice(row: CatalogueModel | undefined): string {
  const profiles = row?.profiles ?? [];
  const known = profiles.length === 0 ? '' : `; known profiles: ${profiles.join(', ')}`;
  return `AWS serves this model through an inference profile: set crossRegion: geo or global, or write the id with its prefix${known}`;
}

/** Account ids and the names of principals are for the log only. */
export function maskAccounts(text: string): string {
  return text
    .replace(/arn:aws[\w-]*:(iam|sts):[^\s"'),]*/g, 'arn:aws:$1::(masked)')
    .replace(/(?<!\d)\d{12}(?!\d)/g, '************');
}

/** Provider and model, for the start of a message that a client may see. */
export const labelOf = ({ provider, model }: ErrorContext): string => maskAccounts(`${provider}: ${model}`);

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

export function readBody(text: string): { type: string | undefined; message: string } | undefined {
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body !== 'object' || body === null) return undefined;
    const members = body as Readonly<Record<string, unknown>>; // Any object: each member read is checked.
    const message = members.message ?? members.Message ?? members.originalMessage;
    const type = members.__type ?? members.code;
    return {
      type: typeof type === 'string' ? type : undefined,
      message: typeof message === 'string' ? message.slice(0, MESSAGE_LENGTH_MAX) : '',
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
