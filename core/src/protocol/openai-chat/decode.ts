// A chat completions request, to the canonical form.
import type { ChatRequest } from '../../contract/index.ts';
import { type Decoding, lose, startDecoding } from '../decoding.ts';
import {
  asBag,
  type Bag,
  isAbsent,
  isBag,
  optionalBag,
  optionalBoolean,
  present,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import type { Decoded } from '../protocol.ts';
import { type Asked, askedOf } from './answer-extras.ts';
import { decodeExtensions } from './decode-extensions.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeSettings } from './decode-settings.ts';
import { decodeTools } from './decode-tools.ts';

/** What the encoder needs to know of the request. */
export interface ChatEcho {
  /** The client wants the usage of a streamed answer. */
  readonly includeUsage: boolean;
  /** The client wrote the legacy `functions`, and reads `function_call` instead of `tool_calls`. */
  readonly legacyFunctions: boolean;
  /** Which of several names the client used, by canonical field. */
  readonly names: ReadonlyMap<string, string>;
  /** What the answer says besides its content. */
  readonly asked: Asked;
}

/** What holds the most comes first. */
const REASONING_MEMBERS = ['reasoning_details', 'reasoning_content', 'reasoning'] as const;
const STREAM_OPTIONS: ReadonlySet<string> = new Set(['include_usage']);

/** Throws `invalid-request` with the client's own field for whatever is missing or of the wrong type, and `unsupported`
 * for files and audio that only OpenAI holds. */
export function decode(body: unknown): Decoded<ChatEcho> {
  const bag = asBag(body, 'body');
  const { model } = bag;
  if (typeof model !== 'string' || model === '') throw wrong('model', 'missing');
  const decoding = startDecoding();
  const { system, messages } = decodeMessages(bag.messages, decoding);
  const { tools, toolChoice, parallelToolCalls, legacy } = decodeTools(bag, decoding);
  const request: ChatRequest = {
    model,
    system,
    messages,
    tools,
    ...present({ toolChoice, parallelToolCalls, extensions: decodeExtensions(bag) }),
    ...decodeSettings(bag),
  };
  return {
    request,
    stream: optionalBoolean(bag, 'stream', '') ?? false,
    echo: {
      includeUsage: decodeStreamOptions(bag, decoding),
      legacyFunctions: legacy,
      names: namesOf(bag, legacy),
      asked: askedOf(bag),
    },
    losses: [...decoding.losses.values()],
  };
}

/** Whether usage is wanted at the end of a stream. */
function decodeStreamOptions(body: Bag, decoding: Decoding): boolean {
  const options = optionalBag(body, 'stream_options', '');
  if (!options) return false;
  for (const [field, value] of Object.entries(unknownFields(options, STREAM_OPTIONS) ?? {})) {
    if (value !== false) lose(decoding, `stream_options.${field}`, 'dropped', 'the router has no such option');
  }
  return optionalBoolean(options, 'include_usage', 'stream_options') ?? false;
}

/** Where the client brings back what earlier answers thought. */
function reasoningMember(messages: unknown): string | undefined {
  if (!Array.isArray(messages)) return undefined;
  return REASONING_MEMBERS.find((member) =>
    messages.some((message: unknown) => isBag(message) && !isAbsent(message[member])),
  );
}

function namesOf(body: Bag, legacy: boolean): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  if (isAbsent(body.max_completion_tokens) && !isAbsent(body.max_tokens)) names.set('maxTokens', 'max_tokens');
  if (!isAbsent(body.thinking)) names.set('reasoning', 'thinking');
  else if (!isAbsent(body.output_config)) names.set('reasoning', 'output_config');
  else if (!isAbsent(body.reasoning)) names.set('reasoning', 'reasoning');
  const history = reasoningMember(body.messages);
  if (history !== undefined) names.set('reasoning-history', history);
  if (legacy) {
    names.set('tools', 'functions');
    names.set('toolChoice', 'function_call');
  }
  return names;
}
