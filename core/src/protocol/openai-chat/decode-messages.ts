// The conversation: messages of six roles, to a system prompt and turns of three.
import type { Message, Part, TextPart, ToolCallPart, ToolResultPart } from '../../contract/index.ts';
import { RouterError } from '../../contract/index.ts';
import { type Decoding, lose, spendParts } from '../decoding.ts';
import {
  asBag,
  asList,
  type Bag,
  isAbsent,
  join,
  optionalString,
  requiredBag,
  requiredString,
  requiredWord,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import { cacheOf, decodeContent, knownFields, marksOf, refusalPart, withCache, withExtension } from './decode-parts.ts';
import { restoreReasoning } from './decode-reasoning.ts';

const MESSAGES_MAX = 10_000;
const ROLES = 'system, developer, user, assistant, tool, function';
/** Read here, or part of an answer that clients send back whole and that asks for nothing. */
const MESSAGE_FIELDS: ReadonlySet<string> = knownFields(
  ...['role', 'content', 'name', 'refusal', 'tool_calls', 'tool_call_id', 'function_call', 'images', 'audio'],
  ...['reasoning', 'reasoning_content', 'reasoning_details'],
  ...['annotations', 'parsed', 'finish_reason', 'index', 'logprobs', 'id'],
);
const CALL_FIELDS: ReadonlySet<string> = knownFields('id', 'index', 'function', 'custom');

export interface Conversation {
  readonly system: readonly Part[];
  readonly messages: readonly Message[];
}

interface Turns {
  readonly system: Part[];
  readonly messages: Message[];
  /** The results of the turn that is being read: further ones join them. */
  results: ToolResultPart[] | undefined;
  /** Ids given to legacy function calls, by function name. */
  readonly callIds: Map<string, string>;
}

/** Throws `invalid-request` naming the message and field that is wrong. */
export function decodeMessages(value: unknown, decoding: Decoding): Conversation {
  if (isAbsent(value)) throw wrong('messages', 'missing');
  const list = asList(value, 'messages', MESSAGES_MAX);
  if (list.length === 0) throw wrong('messages', 'expected at least one message');
  const turns: Turns = { system: [], messages: [], results: undefined, callIds: new Map() };
  for (const [index, item] of list.entries()) {
    const path = `messages[${index}]`;
    const message = asBag(item, path);
    loseUnknown(message, decoding);
    decodeMessage(message, path, turns, decoding);
  }
  return { system: turns.system, messages: turns.messages };
}

function decodeMessage(message: Bag, path: string, turns: Turns, decoding: Decoding): void {
  const { role } = message;
  if (role === 'tool' || role === 'function') {
    const result = toolResult(message, path, turns, decoding);
    if (turns.results) {
      turns.results.push(result);
    } else {
      turns.results = [result];
      turns.messages.push({ role: 'user', parts: turns.results });
    }
    return;
  }
  turns.results = undefined;
  if (role === 'user') {
    const parts = decodeContent(message.content, `${path}.content`, 'any', decoding);
    if (parts.length === 0) throw wrong(`${path}.content`, 'expected at least one part');
    turns.messages.push({ role, parts: marked(message, path, parts, decoding) });
  } else if (role === 'assistant') {
    turns.messages.push({
      role,
      parts: marked(message, path, assistantParts(message, path, turns, decoding), decoding),
    });
  } else if (role === 'system' || role === 'developer') {
    const parts = marked(message, path, decodeContent(message.content, `${path}.content`, 'text', decoding), decoding);
    // An empty instruction asks for nothing, and several targets refuse empty text.
    const said = parts.filter((part) => part.type !== 'text' || part.text !== '');
    if (turns.messages.length === 0) turns.system.push(...said);
    else if (said.length > 0) turns.messages.push({ role: 'system', parts: said });
  } else {
    throw wrong(`${path}.role`, `expected one of ${ROLES}`);
  }
}

/** A message's own cache mark and participant name, put on its parts. */
function marked(message: Bag, path: string, parts: readonly Part[], decoding: Decoding): readonly Part[] {
  const cache = cacheOf(message, path, decoding);
  const name = optionalString(message, 'name', path);
  const cached = cache ? withCache(parts, cache) : parts;
  return name ? withExtension(cached, 'name', name) : cached;
}

function assistantParts(message: Bag, path: string, turns: Turns, decoding: Decoding): Part[] {
  const content = isAbsent(message.content)
    ? []
    : decodeContent(message.content, `${path}.content`, 'assistant', decoding);
  const refusal = optionalString(message, 'refusal', path);
  const images = isAbsent(message.images) ? [] : decodeContent(message.images, `${path}.images`, 'any', decoding);
  const calls = toolCalls(message, path, turns, decoding);
  const others: Part[] = [...(refusal ? [refusalPart(refusal)] : []), ...images];
  const parts = restoreReasoning(message, path, { content, others, calls }, decoding);
  if (parts.length > 0) {
    if (!isAbsent(message.audio))
      lose(decoding, 'audio', 'dropped', 'only its text is sent: the sound is stored at OpenAI');
    return parts;
  }
  if (content.length > 0) return [{ type: 'text', text: '' }];
  if (!isAbsent(message.audio)) {
    const why =
      'an earlier spoken answer is stored at OpenAI, where the router cannot read it; send its transcript as content';
    throw new RouterError('unsupported', `${path}.audio: ${why}`, { field: `${path}.audio` });
  }
  throw wrong(`${path}.content`, 'expected a string or a list of parts where there are no tool_calls');
}

function toolCalls(message: Bag, path: string, turns: Turns, decoding: Decoding): ToolCallPart[] {
  const list = isAbsent(message.tool_calls) ? [] : asList(message.tool_calls, `${path}.tool_calls`, MESSAGES_MAX);
  const calls = list.map((item, index) => toolCall(item, `${path}.tool_calls[${index}]`, decoding));
  if (!isAbsent(message.function_call)) {
    const at = `${path}.function_call`;
    const call = requiredBag(message, 'function_call', path);
    const name = requiredWord(call, 'name', at);
    // The legacy form has no ids; the place in the conversation makes one that is the same in every turn.
    const id = `call_${turns.messages.length}_${calls.length}`;
    turns.callIds.set(name, id);
    calls.push({ type: 'tool-call', id, name, input: optionalString(call, 'arguments', at) ?? '' });
  }
  spendParts(decoding, calls.length);
  return calls;
}

function toolCall(value: unknown, path: string, decoding: Decoding): ToolCallPart {
  const call = asBag(value, path);
  const id = requiredWord(call, 'id', path);
  const marks = marksOf(call, CALL_FIELDS, path, decoding);
  if (call.type === 'custom') {
    const at = join(path, 'custom');
    const custom = requiredBag(call, 'custom', path);
    const input = requiredString(custom, 'input', at);
    return { type: 'tool-call', id, name: requiredWord(custom, 'name', at), input, custom: true, ...marks };
  }
  if (!isAbsent(call.type) && call.type !== 'function') throw wrong(join(path, 'type'), 'expected function or custom');
  const at = join(path, 'function');
  const called = requiredBag(call, 'function', path);
  const input = optionalString(called, 'arguments', at) ?? '';
  return { type: 'tool-call', id, name: requiredWord(called, 'name', at), input, ...marks };
}

function toolResult(message: Bag, path: string, turns: Turns, decoding: Decoding): ToolResultPart {
  const id =
    message.role === 'tool' ? requiredWord(message, 'tool_call_id', path) : functionCallId(message, path, turns);
  const parts = decodeContent(message.content ?? emptyResult(message), `${path}.content`, 'any', decoding);
  spendParts(decoding, 1);
  // A cache mark inside a result means the same as one on it, and no target takes it inside.
  const inner = parts.findLast((part) => part.cache)?.cache;
  const cache = cacheOf(message, path, decoding) ?? inner;
  return { type: 'tool-result', id, parts: inner ? parts.map(withoutCache) : parts, ...(cache ? { cache } : {}) };
}

/** A legacy function may have nothing to say; a tool must say something, if only ''. */
const emptyResult = (message: Bag): unknown => (message.role === 'function' ? '' : undefined);

function withoutCache<Content extends Pick<TextPart, 'cache'>>(part: Content): Content {
  const { cache: _, ...others } = part;
  // Only an optional member is gone.
  return others as Content;
}

function functionCallId(message: Bag, path: string, turns: Turns): string {
  const name = requiredWord(message, 'name', path);
  const id = turns.callIds.get(name);
  if (id === undefined) throw wrong(join(path, 'name'), 'expected the name of a function that was called before');
  return id;
}

function loseUnknown(message: Bag, decoding: Decoding): void {
  for (const [field, value] of Object.entries(unknownFields(message, MESSAGE_FIELDS) ?? {})) {
    if (value === false || value === '' || (Array.isArray(value) && value.length === 0)) continue;
    lose(decoding, field, 'dropped', 'no such field of a message');
  }
}
