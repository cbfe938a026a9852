// Reads Claude's own answers, whole and streamed, into canonical events: plainly, sharing nothing with the router.
import type { Block, ChatEvent, FinishEvent, FinishReason } from '../../core/src/contract/index.ts';

// biome-ignore lint/suspicious/noExplicitAny: JSON of a vendor, read by a test
type Json = any;

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  tool_use: 'tool-calls',
  max_tokens: 'length',
  refusal: 'refusal',
};

function finishOf({ stop_reason, stop_sequence }: Json, usage: Json = {}): FinishEvent {
  const { input_tokens = 0, output_tokens = 0, output_tokens_details: details } = usage;
  const read = usage.cache_read_input_tokens ?? 0;
  const written = usage.cache_creation_input_tokens ?? 0;
  return {
    type: 'finish',
    reason: REASONS[stop_reason] ?? 'other',
    rawReason: stop_reason,
    ...(typeof stop_sequence === 'string' ? { stopSequence: stop_sequence } : {}),
    usage: {
      inputTokens: input_tokens,
      outputTokens: output_tokens,
      totalTokens: input_tokens + output_tokens + read + written,
      cacheReadTokens: read,
      cacheWriteTokens: written,
      ...(details === undefined ? {} : { reasoningTokens: details.thinking_tokens }),
    },
  };
}

function blockOf(content: Json): Block {
  if (content.type === 'text') return { type: 'text' };
  if (content.type === 'tool_use') return { type: 'tool-call', id: content.id, name: content.name };
  if (content.type === 'thinking') return { type: 'reasoning', origin: 'claude' };
  throw new Error(`a block of the type ${content.type}`);
}

export function eventsOfMessage(message: Json): ChatEvent[] {
  const events: ChatEvent[] = [{ type: 'start', id: 'up', model: 'wire' }];
  for (const [index, content] of message.content.entries()) {
    const text = content.text ?? content.thinking ?? JSON.stringify(content.input);
    const end = content.signature === undefined ? {} : { signature: content.signature };
    events.push({ type: 'block-start', index, block: blockOf(content) });
    events.push({ type: 'block-delta', index, text }, { type: 'block-end', index, ...end });
  }
  return [...events, finishOf(message, message.usage)];
}

/** `sent`: the events in the chunks of a stream. */
export function eventsOfMessages(sent: readonly Json[]): ChatEvent[] {
  const events: ChatEvent[] = [];
  const signatures = new Map<number, string>();
  let usage: Json = {};
  for (const { type, index, message, content_block, delta, usage: counted } of sent) {
    if (type === 'message_start') {
      usage = message.usage;
      const { input_tokens, cache_read_input_tokens, cache_creation_input_tokens, output_tokens } = usage;
      const start = {
        inputTokens: input_tokens,
        outputTokens: output_tokens,
        ...(cache_read_input_tokens === undefined ? {} : { cacheReadTokens: cache_read_input_tokens }),
        ...(cache_creation_input_tokens === undefined ? {} : { cacheWriteTokens: cache_creation_input_tokens }),
      };
      events.push({ type: 'start', id: 'up', model: 'wire', usage: start });
    } else if (type === 'content_block_start') {
      events.push({ type: 'block-start', index, block: blockOf(content_block) });
    } else if (type === 'content_block_delta') {
      if (delta.signature !== undefined) signatures.set(index, delta.signature);
      else events.push({ type: 'block-delta', index, text: delta.text ?? delta.thinking ?? delta.partial_json });
    } else if (type === 'content_block_stop') {
      const signature = signatures.get(index);
      events.push({ type: 'block-end', index, ...(signature === undefined ? {} : { signature }) });
    } else if (type === 'message_delta') events.push(finishOf(delta, { ...usage, ...counted }));
  }
  return events;
}
