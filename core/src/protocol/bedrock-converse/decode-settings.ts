// The settings of a Converse request that the canonical form has fields for.
import type { ChatRequest, Output, Reasoning } from '../../contract/index.ts';
import { type Decoding, lose } from '../decoding.ts';
import {
  asList,
  asString,
  type Bag,
  checkDepth,
  isAbsent,
  isBag,
  join,
  optionalBag,
  optionalChoice,
  optionalString,
  present,
  requiredBag,
  requiredString,
  wrong,
} from '../field-reader.ts';
import { effortOf, isCount, layReasoning, type ModelFields, readModelFields } from './decode-model-fields.ts';
import { boundedNumber } from './validation.ts';

/** The API model's own limit. */
const STOP_MAX = 2500;

type Settings = Partial<
  Pick<
    ChatRequest,
    'maxTokens' | 'temperature' | 'topP' | 'topK' | 'stop' | 'output' | 'reasoning' | 'toolChoice' | 'parallelToolCalls'
  >
>;

export interface DecodedSettings {
  readonly settings: Settings;
  /** What `additionalModelRequestFields` says besides, and the client's own names. */
  readonly fields: Pick<ModelFields, 'rest' | 'betas' | 'names'>;
}

/** `toolChoice`: Converse's own. Throws `invalid-request` naming the setting that is wrong. */
export function decodeSettings(body: Bag, toolChoice: ChatRequest['toolChoice'], decoding: Decoding): DecodedSettings {
  const config = optionalBag(body, 'inferenceConfig', '') ?? {};
  const path = 'inferenceConfig';
  const fields = readModelFields(optionalBag(body, 'additionalModelRequestFields', ''), decoding);
  const { names } = fields;
  const own = optionalBag(body, 'outputConfig', '') ?? {};
  const settings = present({
    maxTokens: wholeNumber(config, 'maxTokens', path),
    temperature: boundedNumber(config, 'temperature', path, 0, 1),
    topP: boundedNumber(config, 'topP', path, 0, 1),
    topK: fields.topK ?? decodeTopK(config, names),
    stop: decodeStop(config.stopSequences, `${path}.stopSequences`),
    output: decodeTextFormat(own) ?? fields.output,
    reasoning: decodeEffort(own, fields, decoding),
    toolChoice: toolChoice ?? fields.toolChoice,
    parallelToolCalls: fields.parallelToolCalls,
  });
  if (!isAbsent(own.textFormat)) names.delete('output');
  return { settings, fields };
}

function wholeNumber(config: Bag, key: string, path: string): number | undefined {
  const value = boundedNumber(config, key, path, 1);
  if (value !== undefined && !Number.isSafeInteger(value)) throw wrong(join(path, key), 'expected a whole number');
  return value;
}

/** Converse has none, but clients send it, and many targets do have one. */
function decodeTopK({ topK }: Bag, names: Map<string, string>): number | undefined {
  if (!isCount(topK)) return undefined;
  names.set('topK', 'topK');
  return topK;
}

function decodeStop(value: unknown, path: string): readonly string[] | undefined {
  if (isAbsent(value)) return undefined;
  const list = asList(value, path, STOP_MAX).map((item, index) => asString(item, `${path}.${index}`));
  return list.length > 0 ? list : undefined;
}

/** A word that is not known here stays where it is, for Bedrock to judge. */
function decodeEffort(
  config: Bag,
  { reasoning, names }: ModelFields,
  decoding: Decoding,
): 'off' | Reasoning | undefined {
  const effort = effortOf(optionalString(config, 'effort', 'outputConfig'));
  if (effort === undefined) return reasoning;
  if (reasoning === 'off') {
    lose(decoding, 'effort', 'dropped', 'thinking is off, and how much to write besides has no other setting');
    return reasoning;
  }
  if (!names.has('reasoning')) names.set('reasoning', 'effort');
  return layReasoning(reasoning, { effort });
}

function decodeTextFormat(config: Bag): Output | undefined {
  const format = optionalBag(config, 'textFormat', 'outputConfig');
  if (!format) return undefined;
  const path = 'outputConfig.textFormat';
  if (optionalChoice(format, 'type', path, ['json_schema']) === undefined) throw wrong(`${path}.type`, 'missing');
  const structure = requiredBag(format, 'structure', path);
  const at = `${path}.structure.jsonSchema`;
  const wanted = requiredBag(structure, 'jsonSchema', `${path}.structure`);
  const schema = parseSchema(requiredString(wanted, 'schema', at), `${at}.schema`);
  const description = optionalString(wanted, 'description', at);
  return present({
    // JSON Schema has a place for the description, and every target that takes a schema shows it to the model.
    schema: description && isAbsent(schema.description) ? { ...schema, description } : schema,
    name: optionalString(wanted, 'name', at) || undefined,
  });
}

function parseSchema(text: string, field: string): Bag {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    schema = undefined;
  }
  if (!isBag(schema)) throw wrong(field, 'expected a JSON Schema, written as a string');
  checkDepth(schema, field);
  return schema;
}
