// What a Converse request may say beyond the canonical form: kept as Converse has it, for a target that reads it.
import type { Extensions } from '../../contract/index.ts';
import { asList, asString, type Bag, isAbsent, isBag, optionalBag, unknownFields, wrong } from '../field-reader.ts';
import { effortOf, isCount, type ModelFields } from './decode-model-fields.ts';
import { invalid } from './validation.ts';

/** Each of them may become a loss, with a name that the client chose. */
const FIELDS_MAX = 256;
const POINTERS_MAX = 10;
const POINTER = /^(\/([^~/]|~[01])+)+$/;

/** Read elsewhere in this folder. The model's name is the one in the path. */
const DECODED: ReadonlySet<string> = new Set([
  ...['modelId', 'messages', 'system', 'inferenceConfig', 'toolConfig', 'outputConfig'],
  ...['additionalModelRequestFields', 'additionalModelResponseFieldPaths'],
]);
const INFERENCE = ['maxTokens', 'temperature', 'topP', 'stopSequences'];
const TOOLS: ReadonlySet<string> = new Set(['tools', 'toolChoice']);
const OBJECTS: readonly string[] = [
  'guardrailConfig',
  'performanceConfig',
  'promptVariables',
  'requestMetadata',
  'serviceTier',
];

/** Where Claude's stop sequence stands: in a whole answer, and in a streamed one. The router knows it of any model. */
const STOP_POINTERS: readonly string[] = ['/stop_sequence', '/delta/stop_sequence'];

export interface Pointers {
  /** Those of a stop sequence. */
  readonly stop: readonly string[];
  readonly others: readonly string[];
}

/** `additionalModelResponseFieldPaths`. Throws `invalid-request` in Bedrock's words. */
export function decodePointers(body: Bag): Pointers {
  const field = 'additionalModelResponseFieldPaths';
  const list = isAbsent(body[field]) ? [] : asList(body[field], field, POINTERS_MAX);
  const pointers = list.map((item, index) => asString(item, `${field}.${index}`));
  for (const pointer of pointers) {
    if (POINTER.test(pointer)) continue;
    const problem = `The value ${pointer.slice(0, 256)} at ${field} is not a valid JSON Pointer.`;
    throw invalid(`${problem} Check the value and try again.`, field);
  }
  return {
    stop: pointers.filter((pointer) => STOP_POINTERS.includes(pointer)),
    others: pointers.filter((pointer) => !STOP_POINTERS.includes(pointer)),
  };
}

/** undefined when there is nothing. `fields`: of additionalModelRequestFields. Throws `invalid-request` for a value of the
 * wrong type. */
export function decodeExtensions(
  body: Bag,
  { rest, betas }: Pick<ModelFields, 'rest' | 'betas'>,
  pointers: readonly string[],
): Extensions | undefined {
  for (const field of OBJECTS) optionalBag(body, field, '');
  const own: [string, unknown][] = Object.entries(unknownFields(body, DECODED) ?? {}).filter(
    ([field, value]) => !isIdle(field, value),
  );
  if (rest) own.push(['additionalModelRequestFields', rest]);
  if (pointers.length > 0) own.push(['additionalModelResponseFieldPaths', pointers]);
  for (const [field, unread] of restsOf(body)) if (unread) own.push([field, unread]);
  if (own.length > FIELDS_MAX) throw wrong('body', `expected at most ${FIELDS_MAX} fields that are not Converse's`);
  if (own.length === 0 && !betas) return undefined;
  return {
    ...(own.length === 0 ? {} : { 'bedrock-converse': Object.fromEntries(own) }),
    ...(betas ? { 'anthropic-messages': { anthropic_beta: betas } } : {}),
  };
}

/** True for a value that asks for nothing: it is not kept, so that it is nobody's loss. */
function isIdle(field: string, value: unknown): boolean {
  if (!isBag(value)) return false;
  if (Object.keys(value).length === 0) return true;
  if (field === 'serviceTier') return value.type === 'default';
  return field === 'performanceConfig' && value.latency === 'standard';
}

/** What the objects that are read elsewhere hold besides. */
function restsOf(body: Bag): [string, Bag | undefined][] {
  const { inferenceConfig, toolConfig, outputConfig } = body;
  const inference = isBag(inferenceConfig) ? inferenceConfig : {};
  const knownInference = new Set(isCount(inference.topK) ? [...INFERENCE, 'topK'] : INFERENCE);
  const output = isBag(outputConfig) ? outputConfig : {};
  const known = new Set(effortOf(output.effort) ? ['textFormat', 'effort'] : ['textFormat']);
  return [
    ['inferenceConfig', unknownFields(inference, knownInference)],
    ['toolConfig', isBag(toolConfig) ? unknownFields(toolConfig, TOOLS) : undefined],
    ['outputConfig', unknownFields(output, known)],
  ];
}
