// What bedrock-local answers by itself: always the same to the same request.
import { createHash } from 'node:crypto';
import { fillSchema, isObject } from '@turnout/core/testing';
import type { ConverseBlock, ConverseRequestBody, ConverseToolResult, ConverseUsage } from '@turnout/core/wire';
import { isThinking } from './claude-settings.ts';
import { familyOf } from './family.ts';
import type { ResolvedModel } from './model.ts';
import type { PromptCache } from './prompt-cache.ts';
import { type ReasoningSeal, toRedactedContent } from './reasoning-seal.ts';
import { countBlock, countPrompt, countText } from './token-count.ts';
import { chooseCalls } from './tool-choice.ts';

/** An answer before it is put into one of the wire forms. */
export interface Answer {
  readonly content: readonly ConverseBlock[];
  readonly stopReason: string;
  /** The stop sequence that ended the text. */
  readonly stopSequence?: string | undefined;
  readonly usage: ConverseUsage;
  readonly trace?: unknown;
  /** The tier that is really used, where it is another than the request's. */
  readonly serviceTier?: string | undefined;
  /** Differs where requests differ; the base of ids. */
  readonly fingerprint: string;
}

export interface AnswerTools {
  readonly seal: ReasoningSeal;
  readonly cache: PromptCache;
}

/** Answers a request that has been found valid. */
export function composeAnswer(body: ConverseRequestBody, model: ResolvedModel, tools: AnswerTools): Answer {
  const fingerprint = createHash('sha256')
    .update(model.id)
    .update(JSON.stringify([body.messages, body.system, body.toolConfig]))
    .digest('base64url')
    .replaceAll(/[-_]/g, 'x');
  const full = composeContent(body, model, tools.seal, fingerprint);
  const { content, stopReason, stopSequence } = limit(full, body, model);
  return { content, stopReason, stopSequence, usage: countUsage(body, model, content, tools.cache), fingerprint };
}

function composeContent(
  body: ConverseRequestBody,
  model: ResolvedModel,
  seal: ReasoningSeal,
  fingerprint: string,
): ConverseBlock[] {
  const turn = readTurn(body);
  const calls = chooseCalls(body, turn.text, turn.results.length > 0);
  const content: ConverseBlock[] = [];
  const reasoning = composeReasoning(
    body,
    model,
    turn,
    calls.map((call) => call.name),
    seal,
  );
  if (reasoning !== undefined) content.push({ reasoningContent: reasoning });
  const schema = schemaOf(body);
  if (calls.length === 0)
    content.push({ text: schema === undefined ? say(turn) : JSON.stringify(fillSchema(schema, turn.text)) });
  for (const [index, call] of calls.entries()) {
    const id = `tooluse_${fingerprint.slice(0, 18)}${index.toString(36).padStart(4, '0')}`;
    content.push({ toolUse: { toolUseId: id, ...call } });
  }
  return content;
}

/** What the last message holds. */
interface Turn {
  readonly text: string;
  readonly media: readonly string[];
  readonly results: readonly ConverseToolResult[];
  /** The message is the assistant's, to be carried on. */
  readonly prefill: boolean;
  /** The names of the tools that were called, by id. */
  readonly names: ReadonlyMap<string, string>;
}

function readTurn(body: ConverseRequestBody): Turn {
  const last = body.messages.findLast((message) => message.role !== 'system');
  const texts: string[] = [];
  const media: string[] = [];
  const results: ConverseToolResult[] = [];
  for (const block of last?.content ?? []) {
    if (block.text !== undefined) texts.push(block.text);
    else if (isObject(block.guardContent) && isObject(block.guardContent.text))
      texts.push(String(block.guardContent.text.text));
    else if (block.image !== undefined) media.push(`an image (${block.image.format})`);
    else if (block.document !== undefined) media.push(`the document "${block.document.name}"`);
    else if (block.video !== undefined) media.push(`a video (${block.video.format})`);
    else if (block.audio !== undefined) media.push(`an audio (${block.audio.format})`);
    else if (block.toolResult !== undefined) results.push(block.toolResult);
  }
  const uses = body.messages.flatMap((message) => message.content.flatMap((block) => block.toolUse ?? []));
  const names = new Map(uses.map((use) => [use.toolUseId, use.name]));
  return { text: texts.join(' '), media, results, prefill: last?.role === 'assistant', names };
}

const SAID_MAX = 400;

function say(turn: Turn): string {
  if (turn.prefill) return ' and so on.';
  const parts: string[] = [];
  for (const result of turn.results) {
    const verb = result.status === 'error' ? 'failed with' : 'answered';
    parts.push(`The tool ${turn.names.get(result.toolUseId) ?? result.toolUseId} ${verb}: ${resultText(result)}.`);
  }
  if (turn.text !== '') parts.push(`You said: "${shorten(turn.text)}"`);
  if (turn.media.length > 0) parts.push(`I see ${turn.media.join(' and ')}.`);
  return parts.join(' ');
}

function resultText(result: ConverseToolResult): string {
  const parts = result.content.map(
    (part) => part.text ?? (part.json === undefined ? '(media)' : JSON.stringify(part.json)),
  );
  return shorten(parts.join(' ')) || '(nothing)';
}

const shorten = (text: string): string => (text.length <= SAID_MAX ? text : `${text.slice(0, SAID_MAX)}…`);

/** The schema that the answer must be valid for, Converse's own or Claude's. */
function schemaOf(body: ConverseRequestBody): unknown {
  const own = body.outputConfig?.textFormat?.structure.jsonSchema.schema;
  if (own !== undefined) return JSON.parse(own); // found to be JSON by the validator
  const claude = body.additionalModelRequestFields?.output_config;
  const format = isObject(claude) ? claude.format : undefined;
  return isObject(format) ? format.schema : undefined;
}

type Reasoning = NonNullable<ConverseBlock['reasoningContent']>;

function composeReasoning(
  body: ConverseRequestBody,
  model: ResolvedModel,
  turn: Turn,
  calls: readonly string[],
  seal: ReasoningSeal,
): Reasoning | undefined {
  const plan = calls.length === 0 ? 'I answer in words' : `I call ${calls.join(' and ')}`;
  const text = `The user wrote ${turn.text.length} characters and ${turn.results.length} tool results. ${plan}.`;
  const fields = body.additionalModelRequestFields ?? {};
  if (model.claude === undefined) return composeUnsigned(model, fields, text);
  const thinking = fields.thinking ?? fields.reasoning_config;
  if (!isThinking(thinking) || !isObject(thinking)) return undefined;
  if (turn.text.toLowerCase().includes('redacted')) return { redactedContent: toRedactedContent(seal.redact(text)) };
  // From 4.7 on the text is left out unless it is asked for.
  const display = thinking.display ?? (model.claude.thinking === 'adaptive' ? 'omitted' : 'summarized');
  const shown = display === 'omitted' ? '' : text;
  return { reasoningText: { text: shown, signature: seal.sign(shown) } };
}

function composeUnsigned(model: ResolvedModel, fields: Record<string, unknown>, text: string): Reasoning | undefined {
  const { reasoning } = familyOf(model.id);
  const nova = isObject(fields.reasoningConfig) && fields.reasoningConfig.type === 'enabled';
  if (model.id.startsWith('amazon.')) return nova ? { reasoningText: { text: '[REDACTED]' } } : undefined;
  const asked = fields.reasoning_config !== undefined;
  return reasoning === 'always' || (reasoning === 'asked' && asked) ? { reasoningText: { text } } : undefined;
}

interface Limited {
  readonly content: ConverseBlock[];
  readonly stopReason: string;
  readonly stopSequence?: string;
}

/** Ends the content at the first stop sequence and at maxTokens. Reasoning counts, but is never cut: its seal would break. */
function limit(content: readonly ConverseBlock[], body: ConverseRequestBody, model: ResolvedModel): Limited {
  const { maxTokens = model.facts.outputTokensMax ?? Number.POSITIVE_INFINITY, stopSequences = [] } =
    body.inferenceConfig ?? {};
  const kept: ConverseBlock[] = [];
  let left = maxTokens;
  for (const block of content) {
    const stop = block.text === undefined ? undefined : findStop(block.text, stopSequences);
    const whole = stop === undefined ? block : { text: (block.text ?? '').slice(0, stop.at) };
    if (countBlock(whole) > left && block.reasoningContent === undefined) {
      // 4 characters to a token, as the counting has it.
      const cut = (whole.text ?? '').slice(0, Math.max(left, 0) * 4);
      if (cut !== '') kept.push({ text: cut });
      return { content: kept, stopReason: 'max_tokens' };
    }
    if (whole.text !== '') kept.push(whole);
    if (stop !== undefined) return { content: kept, stopReason: 'stop_sequence', stopSequence: stop.sequence };
    left -= countBlock(whole);
  }
  return { content: kept, stopReason: kept.some((block) => block.toolUse !== undefined) ? 'tool_use' : 'end_turn' };
}

function findStop(text: string, sequences: readonly string[]): { at: number; sequence: string } | undefined {
  const found = sequences
    .map((sequence) => ({ sequence, at: text.indexOf(sequence) }))
    .filter(({ at }) => at >= 0)
    .sort((a, b) => a.at - b.at);
  return found[0];
}

function countUsage(
  body: ConverseRequestBody,
  model: ResolvedModel,
  content: readonly ConverseBlock[],
  cache: PromptCache,
): ConverseUsage {
  const promptTokens = countPrompt(body);
  const outputTokens = Math.max(
    content.reduce((sum, block) => sum + countBlock(block), 0),
    countText('.'),
  );
  const use = cache.use(model.id, body);
  const readTokens = use?.readTokens ?? 0;
  const writeTokens = use?.writeTokens ?? 0;
  const inputTokens = Math.max(promptTokens - readTokens - writeTokens, 0);
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + readTokens + writeTokens + outputTokens,
    ...(use === undefined ? {} : { cacheReadInputTokens: readTokens, cacheWriteInputTokens: writeTokens }),
    ...(use === undefined || use.writes.length === 0 ? {} : { cacheDetails: [...use.writes] }),
  };
}
