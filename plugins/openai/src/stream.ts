// A streamed answer: server-sent events in, events out, as they come.
import { Readable } from 'node:stream';
import type { ChatEvent, Usage } from '@turnout/core/contract';
import {
  type AnswerFeed,
  answerEvents,
  isPage,
  type OpenedAnswer,
  readText,
  type SseEvent,
  SseReader,
  toNetworkError,
} from '@turnout/core/plugin';
import type { Answer } from './client.ts';
import { brokenAnswer, type ErrorContext, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { ANSWER_BYTES_MAX, readWhole } from './result.ts';

/** Makes events of what a server says, whichever of its APIs is asked. One per answer. */
export interface Reader {
  /** Events appear here; the caller empties it. */
  readonly out: ChatEvent[];
  /** Nothing more is to come. */
  readonly finished: boolean;
  /** The answer's content is complete: only its usage may be missing. */
  readonly stopped: boolean;
  /** What was reported so far. */
  readonly usage: Usage | undefined;
  /** Throws RouterError for an error that stands in the stream, and for what is no part of an answer. */
  chunk(value: unknown): void;
  /** A whole answer. Throws RouterError. */
  whole(value: unknown): void;
  /** `[DONE]` (`said`), or the end of the bytes. Throws RouterError `upstream-failed` when the answer is not complete. */
  end(said: boolean): void;
}

export interface Source {
  readonly error: ErrorContext;
  readonly signal: AbortSignal;
  send(): Promise<Answer>;
  reader(): Reader;
}

/** One streamed call: its events. Throws RouterError. When the consumer stops or the signal is aborted, the connection
 * closes. */
export const streamAnswer = (source: Source): AsyncIterable<ChatEvent> =>
  answerEvents({
    open: () => openAnswer(source),
    signal: source.signal,
    toError: (thrown, usage) => toNetworkError(thrown, { ...source.error, signal: source.signal }, usage),
  });

/** Some servers answer whole though they were asked for a stream, and errors come as JSON with any status. */
async function openAnswer(source: Source): Promise<OpenedAnswer> {
  const answer = await source.send();
  const feed = new EventFeed(source.reader(), source.error);
  if (/\bjson\b/i.test(answer.contentType)) {
    readWhole(await readText(answer.body, ANSWER_BYTES_MAX), feed.reader, source.error);
    return { body: Readable.from([]), feed };
  }
  if (isPage(answer.contentType)) {
    answer.body.destroy();
    throw brokenAnswer(source.error, 'it answers with a page in place of a stream: check baseUrl and proxy');
  }
  return { body: answer.body, feed };
}

class EventFeed implements AnswerFeed {
  readonly reader: Reader;
  readonly #sse = new SseReader();
  readonly #context: ErrorContext;

  constructor(reader: Reader, context: ErrorContext) {
    this.reader = reader;
    this.#context = context;
  }

  get out(): ChatEvent[] {
    return this.reader.out;
  }

  get usage(): Usage | undefined {
    return this.reader.usage;
  }

  get finished(): boolean {
    return this.reader.finished;
  }

  push(chunk: Uint8Array): void {
    this.#sse.push(chunk);
  }

  read(): boolean {
    const frame = this.#sse.next();
    if (frame === undefined) return false;
    readFrame(frame, this.reader, this.#context);
    return true;
  }

  /** What still stands in the last line is read first. */
  end(): void {
    this.#sse.end();
    while (!this.finished && this.read());
    this.reader.end(false);
  }

  /** Content that is complete stays so when the connection is lost behind it: only the usage is missing. */
  endEarly(): boolean {
    if (!this.reader.stopped) return false;
    this.reader.end(true);
    return true;
  }
}

/** Hands one event of the stream to the reader. */
function readFrame({ name, data }: SseEvent, reader: Reader, context: ErrorContext): void {
  if (data === '[DONE]' || data.trim() === '[DONE]') {
    reader.end(true);
    return;
  }
  let chunk: unknown;
  try {
    chunk = JSON.parse(data);
  } catch (cause) {
    throw brokenAnswer(context, 'an event of the stream is not JSON', { cause });
  }
  if (name === 'error') {
    const failure = failureIn(chunk) ?? { code: '', type: '', message: 'the stream ended with an error' };
    throw toRouterError(failure, context, reader.usage);
  }
  reader.chunk(chunk);
}
