// What a route adds to a body that the client wrote itself: limit, sampling and reasoning, where the client has set none.
import type { ChatRequest } from '@turnout/core/contract';
import { Losses, ToolNames } from '@turnout/core/plugin';
import type { ConverseInferenceConfig } from '@turnout/core/wire';
import { limitTokens, planInference } from './inference.ts';
import { lacksReasoning, pairTools } from './pairing.ts';
import { planReasoning, type ReasoningPlan, willReason } from './reasoning.ts';
import type { Target } from './resolve.ts';
import { readConversation } from './turns.ts';

/** What the client's body says of these things. */
export interface OwnSettings {
  readonly maxTokens: number | undefined;
  readonly temperature: number | undefined;
  readonly topP: number | undefined;
  readonly topK: number | undefined;
  /** It says itself how to reason, or that it should not. */
  readonly reasons: boolean;
  /** It asks for an effort at which no limit and no sampling may be set (Nova 2). */
  readonly bare: boolean;
  /** It continues the assistant's words, which a thinking model refuses to do. */
  readonly prefill: boolean;
  readonly tools: boolean;
}

export interface Additions {
  /** All that is to be sent of these members, the client's own included. */
  readonly inference: Pick<ConverseInferenceConfig, 'maxTokens' | 'temperature' | 'topP'>;
  /** Reasoning, as members of Claude's own body or of additionalModelRequestFields. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Reasoning was added that excludes the client's topK. */
  readonly withoutTopK: boolean;
  /** Reasoning was added that excludes a forced tool choice. */
  readonly withoutForcedTool: boolean;
  /** The reasoning that was added, in one line. */
  readonly line: string | undefined;
}

/** `request`: the canonical form of the same body, with the route's settings in it. */
export function planAdditions(own: OwnSettings, request: ChatRequest, target: Target, losses: Losses): Additions {
  const { family } = target;
  const maxTokens = own.maxTokens ?? defaultLimit(own, request, target, losses);
  const reasoning = planOwnReasoning(own, request, target, maxTokens, losses);
  const adds = Object.keys(reasoning.fields).length > 0;
  const noted = new Losses();
  const wanted = {
    maxTokens,
    ...both('temperature', own.temperature ?? (isOneTooMany(own, target) ? undefined : request.temperature)),
    ...both('topP', own.topP ?? request.topP),
    ...(adds ? both('topK', own.topK) : {}),
  };
  const planned = planInference(wanted, family, maxTokens, reasoning, noted).config;
  // What the client has set is the client's to set, unless what the route adds excludes it.
  for (const loss of noted.list) if (adds || !isOwn(loss.field, own)) losses.addAll([loss]);
  const { temperature, topP } = adds ? planned : { ...planned, ...defined(own) };
  const limit = own.bare || (adds && reasoning.bare) ? own.maxTokens : maxTokens;
  const thinks = adds && reasoning.thinking;
  return {
    inference: {
      ...both('maxTokens', adds && reasoning.bare ? undefined : limit),
      ...both('temperature', temperature),
      ...both('topP', topP),
    },
    fields: reasoning.fields,
    withoutTopK: thinks && family.origin === 'claude' && own.topK !== undefined,
    withoutForcedTool: thinks && !family.forcedToolThinks,
    line: reasoning.line,
  };
}

const both = <K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } =>
  // A computed key is typed as any string.
  (value === undefined ? {} : { [key]: value }) as { [key in K]?: V };

const defined = ({ temperature, topP }: OwnSettings) => ({
  ...both('temperature', temperature),
  ...both('topP', topP),
});

const isOwn = (field: string, own: OwnSettings): boolean =>
  (field === 'temperature' && own.temperature !== undefined) ||
  (field === 'topP' && own.topP !== undefined) ||
  (field === 'maxTokens' && own.maxTokens !== undefined);

/** The route's temperature beside the client's topP. */
const isOneTooMany = ({ topP, temperature }: OwnSettings, { family }: Target): boolean =>
  family.sampling === 'one' && topP !== undefined && temperature === undefined;

/** Room for the answer besides a budget that the client has set without a limit. */
const TOKENS_BESIDE_BUDGET = 4096;

function defaultLimit(own: OwnSettings, request: ChatRequest, { family, row }: Target, losses: Losses): number {
  const { reasoning } = request;
  const thinks = willReason(reasoning, family.reasoning);
  const limit = limitTokens(request.maxTokens, row, thinks, losses);
  const budget = own.reasons && typeof reasoning === 'object' ? (reasoning.budget ?? 0) : 0;
  if (budget === 0 || request.maxTokens !== undefined) return limit;
  return Math.min(row?.outputTokensMax ?? Number.POSITIVE_INFINITY, Math.max(limit, budget + TOKENS_BESIDE_BUDGET));
}

function planOwnReasoning(
  own: OwnSettings,
  request: ChatRequest,
  { family }: Target,
  maxTokens: number,
  losses: Losses,
): ReasoningPlan {
  const { reasoning } = request;
  if (own.reasons) return { fields: {}, thinking: reasoning !== 'off', ...(own.bare ? { bare: true } : {}) };
  const context = { family, losses, maxTokens, tools: own.tools, unsigned: false };
  if (reasoning === undefined || reasoning === 'off') return planReasoning(reasoning, context);
  if (own.prefill) {
    losses.drop('reasoning', "a thinking model does not continue the assistant's words");
    return planReasoning(undefined, context);
  }
  const unsigned = family.reasoning.kind === 'budget' && isUnsigned(request, context);
  return planReasoning(reasoning, { ...context, unsigned });
}

function isUnsigned(request: ChatRequest, { family }: Pick<Target, 'family'>): boolean {
  const losses = new Losses();
  const { turns } = readConversation(request, { family, losses, names: new ToolNames([]) });
  return lacksReasoning(pairTools(turns, family, losses));
}
