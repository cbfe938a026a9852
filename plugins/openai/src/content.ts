// The content of one message: a string, or a list of parts.

import type { Part, TextPart } from '@turnout/core/contract';
import type { Losses, ToolNames } from '@turnout/core/plugin';
import type { Dialect } from './dialect.ts';
import type { ReasoningField } from './lessons.ts';
import type { ContentPart, TextContent } from './wire.ts';

/** What writing a request needs at every step. */
export interface Draft {
  readonly dialect: Dialect;
  readonly losses: Losses;
  readonly names: ToolNames;
  /** Where unsigned reasoning of earlier answers goes; undefined: nowhere. */
  readonly reasoningField: ReasoningField | undefined;
  /** The origin of what this server wants back unread. */
  readonly origin: string;
}

/** Fields of a part's own extension that belong to its message, or say what it is. */
const OF_MESSAGE = new Set(['name', 'refusal']);

/** A text with what else the client wrote beside it. */
export function textPart({ text, extensions }: TextPart): ContentPart {
  const beside = Object.entries(extensions?.['openai-chat'] ?? {}).filter(([field]) => !OF_MESSAGE.has(field));
  return beside.length === 0 ? { type: 'text', text } : { ...Object.fromEntries(beside), type: 'text', text };
}

/** The participant that the client named: on the message's first part. */
export function nameOf(parts: readonly Part[]): string | undefined {
  const name = parts[0]?.extensions?.['openai-chat']?.name;
  return typeof name === 'string' ? name : undefined;
}

const isPlain = (part: ContentPart): part is TextContent => part.type === 'text' && Object.keys(part).length === 2;

/** A string where there is only text, since every server takes that. Empty texts among others say nothing. */
export function messageContent(parts: readonly ContentPart[], dialect: Dialect): WireContent {
  const said = parts.filter((part) => part.type !== 'text' || part.text !== '');
  const texts = said.filter(isPlain);
  if (texts.length < said.length) return said;
  if (texts.length > 1 && dialect.textParts) return texts;
  return joinedText(
    texts.map(({ text }) => text),
    '\n\n',
  );
}

type WireContent = string | readonly ContentPart[];

export const joinedText = (texts: readonly string[], between: string): string =>
  texts.length === 1 ? (texts[0] ?? '') : texts.join(between);
