// What a target cannot carry is reported, never silently dropped.
import type { ChatRequest } from './request.ts';

export interface Loss {
  /** A key of ChatRequest (`topP`), a key inside an extension (`logprobs`), or a word such as `reasoning` or `cache`.
   * The client's protocol turns it into the client's own field name. */
  readonly field: string;
  readonly action: 'dropped' | 'approximated';
  readonly reason: string;
  /** The route has set it, not the client: `strict` does not count it, `check` warns of it. */
  readonly ofRoute?: true;
}

/** Owners whose keys are the client's own fields. Those of a plugin stand inside a field of its name. */
const PROTOCOLS: ReadonlySet<string> = new Set([
  'openai-chat',
  'openai-responses',
  'openai-embeddings',
  'anthropic-messages',
  'bedrock-converse',
]);

/** A loss for every key of the request's own extensions that the provider does not read.
 * `reads`: owner → the keys read; an owner with `'*'` is read whole. Extensions of parts and tools are the plugin's own to report. */
export function unreadExtensions(
  request: Pick<ChatRequest, 'extensions'>,
  reads: Readonly<Record<string, '*' | readonly string[]>>,
): Loss[] {
  const losses: Loss[] = [];
  for (const [owner, bag] of Object.entries(request.extensions ?? {})) {
    const read = reads[owner] ?? [];
    if (read === '*') continue;
    const prefix = PROTOCOLS.has(owner) ? '' : `${owner}.`;
    for (const field of Object.keys(bag)) {
      if (!read.includes(field))
        losses.push({ field: prefix + field, action: 'dropped', reason: 'the target has no such setting' });
    }
  }
  return losses;
}
