// Reasoning that a client brings back: `reasoning_details` and `reasoning_content`, put where the blocks stood.
import type { Part, ReasoningPart, TextPart, ToolCallPart } from '../../contract/index.ts';
import { type Decoding, lose, spendParts } from '../decoding.ts';
import { type Bag, isAbsent, isBag, optionalString } from '../field-reader.ts';
import { type SealedReasoning, unseal } from '../reasoning-envelope.ts';
import type { ContentPart } from './decode-parts.ts';

/** What a message says besides its reasoning. */
export interface VisibleParts {
  readonly content: readonly ContentPart[];
  /** Refusal and images. */
  readonly others: readonly Part[];
  readonly calls: readonly ToolCallPart[];
}

interface Placed {
  readonly index: number;
  readonly part: Part;
}
interface TextMark {
  readonly index: number;
  readonly length: number;
  readonly sealed: SealedReasoning | undefined;
}
interface CallMark {
  readonly index: number;
  readonly id: unknown;
  readonly sealed: SealedReasoning;
}
/** What `reasoning_details` says. `known`: this router wrote it, so its indexes are positions. */
interface Details {
  known: boolean;
  readonly reasoning: Placed[];
  readonly texts: TextMark[];
  readonly calls: CallMark[];
}

/** All parts of an assistant message in the order in which the model gave them. Entries that this router did not write
 * keep their text as unsigned reasoning, in front; what they signed is the loss `reasoning_details`. */
export function restoreReasoning(message: Bag, path: string, visible: VisibleParts, decoding: Decoding): Part[] {
  const details = readDetails(message.reasoning_details, decoding);
  const text = optionalString(message, 'reasoning_content', path) ?? plainReasoning(message);
  if (details.reasoning.length === 0 && text) details.reasoning.push({ index: 0, part: { type: 'reasoning', text } });
  const content = visible.content.filter((part) => part.type !== 'text' || part.text !== '');
  const texts = splitText(content, details.texts);
  if (texts === undefined && details.texts.some((mark) => mark.sealed)) {
    lose(decoding, 'reasoning_details', 'dropped', 'the text that was signed has changed');
  }
  const placed = [...details.reasoning, ...(texts ?? [])];
  const floating: Part[] = [...(texts ? [] : content), ...visible.others, ...visible.calls];
  spendParts(decoding, placed.length);
  return signCalls(placed.length === 0 ? floating : merge(placed, floating, details.known), details.calls);
}

/** OpenRouter's name for `reasoning_content`. */
const plainReasoning = (message: Bag): string | undefined =>
  typeof message.reasoning === 'string' ? message.reasoning : undefined;

/** Placed parts at their index, the others around them in their own order. */
function merge(placed: readonly Placed[], floating: readonly Part[], known: boolean): Part[] {
  if (!known) return [...placed.map(({ part }) => part), ...floating];
  const parts: Part[] = [];
  let next = 0;
  for (const { index, part } of placed.toSorted((one, other) => one.index - other.index)) {
    const gap = floating.slice(next, next + Math.max(0, index - parts.length));
    next += gap.length;
    parts.push(...gap, part);
  }
  return [...parts, ...floating.slice(next)];
}

function readDetails(value: unknown, decoding: Decoding): Details {
  const details: Details = { known: false, reasoning: [], texts: [], calls: [] };
  if (isAbsent(value)) return details;
  const readAll = Array.isArray(value) && value.map((entry) => readDetail(entry, details)).every(Boolean);
  if (!readAll) lose(decoding, 'reasoning_details', 'dropped', 'signed or encrypted elsewhere, or not in this form');
  return details;
}

/** False when something of the entry is lost. */
function readDetail(entry: unknown, details: Details): boolean {
  if (!isBag(entry)) return false;
  const index = typeof entry.index === 'number' && entry.index >= 0 ? entry.index : 0;
  const sealed = unseal(entry.signature);
  const foreign = !isAbsent(entry.signature) && entry.signature !== '' && !sealed;
  if (sealed) details.known = true;
  switch (entry.type) {
    case 'reasoning.text':
      return placeReasoning(details, index, { text: entry.text, signature: sealed }) && !foreign;
    case 'reasoning.summary':
      return placeReasoning(details, index, { text: entry.summary, signature: sealed }) && !foreign;
    case 'reasoning.encrypted': {
      const data = unseal(entry.data);
      if (data) details.known = true;
      return (
        placeReasoning(details, index, { text: entry.text, signature: sealed, data }) && data !== undefined && !foreign
      );
    }
    case 'signature':
      if (!sealed) return false;
      if (entry.for === 'tool-call') details.calls.push({ index, id: entry.id, sealed });
      else details.texts.push({ index, length: lengthOf(entry), sealed });
      return true;
    case 'text':
      details.texts.push({ index, length: lengthOf(entry), sealed: undefined });
      return true;
    default:
      return false;
  }
}

const lengthOf = (entry: Bag): number => (typeof entry.length === 'number' ? entry.length : -1);

interface ReasoningPieces {
  readonly text: unknown;
  readonly signature: SealedReasoning | undefined;
  readonly data?: SealedReasoning | undefined;
}

/** False when there is nothing in it. */
function placeReasoning(details: Details, index: number, { text, signature, data }: ReasoningPieces): boolean {
  const hasText = typeof text === 'string' && (text !== '' || signature !== undefined);
  if (!hasText && !signature && !data) return false;
  const origin = signature?.origin ?? data?.origin;
  const part: ReasoningPart = {
    type: 'reasoning',
    ...(hasText ? { text } : {}),
    ...(data ? { data: data.value } : {}),
    ...(signature ? { signature: signature.value } : {}),
    ...(origin === undefined ? {} : { origin }),
  };
  details.reasoning.push({ index, part });
  return true;
}

/** The content cut into the blocks it came from; undefined when it is no longer the text that was marked. */
function splitText(content: readonly ContentPart[], marks: readonly TextMark[]): Placed[] | undefined {
  if (marks.length === 0) return undefined;
  const whole = content.map((part) => (isPlainText(part) ? part.text : undefined));
  if (whole.includes(undefined)) return undefined;
  const text = whole.join('');
  let start = 0;
  const placed: Placed[] = [];
  for (const { index, length, sealed } of marks.toSorted((one, other) => one.index - other.index)) {
    if (!(length >= 0)) return undefined;
    const signed = sealed ? { signature: sealed.value, origin: sealed.origin } : {};
    placed.push({ index, part: { type: 'text', text: text.slice(start, start + length), ...signed } });
    start += length;
  }
  return start === text.length ? placed : undefined;
}

const isPlainText = (part: ContentPart): part is TextPart => part.type === 'text' && !part.cache && !part.extensions;

/** Signatures of tool calls, back on the calls with the same id; where a model gave an id twice, by position. */
function signCalls(parts: Part[], marks: readonly CallMark[]): Part[] {
  if (marks.length === 0) return parts;
  const isInPlace = ({ index, id }: CallMark): boolean => {
    const part = parts[index];
    return part?.type === 'tool-call' && part.id === id;
  };
  const byIndex = new Map(marks.filter(isInPlace).map((mark) => [mark.index, mark]));
  const byId = new Map(marks.filter((mark) => !isInPlace(mark)).map((mark) => [mark.id, mark]));
  return parts.map((part, index) => {
    if (part.type !== 'tool-call') return part;
    const mark = byIndex.get(index) ?? byId.get(part.id);
    return mark ? { ...part, signature: mark.sealed.value, origin: mark.sealed.origin } : part;
  });
}
