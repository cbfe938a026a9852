// A request of Bedrock's Converse or ConverseStream, to the canonical form.
import type { ChatRequest } from '../../contract/index.ts';
import { RouterError } from '../../contract/index.ts';
import { startDecoding } from '../decoding.ts';
import { asBag, type Bag, checkDepth, present, wrong } from '../field-reader.ts';
import type { Decoded, Head } from '../protocol.ts';
import { type ConverseDecoding, decodeSystem } from './decode-blocks.ts';
import { decodeExtensions, decodePointers } from './decode-extensions.ts';
import { decodeMessages } from './decode-messages.ts';
import { decodeSettings } from './decode-settings.ts';
import { decodeTools } from './decode-tools.ts';

/** What the encoder needs to know of the request. */
export interface ConverseEcho {
  /** When it was read, by `performance.now()`: an answer says how long it took. */
  readonly startedMs: number;
  /** JSON Pointers at which the client wants the stop sequence. */
  readonly stopPointers: readonly string[];
  /** It asked for further members of the model's own answer. */
  readonly wantsFields: boolean;
  /** Which of several names the client used, by canonical field. */
  readonly names: ReadonlyMap<string, string>;
}

/** Model and stream are those of the path. Throws `invalid-request`, in Bedrock's words where they are known. */
export function decode(body: unknown, head: Head): Decoded<ConverseEcho> {
  const startedMs = performance.now();
  const bag = asBag(body, 'body');
  // All of it at once: a target that speaks Converse is sent the whole body.
  checkDepth(bag, 'body');
  const model = modelOf(head);
  const decoding: ConverseDecoding = { ...startDecoding(), relayOnly: undefined };
  const pointers = decodePointers(bag);
  const { conversation, fields } = readRequest(bag, decoding);
  const extensions = decodeExtensions(bag, fields, pointers.others);
  const request: ChatRequest = { model, ...conversation, ...present({ extensions }) };
  const { relayOnly } = decoding;
  return {
    request: relayOnly === undefined ? request : { model, system: [], messages: [], tools: [] },
    stream: head.stream === true,
    echo: { startedMs, stopPointers: pointers.stop, wantsFields: pointers.others.length > 0, names: fields.names },
    losses: relayOnly === undefined ? [...decoding.losses.values()] : [],
    ...(relayOnly === undefined ? {} : { relayOnly }),
  };
}

/** The same, for a count of its tokens. */
export function decodeCounted(body: unknown, head: Head): Pick<Decoded, 'request' | 'losses'> {
  const bag = asBag(body, 'input.converse');
  checkDepth(bag, 'input.converse');
  const model = modelOf(head);
  const decoding: ConverseDecoding = { ...startDecoding(), relayOnly: undefined };
  const { conversation } = readRequest(bag, decoding);
  if (decoding.relayOnly !== undefined) throw new RouterError('unsupported', decoding.relayOnly);
  return { request: { model, ...conversation }, losses: [...decoding.losses.values()] };
}

/** The model's name in the path. */
export function modelOf({ model }: Head): string {
  if (model === undefined || model === '') throw wrong('modelId', 'missing');
  return model;
}

function readRequest(bag: Bag, decoding: ConverseDecoding) {
  const system = decodeSystem(bag.system ?? [], 'system', decoding).filter(
    // An empty instruction asks for nothing, and several targets refuse empty text.
    (part) => part.type !== 'text' || part.text !== '',
  );
  const messages = decodeMessages(bag.messages, decoding);
  const { tools, toolChoice } = decodeTools(bag, decoding);
  const { settings, fields } = decodeSettings(bag, toolChoice, decoding);
  return { conversation: { system, messages, tools, ...settings }, fields };
}
