// What a request may say beyond the canonical form: kept under its own name for a provider that knows it, or refused where
// answering without it would be wrong.
import { type Extensions, RouterError } from '../../contract/index.ts';
import { type Decoding, lose } from '../decoding.ts';
import {
  asBag,
  type Bag,
  checkDepth,
  isAbsent,
  isBag,
  optionalBag,
  optionalBoolean,
  unknownFields,
  wrong,
} from '../field-reader.ts';

/** Each of them may become a loss, with a name that the client chose. */
const FIELDS_MAX = 256;

/** Read elsewhere in this folder. `client_metadata` is what a client tells its vendor of itself (Codex 0.169): it asks for nothing. */
const DECODED: ReadonlySet<string> = new Set([
  ...['model', 'input', 'instructions', 'stream', 'stream_options', 'bedrock', 'store', 'client_metadata'],
  ...['tools', 'tool_choice', 'parallel_tool_calls', 'max_output_tokens', 'temperature', 'top_p', 'user'],
  ...['text', 'reasoning', 'previous_response_id', 'conversation', 'background', 'prompt'],
]);
/** Of `text` and `reasoning` other files read these; the others are kept as `text.x` and `reasoning.x`. */
const DECODED_INSIDE: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ['text', new Set(['format', 'verbosity'])],
  ['reasoning', new Set(['effort', 'summary', 'generate_summary'])],
]);
/** The values inside `reasoning` that ask for what is done anyway: all that the client sends is what the model gets. */
const IDLE_INSIDE: ReadonlySet<unknown> = new Set(['auto', 'current_turn', 'standard']);

interface Setting {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
  /** True for a value that asks for nothing: it is not kept, so that it is nobody's loss. */
  readonly isIdle?: (value: unknown) => boolean;
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isBetween = (min: number, max: number) => (value: unknown) =>
  typeof value === 'number' && value >= min && value <= max;
const isOneOf =
  (...idle: unknown[]) =>
  (value: unknown) =>
    idle.includes(value);
const isEmptyBag = (value: unknown): boolean => isBag(value) && Object.keys(value).length === 0;
const text = (...idle: string[]): Setting => ({ expected: 'a string', fits: isText, isIdle: isOneOf('', ...idle) });
const bag: Setting = { expected: 'an object', fits: isBag, isIdle: isEmptyBag };

const SETTINGS: ReadonlyMap<string, Setting> = new Map([
  ['top_logprobs', { expected: 'a number from 0 to 20', fits: isBetween(0, 20), isIdle: isOneOf(0) }],
  ['max_tool_calls', { expected: 'a number', fits: isBetween(0, Number.MAX_SAFE_INTEGER) }],
  ['metadata', bag],
  ['service_tier', text('auto', 'default')],
  ['verbosity', text('medium')],
  ['truncation', text('disabled')],
  ['prompt_cache_key', text()],
  ['prompt_cache_retention', text('in_memory')],
  ['prompt_cache_options', bag],
  ['safety_identifier', text()],
  ['moderation', bag],
]);

/** What this router cannot do for want of a store, and what to do instead. */
const STATEFUL: ReadonlyMap<string, string> = new Map([
  ['previous_response_id', 'earlier answers are not stored here: send the whole conversation as input instead'],
  ['conversation', 'conversations are not stored here: send the whole conversation as input instead'],
  [
    'prompt',
    'stored prompts lie at OpenAI, where the router cannot read them: send their text as instructions or input',
  ],
]);

/** Throws `invalid-request` for a request that builds on what only OpenAI stores. */
export function refuseStateful(body: Bag): void {
  for (const [field, why] of STATEFUL) if (!isAbsent(body[field])) throw wrong(field, why);
  if (optionalBoolean(body, 'background', '')) {
    throw wrong(
      'background',
      'nothing is stored here, so no answer can be fetched later: leave it out, and use stream',
    );
  }
}

/** undefined when there is nothing. Throws `invalid-request` for a value of the wrong type. */
export function decodeExtensions(body: Bag, serverChoice: unknown, decoding: Decoding): Extensions | undefined {
  const own: [string, unknown][] = [];
  const keep = (field: string, name: string, value: unknown): void => {
    const setting = SETTINGS.get(field);
    if (setting && !setting.fits(value)) throw wrong(name, `expected ${setting.expected}`);
    if (setting?.isIdle?.(value)) return;
    checkDepth(value, name);
    own.push([field, value]);
  };
  for (const [field, value] of Object.entries(unknownFields(body, DECODED) ?? {})) {
    const kept = field === 'include' ? includeOf(value) : value;
    if (!isAbsent(kept)) keep(field, field, kept);
  }
  for (const [outer, known] of DECODED_INSIDE) {
    const settings = optionalBag(body, outer, '') ?? {};
    for (const [field, value] of Object.entries(unknownFields(settings, known) ?? {})) {
      if (!IDLE_INSIDE.has(value)) keep(`${outer}.${field}`, `${outer}.${field}`, value);
    }
  }
  const verbosity = optionalBag(body, 'text', '')?.verbosity;
  if (!isAbsent(verbosity)) keep('verbosity', 'text.verbosity', verbosity);
  if (serverChoice !== undefined) own.push(['tool_choice', serverChoice]);
  noteIdle(body, decoding);
  const bedrock = isAbsent(body.bedrock) ? undefined : asBag(body.bedrock, 'bedrock');
  checkDepth(bedrock, 'bedrock');
  if (own.length > FIELDS_MAX) throw wrong('body', `expected at most ${FIELDS_MAX} fields that are not OpenAI's`);
  if (own.length === 0 && !bedrock) return undefined;
  return {
    ...(own.length > 0 ? { 'openai-responses': Object.fromEntries(own) } : {}),
    ...(bedrock ? { bedrock } : {}),
  };
}

/** What is asked for besides encrypted reasoning, which every answer has. */
function includeOf(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || !value.every((word) => typeof word === 'string')) {
    throw wrong('include', 'expected a list of strings');
  }
  const rest = value.filter((word) => word !== 'reasoning.encrypted_content');
  return rest.length > 0 ? rest : undefined;
}

/** Settings that this router itself has an answer to. */
function noteIdle(body: Bag, decoding: Decoding): void {
  // Left out, it means true at OpenAI: only those who write it are told that nothing is stored.
  if (optionalBoolean(body, 'store', '')) lose(decoding, 'store', 'dropped', 'nothing is stored');
  for (const [field, value] of Object.entries(optionalBag(body, 'stream_options', '') ?? {})) {
    // Usage is in every stream's last event.
    if (value === false || isAbsent(value) || field === 'include_usage') continue;
    lose(decoding, `stream_options.${field}`, 'dropped', 'the router has no such option');
  }
}

/** The error for an item that only names one that OpenAI stores. */
export const storedItem = (path: string): RouterError =>
  new RouterError(
    'invalid-request',
    `${path}: items are not stored here, so they cannot be referred to: send the item itself, as SDKs do with "store": false`,
    { field: path },
  );
