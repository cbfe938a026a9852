// What a sticky route keeps at one target, as far as a request has it.
import { hash } from 'node:crypto';
import type { StickyBy } from '../config/config.ts';
import type { ChatRequest, Part } from '../contract/index.ts';
import type { Head } from '../protocol/protocol.ts';

/** What a value is taken from. A request for embeddings has no prompt that is cached. */
export type StickySource = Partial<Pick<ChatRequest, 'user' | 'system' | 'messages'>>;

/** Undefined where the request has none: then any target is as good as the other. */
export function stickyValue(by: StickyBy, request: StickySource, headers: Head['headers'] = {}): string | undefined {
  if (by.by === 'header') {
    const value = headers[by.header];
    return (typeof value === 'string' ? value : value?.join()) || undefined;
  }
  return by.by === 'user' ? request.user || undefined : prefixDigest(request);
}

/** Of a text that is longer, this much is read at both its ends, and its length. */
const END_CHARACTERS = 2_048;
/** Of a prompt with more texts, these are read. */
const TEXTS_MAX = 64;

/** The digest of what stays the same over all turns of a conversation, and of no other: the instructions, and all that was said before
 * the first answer. A vendor's cache is found by the prompt from its very beginning, so the turns of one conversation must meet the
 * same target; two conversations with the same instructions need not. They are spread on purpose: their common beginning is soon
 * cached everywhere, and one popular agent must not crowd onto one target. Tools are left out: what differs only in them shares no
 * cache and loses nothing by being at the same target, and reading their schemas would cost more than all the rest. */
function prefixDigest({ system = [], messages = [] }: StickySource): string | undefined {
  const marked = system.filter((part) => part.cache);
  // Claude Code (2.1, 2026-11) puts a line before its instructions that changes with each prompt, and marks only what does not.
  const texts = textsOf(marked.length > 0 ? marked : system);
  for (const { role, parts } of messages) {
    if (role === 'assistant' || texts.length >= TEXTS_MAX) break;
    texts.push(...textsOf(parts));
  }
  if (texts.length === 0) return undefined;
  return hash('sha256', texts.slice(0, TEXTS_MAX).map(excerpt).join('\n'), 'base64url');
}

function textsOf(parts: readonly Part[]): string[] {
  const texts: string[] = [];
  for (const part of parts) {
    if (part.type === 'text') texts.push(part.text);
    else if (part.type === 'media') texts.push(part.url ?? part.data ?? '');
    else if (part.type === 'tool-result') texts.push(...textsOf(part.parts));
  }
  return texts;
}

const excerpt = (text: string): string =>
  text.length <= 2 * END_CHARACTERS
    ? text
    : `${text.slice(0, END_CHARACTERS)}${text.length}${text.slice(-END_CHARACTERS)}`;
