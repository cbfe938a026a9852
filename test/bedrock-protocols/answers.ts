// How a plain client adds up the frames of ConverseStream, for the laws of the encoder.
import type { ChatEvent } from '../../core/src/contract/index.ts';
import { bedrockConverse } from '../../core/src/protocol/bedrock-converse/index.ts';
import { framesOf } from './converse-reader.ts';

export const context = {
  requestId: '7f3a',
  model: 'claude',
  createdS: 1_790_000_000,
  echo: bedrockConverse.decode({ messages: [] }, { headers: {}, model: 'claude', stream: true }).echo,
};

/** All frames of an answer. */
export function encodeAll(events: readonly ChatEvent[]): Buffer {
  const encoder = bedrockConverse.createEncoder(context);
  return Buffer.concat(events.map((event) => encoder.push(event)));
}

/** What the frames of a stream add up to: the content of the message, why it ended, and what it used. */
export function addUp(bytes: Uint8Array): { content: object[]; stopReason: unknown; usage: unknown } {
  // biome-ignore lint/suspicious/noExplicitAny: JSON of a vendor, put together by a test
  const blocks: any[] = [];
  let open = -1;
  let stopReason: unknown;
  let usage: unknown;
  for (const { type, json } of framesOf(bytes)) {
    const { contentBlockIndex: index, start, delta } = json;
    if (type === 'contentBlockStart' || type === 'contentBlockDelta') {
      // One after the other: a client takes a block as complete when the next begins.
      if (index !== open && index !== blocks.length) throw new Error(`block ${index} is not in its turn`);
      if (open !== -1 && index !== open) throw new Error('two blocks are open');
      open = index;
    }
    if (type === 'contentBlockStart') blocks[index] = structuredClone(start);
    else if (type === 'contentBlockDelta') {
      blocks[index] ??= {};
      const block = blocks[index];
      const { text, toolUse, toolResult, reasoningContent } = delta;
      if (text !== undefined) block.text = (block.text ?? '') + text;
      if (toolUse) block.toolUse.input = (block.toolUse.input ?? '') + toolUse.input;
      if (toolResult) block.toolResult.content = [...(block.toolResult.content ?? []), ...toolResult];
      if (delta.image) block.image.source = { bytes: (block.image.source?.bytes ?? '') + delta.image.source.bytes };
      if (reasoningContent?.redactedContent) block.reasoningContent = reasoningContent;
      else if (reasoningContent) {
        block.reasoningContent ??= { reasoningText: { text: '' } };
        const spoken = block.reasoningContent.reasoningText;
        if (reasoningContent.text !== undefined) spoken.text += reasoningContent.text;
        if (reasoningContent.signature !== undefined) spoken.signature = reasoningContent.signature;
      }
    } else if (type === 'contentBlockStop') open = -1;
    else if (type === 'messageStop') stopReason = json.stopReason;
    else if (type === 'metadata') usage = json.usage;
    else if (type !== 'messageStart') throw new Error(`a frame of the type ${type}`);
  }
  if (open !== -1 || stopReason === undefined || usage === undefined) throw new Error('the stream has no end');
  return { content: blocks.map(withInput), stopReason, usage };
}

// biome-ignore lint/suspicious/noExplicitAny: JSON of a vendor, put together by a test
const withInput = (block: any): object =>
  block.toolUse ? { toolUse: { ...block.toolUse, input: JSON.parse(block.toolUse.input ?? '{}') } } : block;
