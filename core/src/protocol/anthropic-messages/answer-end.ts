// The end of an answer: why it ended and what it used, in Anthropic's words.
import type { FinishEvent, FinishReason, Usage } from '../../contract/index.ts';
import { type Bag, isBag } from '../field-reader.ts';
import { OWNER } from './raw-block.ts';
import type { AnswerEnd, MessagesUsage, StopReason } from './wire.ts';

/** Anthropic has no word for an answer that a guardrail stopped; of a refusal its clients know that there is no answer to use. */
const STOP_REASONS: Readonly<Record<FinishReason, StopReason>> = {
  stop: 'end_turn',
  length: 'max_tokens',
  'tool-calls': 'tool_use',
  'content-filter': 'refusal',
  refusal: 'refusal',
  pause: 'pause_turn',
  other: 'end_turn',
};

/** Anthropic's own words that say more than the canonical one. */
const FINER: ReadonlyMap<string, FinishReason> = new Map([
  ['stop_sequence', 'stop'],
  ['model_context_window_exceeded', 'length'],
  ['compaction', 'other'],
]);

/** `stop_reason` and what belongs to it. */
export function answerEndOf({ reason, rawReason, stopSequence, extensions }: FinishEvent): AnswerEnd {
  return {
    stop_reason: stopReasonOf(reason, rawReason, stopSequence),
    stop_sequence: stopSequence ?? null,
    stop_details: extensions?.[OWNER]?.stop_details ?? null,
  };
}

function stopReasonOf(reason: FinishReason, rawReason: string, stopSequence: string | undefined): StopReason {
  if (reason === 'stop' && stopSequence !== undefined) return 'stop_sequence';
  // The keys of FINER are all words of StopReason.
  if (FINER.get(rawReason) === reason) return rawReason as StopReason;
  return STOP_REASONS[reason];
}

/** What Anthropic's answers say beside `stop_reason` and `usage`, where a provider gives it. */
export function answerExtrasOf({ extensions }: FinishEvent): Bag {
  const { context_management, container } = extensions?.[OWNER] ?? {};
  return {
    ...(context_management === undefined ? {} : { context_management }),
    ...(container === undefined ? {} : { container }),
  };
}

/** Usage at the beginning of a stream: what is known of it. */
export const startUsageOf = (usage: Partial<Usage> = {}): MessagesUsage =>
  usageOf({ inputTokens: 0, outputTokens: 0, totalTokens: 0, ...usage });

/** The usage of a whole answer, with Anthropic's own further counts where a provider gives them. */
export function finalUsageOf({ usage, extensions }: FinishEvent): MessagesUsage {
  const further = extensions?.[OWNER]?.usage;
  return isBag(further) ? { ...usageOf(usage), ...further } : usageOf(usage);
}

/** The same for the end of a stream, where Anthropic does not say for how long a cache was written; an hour costs more, so that
 * it is said here. */
export function lastUsageOf(finish: FinishEvent): Bag {
  const { cache_creation, ...usage } = finalUsageOf(finish);
  return cache_creation?.ephemeral_1h_input_tokens ? { ...usage, cache_creation } : usage;
}

function usageOf(usage: Usage): MessagesUsage {
  const { inputTokens, outputTokens, cacheReadTokens = 0, cacheWriteTokens = 0, reasoningTokens } = usage;
  const hour = Math.min(usage.cacheWrite1hTokens ?? 0, cacheWriteTokens);
  return {
    input_tokens: inputTokens,
    cache_creation_input_tokens: cacheWriteTokens,
    cache_read_input_tokens: cacheReadTokens,
    cache_creation: { ephemeral_5m_input_tokens: cacheWriteTokens - hour, ephemeral_1h_input_tokens: hour },
    output_tokens: outputTokens,
    ...(reasoningTokens === undefined ? {} : { output_tokens_details: { thinking_tokens: reasoningTokens } }),
  };
}
