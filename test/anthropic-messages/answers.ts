// Generated answers, and what the encoder makes of them.
import fc from 'fast-check';
import type {
  Block,
  BlockEndEvent,
  ChatEvent,
  Citation,
  Extensions,
  FinishEvent,
} from '../../core/src/contract/index.ts';
import { anthropicMessages, type MessagesEcho } from '../../core/src/protocol/anthropic-messages/index.ts';
import { createCollector } from '../../core/src/protocol/collect.ts';
import type { AnswerContext } from '../../core/src/protocol/protocol.ts';

fc.configureGlobal({ seed: 20261123 });

/** One block of a generated answer. */
export interface AnswerBlock {
  readonly block: Block;
  readonly extensions?: Extensions;
  readonly fragments: readonly string[];
  readonly citations?: readonly Citation[];
  readonly end: Omit<BlockEndEvent, 'type' | 'index'>;
}

export const contextFor = (of: Partial<AnswerContext<MessagesEcho>> = {}): AnswerContext<MessagesEcho> => ({
  requestId: '7f3a',
  model: 'claude',
  createdS: 1_790_000_000,
  echo: { names: new Map() },
  ...of,
});

const bytes = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((raw) => Buffer.from(raw).toString('base64'));
const words = fc.string({ unit: 'binary', maxLength: 12 });
const fragments = fc.array(words, { maxLength: 4 });
const family = fc.constantFrom('claude', 'openai', 'gemini', 'nova-2.1');
const id = fc.uuid().map((uuid) => `toolu_${uuid}`);
const name = fc.stringMatching(/^[a-z_]{1,8}$/);
/** Most blocks carry nothing: answers in which only some are signed are the interesting ones. */
const carrying = (...kinds: fc.Arbitrary<AnswerBlock['end']>[]) =>
  fc.oneof({ weight: 2 * kinds.length, arbitrary: fc.constant<AnswerBlock['end']>({}) }, ...kinds);
const signed = carrying(fc.record({ signature: bytes }));

const span = { start: fc.nat(50), end: fc.nat(90) };
const place = fc.oneof(
  fc.record({ in: fc.constantFrom('characters', 'pages', 'blocks'), document: fc.nat(9), ...span }),
  fc.record({ in: fc.constant('search-result'), result: fc.nat(9), ...span }),
  fc.record({ in: fc.constant('web'), url: fc.webUrl() }),
);
/** Citations that Messages has a form for. A search result has a source; nothing else has. The cast: of generated members
 * TypeScript forgets which belong together. */
export const citation = fc
  .record({ title: fc.string({ minLength: 1, maxLength: 9 }), text: words, source: words, place })
  .map(
    ({ source, ...said }): Citation =>
      ({ ...said, ...(said.place.in === 'search-result' ? { source } : {}) }) as Citation,
  );

const textBlock = fc
  .record({ fragments, citations: fc.array(citation, { maxLength: 2 }), origin: family, end: signed })
  .map(({ origin, ...rest }): AnswerBlock => ({ block: { type: 'text', origin }, ...rest }));
const reasoningBlock = fc
  .record({ fragments, origin: family, end: carrying(fc.record({ signature: bytes }), fc.record({ data: bytes })) })
  .map(({ origin, ...rest }): AnswerBlock => ({ block: { type: 'reasoning', origin }, ...rest }));
const callBlock = fc
  .record({
    id,
    name,
    origin: family,
    input: fc.dictionary(words, fc.jsonValue(), { maxKeys: 3 }),
    cut: fc.nat(9),
    end: signed,
  })
  .map(({ input, cut, end, ...call }): AnswerBlock => {
    const json = JSON.stringify(input);
    const pieces = json === '{}' ? [] : [json.slice(0, cut), json.slice(cut)];
    return { block: { type: 'tool-call', ...call }, fragments: pieces, end };
  });
/** Calls that the vendor itself ran, in Anthropic's form and in another vendor's. */
const serverBlocks = fc.constantFrom<AnswerBlock[]>(
  [
    {
      block: { type: 'tool-call', id: 'srvtoolu_1', name: 'web_search', server: true },
      extensions: {
        'anthropic-messages': {
          server_tool_use: { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search', input: {} },
        },
      },
      fragments: ['{"query":', '"x"}'],
      end: {},
    },
    {
      block: { type: 'tool-result', id: 'srvtoolu_1', server: true },
      extensions: {
        'anthropic-messages': {
          web_search_tool_result: {
            type: 'web_search_tool_result',
            tool_use_id: 'srvtoolu_1',
            content: [{ type: 'web_search_result', title: 'T', url: 'https://x.test/', encrypted_content: 'e' }],
          },
        },
      },
      fragments: [],
      end: {},
    },
  ],
  [
    { block: { type: 'tool-call', id: 'srv', name: 'nova_grounding', server: true }, fragments: ['{"q":1}'], end: {} },
    { block: { type: 'tool-result', id: 'srv', server: true }, fragments: ['fou', 'nd'], end: {} },
  ],
);
const mediaBlock = bytes.map(
  (data): AnswerBlock => ({ block: { type: 'media', mediaType: 'image/png' }, fragments: [], end: { data } }),
);

const single = (blocks: fc.Arbitrary<AnswerBlock>) => blocks.map((block) => [block]);
const several = (...kinds: fc.Arbitrary<AnswerBlock[]>[]) =>
  fc.array(fc.oneof(...kinds), { maxLength: 6 }).map((blocks) => blocks.flat());

/** Blocks that a later request brings back unchanged. */
export const replayableBlocks = several(single(textBlock), single(reasoningBlock), single(callBlock));
/** Blocks of every kind. */
export const anyBlocks = several(
  single(textBlock),
  single(reasoningBlock),
  single(callBlock),
  single(mediaBlock),
  serverBlocks,
);

const count = fc.option(fc.nat(100), { nil: undefined });
export const finishEvent = fc
  .record({
    reason: fc.constantFrom<FinishEvent['reason']>(
      ...(['stop', 'length', 'tool-calls', 'content-filter', 'refusal', 'pause', 'other'] as const),
    ),
    stopSequence: fc.option(words, { nil: undefined }),
    cacheReadTokens: count,
    cacheWriteTokens: count,
    reasoningTokens: count,
  })
  .map(({ reason, stopSequence, ...counts }): FinishEvent => {
    const { cacheReadTokens = 0, cacheWriteTokens = 0 } = counts;
    const known = Object.entries(counts).filter(([, value]) => value !== undefined);
    const totalTokens = 8 + cacheReadTokens + cacheWriteTokens;
    return {
      type: 'finish',
      reason,
      rawReason: reason,
      ...(stopSequence === undefined ? {} : { stopSequence }),
      usage: { inputTokens: 3, outputTokens: 5, totalTokens, ...Object.fromEntries(known) },
    };
  });

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
  finish: FinishEvent = plainFinish,
  picks: readonly number[] = [],
): ChatEvent[] {
  const queues = blocks.map(({ block, extensions, fragments: pieces, citations = [], end }, index): ChatEvent[] => [
    { type: 'block-start', index, block, ...(extensions ? { extensions } : {}) },
    ...pieces.map((text): ChatEvent => ({ type: 'block-delta', index, text })),
    ...citations.map((cited): ChatEvent => ({ type: 'block-delta', index, text: '', citation: cited })),
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

/** The whole text that the encoder makes of a streamed answer. */
export function encodeAll(events: readonly ChatEvent[], context = contextFor()): string {
  const encoder = anthropicMessages.createEncoder(context);
  return events.map((event) => encoder.push(event)).join('');
}

/** The whole answer, as JSON text and parsed. */
export function encodeWhole(events: readonly ChatEvent[], context = contextFor()): Record<string, unknown> {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return JSON.parse(anthropicMessages.encodeResult(collector.result(), context));
}
