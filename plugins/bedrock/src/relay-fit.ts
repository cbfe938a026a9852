// Whether a body that a client wrote for one model can go to another as it is. What is not for the model is answered with a 400,
// and a body that is rebuilt loses only what it must.
import type { ChatRequest, Effort } from '@turnout/core/contract';
import { isObject } from '@turnout/core/plugin';
import { TOOL_SEARCH, takesBeta } from './beta.ts';
import type { Family } from './family.ts';
import type { Target } from './resolve.ts';

type Json = Readonly<Record<string, unknown>>;

/** Why a body of Converse cannot go to the target as it is; undefined: it can. */
export function misfitOfConverse(body: Json, { family, row }: Target): string | undefined {
  // Behind a name that says nothing may be what the client means.
  if (family.name === 'unknown') return undefined;
  const inference: Json = isObject(body.inferenceConfig) ? body.inferenceConfig : {};
  const fields: Json = isObject(body.additionalModelRequestFields) ? body.additionalModelRequestFields : {};
  const output: Json = isObject(body.outputConfig) ? body.outputConfig : {};
  const own: Json = isObject(fields.output_config) ? fields.output_config : {};
  const stops = inference.stopSequences;
  return (
    samplingMisfit(family, inference.temperature, inference.topP, fields.top_k) ??
    fieldsMisfit(fields, family) ??
    thinkingMisfit(fields.thinking ?? fields.reasoning_config, output.effort ?? own.effort, family) ??
    (isAbove(inference.maxTokens, row?.outputTokensMax, fields.anthropic_beta)
      ? 'maxTokens is too large'
      : undefined) ??
    (Array.isArray(stops) && stops.length > family.stopSequencesMax ? 'too many stop sequences' : undefined) ??
    ((output.textFormat ?? own.format) !== undefined && family.nativeOutput === 'none' ? 'a JSON schema' : undefined) ??
    (hasItems(body.system) && !family.system ? 'a system prompt' : undefined) ??
    toolsMisfit(body.toolConfig, family) ??
    unsignedMisfit(fields.thinking ?? fields.reasoning_config, body.messages) ??
    conversationMisfit(body, family, { call: 'toolUse', cache: 'cachePoint', reasoning: 'reasoningContent' })
  );
}

/** Why a conversation cannot go to Bedrock as the client has it; undefined: it can. What another family than Claude has signed is
 * sealed in the client's body. */
export function misfitOfHistory({ messages }: Pick<ChatRequest, 'messages'>): string | undefined {
  const sealed = messages.some(({ parts }) => parts.some(({ origin }) => origin !== undefined && origin !== 'claude'));
  return sealed ? 'reasoning of another family in the history' : undefined;
}

/** Why a body in Anthropic's own form cannot go to the target, a Claude, as it is; undefined: it can. */
export function misfitOfClaude(body: Json, target: Target): string | undefined {
  const { family, row, id } = target;
  const output: Json = isObject(body.output_config) ? body.output_config : {};
  const choice = isObject(body.tool_choice) ? body.tool_choice.type : undefined;
  const effort = hasEffortBeta(body.anthropic_beta, row?.id ?? id) ? undefined : output.effort;
  return (
    samplingMisfit(family, body.temperature, body.top_p, body.top_k) ??
    thinkingMisfit(body.thinking, effort, family) ??
    (isAbove(body.max_tokens, row?.outputTokensMax, body.anthropic_beta) ? 'max_tokens is too large' : undefined) ??
    (output.format !== undefined && family.nativeOutput === 'none' ? 'a JSON schema' : undefined) ??
    ((choice === 'any' || choice === 'tool') && family.toolChoice === 'auto' ? 'a forced tool choice' : undefined) ??
    nativeToolsMisfit(body.tools, family) ??
    flagMisfit(body, target) ??
    linkMisfit(body.messages) ??
    unsignedMisfit(body.thinking, body.messages) ??
    conversationMisfit(body, family, { call: 'tool_use', cache: 'cache_control', reasoning: 'thinking' })
  );
}

/** Why settings of sampling cannot go to the family; undefined: they can. */
export function samplingMisfit(
  { sampling }: Family,
  temperature: unknown,
  topP: unknown,
  topK: unknown,
): string | undefined {
  if (sampling === 'none' && [temperature, topP, topK].some(isSet)) return 'settings of sampling';
  return sampling === 'one' && isSet(temperature) && isSet(topP) ? 'temperature beside topP' : undefined;
}

const isSet = (value: unknown): boolean => value !== undefined && value !== null;
const hasItems = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

const OF_CLAUDE = [
  'thinking',
  'anthropic_beta',
  'output_config',
  'tool_choice',
  'tools',
  'context_management',
  'top_k',
];
const OF_OTHERS = ['inferenceConfig', 'reasoningConfig', 'reasoning_effort', 'reasoning'];

/** Fields that belong to models of another vendor. */
function fieldsMisfit(fields: Json, { origin, topK }: Family): string | undefined {
  const foreign = (origin === 'claude' ? OF_OTHERS : OF_CLAUDE).find(
    (name) => fields[name] !== undefined && (name !== 'top_k' || topK !== 'top_k'),
  );
  return foreign === undefined ? undefined : `the field ${foreign}`;
}

const THINKS = ['enabled', 'adaptive', 'between_tools'];

/** Why a setting of thinking, or an effort, is not one of the family's; undefined: it is. */
export function thinkingMisfit(
  thinking: unknown,
  effort: unknown,
  { origin, reasoning: style }: Family,
): string | undefined {
  if (origin !== 'claude') return undefined;
  const type = isObject(thinking) ? thinking.type : undefined;
  const efforts: readonly Effort[] = style.kind === 'adaptive' ? style.efforts : [];
  if (typeof effort === 'string' && !efforts.some((one) => one === effort)) return `the effort ${effort.slice(0, 20)}`;
  if (typeof type !== 'string') return undefined;
  const fits =
    style.kind === 'budget'
      ? type === 'enabled' || type === 'disabled'
      : style.kind === 'adaptive'
        ? type === 'adaptive' ||
          // Only those that show their thinking unasked still take a budget.
          (type === 'enabled' && !style.display) ||
          (type === 'disabled' && style.least === undefined) ||
          (type === 'between_tools' && style.least === 'between-tools')
        : !THINKS.includes(type);
  return fits ? undefined : `thinking of the type ${type.slice(0, 20)}`;
}

const isAbove = (limit: unknown, max: number | undefined, betas: unknown): boolean =>
  typeof limit === 'number' &&
  max !== undefined &&
  limit > max &&
  !(Array.isArray(betas) && betas.includes('output-128k-2025-02-19'));

/** Opus 4.5 had efforts before they were for everyone. */
const hasEffortBeta = (betas: unknown, id: string): boolean =>
  /claude-opus-4-5/.test(id) && Array.isArray(betas) && betas.includes('effort-2025-11-24');

function toolsMisfit(config: unknown, family: Family): string | undefined {
  if (!isObject(config)) return undefined;
  const { tools, toolChoice: choice } = config;
  if (!family.tools) return 'tools';
  const forced = isObject(choice) && (choice.tool !== undefined || choice.any !== undefined);
  if (forced && family.toolChoice === 'auto') return 'a forced tool choice';
  if (isObject(choice) && choice.tool !== undefined && family.toolChoice === 'any') return 'the choice of one tool';
  const list: readonly unknown[] = Array.isArray(tools) ? tools : [];
  for (const tool of list) {
    if (!isObject(tool)) continue;
    if (tool.cachePoint !== undefined && family.cache?.inTools !== true) return 'a cache point';
    if (isObject(tool.toolSpec) && tool.toolSpec.strict === true && !family.strictTools) return 'strict tools';
    const own = isObject(tool.systemTool) ? tool.systemTool.name : undefined;
    if (typeof own === 'string' && family.systemTools?.includes(own) !== true) return `the tool ${own.slice(0, 64)}`;
  }
  return undefined;
}

/** Tools that Anthropic runs on its own servers, which Bedrock does not have. */
const HOSTED = /^(web_search|web_fetch|code_execution|mcp_toolset|advisor)/;

function nativeToolsMisfit(tools: unknown, family: Family): string | undefined {
  const list: readonly unknown[] = Array.isArray(tools) ? tools : [];
  for (const tool of list) {
    if (!isObject(tool)) continue;
    if (typeof tool.type === 'string' && HOSTED.test(tool.type)) return `the tool ${tool.type.slice(0, 64)}`;
    if (tool.strict === true && !family.strictTools) return 'strict tools';
    if (tool.eager_input_streaming === true) return 'eager_input_streaming';
  }
  return family.tools || list.length === 0 ? undefined : 'tools';
}

/** Members that Bedrock refuses without their flag. */
function flagMisfit({ anthropic_beta: betas, tools, context_management }: Json, target: Target): string | undefined {
  const has = (flag: string): boolean => Array.isArray(betas) && betas.includes(flag) && takesBeta(flag, target);
  const uses = (member: string): boolean =>
    Array.isArray(tools) && tools.some((tool) => isObject(tool) && isSet(tool[member]) && tool[member] !== false);
  if (uses('defer_loading') && !has(TOOL_SEARCH)) return 'tools to be loaded later';
  if (uses('input_examples') && !has('tool-examples-2025-10-29')) return 'examples of inputs';
  if (isSet(context_management) && !has('context-management-2025-06-27')) return 'context_management';
  return undefined;
}

/** Bedrock fetches nothing: what stands behind a URL is fetched by the router, for a body that is rebuilt. */
function linkMisfit(messages: unknown): string | undefined {
  const isLink = (block: unknown): boolean =>
    isObject(block) &&
    ((isObject(block.source) && block.source.type === 'url') ||
      (block.type === 'tool_result' && Array.isArray(block.content) && block.content.some(isLink)));
  return contentsOf(messages).some(({ blocks }) => blocks.some(isLink)) ? 'media behind a URL' : undefined;
}

/** With a budget Claude wants to see what it thought before the tool call that it goes on from. */
function unsignedMisfit(thinking: unknown, messages: unknown): string | undefined {
  if (!isObject(thinking) || thinking.type !== 'enabled') return undefined;
  const [call, results] = contentsOf(messages).slice(-2);
  const isCall = (block: unknown): boolean => isObject(block) && (block.type === 'tool_use' || isSet(block.toolUse));
  if (results?.role !== 'user' || call?.role !== 'assistant' || !call.blocks.some(isCall)) return undefined;
  const [first] = call.blocks;
  const thought = isObject(first) && (/thinking$/.test(String(first.type)) || isSet(first.reasoningContent));
  return thought ? undefined : 'a tool call without the thinking before it';
}

interface Names {
  readonly call: string;
  readonly cache: string;
  readonly reasoning: string;
}

function conversationMisfit({ system, messages }: Json, family: Family, names: Names): string | undefined {
  const list = contentsOf(messages);
  if (list.some(({ role }) => role === 'system') && family.systemTurns !== true)
    return 'a system message between turns';
  if (hasEmptyAnswer(messages)) return 'an empty answer in the history';
  const last = list.at(-1);
  if (last?.role === 'assistant' && !family.prefill) return "the assistant's own words at the end";
  const blocks = [...(Array.isArray(system) ? system : []), ...list.flatMap((message) => message.blocks)];
  for (const block of blocks) {
    if (!isObject(block)) continue;
    if (isSet(block[names.cache]) && family.cache === undefined) return 'a cache point';
    const reasons = block[names.reasoning] !== undefined || block.type === 'redacted_thinking';
    if (reasons && (family.origin !== 'claude' || family.reasoning.kind === 'none')) return 'reasoning in the history';
    if (block.image !== undefined && !family.images) return 'images';
    if (block[names.call] !== undefined && !family.tools) return 'tool calls';
  }
  return undefined;
}

/** Models give them, and refuse to be given one. */
function hasEmptyAnswer(messages: unknown): boolean {
  return Array.isArray(messages) && messages.some(isEmptyAnswer);
}

const isEmptyAnswer = (message: unknown): boolean =>
  isObject(message) && message.role === 'assistant' && Array.isArray(message.content) && message.content.length === 0;

function contentsOf(messages: unknown): { readonly role: unknown; readonly blocks: readonly unknown[] }[] {
  if (!Array.isArray(messages)) return [];
  return messages.flatMap((message) =>
    isObject(message) ? [{ role: message.role, blocks: Array.isArray(message.content) ? message.content : [] }] : [],
  );
}
