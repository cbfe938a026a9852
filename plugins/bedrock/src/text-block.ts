// Text as Converse has it: plain, with the citations of an earlier answer, or marked for a guardrail to look at.
import type { TextPart } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import type { ConverseBlock } from '@turnout/core/wire';
import { citedBlock } from './citations.ts';
import type { Family } from './family.ts';
import { guardedBlock } from './guardrail.ts';
import { searchResultOf } from './search-result.ts';

/** The block of a text that is not blank. */
export function textBlock(
  part: TextPart,
  role: 'user' | 'assistant',
  { family, losses }: { readonly family: Family; readonly losses: Losses },
): ConverseBlock {
  const found = role === 'user' ? searchResultOf(part, family) : undefined;
  if (found !== undefined) return { searchResult: found };
  const plain = (role === 'user' ? guardedBlock(part) : undefined) ?? { text: part.text };
  if (part.citations === undefined) return plain;
  const cited = family.citations && role === 'assistant' ? citedBlock(part.text, part.citations) : undefined;
  if (cited === undefined) losses.drop('citations', 'citations are not sent again');
  return cited ?? plain;
}
