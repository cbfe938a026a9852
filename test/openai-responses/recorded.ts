// Recorded answers of OpenAI's, read as the events that a provider would make of them.
import type { BlockEndEvent, BlockStartEvent, ChatEvent, FinishEvent } from '../../core/src/contract/index.ts';
import { framesOf, responseOf } from './sse.ts';

/** As much of an output item as is read. */
interface Item {
  readonly id: string;
  readonly type: string;
  readonly phase?: string;
  readonly content?: readonly { readonly type: string; readonly text?: string; readonly refusal?: string }[];
  readonly summary?: readonly { readonly text: string }[];
  readonly encrypted_content?: string;
  readonly call_id?: string;
  readonly name?: string;
  readonly arguments?: string;
  readonly input?: string;
}
/** As much of a recorded answer as is read. */
export interface Recorded {
  readonly output: readonly Item[];
  readonly status: string;
  readonly usage: {
    readonly input_tokens: number;
    readonly output_tokens: number;
    readonly input_tokens_details: { readonly cached_tokens: number };
    readonly output_tokens_details: { readonly reasoning_tokens: number };
  };
}

interface ReadBlock {
  readonly start: Omit<BlockStartEvent, 'type' | 'index'>;
  readonly text: string;
  readonly end: Omit<BlockEndEvent, 'type' | 'index'>;
}

/** The recorded answer; of a stream, with the items as they were when they were done. */
export function recordedAnswer(body: string): Recorded {
  const response: unknown = body.trimStart().startsWith('{') ? JSON.parse(body) : responseOf(framesOf(body));
  // The recordings are read as what they are known to be; a wrong guess fails the comparison.
  return response as Recorded;
}

/** The events of the answer, its texts cut as a model might stream them. */
export function eventsOfRecorded({ output, usage, status }: Recorded): ChatEvent[] {
  const cached = usage.input_tokens_details.cached_tokens;
  const calls = output.some(({ type }) => type === 'function_call' || type === 'custom_tool_call');
  const finish: FinishEvent = {
    type: 'finish',
    reason: status === 'incomplete' ? 'length' : calls ? 'tool-calls' : 'stop',
    rawReason: status,
    usage: {
      inputTokens: usage.input_tokens - cached,
      outputTokens: usage.output_tokens,
      cacheReadTokens: cached,
      reasoningTokens: usage.output_tokens_details.reasoning_tokens,
      totalTokens: usage.input_tokens + usage.output_tokens,
    },
  };
  const blocks = output
    .flatMap(blocksOf)
    .flatMap(({ start, text, end }, index): ChatEvent[] => [
      { type: 'block-start', index, ...start },
      ...(text.match(/.{1,7}/gs) ?? []).map((piece): ChatEvent => ({ type: 'block-delta', index, text: piece })),
      { type: 'block-end', index, ...end },
    ]);
  return [{ type: 'start', id: 'up', model: 'wire' }, ...blocks, finish];
}

function blocksOf(item: Item): ReadBlock[] {
  const { type, call_id: id = '', name = '' } = item;
  switch (type) {
    case 'message': {
      const extensions = item.phase === undefined ? {} : { extensions: { 'openai-responses': { phase: item.phase } } };
      return (item.content ?? []).map(({ text = '' }) => ({
        start: { block: { type: 'text' }, ...extensions },
        text,
        end: {},
      }));
    }
    case 'reasoning': {
      const text = (item.summary ?? []).map((part) => part.text).join('');
      const end = item.encrypted_content === undefined ? {} : { signature: item.encrypted_content };
      return [{ start: { block: { type: 'reasoning', origin: 'openai' } }, text, end }];
    }
    case 'function_call':
      return [{ start: { block: { type: 'tool-call', id, name } }, text: item.arguments ?? '', end: {} }];
    case 'custom_tool_call':
      return [{ start: { block: { type: 'tool-call', id, name, custom: true } }, text: item.input ?? '', end: {} }];
    default: {
      const block = { type: 'tool-call', id: item.id, name: type, server: true } as const;
      return [{ start: { block }, text: '', end: { extensions: { 'openai-responses': { [type]: item } } } }];
    }
  }
}
