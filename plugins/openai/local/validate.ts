// What OpenAI finds wrong with the body of a chat completion, before any model sees it.
import { isObject, isUnset, type JsonObject } from '@turnout/core/testing';
import {
  invalidType,
  invalidValue,
  missingParameter,
  Refusal,
  unknownParameter,
  unsupportedParameter,
  unsupportedValue,
} from './refusal.ts';
import { type Traits, traitsOf } from './traits.ts';
import { checkMessages } from './validate-messages.ts';
import { checkOutput } from './validate-output.ts';
import { checkTools } from './validate-tools.ts';

/** The members of a request, by the types of the `openai` package 7.57 (2026-11), and what kind of value each has. */
const FIELDS: Readonly<Record<string, 'string' | 'number' | 'integer' | 'boolean' | 'object' | 'array' | 'any'>> = {
  messages: 'array',
  model: 'string',
  audio: 'object',
  frequency_penalty: 'number',
  function_call: 'any',
  functions: 'array',
  logit_bias: 'object',
  logprobs: 'boolean',
  max_completion_tokens: 'integer',
  max_tokens: 'integer',
  metadata: 'object',
  modalities: 'array',
  moderation: 'object',
  n: 'integer',
  parallel_tool_calls: 'boolean',
  prediction: 'object',
  presence_penalty: 'number',
  prompt_cache_key: 'string',
  prompt_cache_options: 'object',
  prompt_cache_retention: 'string',
  reasoning_effort: 'string',
  response_format: 'object',
  safety_identifier: 'string',
  seed: 'integer',
  service_tier: 'string',
  stop: 'any',
  store: 'boolean',
  stream: 'boolean',
  stream_options: 'object',
  temperature: 'number',
  tool_choice: 'any',
  tools: 'array',
  top_logprobs: 'integer',
  top_p: 'number',
  user: 'string',
  verbosity: 'string',
  web_search_options: 'object',
};

/** Throws the Refusal that OpenAI would answer with. */
export function checkChat(body: JsonObject): void {
  for (const [field, value] of Object.entries(body)) {
    const kind = Object.hasOwn(FIELDS, field) ? FIELDS[field] : undefined;
    if (kind === undefined) throw unknownParameter(field);
    if (!isUnset(value)) checkKind(field, kind, value);
  }
  if (isUnset(body.messages)) throw missingParameter('messages');
  const traits = traitsOf(String(body.model));
  checkSupport(body, traits);
  checkRanges(body);
  checkMessages(body.messages, traits);
  checkTools(body);
  checkOutput(body);
  if (isObject(body.stream_options) && body.stream !== true) {
    throw new Refusal("The 'stream_options' parameter is only allowed when 'stream' is enabled.", {
      param: 'stream_options',
    });
  }
}

const EXPECTED = {
  string: 'a string',
  number: 'a decimal',
  integer: 'an integer',
  boolean: 'a boolean',
  object: 'an object',
  array: 'an array of objects',
} as const;

function checkKind(field: string, kind: keyof typeof EXPECTED | 'any', value: unknown): void {
  if (kind === 'any') return;
  const fits =
    kind === 'array'
      ? Array.isArray(value)
      : kind === 'object'
        ? isObject(value)
        : kind === 'integer'
          ? Number.isInteger(value)
          : typeof value === kind;
  if (!fits) throw invalidType(field, EXPECTED[kind], value);
}

const SAMPLING = ['top_p', 'presence_penalty', 'frequency_penalty', 'logprobs', 'top_logprobs', 'logit_bias'];

/** What models that reason do not take. */
function checkSupport(body: JsonObject, traits: Traits): void {
  const { reasoning_effort: effort } = body;
  if (!isUnset(effort)) {
    if (traits.efforts.length === 0) throw new Refusal('Unrecognized request argument supplied: reasoning_effort');
    if (!traits.efforts.includes(String(effort))) {
      const supported = traits.efforts.map((value) => `'${value}'`).join(', ');
      throw unsupportedValue('reasoning_effort', `'${effort}'`, `Supported values are: ${supported}.`);
    }
  }
  if (!traits.reasons) return;
  if (!isUnset(body.max_tokens)) {
    throw unsupportedParameter('max_tokens', " Use 'max_completion_tokens' instead.");
  }
  const thinks = (effort ?? traits.efforts[0]) !== 'none';
  if (thinks) {
    if (!isUnset(body.temperature) && body.temperature !== 1) {
      throw unsupportedValue('temperature', body.temperature, 'Only the default (1) value is supported.');
    }
    for (const field of SAMPLING) if (!isUnset(body[field])) throw unsupportedParameter(field);
  }
  if (!isUnset(body.stop)) throw unsupportedParameter('stop');
  if (!isUnset(body.parallel_tool_calls) && !traits.parallelSwitch) throw unsupportedParameter('parallel_tool_calls');
}

const RANGES: Readonly<Record<string, readonly [min: number, max: number]>> = {
  temperature: [0, 2],
  top_p: [0, 1],
  presence_penalty: [-2, 2],
  frequency_penalty: [-2, 2],
  n: [1, 128],
  top_logprobs: [0, 20],
  max_tokens: [1, Number.POSITIVE_INFINITY],
  max_completion_tokens: [1, Number.POSITIVE_INFINITY],
};
const STOPS_MAX = 4;

function checkRanges(body: JsonObject): void {
  for (const [field, [min, max]] of Object.entries(RANGES)) {
    const value = body[field];
    if (typeof value !== 'number') continue;
    const kind = FIELDS[field] === 'integer' ? 'integer' : 'decimal';
    if (value < min) {
      const message = `${kind} below minimum value. Expected a value >= ${min}, but got ${value} instead.`;
      throw invalidValue(field, message, `${kind}_below_min_value`);
    }
    if (value > max) {
      const message = `${kind} above maximum value. Expected a value <= ${max}, but got ${value} instead.`;
      throw invalidValue(field, message, `${kind}_above_max_value`);
    }
  }
  const { stop } = body;
  if (Array.isArray(stop) && stop.length > STOPS_MAX) {
    const message = `array too long. Expected an array with maximum length ${STOPS_MAX}, but got an array with length ${stop.length} instead.`;
    throw invalidValue('stop', message, 'array_above_max_length');
  }
}
