// What every request for inference goes through, whatever it asks for: caller, body, one end for all failures, one log line.
import { RouterError } from '../contract/index.ts';
import type { Caller, Pass, Router } from '../host/index.ts';
import { type Operation, type RequestRecord, startRecord } from '../observe/index.ts';
import { parseJson, readBody } from './body.ts';
import { type Client, letRead } from './client.ts';
import { checkOut } from './limits.ts';
import { type ErrorEncoder, sendError } from './reply.ts';

/** A request whose sender is known and whose body has been read. */
export interface Visit {
  readonly client: Client;
  readonly router: Router;
  readonly caller: Caller;
  /** Parsed JSON of unknown shape. */
  readonly body: unknown;
  readonly record: RequestRecord;
  /** Through the limits of the caller's key. */
  readonly pass?: Pass | undefined;
}

/** A protocol as far as this goes. */
export interface Door extends ErrorEncoder {
  readonly name: RequestRecord['protocol'];
  readonly requestIdHeader?: string;
  /** Absent: a chat. */
  readonly operation?: Operation;
}

/** Serves one request. Never throws: what `serve` throws is told to the client as the door says it. */
export async function attend(
  door: Door,
  client: Client,
  router: Router,
  serve: (visit: Visit) => Promise<void>,
): Promise<void> {
  const { id, observer, incoming } = client;
  const { name: protocol, operation = 'chat', requestIdHeader: idHeader } = door;
  const record = startRecord({ id, operation, protocol, idHeader, ...traceOf(incoming.headers) });
  observer.began();
  let pass: Pass | undefined;
  try {
    const claim = client.admit();
    const bytes = await readBody(client.incoming, router.config.server.bodyLimitBytes);
    record.startMs = performance.now();
    const caller = claim(bytes);
    record.key = caller.name;
    if (caller.limits) {
      client.limits = caller.limits;
      pass = caller.limits.enter();
    }
    const body = parseJson(bytes);
    await serve({ client, router, caller, body, record, pass });
  } catch (thrown) {
    sendError(door, client, record, RouterError.from(thrown));
  } finally {
    if (pass) checkOut(pass, record);
    letRead(client.outgoing);
    observer.ended(record, router);
  }
}

/** Of a header that is longer nothing is kept. */
const TRACE_CHARS_MAX = 512;

/** The client's own trace, as its headers tell it. */
function traceOf({ traceparent, tracestate }: Client['incoming']['headers']): Pick<RequestRecord, 'trace'> {
  if (typeof traceparent !== 'string' || traceparent.length > TRACE_CHARS_MAX) return {};
  const state = typeof tracestate === 'string' && tracestate.length <= TRACE_CHARS_MAX ? tracestate : undefined;
  return { trace: { parent: traceparent, state } };
}
