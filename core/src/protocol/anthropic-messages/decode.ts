// A Messages request, to the canonical form.
import { type ChatRequest, RouterError } from '../../contract/index.ts';
import { type Decoding, startDecoding } from '../decoding.ts';
import { asBag, type Bag, isAbsent, isBag, optionalBoolean, present, wrong } from '../field-reader.ts';
import type { Decoded, Head } from '../protocol.ts';
import { cacheOf } from './block-marks.ts';
import { decodeExtensions } from './decode-extensions.ts';
import { cacheLast, decodeConversation } from './decode-messages.ts';
import { decodeMaxTokens, decodeSettings } from './decode-settings.ts';
import { decodeTools } from './decode-tools.ts';

/** What the router needs to know of the request to speak in the client's own words. */
export interface MessagesEcho {
  /** Which of several names the client used, by canonical field. */
  readonly names: ReadonlyMap<string, string>;
}

/** Model and stream come from the head where a path says them (Bedrock's InvokeModel), else from the body. Throws
 * `invalid-request` with the client's own field for whatever is missing or of the wrong type, and `unsupported` for files
 * that only Anthropic holds. */
export function decode(body: unknown, head: Head): Decoded<MessagesEcho> {
  const bag = asBag(body, 'body');
  const decoding = startDecoding();
  const request = decodeRequest(bag, head, decoding);
  const maxTokens = decodeMaxTokens(bag, decoding);
  return {
    request: { ...request, maxTokens },
    stream: head.stream ?? optionalBoolean(bag, 'stream', '') ?? false,
    echo: { names: namesOf(bag, request) },
    losses: [...decoding.losses.values()],
  };
}

/** The body of a token count: as of a message, but nothing has to be said of the answer. */
export function decodeCount(body: unknown, head: Head): Pick<Decoded, 'request' | 'losses'> {
  const decoding = startDecoding();
  const request = decodeRequest(asBag(body, 'body'), head, decoding);
  return { request, losses: [...decoding.losses.values()] };
}

function decodeRequest(body: Bag, head: Head, decoding: Decoding): ChatRequest {
  const model = head.model ?? body.model;
  if (typeof model !== 'string' || model === '') throw wrong('model', 'missing');
  refuseThread(body);
  const { system, messages, effort } = decodeConversation(body, decoding);
  const { tools, toolChoice, parallelToolCalls } = decodeTools(body, decoding);
  const automatic = cacheOf(body, '', decoding);
  return {
    model,
    system,
    messages: automatic ? cacheLast(messages, automatic) : messages,
    tools,
    ...present({ toolChoice, parallelToolCalls, extensions: decodeExtensions(body, head) }),
    ...decodeSettings(body, effort, decoding),
  };
}

/** A turn of a thread holds only what is new; without the turns before it the model would answer something else. */
function refuseThread(body: Bag): void {
  if (isAbsent(body.thread)) return;
  const why = 'the router keeps no message threads; send the whole conversation in messages';
  throw new RouterError('invalid-request', `thread: ${why}`, { field: 'thread' });
}

function namesOf(body: Bag, { reasoning }: Pick<ChatRequest, 'reasoning'>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  if (isAbsent(body.thinking) && reasoning !== undefined) names.set('reasoning', 'output_config.effort');
  const config = isBag(body.output_config) ? body.output_config : {};
  if (isAbsent(config.format) && !isAbsent(body.output_format)) names.set('output', 'output_format');
  return names;
}
