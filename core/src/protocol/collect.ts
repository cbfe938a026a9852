// The events of an answer, added up to the whole answer.
import {
  type Block,
  type BlockEndEvent,
  type ChatEvent,
  type ChatResult,
  type Citation,
  type Extensions,
  type FinishEvent,
  type ResultBlock,
  RouterError,
  type StartEvent,
} from '../contract/index.ts';

interface OpenBlock {
  readonly block: Block;
  text: string;
  citations: Citation[] | undefined;
  extensions: Extensions | undefined;
  end: BlockEndEvent | undefined;
}

/** Adds up events that come one by one. */
export interface Collector {
  /** Throws `upstream-failed` for an event that the grammar does not allow here. */
  push(event: ChatEvent): void;
  /** The whole answer. Throws `upstream-failed` when it is not complete. */
  result(): ChatResult;
}

/** A fresh collector, for one answer. */
export function createCollector(): Collector {
  let start: StartEvent | undefined;
  let finish: FinishEvent | undefined;
  // In the order in which the blocks began, which is also the order in which a streaming client sees them.
  const blocks = new Map<number, OpenBlock>();

  const openBlock = (index: number): OpenBlock => {
    const open = blocks.get(index);
    if (!open || open.end)
      throw new RouterError('upstream-failed', `the answer speaks of block ${index}, which is not open`);
    return open;
  };

  const push = (event: ChatEvent): void => {
    switch (event.type) {
      case 'block-delta': {
        const open = openBlock(event.index);
        open.text += event.text;
        if (event.citation !== undefined) {
          open.citations ??= [];
          open.citations.push(event.citation);
        }
        return;
      }
      case 'block-start':
        if (blocks.has(event.index))
          throw new RouterError('upstream-failed', `the answer begins block ${event.index} twice`);
        blocks.set(event.index, {
          block: event.block,
          text: '',
          citations: undefined,
          extensions: event.extensions,
          end: undefined,
        });
        return;
      case 'block-end': {
        const open = openBlock(event.index);
        open.end = event;
        open.extensions = mergeExtensions(open.extensions, event.extensions);
        return;
      }
      case 'start':
        start = event;
        return;
      case 'finish':
        finish = event;
        return;
    }
  };

  const result = (): ChatResult => {
    if (!start || !finish || [...blocks.values()].some((block) => !block.end)) {
      const usage = finish?.usage ?? start?.usage;
      throw new RouterError(
        'upstream-failed',
        'the upstream ended its answer before it was complete',
        usage && { usage },
      );
    }
    return { id: start.id, model: start.model, blocks: [...blocks.values()].map(toResultBlock), finish };
  };

  return { push, result };
}

/** Reads an answer to its end. Throws what the stream throws, and `upstream-failed` when it ends before `finish`. */
export async function collect(events: AsyncIterable<ChatEvent>): Promise<ChatResult> {
  const collector = createCollector();
  for await (const event of events) collector.push(event);
  return collector.result();
}

function toResultBlock({ block, text, citations, extensions, end }: OpenBlock): ResultBlock {
  return {
    block,
    text,
    ...(end?.signature === undefined ? {} : { signature: end.signature }),
    ...(end?.data === undefined ? {} : { data: end.data }),
    ...(citations === undefined ? {} : { citations }),
    ...(extensions === undefined ? {} : { extensions }),
  };
}

function mergeExtensions(first: Extensions | undefined, second: Extensions | undefined): Extensions | undefined {
  if (!first || !second) return first ?? second;
  const owners = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries([...owners].map((owner) => [owner, { ...first[owner], ...second[owner] }]));
}
