// Citations of an earlier answer, sent back as Converse has them.
import type { Citation } from '@turnout/core/contract';
import { type ConverseBlock, converseCitation } from '@turnout/core/wire';

/** The text with its citations; undefined when one of them names no place in what the request holds: a page of the web
 * that another vendor has searched is unknown to the model. */
export function citedBlock(text: string, citations: readonly Citation[]): ConverseBlock | undefined {
  if (citations.length === 0 || !citations.every(isWithin)) return undefined;
  return { citationsContent: { content: [{ text }], citations: citations.map(converseCitation) } };
}

const isWithin = ({ place }: Citation): boolean => place !== undefined && place.in !== 'web';
