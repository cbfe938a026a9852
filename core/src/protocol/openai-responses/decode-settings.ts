// The settings of a request that the canonical form has fields for.
import type { ChatRequest, Output, Reasoning } from '../../contract/index.ts';
import {
  type Bag,
  checkDepth,
  isAbsent,
  join,
  optionalBag,
  optionalBoolean,
  optionalChoice,
  optionalInteger,
  optionalNumber,
  optionalString,
  present,
  wrong,
} from '../field-reader.ts';

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const SUMMARIES = ['auto', 'concise', 'detailed'] as const;

type Settings = Partial<
  Pick<ChatRequest, 'parallelToolCalls' | 'maxTokens' | 'temperature' | 'topP' | 'output' | 'reasoning' | 'user'>
>;

/** Throws `invalid-request` naming the setting that is wrong. `hasTools`: without any there is nothing to call one after the other. */
export function decodeSettings(body: Bag, hasTools: boolean): Settings {
  const parallel = optionalBoolean(body, 'parallel_tool_calls', '');
  return present({
    parallelToolCalls: hasTools ? parallel : undefined,
    maxTokens: optionalInteger(body, 'max_output_tokens', '', 1),
    temperature: optionalNumber(body, 'temperature', '', 0, 2),
    topP: optionalNumber(body, 'top_p', '', 0, 1),
    output: decodeOutput(body),
    reasoning: decodeReasoning(body),
    user: optionalString(body, 'user', '') || undefined,
  });
}

function decodeOutput(body: Bag): Output | undefined {
  const path = 'text.format';
  const text = optionalBag(body, 'text', '');
  const format = text && optionalBag(text, 'format', 'text');
  if (!format) return undefined;
  const type = optionalChoice(format, 'type', path, ['text', 'json_object', 'json_schema']);
  if (type === undefined) throw wrong('text.format.type', 'expected one of text, json_object, json_schema');
  if (type === 'text') return undefined;
  if (type === 'json_object') return {};
  const schema = optionalBag(format, 'schema', path);
  if (!schema) throw wrong(join(path, 'schema'), 'missing');
  checkDepth(schema, join(path, 'schema'));
  const description = optionalString(format, 'description', path);
  return present({
    // JSON Schema has a place for the description, and every target that takes a schema shows it to the model.
    schema: description && isAbsent(schema.description) ? { ...schema, description } : schema,
    name: optionalString(format, 'name', path),
    strict: optionalBoolean(format, 'strict', path),
  });
}

/** OpenAI shows a summary only to those who ask for one, and whoever asks expects a model that thinks. */
function decodeReasoning(body: Bag): 'off' | Reasoning | undefined {
  const path = 'reasoning';
  const reasoning = optionalBag(body, path, '');
  if (!reasoning) return undefined;
  const effort = optionalChoice(reasoning, 'effort', path, EFFORTS);
  const older = optionalChoice(reasoning, 'generate_summary', path, SUMMARIES);
  const summary = optionalChoice(reasoning, 'summary', path, [...SUMMARIES, 'none']) ?? older;
  if (effort === 'none') return 'off';
  const display = summary === undefined || summary === 'none' ? undefined : ('summary' as const);
  const wanted = present({ effort, display });
  return Object.keys(wanted).length > 0 ? wanted : undefined;
}
