// What goes back besides the events: heads, whole bodies, errors, and what the record learns on the way.
import type { OutgoingHttpHeaders } from 'node:http';
import { targetName } from '../attempt/index.ts';
import type { FinishEvent, Plan, RouterError } from '../contract/index.ts';
import type { RequestRecord } from '../observe/index.ts';
import type { EncodedError } from '../protocol/protocol.ts';
import { type Client, cutOff } from './client.ts';
import { answerHeaders } from './headers.ts';
import { type Journey, lossesOf, type RouteTarget } from './journey.ts';
import { withLimits } from './limits.ts';

/** Writes down who answers and what is lost on the way there, by the names the client used. */
export function noteAnswer(
  record: RequestRecord,
  journey: Pick<Journey, 'decodeLosses' | 'fieldName'>,
  target: RouteTarget,
  plan: Plan,
): void {
  record.target = targetName(target);
  if (plan.relay) record.relayed = true;
  if (plan.resolution.price) record.price = plan.resolution.price;
  // An answer that streams has its first content now.
  if (record.stream) record.firstTokenMs = performance.now() - record.startMs;
  record.losses = lossesOf(journey, plan).map((loss) => ({ ...loss, field: journey.fieldName(loss.field) }));
}

export function noteFinish(record: RequestRecord, finish: FinishEvent): void {
  record.usage = finish.usage;
  record.finish = finish.rawReason;
  if (finish.notes) record.notes = finish.notes;
}

/** Writes the head of a streamed answer: this is the commit. */
export function openReply(client: Client, record: RequestRecord, headers: OutgoingHttpHeaders): void {
  record.status = 200;
  client.outgoing.writeHead(200, {
    ...withLimits(headers, client, record),
    'cache-control': 'no-cache',
    'x-accel-buffering': 'no',
    ...answerHeaders(record),
  });
}

/** Sends a whole answer. */
export function sendReply(
  client: Client,
  record: RequestRecord,
  status: number,
  headers: OutgoingHttpHeaders,
  body: string | Uint8Array,
): void {
  const { incoming, outgoing } = client;
  record.status = status;
  if (outgoing.destroyed) return;
  // A body that was not read to its end cannot be followed by another request on the same connection, before HTTP/2.
  const unread = incoming.complete || incoming.httpVersionMajor > 1 ? {} : { connection: 'close' };
  outgoing.writeHead(status, {
    ...withLimits(headers, client, record),
    ...unread,
    'content-length': Buffer.byteLength(body),
    ...answerHeaders(record),
  });
  outgoing.end(body);
  if (!incoming.complete) incoming.resume();
}

/** How a failure is said in the client's protocol. */
export interface ErrorEncoder {
  readonly encodeError: (error: RouterError, requestId: string) => EncodedError;
}

/** Tells a failure before the first byte. After it, the pump has told it already. */
export function sendError(
  { encodeError }: ErrorEncoder,
  client: Client,
  record: RequestRecord,
  error: RouterError,
): void {
  record.error = error;
  if (client.outgoing.headersSent) {
    // Something broke outside the pump: a clean end would be a lie.
    cutOff(client.outgoing);
    return;
  }
  const { status, headers, body } = encodeError(error, client.id);
  sendReply(client, record, status, headers, body);
}
