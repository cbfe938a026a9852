// The items of an answer's output. Streamed and whole answers are made of the same ones.
import type { Block, Citation, ResultBlock } from '../../contract/index.ts';
import { checkDepth, isBag } from '../field-reader.ts';
import { annotationsOf } from './annotation.ts';
import type { ResponsesEcho } from './decode.ts';
import { carrierOf, type Face, faceOf, rawItemOf } from './shown.ts';
import type {
  ContentPart,
  CustomToolCallItem,
  FunctionCallItem,
  ImageItem,
  ItemStatus,
  MessageItem,
  OutputItem,
  ReasoningItem,
  ToolSearchItem,
} from './wire.ts';

type CallBlock = Extract<Block, { readonly type: 'tool-call' }>;

/** The id of an item: its kind, the request and its place. */
export const itemId = (prefix: 'msg' | 'rs' | 'fc' | 'ctc' | 'tsc' | 'ig', requestId: string, index: number): string =>
  `${prefix}_${requestId}_${index}`;

export const messageItem = (
  id: string,
  phase: string | undefined,
  status: ItemStatus,
  content: ContentPart[],
): MessageItem => ({
  id,
  type: 'message',
  status,
  role: 'assistant',
  ...(phase === undefined ? {} : { phase }),
  content,
});

export const contentPart = (refusal: boolean, text: string, citations?: readonly Citation[]): ContentPart =>
  refusal
    ? { type: 'refusal', refusal: text }
    : { type: 'output_text', annotations: annotationsOf(citations, text), logprobs: [], text };

export const reasoningItem = (id: string, text: string, encrypted: string | undefined): ReasoningItem => ({
  id,
  type: 'reasoning',
  summary: text === '' ? [] : [{ type: 'summary_text', text }],
  content: [],
  ...(encrypted === undefined ? {} : { encrypted_content: encrypted }),
});

export function callItem(
  id: string,
  block: CallBlock,
  names: ResponsesEcho['names'],
  status: ItemStatus,
  input: string,
): FunctionCallItem | CustomToolCallItem {
  const { name, namespace } = names.local(block.name) ?? { name: block.name };
  const called = { call_id: block.id, name, ...(namespace === undefined ? {} : { namespace }) };
  return block.custom
    ? { id, type: 'custom_tool_call', status, ...called, input }
    : { id, type: 'function_call', status, ...called, arguments: input };
}

/** The one call whose arguments clients get as an object. What a model has written of them that is none is left out. */
export function searchItem(id: string, { id: call_id }: CallBlock, status: ItemStatus, input: string): ToolSearchItem {
  return { id, type: 'tool_search_call', status, call_id, execution: 'client', arguments: objectIn(input) };
}

function objectIn(json: string): object {
  try {
    const value: unknown = JSON.parse(json);
    checkDepth(value, 'arguments');
    return isBag(value) ? value : {};
  } catch {
    return {};
  }
}

export const imageItem = (id: string, format: string, status: ItemStatus, data: string | undefined): ImageItem => ({
  id,
  type: 'image_generation_call',
  status,
  output_format: format,
  result: data ?? null,
});

/** Clients parse the arguments of a function, and '' is no JSON. */
export const inputOf = (block: CallBlock, text: string): string => (text === '' && !block.custom ? '{}' : text);

/** Items that a model writes bit by bit. */
const CUTTABLE: ReadonlySet<string> = new Set(['message', 'function_call', 'custom_tool_call']);

interface Listing {
  readonly requestId: string;
  readonly names: ResponsesEcho['names'];
  readonly items: OutputItem[];
  /** The message that the next text may join. */
  message: MessageItem | undefined;
}

/** The output of a whole answer. `cut`: the last item is not complete. */
export function outputOf(
  blocks: readonly ResultBlock[],
  requestId: string,
  names: ResponsesEcho['names'],
  cut: boolean,
): OutputItem[] {
  const listing: Listing = { requestId, names, items: [], message: undefined };
  for (const result of blocks) {
    const face = faceOf(result.block, result.extensions, names);
    if (face) listBlock(result, face, listing);
  }
  const last = listing.items.at(-1);
  if (cut && last && CUTTABLE.has(last.type))
    listing.items[listing.items.length - 1] = { ...last, status: 'incomplete' };
  return listing.items;
}

function listBlock(result: ResultBlock, face: Face, listing: Listing): void {
  const { block, text, data, extensions } = result;
  const { requestId, names, items } = listing;
  const index = items.length;
  const carrier = carrierOf(block, text, result);
  if (face.kind === 'text') {
    if (text !== '') listText(result, face.refusal, face.phase, listing);
  } else if (face.kind === 'reasoning') {
    if (text === '' && carrier === undefined) return;
    items.push(reasoningItem(itemId('rs', requestId, index), text, carrier));
    listing.message = undefined;
    return;
  } else {
    const item = soleItem(block, index);
    if (!item) return;
    items.push(item);
    listing.message = undefined;
  }
  if (carrier === undefined) return;
  items.push(reasoningItem(itemId('rs', requestId, items.length), '', carrier));
  listing.message = undefined;

  function soleItem(shown: Block, place: number): OutputItem | undefined {
    if (shown.type === 'media' && face.kind === 'image') {
      return imageItem(itemId('ig', requestId, place), face.format, 'completed', data);
    }
    if (shown.type !== 'tool-call') return undefined;
    if (face.kind === 'raw') return rawItemOf(shown.name, extensions);
    if (face.kind === 'search') return searchItem(itemId('tsc', requestId, place), shown, 'completed', text);
    const id = itemId(shown.custom ? 'ctc' : 'fc', requestId, place);
    return callItem(id, shown, names, 'completed', inputOf(shown, text));
  }
}

function listText(
  { text, citations }: ResultBlock,
  refusal: boolean,
  phase: string | undefined,
  listing: Listing,
): void {
  const part = contentPart(refusal, text, citations);
  if (listing.message && listing.message.phase === phase) {
    listing.message.content.push(part);
    return;
  }
  const { items, requestId } = listing;
  listing.message = messageItem(itemId('msg', requestId, items.length), phase, 'completed', [part]);
  items.push(listing.message);
}
