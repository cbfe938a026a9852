// The one loop that pumps events: from an answer that has begun to the client's socket.
import type { ServerResponse } from 'node:http';
import { incomplete } from '../attempt/index.ts';
import type { AnswerEvent, FinishEvent, RouterError } from '../contract/index.ts';
import type { StreamEncoder } from '../protocol/protocol.ts';
import type { OpenEvents } from './call.ts';
import { Outlet } from './outlet.ts';

/** A stream that was silent for all of this gets a sign of life: twice as long is still below the usual 60 s idle timeout
 * of proxies. */
const HEARTBEAT_MS = 15_000;

/** How long a client may take to read the error that ends its answer. */
const LAST_WORDS_MS = 1_000;

export interface Pumped {
  readonly finish?: FinishEvent;
  /** What broke the answer after its first byte. */
  readonly error?: RouterError;
}

export interface PumpOptions {
  readonly requestId: string;
  /** Of a silence, in milliseconds. */
  readonly idleMs: number;
}

/** Writes the whole answer and ends the response. Never throws: a failure after commit is told to the client in its own
 * protocol and returned. The caller has written the head, and ends the answer. */
export async function pump<Event extends AnswerEvent>(
  answer: OpenEvents<Event>,
  encoder: StreamEncoder<Event>,
  outgoing: ServerResponse,
  options: PumpOptions,
): Promise<Pumped> {
  const outlet = new Outlet(outgoing);
  // An event leaves a mark and no more: to set a timer anew for each one would cost as much as to encode it.
  let silent = false;
  const heartbeat = setInterval(() => {
    if (silent) outlet.write(encoder.heartbeat);
    silent = true;
  }, HEARTBEAT_MS);
  let over = false;
  const take = (event: Event) => {
    // A plugin that does not hear the signal may go on talking.
    if (over) return;
    silent = false;
    outlet.write(encoder.push(event));
  };
  try {
    const finish = await answer.watch.orAborted(drive(answer, options.idleMs, outlet, take));
    outlet.end();
    return { finish };
  } catch (thrown) {
    const error = answer.watch.failureOf(thrown);
    outlet.write(encoder.fail(error, options.requestId));
    outlet.end(LAST_WORDS_MS);
    return { error };
  } finally {
    over = true;
    clearInterval(heartbeat);
  }
}

/** Reads to `finish`, no faster than the client takes it. */
async function drive<Event extends AnswerEvent>(
  { opened, watch }: OpenEvents<Event>,
  idleMs: number,
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
    take(next.value);
    if (next.value.type === 'finish') return next.value;
  }
}
