// What the events of a whole answer add up to, for answers that are read through the same reader as a stream.
import {
  type ChatEvent,
  type ChatResult,
  type Extensions,
  type FinishEvent,
  type ResultBlock,
  RouterError,
} from '../contract/index.ts';

type Sum = { -readonly [K in keyof ResultBlock]: ResultBlock[K] };

/** Throws RouterError `upstream-failed` for an answer without its end. */
export function addUp(events: readonly ChatEvent[]): ChatResult {
  const blocks = new Map<number, Sum>();
  let id = '';
  let model = '';
  let finish: FinishEvent | undefined;
  for (const event of events) {
    if (event.type === 'start') ({ id, model } = event);
    else if (event.type === 'finish') finish = event;
    else if (event.type === 'block-start') {
      const { block, extensions } = event;
      blocks.set(event.index, { block, text: '', ...(extensions === undefined ? {} : { extensions }) });
    } else addTo(blocks.get(event.index), event);
  }
  if (finish === undefined) throw new RouterError('upstream-failed', 'the answer is not complete');
  return { id, model, blocks: [...blocks.values()], finish };
}

function addTo(sum: Sum | undefined, event: Extract<ChatEvent, { type: 'block-delta' | 'block-end' }>): void {
  if (sum === undefined) return;
  if (event.type === 'block-delta') {
    sum.text += event.text;
    if (event.citation !== undefined) sum.citations = [...(sum.citations ?? []), event.citation];
    return;
  }
  if (event.signature !== undefined) sum.signature = event.signature;
  if (event.data !== undefined) sum.data = event.data;
  const extensions = merged(sum.extensions, event.extensions);
  if (extensions !== undefined) sum.extensions = extensions;
}

function merged(first: Extensions | undefined, second: Extensions | undefined): Extensions | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  const owners = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries([...owners].map((owner) => [owner, { ...first[owner], ...second[owner] }]));
}
