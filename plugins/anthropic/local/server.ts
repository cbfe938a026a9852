// The HTTP server: one request after the other through key, script, validation and answer.
import { randomUUID } from 'node:crypto';
import {
  createScript,
  isObject,
  type LocalOptions,
  type LocalServer,
  type LocalVendor,
  type OpenRequest,
  type Playback,
  playStep,
  playTake,
  startLocal,
  type Take,
  takeJson,
} from '@turnout/core/testing';
import { claudeTraits } from '@turnout/core/wire';
import { composeAnswer, type PromptCache } from './answer.ts';
import { type Body, parseMessages } from './body.ts';
import { encodeMessage, encodeStream } from './message.ts';
import { answerModels } from './model-list.ts';
import { DIALECT, playRefusal } from './playback.ts';
import { invalid, Refusal } from './refusal.ts';
import { type Operation, type RecordedRequest, type Step, scriptedAnswer } from './script.ts';
import { countPrompt } from './tokens.ts';
import { findBlockFault } from './validate-blocks.ts';
import { findSettingFault } from './validate-settings.ts';
import { findToolFault } from './validate-tools.ts';
import { findTurnFault } from './validate-turns.ts';

export interface AnthropicLocalOptions extends LocalOptions<Operation, Step> {
  /** Who may call. Without: everybody who has some key. */
  readonly apiKeys?: readonly string[] | undefined;
  /** The models there are. Default: any name is one, and a few of Anthropic's are listed. What a model takes is told by its
   * name, as at Anthropic. */
  readonly models?: readonly string[] | undefined;
  /** The longest prompt. Default 1,000,000. */
  readonly promptTokensMax?: number | undefined;
}

export type AnthropicLocal = LocalServer<Operation, Step>;

interface Room {
  readonly options: AnthropicLocalOptions;
  readonly cache: PromptCache;
  take(record: RecordedRequest): Step | undefined;
}

/** Starts a local Anthropic. Rejects when the port is taken. */
export function startAnthropicLocal(options: AnthropicLocalOptions = {}): Promise<AnthropicLocal> {
  const script = createScript<Operation, Step>(options.script, ['models', 'count']);
  const cache: PromptCache = new Set();
  const vendor: LocalVendor<Operation, Step> = {
    script,
    headers: () => ({
      'request-id': `req_${randomUUID().replaceAll('-', '')}`,
      'anthropic-organization-id': '00000000-0000-4000-8000-000000000000',
    }),
    decide: (record) => decide(record, { options, cache, take: (one) => script.take(one) }),
    refuse: (error) => playRefusal(toRefusal(error)),
    tooLarge: () => new Refusal('request_too_large', 'Request exceeds the maximum size'),
    reset: () => cache.clear(),
  };
  return startLocal(vendor, options);
}

const OPERATIONS: readonly (readonly [method: string, path: RegExp, operation: Operation])[] = [
  ['POST', /^\/v1\/messages$/, 'messages'],
  ['POST', /^\/v1\/messages\/count_tokens$/, 'count'],
  ['GET', /^\/v1\/models(?:\/[^/]+)?$/, 'models'],
];

/** How a request is answered. Throws Refusal. Fills in what the request is. */
function decide(record: OpenRequest<Operation>, { options, cache, take }: Room): Playback {
  const path = record.path.split('?', 1)[0] ?? '';
  const known = OPERATIONS.find(([method, pattern]) => method === record.method && pattern.test(path));
  if (known === undefined) throw new Refusal('not_found_error', 'Not Found');
  record.operation = known[2];
  const { body } = record;
  if (isObject(body) && typeof body.model === 'string') record.model = body.model;
  checkHead(record, options.apiKeys);
  const step = take(record);
  const own = (): Take => {
    if (record.operation === 'models') return answerModels(record.path, options.models);
    const parsed = checkedBody(record, options);
    if (record.operation === 'count') return takeJson({ input_tokens: countPrompt(parsed) });
    const answer = composeAnswer(parsed, scriptedAnswer(step), cache);
    const outputTokens = Number(answer.usage.output_tokens);
    if (parsed.raw.stream !== true) return takeJson(encodeMessage(answer), outputTokens);
    return {
      headers: { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' },
      ...{ frames: encodeStream(answer), stream: true, endFrames: 2, outputTokens },
    };
  };
  const { tokensPerSecond } = options;
  return step === undefined ? playTake(own(), tokensPerSecond) : playStep(step, own, DIALECT, tokensPerSecond);
}

const VERSIONS = ['2023-01-01', '2023-06-01', '2026-10-21'];

function checkHead({ headers }: RecordedRequest, apiKeys: readonly string[] | undefined): void {
  const key = headers['x-api-key'] ?? /^Bearer (.+)$/.exec(String(headers.authorization ?? ''))?.[1];
  if (key === undefined) throw new Refusal('authentication_error', 'x-api-key header is required');
  if (apiKeys !== undefined && !apiKeys.includes(String(key)))
    throw new Refusal('authentication_error', headers['x-api-key'] ? 'invalid x-api-key' : 'Invalid bearer token');
  const version = headers['anthropic-version'];
  if (version === undefined) throw invalid('anthropic-version: header is required');
  if (!VERSIONS.includes(String(version)))
    throw invalid(`anthropic-version: "${String(version)}" is not a valid version`);
}

const PROMPT_TOKENS_MAX = 1_000_000;

/** Throws Refusal for what Anthropic would refuse. */
function checkedBody(
  record: RecordedRequest,
  { models, promptTokensMax = PROMPT_TOKENS_MAX }: AnthropicLocalOptions,
): Body {
  const body = parseMessages(record.body, record.operation === 'count');
  if (models !== undefined && !models.includes(body.model))
    throw new Refusal('not_found_error', `model: ${body.model}`);
  const betas = String(record.headers['anthropic-beta'] ?? '').split(',');
  const traits = claudeTraits(body.model);
  const fault =
    findBlockFault(body) ??
    findToolFault(body, traits) ??
    findTurnFault(body, traits) ??
    (traits === undefined ? undefined : findSettingFault(body, traits, betas)) ??
    marksFault(body);
  if (fault !== undefined) throw invalid(fault);
  const tokens = countPrompt(body);
  if (tokens > promptTokensMax) throw invalid(`prompt is too long: ${tokens} tokens > ${promptTokensMax} maximum`);
  return body;
}

const MARKS_MAX = 4;

function marksFault({ tools, system, messages }: Body): string | undefined {
  const items = [...tools, ...system, ...messages.flatMap(({ content }) => content)];
  const controls = items.flatMap(({ cache_control: control }) => (isObject(control) ? [control] : []));
  if (controls.length > MARKS_MAX)
    return `A maximum of ${MARKS_MAX} blocks with cache_control may be provided. Found ${controls.length}.`;
  const short = controls.findIndex(({ ttl }) => ttl !== '1h');
  const late = short < 0 ? -1 : controls.findIndex(({ ttl }, index) => index > short && ttl === '1h');
  return late < 0
    ? undefined
    : "a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.";
}

function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new Refusal('api_error', `anthropic-local failed: ${message}`);
}
