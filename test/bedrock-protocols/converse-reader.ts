// Reads answers of Converse and ConverseStream into canonical events: plainly, by the API model, sharing nothing with the plugin.
import type { Block, ChatEvent, FinishEvent, FinishReason, Usage } from '../../core/src/contract/index.ts';
import { citationOfConverse, FrameReader } from '../../core/src/wire/index.ts';

export interface ReadFrame {
  readonly type: string;
  /** Its payload, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a vendor, read by a test
  readonly json: any;
}

/** Every frame of a stream. */
export function framesOf(bytes: Uint8Array): ReadFrame[] {
  const reader = new FrameReader();
  reader.push(bytes);
  const frames: ReadFrame[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) {
    const { messageType, eventType, exceptionType } = frame.headers;
    const type = messageType === 'event' ? eventType : `${messageType} ${exceptionType}`;
    frames.push({ type: type ?? '?', json: JSON.parse(frame.text()) });
  }
  reader.end();
  return frames;
}

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  guardrail_intervened: 'content-filter',
  content_filtered: 'content-filter',
};

// biome-ignore lint/suspicious/noExplicitAny: JSON of a vendor, read by a test
type Json = any;

function usageOf(usage: Json = {}): Usage {
  const { inputTokens = 0, outputTokens = 0, totalTokens = 0, cacheDetails = [] } = usage;
  const hour = cacheDetails.find(({ ttl }: Json) => ttl === '1h')?.inputTokens ?? 0;
  return {
    inputTokens,
    outputTokens,
    totalTokens,
    ...(usage.cacheReadInputTokens === undefined ? {} : { cacheReadTokens: usage.cacheReadInputTokens }),
    ...(usage.cacheWriteInputTokens === undefined ? {} : { cacheWriteTokens: usage.cacheWriteInputTokens }),
    ...(cacheDetails.length === 0 ? {} : { cacheWrite1hTokens: hour }),
  };
}

function finishOf({ stopReason, additionalModelResponseFields }: Json, metadata: Json): FinishEvent {
  const { usage, metrics, trace } = metadata;
  const extras = JSON.parse(JSON.stringify({ metrics, trace, additionalModelResponseFields }));
  return {
    type: 'finish',
    reason: REASONS[stopReason] ?? 'other',
    rawReason: stopReason,
    usage: usageOf(usage),
    extensions: { 'bedrock-converse': extras },
  };
}

const callBlock = ({ toolUseId, name, type }: Json): Block => ({
  type: 'tool-call',
  id: toolUseId,
  name,
  ...(type === 'server_tool_use' ? { server: true as const } : {}),
});

/** The events of a whole stream. Blocks without a start of their own begin with their first delta. */
export function eventsOfStream(frames: readonly ReadFrame[]): ChatEvent[] {
  const events: ChatEvent[] = [];
  const open = new Map<number, { signature?: string; data?: string }>();
  const begin = (index: number, block: Block) => {
    if (open.has(index)) return;
    open.set(index, {});
    events.push({ type: 'block-start', index, block });
  };
  let stop: Json = {};
  for (const { type, json } of frames) {
    const index: number = json.contentBlockIndex;
    if (type === 'messageStart') events.push({ type: 'start', id: 'up', model: 'wire' });
    else if (type === 'contentBlockStart') {
      const { toolUse, toolResult } = json.start;
      if (toolUse) begin(index, callBlock(toolUse));
      else begin(index, { type: 'tool-result', id: toolResult.toolUseId, server: true });
    } else if (type === 'contentBlockDelta') {
      const { text, toolUse, toolResult, reasoningContent, citation } = json.delta;
      if (reasoningContent) begin(index, { type: 'reasoning', origin: 'claude' });
      else begin(index, { type: 'text' });
      if (reasoningContent?.signature) open.set(index, { signature: reasoningContent.signature });
      const said = text ?? toolUse?.input ?? reasoningContent?.text ?? toolResult?.[0].text;
      if (said !== undefined) events.push({ type: 'block-delta', index, text: said });
      if (citation) events.push({ type: 'block-delta', index, text: '', citation: citationOfConverse(citation) });
    } else if (type === 'contentBlockStop') {
      begin(index, { type: 'text' });
      events.push({ type: 'block-end', index, ...open.get(index) });
    } else if (type === 'messageStop') stop = json;
    else if (type === 'metadata') events.push(finishOf(stop, json));
    else throw new Error(`a frame of the type ${type}`);
  }
  return events;
}

/** The events that a whole answer stands for. */
export function eventsOfWhole(answer: Json): ChatEvent[] {
  const events: ChatEvent[] = [{ type: 'start', id: 'up', model: 'wire' }];
  const add = (index: number, block: Block, text: string, end: object = {}, citations: readonly unknown[] = []) => {
    events.push({ type: 'block-start', index, block }, { type: 'block-delta', index, text });
    for (const one of citations) {
      events.push({ type: 'block-delta', index, text: '', citation: citationOfConverse(one) });
    }
    events.push({ type: 'block-end', index, ...end });
  };
  for (const [index, content] of answer.output.message.content.entries()) {
    const { text, toolUse, toolResult, reasoningContent, citationsContent } = content;
    if (text !== undefined) add(index, { type: 'text' }, text);
    else if (toolUse) add(index, callBlock(toolUse), JSON.stringify(toolUse.input));
    else if (toolResult) {
      const [{ text: words, json }] = toolResult.content;
      add(index, { type: 'tool-result', id: toolResult.toolUseId, server: true }, words ?? JSON.stringify(json));
    } else if (reasoningContent?.reasoningText) {
      const { text: thought, ...signed } = reasoningContent.reasoningText;
      add(index, { type: 'reasoning', origin: 'claude' }, thought, signed);
    } else if (reasoningContent) {
      const redacted = { type: 'reasoning', redacted: true, origin: 'claude' } as const;
      add(index, redacted, '', { data: Buffer.from(reasoningContent.redactedContent, 'base64').toString() });
    } else if (citationsContent) {
      const words = (citationsContent.content ?? []).map((piece: Json) => piece.text).join('');
      add(index, { type: 'text' }, words, {}, citationsContent.citations);
    } else throw new Error(`a block of ${Object.keys(content)}`);
  }
  return [...events, finishOf(answer, answer)];
}
