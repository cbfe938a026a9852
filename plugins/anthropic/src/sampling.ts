// The limits and the sampling of a request, within what the model takes.
import type { ChatRequest } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import type { ClaudeTraits } from '@turnout/core/wire';
import { isKnown } from './traits.ts';

/** The max_tokens to send: Anthropic requires one. Without the client's it is all that the model can say. */
export function limitTokens(requested: number | undefined, traits: ClaudeTraits, losses: Losses): number {
  const max = traits.outputTokensMax;
  if (requested === undefined) return max;
  // A beta lets Claude 3.7 say more.
  if (requested <= max || !isKnown(traits) || traits.name === 'claude-3-7') return requested;
  losses.approximate('maxTokens', `the model answers with at most ${max} tokens`);
  return max;
}

export type Sampling = Pick<ChatRequest, 'temperature' | 'topP' | 'topK'>;

export interface SamplingFields {
  temperature?: number;
  top_p?: number;
  top_k?: number;
}

/** Thinking happens at a temperature of 1, and a top_p below this is refused beside it. */
const THINKING_TOP_P_MIN = 0.95;

/** `thinking`: the model is made to think. */
export function writeSampling(
  { temperature, topP, topK }: Sampling,
  { sampling }: ClaudeTraits,
  thinking: boolean,
  losses: Losses,
): SamplingFields {
  const fields: SamplingFields = {};
  const refusal =
    sampling === 'none' ? 'the model has no such setting' : thinking ? 'a thinking model takes none' : undefined;
  if (temperature !== undefined && refusal !== undefined) {
    // 1 is what thinking happens at.
    if (temperature !== 1 || sampling === 'none') losses.drop('temperature', refusal);
  } else if (temperature !== undefined) {
    fields.temperature = Math.min(1, Math.max(0, temperature));
    if (fields.temperature !== temperature)
      losses.approximate('temperature', `the model takes 0 to 1: ${fields.temperature} is sent`);
  }
  const isFit = topP !== undefined && (refusal === undefined || (sampling !== 'none' && topP >= THINKING_TOP_P_MIN));
  if (topP !== undefined && !isFit) losses.drop('topP', refusal ?? 'the model has no such setting');
  else if (topP !== undefined && sampling === 'one' && temperature !== undefined)
    losses.drop('topP', 'the model takes temperature or topP, not both');
  else if (topP !== undefined) fields.top_p = topP;
  if (topK !== undefined && refusal !== undefined) losses.drop('topK', refusal);
  else if (topK !== undefined) fields.top_k = topK;
  return fields;
}

export function writeStop(stop: readonly string[] | undefined, losses: Losses): { stop_sequences?: readonly string[] } {
  if (stop === undefined || stop.length === 0) return {};
  const kept = stop.filter((text) => /\S/.test(text));
  if (kept.length < stop.length) losses.drop('stop', 'a stop sequence must not be blank');
  return kept.length === 0 ? {} : { stop_sequences: kept };
}
