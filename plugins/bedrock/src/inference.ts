// The limits and the sampling of a request, within what the family takes.
import type { ChatRequest } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import type { ConverseInferenceConfig } from '@turnout/core/wire';
import type { CatalogueModel } from './catalogue.ts';
import type { Family } from './family.ts';
import type { ReasoningPlan } from './reasoning.ts';

const TOKENS_REASONING = 16_384;
const TOKENS = 8192;
const TOKENS_UNKNOWN = 4096;

/** The maxTokens to send. Always one: without it Bedrock reserves quota for the model's whole maximum. */
export function limitTokens(
  requested: number | undefined,
  row: CatalogueModel | undefined,
  thinks: boolean,
  losses: Losses,
): number {
  const max = row?.outputTokensMax;
  if (requested === undefined) {
    if (thinks) return Math.min(max ?? TOKENS_REASONING, TOKENS_REASONING);
    return max === undefined ? TOKENS_UNKNOWN : Math.min(max, TOKENS);
  }
  if (max === undefined || requested <= max) return requested;
  losses.approximate('maxTokens', `the model answers with at most ${max} tokens`);
  return max;
}

export interface InferencePlan {
  readonly config: ConverseInferenceConfig;
  /** Members of additionalModelRequestFields. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What is sent of maxTokens, temperature, topP, topK and stop. */
export function planInference(
  request: Pick<ChatRequest, 'maxTokens' | 'temperature' | 'topP' | 'topK' | 'stop'>,
  family: Family,
  maxTokens: number,
  reasoning: ReasoningPlan,
  losses: Losses,
): InferencePlan {
  const config: ConverseInferenceConfig = {};
  if (!reasoning.bare) config.maxTokens = maxTokens;
  else if (request.maxTokens !== undefined)
    losses.drop('maxTokens', 'the model takes no limit at this reasoning effort');
  const refusal = samplingRefusal(family, reasoning);
  const temperature = planTemperature(request.temperature, family, refusal, losses);
  if (temperature !== undefined) config.temperature = temperature;
  const topP = planTopP(request, family, refusal, losses);
  if (topP !== undefined) config.topP = topP;
  const stop = planStop(request.stop, family, losses);
  if (stop !== undefined) config.stopSequences = stop;
  return { config, fields: planTopK(request.topK, family, refusal, losses) };
}

/** Why temperature, topP and topK cannot be sent, or undefined. */
function samplingRefusal(family: Family, reasoning: ReasoningPlan): string | undefined {
  if (family.sampling === 'none') return 'the model has no such setting';
  if (reasoning.bare) return 'the model takes none at this reasoning effort';
  return family.origin === 'claude' && reasoning.thinking ? 'a thinking model takes none' : undefined;
}

function planTemperature(
  temperature: number | undefined,
  family: Family,
  refusal: string | undefined,
  losses: Losses,
): number | undefined {
  if (temperature === undefined) return undefined;
  if (refusal !== undefined) {
    // 1 is what thinking happens at.
    if (temperature !== 1 || family.sampling === 'none') losses.drop('temperature', refusal);
    return undefined;
  }
  const clamped = Math.min(1, Math.max(0, temperature));
  if (clamped !== temperature) losses.approximate('temperature', `the model takes 0 to 1: ${clamped} is sent`);
  return clamped;
}

function planTopP(
  { topP, temperature }: Pick<ChatRequest, 'topP' | 'temperature'>,
  family: Family,
  refusal: string | undefined,
  losses: Losses,
): number | undefined {
  if (topP === undefined) return undefined;
  if (refusal !== undefined) losses.drop('topP', refusal);
  else if (family.sampling === 'one' && temperature !== undefined) {
    losses.drop('topP', 'the model takes temperature or topP, not both');
  } else if (topP <= 0 && family.topK === 'inferenceConfig') losses.drop('topP', 'the model takes values above 0');
  else return topP;
  return undefined;
}

function planTopK(
  topK: number | undefined,
  family: Family,
  refusal: string | undefined,
  losses: Losses,
): Readonly<Record<string, unknown>> {
  if (topK === undefined) return {};
  if (refusal === undefined && family.topK === 'top_k') return { top_k: topK };
  if (refusal === undefined && family.topK === 'inferenceConfig') return { inferenceConfig: { topK } };
  losses.drop('topK', refusal ?? 'the model has no such setting');
  return {};
}

function planStop(stop: readonly string[] | undefined, family: Family, losses: Losses): string[] | undefined {
  if (stop === undefined || stop.length === 0) return undefined;
  if (family.stopSequencesMax === 0) {
    losses.drop('stop', 'the model takes no stop sequences');
    return undefined;
  }
  const kept = stop.filter((text) => (family.origin === 'claude' ? /\S/.test(text) : text !== ''));
  if (kept.length < stop.length) losses.drop('stop', 'a stop sequence must not be blank');
  if (kept.length > family.stopSequencesMax) {
    losses.drop('stop', `the model takes at most ${family.stopSequencesMax} stop sequences`);
  }
  const sent = kept.slice(0, family.stopSequencesMax);
  return sent.length === 0 ? undefined : sent;
}
