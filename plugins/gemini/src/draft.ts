// What writing a request needs at every step, and what a part carries that Gemini has no place for.
import type { Part } from '@turnout/core/contract';
import type { Losses, ToolNames } from '@turnout/core/plugin';
import { ORIGIN } from './echo.ts';
import type { Traits } from './traits.ts';

export interface Draft {
  readonly traits: Traits;
  readonly losses: Losses;
  readonly names: ToolNames;
}

/** Reports the extensions and signatures of one part that are not sent. Cache marks say nothing here: Gemini caches by itself
 * (implicit caching, on since 2.5). */
export function notePart(part: Part, { losses }: Draft): void {
  for (const [owner, bag] of Object.entries(part.extensions ?? {})) {
    // A plugin's own settings stand inside a field of its name.
    const prefix = /^(openai|anthropic|bedrock)-/.test(owner) ? '' : `${owner}.`;
    for (const field of Object.keys(bag)) losses.drop(prefix + field, 'the target has no such setting');
  }
  if (part.signature !== undefined && part.origin !== ORIGIN)
    losses.drop('reasoning-history', 'what another model family signed is not sent');
}

/** The signature of a part, when it is Gemini's own. */
export const signatureOf = (part: Part): { readonly thoughtSignature?: string } =>
  part.origin === ORIGIN && part.signature !== undefined ? { thoughtSignature: part.signature } : {};
