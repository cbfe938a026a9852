// The grammar of an answer, as a check: start (block-start block-delta* block-end)* finish.
import type { ChatEvent } from '../contract/index.ts';

/** Passes events through and throws an Error at the first that breaks the grammar, or at an end without `finish`. */
export async function* checkGrammar(events: AsyncIterable<ChatEvent>): AsyncGenerator<ChatEvent> {
  let state: 'before' | 'open' | 'finished' = 'before';
  const open = new Set<number>();
  const seen = new Set<number>();
  const refuse = (event: ChatEvent, why: string): never => {
    throw new Error(`grammar: ${why}, at ${JSON.stringify(event)}`);
  };
  for await (const event of events) {
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
