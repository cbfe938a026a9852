// Limits, sampling and stops of a request, in the words of chat completions.
import type { ChatRequest } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import type { Dialect, Traits } from './dialect.ts';

/** The token limit under the name that the model takes. */
export function writeLimits(
  { maxTokens }: Pick<ChatRequest, 'maxTokens'>,
  usual: string,
  traits: Traits,
): Record<string, unknown> {
  if (maxTokens === undefined) return {};
  // "Unsupported parameter: 'max_tokens' is not supported with this model." of everything that reasons.
  return { [traits.reasons ? 'max_completion_tokens' : usual]: maxTokens };
}

export const NO_SAMPLING = 'a reasoning model takes no such setting';

/** `sampling`: the model takes such settings, as this request has it think. */
export function writeSampling(
  { temperature, topP, topK, seed }: Pick<ChatRequest, 'temperature' | 'topP' | 'topK' | 'seed'>,
  traits: Traits,
  sampling: boolean,
  losses: Losses,
): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  // 1 is the default, and the one value that is always taken.
  if (temperature !== undefined && (sampling || temperature === 1)) fields.temperature = temperature;
  else if (temperature !== undefined) losses.drop('temperature', NO_SAMPLING);
  if (topP !== undefined && sampling) fields.top_p = topP;
  else if (topP !== undefined && topP !== 1) losses.drop('topP', NO_SAMPLING);
  if (topK !== undefined && traits.topK) fields.top_k = topK;
  else if (topK !== undefined) losses.drop('topK', 'OpenAI has no such setting');
  if (seed !== undefined) fields.seed = seed;
  return fields;
}

export function writeStop(
  { stop }: Pick<ChatRequest, 'stop'>,
  { stopsMax }: Dialect,
  traits: Traits,
  losses: Losses,
): Record<string, unknown> {
  if (stop === undefined || stop.length === 0) return {};
  if (!traits.stop) {
    losses.drop('stop', 'a reasoning model takes no such setting');
    return {};
  }
  if (stop.length > stopsMax) losses.approximate('stop', `only the first ${stopsMax} are sent`);
  return { stop: stop.slice(0, stopsMax) };
}
