// What a request may say beyond the canonical form: kept under its own name, for a provider that knows it.
import type { Extensions } from '../../contract/index.ts';
import { asBag, type Bag, checkDepth, isAbsent, isBag, unknownFields, wrong } from '../field-reader.ts';

/** Each of them may become a loss, with a name that the client chose. */
const FIELDS_MAX = 256;

/** Read elsewhere in this folder. */
const DECODED: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'stream', 'stream_options', 'bedrock'],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'functions', 'function_call'],
  ...[
    'max_tokens',
    'max_completion_tokens',
    'temperature',
    'top_p',
    'top_k',
    'seed',
    'stop',
    'response_format',
    'user',
  ],
  ...['reasoning_effort', 'reasoning', 'thinking', 'output_config'],
]);
/** The fields of these that decode-settings.ts reads. */
const DECODED_INSIDE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['reasoning', new Set(['effort', 'max_tokens', 'enabled', 'exclude', 'summary'])],
  ['thinking', new Set(['type', 'budget_tokens', 'display'])],
  ['output_config', new Set(['effort'])],
]);

interface Setting {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
  /** True for a value that asks for nothing: it is not kept, so that it is nobody's loss. */
  readonly isIdle?: (value: unknown) => boolean;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isFlag = (value: unknown): boolean => typeof value === 'boolean';
const isBetween = (min: number, max: number) => (value: unknown) =>
  typeof value === 'number' && value >= min && value <= max;
const isOneOf =
  (...idle: unknown[]) =>
  (value: unknown) =>
    idle.includes(value);
const isEmptyBag = (value: unknown): boolean => isBag(value) && Object.keys(value).length === 0;
const isTextOnly = (value: unknown): boolean => Array.isArray(value) && value.every((mode) => mode === 'text');

const text = (...idle: string[]): Setting => ({ expected: 'a string', fits: isText, isIdle: isOneOf('', ...idle) });
const flag: Setting = { expected: 'true or false', fits: isFlag, isIdle: isOneOf(false) };
const penalty: Setting = { expected: 'a number from -2 to 2', fits: isBetween(-2, 2), isIdle: isOneOf(0) };
const bag: Setting = { expected: 'an object', fits: isBag };
const optionalMap: Setting = { ...bag, isIdle: isEmptyBag };

const SETTINGS: ReadonlyMap<string, Setting> = new Map([
  ['n', { expected: 'a whole number from 1 to 128', fits: isWholeCount, isIdle: isOneOf(1) }],
  ['logprobs', flag],
  ['top_logprobs', { expected: 'a number from 0 to 20', fits: isBetween(0, 20), isIdle: isOneOf(0) }],
  ['frequency_penalty', penalty],
  ['presence_penalty', penalty],
  ['logit_bias', optionalMap],
  ['metadata', optionalMap],
  ['store', flag],
  ['service_tier', text('auto', 'default')],
  ['verbosity', text('medium')],
  ['prompt_cache_key', text()],
  ['prompt_cache_retention', text('in_memory')],
  ['prompt_cache_options', optionalMap],
  ['safety_identifier', text()],
  ['modalities', { expected: 'a list', fits: Array.isArray, isIdle: isTextOnly }],
  ['audio', bag],
  ['prediction', bag],
  ['web_search_options', bag],
  ['moderation', bag],
]);

function isWholeCount(value: unknown): boolean {
  return Number.isInteger(value) && isBetween(1, 128)(value);
}

/** undefined when there is nothing. Throws `invalid-request` for a value of the wrong type. */
export function decodeExtensions(body: Bag): Extensions | undefined {
  const own: [string, unknown][] = [];
  for (const [field, value] of Object.entries(unknownFields(body, DECODED) ?? {})) {
    const setting = SETTINGS.get(field);
    if (setting && !setting.fits(value)) throw wrong(field, `expected ${setting.expected}`);
    if (setting?.isIdle?.(value)) continue;
    checkDepth(value, field);
    own.push([field, value]);
  }
  for (const [field, known] of DECODED_INSIDE) {
    const settings = body[field];
    const rest = isBag(settings) ? unknownFields(settings, known) : undefined;
    checkDepth(rest, field);
    if (rest) own.push([field, rest]);
  }
  const bedrock = isAbsent(body.bedrock) ? undefined : asBag(body.bedrock, 'bedrock');
  checkDepth(bedrock, 'bedrock');
  if (own.length > FIELDS_MAX) throw wrong('body', `expected at most ${FIELDS_MAX} fields that are not OpenAI's`);
  if (own.length === 0 && !bedrock) return undefined;
  return {
    ...(own.length > 0 ? { 'openai-chat': Object.fromEntries(own) } : {}),
    ...(bedrock ? { bedrock } : {}),
  };
}
