// Text as Converse has it: plain, with the citations of an earlier answer, or marked for a guardrail to look at.
import type { TextPart } from '@turnout/core/contract';
import type { ConverseBlock } from '@turnout/core/wire';
import { citedBlock } from './citations.ts';
import type { Family } from './family.ts';
import { isObject } from './json.ts';
import type { Losses } from './losses.ts';

/** The keys that are read of a text's `bedrock-converse` extension. */
export const TEXT_SETTINGS: readonly string[] = ['guardContent'];

/** The block of a text that is not blank. */
export function textBlock(
  part: TextPart,
  role: 'user' | 'assistant',
  { family, losses }: { readonly family: Family; readonly losses: Losses },
): ConverseBlock {
  if (role === 'user') return guardedText(part) ?? { text: part.text };
  if (part.citations === undefined) return { text: part.text };
  const cited = family.citations ? citedBlock(part.text, part.citations) : undefined;
  if (cited === undefined) losses.drop('citations', 'citations are not sent again');
  return cited ?? { text: part.text };
}

const QUALIFIERS: readonly unknown[] = ['grounding_source', 'query', 'guard_content'];

/** The text of a client that speaks Converse and wants its guardrail to look at this, and not at the rest. */
export function guardedText({ text, extensions }: TextPart): Pick<ConverseBlock, 'guardContent'> | undefined {
  const wanted = extensions?.['bedrock-converse']?.guardContent;
  if (!isObject(wanted)) return undefined;
  const given = Array.isArray(wanted.qualifiers) ? wanted.qualifiers : [];
  const qualifiers = given.filter((word) => QUALIFIERS.includes(word));
  return { guardContent: { text: { text, ...(qualifiers.length === 0 ? {} : { qualifiers }) } } };
}
