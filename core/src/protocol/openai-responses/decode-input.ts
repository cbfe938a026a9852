// The conversation: a string or a list of items, to a system prompt and turns.
import type { Message, Part, ReasoningPart } from '../../contract/index.ts';
import { type Decoding, lose, spendParts } from '../decoding.ts';
import {
  asBag,
  asList,
  type Bag,
  isAbsent,
  isBag,
  join,
  optionalString,
  requiredString,
  requiredWord,
  unknownFields,
  wrong,
} from '../field-reader.ts';
import { carriedIn } from './carrier.ts';
import { type ContentPart, decodeContent } from './decode-content.ts';
import { storedItem } from './decode-extensions.ts';
import { decodeForeignItem } from './decode-foreign.ts';
import type { ToolNames } from './tool-names.ts';
import { Turns } from './turns.ts';

const ITEMS_MAX = 10_000;
const ROLES = 'user, assistant, system, developer';
/** Read here, or part of an answer that clients send back whole and that asks for nothing. */
const ITEM_FIELDS: ReadonlySet<string> = new Set([
  ...['type', 'id', 'status', 'role', 'content', 'phase', 'call_id', 'name', 'namespace'],
  ...['arguments', 'input', 'output', 'created_by'],
  ...['summary', 'encrypted_content', 'tools', 'parsed', 'parsed_arguments'],
  ...['metadata', 'internal_chat_message_metadata_passthrough'],
]);

export interface Conversation {
  readonly system: readonly Part[];
  readonly messages: readonly Message[];
}

/** Throws `invalid-request` naming the item and field that is wrong. */
export function decodeInput(body: Bag, names: ToolNames, decoding: Decoding): Conversation {
  const turns = new Turns();
  const instructions = optionalString(body, 'instructions', '');
  if (instructions) {
    spendParts(decoding, 1);
    turns.system.push({ type: 'text', text: instructions });
  }
  const { input } = body;
  if (isAbsent(input)) throw wrong('input', 'missing: a string or a list of items');
  if (typeof input === 'string') {
    turns.user(decodeContent(input, 'input', decoding));
    return turns;
  }
  if (!Array.isArray(input)) throw wrong('input', 'expected a string or a list of items');
  const items = asList(input, 'input', ITEMS_MAX);
  if (items.length === 0) throw wrong('input', 'expected at least one item');
  for (const [index, value] of items.entries()) {
    const path = `input[${index}]`;
    decodeItem(asBag(value, path), path, { turns, names, decoding });
  }
  return turns;
}

interface Reading {
  readonly turns: Turns;
  readonly names: ToolNames;
  readonly decoding: Decoding;
}

function decodeItem(item: Bag, path: string, reading: Reading): void {
  const { turns, decoding } = reading;
  switch (item.type) {
    case undefined:
    case null:
    case 'message':
      if (isAbsent(item.type) && isAbsent(item.role) && typeof item.id === 'string') throw storedItem(path);
      loseUnknown(item, decoding);
      decodeMessage(item, path, reading);
      return;
    case 'item_reference':
      throw storedItem(path);
    case 'function_call':
    case 'custom_tool_call':
      loseUnknown(item, decoding);
      decodeCall(item, path, reading);
      return;
    case 'function_call_output':
    case 'custom_tool_call_output': {
      loseUnknown(item, decoding);
      const parts = decodeContent(item.output, join(path, 'output'), decoding);
      spendParts(decoding, 1);
      turns.result({ type: 'tool-result', id: requiredWord(item, 'call_id', path), parts });
      return;
    }
    case 'reasoning':
      loseUnknown(item, decoding);
      decodeReasoning(item, path, reading);
      return;
    case 'additional_tools':
      // The tools joined the request's own before.
      return;
    default:
      decodeForeignItem(item, path, reading);
  }
}

function decodeMessage(item: Bag, path: string, { turns, decoding }: Reading): void {
  const { role } = item;
  if (role !== 'user' && role !== 'assistant' && role !== 'system' && role !== 'developer') {
    throw wrong(join(path, 'role'), `expected one of ${ROLES}`);
  }
  const field = join(path, 'content');
  // A turn that only called tools has none.
  const content = role === 'assistant' && isAbsent(item.content) ? [] : item.content;
  const parts = decodeContent(content, field, decoding);
  if (role === 'assistant') {
    turns.assistant(...inPhase(item, path, parts.filter(isSaid)));
  } else if (role === 'user') {
    if (parts.length === 0) throw wrong(field, 'expected at least one part');
    turns.user(parts);
  } else {
    if (parts.some((part) => part.type !== 'text'))
      throw wrong(field, 'expected text: this message holds nothing else');
    turns.instruct(parts);
  }
}

/** Clients send back an answer's empty text, which several targets refuse. */
const isSaid = (part: ContentPart): boolean => part.type !== 'text' || part.text !== '';

/** `commentary` or `final_answer`: OpenAI's models want it back. */
function inPhase(item: Bag, path: string, parts: readonly ContentPart[]): readonly ContentPart[] {
  const phase = optionalString(item, 'phase', path);
  const [first, ...rest] = parts;
  if (!phase || !first) return parts;
  const own = { ...first.extensions?.['openai-responses'], phase };
  return [{ ...first, extensions: { ...first.extensions, 'openai-responses': own } }, ...rest];
}

function decodeCall(item: Bag, path: string, { turns, names, decoding }: Reading): void {
  const custom = item.type === 'custom_tool_call';
  const name = requiredWord(item, 'name', path);
  const namespace = optionalString(item, 'namespace', path);
  spendParts(decoding, 1);
  turns.call({
    type: 'tool-call',
    id: requiredWord(item, 'call_id', path),
    // A tool that the request no longer has keeps a name that says where it came from.
    name: namespace ? names.add(namespace, name) : name,
    input: custom ? requiredString(item, 'input', path) : (optionalString(item, 'arguments', path) ?? ''),
    ...(custom ? { custom: true } : {}),
  });
}

/** Joins the assistant's turn, or signs a part of it: what the router could not put anywhere else. */
function decodeReasoning(item: Bag, path: string, { turns, decoding }: Reading): void {
  const text = textsIn(item, 'content', path) || textsIn(item, 'summary', path);
  const encrypted = optionalString(item, 'encrypted_content', path);
  const carried = encrypted ? carriedIn(encrypted) : undefined;
  if (!carried) {
    if (text !== '') say({ type: 'reasoning', text });
    return;
  }
  if (carried.for === 'reasoning') {
    const { for: _, text: sealedText = text || undefined, ...signed } = carried;
    say({ type: 'reasoning', ...(sealedText === undefined ? {} : { text: sealedText }), ...signed });
    return;
  }
  spendParts(decoding, 1);
  const found = carried.for === 'text' ? turns.signText(carried) : turns.signCall(carried);
  if (!found)
    lose(decoding, 'reasoning-history', 'dropped', 'the text or tool call that was signed is no longer there');

  function say(part: ReasoningPart): void {
    spendParts(decoding, 1);
    turns.assistant(part);
  }
}

/** The texts of a list of parts; several are paragraphs of one. */
function textsIn(item: Bag, key: string, path: string): string {
  if (isAbsent(item[key])) return '';
  const list = asList(item[key], join(path, key), ITEMS_MAX);
  return list
    .map((part, index) => requiredString(asBag(part, `${path}.${key}[${index}]`), 'text', `${path}.${key}[${index}]`))
    .join('\n\n');
}

function loseUnknown(item: Bag, decoding: Decoding): void {
  for (const [field, value] of Object.entries(unknownFields(item, ITEM_FIELDS) ?? {})) {
    const isEmpty = value === false || value === '' || (Array.isArray(value) && value.length === 0);
    // A call that the model made itself, and not a program of its own.
    if (isEmpty || (field === 'caller' && isBag(value) && value.type === 'direct')) continue;
    lose(decoding, field, 'dropped', 'no such field of an item');
  }
}
