// Every row of the tables of AWS's errors: what it becomes for the client, whether it is tried again, and what to do next.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { ERROR_POLICIES, type ErrorCode, type RouterError } from '@turnout/core/contract';
import { describe, expect, it } from 'vitest';
import { findModel } from './catalogue.ts';
import { type ErrorContext, readFailure, shortName, toRouterError } from './error.ts';

const context: ErrorContext = {
  provider: 'bedrock',
  model: 'eu.anthropic.claude-sonnet-5',
  region: 'eu-west-1',
  endpoint: 'https://bedrock-runtime.eu-west-1.amazonaws.com',
  operation: 'converse-stream',
  row: findModel('anthropic.claude-sonnet-5'),
};
const BASE = 'anthropic.claude-sonnet-5';
const PROFILE_ARN = 'arn:aws:bedrock:eu-west-1:*:inference-profile/eu.anthropic.claude-sonnet-5';
const MODEL_ARN = 'arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-5';

function errorOf(name: string, status: number, message: string, about: Partial<ErrorContext> = {}): RouterError {
  const headers: Record<string, string> = name === '' ? {} : { 'x-amzn-errortype': name };
  const failure = readFailure(status, headers, JSON.stringify({ message }));
  if ('foreign' in failure) throw new Error('not from AWS');
  return toRouterError(failure, { ...context, ...about });
}

interface Row {
  readonly row: string;
  readonly name: string;
  readonly status: number;
  readonly message?: string;
  readonly code: ErrorCode;
  /** The status of the answer to the client. */
  readonly becomes: number;
  readonly retried: boolean;
  /** What the message says besides AWS's own words. */
  readonly says?: RegExp;
  readonly about?: Partial<ErrorContext>;
}

function check(rows: readonly Row[]): void {
  it.each(rows)('$row: $name ($status) $message', ({ name, status, message = 'AWS says so', ...row }) => {
    const error = errorOf(name, status, message, row.about);
    expect(error.code).toBe(row.code);
    expect(error.status).toBe(row.becomes);
    expect(ERROR_POLICIES[error.code].retrySame !== false).toBe(row.retried);
    expect(error.message).toContain(message);
    expect(error.message).toContain(`bedrock: ${row.about?.model ?? context.model} in eu-west-1`);
    if (row.says !== undefined) expect(error.message).toMatch(row.says);
    expect(error.publicMessage).not.toMatch(/\b\d{12}\b/);
    expect(error.upstream).toEqual({ status, ...(name === '' ? {} : { name }) });
  });
}

const denied = { code: 'upstream-denied', becomes: 502, retried: false } as const;
const refused = { code: 'invalid-request', becomes: 400, retried: false } as const;
const throttled = { code: 'rate-limited', becomes: 429, retried: true } as const;
const failed = { code: 'upstream-failed', becomes: 502, retried: true } as const;
const missing = { code: 'model-not-found', becomes: 404, retried: false } as const;
const unsupported = { code: 'unsupported', becomes: 400, retried: false } as const;
const overflow = { code: 'context-overflow', becomes: 400, retried: false } as const;
const busy = { code: 'overloaded', becomes: 503, retried: true } as const;
const late = { code: 'upstream-timeout', becomes: 504, retried: false } as const;
const validation = { name: 'ValidationException', status: 400 } as const;

describe('section 1.6, what the SDK retries', () => {
  check([
    { row: '1', name: 'ThrottlingException', status: 429, ...throttled },
    { row: '2', name: 'ModelNotReadyException', status: 429, ...throttled },
    { row: '3', name: 'ServiceUnavailableException', status: 503, ...busy },
    { row: '4', name: 'InternalServerException', status: 500, ...failed },
    {
      row: '6',
      name: 'InvalidSignatureException',
      status: 403,
      message: 'Signature expired: 20250808T105739Z is now earlier than 20250808T130125Z',
      says: /clock of this machine/,
      ...denied,
    },
    { row: '7', name: 'ModelTimeoutException', status: 408, ...late },
    { row: '8', name: 'ModelErrorException', status: 424, ...failed },
    { row: '9a', ...validation, ...refused },
    { row: '9b', name: 'ServiceQuotaExceededException', status: 400, says: /Service Quotas/, ...throttled },
    {
      row: '10a',
      name: 'AccessDeniedException',
      status: 403,
      says: /bedrock:InvokeModelWithResponseStream/,
      ...denied,
    },
    { row: '10b', name: 'UnrecognizedClientException', status: 403, says: /no longer valid/, ...denied },
    { row: '10c', name: 'ExpiredTokenException', status: 403, says: /no longer valid/, ...denied },
    { row: '11', name: 'ResourceNotFoundException', status: 404, ...missing },
    { row: '12a', name: '', status: 413, ...refused, becomes: 413 },
    { row: '12b', name: '', status: 529, ...busy },
  ]);

  it('5: a page that is not from AWS is told apart', () => {
    expect(readFailure(502, {}, '<html>502 Bad Gateway</html>')).toEqual({ foreign: true, retryAfterMs: undefined });
  });

  it('9b: a quota of the account is not asked again soon', () => {
    expect(errorOf('ServiceQuotaExceededException', 400, 'x').retryAfterMs).toBe(3_600_000);
  });
});

describe('section 1.7, exceptions by name', () => {
  check([
    { row: 'Conflict', name: 'ConflictException', status: 400, ...failed },
    { row: 'ModelStreamError', name: 'ModelStreamErrorException', status: 424, ...failed },
    { row: 'SignatureDoesNotMatch', name: 'SignatureDoesNotMatch', status: 403, says: /secret access key/, ...denied },
    {
      row: 'MissingAuthenticationToken',
      name: 'MissingAuthenticationTokenException',
      status: 403,
      says: /Authorization header/,
      ...denied,
    },
    { row: 'IncompleteSignature', name: 'IncompleteSignature', status: 400, says: /on the way/, ...denied },
    {
      row: 'UnknownOperation',
      name: 'UnknownOperationException',
      status: 404,
      says: /is https:\/\/bedrock-runtime\.eu-west-1\.amazonaws\.com an endpoint of bedrock-runtime\?/,
      ...failed,
    },
    { row: 'FTUFormNotFilled', name: 'FTUFormNotFilled', status: 404, says: /use case form/, ...denied },
    { row: 'RequestEntityTooLarge', name: 'RequestEntityTooLargeException', status: 413, ...refused, becomes: 413 },
    { row: 'throttling with 400', name: 'ThrottlingException', status: 400, ...throttled },
    { row: 'throttling with 400', name: 'TooManyRequestsException', status: 400, ...throttled },
    { row: 'time with 400', name: 'ModelTimeoutException', status: 400, ...late },
    { row: 'capacity with 400', name: 'ServiceUnavailableException', status: 400, ...busy },
  ]);
});

describe('section 1.7, by the text', () => {
  const expired = 'The security token included in the request is expired';
  check([
    ...[
      'Input is too long for requested model.',
      'prompt is too long: 210000 tokens > 200000 maximum',
      'input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input length or `max_tokens`',
      'too many input tokens',
      'Number of input tokens exceeds the maximum of 8192',
      'The model returned the following errors: Input Tokens Exceeded: Number of input tokens exceeds maximum length.',
      'too many total text bytes: 10000002 > 9000000',
      "This model's maximum context length is 32768 tokens. Please reduce the length of the messages.",
      'The input exceeds the context window of this model',
      "Your request exceeds the model's maximum context length",
      'too many tokens: total number of tokens in the prompt cannot exceed 4081',
      'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      'Input length exceeds the maximum of 8192 tokens',
      'The prompt exceeds the maximum number of tokens',
      'The input exceeds the maximum of 4096 tokens',
    ].map((message) => ({ row: 'overflow', ...validation, message, ...overflow })),
    ...[
      'The maximum tokens you requested exceeds the model limit of 4096. Try again with a maximum tokens value that is lower than 4096.',
      'max_tokens: 300000 > 64000, which is the maximum allowed number of output tokens for claude-sonnet-4-5',
      'Malformed input request: #/inferenceConfig/maxTokens: 9000 exceeds the maximum of 5000',
      'tools.0.input_schema: nesting exceeds the maximum depth',
      'messages.0.content.1.image.source.base64: image exceeds 5 MB maximum: 6000000 bytes > 5242880 bytes',
      'The input exceeds the maximum number of documents (5)',
      'Input exceeds the maximum of 2048 characters for stopSequences',
      'context_management: Extra inputs are not permitted',
      'The context window setting is unknown',
      'prompt_variables: Extra inputs are not permitted',
    ].map((message) => ({ row: 'no overflow', ...validation, message, ...refused })),
    {
      row: 'identifier',
      ...validation,
      message: 'The provided model identifier is invalid.',
      says: /check the id, its prefix and the region/,
      ...missing,
    },
    {
      row: 'on-demand',
      ...validation,
      message: `Invocation of model ID ${BASE} with on-demand throughput isn’t supported. Retry your request`,
      says: /set crossRegion.*known profiles: .*eu/,
      ...unsupported,
    },
    { row: 'stale', name: '', status: 403, message: expired, says: /no longer valid/, ...denied },
    {
      row: 'blocked',
      ...validation,
      message: 'Output blocked by content filtering policy',
      code: 'content-blocked',
      becomes: 400,
      retried: false,
    },
  ]);
});

describe('section 11, quotas and guardrails', () => {
  const daily = 'Too many tokens per day, please wait before trying again.';
  check([
    { row: 'daily', name: 'ThrottlingException', status: 429, message: daily, says: /Service Quotas/, ...throttled },
    {
      row: 'guardrail',
      ...validation,
      message: 'The guardrail identifier or version provided in the request does not exist.',
      says: /check id and version of the guardrail: it must exist in eu-west-1/,
      ...refused,
    },
  ]);

  it('daily: it is left alone for an hour, others for no time of our own', () => {
    expect(errorOf('ThrottlingException', 429, daily).retryAfterMs).toBe(3_600_000);
    expect(errorOf('ThrottlingException', 429, 'Too many tokens, please wait').retryAfterMs).toBeUndefined();
  });
});

describe('section 13, what others met', () => {
  const malformed = [
    ['1', 'The toolConfig field must be defined when using toolUse and toolResult content blocks.'],
    ['2', 'Expected toolResult blocks at messages.2.content for the following Ids: tooluse_1'],
    ['5', 'The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field.'],
    ['6', 'A text block must be included when using documents. Add a text block and retry your request.'],
    ['11', 'tools.0.custom.strict: Extra inputs are not permitted'],
    ['12', 'output_config.effort: Extra inputs are not permitted'],
    ['14', 'invalid beta flag'],
    ['15', '`max_tokens` must be greater than `thinking.budget_tokens`.'],
    ['16', '`temperature` may only be set to 1 when thinking is enabled.'],
    ['17', '`temperature` and `top_p` cannot both be specified for this model.'],
    ['19', 'messages.1.content.0: Invalid `signature` in `thinking` block'],
    ['26', "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block"],
  ] as const;
  check([
    ...malformed.map(([row, message]) => ({ row, ...validation, message, ...refused })),
    {
      row: '29',
      ...validation,
      message: 'This model does not support assistant message prefill. The conversation must end with a user message.',
      ...unsupported,
    },
    {
      row: '30',
      ...validation,
      message: "This model doesn't support the toolConfig.toolChoice.any field.",
      ...unsupported,
    },
    {
      row: 'access',
      name: 'AccessDeniedException',
      status: 403,
      message: "You don't have access to the model with the specified model ID.",
      says: /no access to the model in eu-west-1: allow it under Model access .*bedrock:InvokeModelWithResponseStream on /,
      ...denied,
    },
    {
      row: 'use case',
      name: 'ResourceNotFoundException',
      status: 404,
      message: 'Model use case details have not been submitted for this account.',
      says: /submit Anthropic's use case form once/,
      ...denied,
    },
    {
      row: 'payment',
      name: 'AccessDeniedException',
      status: 403,
      message: 'Model access is denied due to INVALID_PAYMENT_INSTRUMENT:A valid payment instrument must be provided.',
      says: /add a valid payment method/,
      ...denied,
    },
    {
      row: 'marketplace',
      name: 'AccessDeniedException',
      status: 403,
      message:
        'Model access is denied due to IAM user or service role is not authorized to perform the required AWS Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe)',
      says: /\(the model is subscribed to on its first call/,
      ...denied,
    },
    {
      row: 'new account',
      name: 'AccessDeniedException',
      status: 403,
      message: 'Your account is not authorized to invoke this API operation.',
      says: /ask AWS Support/,
      ...denied,
    },
    {
      row: 'retired',
      name: 'ResourceNotFoundException',
      status: 404,
      message: 'This model version has reached the end of its life.',
      says: /route to a later one/,
      ...missing,
    },
  ]);
});

describe('a 403 names the action and the ARNs it is needed on', () => {
  const needs = (about: Partial<ErrorContext>, message = '') =>
    errorOf('AccessDeniedException', 403, message, about).message.replace(/^.*\(the credentials/s, 'the credentials');
  const account = '123456789012';
  const appProfile = `arn:aws:bedrock:eu-west-1:${account}:application-inference-profile/abc`;

  it.each([
    [{}, `bedrock:InvokeModelWithResponseStream on ${PROFILE_ARN} and on ${MODEL_ARN}`],
    [{ operation: 'converse' as const }, `bedrock:InvokeModel on ${PROFILE_ARN} and on ${MODEL_ARN}`],
    [{ operation: 'count-tokens' as const }, `bedrock:CountTokens on ${PROFILE_ARN} and on ${MODEL_ARN}`],
    [
      { model: BASE, operation: 'converse' as const },
      `bedrock:InvokeModel on arn:aws:bedrock:eu-west-1::foundation-model/${BASE}`,
    ],
    [
      { model: `us-gov.${BASE}`, region: 'us-gov-west-1' },
      `bedrock:InvokeModelWithResponseStream on arn:aws-us-gov:bedrock:us-gov-west-1:*:inference-profile/us-gov.${BASE} and on arn:aws-us-gov:bedrock:*::foundation-model/${BASE}`,
    ],
    [{ model: appProfile }, `bedrock:InvokeModelWithResponseStream on ${appProfile} and on ${MODEL_ARN}`],
    [
      { model: appProfile, row: undefined },
      `bedrock:InvokeModelWithResponseStream on ${appProfile} and on arn:aws:bedrock:*::foundation-model/*`,
    ],
    [
      { model: `arn:aws:bedrock:eu-west-1:${account}:provisioned-model/x` },
      `bedrock:InvokeModelWithResponseStream on arn:aws:bedrock:eu-west-1:${account}:provisioned-model/x`,
    ],
  ])('%o', (about, needed) => {
    expect(needs(about)).toBe(`the credentials need ${needed})`);
  });

  const user = `User: arn:aws:sts::${account}:assumed-role/Team/jane is not authorized to perform:`;

  it('another action that AWS names is the one that is needed', () => {
    const guardrail = `arn:aws:bedrock:eu-west-1:${account}:guardrail/gr1`;
    const said = `${user} bedrock:ApplyGuardrail on resource: ${guardrail} because no identity-based policy allows it`;
    expect(needs({}, said)).toBe(`the credentials need bedrock:ApplyGuardrail on ${guardrail})`);
    const error = errorOf('AccessDeniedException', 403, said);
    expect(error.publicMessage).not.toMatch(/\d{12}|Team|jane/);
  });

  it.each([
    `${user} bedrock:ApplyGuardrail on resource: arn:aws:bedrock:eu-west-1:${account}:guardrail/gr1`,
    'The guardrail does not exist, or access to it is denied.',
  ])('a guardrail that the client chose is no failure of the target: %s', (said) => {
    const about = { clientGuardrail: true } as const;
    const error = errorOf('AccessDeniedException', 403, said, about);
    expect(error).toMatchObject({ code: 'unsupported', upstream: { status: 403 } });
    expect(ERROR_POLICIES[error.code].tripsBreaker).toBe(false);
    expect(error.publicMessage).not.toMatch(/\d{12}|Team|jane/);
    expect(errorOf('AccessDeniedException', 403, said).code).toBe('upstream-denied');
    const other = `User: arn:aws:sts::${account}:assumed-role/guardrail-app/x is not authorized to perform: bedrock:InvokeModel`;
    expect(errorOf('AccessDeniedException', 403, other, about).code).toBe('upstream-denied');
    expect(errorOf('ExpiredTokenException', 403, 'expired', about).code).toBe('upstream-denied');
  });

  it('an explicit deny is said to be one', () => {
    const said = `${user} bedrock:InvokeModelWithResponseStream on resource: ${MODEL_ARN} with an explicit deny in a service control policy`;
    expect(needs({}, said)).toMatch(/service control policy of the organisation denies it explicitly/);
  });
});

const corpus = new URL('../../../../shared/corpus/', import.meta.url);
const present = existsSync(corpus);
if (!present) console.log('AWS errors: skipped for the corpus, ../shared/corpus is not there');
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, corpus), 'utf8'));

interface Recording {
  readonly response: { readonly status: number; readonly headers?: Record<string, string>; readonly bodyText?: string };
}

describe.runIf(present)('errors of the corpus', () => {
  const refusals = (present ? readdirSync(new URL('recordings/', corpus)) : [])
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, ...(read(`recordings/${name}`) as Recording).response }))
    .filter(({ status }) => status >= 400);

  it('are all there', () => expect(refusals.length).toBeGreaterThan(25));

  const EXPECTED: readonly (readonly [RegExp, ErrorCode])[] = [
    [/identifier is invalid|end of its life/, 'model-not-found'],
    [/on-demand throughput|doesn't support/, 'unsupported'],
    [/too long|Tokens Exceeded|text bytes/, 'context-overflow'],
    [/getting throttled/, 'overloaded'],
    [/expired|invalid\.$|have access/, 'upstream-denied'],
    [/Input tag|extraneous key|Field required/, 'invalid-request'],
  ];

  it.each(refusals)('$name', ({ status, headers = {}, bodyText = '' }) => {
    const failure = readFailure(status, headers, bodyText);
    if ('foreign' in failure) throw new Error(`${status} is not from AWS: ${bodyText}`);
    const expected = EXPECTED.find(([words]) => words.test(failure.message))?.[1];
    expect(toRouterError(failure, context).code, failure.message).toBe(expected);
  });

  interface Reported {
    readonly name: string;
    readonly status: number;
    readonly headers?: Record<string, string>;
    readonly bodyText?: string;
    readonly eventHeaders?: Record<string, string>;
    readonly eventPayload?: { readonly message: string };
  }
  const reported = present ? (read('reported-errors.json') as { cases: Reported[] }).cases : [];

  it.each(reported.filter(({ bodyText, eventPayload }) => bodyText ?? eventPayload))('$name', (one) => {
    const name = shortName(one.eventHeaders?.[':exception-type']);
    const failure =
      one.eventPayload === undefined
        ? readFailure(one.status, one.headers ?? {}, one.bodyText ?? '')
        : { name: name.charAt(0).toUpperCase() + name.slice(1), message: one.eventPayload.message };
    if ('foreign' in failure) throw new Error('not from AWS');
    const busyModel = failure.name === 'ServiceUnavailableException';
    expect(toRouterError(failure, context).code).toBe(busyModel ? 'overloaded' : 'rate-limited');
  });
});
