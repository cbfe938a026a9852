// The commit rule: an answer is peeked until it has content. Before that no byte leaves and everything may still fail over.
import { type AnswerEvent, type ChatEvent, type EventIterator, type Events, RouterError } from '../contract/index.ts';

/** An answer that opens with more events than this without content is committed as it is … */
const HEAD_EVENTS_MAX = 1024;
/** … and one that is passed on, with more bytes. */
const HEAD_BYTES_MAX = 64 * 1024;

/** An answer that has begun. */
export interface Opened<Event extends AnswerEvent = ChatEvent> {
  /** The events up to and including the first with content. */
  readonly head: readonly Event[];
  /** True when the head ends with `finish`: there is nothing more to read. */
  readonly complete: boolean;
  readonly rest: EventIterator<Event>;
}

/** True for what a client could see: text, a tool call, redacted reasoning, the end. */
function hasContent(event: AnswerEvent): boolean {
  if (event.type === 'bytes') return event.content === true;
  if (event.type === 'block-delta') return event.text !== '';
  if (event.type === 'block-start') return event.block.type === 'tool-call';
  if (event.type === 'block-end') return event.data !== undefined;
  return event.type === 'finish';
}

/** Reads up to the first content. Throws what the stream throws, and `upstream-failed` when it ends before `finish`. */
export async function peek<Event extends AnswerEvent>(events: Events<Event>): Promise<Opened<Event>> {
  const rest = events[Symbol.asyncIterator]();
  const head: Event[] = [];
  let bytes = 0;
  for (;;) {
    const next = await rest.next();
    if (next.done) throw incomplete();
    head.push(next.value);
    if (next.value.type === 'bytes') bytes += next.value.bytes.length;
    if (hasContent(next.value) || head.length >= HEAD_EVENTS_MAX || bytes >= HEAD_BYTES_MAX) {
      return { head, complete: next.value.type === 'finish', rest };
    }
  }
}

/** The error of a stream that ended without saying so. */
export function incomplete(): RouterError {
  return new RouterError('upstream-failed', 'the upstream ended its answer before it was complete');
}
