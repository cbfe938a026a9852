// THE SPINE: the whole way of one request, from its bytes to its answer's last. Read this file first.
//
//   bytes ─▶ decode ─▶ journey (route, targets) ─▶ media ─▶ attempt (breaker → retry → call → peek) ─▶ encode ─▶ bytes
import { attempt, createCourse, noteFailure } from '../attempt/index.ts';
import { type RelayEvent, RouterError } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import type { RequestRecord } from '../observe/index.ts';
import type { AnswerContext, Decoded, Head, ProtocolCodec, StreamEncoder } from '../protocol/protocol.ts';
import { fetchWhole, type OpenAnswer, openStream, settle } from './call.ts';
import type { Client } from './client.ts';
import { type Deadline, setDeadline } from './deadline.ts';
import { type Departure, findJourney, type Journey, type RouteTarget } from './journey.ts';
import { fetchMedia } from './media.ts';
import { pump } from './pump.ts';
import { noteAnswer, noteFinish, openReply, sendReply } from './reply.ts';
import { attend } from './visit.ts';

/** Why an answer is given up that nobody reads on: something broke outside the pump. */
const UNREAD = new RouterError('internal', 'the answer was not read to its end');

const JSON_TYPE = 'application/json';

/** What the second half of the way needs to know of the first. */
interface Passage<Echo> {
  readonly codec: ProtocolCodec<Echo>;
  readonly context: AnswerContext<Echo>;
  readonly client: Client;
  readonly journey: Journey;
  readonly deadline: Deadline;
  readonly record: RequestRecord;
}

/** Serves one request in one protocol. Never throws: every failure is told to the client in its own protocol. */
export function exchange<Echo>(codec: ProtocolCodec<Echo>, client: Client, router: Router, head: Head): Promise<void> {
  return attend(codec, client, router, async ({ caller, body, record }) => {
    const decoded = codec.decode(body, head);
    record.model = decoded.request.model;
    record.stream = decoded.stream;
    const found = findJourney(router, departure(codec, decoded, body), caller);
    if (found.route) record.route = found.route.name;

    const deadline = setDeadline(client, found);
    try {
      const journey = router.config.media.urls ? await fetchMedia(found, router.media, client.signal) : found;
      const context = {
        requestId: client.id,
        model: decoded.request.model,
        createdS: Math.floor(Date.now() / 1000),
        echo: decoded.echo,
      };
      const passage = { codec, context, client, journey, deadline, record };
      await (decoded.stream ? answerStream(passage) : answerWhole(passage));
    } finally {
      deadline.clear();
    }
  });
}

function departure<Echo>(
  codec: ProtocolCodec<Echo>,
  { request, stream, losses, echo, relayOnly }: Decoded<Echo>,
  body: unknown,
): Departure {
  const fieldName = (field: string) => codec.fieldName(field, echo);
  const only = relayOnly === undefined ? {} : { relayOnly };
  return { request, stream, protocol: codec.name, fieldName, decodeLosses: losses, body, ...only };
}

/** Not streamed: nothing leaves before the whole answer is there, so everything may fail over. */
async function answerWhole<Echo>(passage: Passage<Echo>): Promise<void> {
  const { codec, context, client, journey, deadline, record } = passage;
  const ask = (target: RouteTarget) => fetchWhole(target, passage);
  const { value, target } = await attempt(createCourse(journey.group), ask, {
    signal: client.signal,
    deadlineMs: deadline.atMs,
    tries: record.tries,
  });
  noteAnswer(record, journey, target, value.plan);
  noteFinish(record, value.finish);
  if (value.relayed) {
    sendReply(client, record, 200, { 'content-type': JSON_TYPE, ...value.relayed.headers }, value.relayed.body);
  } else {
    const body = codec.encodeResult(value.result, context);
    const headers = { 'content-type': JSON_TYPE, ...codec.answerHeaders?.(value.result, context) };
    sendReply(client, record, 200, headers, body);
  }
}

/** Streamed: once the first content is there the answer is committed, and a failure is told inside it. */
async function answerStream<Echo>(passage: Passage<Echo>): Promise<void> {
  const { codec, context, client, journey, deadline, record } = passage;
  // Held out here: a client that leaves between the commit and its return must still free what was opened.
  let open: OpenAnswer | undefined;
  const ask = async (target: RouteTarget) => {
    open = await openStream(target, passage);
    return open;
  };
  try {
    const { value, target } = await attempt(createCourse(journey.group), ask, {
      signal: client.signal,
      deadlineMs: deadline.atMs,
      tries: record.tries,
    });
    noteAnswer(record, journey, target, value.plan);
    const head = value.headers ?? codec.answerHeaders?.(undefined, context);
    openReply(client, record, { 'content-type': codec.streamContentType, ...head });
    const encoder = codec.createEncoder(value.headers ? { ...context, relayed: true } : context);
    const options = { requestId: client.id, idleMs: target.upstream.config.timeout.idleMs };
    const { finish, error } = value.headers
      ? await pump(value, passingOn(encoder), client.outgoing, options)
      : await pump(value, encoder, client.outgoing, options);
    if (finish) noteFinish(record, finish);
    if (error) {
      record.error = error;
      noteFailure(target, error, performance.now());
      value.end(error);
    } else await settle(value);
  } finally {
    // Does nothing to an answer that has been settled.
    open?.end(client.signal.reason ?? UNREAD);
  }
}

/** Of an encoder for an answer that is in the client's framing already: only a failure is left to be told. */
const passingOn = (encoder: StreamEncoder): StreamEncoder<RelayEvent> => ({
  push: (event) => (event.type === 'bytes' ? event.bytes : ''),
  fail: (error, requestId) => encoder.fail(error, requestId),
  heartbeat: encoder.heartbeat,
});
