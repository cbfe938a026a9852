// The settings of a request that the canonical form has fields for.
import type { ChatRequest, Effort, Output, Reasoning } from '../../contract/index.ts';
import { type Decoding, lose } from '../decoding.ts';
import {
  asList,
  asString,
  type Bag,
  checkDepth,
  isAbsent,
  optionalBag,
  optionalChoice,
  optionalInteger,
  optionalNumber,
  optionalString,
  present,
  requiredBag,
  wrong,
} from '../field-reader.ts';

const STOP_MAX = 8192;
/** Anthropic's words, and one below them for models of others. */
export const EFFORTS = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;
/** Gives each of Anthropic's words for how thinking is shown the canonical one. `updates` are summaries that come while the
 * model still thinks (2026-08). */
const DISPLAYS: ReadonlyMap<string, NonNullable<Reasoning['display']>> = new Map([
  ['full', 'full'],
  ['summarized', 'summary'],
  ['updates', 'summary'],
  ['omitted', 'omitted'],
]);

type Settings = Partial<Pick<ChatRequest, 'temperature' | 'topP' | 'topK' | 'stop' | 'output' | 'reasoning' | 'user'>>;

/** Anthropic requires it. 0 only fills the cache there (2026-11), which nothing but a short answer comes near to. */
export function decodeMaxTokens(body: Bag, decoding: Decoding): number {
  const maxTokens = optionalInteger(body, 'max_tokens', '', 0);
  if (maxTokens === undefined) throw wrong('max_tokens', 'missing');
  if (maxTokens > 0) return maxTokens;
  lose(decoding, 'maxTokens', 'approximated', 'an answer of one token stands for one of none');
  return 1;
}

/** `turnEffort` is what the newest system message between the turns says. Throws `invalid-request` naming the setting that is
 * wrong. */
export function decodeSettings(body: Bag, turnEffort: Effort | undefined, decoding: Decoding): Settings {
  const topK = optionalInteger(body, 'top_k', '', -1);
  const metadata = optionalBag(body, 'metadata', '');
  return present({
    // Anthropic's own range ends at 1; models of others behind the router go up to 2.
    temperature: optionalNumber(body, 'temperature', '', 0, 2),
    topP: optionalNumber(body, 'top_p', '', 0, 1),
    topK: topK !== undefined && topK > 0 ? topK : undefined,
    stop: decodeStop(body.stop_sequences),
    output: decodeOutput(body),
    reasoning: decodeReasoning(body, turnEffort, decoding),
    user: (metadata && optionalString(metadata, 'user_id', 'metadata')) || undefined,
  });
}

function decodeStop(value: unknown): readonly string[] | undefined {
  if (isAbsent(value)) return undefined;
  const list = asList(value, 'stop_sequences', STOP_MAX).map((item, index) =>
    asString(item, `stop_sequences.${index}`),
  );
  return list.length > 0 ? list : undefined;
}

/** `output_config.format`, or `output_format` as it was called before. */
function decodeOutput(body: Bag): Output | undefined {
  const config = optionalBag(body, 'output_config', '');
  const format = config && optionalBag(config, 'format', 'output_config');
  const path = format ? 'output_config.format' : 'output_format';
  const wanted = format ?? optionalBag(body, 'output_format', '');
  if (!wanted) return undefined;
  if (optionalChoice(wanted, 'type', path, ['json_schema']) === undefined) {
    throw wrong(`${path}.type`, 'expected json_schema');
  }
  const schema = requiredBag(wanted, 'schema', path);
  checkDepth(schema, `${path}.schema`);
  return present({ schema, name: optionalString(wanted, 'name', path) });
}

function decodeReasoning(body: Bag, turnEffort: Effort | undefined, decoding: Decoding): 'off' | Reasoning | undefined {
  const config = optionalBag(body, 'output_config', '');
  const general = config && optionalChoice(config, 'effort', 'output_config', EFFORTS);
  const effort = turnEffort ?? general;
  const thinking = decodeThinking(body, decoding);
  if (thinking === 'off') {
    if (effort !== undefined) lose(decoding, 'output_config.effort', 'dropped', 'thinking is disabled');
    return thinking;
  }
  if (turnEffort !== undefined && general !== undefined && turnEffort !== general) {
    lose(
      decoding,
      'output_config',
      'approximated',
      'the effort of the newest system message holds for the whole request',
    );
  }
  return effort === undefined ? thinking : { ...thinking, effort };
}

function decodeThinking(body: Bag, decoding: Decoding): 'off' | Reasoning | undefined {
  const thinking = optionalBag(body, 'thinking', '');
  if (!thinking) return undefined;
  const type = optionalChoice(thinking, 'type', 'thinking', ['enabled', 'adaptive', 'between_tools', 'disabled']);
  if (type === undefined) throw wrong('thinking.type', 'expected one of enabled, adaptive, disabled');
  const budget = optionalInteger(thinking, 'budget_tokens', 'thinking', 1);
  if (type === 'disabled') return 'off';
  if (type === 'enabled' && budget === undefined) throw wrong('thinking.budget_tokens', 'missing');
  if (type === 'between_tools') lose(decoding, 'thinking', 'approximated', 'the model may think before any answer');
  const word = optionalString(thinking, 'display', 'thinking');
  const display = word === undefined ? undefined : DISPLAYS.get(word);
  if (word !== undefined && (display === undefined || word === 'updates')) {
    const action = display === undefined ? 'dropped' : 'approximated';
    lose(decoding, 'thinking.display', action, 'thinking is shown in full, as a summary, or not at all');
  }
  return present({ budget, display });
}
