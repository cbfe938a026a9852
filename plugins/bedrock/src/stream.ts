// A ConverseStream answer: frames in, events out, as they come.
import { type Call, type ChatEvent, RouterError, type Usage } from '@turnout/core/contract';
import { type ConverseStreamPayloads, type Frame, FrameError, FrameReader } from '@turnout/core/wire';
import { AnswerReader } from './answer.ts';
import type { BedrockClient } from './client.ts';
import { type ErrorContext, labelOf, readBody, shortName, toRouterError } from './error.ts';
import { toNetworkError } from './network.ts';
import type { Wire } from './wire.ts';

/** The rest of a finished answer is read so that its connection can be used again, for so long at most. */
const DRAIN_MS = 500;

/** One streamed call: its events. Throws RouterError. When the consumer stops or the signal is aborted, the connection
 * closes. */
export async function* streamAnswer(
  client: BedrockClient,
  { target, body, echo }: Wire,
  { id, signal }: Pick<Call, 'id' | 'signal'>,
): AsyncGenerator<ChatEvent> {
  const context = client.errorContext(target, 'converse-stream');
  const answer = await client.send(target, 'converse-stream', body, signal);
  const reader = new AnswerReader(echo, answer.requestId ?? id, labelOf(context));
  const frames = new FrameReader();
  let drain: NodeJS.Timeout | undefined;
  try {
    for await (const chunk of answer.body) {
      if (reader.finished) continue;
      frames.push(chunk);
      for (let frame = frames.next(); frame !== undefined && !reader.finished; frame = frames.next()) {
        readFrame(frame, reader, context);
        for (const event of reader.out) yield event;
        reader.out.length = 0;
      }
      if (reader.finished) drain = setTimeout(() => answer.body.destroy(), DRAIN_MS);
    }
    if (reader.finished) return;
    frames.end();
    reader.end();
    for (const event of reader.out) yield event;
  } catch (error) {
    // A complete answer is complete, whatever becomes of its connection.
    if (!reader.finished) throw toStreamError(error, context, signal, reader.usage);
  } finally {
    clearTimeout(drain);
  }
}

function toStreamError(
  error: unknown,
  context: ErrorContext,
  signal: AbortSignal,
  usage: Usage | undefined,
): RouterError {
  if (!(error instanceof FrameError)) return toNetworkError(error, { ...context, signal }, usage);
  const message = `${labelOf(context)}: the stream is damaged: ${error.message}`;
  return new RouterError('upstream-failed', message, { cause: error, ...(usage === undefined ? {} : { usage }) });
}

/** Hands one frame to the reader. Throws RouterError for an exception frame. */
function readFrame({ headers, payload }: Frame, reader: AnswerReader, context: ErrorContext): void {
  if (headers.messageType === 'event') readEvent(headers.eventType, payload, reader, context);
  else if (headers.messageType === 'exception') {
    // `throttlingException` in a frame is ThrottlingException elsewhere.
    const name = shortName(headers.exceptionType);
    const message = readBody(payload.toString('utf8'))?.message ?? '';
    throw toRouterError({ name: name.charAt(0).toUpperCase() + name.slice(1), message }, context, reader.usage);
  } else {
    const failure = { name: shortName(headers.errorCode), message: headers.errorMessage ?? '' };
    throw toRouterError(failure, context, reader.usage);
  }
}

function readEvent(type: string | undefined, payload: Buffer, reader: AnswerReader, context: ErrorContext): void {
  switch (type) {
    case 'contentBlockDelta':
      reader.blockDelta(parse<'contentBlockDelta'>(payload, context));
      return;
    case 'contentBlockStart':
      reader.blockStart(parse<'contentBlockStart'>(payload, context));
      return;
    case 'contentBlockStop':
      reader.blockStop(parse<'contentBlockStop'>(payload, context));
      return;
    case 'messageStart':
      reader.start();
      return;
    case 'messageStop':
      reader.messageStop(parse<'messageStop'>(payload, context));
      return;
    case 'metadata':
      reader.metadata(parse<'metadata'>(payload, context));
  }
}

/** The payload of one kind of event. */
function parse<K extends keyof ConverseStreamPayloads>(
  payload: Buffer,
  context: ErrorContext,
): ConverseStreamPayloads[K] {
  try {
    // AWS's shape by its API model. Where it is broken, reading it throws, and the stream fails.
    return JSON.parse(payload.toString('utf8')) as ConverseStreamPayloads[K];
  } catch (cause) {
    throw new RouterError('upstream-failed', `${labelOf(context)}: a frame of the stream is not JSON`, { cause });
  }
}
