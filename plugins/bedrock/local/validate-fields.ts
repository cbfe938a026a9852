// What Bedrock requires of inferenceConfig, additionalModelRequestFields, outputConfig and performanceConfig.

import { findStrictFault, isObject } from '@turnout/core/testing';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { type ClaudeSettings, findSettingFault } from './claude-settings.ts';
import type { Family } from './family.ts';
import type { ResolvedModel } from './model.ts';
import { findNativeToolFault } from './native-tool.ts';
import { invalid, malformed, modelSaid } from './refusal.ts';

const EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'];

/** Throws Refusal. */
export function checkFields(body: ConverseRequestBody, model: ResolvedModel, family: Family): void {
  checkInference(body, model, family);
  checkPointers(body);
  checkSchema(body, model);
  checkLatency(body, model);
  const effort = body.outputConfig?.effort;
  if (effort !== undefined && !EFFORTS.includes(effort)) {
    throw invalid(`The value at outputConfig.effort must be one of the following: ${EFFORTS.join(', ')}.`);
  }
  const fields: unknown = body.additionalModelRequestFields ?? {};
  if (!isObject(fields)) throw invalid('The value at additionalModelRequestFields must be a json object.');
  if (model.claude === undefined) {
    checkKeys(fields, family.extraFields);
    checkReasoningFields(body, fields, model);
    return;
  }
  checkKeys(fields, CLAUDE_FIELDS);
  const betas: readonly unknown[] = Array.isArray(fields.anthropic_beta) ? fields.anthropic_beta : [];
  if (betas.includes('tool-search-tool-2025-10-19')) throw invalid(NO_TOOL_SEARCH);
  checkConflicts(body, fields);
  const fault =
    findSettingFault(model.claude, settingsOf(body, fields, model)) ??
    nativeToolsFault(body, fields) ??
    contextFault(fields);
  if (fault !== undefined) throw modelSaid(fault);
}

// Its words: agentgateway 3240, 2026-08.
const NO_TOOL_SEARCH =
  'The tool-search-tool beta feature is not currently supported on the Converse and ConverseStream APIs';

function checkInference(body: ConverseRequestBody, model: ResolvedModel, family: Family): void {
  const { maxTokens, temperature, topP, stopSequences } = body.inferenceConfig ?? {};
  const limit = model.facts.outputTokensMax;
  if (maxTokens !== undefined && limit !== undefined && maxTokens > limit && !hasLongOutput(body)) {
    throw invalid(
      `The maximum tokens you requested exceeds the model limit of ${limit}. Try again with a maximum tokens value that is lower than ${limit}.`,
    );
  }
  const stops = stopSequences ?? [];
  if (stops.length > 0 && family.stopSequencesMax === 0) throw unsupportedField('stopSequences');
  if (stops.length > family.stopSequencesMax) {
    const counts = `expected maximum item count: ${family.stopSequencesMax}, found: ${stops.length}`;
    throw modelSaid(malformed(`#/inferenceConfig/stopSequences: ${counts}`));
  }
  if (model.claude !== undefined && stops.some((text) => text.trim() === '')) {
    throw modelSaid('stop_sequences: each stop sequence must contain non-whitespace');
  }
  if (!family.sampling && temperature !== undefined) throw unsupportedField('temperature');
  if (!family.sampling && topP !== undefined) throw unsupportedField('topP');
  if (topP === 0 && model.id.startsWith('amazon.nova')) {
    throw modelSaid(malformed('#/inferenceConfig/topP: 0.0 is not greater than 0.0'));
  }
}

const unsupportedField = (name: string) =>
  invalid(`This model doesn't support the ${name} field. Remove ${name} and try again.`);

/** Claude 3.7's beta of 128k tokens. */
const hasLongOutput = (body: ConverseRequestBody): boolean => {
  const betas = body.additionalModelRequestFields?.anthropic_beta;
  return Array.isArray(betas) && betas.includes('output-128k-2025-02-19');
};

function checkPointers(body: ConverseRequestBody): void {
  for (const pointer of body.additionalModelResponseFieldPaths ?? []) {
    if (!pointer.startsWith('/') || pointer === '/') {
      throw invalid(
        `The value ${pointer} at additionalModelResponseFieldPaths is not a valid JSON Pointer. Check the value and try again.`,
      );
    }
  }
}

function checkSchema(body: ConverseRequestBody, model: ResolvedModel): void {
  const schema = body.outputConfig?.textFormat?.structure.jsonSchema.schema;
  if (schema === undefined) return;
  let parsed: unknown;
  try {
    parsed = JSON.parse(schema);
  } catch {
    // Not JSON at all: refused below as any other text that is no schema.
  }
  if (!isObject(parsed)) {
    throw invalid('The value at outputConfig.textFormat.structure.jsonSchema.schema is not a valid JSON schema.');
  }
  const fault = model.claude?.structured === true ? findStrictFault(parsed) : undefined;
  if (fault !== undefined) throw modelSaid(`output_config.format.schema: ${fault}`);
}

const LATENCY_OPTIMIZED = /^(amazon\.nova-pro|anthropic\.claude-3-5-haiku|meta\.llama3-1-(70b|405b))/;

function checkLatency(body: ConverseRequestBody, model: ResolvedModel): void {
  if (body.performanceConfig?.latency === 'optimized' && !LATENCY_OPTIMIZED.test(model.id)) {
    throw invalid('Latency performance configuration is not supported for this model.');
  }
}

const CLAUDE_FIELDS = [
  'anthropic_beta',
  'context_management',
  'metadata',
  'output_config',
  'reasoning_config', // an old name of `thinking`, recorded
  'thinking',
  'tool_choice',
  'tools',
  'top_k',
];

/** Tools that go past Converse to the model: of Anthropic's own making only, with names that no other tool has. */
function nativeToolsFault(body: ConverseRequestBody, fields: Record<string, unknown>): string | undefined {
  const { tools } = fields;
  if (tools === undefined) return undefined;
  if (!Array.isArray(tools)) return 'tools: Input should be a valid list';
  const names = (body.toolConfig?.tools ?? []).flatMap(({ toolSpec }) => toolSpec?.name ?? []);
  for (const [index, tool] of tools.entries()) {
    if (!isObject(tool)) return `tools.${index}: Input should be a valid dictionary`;
    const fault = findNativeToolFault(tool, `tools.${index}`, fields.anthropic_beta);
    if (fault !== undefined) return fault;
    names.push(String(tool.name));
  }
  return new Set(names).size < names.length ? 'tools: Tool names must be unique.' : undefined;
}

const CONTEXT_BETA = 'context-management-2025-06-27';

function contextFault({ context_management: management, anthropic_beta: betas }: Record<string, unknown>) {
  if (management === undefined) return undefined;
  const allowed = Array.isArray(betas) && betas.includes(CONTEXT_BETA);
  if (!allowed) return 'context_management: Extra inputs are not permitted';
  return isObject(management) ? undefined : 'context_management: Input should be a valid dictionary';
}

function checkKeys(fields: Record<string, unknown>, allowed: readonly string[] | undefined): void {
  const extra = Object.keys(fields).find((key) => allowed?.includes(key) === false);
  if (extra !== undefined) throw modelSaid(malformed(`#: extraneous key [${extra}] is not permitted`));
}

function checkConflicts(body: ConverseRequestBody, fields: Record<string, unknown>): void {
  const outputConfig = isObject(fields.output_config) ? fields.output_config : {};
  const twice =
    (fields.tool_choice !== undefined && body.toolConfig?.toolChoice !== undefined && 'tool_choice') ||
    (outputConfig.effort !== undefined && body.outputConfig?.effort !== undefined && 'output_config') ||
    (outputConfig.format !== undefined && body.outputConfig?.textFormat !== undefined && 'output_config');
  if (twice) throw invalid(`The additional field ${twice} conflicts with an existing field.`);
}

const CHOICES = ['auto', 'any', 'tool', 'none'] as const;

function settingsOf(body: ConverseRequestBody, fields: Record<string, unknown>, model: ResolvedModel): ClaudeSettings {
  const outputConfig = isObject(fields.output_config) ? fields.output_config : {};
  const choice = body.toolConfig?.toolChoice;
  const own = isObject(fields.tool_choice) ? fields.tool_choice.type : undefined;
  const inference = body.inferenceConfig;
  return {
    maxTokens: inference?.maxTokens ?? model.facts.outputTokensMax,
    temperature: inference?.temperature,
    topP: inference?.topP,
    topK: fields.top_k,
    thinking: fields.thinking ?? fields.reasoning_config,
    effort: body.outputConfig?.effort ?? outputConfig.effort,
    format: body.outputConfig?.textFormat ?? outputConfig.format,
    toolChoice: CHOICES.find((kind) => own === kind || (kind !== 'none' && choice?.[kind] !== undefined)),
    betas: fields.anthropic_beta,
    prefill: body.messages.at(-1)?.role === 'assistant',
  };
}

const NOVA_EFFORTS = ['low', 'medium', 'high'];
const WORDS: Readonly<Record<string, readonly string[]>> = {
  reasoning_effort: ['low', 'medium', 'high'],
  reasoning_config: ['low', 'medium', 'high'],
};

/** The reasoning fields of models other than Claude. */
function checkReasoningFields(body: ConverseRequestBody, fields: Record<string, unknown>, model: ResolvedModel): void {
  for (const [key, words] of Object.entries(WORDS)) {
    const value = fields[key];
    if (value !== undefined && !words.includes(String(value))) {
      throw modelSaid(malformed(`#/${key}: ${JSON.stringify(value)} is not a valid enum value`));
    }
  }
  const nova = fields.reasoningConfig;
  if (nova === undefined || !model.id.startsWith('amazon.nova-2')) return;
  const known = isObject(nova) && (nova.type === 'enabled' || nova.type === 'disabled');
  const effort = isObject(nova) ? nova.maxReasoningEffort : undefined;
  if (!known || (nova.type === 'enabled' && !NOVA_EFFORTS.includes(String(effort)))) {
    throw modelSaid(malformed('#/reasoningConfig: required key [maxReasoningEffort] not found'));
  }
  const { maxTokens, temperature, topP } = body.inferenceConfig ?? {};
  const given = Object.entries({ maxTokens, temperature, topP }).find(([, value]) => value !== undefined)?.[0];
  if (nova.type === 'enabled' && effort === 'high' && given !== undefined) {
    throw modelSaid(malformed(`#/inferenceConfig: ${given} must be unset when maxReasoningEffort is high`));
  }
}
