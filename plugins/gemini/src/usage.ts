// Token counts as Google reports them: `usageMetadata`.
import type { Usage } from '@turnout/core/contract';
import { type Bag, isBag } from './wire.ts';

/** Nothing was reported. */
export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0, totalTokens: 0 };

/** undefined when there is no count at all. "promptTokenCount … also includes the number of tokens in the cached content"; thoughts
 * are counted beside the candidates, and what Google's own tools found beside the prompt (UsageMetadata, 2026-08). */
export function readUsage(value: unknown): Usage | undefined {
  if (!isBag(value)) return undefined;
  const prompt = countIn(value, 'promptTokenCount');
  const found = countIn(value, 'toolUsePromptTokenCount');
  const said = countIn(value, 'candidatesTokenCount');
  const thought = countIn(value, 'thoughtsTokenCount');
  if (prompt === undefined && said === undefined && thought === undefined) return undefined;
  const cached = countIn(value, 'cachedContentTokenCount');
  const cacheReadTokens = Math.min(cached ?? 0, prompt ?? 0);
  const inputTokens = (prompt ?? 0) + (found ?? 0) - cacheReadTokens;
  const outputTokens = (said ?? 0) + (thought ?? 0);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + cacheReadTokens + outputTokens,
    ...(cached === undefined ? {} : { cacheReadTokens }),
    ...(thought === undefined ? {} : { reasoningTokens: thought }),
  };
}

/** No count is as large as this: one that is says nothing. */
const COUNT_MAX = 1e12;

function countIn(bag: Bag, name: string): number | undefined {
  const value = bag[name];
  return typeof value === 'number' && value >= 0 && value < COUNT_MAX ? Math.floor(value) : undefined;
}
