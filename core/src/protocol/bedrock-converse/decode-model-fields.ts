// `additionalModelRequestFields`: what a client sends past Converse to the model, read where the canonical form knows it.
import type { ChatRequest, Effort, Output, Reasoning } from '../../contract/index.ts';
import { type Decoding, lose } from '../decoding.ts';
import { type Bag, isAbsent, isBag } from '../field-reader.ts';

/** What the fields say. None can be of a wrong type: each model has fields of its own, and what is not understood is left
 * for the target. */
export interface ModelFields {
  reasoning?: 'off' | Reasoning;
  topK?: number;
  output?: Output;
  toolChoice?: NonNullable<ChatRequest['toolChoice']>;
  parallelToolCalls?: boolean;
  /** Anthropic's, which stand in a header there. */
  betas?: readonly string[];
  /** What was not understood. */
  rest?: Bag;
  /** The client's own names, by canonical field. */
  readonly names: Map<string, string>;
}

const EFFORTS: readonly Effort[] = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
const DISPLAYS: ReadonlyMap<unknown, NonNullable<Reasoning['display']>> = new Map([
  ['full', 'full'],
  ['summarized', 'summary'],
  ['omitted', 'omitted'],
]);

const BETAS_MAX = 64;
/** What may stand in a header between commas. */
const BETA = /^[\x21-\x2b\x2d-\x7e]{1,128}$/;

export const effortOf = (word: unknown): Effort | undefined => EFFORTS.find((effort) => effort === word);

interface Reader {
  /** What it reads for; absent: it names that itself. */
  readonly field?: string;
  /** Puts what it understands of a value into the fields, and returns the rest of it; undefined when nothing is left. */
  readonly read: (value: unknown, fields: ModelFields, decoding: Decoding) => unknown;
}

/** Several models' words for the same, in the order in which they are laid over each other. */
const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['reasoning_effort', { field: 'reasoning', read: readReasoning }],
  ['reasoning', { field: 'reasoning', read: readReasoning }],
  ['reasoningConfig', { field: 'reasoning', read: readReasoning }],
  ['reasoning_config', { field: 'reasoning', read: readReasoning }],
  ['output_config', { read: readOutputConfig }],
  ['thinking', { field: 'reasoning', read: readReasoning }],
  ['top_k', { field: 'topK', read: readTopK }],
  ['topK', { field: 'topK', read: readTopK }],
  ['inferenceConfig', { field: 'topK', read: readInferenceConfig }],
  ['tool_choice', { field: 'parallelToolCalls', read: readToolChoice }],
  ['anthropic_beta', { field: 'anthropic_beta', read: readBetas }],
]);

/** Never throws: what is not as expected is left. */
export function readModelFields(bag: Bag | undefined, decoding: Decoding): ModelFields {
  const fields: ModelFields = { names: new Map() };
  if (!bag) return fields;
  const left: [string, unknown][] = [];
  for (const [key, { field, read }] of READERS) {
    const value = bag[key];
    if (isAbsent(value)) continue;
    const unread = read(value, fields, decoding);
    if (field !== undefined && unread !== value) fields.names.set(field, key);
    if (unread !== undefined) left.push([key, unread]);
  }
  for (const [key, value] of Object.entries(bag)) {
    if (!isAbsent(value) && !READERS.has(key)) left.push([key, value]);
  }
  if (left.length > 0) fields.rest = Object.fromEntries(left);
  return fields;
}

/** The later setting over the earlier one. */
export function layReasoning(under: 'off' | Reasoning | undefined, over: 'off' | Reasoning): 'off' | Reasoning {
  return under === undefined || under === 'off' || over === 'off' ? over : { ...under, ...over };
}

/** A word for the effort, or an object as Claude (`thinking`), Nova (`reasoningConfig`) or OpenAI (`reasoning`) take it. */
function readReasoning(value: unknown, fields: ModelFields, decoding: Decoding): unknown {
  const effort = effortOf(value);
  const whole = value === 'none' ? 'off' : effort && { effort };
  if (whole !== undefined) {
    fields.reasoning = layReasoning(fields.reasoning, whole);
    return undefined;
  }
  if (!isBag(value)) return value;
  const { type, ...settings } = value;
  if (type === 'disabled' || type === 'between_tools') {
    if (type !== 'disabled') lose(decoding, 'thinking', 'approximated', 'thinking between tool calls becomes none');
    fields.reasoning = 'off';
    return undefined;
  }
  if (!isAbsent(type) && type !== 'enabled' && type !== 'adaptive') return value;
  const { level, unread } = readLevel(settings);
  if (isAbsent(type) && level !== 'off' && Object.keys(level).length === 0) return value;
  fields.reasoning = layReasoning(fields.reasoning, level);
  return unread;
}

function readLevel(settings: Bag): { level: 'off' | Reasoning; unread: Bag | undefined } {
  let level: Reasoning = {};
  const left: [string, unknown][] = [];
  for (const [key, value] of Object.entries(settings)) {
    const effort = key === 'effort' || key === 'maxReasoningEffort' ? effortOf(value) : undefined;
    const display = key === 'display' ? DISPLAYS.get(value) : undefined;
    if (key === 'effort' && value === 'none') return { level: 'off', unread: undefined };
    if (effort) level = { ...level, effort };
    else if (display) level = { ...level, display };
    else if (key === 'budget_tokens' && isCount(value)) level = { ...level, budget: value };
    else if (!isAbsent(value)) left.push([key, value]);
  }
  return { level, unread: left.length === 0 ? undefined : Object.fromEntries(left) };
}

/** A whole number of at least one. */
export const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 1;

/** Claude's: `effort` and `format`. */
function readOutputConfig(value: unknown, fields: ModelFields): unknown {
  if (!isBag(value)) return value;
  const { effort: word, format, ...others } = value;
  const effort = effortOf(word);
  if (effort) {
    fields.reasoning = layReasoning(fields.reasoning, { effort });
    fields.names.set('reasoning', 'output_config');
  }
  const schema = isBag(format) && format.type === 'json_schema' && isBag(format.schema) ? format.schema : undefined;
  if (schema) {
    fields.output = { schema };
    fields.names.set('output', 'output_config');
  }
  const left = {
    ...others,
    ...(effort || isAbsent(word) ? {} : { effort: word }),
    ...(schema || isAbsent(format) ? {} : { format }),
  };
  return Object.keys(left).length === 0 ? undefined : left;
}

function readTopK(value: unknown, fields: ModelFields): unknown {
  if (!isCount(value)) return value;
  fields.topK = value;
  return undefined;
}

/** Nova's own, which has a `topK` that Converse has not. */
function readInferenceConfig(value: unknown, fields: ModelFields): unknown {
  if (!isBag(value) || !isCount(value.topK)) return value;
  const { topK, ...others } = value;
  fields.topK = topK;
  return Object.keys(others).length === 0 ? undefined : others;
}

/** Claude's own, which says whether several tools may be called at once; Converse's stands in `toolConfig`. */
function readToolChoice(value: unknown, fields: ModelFields): unknown {
  if (!isBag(value)) return value;
  const { type, name, disable_parallel_tool_use: alone, ...others } = value;
  const choice = choiceOf(type, name);
  if (choice === undefined) return value;
  fields.toolChoice = choice;
  if (typeof alone === 'boolean') fields.parallelToolCalls = !alone;
  return Object.keys(others).length === 0 ? undefined : others;
}

function choiceOf(type: unknown, name: unknown): ChatRequest['toolChoice'] {
  if (type === 'any') return 'required';
  if (type === 'tool') return typeof name === 'string' && name !== '' ? { name } : undefined;
  return type === 'auto' || type === 'none' ? type : undefined;
}

function readBetas(value: unknown, fields: ModelFields): unknown {
  if (!Array.isArray(value) || value.length > BETAS_MAX) return value;
  const betas = value.filter((beta) => typeof beta === 'string' && BETA.test(beta));
  if (betas.length !== value.length) return value;
  if (betas.length > 0) fields.betas = betas;
  return undefined;
}
