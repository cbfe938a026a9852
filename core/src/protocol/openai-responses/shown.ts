// What of an answer's blocks a Responses client sees, and what must come back with a later request.
import type { Block, Extensions, ResultBlock } from '../../contract/index.ts';
import { type Bag, isBag } from '../field-reader.ts';
import { isRefusal } from '../openai-chat/encode.ts';
import { type Carried, encryptedOf } from './carrier.ts';
import type { ResponsesEcho } from './decode.ts';
import type { RawItem } from './wire.ts';

/** How a block is shown; undefined for one that is not. */
export type Face =
  | { readonly kind: 'text'; readonly refusal: boolean; readonly phase: string | undefined }
  | { readonly kind: 'reasoning' }
  | { readonly kind: 'call' }
  /** A call whose arguments are an object, and so are complete when the block ends. */
  | { readonly kind: 'search' }
  | { readonly kind: 'image'; readonly format: string }
  /** An item of OpenAI's own, which is complete when the block ends. */
  | { readonly kind: 'raw' };

/** Calls and results of a vendor's own tools are shown only as items that OpenAI itself made: a client would try to run others. */
export function faceOf(
  block: Block,
  extensions: Extensions | undefined,
  names: ResponsesEcho['names'],
): Face | undefined {
  switch (block.type) {
    case 'text': {
      const phase = extensions?.['openai-responses']?.phase;
      const refusal = extensions !== undefined && isRefusal({ extensions });
      return { kind: 'text', refusal, phase: typeof phase === 'string' ? phase : undefined };
    }
    case 'reasoning':
      return { kind: 'reasoning' };
    case 'tool-call':
      if (block.server) return { kind: 'raw' };
      return { kind: !block.custom && names.isSearch(block.name) ? 'search' : 'call' };
    case 'media':
      // Responses has no place for other media.
      return block.mediaType.startsWith('image/')
        ? { kind: 'image', format: block.mediaType.slice('image/'.length) }
        : undefined;
    case 'tool-result':
      return undefined;
  }
}

/** The item that OpenAI made for a call of its own tools; undefined for any other vendor's call. */
export function rawItemOf(name: string, extensions: Extensions | undefined): RawItem | undefined {
  const item = extensions?.['openai-responses']?.[name];
  return isBag(item) && isRawItem(item) ? item : undefined;
}

const isRawItem = (item: Bag): item is RawItem => typeof item.id === 'string' && typeof item.type === 'string';

/** The end of a block, as far as a replay needs it. */
type Ending = Pick<ResultBlock, 'signature' | 'data'>;

/** What `encrypted_content` says of a block; undefined when there is nothing to carry. A signature without an origin is not sent:
 * nobody could tell later whose it is. */
export function carrierOf(block: Block, text: string, { signature, data }: Ending): string | undefined {
  const origin = 'origin' in block ? block.origin : undefined;
  if (origin === undefined) return undefined;
  const carried = carriedOf(block, origin, text, signature || undefined, data || undefined);
  return carried && encryptedOf(carried);
}

function carriedOf(
  block: Block,
  origin: string,
  text: string,
  signature: string | undefined,
  data: string | undefined,
): Carried | undefined {
  if (block.type === 'reasoning') {
    if (signature === undefined && data === undefined) return undefined;
    const carriesText = text !== '' || signature !== undefined;
    return {
      for: 'reasoning',
      origin,
      ...(carriesText ? { text } : {}),
      ...(signature === undefined ? {} : { signature }),
      ...(data === undefined ? {} : { data }),
    };
  }
  if (signature === undefined) return undefined;
  if (block.type === 'text') return { for: 'text', origin, length: text.length, signature };
  // Of a server's call there is nothing that could be signed again.
  return block.type === 'tool-call' && !block.server
    ? { for: 'tool-call', origin, id: block.id, signature }
    : undefined;
}
