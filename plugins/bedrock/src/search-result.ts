// Search results of the client's own finding, as blocks that a Claude can cite.
import type { TextPart } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import type { ConverseSearchResult } from '@turnout/core/wire';
import type { Family } from './family.ts';

/** The block in a part that stands for one, in Anthropic's form or in Converse's; undefined for any other text, and for a family
 * that takes no such block. */
export function searchResultOf({ extensions }: TextPart, family: Family): ConverseSearchResult | undefined {
  const raw = extensions?.['anthropic-messages']?.search_result ?? extensions?.['bedrock-converse']?.searchResult;
  if (!isObject(raw) || !family.citations) return undefined;
  const { source, title, content, citations } = raw;
  if (typeof source !== 'string' || typeof title !== 'string' || !Array.isArray(content)) return undefined;
  const pieces = content.flatMap((piece) =>
    isObject(piece) && typeof piece.text === 'string' && /\S/.test(piece.text) ? [{ text: piece.text }] : [],
  );
  if (pieces.length === 0 || pieces.length < content.length) return undefined;
  const enabled = isObject(citations) && citations.enabled === true;
  return { source, title, content: pieces, ...(enabled ? { citations: { enabled } } : {}) };
}
