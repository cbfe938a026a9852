// The grammar of an answer, as a check: start (block-start block-delta* block-end)* finish.
import type { ChatEvent, Events } from '../contract/index.ts';

/** Asks for what is at hand before it waits again. */
async function* asCoreReads(events: Events<ChatEvent>): AsyncGenerator<ChatEvent> {
  const rest = events[Symbol.asyncIterator]();
  try {
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      for (let event: ChatEvent | undefined = next.value; event !== undefined; event = rest.atHand?.()) yield event;
    }
  } finally {
    await rest.return?.();
  }
}

/** Passes events through and throws an Error at the first that breaks the grammar, or at an end without `finish`. */
export async function* checkGrammar(events: Events<ChatEvent>): AsyncGenerator<ChatEvent> {
  let state: 'before' | 'open' | 'finished' = 'before';
  const open = new Set<number>();
  const seen = new Set<number>();
  const refuse = (event: ChatEvent, why: string): never => {
    throw new Error(`grammar: ${why}, at ${JSON.stringify(event)}`);
  };
  for await (const event of asCoreReads(events)) {
    if (state === 'finished') refuse(event, 'event after finish');
    if (state === 'before' && event.type !== 'start') refuse(event, 'the first event must be start');
    if (event.type === 'start') {
      if (state !== 'before') refuse(event, 'a second start');
      state = 'open';
    } else if (event.type === 'block-start') {
      if (seen.has(event.index)) refuse(event, 'a block index used twice');
      seen.add(event.index);
      open.add(event.index);
    } else if (event.type === 'block-delta') {
      if (!open.has(event.index)) refuse(event, 'delta of a block that is not open');
    } else if (event.type === 'block-end') {
      if (!open.delete(event.index)) refuse(event, 'end of a block that is not open');
    } else {
      if (open.size > 0) refuse(event, `finish while blocks are open: ${[...open].join(', ')}`);
      state = 'finished';
    }
    yield event;
  }
  if (state !== 'finished') throw new Error('grammar: the stream ended without finish');
}
