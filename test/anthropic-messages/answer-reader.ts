// A small reader of Anthropic's own answers, streamed or whole: what a provider that speaks Messages would make of them. It shares
// nothing with the protocol that writes such answers.
import type { Block, ChatEvent, Citation, FinishReason, Usage } from '../../core/src/contract/index.ts';

/** What recorded answers hold, as far as it is read here. Numbers of a usage may be absent; all else is kept as it came. */
export interface RecordedUsage {
  readonly input_tokens?: number;
  readonly output_tokens?: number;
  readonly cache_read_input_tokens?: number;
  readonly cache_creation_input_tokens?: number;
  readonly cache_creation?: { readonly ephemeral_1h_input_tokens: number };
  readonly output_tokens_details?: { readonly thinking_tokens: number };
}

export interface RecordedBlock {
  readonly type: string;
  readonly id?: string;
  readonly name?: string;
  readonly tool_use_id?: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly signature?: string;
  readonly data?: string;
  readonly input?: object;
  readonly caller?: object;
  readonly citations?: readonly RecordedCitation[] | null;
}

interface RecordedCitation {
  readonly type: string;
  readonly cited_text: string;
  readonly title?: string;
  readonly url?: string;
  readonly encrypted_index?: string;
  readonly source?: string;
  readonly search_result_index?: number;
  readonly start_block_index?: number;
  readonly end_block_index?: number;
}

interface RecordedEnd {
  readonly stop_reason: string;
  readonly stop_sequence: string | null;
  readonly stop_details?: unknown;
}

export interface RecordedMessage extends RecordedEnd {
  readonly id: string;
  readonly model: string;
  readonly content: readonly RecordedBlock[];
  readonly usage: RecordedUsage;
  readonly context_management?: unknown;
}

interface RecordedDelta {
  readonly type: string;
  readonly text?: string;
  readonly thinking?: string;
  readonly partial_json?: string;
  readonly signature?: string;
  readonly citation?: RecordedCitation;
}

export type RecordedEvent =
  | { readonly type: 'message_start'; readonly message: RecordedMessage }
  | { readonly type: 'content_block_start'; readonly index: number; readonly content_block: RecordedBlock }
  | { readonly type: 'content_block_delta'; readonly index: number; readonly delta: RecordedDelta }
  | { readonly type: 'content_block_stop'; readonly index: number }
  | {
      readonly type: 'message_delta';
      readonly delta: RecordedEnd;
      readonly usage: RecordedUsage;
      readonly context_management?: unknown;
    }
  | { readonly type: 'message_stop' }
  | { readonly type: 'ping' };

const REASONS: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool-calls',
  refusal: 'refusal',
  pause_turn: 'pause',
};

/** The JSON of every event of a stream, in order. Some recorders have cut the empty lines between events. */
export function sseEvents(text: string): RecordedEvent[] {
  return text.split(/\n\n|(?=event: )/).flatMap((frame) => {
    const data = /^data: ?(.*)$/m.exec(frame)?.[1];
    return data ? [JSON.parse(data)] : [];
  });
}

/** The events that a whole answer stands for. */
export function readWhole(message: RecordedMessage): ChatEvent[] {
  const { content, usage, stop_details, context_management } = message;
  return [
    { type: 'start', id: message.id, model: message.model },
    ...content.flatMap((block, index) => wholeBlock(block, index)),
    finishOf(message, usage, { stop_details, context_management }),
  ];
}

function wholeBlock(block: RecordedBlock, index: number): ChatEvent[] {
  const { input, text, thinking, signature, data, citations, ...head } = block;
  const words = input === undefined ? (text ?? thinking) : JSON.stringify(input);
  const deltas: ChatEvent[] =
    words === undefined || words === '{}' ? [] : [{ type: 'block-delta', index, text: words }];
  const cited = (citations ?? []).map((raw): ChatEvent => ({ ...emptyDelta(index), citation: citationOf(raw) }));
  return [
    startOf({ ...head, ...(input === undefined ? {} : { input: {} }) }, index),
    ...deltas,
    ...cited,
    endOf(index, signature, data),
  ];
}

const emptyDelta = (index: number) => ({ type: 'block-delta', index, text: '' }) as const;

function endOf(index: number, signature: string | undefined, data: string | undefined): ChatEvent {
  return { type: 'block-end', index, ...(signature ? { signature } : {}), ...(data ? { data } : {}) };
}

/** The events that a stream stands for. */
export function readStream(frames: readonly RecordedEvent[]): ChatEvent[] {
  const signatures = new Map<number, string | undefined>();
  const datas = new Map<number, string | undefined>();
  return frames.flatMap((frame): ChatEvent[] => {
    switch (frame.type) {
      case 'message_start': {
        const { id, model, usage } = frame.message;
        return [{ type: 'start', id, model, usage: usageOf(usage) }];
      }
      case 'content_block_start':
        datas.set(frame.index, frame.content_block.data);
        return [startOf(frame.content_block, frame.index)];
      case 'content_block_delta': {
        const { delta, index } = frame;
        if (delta.signature !== undefined) {
          signatures.set(index, delta.signature);
          return [];
        }
        if (delta.citation) return [{ ...emptyDelta(index), citation: citationOf(delta.citation) }];
        return [{ ...emptyDelta(index), text: delta.text ?? delta.thinking ?? delta.partial_json ?? '' }];
      }
      case 'content_block_stop':
        return [endOf(frame.index, signatures.get(frame.index), datas.get(frame.index))];
      case 'message_delta': {
        const { delta, usage, context_management } = frame;
        return [finishOf(delta, usage, { stop_details: delta.stop_details, context_management })];
      }
      default:
        return [];
    }
  });
}

function startOf(recorded: RecordedBlock, index: number): ChatEvent {
  const { type: word, id = '', name = '', tool_use_id = '', caller } = recorded;
  const start = (block: Block, own?: Readonly<Record<string, unknown>>): ChatEvent => ({
    type: 'block-start',
    index,
    block,
    ...(own ? { extensions: { 'anthropic-messages': own } } : {}),
  });
  switch (word) {
    case 'text':
      return start({ type: 'text' });
    case 'thinking':
      return start({ type: 'reasoning', origin: 'claude' });
    case 'redacted_thinking':
      return start({ type: 'reasoning', redacted: true, origin: 'claude' });
    case 'tool_use':
      return start({ type: 'tool-call', id, name }, caller && { caller });
    case 'server_tool_use':
    case 'mcp_tool_use':
      return start({ type: 'tool-call', id, name, server: true }, { [word]: recorded });
    default:
      return start({ type: 'tool-result', id: tool_use_id, server: true }, { [word]: recorded });
  }
}

function citationOf(raw: RecordedCitation): Citation {
  const { cited_text: text, title, url = '', encrypted_index, source = '' } = raw;
  const said = { ...(title ? { title } : {}), text };
  if (raw.type === 'web_search_result_location') {
    return { ...said, place: { in: 'web', url }, extensions: { 'anthropic-messages': { encrypted_index } } };
  }
  if (raw.type !== 'search_result_location') throw new Error(`no recorded answer had a ${raw.type} before`);
  const { search_result_index: result = -1, start_block_index: start = -1, end_block_index: end = -1 } = raw;
  return { ...said, source, place: { in: 'search-result', result, start, end } };
}

function finishOf(end: RecordedEnd, recorded: RecordedUsage, own: Readonly<Record<string, unknown>>): ChatEvent {
  const { input_tokens: _i, output_tokens: _o, cache_creation: _c, output_tokens_details: _d, ...others } = recorded;
  const { cache_read_input_tokens: _r, cache_creation_input_tokens: _w, ...usage } = others;
  const said = Object.entries({ ...own, usage }).filter(([, value]) => value !== undefined);
  return {
    type: 'finish',
    reason: REASONS[end.stop_reason] ?? 'other',
    rawReason: end.stop_reason,
    ...(end.stop_sequence === null ? {} : { stopSequence: end.stop_sequence }),
    usage: usageOf(recorded),
    extensions: { 'anthropic-messages': Object.fromEntries(said) },
  };
}

function usageOf(raw: RecordedUsage): Usage {
  const { input_tokens: inputTokens = -1, output_tokens: outputTokens = -1 } = raw;
  const { cache_read_input_tokens: cacheReadTokens = -1, cache_creation_input_tokens: cacheWriteTokens = -1 } = raw;
  const hour = raw.cache_creation?.ephemeral_1h_input_tokens;
  const thinking = raw.output_tokens_details?.thinking_tokens;
  return {
    inputTokens,
    outputTokens,
    totalTokens: inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens,
    cacheReadTokens,
    cacheWriteTokens,
    ...(hour === undefined ? {} : { cacheWrite1hTokens: hour }),
    ...(thinking === undefined ? {} : { reasoningTokens: thinking }),
  };
}
