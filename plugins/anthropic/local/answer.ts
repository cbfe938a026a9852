// What anthropic-local answers by itself: always the same to the same request.
import { createHash } from 'node:crypto';
import { type AskedChoice, chooseTools, fillSchema, isObject, type JsonObject, objectsIn } from '@turnout/core/testing';
import { type ClaudeTraits, claudeTraits } from '@turnout/core/wire';
import { type Block, type Body, blocksOf } from './body.ts';
import type { Answer } from './message.ts';
import type { ScriptedAnswer } from './script.ts';
import { redact, sign } from './signature.ts';
import { countBlock, countMarked, countPrompt, countText } from './tokens.ts';
import { isThinking } from './validate-settings.ts';

/** Answers a request that has been found valid, as the script says and otherwise by itself. */
export function composeAnswer(body: Body, scripted: ScriptedAnswer, cache: PromptCache): Answer {
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([body.model, body.messages, body.system, body.tools]))
    .digest('base64url')
    .replaceAll(/[-_]/g, 'x');
  const own = contentOf(body, scripted, fingerprint);
  const { content, stopReason, stopSequence } = scripted.content === undefined ? limited(own, body) : whole(own);
  return {
    id: `msg_01${fingerprint.slice(0, 22)}`,
    model: scripted.model ?? body.model,
    content,
    stopReason: scripted.stopReason ?? stopReason,
    stopSequence: scripted.stopSequence ?? stopSequence,
    usage: { ...usageOf(body, content, cache), ...scripted.usage },
  };
}

function contentOf(body: Body, scripted: ScriptedAnswer, fingerprint: string): Block[] {
  // A script's blocks are Anthropic's own.
  if (scripted.content !== undefined) return blocksOf(scripted.content, 'content');
  const turn = readTurn(body);
  const calls = scripted.toolCalls ?? (scripted.text === undefined ? chooseCalls(body, turn) : []);
  const schema = schemaOf(body.raw);
  const said = schema === undefined ? say(turn) : JSON.stringify(fillSchema(schema, turn.text));
  const text = scripted.text ?? (calls.length === 0 ? said : undefined);
  return [
    ...thinkingOf(body, scripted, turn, calls.length),
    ...(text === undefined || text === '' ? [] : [{ type: 'text', text }]),
    ...calls.map(({ name, input = {}, id }, index) => ({
      type: 'tool_use',
      id: id ?? `toolu_01${fingerprint.slice(0, 18)}${index.toString(36).padStart(4, '0')}`,
      ...{ name, input },
    })),
  ];
}

/** What the messages behind the last answer hold. */
interface Turn {
  readonly text: string;
  readonly media: readonly string[];
  /** The tools' names and what they said. */
  readonly results: readonly { readonly name: string; readonly text: string; readonly failed: boolean }[];
  /** The last message is the assistant's, to be carried on. */
  readonly prefill: boolean;
}

function readTurn({ messages }: Body): Turn {
  const start = messages.findLastIndex(({ role }) => role === 'assistant') + 1;
  const calls = messages.flatMap(({ content }) => content.filter(({ type }) => type === 'tool_use'));
  const names = new Map(calls.map(({ id, name }) => [id, String(name)]));
  const blocks = messages.slice(start).flatMap(({ role, content }) => (role === 'user' ? content : []));
  const results = blocks.filter(({ type }) => type === 'tool_result');
  return {
    text: blocks.flatMap(({ type, text }) => (type === 'text' ? [String(text)] : [])).join(' '),
    media: blocks.flatMap((block) => describeMedia(block) ?? []),
    results: results.map(({ tool_use_id: id, content, is_error }) => ({
      ...{ name: names.get(id) ?? String(id), failed: is_error === true },
      text: content === undefined ? '' : blocksOf(content, 'content').flatMap(wordsOf).join(' '),
    })),
    prefill: start === messages.length,
  };
}

const wordsOf = ({ type, text, content }: Block): string[] => {
  if (type === 'text') return [String(text)];
  return type === 'search_result' ? objectsIn(content).map((one) => String(one.text)) : ['(media)'];
};

function describeMedia({ type, title }: Block): string | undefined {
  if (type === 'image') return 'an image';
  return type === 'document' ? `the document "${String(title ?? 'document')}"` : undefined;
}

const SAID_MAX = 400;

function say({ text, media, results, prefill }: Turn): string {
  if (prefill) return ' and so on.';
  const parts = results.map((result) => {
    const verb = result.failed ? 'failed with' : 'answered';
    return `The tool ${result.name} ${verb}: ${shorten(result.text) || '(nothing)'}.`;
  });
  if (text !== '') parts.push(`You said: "${shorten(text)}"`);
  if (media.length > 0) parts.push(`I see ${media.join(' and ')}.`);
  return parts.join(' ') || 'You said nothing.';
}

const shorten = (text: string): string => (text.length <= SAID_MAX ? text : `${text.slice(0, SAID_MAX)}…`);

function chooseCalls({ tools, toolChoice }: Body, turn: Turn): { name: string; input: unknown; id?: string }[] {
  // Only tools that the client runs are called: nothing is searched or executed here.
  const offered = tools.flatMap(({ name, description, input_schema, defer_loading }) =>
    isObject(input_schema) && defer_loading !== true
      ? [{ name: String(name), input_schema, ...(typeof description === 'string' ? { description } : {}) }]
      : [],
  );
  const kind: AskedChoice['kind'] =
    (['any', 'tool', 'none'] as const).find((one) => one === toolChoice?.type) ?? 'auto';
  const name = typeof toolChoice?.name === 'string' ? toolChoice.name : undefined;
  const asked = { kind, name, parallel: toolChoice?.disable_parallel_tool_use !== true };
  const chosen = chooseTools(offered, asked, turn.text, turn.results.length > 0);
  return chosen.map((tool) => ({ name: tool.name, input: fillSchema(tool.input_schema, turn.text) }));
}

function schemaOf({ output_config: config, output_format }: JsonObject): unknown {
  const format = isObject(config) && config.format !== undefined ? config.format : output_format;
  return isObject(format) ? format.schema : undefined;
}

function thinkingOf({ raw, model }: Body, scripted: ScriptedAnswer, turn: Turn, calls: number): Block[] {
  const { thinking } = raw;
  if (scripted.thinking === undefined && !isThinking(thinking)) return [];
  const own = `The user wrote ${turn.text.length} characters. I ${calls === 0 ? 'answer in words' : `make ${calls} calls`}.`;
  const text = scripted.thinking ?? own;
  if (turn.text.toLowerCase().includes('redacted')) return [{ type: 'redacted_thinking', data: redact(text) }];
  const shown = scripted.thinking !== undefined || isShown(thinking, claudeTraits(model));
  // What is not shown is signed all the same.
  const said = shown ? text : '';
  return [{ type: 'thinking', thinking: said, signature: sign(said) }];
}

/** From 4.7 on the text is left out unless it is asked for. */
function isShown(thinking: unknown, traits: ClaudeTraits | undefined): boolean {
  const display = isObject(thinking) ? thinking.display : undefined;
  if (display !== undefined) return display !== 'omitted';
  return !(traits?.thinking.kind === 'adaptive' && traits.thinking.display);
}

const whole = (content: readonly Block[]) => ({
  content,
  stopReason: content.some(({ type }) => type === 'tool_use') ? 'tool_use' : 'end_turn',
  stopSequence: null,
});

/** Ends the text at the first stop sequence and at the token limit. */
function limited(content: readonly Block[], { raw, maxTokens }: Body) {
  const { stop_sequences: stops } = raw;
  const block = content.find(({ type }) => type === 'text');
  if (block === undefined) return whole(content);
  const text = String(block.text);
  const met = (Array.isArray(stops) ? stops : [])
    .map((stop) => ({ stop: String(stop), at: text.indexOf(String(stop)) }))
    .filter(({ at }) => at >= 0)
    .sort((one, other) => one.at - other.at)[0];
  const before = met === undefined ? text : text.slice(0, met.at);
  const cut = countText(before) > maxTokens ? before.slice(0, maxTokens * 4) : before;
  const kept = content.flatMap((one) => (one !== block ? [one] : cut === '' ? [] : [{ ...block, text: cut }]));
  if (cut !== before)
    return { content: kept.filter(({ type }) => type !== 'tool_use'), stopReason: 'max_tokens', stopSequence: null };
  if (met === undefined) return whole(content);
  return { content: kept, stopReason: 'stop_sequence', stopSequence: met.stop };
}

/** The prompts that are cached: by everything up to the last mark. */
export type PromptCache = Set<string>;

/** Anthropic caches nothing shorter. */
const CACHED_TOKENS_MIN = 1024;

function usageOf(body: Body, content: readonly Block[], cache: PromptCache): JsonObject {
  const prompt = countPrompt(body);
  const marked = countMarked(body);
  const cached = marked >= CACHED_TOKENS_MIN ? Math.min(marked, prompt) : 0;
  const key = createHash('sha256')
    .update(JSON.stringify([body.model, body.tools, body.system, body.messages]))
    .digest('hex');
  const isKnown = cache.has(key);
  if (cached > 0) cache.add(key);
  const written = isKnown ? 0 : cached;
  const hour = JSON.stringify(body.raw).includes('"ttl":"1h"') ? written : 0;
  const thinking = content.filter(({ type }) => /thinking$/.test(type)).map(countBlock);
  return {
    input_tokens: prompt - cached,
    cache_creation_input_tokens: written,
    cache_read_input_tokens: isKnown ? cached : 0,
    cache_creation: { ephemeral_5m_input_tokens: written - hour, ephemeral_1h_input_tokens: hour },
    output_tokens: Math.max(
      1,
      content.map(countBlock).reduce((all, one) => all + one, 0),
    ),
    service_tier: 'standard',
    ...(thinking.length === 0
      ? {}
      : { output_tokens_details: { thinking_tokens: thinking.reduce((all, one) => all + one, 0) } }),
  };
}
