// Whether InvokeModel would take a body in Anthropic's own form. The words are Anthropic's, without Converse's preamble.

import { isObject } from '@turnout/core/testing';
import type { ConverseCachePoint, ConverseMessage, ConverseRequestBody } from '@turnout/core/wire';
import { type ClaudeBlock, type ClaudeBody, roleText } from './claude-body.ts';
import { type ClaudeSettings, findSettingFault } from './claude-settings.ts';
import type { ResolvedModel } from './model.ts';
import { betaMembers, findNativeToolFault, TOOL_MEMBERS } from './native-tool.ts';
import type { ReasoningSeal } from './reasoning-seal.ts';
import { invalid } from './refusal.ts';
import { countPrompt } from './token-count.ts';
import { findPointFault, type PlacedPoint } from './validate-cache.ts';
import { findImageFault } from './validate-media.ts';
import { findReasoningFault } from './validate-reasoning.ts';
import { PREFILL_TEXT } from './validate-roles.ts';

/** Throws Refusal. `converse` is the body as Converse would have it. */
export function checkClaude(
  body: ClaudeBody,
  converse: ConverseRequestBody,
  model: ResolvedModel,
  seal: ReasoningSeal,
): void {
  const fault =
    lengthFault(body, model) ??
    blockFault(body) ??
    toolsFault(body, model) ??
    rolesFault(converse, model) ??
    pairingFault(converse) ??
    imageFault(converse, model) ??
    pointFault(body, model) ??
    numbersFault(body.raw) ??
    (model.claude === undefined ? undefined : findSettingFault(model.claude, settingsOf(body, converse))) ??
    findReasoningFault(converse, model, seal);
  if (fault !== undefined) throw invalid(fault);
  if (countPrompt(converse) > (model.facts.contextTokensMax ?? Number.POSITIVE_INFINITY)) {
    throw invalid('Input is too long for requested model.'); // recorded
  }
}

function lengthFault({ maxTokens, raw }: ClaudeBody, model: ResolvedModel): string | undefined {
  const limit = model.facts.outputTokensMax;
  const long = Array.isArray(raw.anthropic_beta) && raw.anthropic_beta.includes('output-128k-2025-02-19');
  if (limit === undefined || maxTokens <= limit || long) return undefined;
  return `max_tokens: ${maxTokens} > ${limit}, which is the maximum allowed number of output tokens for ${model.id.replace(/^anthropic\.|-v\d.*$/g, '')}`;
}

const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  document: ['source'],
  image: ['source'],
  redacted_thinking: ['data'],
  search_result: ['content', 'source', 'title'],
  text: ['text'],
  thinking: ['signature', 'thinking'],
  tool_result: ['tool_use_id'],
  tool_use: ['id', 'input', 'name'],
};

function blockFault(body: ClaudeBody): string | undefined {
  for (const [m, { role, content }] of body.messages.entries()) {
    // Claude lets an assistant's last message be empty, and nothing else.
    if (content.length === 0 && m < body.messages.length - 1) {
      return `messages.${m}: all messages must have non-empty content except for the optional final assistant message`;
    }
    for (const [b, block] of content.entries()) {
      const fault = oneBlockFault(block, `messages.${m}.content.${b}`, role);
      if (fault !== undefined) return fault;
    }
  }
  const odd = body.system.findIndex((block) => block.type !== 'text');
  if (odd >= 0) return `system.${odd}.type: Input should be 'text'`;
  return body.system.map((block) => textFault(block, 'system')).find((fault) => fault !== undefined);
}

function oneBlockFault(block: ClaudeBlock, place: string, role: string): string | undefined {
  const members = Object.hasOwn(BLOCKS, block.type) ? BLOCKS[block.type] : undefined;
  if (members === undefined) {
    const tags = Object.keys(BLOCKS)
      .map((tag) => `'${tag}'`)
      .join(', ');
    return `${place}: Input tag '${block.type}' found using 'type' does not match any of the expected tags: ${tags}`;
  }
  const missing = members.find((name) => block[name] === undefined);
  if (missing !== undefined) return `${place}.${block.type}.${missing}: Field required`;
  if (block.type === 'text') return textFault(block, 'messages');
  if (block.type === 'tool_use' && !isObject(block.input))
    return `${place}.tool_use.input: Input should be a valid dictionary`;
  if (block.type === 'tool_use' && role === 'user')
    return `${place}: \`tool_use\` blocks can only be in \`assistant\` messages`;
  if (block.type === 'tool_result' && role !== 'user')
    return `${place}: \`tool_result\` blocks can only be in \`user\` messages`;
  const id = block.type === 'tool_use' ? block.id : block.tool_use_id;
  if (id !== undefined && !/^[a-zA-Z0-9_-]+$/.test(String(id))) {
    return `${place}.${block.type}.${block.type === 'tool_use' ? 'id' : 'tool_use_id'}: String should match pattern '^[a-zA-Z0-9_-]+$'`;
  }
  // Bedrock fetches nothing: an image or a document comes with its bytes.
  const source = isObject(block.source) ? block.source.type : undefined;
  if (block.type === 'image' && source !== 'base64') {
    return `${place}.image.source: Input tag '${String(source)}' found using 'type' does not match any of the expected tags: 'base64'`;
  }
  return undefined;
}

function textFault(block: ClaudeBlock, list: string): string | undefined {
  if (typeof block.text !== 'string') return `${list}: text: Input should be a valid string`;
  if (block.text === '') return `${list}: text content blocks must be non-empty`;
  return block.text.trim() === '' ? `${list}: text content blocks must contain non-whitespace text` : undefined;
}

function toolsFault(body: ClaudeBody, model: ResolvedModel): string | undefined {
  const betas = body.raw.anthropic_beta;
  const members = [
    ...TOOL_MEMBERS.filter((name) => name !== 'strict' || model.claude?.structured !== false),
    ...betaMembers(betas),
  ];
  for (const [index, tool] of body.tools.entries()) {
    const type = tool.type ?? 'custom';
    const fault =
      type === 'custom'
        ? customToolFault(tool, `tools.${index}.custom`, members)
        : findNativeToolFault(tool, `tools.${index}`, betas);
    if (fault !== undefined) return fault;
  }
  const names = body.tools.map((tool) => tool.name);
  if (new Set(names).size < names.length) return 'tools: Tool names must be unique.';
  const choice = body.toolChoice;
  if (choice === undefined) return undefined;
  if (!['auto', 'any', 'tool', 'none'].includes(String(choice.type))) {
    return `tool_choice: Input tag '${String(choice.type)}' found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'`;
  }
  const unknown = choice.type === 'tool' && !names.includes(choice.name);
  return unknown ? `Tool '${String(choice.name)}' not found in provided tools` : undefined;
}

function customToolFault(
  tool: Readonly<Record<string, unknown>>,
  place: string,
  members: readonly string[],
): string | undefined {
  if (tool.name === undefined) return `${place}.name: Field required`;
  if (!/^[a-zA-Z0-9_-]{1,128}$/.test(String(tool.name))) {
    return `${place}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
  }
  const extra = Object.keys(tool).find((key) => !members.includes(key));
  if (extra !== undefined) return `${place}.${extra}: Extra inputs are not permitted`;
  const schema = tool.input_schema;
  if (!isObject(schema)) return `${place}.input_schema: Field required`;
  if (schema.type === undefined) return `${place}.input_schema.type: Field required`;
  if (schema.type !== 'object') return `${place}.input_schema.type: Input should be 'object'`;
  return ['anyOf', 'oneOf', 'allOf'].some((key) => schema[key] !== undefined)
    ? `${place}.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`
    : undefined;
}

function rolesFault(converse: ConverseRequestBody, model: ResolvedModel): string | undefined {
  const foreign = converse.messages.findIndex((message) => message.role === 'system');
  if (foreign >= 0 && model.claude?.systemMessages !== true) return roleText(foreign);
  if (converse.messages[0]?.role === 'system') return 'messages: first message must use the "user" role';
  const last = converse.messages.at(-1);
  if (last?.role !== 'assistant') return undefined;
  if (model.claude?.prefill === false) return PREFILL_TEXT;
  const text = last.content.at(-1)?.text;
  return text !== undefined && text !== text.trimEnd()
    ? 'messages: final assistant content cannot end with trailing whitespace'
    : undefined;
}

function pairingFault(converse: ConverseRequestBody): string | undefined {
  for (const [index, message] of converse.messages.entries()) {
    const next = converse.messages[index + 1];
    const calls = message.content.flatMap((block) => block.toolUse?.toolUseId ?? []);
    const results = leadingResults(next);
    const missing = calls.filter((id) => !results.includes(id));
    if (missing.length > 0) {
      return `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${missing.join(', ')}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;
    }
    const earlier = converse.messages[index - 1]?.content.flatMap((block) => block.toolUse?.toolUseId ?? []) ?? [];
    const stranger = message.content.findIndex(
      ({ toolResult }) => toolResult !== undefined && !earlier.includes(toolResult.toolUseId),
    );
    if (stranger >= 0) {
      const id = message.content[stranger]?.toolResult?.toolUseId;
      return `messages.${index}.content.${stranger}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    }
  }
  return undefined;
}

/** The ids of the results that a message begins with: those further on do not count. */
function leadingResults(message: ConverseMessage | undefined): string[] {
  const ids: string[] = [];
  for (const block of message?.content ?? []) {
    if (block.toolResult !== undefined) ids.push(block.toolResult.toolUseId);
    else if (block.cachePoint === undefined) break;
  }
  return ids;
}

function imageFault(converse: ConverseRequestBody, model: ResolvedModel): string | undefined {
  for (const [m, message] of converse.messages.entries()) {
    for (const [b, block] of message.content.entries()) {
      const fault =
        block.image === undefined ? undefined : findImageFault(block.image, `messages.${m}.content.${b}`, model);
      if (fault !== undefined) return fault;
    }
  }
  return undefined;
}

function pointFault(body: ClaudeBody, model: ResolvedModel): string | undefined {
  const points: PlacedPoint[] = [];
  const collect = (items: readonly Readonly<Record<string, unknown>>[], list: string): void => {
    for (const [index, item] of items.entries()) {
      if (!isObject(item.cache_control)) continue;
      const point: ConverseCachePoint = { type: 'default', ...(item.cache_control.ttl === '1h' ? { ttl: '1h' } : {}) };
      points.push({ point, place: `${list}.${index}` });
    }
  };
  collect(body.tools, 'tools');
  collect(body.system, 'system');
  for (const [index, message] of body.messages.entries()) collect(message.content, `messages.${index}.content`);
  return findPointFault(points, model);
}

function numbersFault(raw: Readonly<Record<string, unknown>>): string | undefined {
  for (const name of ['temperature', 'top_p'] as const) {
    const value = raw[name];
    if (value === undefined) continue;
    if (typeof value !== 'number') return `${name}: Input should be a valid number`;
    if (value < 0) return `${name}: Input should be greater than or equal to 0`;
    if (value > 1) return `${name}: Input should be less than or equal to 1`;
  }
  const stops = raw.stop_sequences;
  if (stops === undefined) return undefined;
  if (!Array.isArray(stops) || stops.some((text) => typeof text !== 'string'))
    return 'stop_sequences: Input should be a valid list';
  return stops.some((text) => text.trim() === '')
    ? 'stop_sequences: each stop sequence must contain non-whitespace'
    : undefined;
}

function settingsOf({ raw, maxTokens, toolChoice }: ClaudeBody, converse: ConverseRequestBody): ClaudeSettings {
  const outputConfig = isObject(raw.output_config) ? raw.output_config : {};
  return {
    maxTokens,
    temperature: typeof raw.temperature === 'number' ? raw.temperature : undefined,
    topP: typeof raw.top_p === 'number' ? raw.top_p : undefined,
    topK: raw.top_k,
    thinking: raw.thinking,
    effort: outputConfig.effort,
    format: outputConfig.format,
    toolChoice: (['auto', 'any', 'tool', 'none'] as const).find((kind) => kind === toolChoice?.type),
    betas: raw.anthropic_beta,
    prefill: converse.messages.at(-1)?.role === 'assistant',
  };
}
