// A ConverseStream answer: frames in, events out, as they come.
import type { Call, ChatEvent, RouterError, Usage } from '@turnout/core/contract';
import { type AnswerFeed, answerEvents } from '@turnout/core/plugin';
import { type ConverseStreamPayloads, type Frame, FrameError, FrameReader } from '@turnout/core/wire';
import { AnswerReader } from './answer.ts';
import type { BedrockClient } from './client.ts';
import { brokenAnswer, type ErrorContext, labelOf, readBody, shortName, toRouterError } from './error.ts';
import { ChatReader, readChunk } from './invoke-answer.ts';
import { toNetworkError } from './network.ts';
import { readTextDelta } from './text-delta.ts';
import type { Wire } from './wire.ts';

/** One streamed call: its events. Throws RouterError. When the consumer stops or the signal is aborted, the connection
 * closes. */
export function streamAnswer(
  client: BedrockClient,
  { target, body, echo }: Wire,
  { id, signal }: Pick<Call, 'id' | 'signal'>,
): AsyncIterable<ChatEvent> {
  const operation = target.api === 'invoke' ? 'invoke-with-response-stream' : 'converse-stream';
  const context = client.errorContext(target, operation);
  return answerEvents({
    signal,
    async open() {
      const { body: bytes, requestId } = await client.send(target, operation, body, signal);
      const reader = new AnswerReader(echo, requestId ?? id, labelOf(context));
      const read = operation === 'converse-stream' ? readEvent : chunkReader();
      return { body: bytes, feed: new FrameFeed(reader, context, read) };
    },
    toError: (thrown, usage) => toStreamError(thrown, context, signal, usage),
  });
}

type EventReader = typeof readEvent;

/** The frames of an imported model's answer: chunks of its own JSON. */
function chunkReader(): EventReader {
  let chat: ChatReader | undefined;
  return (frame, reader, context) => {
    if (frame.headers.eventType !== 'chunk') return;
    const label = labelOf(context);
    chat ??= new ChatReader(reader);
    chat.read(readChunk(frame.text(), label), label);
  };
}

/** Frames of an event stream for one reader. */
class FrameFeed implements AnswerFeed {
  readonly out: ChatEvent[];
  readonly #frames = new FrameReader();
  readonly #reader: AnswerReader;
  readonly #context: ErrorContext;
  readonly #readEvent: EventReader;

  constructor(reader: AnswerReader, context: ErrorContext, read: EventReader) {
    this.out = reader.out;
    this.#reader = reader;
    this.#context = context;
    this.#readEvent = read;
  }

  get finished(): boolean {
    return this.#reader.finished;
  }

  get usage(): Usage | undefined {
    return this.#reader.usage;
  }

  push(chunk: Uint8Array): void {
    this.#frames.push(chunk);
  }

  read(): boolean {
    const frame = this.#frames.next();
    if (frame === undefined) return false;
    if (frame.headers.messageType !== 'event') throw failureIn(frame, this.#context, this.#reader.usage);
    this.#readEvent(frame, this.#reader, this.#context);
    return true;
  }

  end(): void {
    this.#frames.end();
    this.#reader.end();
  }

  /** Only the usage is missing then. Damage is another matter: what is damaged may be anything. */
  endEarly(error: unknown): boolean {
    if (!this.#reader.stopped || (error instanceof FrameError && error.reason !== 'truncated')) return false;
    this.#reader.end();
    return true;
  }
}

/** What broke a stream, as a RouterError. */
export function toStreamError(
  error: unknown,
  context: ErrorContext,
  signal: AbortSignal,
  usage: Partial<Usage> | undefined,
): RouterError {
  if (!(error instanceof FrameError)) return toNetworkError(error, { ...context, signal }, usage);
  const spent = usage === undefined ? {} : { usage };
  return brokenAnswer(labelOf(context), `the stream is damaged: ${error.message}`, { cause: error, ...spent });
}

/** What a frame that is no event says. `usage`: what was reported before. */
export function failureIn(frame: Frame, context: ErrorContext, usage: Usage | undefined): RouterError {
  const { headers } = frame;
  if (headers.messageType !== 'exception') {
    return toRouterError({ name: shortName(headers.errorCode), message: headers.errorMessage ?? '' }, context, usage);
  }
  // `throttlingException` in a frame is ThrottlingException elsewhere.
  const name = shortName(headers.exceptionType);
  const message = readBody(frame.text())?.message ?? '';
  return toRouterError({ name: name.charAt(0).toUpperCase() + name.slice(1), message }, context, usage);
}

function readEvent(frame: Frame, reader: AnswerReader, context: ErrorContext): void {
  switch (frame.headers.eventType) {
    case 'contentBlockDelta': {
      const delta = readTextDelta(frame);
      if (delta !== undefined) reader.textDelta(delta.index, delta.text);
      else reader.blockDelta(parse<'contentBlockDelta'>(frame, context));
      return;
    }
    case 'contentBlockStart':
      reader.blockStart(parse<'contentBlockStart'>(frame, context));
      return;
    case 'contentBlockStop':
      reader.blockStop(parse<'contentBlockStop'>(frame, context));
      return;
    case 'messageStart':
      reader.start();
      return;
    case 'messageStop':
      reader.messageStop(parse<'messageStop'>(frame, context));
      return;
    case 'metadata':
      reader.metadata(parse<'metadata'>(frame, context));
  }
}

/** The payload of one kind of event. */
function parse<K extends keyof ConverseStreamPayloads>(frame: Frame, context: ErrorContext): ConverseStreamPayloads[K] {
  try {
    // AWS's shape by its API model. Where it is broken, reading it throws, and the stream fails.
    return JSON.parse(frame.text()) as ConverseStreamPayloads[K];
  } catch (cause) {
    throw brokenAnswer(labelOf(context), 'a frame of the stream is not JSON', { cause });
  }
}
