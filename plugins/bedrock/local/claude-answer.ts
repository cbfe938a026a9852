// Answers in Anthropic's own form, as InvokeModel gives them for Claude: one JSON, or its events in `chunk` frames.

import { splitWords } from '@turnout/core/testing';
import type { ConverseBlock } from '@turnout/core/wire';
import type { Answer } from './answer.ts';
import { encoderOf, latencyMs } from './converse-answer.ts';
import { padding, splitInput } from './fragment.ts';
import type { ResolvedModel } from './model.ts';
import { fromRedactedContent } from './reasoning-seal.ts';

const firstByteLatencyMs = 10;

/** The Message that InvokeModel answers with. `guarded`: the request had a guardrail. */
export function encodeClaude(answer: Answer, model: ResolvedModel, guarded = false): object {
  return {
    ...messageHead(answer, model),
    content: answer.content.map(encodeBlock),
    stop_reason: stopReasonOf(answer),
    stop_sequence: answer.stopSequence ?? null,
    usage: { ...inputUsage(answer), output_tokens: answer.usage.outputTokens },
    ...guardrailMembers(answer, guarded),
  };
}

/** Claude's own words know no guardrail: that one has intervened stands beside them. */
const stopReasonOf = ({ stopReason }: Answer): string =>
  stopReason === 'guardrail_intervened' ? 'end_turn' : stopReason;

/** The members are those of a recorded answer of another model, 2025. */
const guardrailMembers = ({ stopReason, trace }: Answer, guarded: boolean): object =>
  guarded
    ? {
        'amazon-bedrock-guardrailAction': stopReason === 'guardrail_intervened' ? 'INTERVENED' : 'NONE',
        ...(trace === undefined ? {} : { 'amazon-bedrock-trace': trace }),
      }
    : {};

/** The headers that go with it. */
export const claudeHeaders = (answer: Answer): Record<string, string> => ({
  'x-amzn-bedrock-cache-read-input-token-count': String(answer.usage.cacheReadInputTokens ?? 0),
  'x-amzn-bedrock-cache-write-input-token-count': String(answer.usage.cacheWriteInputTokens ?? 0),
  'x-amzn-bedrock-input-token-count': String(answer.usage.inputTokens),
  'x-amzn-bedrock-invocation-latency': String(latencyMs(answer)),
  'x-amzn-bedrock-output-token-count': String(answer.usage.outputTokens),
});

/** The frames that InvokeModelWithResponseStream answers with. */
export function encodeClaudeStream(answer: Answer, model: ResolvedModel, guarded = false): Buffer[] {
  const frames: Buffer[] = [];
  const push = (event: object): void => {
    const bytes = Buffer.from(JSON.stringify(event)).toString('base64');
    frames.push(encodeChunk(JSON.stringify({ bytes, p: padding(frames.length) })));
  };
  push({
    type: 'message_start',
    message: {
      ...messageHead(answer, model),
      content: [],
      stop_reason: null,
      stop_sequence: null,
      usage: { ...inputUsage(answer), output_tokens: 1 },
    },
  });
  for (const [index, block] of answer.content.entries()) {
    push({ type: 'content_block_start', index, content_block: emptyBlock(block) });
    for (const delta of deltasOf(block)) push({ type: 'content_block_delta', index, delta });
    push({ type: 'content_block_stop', index });
  }
  push({
    type: 'message_delta',
    delta: { stop_reason: stopReasonOf(answer), stop_sequence: answer.stopSequence ?? null },
    usage: { output_tokens: answer.usage.outputTokens },
  });
  push({
    type: 'message_stop',
    ...guardrailMembers(answer, guarded),
    'amazon-bedrock-invocationMetrics': metricsOf(answer),
  });
  return frames;
}

const encodeChunk = encoderOf('chunk');

const messageHead = (answer: Answer, model: ResolvedModel) => ({
  id: `msg_bdrk_01${answer.fingerprint.slice(0, 22)}`,
  type: 'message',
  role: 'assistant',
  // `anthropic.claude-sonnet-4-20250514-v1:0` calls itself `claude-sonnet-4-20250514`.
  model: model.id.replace(/^anthropic\./, '').replace(/-v\d+(:\d+)?$/, ''),
});

function inputUsage({ usage }: Answer) {
  const hourTokens = (usage.cacheDetails ?? [])
    .filter(({ ttl }) => ttl === '1h')
    .reduce((sum, one) => sum + one.inputTokens, 0);
  const writeTokens = usage.cacheWriteInputTokens ?? 0;
  return {
    input_tokens: usage.inputTokens,
    cache_creation_input_tokens: writeTokens,
    cache_read_input_tokens: usage.cacheReadInputTokens ?? 0,
    cache_creation: { ephemeral_5m_input_tokens: writeTokens - hourTokens, ephemeral_1h_input_tokens: hourTokens },
  };
}

const metricsOf = (answer: Answer) => ({
  inputTokenCount: answer.usage.inputTokens,
  outputTokenCount: answer.usage.outputTokens,
  invocationLatency: latencyMs(answer),
  firstByteLatency: firstByteLatencyMs,
  ...(answer.usage.cacheReadInputTokens === undefined
    ? {}
    : {
        cacheReadInputTokenCount: answer.usage.cacheReadInputTokens,
        cacheWriteInputTokenCount: answer.usage.cacheWriteInputTokens ?? 0,
      }),
});

function encodeBlock(block: ConverseBlock): object {
  const { toolUse, reasoningContent } = block;
  if (toolUse !== undefined)
    return { type: 'tool_use', id: toolUse.toolUseId, name: toolUse.name, input: toolUse.input };
  if (reasoningContent?.redactedContent !== undefined) {
    return { type: 'redacted_thinking', data: fromRedactedContent(reasoningContent.redactedContent) };
  }
  if (reasoningContent !== undefined) {
    const { text = '', signature = '' } = reasoningContent.reasoningText ?? {};
    return { type: 'thinking', thinking: text, signature };
  }
  return { type: 'text', text: block.text ?? '' };
}

/** The block as it starts; redacted thinking comes whole. */
function emptyBlock(block: ConverseBlock): object {
  const { toolUse, reasoningContent } = block;
  if (toolUse !== undefined) return { type: 'tool_use', id: toolUse.toolUseId, name: toolUse.name, input: {} };
  if (reasoningContent?.redactedContent !== undefined) return encodeBlock(block);
  return reasoningContent === undefined
    ? { type: 'text', text: '' }
    : { type: 'thinking', thinking: '', signature: '' };
}

function deltasOf(block: ConverseBlock): object[] {
  if (block.text !== undefined) return splitWords(block.text).map((text) => ({ type: 'text_delta', text }));
  if (block.toolUse !== undefined) {
    // Claude sends an empty piece first, also when it is the only one (recorded).
    return ['', ...splitInput(block.toolUse.input)].map((piece) => ({ type: 'input_json_delta', partial_json: piece }));
  }
  const { reasoningText } = block.reasoningContent ?? {};
  if (reasoningText === undefined) return [];
  const thinking = splitWords(reasoningText.text).map((text) => ({ type: 'thinking_delta', thinking: text }));
  return [...thinking, { type: 'signature_delta', signature: reasoningText.signature ?? '' }];
}
