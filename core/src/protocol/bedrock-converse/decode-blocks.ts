// The content of a message or a tool result: Converse's blocks, to canonical parts.
import type { Part, TextPart, ToolCallPart, ToolResultPart } from '../../contract/index.ts';
import { citationOfConverse } from '../../wire/converse-citation.ts';
import { type Decoding, lose, spendParts } from '../decoding.ts';
import {
  asBag,
  asList,
  type Bag,
  isAbsent,
  isBag,
  join,
  optionalBag,
  optionalChoice,
  optionalString,
  requiredBag,
  requiredString,
  requiredWord,
  wrong,
} from '../field-reader.ts';
import { decodeMedia, decodeSearchResult, isMediaKind, textPieces } from './decode-media.ts';
import { addReasoning } from './decode-reasoning.ts';
import { invalid, loseUnknown } from './validation.ts';

const OWNER = 'bedrock-converse';
const BLOCKS_MAX = 10_000;

/** One decoding of a Converse body. */
export interface ConverseDecoding extends Decoding {
  /** Why only Bedrock can serve the request. */
  relayOnly: string | undefined;
}

const TOOL_USE: ReadonlySet<string> = new Set(['toolUseId', 'name', 'input', 'type']);
const TOOL_RESULT: ReadonlySet<string> = new Set(['toolUseId', 'content', 'status', 'type']);

/** Every kind of block that is known here, in the order of the API model as of 2026-11. */
const KINDS: ReadonlySet<string> = new Set([
  ...['text', 'image', 'document', 'video', 'audio', 'toolUse', 'toolResult', 'guardContent', 'cachePoint'],
  ...['reasoningContent', 'citationsContent', 'searchResult', 'toolAddition', 'toolRemoval'],
]);
const SYSTEM_KINDS: ReadonlySet<string> = new Set(['text', 'guardContent', 'cachePoint']);
const RESULT_KINDS: ReadonlySet<string> = new Set(['json', 'text', 'image', 'document', 'video', 'searchResult']);
const OF_MESSAGE: Union = { shape: 'ContentBlock', kinds: KINDS };
const OF_SYSTEM: Union = { shape: 'SystemContentBlock', kinds: SYSTEM_KINDS };
const OF_RESULT: Union = { shape: 'ToolResultContentBlock', kinds: RESULT_KINDS };

/** The blocks of a message. Throws `invalid-request` naming the block that is wrong. */
export const decodeBlocks = (value: unknown, path: string, decoding: ConverseDecoding): Part[] =>
  decodeList(value, path, OF_MESSAGE, decoding);

/** The blocks of the system prompt. */
export const decodeSystem = (value: unknown, path: string, decoding: ConverseDecoding): Part[] =>
  decodeList(value, path, OF_SYSTEM, decoding);

interface Union {
  readonly shape: string;
  readonly kinds: ReadonlySet<string>;
}

function decodeList(value: unknown, path: string, union: Union, decoding: ConverseDecoding): Part[] {
  const list = asList(value, path, BLOCKS_MAX);
  spendParts(decoding, list.length);
  const parts: Part[] = [];
  for (const [index, item] of list.entries()) {
    const at = `${path}.${index}`;
    const block = asBag(item, at);
    const kind = kindOf(block, at, union, decoding);
    if (kind === 'cachePoint') markCache(parts, requiredBag(block, kind, at), join(at, kind), decoding);
    else if (kind === 'reasoningContent') addReasoning(parts, requiredBag(block, kind, at), join(at, kind));
    else if (kind !== undefined) parts.push(decodeBlock(kind, block, at, decoding));
  }
  return parts;
}

/** Which member of the union is set. undefined, and a request for Bedrock alone, for one that is newer than this router. */
function kindOf(block: Bag, path: string, { shape, kinds }: Union, decoding: ConverseDecoding): string | undefined {
  let known: string | undefined;
  let foreign: string | undefined;
  let count = 0;
  for (const key in block) {
    if (isAbsent(block[key])) continue;
    if (!kinds.has(key)) foreign ??= key;
    else {
      known ??= key;
      count++;
    }
  }
  if (known !== undefined && count === 1) {
    if (foreign !== undefined) lose(decoding, foreign, 'dropped', 'Converse has no such member here');
    return known;
  }
  if (foreign !== undefined && count === 0 && isBag(block[foreign])) {
    decoding.relayOnly ??= `${path} is a block of a kind that only Bedrock knows (${foreign.slice(0, 80)})`;
    return undefined;
  }
  const one = count > 1 ? 'only set one' : 'set one';
  throw invalid(`${shape} object at ${path} must ${one} of the following keys: ${[...kinds].join(', ')}.`, path);
}

/** The cache takes in everything up to the part before the mark. */
function markCache(parts: Part[], point: Bag, path: string, decoding: Decoding): void {
  const cache = cacheOf(point, path);
  const last = parts.pop();
  if (last) parts.push({ ...last, cache });
  else lose(decoding, 'cachePoint', 'dropped', 'nothing stands before it');
}

/** Throws `invalid-request` for a cache point of another type. */
export function cacheOf(point: Bag, path: string): NonNullable<Part['cache']> {
  if (optionalChoice(point, 'type', path, ['default']) === undefined) throw wrong(join(path, 'type'), 'missing');
  const ttl = optionalChoice(point, 'ttl', path, ['5m', '1h']);
  return ttl === undefined ? {} : { ttl };
}

function decodeBlock(kind: string, block: Bag, path: string, decoding: ConverseDecoding): Part {
  if (kind === 'text') return { type: 'text', text: requiredString(block, 'text', path) };
  const at = join(path, kind);
  const inner = requiredBag(block, kind, path);
  if (isMediaKind(kind)) return decodeMedia(kind, inner, at, decoding);
  switch (kind) {
    case 'toolUse':
      return toolUse(inner, at, decoding);
    case 'toolResult':
      return toolResult(inner, at, decoding);
    case 'guardContent':
      return guarded(inner, at, decoding);
    case 'citationsContent':
      return cited(inner, at);
    case 'searchResult':
      return decodeSearchResult(inner, at);
    default:
      return toolChange(kind, inner, at);
  }
}

function toolUse(block: Bag, path: string, decoding: Decoding): ToolCallPart {
  loseUnknown(block, TOOL_USE, decoding);
  const { input } = block;
  if (!isBag(input)) {
    const problem = 'Provide a json object for the field and try again.';
    throw invalid(`The format of the value at ${path}.input is invalid. ${problem}`, `${path}.input`);
  }
  const call = {
    type: 'tool-call',
    id: requiredWord(block, 'toolUseId', path),
    name: requiredWord(block, 'name', path),
    input: JSON.stringify(input),
  } as const;
  if (optionalString(block, 'type', path) !== 'server_tool_use') return call;
  return { ...call, server: true, extensions: { [OWNER]: { toolUse: block } } };
}

function toolResult(block: Bag, path: string, decoding: ConverseDecoding): ToolResultPart {
  loseUnknown(block, TOOL_RESULT, decoding);
  const at = join(path, 'content');
  const content = asList(block.content ?? [], at, BLOCKS_MAX);
  spendParts(decoding, content.length);
  const result = {
    type: 'tool-result',
    id: requiredWord(block, 'toolUseId', path),
    parts: content.flatMap((item, index) => resultPart(item, `${at}.${index}`, decoding)),
    ...(optionalChoice(block, 'status', path, ['success', 'error']) === 'error' ? { error: true as const } : {}),
  } as const;
  // Only results of tools that Bedrock ran itself have a type.
  if (!optionalString(block, 'type', path)) return result;
  return { ...result, server: true, extensions: { [OWNER]: { toolResult: block } } };
}

function resultPart(value: unknown, path: string, decoding: ConverseDecoding): Part | readonly Part[] {
  const block = asBag(value, path);
  const kind = kindOf(block, path, OF_RESULT, decoding);
  if (kind === undefined) return [];
  if (kind !== 'json') return decodeBlock(kind, block, path, decoding);
  return { type: 'text', text: JSON.stringify(block.json) };
}

/** What a guardrail is to look at is ordinary content for whoever has none. */
function guarded(block: Bag, path: string, decoding: Decoding): Part {
  const extensions = { [OWNER]: { guardContent: block } };
  const image = optionalBag(block, 'image', path);
  if (image) {
    const part = decodeMedia('image', image, join(path, 'image'), decoding);
    return { ...part, extensions };
  }
  const text = requiredBag(block, 'text', path);
  return { type: 'text', text: requiredString(text, 'text', join(path, 'text')), extensions };
}

function cited(block: Bag, path: string): TextPart {
  const text = textPieces(block.content ?? [], join(path, 'content')).join('');
  const citations = asList(block.citations ?? [], join(path, 'citations'), BLOCKS_MAX).map(citationOfConverse);
  return { type: 'text', text, ...(citations.length > 0 ? { citations } : {}) };
}

/** A change of the tools in mid-conversation, told in words to a model that knows no such block. */
function toolChange(kind: string, block: Bag, path: string): TextPart {
  const tool = requiredBag(block, 'tool', path);
  const name = JSON.stringify((optionalString(tool, 'name', join(path, 'tool')) ?? '').slice(0, 128));
  const text =
    kind === 'toolAddition' ? `The tool ${name} is available now.` : `The tool ${name} is no longer available.`;
  return { type: 'text', text, extensions: { [OWNER]: { [kind]: block } } };
}
