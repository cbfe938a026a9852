// What Claude requires of sampling, thinking, effort, tool choice and beta flags, whichever API they came through.

import { isObject } from '@turnout/core/testing';
import type { ClaudeTraits } from './claude-traits.ts';

/** A request's settings, as Claude's own API would have them. Members of type `unknown` are as the client sent them. */
export interface ClaudeSettings {
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  readonly topP?: number | undefined;
  readonly topK?: unknown;
  readonly thinking?: unknown;
  readonly effort?: unknown;
  readonly format?: unknown;
  readonly toolChoice?: 'auto' | 'any' | 'tool' | 'none' | undefined;
  readonly betas?: unknown;
  /** The conversation ends with the assistant. */
  readonly prefill: boolean;
}

const GUIDE = 'https://docs.claude.com/en/docs/build-with-claude/extended-thinking';

/** What is wrong, in Claude's words, or undefined. */
export function findSettingFault(traits: ClaudeTraits, settings: ClaudeSettings): string | undefined {
  return (
    betaFault(traits, settings) ??
    samplingFault(traits, settings) ??
    thinkingShapeFault(traits, settings.thinking) ??
    budgetFault(settings) ??
    thinkingConflict(traits, settings) ??
    forcedToolFault(traits, settings) ??
    effortFault(traits, settings) ??
    (settings.format !== undefined && !traits.structured
      ? 'output_config.format: Extra inputs are not permitted'
      : undefined)
  );
}

/** Whether `thinking` asks for reasoning. */
export const isThinking = (thinking: unknown): boolean =>
  isObject(thinking) &&
  (thinking.type === 'enabled' || thinking.type === 'adaptive' || thinking.type === 'between_tools');

// The flags seen to be accepted on Bedrock, as of 2026-11.
const BETAS = new Set([
  'computer-use-2024-10-22',
  'computer-use-2025-01-24',
  'computer-use-2025-11-24',
  'context-1m-2025-08-07',
  'context-management-2025-06-27',
  'effort-2025-11-24',
  'fine-grained-tool-streaming-2025-05-14',
  'interleaved-thinking-2025-05-14',
  'output-128k-2025-02-19',
  'thinking-binding-controls-2026-08-01',
  // Claude Code 2.1.330 sends it to Bedrock (2026-11).
  'thinking-token-count-2026-05-13',
  'token-efficient-tools-2025-02-19',
  'tool-examples-2025-10-29',
  'tool-search-tool-2025-10-19',
]);
const INTERLEAVED = 'interleaved-thinking-2025-05-14';

const betaList = (betas: unknown): readonly unknown[] => (Array.isArray(betas) ? betas : []);

function betaFault(traits: ClaudeTraits, { betas }: ClaudeSettings): string | undefined {
  if (betas === undefined) return undefined;
  if (!Array.isArray(betas)) return 'anthropic_beta: Input should be a valid list';
  for (const beta of betas) {
    // Interleaved thinking is part of adaptive thinking (badlogic/pi-mono#3290, 2026-04).
    const known = typeof beta === 'string' && BETAS.has(beta);
    if (!known || (beta === INTERLEAVED && traits.thinking === 'adaptive')) return 'invalid beta flag';
  }
  return undefined;
}

function samplingFault(traits: ClaudeTraits, { temperature, topP, topK }: ClaudeSettings): string | undefined {
  if (traits.sampling === 'none') {
    const given = { temperature, top_p: topP, top_k: topK };
    const name = Object.entries(given).find(([, value]) => value !== undefined)?.[0];
    if (name !== undefined) return `\`${name}\` is deprecated for this model.`;
  }
  if (topK !== undefined && (typeof topK !== 'number' || !Number.isInteger(topK) || topK < 0)) {
    return 'top_k: Input should be a valid integer';
  }
  if (traits.sampling === 'one' && temperature !== undefined && topP !== undefined) {
    return '`temperature` and `top_p` cannot both be specified for this model. Please use only one.';
  }
  return undefined;
}

function thinkingShapeFault(traits: ClaudeTraits, thinking: unknown): string | undefined {
  if (thinking === undefined) return undefined;
  if (traits.thinking === 'none') return 'thinking: Extra inputs are not permitted';
  if (!isObject(thinking)) return 'thinking: Input should be a valid dictionary or object to extract fields from';
  const { type } = thinking;
  if (type === undefined) return "thinking: Unable to extract tag using discriminator 'type'";
  if (type === 'enabled' && traits.thinking === 'adaptive') {
    return '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';
  }
  if (type === 'disabled' && traits.disable === false) {
    return '"thinking.type.disabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';
  }
  const tags = [
    ...(traits.thinking === 'budget' ? [] : ['adaptive']),
    ...(traits.betweenTools ? ['between_tools'] : []),
    ...(traits.disable === false ? [] : ['disabled']),
    ...(traits.thinking === 'adaptive' ? [] : ['enabled']),
  ];
  if (typeof type !== 'string' || !tags.includes(type)) {
    const expected = tags.map((tag) => `'${tag}'`).join(', ');
    return `thinking: Input tag '${String(type)}' found using 'type' does not match any of the expected tags: ${expected}`;
  }
  return thinkingMemberFault(type, thinking);
}

function thinkingMemberFault(type: string, thinking: Record<string, unknown>): string | undefined {
  const allowed = type === 'enabled' ? ['type', 'budget_tokens', 'display'] : ['type', 'display'];
  const extra = Object.keys(thinking).find((key) => !allowed.includes(key) && key !== 'block_binding');
  if (extra !== undefined) return `thinking.${type}.${extra}: Extra inputs are not permitted`;
  if (thinking.display !== undefined && thinking.display !== 'summarized' && thinking.display !== 'omitted') {
    return `thinking.${type}.display: Input should be 'summarized' or 'omitted'`;
  }
  return undefined;
}

const BUDGET_TOKENS_MIN = 1024;

function budgetFault({ thinking, maxTokens, betas }: ClaudeSettings): string | undefined {
  if (!isObject(thinking) || thinking.type !== 'enabled') return undefined;
  const budget = thinking.budget_tokens;
  const field = 'thinking.enabled.budget_tokens';
  if (budget === undefined) return `${field}: Field required`;
  if (typeof budget !== 'number' || !Number.isInteger(budget)) return `${field}: Input should be a valid integer`;
  if (budget < BUDGET_TOKENS_MIN) return `${field}: Input should be greater than or equal to ${BUDGET_TOKENS_MIN}`;
  const interleaved = betaList(betas).includes(INTERLEAVED);
  if (!interleaved && maxTokens !== undefined && budget >= maxTokens) {
    return `\`max_tokens\` must be greater than \`thinking.budget_tokens\`. Please consult our documentation at ${GUIDE}#max-tokens-and-context-window-size`;
  }
  return undefined;
}

function thinkingConflict(traits: ClaudeTraits, settings: ClaudeSettings): string | undefined {
  if (!isThinking(settings.thinking)) return undefined;
  const { temperature, topP, topK, toolChoice, prefill } = settings;
  const more = `Please consult our documentation at ${GUIDE}#important-considerations-when-using-extended-thinking`;
  if (temperature !== undefined && temperature !== 1) {
    return `\`temperature\` may only be set to 1 when thinking is enabled. ${more}`;
  }
  if (topP !== undefined && topP < 0.95) {
    return `\`top_p\` must be greater than or equal to 0.95 or unset when thinking is enabled. ${more}`;
  }
  if (topK !== undefined) return `\`top_k\` must be unset when thinking is enabled. ${more}`;
  if (traits.forcedTool === 'unless-thinking' && isForced(toolChoice)) {
    return 'Thinking may not be enabled when tool_choice forces tool use.';
  }
  return prefill ? 'messages: assistant message prefill is not supported when thinking is enabled' : undefined;
}

const isForced = (choice: ClaudeSettings['toolChoice']): boolean => choice === 'any' || choice === 'tool';

// The words of langchain-ai/langchain-aws#1273 (2026-09).
const forcedToolFault = (traits: ClaudeTraits, { toolChoice }: ClaudeSettings): string | undefined =>
  traits.forcedTool === 'no' && isForced(toolChoice)
    ? 'tool_choice: type "tool" and "any" are not supported for this model.'
    : undefined;

function effortFault(traits: ClaudeTraits, { effort, thinking, betas }: ClaudeSettings): string | undefined {
  if (effort === undefined) return undefined;
  const field = 'output_config.effort';
  const missing = traits.effortBeta !== undefined && !betaList(betas).includes(traits.effortBeta);
  if (traits.efforts.length === 0 || missing) return `${field}: Extra inputs are not permitted`;
  if (!traits.efforts.some((value) => value === effort)) {
    const expected = traits.efforts.map((value) => `'${value}'`);
    return `${field}: Input should be ${expected.slice(0, -1).join(', ')} or ${expected.at(-1)}`;
  }
  const type = isObject(thinking) ? thinking.type : undefined;
  const isHigh = effort === 'xhigh' || effort === 'max';
  if (isHigh && type === 'between_tools')
    return `${field}: '${effort}' is not supported with thinking.type.between_tools`;
  if (isHigh && type === 'disabled' && traits.disable === 'up-to-high') {
    return `${field}: '${effort}' requires thinking to be enabled`;
  }
  return undefined;
}
