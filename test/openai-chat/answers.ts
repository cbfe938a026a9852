// Generated answers, and the ways in which clients add up a streamed one.
import fc from 'fast-check';
import { ChatCompletionStream } from 'openai/lib/ChatCompletionStream';
import type { Block, BlockEndEvent, ChatEvent, FinishEvent } from '../../core/src/contract/index.ts';
import { type ChatEcho, openaiChat } from '../../core/src/protocol/openai-chat/index.ts';
import type { AnswerContext } from '../../core/src/protocol/protocol.ts';

fc.configureGlobal({ seed: 20261123 });

/** One block of a generated answer. */
export interface AnswerBlock {
  readonly block: Block;
  readonly refusal?: boolean;
  readonly fragments: readonly string[];
  readonly end: Omit<BlockEndEvent, 'type' | 'index'>;
}

export const contextFor = (echo: Partial<ChatEcho> = {}): AnswerContext<ChatEcho> => ({
  requestId: '7f3a',
  model: 'claude',
  createdS: 1_790_000_000,
  echo: { includeUsage: true, legacyFunctions: false, names: new Map(), asked: {}, ...echo },
});

const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((raw) => Buffer.from(raw).toString('base64'));
const words = fc.string({ unit: 'binary', maxLength: 12 });
const fragments = fc.array(words, { maxLength: 4 });
const family = fc.constantFrom('claude', 'openai', 'gemini', 'nova-2.1');
/** Most blocks carry nothing: answers in which only some are signed are the interesting ones. */
const carrying = (...kinds: fc.Arbitrary<AnswerBlock['end']>[]) =>
  fc.oneof({ weight: 2 * kinds.length, arbitrary: fc.constant<AnswerBlock['end']>({}) }, ...kinds);
const signed = carrying(fc.record({ signature: bytes }));

const textBlock = fc
  .record({ fragments, origin: family, end: signed })
  .map(({ origin, ...rest }): AnswerBlock => ({ block: { type: 'text', origin }, ...rest }));
const reasoningBlock = fc
  .record({
    fragments,
    origin: family,
    end: carrying(
      fc.record({ signature: bytes }),
      fc.record({ data: bytes }),
      fc.record({ signature: bytes, data: bytes }),
    ),
  })
  .map(({ origin, ...rest }): AnswerBlock => ({ block: { type: 'reasoning', origin }, ...rest }));
const callBlock = fc
  .record({
    id: fc.uuid(),
    name: fc.stringMatching(/^[a-z_]{1,8}$/),
    custom: fc.boolean(),
    origin: family,
    input: words,
    end: signed,
  })
  .map(({ id, name, custom, origin, input, end }): AnswerBlock => {
    const wire = custom ? input : JSON.stringify({ input });
    const pieces = input === '' ? [] : [wire.slice(0, 5), wire.slice(5)];
    return {
      block: { type: 'tool-call', id, name, origin, ...(custom ? { custom: true } : {}) },
      fragments: pieces,
      end,
    };
  });
const hiddenBlock = fc.constantFrom<AnswerBlock>(
  { block: { type: 'tool-call', id: 'srv', name: 'web_search', server: true }, fragments: ['{}'], end: {} },
  { block: { type: 'tool-result', id: 'srv', server: true }, fragments: ['found'], end: {} },
);
const mediaBlock = bytes.map(
  (data): AnswerBlock => ({ block: { type: 'media', mediaType: 'image/png' }, fragments: [], end: { data } }),
);
const refusalBlock = fragments.map(
  (said): AnswerBlock => ({ block: { type: 'text' }, refusal: true, fragments: said, end: {} }),
);

/** Blocks that a later request must bring back unchanged. */
export const replayableBlocks = fc.array(fc.oneof(textBlock, reasoningBlock, callBlock, hiddenBlock), { maxLength: 7 });
/** Blocks of every kind. */
export const anyBlocks = fc.array(
  fc.oneof(textBlock, reasoningBlock, callBlock, hiddenBlock, mediaBlock, refusalBlock),
  { maxLength: 7 },
);

export const finishEvent = fc
  .record({
    reason: fc.constantFrom<FinishEvent['reason']>(
      'stop',
      'length',
      'tool-calls',
      'content-filter',
      'refusal',
      'pause',
      'other',
    ),
    cacheReadTokens: fc.option(fc.nat(100), { nil: undefined }),
    reasoningTokens: fc.option(fc.nat(5), { nil: undefined }),
  })
  .map(
    ({ reason, cacheReadTokens, reasoningTokens }): FinishEvent => ({
      type: 'finish',
      reason,
      rawReason: reason,
      usage: {
        inputTokens: 3,
        outputTokens: 5,
        totalTokens: 8 + (cacheReadTokens ?? 0),
        ...(cacheReadTokens === undefined ? {} : { cacheReadTokens }),
        ...(reasoningTokens === undefined ? {} : { reasoningTokens }),
      },
    }),
  );

export const plainFinish: FinishEvent = {
  type: 'finish',
  reason: 'stop',
  rawReason: 'end_turn',
  usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
};

/** The events of an answer. `picks` interleaves the blocks: each pick says which of the unfinished ones goes on; without
 * picks they come one after the other. */
export function eventsOf(
  blocks: readonly AnswerBlock[],
  finish: FinishEvent,
  picks: readonly number[] = [],
): ChatEvent[] {
  const queues = blocks.map(({ block, refusal, fragments: pieces, end }, index): ChatEvent[] => [
    { type: 'block-start', index, block, ...(refusal ? { extensions: { 'openai-chat': { refusal: true } } } : {}) },
    ...pieces.map((text): ChatEvent => ({ type: 'block-delta', index, text })),
    { type: 'block-end', index, ...end },
  ]);
  const events: ChatEvent[] = [{ type: 'start', id: 'up', model: 'wire' }];
  for (const pick of picks) {
    const open = queues.filter((queue) => queue.length > 0);
    const next = open[pick % Math.max(1, open.length)]?.shift();
    if (next) events.push(next);
  }
  return [...events, ...queues.flat(), finish];
}

/** The whole text that the encoder makes of an answer. */
export function encodeAll(events: readonly ChatEvent[], context = contextFor()): string {
  const encoder = openaiChat.createEncoder(context);
  return events.map((event) => encoder.push(event)).join('');
}

/** The JSON of every event of a stream, without `[DONE]`. */
export function chunksOf(sse: string): Record<string, unknown>[] {
  const lines = sse.split('\n\n').filter((line) => line.startsWith('data: '));
  if (lines.at(-1) !== 'data: [DONE]') throw new Error('the stream has no end');
  return lines.slice(0, -1).map((line) => JSON.parse(line.slice('data: '.length)));
}

/** What the openai SDK's own helper makes of a stream: unknown fields of a delta overwrite each other. */
export async function accumulateAsSdk(sse: string): Promise<Record<string, unknown>> {
  const lines = chunksOf(sse).map((chunk) => `${JSON.stringify(chunk)}\n`);
  const stream = ChatCompletionStream.fromReadableStream(ReadableStream.from(lines.map((line) => Buffer.from(line))));
  const completion = await stream.finalChatCompletion();
  return JSON.parse(JSON.stringify(completion));
}

/** What a plain client makes of it: strings and lists are joined, tool calls by their index. */
export function accumulatePlainly(sse: string): Record<string, unknown> {
  const message: Record<string, unknown> = {};
  let completion: Record<string, unknown> = {};
  let finish: unknown = null;
  for (const { choices, ...frame } of chunksOf(sse)) {
    completion = { ...completion, ...frame };
    if (!Array.isArray(choices)) throw new Error('a chunk without choices');
    for (const choice of choices) {
      finish = choice.finish_reason ?? finish;
      for (const [field, value] of Object.entries(choice.delta)) {
        message[field] = field === 'tool_calls' ? mergeCalls(message[field], value) : joined(message[field], value);
      }
    }
  }
  return { ...completion, choices: [{ index: 0, message, logprobs: null, finish_reason: finish }] };
}

function joined(before: unknown, value: unknown): unknown {
  if (typeof before === 'string' && typeof value === 'string') return before + value;
  return Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
}

function mergeCalls(before: unknown, value: unknown): unknown {
  const calls: Record<string, unknown>[] = Array.isArray(before) ? [...before] : [];
  if (!Array.isArray(value)) throw new Error('tool_calls is not a list');
  for (const { index, ...fields } of value) {
    const call: Record<string, unknown> = { ...calls[index] };
    for (const [field, inner] of Object.entries(fields)) {
      const held = call[field];
      call[field] = typeof held === 'object' && held !== null ? joinFields(held, Object(inner)) : inner;
    }
    calls[index] = call;
  }
  return calls;
}

function joinFields(before: object, value: object): object {
  const result: Record<string, unknown> = { ...before };
  for (const [field, inner] of Object.entries(value)) result[field] = joined(result[field], inner);
  return result;
}
