// What a part of a message carries besides its content and that Bedrock has no place for.
import type { Part } from '@turnout/core/contract';
import type { Losses } from './losses.ts';
import { DOCUMENT_SETTINGS } from './media.ts';

/** Reports the extensions and signatures of one part that are not sent. `guards`: text that stands where a guardrail may be
 * told to look at it. */
export function notePart(part: Part, losses: Losses, guards = false): void {
  for (const [owner, bag] of Object.entries(part.extensions ?? {})) {
    // What Converse has of its own on a document, or on guarded text, is read with it.
    const read = readOf(part, owner, guards);
    for (const field of Object.keys(bag))
      if (!read.includes(field)) {
        losses.drop(owner === 'bedrock' ? `bedrock.${field}` : field, 'the target has no such setting');
      }
  }
  if (part.signature !== undefined && part.type !== 'reasoning') {
    losses.drop('reasoning', 'signatures of text and tool calls belong to another model family');
  }
}

function readOf({ type }: Part, owner: string, guards: boolean): readonly string[] {
  if (owner === 'bedrock') return type === 'text' && guards ? ['guard'] : [];
  return type === 'media' && owner === 'bedrock-converse' ? DOCUMENT_SETTINGS : [];
}
