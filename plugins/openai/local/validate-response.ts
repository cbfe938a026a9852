// What OpenAI finds wrong with the body of a response, before any model sees it.
import { isObject, isUnset, type JsonObject, objectsIn } from '@turnout/core/testing';
import {
  invalidType,
  invalidValue,
  missingParameter,
  Refusal,
  unknownParameter,
  unsupportedParameter,
  unsupportedValue,
} from './refusal.ts';
import { strictProblem } from './strict-schema.ts';
import { type Traits, traitsOf } from './traits.ts';
import { checkInput } from './validate-input.ts';
import { checkParameters } from './validate-tools.ts';

/** The members of a request, by the types of the `openai` package 7.57 (2026-11). `client_metadata` is what Codex 0.169 sends there. */
const FIELDS: ReadonlySet<string> = new Set([
  ...['background', 'client_metadata', 'context_management', 'conversation', 'include', 'input', 'instructions'],
  ...[
    'max_output_tokens',
    'max_tool_calls',
    'metadata',
    'model',
    'moderation',
    'parallel_tool_calls',
    'previous_response_id',
    'prompt',
  ],
  ...['prompt_cache_key', 'prompt_cache_options', 'prompt_cache_retention', 'reasoning', 'safety_identifier'],
  ...['service_tier', 'store', 'stream', 'stream_options', 'temperature', 'text', 'tool_choice', 'tools'],
  ...['top_logprobs', 'top_p', 'truncation', 'user', 'verbosity'],
]);

/** Throws the Refusal that OpenAI would answer with. */
export function checkResponse(body: JsonObject): void {
  for (const field of Object.keys(body)) if (!FIELDS.has(field)) throw unknownParameter(field);
  if (isUnset(body.input)) throw missingParameter('input');
  if (!isUnset(body.previous_response_id)) {
    throw new Refusal(`Previous response with id '${String(body.previous_response_id)}' not found.`, {
      ...{ param: 'previous_response_id', code: 'previous_response_not_found' },
    });
  }
  checkSettings(body, traitsOf(String(body.model)));
  checkStream(body);
  checkInput(body);
  checkResponseTools(body);
  checkFormat(body);
}

/** "Expected a value >= 16": shorter answers are not made (OpenAI, 2025). */
const TOKENS_MIN = 16;

function checkSettings(body: JsonObject, traits: Traits): void {
  const { max_output_tokens: tokens, reasoning, include } = body;
  if (typeof tokens === 'number' && tokens < TOKENS_MIN) {
    const message = `integer below minimum value. Expected a value >= ${TOKENS_MIN}, but got ${tokens} instead.`;
    throw invalidValue('max_output_tokens', message, 'integer_below_min_value');
  }
  const { effort, summary } = isObject(reasoning) ? reasoning : {};
  if (!isUnset(effort) && traits.efforts.length === 0) throw unsupportedParameter('reasoning.effort');
  if (!isUnset(summary) && !traits.reasons) throw unsupportedParameter('reasoning.summary');
  if (!isUnset(effort) && !traits.efforts.includes(String(effort))) {
    const supported = traits.efforts.map((value) => `'${value}'`).join(', ');
    throw unsupportedValue('reasoning.effort', `'${String(effort)}'`, `Supported values are: ${supported}.`);
  }
  if (Array.isArray(include) && include.includes('reasoning.encrypted_content') && !traits.reasons)
    throw new Refusal('Encrypted content is not supported with this model.', { param: 'include' });
  const thinks = traits.reasons && (effort ?? traits.efforts[0]) !== 'none';
  for (const field of ['temperature', 'top_p', 'top_logprobs']) {
    if (thinks && !isUnset(body[field]) && !(field === 'temperature' && body[field] === 1))
      throw unsupportedParameter(field);
  }
  if (!isUnset(body.parallel_tool_calls) && !traits.parallelSwitch) throw unsupportedParameter('parallel_tool_calls');
}

function checkStream({ stream, stream_options: options }: JsonObject): void {
  if (!isObject(options)) return;
  if (stream !== true)
    throw new Refusal("The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: 'stream_options',
    });
  for (const field of Object.keys(options))
    if (field !== 'include_obfuscation') throw unknownParameter(`stream_options.${field}`);
}

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  function: [
    'type',
    'name',
    'description',
    'parameters',
    'strict',
    'defer_loading',
    'output_schema',
    'allowed_callers',
  ],
  custom: ['type', 'name', 'description', 'format', 'defer_loading'],
  namespace: ['type', 'name', 'description', 'tools'],
};
/** Run by OpenAI, or by the client. */
const HOSTED =
  /^(web_search|file_search|code_interpreter|image_generation|computer|mcp|local_shell|shell|apply_patch|tool_search)/;

function checkResponseTools(body: JsonObject): void {
  const { tools, tool_choice: choice } = body;
  if (!isUnset(tools) && !Array.isArray(tools)) throw invalidType('tools', 'an array of objects', tools);
  const list: readonly unknown[] = Array.isArray(tools) ? tools : [];
  const names = list.flatMap((tool, index) => checkTool(tool, `tools[${index}]`));
  if (!isObject(choice) || typeof choice.name !== 'string') return;
  if (!names.includes(choice.name))
    throw new Refusal(`Tool choice '${choice.name}' not found in 'tools' parameter.`, { param: 'tool_choice' });
}

/** Gives the names that a choice may name. */
function checkTool(tool: unknown, at: string): string[] {
  if (!isObject(tool)) throw invalidType(at, 'an object', tool);
  const { type, name } = tool;
  if (isUnset(type)) throw missingParameter(`${at}.type`);
  const members = Object.hasOwn(MEMBERS, String(type)) ? MEMBERS[String(type)] : undefined;
  if (members === undefined) {
    if (HOSTED.test(String(type))) return [];
    throw new Refusal(`Invalid value: '${String(type)}'.`, { param: `${at}.type`, code: 'invalid_value' });
  }
  for (const member of Object.keys(tool)) if (!members.includes(member)) throw unknownParameter(`${at}.${member}`);
  if (typeof name !== 'string' || name === '') throw missingParameter(`${at}.name`);
  if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) {
    const message = "string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.";
    throw invalidValue(`${at}.name`, message);
  }
  if (type === 'function') checkParameters(tool, name, at);
  if (type !== 'namespace') return [name];
  if (typeof tool.description !== 'string' || tool.description === '') throw missingParameter(`${at}.description`);
  return objectsIn(tool.tools).flatMap((inner, index) => checkTool(inner, `${at}.tools[${index}]`));
}

function checkFormat({ text }: JsonObject): void {
  const format = isObject(text) ? text.format : undefined;
  if (!isObject(format) || format.type !== 'json_schema') return;
  if (typeof format.name !== 'string') throw missingParameter('text.format.name');
  if (!isObject(format.schema)) throw missingParameter('text.format.schema');
  const problem = format.strict === true ? strictProblem(format.schema) : undefined;
  if (problem === undefined) return;
  throw new Refusal(`Invalid schema for response_format '${format.name}': ${problem}`, {
    ...{ param: 'text.format.schema', code: 'invalid_json_schema' },
  });
}
