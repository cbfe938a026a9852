// What Anthropic requires of sampling, thinking, effort and structured output, by model. The words are Anthropic's.
import { findStrictFault, isObject, type JsonObject } from '@turnout/core/testing';
import type { ClaudeTraits } from '@turnout/core/wire';
import type { Body } from './body.ts';

const GUIDE = 'https://docs.claude.com/en/docs/build-with-claude/extended-thinking';
const INTERLEAVED = 'interleaved-thinking-2025-05-14';
const BUDGET_TOKENS_MIN = 1024;

/** What is wrong, or undefined. `betas`: of the header. */
export function findSettingFault(body: Body, traits: ClaudeTraits, betas: readonly string[]): string | undefined {
  return (
    numbersFault(body.raw) ??
    lengthFault(body, traits, betas) ??
    samplingFault(body.raw, traits) ??
    shapeFault(body.raw.thinking, traits) ??
    budgetFault(body, betas) ??
    conflictFault(body, traits) ??
    forcedToolFault(body, traits) ??
    effortFault(body.raw, traits) ??
    formatFault(body.raw, traits)
  );
}

/** Whether `thinking` asks for it. */
export const isThinking = (thinking: unknown): thinking is JsonObject =>
  isObject(thinking) && ['enabled', 'adaptive', 'between_tools'].includes(String(thinking.type));

function numbersFault(raw: JsonObject): string | undefined {
  for (const name of ['temperature', 'top_p'] as const) {
    const value = raw[name];
    if (value === undefined) continue;
    if (typeof value !== 'number') return `${name}: Input should be a valid number`;
    if (value < 0) return `${name}: Input should be greater than or equal to 0`;
    if (value > 1) return `${name}: Input should be less than or equal to 1`;
  }
  const { stop_sequences: stops, top_k: topK } = raw;
  if (topK !== undefined && (typeof topK !== 'number' || !Number.isInteger(topK)))
    return 'top_k: Input should be a valid integer';
  if (stops === undefined) return undefined;
  if (!Array.isArray(stops) || stops.some((text) => typeof text !== 'string'))
    return 'stop_sequences: Input should be a valid list';
  return stops.some((text) => text.trim() === '')
    ? 'stop_sequences: each stop sequence must contain non-whitespace'
    : undefined;
}

function lengthFault({ maxTokens, model }: Body, traits: ClaudeTraits, betas: readonly string[]): string | undefined {
  const limit = traits.outputTokensMax;
  if (maxTokens <= limit || betas.some((beta) => /^output-\d+k-/.test(beta))) return undefined;
  return `max_tokens: ${maxTokens} > ${limit}, which is the maximum allowed number of output tokens for ${model}`;
}

function samplingFault({ temperature, top_p, top_k }: JsonObject, { sampling }: ClaudeTraits): string | undefined {
  if (sampling === 'none') {
    const name = Object.entries({ temperature, top_p, top_k }).find(([, value]) => value !== undefined)?.[0];
    if (name !== undefined) return `\`${name}\` is deprecated for this model.`;
  }
  return sampling === 'one' && temperature !== undefined && top_p !== undefined
    ? '`temperature` and `top_p` cannot both be specified for this model. Please use only one.'
    : undefined;
}

function shapeFault(thinking: unknown, { thinking: style }: ClaudeTraits): string | undefined {
  if (thinking === undefined) return undefined;
  if (!isObject(thinking)) return 'thinking: Input should be a valid dictionary or object to extract fields from';
  const { type } = thinking;
  if (type === undefined) return "thinking: Unable to extract tag using discriminator 'type'";
  if (style.kind === 'none') return type === 'disabled' ? undefined : 'thinking: this model does not support thinking';
  const isLater = style.kind === 'adaptive' && style.display;
  const isAlwaysOn = style.kind === 'adaptive' && style.least !== undefined;
  if ((type === 'enabled' && isLater) || (type === 'disabled' && isAlwaysOn)) {
    return `"thinking.type.${type}" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.`;
  }
  const tags = [
    ...(style.kind === 'adaptive' ? ['adaptive'] : []),
    ...(style.kind === 'adaptive' && style.least === 'between-tools' ? ['between_tools'] : []),
    ...(isAlwaysOn ? [] : ['disabled']),
    ...(isLater ? [] : ['enabled']),
  ];
  if (typeof type !== 'string' || !tags.includes(type)) {
    const expected = tags.map((tag) => `'${tag}'`).join(', ');
    return `thinking: Input tag '${String(type)}' found using 'type' does not match any of the expected tags: ${expected}`;
  }
  const allowed = type === 'enabled' ? ['type', 'budget_tokens', 'display'] : ['type', 'display'];
  const extra = Object.keys(thinking).find((key) => !allowed.includes(key) && key !== 'block_binding');
  if (extra !== undefined) return `thinking.${type}.${extra}: Extra inputs are not permitted`;
  return thinking.display === undefined || ['summarized', 'omitted', 'updates'].includes(String(thinking.display))
    ? undefined
    : `thinking.${type}.display: Input should be 'summarized' or 'omitted'`;
}

function budgetFault({ raw, maxTokens }: Body, betas: readonly string[]): string | undefined {
  const { thinking } = raw;
  if (!isObject(thinking) || thinking.type !== 'enabled') return undefined;
  const budget = thinking.budget_tokens;
  const field = 'thinking.enabled.budget_tokens';
  if (budget === undefined) return `${field}: Field required`;
  if (typeof budget !== 'number' || !Number.isInteger(budget)) return `${field}: Input should be a valid integer`;
  if (budget < BUDGET_TOKENS_MIN) return `${field}: Input should be greater than or equal to ${BUDGET_TOKENS_MIN}`;
  if (maxTokens === 0 || budget < maxTokens || betas.includes(INTERLEAVED)) return undefined;
  return `\`max_tokens\` must be greater than \`thinking.budget_tokens\`. Please consult our documentation at ${GUIDE}#max-tokens-and-context-window-size`;
}

const isForced = ({ toolChoice }: Body): boolean => toolChoice?.type === 'any' || toolChoice?.type === 'tool';

function conflictFault(body: Body, { forcedTools }: ClaudeTraits): string | undefined {
  const { thinking, temperature, top_p: topP, top_k: topK } = body.raw;
  if (!isThinking(thinking)) return undefined;
  const more = `Please consult our documentation at ${GUIDE}#important-considerations-when-using-extended-thinking`;
  if (temperature !== undefined && temperature !== 1)
    return `\`temperature\` may only be set to 1 when thinking is enabled. ${more}`;
  if (typeof topP === 'number' && topP < 0.95)
    return `\`top_p\` must be greater than or equal to 0.95 or unset when thinking is enabled. ${more}`;
  if (topK !== undefined) return `\`top_k\` must be unset when thinking is enabled. ${more}`;
  const excludes =
    forcedTools === 'unless-thinking' || (forcedTools === 'unless-budget' && thinking.type === 'enabled');
  if (excludes && isForced(body)) return 'Thinking may not be enabled when tool_choice forces tool use.';
  return body.messages.at(-1)?.role === 'assistant' &&
    !/_(use|result)$/.test(body.messages.at(-1)?.content.at(-1)?.type ?? '')
    ? 'messages: assistant message prefill is not supported when thinking is enabled'
    : undefined;
}

// The words of langchain-ai/langchain-aws#1273 (2026-09).
const forcedToolFault = (body: Body, { forcedTools }: ClaudeTraits): string | undefined =>
  forcedTools === 'never' && isForced(body)
    ? 'tool_choice: type "tool" and "any" are not supported for this model.'
    : undefined;

function effortFault({ output_config: config, thinking }: JsonObject, traits: ClaudeTraits): string | undefined {
  const effort = isObject(config) ? config.effort : undefined;
  if (effort === undefined) return undefined;
  const field = 'output_config.effort';
  const style = traits.thinking;
  const efforts: readonly string[] = style.kind === 'none' ? [] : (style.efforts ?? []);
  if (efforts.length === 0) return `${field}: Extra inputs are not permitted`;
  if (!efforts.includes(String(effort))) {
    const expected = efforts.map((value) => `'${value}'`);
    return `${field}: Input should be ${expected.slice(0, -1).join(', ')} or ${expected.at(-1)}`;
  }
  const type = isObject(thinking) ? thinking.type : undefined;
  const isHigh = effort === 'xhigh' || effort === 'max';
  if (isHigh && type === 'between_tools')
    return `${field}: '${effort}' is not supported with thinking.type.between_tools`;
  return isHigh && type === 'disabled' && style.kind === 'adaptive' && style.offUpToHigh
    ? `${field}: '${effort}' requires thinking to be enabled`
    : undefined;
}

function formatFault({ output_config: config, output_format }: JsonObject, traits: ClaudeTraits): string | undefined {
  const format = isObject(config) && config.format !== undefined ? config.format : output_format;
  if (format === undefined || format === null) return undefined;
  const field = 'output_config.format';
  if (!traits.jsonSchema) return `${field}: Extra inputs are not permitted`;
  if (!isObject(format) || format.type !== 'json_schema') return `${field}.type: Input should be 'json_schema'`;
  const fault = findStrictFault(format.schema);
  return fault === undefined ? undefined : `${field}.schema: ${fault}`;
}
