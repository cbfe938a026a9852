// `reasoning_details`: what a chat client must bring back so that signed reasoning can be replayed byte for byte.
// One complete entry per block, because accumulators of streamed deltas differ: the list is sent once.
import type { Block } from '../../contract/index.ts';
import { seal } from '../reasoning-envelope.ts';
import type { ReasoningDetail } from './wire.ts';

/** A block of an answer, as far as `reasoning_details` needs it. */
export interface CarriedBlock {
  readonly block: Block;
  /** Shown in `refusal` instead of `content`. */
  readonly refusal: boolean;
  /** The text of a reasoning block; of other blocks only the length is looked at. */
  readonly text: string;
  /** UTF-16 units of all text. */
  readonly length: number;
  readonly signature?: string | undefined;
  readonly data?: string | undefined;
}

interface ShownBlock {
  readonly carried: CarriedBlock;
  readonly signature: string | undefined;
  readonly data: string | undefined;
}

/** The entries for an answer's blocks; undefined when nothing of it is signed or redacted. A signature without an origin
 * is not sent: nobody could tell later whose it is. */
export function reasoningDetailsOf(blocks: Iterable<CarriedBlock>): ReasoningDetail[] | undefined {
  const shown: ShownBlock[] = [];
  let sealed = false;
  for (const carried of blocks) {
    const { block, signature, data } = carried;
    const origin = 'origin' in block ? block.origin : undefined;
    const own = {
      carried,
      signature: origin && signature ? seal({ origin, value: signature }) : undefined,
      data: origin && data ? seal({ origin, value: data }) : undefined,
    };
    if (!isShown(own)) continue;
    shown.push(own);
    sealed ||= own.signature !== undefined || own.data !== undefined;
  }
  if (!sealed) return undefined;
  const markTexts = !isUsualOrder(shown);
  return shown.flatMap((own, index) => detailOf(own, index, markTexts) ?? []);
}

function isShown({ carried, signature, data }: ShownBlock): boolean {
  const { block, length } = carried;
  if (block.type === 'tool-call') return !block.server;
  if (block.type === 'text') return length > 0 || signature !== undefined;
  return block.type === 'reasoning' && (length > 0 || signature !== undefined || data !== undefined);
}

/** Without marks a decoder puts reasoning at its index and fills up with the text, the refusal, then the tool calls. */
function isUsualOrder(shown: readonly ShownBlock[]): boolean {
  let last = 0;
  for (const { carried, signature } of shown) {
    if (carried.block.type === 'reasoning') continue;
    const rank = carried.block.type === 'tool-call' ? 3 : carried.refusal ? 2 : 1;
    if (rank === 1 && signature !== undefined) return false;
    if (rank < last || (rank === last && rank !== 3)) return false;
    last = rank;
  }
  return true;
}

function detailOf(
  { carried, signature, data }: ShownBlock,
  index: number,
  markTexts: boolean,
): ReasoningDetail | undefined {
  const { block, text, length } = carried;
  if (block.type === 'reasoning') {
    const signed = signature === undefined ? {} : { signature };
    if (data === undefined) return { type: 'reasoning.text', index, text, ...signed };
    return { type: 'reasoning.encrypted', index, data, ...(text === '' ? {} : { text }), ...signed };
  }
  if (block.type === 'tool-call') {
    return signature === undefined
      ? undefined
      : { type: 'signature', for: 'tool-call', index, id: block.id, signature };
  }
  if (!markTexts || carried.refusal) return undefined;
  return signature === undefined
    ? { type: 'text', index, length }
    : { type: 'signature', for: 'text', index, length, signature };
}
