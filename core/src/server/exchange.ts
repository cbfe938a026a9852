// THE SPINE: the whole way of one request, from its bytes to its answer's last. Read this file first.
//
//   bytes ─▶ decode ─▶ journey (route, targets) ─▶ media ─▶ attempt (breaker → retry → call → peek) ─▶ encode ─▶ bytes
import { type AttemptOptions, attempt, type Course, createCourse, noteBreak } from '../attempt/index.ts';
import { type AnswerEvent, type RelayEvent, RouterError } from '../contract/index.ts';
import type { Router } from '../host/index.ts';
import { type RequestRecord, waited } from '../observe/index.ts';
import type { AnswerContext, Head, ProtocolCodec, StreamEncoder } from '../protocol/protocol.ts';
import { fetchWhole, type OpenAnswer, type OpenEvents, openStream, type Planner, settle } from './call.ts';
import type { Client } from './client.ts';
import { type Deadline, setDeadline } from './deadline.ts';
import { departureOf } from './departure.ts';
import { findJourney, type Journey, type RouteTarget } from './journey.ts';
import { reserveChat } from './limits.ts';
import { fetchMedia, needsMedia } from './media.ts';
import { pump } from './pump.ts';
import { noteAnswer, noteFinish, openReply, sendReply } from './reply.ts';
import { pumpOn } from './resume.ts';
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
  readonly course: Course<RouteTarget>;
  readonly deadline: Deadline;
  readonly record: RequestRecord;
}

/** Serves one request in one protocol. Never throws: every failure is told to the client in its own protocol. */
export function exchange<Echo>(codec: ProtocolCodec<Echo>, client: Client, router: Router, head: Head): Promise<void> {
  return attend(codec, client, router, async ({ caller, body, record, pass }) => {
    const decoded = codec.decode(body, head);
    record.model = decoded.request.model;
    record.stream = decoded.stream;
    const found = findJourney(router, departureOf(codec, decoded, body, head), caller);
    if (found.route) record.route = found.route.name;
    reserveChat(pass, found);

    const deadline = setDeadline(client, found);
    try {
      const journey =
        router.config.media.urls && needsMedia(found)
          ? await waited(record, fetchMedia(found, router.media, client.signal))
          : found;
      const context = {
        requestId: client.id,
        model: decoded.request.model,
        createdS: Math.floor(Date.now() / 1000),
        echo: decoded.echo,
      };
      const course = createCourse(journey.group, journey);
      const passage = { codec, context, client, journey, course, deadline, record };
      await (decoded.stream ? answerStream(passage) : answerWhole(passage));
    } finally {
      deadline.clear();
    }
  });
}

/** Not streamed: nothing leaves before the whole answer is there, so everything may fail over. */
async function answerWhole<Echo>(passage: Passage<Echo>): Promise<void> {
  const { codec, context, client, journey, course, deadline, record } = passage;
  const ask = (target: RouteTarget) => fetchWhole(target, passage);
  const { value, target } = await attempt(course, ask, {
    signal: client.signal,
    deadline,
    diary: record,
    outputTokens: ({ finish }) => finish.usage.outputTokens,
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
  const { codec, context, client, journey, course, deadline, record } = passage;
  const { outgoing } = client;
  const limits: AttemptOptions<RouteTarget, OpenAnswer> = {
    signal: client.signal,
    deadline,
    diary: record,
    begun: (answer, failuresBefore) => {
      answer.failuresBefore = failuresBefore;
    },
  };
  // Held out here: a client that leaves between the commit and its return must still free what was opened.
  let open: OpenAnswer | undefined;
  const ask = async (target: RouteTarget, plan?: Planner) => {
    open = await openStream(target, passage, plan);
    return open;
  };
  try {
    const { value, target } = await attempt(course, (target) => ask(target), limits);
    noteAnswer(record, journey, target, value.plan);
    const head = value.headers ?? codec.answerHeaders?.(undefined, context);
    openReply(client, record, { 'content-type': codec.streamContentType, ...head });
    const encoder = codec.createEncoder(value.headers ? { ...context, relayed: true } : context);
    const options = { requestId: client.id, onBreak: giveUp };
    const told = value.headers
      ? await pump(value, passingOn(encoder), outgoing, options)
      : journey.route?.resume
        ? await pumpOn(value, encoder, outgoing, { ...options, scope: passage, limits, ask })
        : await pump(value, encoder, outgoing, options);
    if (told.error) {
      record.error = told.error;
      record.pieces = told.pieces;
    } else {
      noteFinish(record, told.finish);
      await settle(told.last);
    }
  } finally {
    // Does nothing to an answer that has been settled.
    open?.end(client.signal.reason ?? UNREAD);
  }
}

/** Ends an answer that has broken. Its failure is what the client is told. */
function giveUp(broken: OpenEvents<AnswerEvent>, failure: RouterError): RouterError {
  noteBreak(broken.target, failure, performance.now(), broken.failuresBefore ?? 0);
  broken.end(failure);
  return failure;
}

/** Of an encoder for an answer that is in the client's framing already: only a failure is left to be told. */
const passingOn = (encoder: StreamEncoder): StreamEncoder<RelayEvent> => ({
  push: (event) => (event.type === 'bytes' ? event.bytes : ''),
  fail: (error, requestId) => encoder.fail(error, requestId),
  heartbeat: encoder.heartbeat,
});
