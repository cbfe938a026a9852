// The content of a message: a string or a list of blocks, to canonical parts.
import type { Part, ReasoningPart, TextPart, ToolCallPart, ToolResultPart } from '../../contract/index.ts';
import { citationOf, readableText } from '../../wire/index.ts';
import { carriedSignature } from '../carried-signature.ts';
import { type Decoding, lose, spendParts } from '../decoding.ts';
import {
  asBag,
  asList,
  type Bag,
  checkDepth,
  isAbsent,
  isBag,
  join,
  optionalBoolean,
  optionalString,
  requiredString,
  requiredWord,
  wrong,
} from '../field-reader.ts';
import { unseal } from '../reasoning-envelope.ts';
import { cacheOf, knownFields, type Marks, marksOf } from './block-marks.ts';
import { documentParts, imagePart } from './decode-media.ts';
import { OWNER, rawExtension } from './raw-block.ts';

/** Where content stands. `result`: inside a tool's result. */
export type Place = 'system' | 'user' | 'assistant' | 'result';

const LIST_MAX = 100_000;
const CITATIONS_MAX = 10_000;

// What `parse()` of the SDK leaves on an answer's blocks asks for nothing.
const TEXT_FIELDS = knownFields('text', 'citations', 'parsed_output', 'parsed');
const THINKING_FIELDS = knownFields('thinking', 'signature');
const REDACTED_FIELDS = knownFields('data');
const CALL_FIELDS = knownFields('id', 'name', 'input', 'caller');
const RESULT_FIELDS = knownFields('tool_use_id', 'content', 'is_error');
/** Blocks that only assistant messages hold. */
const OF_ASSISTANT: ReadonlySet<unknown> = new Set(['tool_use', 'thinking', 'redacted_thinking']);

/** A string or a list of blocks. Throws `invalid-request` naming the block that is wrong. */
export function decodeContent(value: unknown, path: string, place: Place, decoding: Decoding): readonly Part[] {
  if (typeof value === 'string') {
    spendParts(decoding, 1);
    return [{ type: 'text', text: value }];
  }
  if (!Array.isArray(value)) throw wrong(path, 'expected a string or a list of blocks');
  const list = asList(value, path, LIST_MAX);
  spendParts(decoding, list.length);
  const parts: Part[] = [];
  for (const [index, item] of list.entries()) decodeBlock(item, `${path}.${index}`, place, parts, decoding);
  const [first] = list;
  if (parts.length > 0 || place !== 'user' || !isBag(first)) return parts;
  // A turn of the user's must say something, if only what there was.
  return [{ type: 'text', text: `[${String(first.type).slice(0, 100)}]` }];
}

/** Adds what the block says to the parts of its message. */
function decodeBlock(value: unknown, path: string, place: Place, parts: Part[], decoding: Decoding): void {
  const block = asBag(value, path);
  const type = requiredWord(block, 'type', path);
  if (type === 'text') {
    parts.push(textPart(block, path, decoding));
    return;
  }
  if (place === 'system') {
    parts.push(...unknownParts(type, block, path, decoding));
    return;
  }
  if (place !== 'assistant' && OF_ASSISTANT.has(type)) {
    throw wrong(join(path, 'type'), `a ${type} block stands in messages of the assistant only`);
  }
  switch (type) {
    case 'image':
      parts.push(imagePart(block, path, decoding));
      return;
    case 'document':
      parts.push(...documentParts(block, path, decoding));
      return;
    case 'thinking':
      parts.push(...thinkingParts(block, path, decoding));
      return;
    case 'redacted_thinking':
      addRedacted(block, path, parts, decoding);
      return;
    case 'tool_use':
      parts.push(toolCall(block, path, decoding));
      return;
    case 'tool_result':
      if (place !== 'user') throw wrong(join(path, 'type'), 'a tool_result block stands in messages of the user only');
      parts.push(toolResult(block, path, decoding));
      return;
    default:
      parts.push(...unknownParts(type, block, path, decoding));
  }
}

function textPart(block: Bag, path: string, decoding: Decoding): TextPart {
  const text = requiredString(block, 'text', path);
  const marks = marksOf(block, TEXT_FIELDS, path, decoding);
  if (isAbsent(block.citations)) return { type: 'text', text, ...marks };
  const list = asList(block.citations, join(path, 'citations'), CITATIONS_MAX);
  checkDepth(list, join(path, 'citations'));
  const citations = list.map((item, index) => citationOf(asBag(item, `${path}.citations.${index}`)));
  return { type: 'text', text, ...(citations.length > 0 ? { citations } : {}), ...marks };
}

/** Signed by Claude, unless this router sealed the signature of another family. */
function thinkingParts(block: Bag, path: string, decoding: Decoding): ReasoningPart[] {
  const text = optionalString(block, 'thinking', path) ?? '';
  const signature = optionalString(block, 'signature', path) ?? '';
  const marks = marksOf(block, THINKING_FIELDS, path, decoding);
  if (signature === '') return text === '' ? [] : [{ type: 'reasoning', text, ...marks }];
  const sealed = unseal(signature) ?? { origin: 'claude', value: signature };
  return [{ type: 'reasoning', text, signature: sealed.value, origin: sealed.origin, ...marks }];
}

/** Redacted thinking, or the signature of the part before it. */
function addRedacted(block: Bag, path: string, parts: Part[], decoding: Decoding): void {
  const data = requiredWord(block, 'data', path);
  const marks = marksOf(block, REDACTED_FIELDS, path, decoding);
  const carried = carriedSignature(data);
  const last = parts.at(-1);
  if (carried === undefined) {
    const sealed = unseal(data);
    const redacted = { data: sealed?.value ?? data, origin: sealed?.origin ?? 'claude', ...marks };
    // What another family shows of its thinking and what it hides are one; Messages has a block for each (events.ts).
    const isOne = sealed && last?.type === 'reasoning' && last.origin === undefined;
    if (isOne) parts[parts.length - 1] = { ...last, ...redacted };
    else parts.push({ type: 'reasoning', ...redacted });
    return;
  }
  if (last?.type === 'text' || last?.type === 'tool-call') {
    parts[parts.length - 1] = { ...last, signature: carried.value, origin: carried.origin };
  } else lose(decoding, 'redacted_thinking', 'dropped', 'what it signs does not stand before it any more');
}

function toolCall(block: Bag, path: string, decoding: Decoding): ToolCallPart {
  const id = requiredWord(block, 'id', path);
  const name = requiredWord(block, 'name', path);
  return { type: 'tool-call', id, name, input: inputOf(block, path), ...callMarks(block, path, decoding) };
}

/** Who called says nothing when it is the model itself. */
function callMarks(block: Bag, path: string, decoding: Decoding): Marks {
  const { caller } = block;
  const marks = marksOf(block, CALL_FIELDS, path, decoding);
  if (!isBag(caller) || caller.type === 'direct') return marks;
  checkDepth(caller, join(path, 'caller'));
  return { ...marks, extensions: { [OWNER]: { ...marks.extensions?.[OWNER], caller } } };
}

/** Text stands for an input that was no JSON when the model wrote it (encode.ts). */
function inputOf({ input }: Bag, path: string): string {
  if (isAbsent(input)) return '';
  if (typeof input === 'string') return input;
  checkDepth(input, join(path, 'input'));
  return JSON.stringify(input);
}

function toolResult(block: Bag, path: string, decoding: Decoding): ToolResultPart {
  const id = requiredWord(block, 'tool_use_id', path);
  const at = join(path, 'content');
  const parts = isAbsent(block.content) ? [] : decodeContent(block.content, at, 'result', decoding);
  const error = optionalBoolean(block, 'is_error', path);
  const marks = marksOf(block, RESULT_FIELDS, path, decoding);
  // A cache mark inside a result means the same as one on it, and no target takes it inside.
  const inner = parts.findLast((part) => part.cache)?.cache;
  const cache = marks.cache ?? inner;
  return {
    type: 'tool-result',
    id,
    parts: inner ? parts.map(withoutCache) : parts,
    ...(error ? { error } : {}),
    ...marks,
    ...(cache ? { cache } : {}),
  };
}

function withoutCache(part: Part): Part {
  const { cache: _, ...others } = part;
  // Only an optional member is gone.
  return others as Part;
}

/** Blocks of Anthropic's own: the raw block for a target that speaks it, and for the others what can be read of it. */
function unknownParts(type: string, block: Bag, path: string, decoding: Decoding): Part[] {
  checkDepth(block, path);
  const cache = cacheOf(block, path, decoding);
  const marks = { ...(cache ? { cache } : {}), extensions: rawExtension(type, block) };
  if (type === 'server_tool_use' || type === 'mcp_tool_use') {
    const [id, name] = [requiredWord(block, 'id', path), requiredWord(block, 'name', path)];
    return [{ type: 'tool-call', id, name, input: inputOf(block, path), server: true, ...marks }];
  }
  const text = readableText(block);
  if (type.endsWith('_tool_result') && !isAbsent(block.tool_use_id)) {
    const id = requiredWord(block, 'tool_use_id', path);
    const failed = block.is_error === true || (isBag(block.content) && /_error$/.test(String(block.content.type)));
    const content: Part[] = text === '' ? [] : [{ type: 'text', text }];
    return [{ type: 'tool-result', id, parts: content, server: true, ...(failed ? { error: true } : {}), ...marks }];
  }
  if (text !== '') return [{ type: 'text', text, ...marks }];
  lose(decoding, type, 'dropped', 'only Anthropic itself can read such a block');
  return [];
}
