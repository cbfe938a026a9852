// The one loop that pumps events: from an answer that has begun to the client's socket.
import type { ServerResponse } from 'node:http';
import { incomplete } from '../attempt/index.ts';
import { type AnswerEvent, type FinishEvent, RouterError } from '../contract/index.ts';
import type { StreamEncoder } from '../protocol/protocol.ts';
import type { OpenEvents } from './call.ts';
import { Outlet } from './outlet.ts';

/** A stream that was silent for all of this gets a sign of life: twice as long is still below the usual 60 s idle timeout
 * of proxies. */
const HEARTBEAT_MS = 15_000;

/** How long a client may take to read the error that ends its answer. */
const LAST_WORDS_MS = 1_000;

/** How an answer ended. */
export type Pumped<Event extends AnswerEvent> =
  | { readonly finish: FinishEvent; readonly last: OpenEvents<Event>; readonly error?: never }
  /** What broke the answer after its first byte, and how many pieces of it had been written by then. */
  | { readonly error: RouterError; readonly pieces: number; readonly finish?: never };

export interface PumpOptions<Event extends AnswerEvent> {
  readonly requestId: string;
  /** Ends an answer that has broken. Gives the one that goes on in its place, or the failure that the client is to be told. */
  onBreak(broken: OpenEvents<Event>, failure: RouterError): RouterError | Promise<OpenEvents<Event> | RouterError>;
}

/** Writes the whole answer and ends the response. Never throws: a failure after commit is told to the client in its own
 * protocol and returned. The caller has written the head, and ends the last answer. */
export async function pump<Event extends AnswerEvent>(
  answer: OpenEvents<Event>,
  encoder: StreamEncoder<Event>,
  outgoing: ServerResponse,
  options: PumpOptions<Event>,
): Promise<Pumped<Event>> {
  const outlet = new Outlet(outgoing);
  // An event leaves a mark and no more: to set a timer anew for each one would cost as much as to encode it.
  let silent = false;
  const heartbeat = setInterval(() => {
    if (silent) outlet.write(encoder.heartbeat);
    silent = true;
  }, HEARTBEAT_MS);
  try {
    for (let last = answer; ; ) {
      let isOver = false;
      const take = (event: Event) => {
        // A plugin that does not hear the signal may go on talking.
        if (isOver) return;
        silent = false;
        outlet.write(encoder.push(event));
      };
      try {
        const finish = await last.watch.orAborted(drive(last, outlet, take));
        outlet.end();
        return { finish, last };
      } catch (thrown) {
        isOver = true;
        const next = await options.onBreak(last, last.watch.failureOf(thrown));
        if (RouterError.is(next)) {
          const { pieces } = outlet;
          outlet.write(encoder.fail(next, options.requestId));
          outlet.end(LAST_WORDS_MS);
          return { error: next, pieces };
        }
        last = next;
      }
    }
  } finally {
    clearInterval(heartbeat);
  }
}

/** Reads to `finish`, no faster than the client takes it. */
async function drive<Event extends AnswerEvent>(
  { opened, watch, idleMs }: OpenEvents<Event>,
  outlet: Outlet,
  take: (event: Event) => void,
): Promise<FinishEvent> {
  for (const event of opened.head) {
    take(event);
    if (event.type === 'finish') return event;
  }
  for (;;) {
    if (outlet.full) {
      // The silence is the client's own while it does not read.
      watch.pause();
      await outlet.room();
      watch.expect('further event', idleMs);
    }
    const next = await opened.rest.next();
    if (next.done) throw incomplete();
    watch.touch();
    for (let event: Event | undefined = next.value; event !== undefined; event = opened.rest.atHand?.()) {
      take(event);
      if (event.type === 'finish') return event;
      if (outlet.full) break;
    }
  }
}
