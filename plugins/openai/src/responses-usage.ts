// Token counts and endings as OpenAI's Responses report them.
import type { FinishEvent, Usage } from '@turnout/core/contract';
import { NO_USAGE, readUsage } from './usage.ts';
import { type Bag, isBag, textIn } from './wire.ts';

/** undefined when there is no count at all. The same counts as of chat completions, by other names. */
export function readResponsesUsage(value: unknown): Usage | undefined {
  if (!isBag(value)) return undefined;
  return readUsage({
    prompt_tokens: value.input_tokens,
    completion_tokens: value.output_tokens,
    total_tokens: value.total_tokens,
    prompt_tokens_details: value.input_tokens_details,
    completion_tokens_details: value.output_tokens_details,
  });
}

/** What an answer turned out to hold. */
export interface Held {
  readonly calls: boolean;
  readonly refused: boolean;
}

/** The end of a response that is `completed` or `incomplete`. */
export function endOfResponse(response: Bag, { calls, refused }: Held): FinishEvent {
  const details = response.incomplete_details;
  const cause = isBag(details) ? textIn(details.reason) : undefined;
  const incomplete = response.status === 'incomplete';
  const rawReason = cause ?? textIn(response.status) ?? 'completed';
  const ended = calls ? 'tool-calls' : refused ? 'refusal' : 'stop';
  const tier = textIn(response.service_tier);
  return {
    type: 'finish',
    reason: incomplete ? (CAUSES.get(rawReason) ?? 'other') : ended,
    rawReason,
    usage: readResponsesUsage(response.usage) ?? NO_USAGE,
    ...(tier === undefined ? {} : { extensions: { 'openai-chat': { service_tier: tier } } }),
  };
}

const CAUSES = new Map([
  ['max_output_tokens', 'length'],
  ['max_tokens', 'length'],
  ['content_filter', 'content-filter'],
] as const) as ReadonlyMap<string, FinishEvent['reason']>; // looked up with whatever word the server says

/** Calls that the client is to answer. */
export const CLIENT_CALLS: ReadonlySet<string> = new Set([
  ...['function_call', 'custom_tool_call', 'local_shell_call', 'shell_call', 'apply_patch_call', 'computer_call'],
]);

/** Whether a call of this item is the client's to answer: some searches are OpenAI's own. */
export const isClientCall = (item: Bag): boolean =>
  CLIENT_CALLS.has(String(item.type)) || (item.type === 'tool_search_call' && item.execution === 'client');
