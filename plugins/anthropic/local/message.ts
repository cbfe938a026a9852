// An answer in Anthropic's form: one message, or its events.
import { isObject, type JsonObject, splitJson, splitWords } from '@turnout/core/testing';
import type { Block } from './body.ts';

/** An answer before it is put into one of the two forms. */
export interface Answer {
  readonly id: string;
  readonly model: string;
  readonly content: readonly Block[];
  readonly stopReason: string;
  readonly stopSequence: string | null;
  /** As at the end of the answer. */
  readonly usage: JsonObject;
}

const headOf = ({ id, model }: Answer) => ({ id, type: 'message', role: 'assistant', model });

/** The whole message. */
export const encodeMessage = (answer: Answer): object => ({
  ...headOf(answer),
  content: answer.content,
  ...endOf(answer),
  usage: answer.usage,
});

const endOf = ({ stopReason, stopSequence }: Answer) => ({
  stop_reason: stopReason,
  stop_sequence: stopSequence,
  stop_details: null,
});

/** One server-sent event. */
export const encodeEvent = (type: string, event: object): Buffer =>
  Buffer.from(`event: ${type}\ndata: ${JSON.stringify(event)}\n\n`);

/** The events of a stream. The last two say that the answer is complete. */
export function encodeStream(answer: Answer): Buffer[] {
  const frames: Buffer[] = [];
  const push = (event: { readonly type: string }): void => void frames.push(encodeEvent(event.type, event));
  const { output_tokens_details: _details, ...usage } = answer.usage;
  const message = { ...headOf(answer), content: [], stop_reason: null, stop_sequence: null, stop_details: null };
  push({ type: 'message_start', ...{ message: { ...message, usage: { ...usage, output_tokens: 1 } } } });
  for (const [index, block] of answer.content.entries()) {
    push({ type: 'content_block_start', ...{ index, content_block: emptied(block) } });
    // Anthropic sends one behind the first start (recorded).
    if (index === 0) push({ type: 'ping' });
    for (const delta of deltasOf(block)) push({ type: 'content_block_delta', ...{ index, delta } });
    push({ type: 'content_block_stop', ...{ index } });
  }
  const { cache_creation: _split, service_tier: _tier, ...last } = answer.usage;
  push({ type: 'message_delta', ...{ delta: endOf(answer), usage: last } });
  push({ type: 'message_stop' });
  return frames;
}

/** The block as it starts: what comes in deltas is empty, all else is whole. */
function emptied(block: Block): object {
  switch (block.type) {
    case 'text':
      return { ...block, text: '', ...(block.citations === undefined ? {} : { citations: [] }) };
    case 'thinking':
      return { ...block, thinking: '', signature: '' };
    default:
      return hasInput(block) ? { ...block, input: {} } : block;
  }
}

const hasInput = ({ type, input }: Block): boolean => /tool_use$/.test(type) && isObject(input);

function deltasOf(block: Block): object[] {
  if (block.type === 'text') {
    const citations = Array.isArray(block.citations) ? block.citations : [];
    return [
      ...citations.map((citation) => ({ type: 'citations_delta', citation })),
      ...splitWords(String(block.text)).map((text) => ({ type: 'text_delta', text })),
    ];
  }
  if (block.type === 'thinking') {
    const words = splitWords(String(block.thinking)).map((thinking) => ({ type: 'thinking_delta', thinking }));
    return [...words, { type: 'signature_delta', signature: String(block.signature) }];
  }
  if (!hasInput(block)) return [];
  const isEmpty = isObject(block.input) && Object.keys(block.input).length === 0;
  // An empty piece comes first, also when it is the only one (recorded).
  const pieces = ['', ...(isEmpty ? [] : splitJson(JSON.stringify(block.input)))];
  return pieces.map((partial_json) => ({ type: 'input_json_delta', partial_json }));
}
