// What a part of a message carries besides its content and that Bedrock has no place for.
import type { Part } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import { isObject } from '@turnout/core/plugin';
import type { Family } from './family.ts';
import { searchResultOf } from './search-result.ts';

/** Reports the extensions and signatures of one part that are not sent. `guards`: text that stands where a guardrail may be
 * told to look at it. */
export function notePart(part: Part, losses: Losses, family: Family, guards = false): void {
  for (const [owner, bag] of Object.entries(part.extensions ?? {})) {
    for (const [field, value] of Object.entries(bag)) {
      if (isRead(part, owner, field, family, guards)) continue;
      if (isWhole(owner, field, value)) losses.approximate(field, 'it is sent as text');
      else losses.drop(owner === 'bedrock' ? `bedrock.${field}` : field, 'the target has no such setting');
    }
  }
  if (part.signature !== undefined && part.type !== 'reasoning') {
    losses.drop('reasoning-history', 'signatures of text and tool calls belong to another model family');
  }
}

function isRead(part: Part, owner: string, field: string, family: Family, guards: boolean): boolean {
  // What becomes of the calls of a vendor's own tools is said where they are read.
  if ((part.type === 'tool-call' || part.type === 'tool-result') && part.server) return true;
  if (part.type !== 'text') return false;
  if (owner === 'bedrock') return guards && field === 'guard';
  if (owner === 'bedrock-converse' && field === 'guardContent') return guards;
  return (field === 'search_result' || field === 'searchResult') && searchResultOf(part, family) !== undefined;
}

/** Whether it is a whole block in a vendor's own form, of which the part says what can be said in text. */
const isWhole = (owner: string, field: string, value: unknown): boolean =>
  isObject(value) && (owner === 'bedrock-converse' || value.type === field);
