// A ConverseStream answer: frames in, events out, as they come.
import { type Call, type ChatEvent, RouterError, type Usage } from '@turnout/core/contract';
import { type ConverseStreamPayloads, type Frame, FrameError, FrameReader } from '@turnout/core/wire';
import { AnswerReader } from './answer.ts';
import type { Answer, BedrockClient } from './client.ts';
import { brokenAnswer, type ErrorContext, labelOf, readBody, shortName, toRouterError } from './error.ts';
import { ChatReader, readChunk } from './invoke-answer.ts';
import { toNetworkError } from './network.ts';
import { readTextDelta } from './text-delta.ts';
import type { Wire } from './wire.ts';

/** The rest of a finished answer is read so that its connection can be used again, for so long at most. */
const DRAIN_MS = 500;

/** One streamed call: its events. Throws RouterError. When the consumer stops or the signal is aborted, the connection
 * closes. */
export function streamAnswer(
  client: BedrockClient,
  { target, body, echo }: Wire,
  { id, signal }: Pick<Call, 'id' | 'signal'>,
): AsyncIterable<ChatEvent> {
  const operation = target.api === 'invoke' ? 'invoke-with-response-stream' : 'converse-stream';
  const context = client.errorContext(target, operation);
  const send = () => client.send(target, operation, body, signal);
  const reader = (requestId: string | undefined) => new AnswerReader(echo, requestId ?? id, labelOf(context));
  const eventReader = operation === 'converse-stream' ? () => readEvent : chunkReader;
  return { [Symbol.asyncIterator]: () => new AnswerEvents({ context, signal, send, reader, eventReader }) };
}

type EventReader = typeof readEvent;

/** The frames of an imported model's answer: chunks of its own JSON. */
function chunkReader(): EventReader {
  let chat: ChatReader | undefined;
  return (type, payload, reader, context) => {
    if (type !== 'chunk') return;
    const label = labelOf(context);
    chat ??= new ChatReader(reader);
    chat.read(readChunk(payload, label), label);
  };
}

interface Source {
  readonly context: ErrorContext;
  readonly signal: AbortSignal;
  send(): Promise<Answer>;
  reader(requestId: string | undefined): AnswerReader;
  eventReader(): EventReader;
}

/** What `send` has opened. */
interface Opened {
  readonly answer: Answer;
  readonly reader: AnswerReader;
  readonly chunks: AsyncIterator<Uint8Array>;
}

/** The events of one answer. Written out where an async generator would do, because that costs three turns of the
 * microtask queue an event, and here most events are at hand when they are asked for. */
class AnswerEvents implements AsyncIterator<ChatEvent> {
  readonly #source: Source;
  readonly #frames = new FrameReader();
  readonly #readEvent: EventReader;
  #opened: Opened | undefined;
  /** Where in the reader's `out` the next event stands. */
  #at = 0;
  #over = false;

  constructor(source: Source) {
    this.#source = source;
    this.#readEvent = source.eventReader();
  }

  next(): Promise<IteratorResult<ChatEvent>> {
    try {
      const event = this.#take();
      return event === undefined ? this.#wait() : Promise.resolve({ done: false, value: event });
    } catch (error) {
      return this.#fail(error);
    }
  }

  async return(): Promise<IteratorResult<ChatEvent>> {
    this.#over = true;
    this.#opened?.answer.body.on('error', () => {}).destroy();
    return DONE;
  }

  /** The next event of what has arrived. */
  #take(): ChatEvent | undefined {
    if (this.#over || this.#opened === undefined) return undefined;
    const { reader } = this.#opened;
    for (;;) {
      const event = reader.out[this.#at++];
      if (event !== undefined) return event;
      reader.out.length = 0;
      this.#at = 0;
      const frame = reader.finished ? undefined : this.#frames.next();
      if (frame === undefined) return undefined;
      readFrame(frame, reader, this.#source.context, this.#readEvent);
    }
  }

  /** Reads on until there is an event, or nothing more. */
  async #wait(): Promise<IteratorResult<ChatEvent>> {
    if (this.#over) return DONE;
    try {
      this.#opened ??= await this.#open();
      if (this.#over) return this.return();
      const { reader, chunks } = this.#opened;
      while (!reader.finished) {
        const chunk = await chunks.next();
        if (chunk.done) {
          this.#frames.end();
          reader.end();
        } else this.#frames.push(chunk.value);
        const event = this.#take();
        if (event !== undefined) return { done: false, value: event };
      }
      this.#over = true;
      await drain(this.#opened.answer.body, chunks);
      return DONE;
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #open(): Promise<Opened> {
    const answer = await this.#source.send();
    return { answer, reader: this.#source.reader(answer.requestId), chunks: answer.body[Symbol.asyncIterator]() };
  }

  /** What is thrown once the consumer has left is nobody's. */
  #fail(error: unknown): Promise<IteratorResult<ChatEvent>> {
    if (this.#over) return Promise.resolve(DONE);
    const { context, signal } = this.#source;
    const reader = this.#opened?.reader;
    if (reader?.stopped === true && isLost(error) && !signal.aborted) return this.#complete(reader);
    void this.return();
    return Promise.reject(toStreamError(error, context, signal, reader?.usage));
  }

  /** The end of an answer whose connection is lost after its content, as if it had ended there: only the usage is missing. */
  #complete(reader: AnswerReader): Promise<IteratorResult<ChatEvent>> {
    try {
      reader.end();
    } catch (error) {
      return this.#fail(error);
    }
    return this.next();
  }
}

const DONE: IteratorResult<ChatEvent> = { done: true, value: undefined };

/** Reads what is left of a complete answer: it is complete, whatever becomes of its connection. Never throws. */
export async function drain(body: Answer['body'], chunks: AsyncIterator<Uint8Array>): Promise<void> {
  const limit = setTimeout(() => body.destroy(), DRAIN_MS);
  try {
    for (let chunk = await chunks.next(); !chunk.done; ) chunk = await chunks.next();
  } catch {
    // The connection is lost; its answer is not.
  } finally {
    clearTimeout(limit);
  }
}

/** Whether the connection ended early. Damage is another matter: what is damaged may be anything. */
const isLost = (error: unknown): boolean =>
  error instanceof FrameError ? error.reason === 'truncated' : !RouterError.is(error);

/** What broke a stream, as a RouterError. */
export function toStreamError(
  error: unknown,
  context: ErrorContext,
  signal: AbortSignal,
  usage: Usage | undefined,
): RouterError {
  if (!(error instanceof FrameError)) return toNetworkError(error, { ...context, signal }, usage);
  const spent = usage === undefined ? {} : { usage };
  return brokenAnswer(labelOf(context), `the stream is damaged: ${error.message}`, { cause: error, ...spent });
}

/** Hands one frame to the reader. Throws RouterError for an exception frame. */
function readFrame(frame: Frame, reader: AnswerReader, context: ErrorContext, read: EventReader): void {
  const failure = failureIn(frame, context, reader.usage);
  if (failure !== undefined) throw failure;
  read(frame.headers.eventType, frame.text(), reader, context);
}

/** What a frame that is no event says. `usage`: what was reported before. */
export function failureIn(frame: Frame, context: ErrorContext, usage: Usage | undefined): RouterError | undefined {
  const { headers } = frame;
  if (headers.messageType === 'event') return undefined;
  if (headers.messageType !== 'exception') {
    return toRouterError({ name: shortName(headers.errorCode), message: headers.errorMessage ?? '' }, context, usage);
  }
  // `throttlingException` in a frame is ThrottlingException elsewhere.
  const name = shortName(headers.exceptionType);
  const message = readBody(frame.text())?.message ?? '';
  return toRouterError({ name: name.charAt(0).toUpperCase() + name.slice(1), message }, context, usage);
}

function readEvent(type: string | undefined, payload: string, reader: AnswerReader, context: ErrorContext): void {
  switch (type) {
    case 'contentBlockDelta': {
      const delta = readTextDelta(payload);
      if (delta !== undefined) reader.textDelta(delta.index, delta.text);
      else reader.blockDelta(parse<'contentBlockDelta'>(payload, context));
      return;
    }
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
  payload: string,
  context: ErrorContext,
): ConverseStreamPayloads[K] {
  try {
    // AWS's shape by its API model. Where it is broken, reading it throws, and the stream fails.
    return JSON.parse(payload) as ConverseStreamPayloads[K];
  } catch (cause) {
    throw brokenAnswer(labelOf(context), 'a frame of the stream is not JSON', { cause });
  }
}
