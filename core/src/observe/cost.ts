// What an answer has cost, by the list price of its model.
import type { Price, Usage } from '../contract/index.ts';

/** Prices are for this many tokens. */
const TOKENS = 1_000_000;
/** Parts of a dollar: a token of the cheapest model costs more than one. */
const PARTS = 1_000_000_000;

/** In US dollars. Undefined where there is no price, or nothing was used. */
export function costOf(price: Price | undefined, usage: Partial<Usage> | undefined): number | undefined {
  if (price === undefined || usage === undefined) return undefined;
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0 } = usage;
  const { input, output, cacheRead = input, cacheWrite = input } = price;
  const sum = inputTokens * input + outputTokens * output + cacheReadTokens * cacheRead + cacheWriteTokens * cacheWrite;
  return Math.round((sum / TOKENS) * PARTS) / PARTS;
}
