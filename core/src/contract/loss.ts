// What a target cannot carry is reported, never silently dropped.
import { RouterError } from './error.ts';
import type { ChatRequest } from './request.ts';

export interface Loss {
  /** A key of ChatRequest (`topP`), a key inside an extension (`logprobs`), or a word such as `cache` or
   * `reasoning-history` (what earlier answers thought, with all that they signed; `reasoning` is the setting).
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

/** By owner: what no answer depends on by itself. Anthropic's list switches features on, and what of a feature is asked for stands in
 * fields of its own; OpenAI's key says where to look for the cache, and agents send it unasked (Codex, opencode, 2026-11). */
const HINTS: Readonly<Record<string, string>> = {
  'anthropic-messages': 'anthropic_beta',
  'openai-chat': 'prompt_cache_key',
  'openai-responses': 'prompt_cache_key',
};

/** What must not be answered without: that it was left out would be found too late. By owner. */
const SAFEGUARDS: Readonly<Record<string, string>> = { 'bedrock-converse': 'guardrailConfig', bedrock: 'guardrail' };

/** A loss for every key of the request's own extensions that the provider does not read.
 * `reads`: owner → the keys read; an owner with `'*'` is read whole. Extensions of parts and tools are the plugin's own to report.
 * Throws `unsupported` for a guardrail that nobody would apply. */
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
      if (!read.includes(field) && SAFEGUARDS[owner] === field) {
        throw new RouterError('unsupported', `the target has no guardrails, and ${prefix}${field} asks for one`, {
          field: prefix + field,
        });
      }
      if (!read.includes(field) && HINTS[owner] !== field)
        losses.push({ field: prefix + field, action: 'dropped', reason: 'the target has no such setting' });
    }
  }
  return losses;
}
