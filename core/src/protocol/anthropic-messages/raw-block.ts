// Anthropic's own blocks, kept as they are in an extension, under their type's word.
import type { Extensions } from '../../contract/index.ts';
import { type Bag, isBag } from '../field-reader.ts';

export const OWNER = 'anthropic-messages';

/** The block that an extension holds whole; undefined when it holds none. */
export function rawBlockOf(extensions: Extensions | undefined): Bag | undefined {
  const own = extensions?.[OWNER];
  if (own === undefined) return undefined;
  for (const [type, value] of Object.entries(own)) if (isBag(value) && value.type === type) return value;
  return undefined;
}

/** The extension that holds a block whole. `type` is the block's own. */
export const rawExtension = (type: string, block: Bag): Extensions => ({
  // Not by assignment: a type is the client's word, and may be __proto__.
  [OWNER]: Object.fromEntries([[type, block]]),
});
