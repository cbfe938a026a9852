// One client at the door: its request, its answer, and the signal that says it has left.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { constants, type Http2ServerResponse } from 'node:http2';
import { RouterError } from '../contract/index.ts';
import type { Claim, KeyLimits, Roster } from '../host/index.ts';
import type { Observer } from '../observe/index.ts';

export interface Client {
  /** The request id, sent back as `x-request-id`. */
  readonly id: string;
  /** When the head of its request was there, on performance.now()'s clock. */
  readonly arrivedMs: number;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Aborted with `cancelled` when the client leaves, or with what `end` is given. */
  readonly signal: AbortSignal;
  /** Who is told of the request. */
  readonly observer: Observer;
  /** Of its key, once that is known and when it has any. */
  limits?: KeyLimits;
  /** Who it says it is: asked before anything of its body is read. Throws RouterError when it is not served at all. */
  admit(): Claim;
  /** Ends the request from our side: its time is over, the server shuts down. */
  end(reason: RouterError): void;
}

/** The requests now in the house, so that a shutdown can end them. */
export type Clients = Roster<Client>;

/** What the house has for everybody who comes. */
export interface Welcome {
  readonly clients: Clients;
  readonly observer: Observer;
  admit(incoming: IncomingMessage): Claim;
}

export function welcome(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { clients, observer, admit }: Welcome,
): Client {
  const controller = new AbortController();
  const client: Client = {
    id: randomUUID(),
    arrivedMs: performance.now(),
    incoming,
    outgoing,
    signal: controller.signal,
    observer,
    admit: () => admit(incoming),
    end: (reason) => controller.abort(reason),
  };
  const entry = clients.add(client);
  outgoing.once('close', () => {
    clients.remove(entry);
    // A close before the answer was written to its end is the client's doing, and an open upstream goes on billing.
    if (isCut(outgoing)) controller.abort(new RouterError('cancelled', 'the client has left'));
  });
  return client;
}

/** Whether an answer that is closed was cut off. Over HTTP/2 node calls every one finished, whatever ended it: there the stream
 * knows how it was closed. */
function isCut(outgoing: ServerResponse | Http2ServerResponse): boolean {
  if (!('stream' in outgoing)) return !outgoing.writableFinished;
  const { aborted, rstCode } = outgoing.stream;
  return aborted || rstCode !== constants.NGHTTP2_NO_ERROR;
}

/** Ends an answer that is not complete, so that nobody takes it for one. */
export function cutOff(outgoing: ServerResponse | Http2ServerResponse): void {
  if ('stream' in outgoing) outgoing.stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else outgoing.destroy();
}

/** A client that takes nothing more of an answer for this long does not want the rest. */
const UNREAD_MS = 60_000;

/** Lets an answer that has been written be read, however slowly, and cuts off a client that has stopped: nothing else would end
 * its connection, and free what waits there. */
export function letRead(outgoing: ServerResponse | Http2ServerResponse, unreadMs = UNREAD_MS): void {
  // Most answers have all been taken by the kernel by now.
  if (outgoing.writableEnded && outgoing.writableLength === 0) return;
  outgoing.setTimeout(unreadMs, () => cutOff(outgoing));
}
