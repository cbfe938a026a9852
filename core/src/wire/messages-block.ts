// Anthropic's own blocks, kept as they are in an extension, under their type's word.
import type { Extensions } from '../contract/request.ts';

type Json = Readonly<Record<string, unknown>>;

/** The owner of what only Messages has. */
export const MESSAGES_OWNER = 'anthropic-messages';

/** The block that an extension holds whole; undefined when it holds none. */
export function rawMessagesBlock(extensions: Extensions | undefined): Json | undefined {
  const own = extensions?.[MESSAGES_OWNER];
  if (own === undefined) return undefined;
  for (const [type, value] of Object.entries(own)) if (isJson(value) && value.type === type) return value;
  return undefined;
}

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The extension that holds a block whole. `type` is the block's own. */
export const rawMessagesExtension = (type: string, block: Json): Extensions => ({
  // Not by assignment: a type is the client's word, and may be __proto__.
  [MESSAGES_OWNER]: Object.fromEntries([[type, block]]),
});
