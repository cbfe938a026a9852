// What every request for inference goes through, whatever it asks for: caller, body, one end for all failures, one log line.
import { RouterError } from '../contract/index.ts';
import type { Caller, Router } from '../host/index.ts';
import { logRecord, type RequestRecord, startRecord } from '../observe/index.ts';
import { parseJson, readBody } from './body.ts';
import { type Client, letRead } from './client.ts';
import { type ErrorEncoder, sendError } from './reply.ts';

/** A request whose sender is known and whose body has been read. */
export interface Visit {
  readonly client: Client;
  readonly router: Router;
  readonly caller: Caller;
  /** Parsed JSON of unknown shape. */
  readonly body: unknown;
  readonly record: RequestRecord;
}

/** A protocol as far as this goes. */
export interface Door extends ErrorEncoder {
  readonly name: RequestRecord['protocol'];
  readonly requestIdHeader?: string;
}

/** Serves one request. Never throws: what `serve` throws is told to the client as the door says it. */
export async function attend(
  door: Door,
  client: Client,
  router: Router,
  serve: (visit: Visit) => Promise<void>,
): Promise<void> {
  const record = startRecord(client.id, door.name, door.requestIdHeader);
  try {
    const claim = client.admit();
    const bytes = await readBody(client.incoming, router.config.server.bodyLimitBytes);
    record.startMs = performance.now();
    const caller = claim(bytes);
    record.key = caller.name;
    const body = parseJson(bytes);
    await serve({ client, router, caller, body, record });
  } catch (thrown) {
    sendError(door, client, record, RouterError.from(thrown));
  }
  letRead(client.outgoing);
  logRecord(router.log, record);
}
