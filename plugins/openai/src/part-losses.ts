// What a part of a message carries besides its content and that chat completions have no place for.
import type { Part } from '@turnout/core/contract';
import type { Draft } from './content.ts';

/** Reports the extensions, signatures and cache marks of one part that are not sent. `read`: what is read of the part's own
 * `openai-chat`, of which a text of chat completions takes all along; `ofResponses`: of its `openai-responses`. */
export function notePart(
  part: Part,
  { losses, dialect }: Draft,
  read: readonly string[] = [],
  ofResponses?: readonly string[],
): void {
  for (const [owner, bag] of Object.entries(part.extensions ?? {})) {
    if (owner === 'openai-chat' && part.type === 'text' && ofResponses === undefined) continue;
    const known = owner === 'openai-chat' ? ['name', ...read] : owner === 'openai-responses' ? (ofResponses ?? []) : [];
    // A plugin's own settings stand inside a field of its name.
    const prefix = /^(openai|anthropic|bedrock)-/.test(owner) ? '' : `${owner}.`;
    for (const field of Object.keys(bag)) {
      if (!known.includes(field)) losses.drop(prefix + field, 'the target has no such setting');
    }
  }
  if (part.signature !== undefined && part.type !== 'reasoning') {
    losses.drop('reasoning-history', 'signatures of text and tool calls belong to another model family');
  }
  if (part.cache !== undefined && !dialect.cachesByItself) {
    losses.drop('cache', 'the server is not known to take cache marks');
  }
}
