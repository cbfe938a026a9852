// The settings of a request that the canonical form has fields for.
import type { ChatRequest, Output, Reasoning } from '../../contract/index.ts';
import {
  asList,
  asString,
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
  requiredBag,
  wrong,
} from '../field-reader.ts';

const STOP_MAX = 64;
const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
const ANTHROPIC_EFFORTS = ['low', 'medium', 'high', 'xhigh', 'max'] as const;
/** Gives each of Anthropic's words for how thinking is shown the canonical one. */
const DISPLAYS = { full: 'full', summarized: 'summary', omitted: 'omitted' } as const;

type Settings = Partial<
  Pick<ChatRequest, 'maxTokens' | 'temperature' | 'topP' | 'topK' | 'seed' | 'stop' | 'output' | 'reasoning' | 'user'>
>;

/** Throws `invalid-request` naming the setting that is wrong. */
export function decodeSettings(body: Bag): Settings {
  const maxTokens = optionalInteger(body, 'max_tokens', '', 1);
  const topK = optionalInteger(body, 'top_k', '', -1);
  return present({
    maxTokens: optionalInteger(body, 'max_completion_tokens', '', 1) ?? maxTokens,
    temperature: optionalNumber(body, 'temperature', '', 0, 2),
    topP: optionalNumber(body, 'top_p', '', 0, 1),
    // 0 and -1 are how vLLM's clients write "all".
    topK: topK !== undefined && topK > 0 ? topK : undefined,
    seed: optionalInteger(body, 'seed', '', Number.MIN_SAFE_INTEGER),
    stop: decodeStop(body.stop),
    output: decodeOutput(body),
    reasoning: decodeReasoning(body),
    user: optionalString(body, 'user', '') || undefined,
  });
}

function decodeStop(value: unknown): readonly string[] | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value)) throw wrong('stop', 'expected a string or a list of strings');
  const list = asList(value, 'stop', STOP_MAX).map((item, index) => asString(item, `stop[${index}]`));
  return list.length > 0 ? list : undefined;
}

function decodeOutput(body: Bag): Output | undefined {
  const format = optionalBag(body, 'response_format', '');
  if (!format) return undefined;
  const type = optionalChoice(format, 'type', 'response_format', ['text', 'json_object', 'json_schema']);
  if (type === undefined) throw wrong('response_format.type', 'expected one of text, json_object, json_schema');
  if (type === 'text') return undefined;
  if (type === 'json_object') return {};
  const path = 'response_format.json_schema';
  const wanted = requiredBag(format, 'json_schema', 'response_format');
  const schema = optionalBag(wanted, 'schema', path);
  checkDepth(schema, join(path, 'schema'));
  const description = optionalString(wanted, 'description', path);
  return present({
    // JSON Schema has a place for the description, and every target that takes a schema shows it to the model.
    schema: schema && description && isAbsent(schema.description) ? { ...schema, description } : schema,
    name: optionalString(wanted, 'name', path),
    strict: optionalBoolean(wanted, 'strict', path),
  });
}

/** Several ways to say it, the more specific one on top: OpenAI's `reasoning_effort`, OpenRouter's `reasoning`, and Anthropic's
 * `output_config` and `thinking`, which some clients send for Claude models. */
function decodeReasoning(body: Bag): 'off' | Reasoning | undefined {
  const effort = optionalChoice(body, 'reasoning_effort', '', EFFORTS);
  const levels = [effort && ofEffort(effort), ofReasoning(body), ofOutputConfig(body), ofThinking(body)];
  let wanted: 'off' | Reasoning | undefined;
  for (const level of levels) {
    if (level === undefined) continue;
    wanted = level === 'off' || wanted === 'off' || wanted === undefined ? level : { ...wanted, ...level };
  }
  return wanted;
}

const ofEffort = (effort: (typeof EFFORTS)[number]): 'off' | Reasoning => (effort === 'none' ? 'off' : { effort });

function ofReasoning(body: Bag): 'off' | Reasoning | undefined {
  const path = 'reasoning';
  const reasoning = optionalBag(body, path, '');
  if (!reasoning) return undefined;
  const enabled = optionalBoolean(reasoning, 'enabled', path);
  const effort = optionalChoice(reasoning, 'effort', path, EFFORTS);
  const budget = optionalInteger(reasoning, 'max_tokens', path, 0);
  const excluded = optionalBoolean(reasoning, 'exclude', path);
  const summary = optionalString(reasoning, 'summary', path);
  if (enabled === false || effort === 'none' || budget === 0) return 'off';
  const display = excluded ? ('omitted' as const) : summary ? ('summary' as const) : undefined;
  const wanted = present({ budget, effort, display });
  return enabled || Object.keys(wanted).length > 0 ? wanted : undefined;
}

function ofOutputConfig(body: Bag): Reasoning | undefined {
  const config = optionalBag(body, 'output_config', '');
  const effort = config && optionalChoice(config, 'effort', 'output_config', ANTHROPIC_EFFORTS);
  return effort && { effort };
}

function ofThinking(body: Bag): 'off' | Reasoning | undefined {
  const path = 'thinking';
  const thinking = optionalBag(body, path, '');
  if (!thinking) return undefined;
  const type = optionalChoice(thinking, 'type', path, ['enabled', 'adaptive', 'disabled']);
  if (type === undefined) throw wrong('thinking.type', 'expected one of enabled, adaptive, disabled');
  const budget = optionalInteger(thinking, 'budget_tokens', path, 1);
  const display = optionalChoice(thinking, 'display', path, ['full', 'summarized', 'omitted']);
  return type === 'disabled' ? 'off' : present({ budget, display: display && DISPLAYS[display] });
}
