// Token counts as OpenAI reports them, and as others do under the same names.
import type { Usage } from '@turnout/core/contract';
import { type Bag, isBag } from './wire.ts';

/** Nothing was reported. */
export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** undefined when there is no count at all. `prompt_tokens` includes what was read from and written to a cache. */
export function readUsage(value: unknown): Usage | undefined {
  if (!isBag(value)) return undefined;
  const prompt = countIn(value, 'prompt_tokens');
  const completion = countIn(value, 'completion_tokens');
  if (prompt === undefined && completion === undefined) return undefined;
  const details = isBag(value.prompt_tokens_details) ? value.prompt_tokens_details : {};
  const thoughts = isBag(value.completion_tokens_details) ? value.completion_tokens_details : {};
  const thought = countIn(thoughts, 'reasoning_tokens');
  // DeepSeek's and Mistral's names for what was read from the cache.
  const read =
    countIn(details, 'cached_tokens') ??
    countIn(value, 'prompt_cache_hit_tokens') ??
    countIn(value, 'num_cached_tokens');
  const written = countIn(details, 'cache_write_tokens');
  const cacheReadTokens = Math.min(read ?? 0, prompt ?? 0);
  const cacheWriteTokens = Math.min(written ?? 0, (prompt ?? 0) - cacheReadTokens);
  const inputTokens = (prompt ?? 0) - cacheReadTokens - cacheWriteTokens;
  const outputTokens = outputOf(value, prompt ?? 0, completion ?? 0, thought ?? 0);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + cacheReadTokens + cacheWriteTokens + outputTokens,
    ...(read === undefined ? {} : { cacheReadTokens }),
    ...(written === undefined ? {} : { cacheWriteTokens }),
    ...(thought === undefined ? {} : { reasoningTokens: Math.min(thought, outputTokens) }),
  };
}

/** xAI counts reasoning beside the completion (its total says so), everybody else as part of it. */
function outputOf(value: Bag, prompt: number, completion: number, thought: number): number {
  const total = countIn(value, 'total_tokens');
  return thought > 0 && total === prompt + completion + thought ? completion + thought : completion;
}

function countIn(bag: Bag, name: string): number | undefined {
  const value = bag[name];
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.floor(value) : undefined;
}
