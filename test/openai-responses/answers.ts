// Generated answers as Responses clients get them, and the context of their requests.
import fc from 'fast-check';
import type { Block, ChatEvent, ChatResult } from '../../core/src/contract/index.ts';
import { createCollector } from '../../core/src/protocol/collect.ts';
import { openaiResponses, type ResponsesEcho } from '../../core/src/protocol/openai-responses/index.ts';
import type { AnswerContext } from '../../core/src/protocol/protocol.ts';
import { anyBlocks, replayableBlocks } from '../openai-chat/answers.ts';
import { type Frame, framesOf } from './sse.ts';

/** The tools of the request that the answers belong to: `mail__send` is `send` of the namespace `mail`. */
export const TOOLS = [
  {
    type: 'namespace',
    name: 'mail',
    description: 'Letters.',
    tools: [
      { type: 'function', name: 'send', parameters: { type: 'object' } },
      { type: 'custom', name: 'script' },
    ],
  },
  { type: 'function', name: 'weather', parameters: null, strict: false },
  { type: 'tool_search', execution: 'client', description: 'Finds tools.', parameters: { type: 'object' } },
];
export const REQUEST = { model: 'claude', input: 'hi', tools: TOOLS };

export const contextFor = (request: Record<string, unknown> = REQUEST): AnswerContext<ResponsesEcho> => ({
  requestId: '7f3a',
  model: 'claude',
  createdS: 1_790_000_000,
  echo: openaiResponses.decode(request).echo,
});

export function resultOf(events: readonly ChatEvent[]): ChatResult {
  const collector = createCollector();
  for (const event of events) collector.push(event);
  return collector.result();
}

/** As much of a Response as the tests look at. */
export interface Answer {
  readonly output: readonly Record<string, unknown>[];
  readonly [field: string]: unknown;
}

export const encodeWhole = (events: readonly ChatEvent[], context = contextFor()): Answer =>
  JSON.parse(openaiResponses.encodeResult(resultOf(events), context));

/** The whole text that the encoder makes of an answer. */
export function encodeStream(events: readonly ChatEvent[], context = contextFor()): string {
  const encoder = openaiResponses.createEncoder(context);
  return events.map((event) => encoder.push(event)).join('');
}

/** What a plain client makes of a stream without a look at the whole items and answers in it: parts and deltas, added up. */
export function accumulatePlainly(sse: string): Answer {
  const items: Record<string, unknown>[] = [];
  const frames = framesOf(sse);
  for (const frame of frames) addFrame(items, frame);
  const last = frames.at(-1)?.response;
  if (typeof last !== 'object') throw new Error('the stream has no end');
  return { ...last, output: items };
}

const LATE: readonly string[] = ['status', 'encrypted_content', 'result'];

/** Adds one event. Everything in it is what the protocol says: a wrong member fails the comparison. */
function addFrame(items: Record<string, unknown>[], frame: Frame): void {
  // The members of an event are of its type.
  const {
    type,
    output_index: at,
    delta,
    part,
    item,
  } = frame as Frame & { output_index: number; delta: string; part: object; item: object };
  const index = Number(frame.content_index ?? frame.summary_index);
  const held = items[at];
  if (type === 'response.output_item.added') items[at] = structuredClone({ ...item });
  if (!held) return;
  const list = held[held.type === 'reasoning' ? 'summary' : 'content'];
  const place = Array.isArray(list) ? list : [];
  if (type.endsWith('part.added')) place[index] = structuredClone(part);
  if (type.endsWith('annotation.added')) place[index].annotations.push(frame.annotation);
  if (type === 'response.output_item.done') {
    // What only the end tells; the arguments of a search come in no deltas.
    const late = held.type === 'tool_search_call' ? [...LATE, 'arguments'] : LATE;
    for (const [field, value] of Object.entries(item)) if (late.includes(field)) held[field] = value;
  }
  if (!type.endsWith('.delta')) return;
  if (type.includes('function_call')) held.arguments = `${held.arguments}${delta}`;
  else if (type.includes('custom_tool_call')) held.input = `${held.input}${delta}`;
  else if (type.includes('refusal')) place[index].refusal += delta;
  else place[index].text += delta;
}

/** Calls get a name of the request's tools, and an id that no other call has: the SDK refuses an answer that gives one twice. */
const withTools = <Blocks extends { readonly block: Block }>(
  blocks: readonly Blocks[],
  picks: readonly number[],
): Blocks[] =>
  blocks.map((one, index) => {
    const { block } = one;
    if (block.type !== 'tool-call' || block.server) return one;
    const names = block.custom ? ['mail__script', block.name] : ['mail__send', 'weather', 'tool_search', block.name];
    const name = names[(picks[index] ?? 0) % names.length] ?? block.name;
    return { ...one, block: { ...block, id: `call_${index}`, name } };
  });

/** The events with what OpenAI's own models say of a text: its phase, and the pages it cites. `picks`: by block. */
export function adorned(events: readonly ChatEvent[], words: readonly number[]): ChatEvent[] {
  return events.flatMap((event): ChatEvent[] => {
    if (event.type !== 'block-start' || event.block.type !== 'text') return [event];
    const pick = words[event.index] ?? 0;
    const phase = [undefined, 'commentary', 'final_answer'][pick % 3];
    const own = phase === undefined ? {} : { 'openai-responses': { phase } };
    const started = { ...event, extensions: { ...event.extensions, ...own } };
    const citation = { title: 'A page', place: { in: 'web', url: `https://a.example/${pick}` } } as const;
    return pick % 2 === 0 ? [started] : [started, { type: 'block-delta', index: event.index, text: '', citation }];
  });
}

const picks = fc.array(fc.nat(5), { minLength: 8, maxLength: 8 });
/** Blocks of every kind. */
export const answerBlocks = fc.tuple(anyBlocks, picks).map(([blocks, names]) => withTools(blocks, names));
/** Blocks that a later request must bring back unchanged. */
export const keptBlocks = fc.tuple(replayableBlocks, picks).map(([blocks, names]) => withTools(blocks, names));
