// One client at the door: its request, its answer, and the signal that says it has left.
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { RouterError } from '../contract/index.ts';

export interface Client {
  /** The request id, sent back as `x-request-id`. */
  readonly id: string;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  /** Aborted with `cancelled` when the client leaves, or with what `end` is given. */
  readonly signal: AbortSignal;
  /** Why it is not served at all: asked before anything is read of it. Throws RouterError. */
  admit(): void;
  /** Ends the request from our side: its time is over, the server shuts down. */
  end(reason: RouterError): void;
}

/** The requests now in the house, so that a shutdown can end them. */
export type Clients = Set<Client>;

export function welcome(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  { clients, admit }: { readonly clients: Clients; admit(incoming: IncomingMessage): void },
): Client {
  const controller = new AbortController();
  const client: Client = {
    id: randomUUID(),
    incoming,
    outgoing,
    signal: controller.signal,
    admit: () => admit(incoming),
    end: (reason) => controller.abort(reason),
  };
  clients.add(client);
  outgoing.once('close', () => {
    clients.delete(client);
    // A close before the answer was written to its end is the client's doing, and an open upstream goes on billing.
    if (!outgoing.writableFinished) controller.abort(new RouterError('cancelled', 'the client has left'));
  });
  return client;
}
