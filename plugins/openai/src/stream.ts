// A streamed answer: server-sent events in, events out, as they come.

import type { ChatEvent, Usage } from '@turnout/core/contract';
import { close, readText, type SseEvent, SseReader, toNetworkError } from '@turnout/core/plugin';
import type { Answer } from './client.ts';
import { brokenAnswer, type ErrorContext, toRouterError } from './error.ts';
import { failureIn } from './failure.ts';
import { ANSWER_BYTES_MAX, isPage, readWhole } from './result.ts';

/** The rest of a finished answer is read so that its connection can be used again, for so long at most. */
const DRAIN_MS = 500;

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
export const streamAnswer = (source: Source): AsyncIterable<ChatEvent> => ({
  [Symbol.asyncIterator]: () => new AnswerEvents(source),
});

/** The events of one answer. Written out where an async generator would do, because that costs three turns of the
 * microtask queue an event, and here most events are at hand when they are asked for. */
class AnswerEvents implements AsyncIterator<ChatEvent> {
  readonly #source: Source;
  readonly #reader: Reader;
  readonly #sse = new SseReader();
  #answer: Answer | undefined;
  #chunks: AsyncIterator<Uint8Array> | undefined;
  /** Where in the reader's `out` the next event stands. */
  #at = 0;
  #over = false;

  constructor(source: Source) {
    this.#source = source;
    this.#reader = source.reader();
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
    if (this.#answer !== undefined) close(this.#answer.body);
    return DONE;
  }

  /** The next event of what has arrived. */
  #take(): ChatEvent | undefined {
    if (this.#over || this.#answer === undefined) return undefined;
    const reader = this.#reader;
    for (;;) {
      const event = reader.out[this.#at++];
      if (event !== undefined) return event;
      reader.out.length = 0;
      this.#at = 0;
      const frame = reader.finished ? undefined : this.#sse.next();
      if (frame === undefined) return undefined;
      readFrame(frame, reader, this.#source.error);
    }
  }

  /** Reads on until there is an event, or nothing more. */
  async #wait(): Promise<IteratorResult<ChatEvent>> {
    if (this.#over) return DONE;
    try {
      if (this.#answer === undefined) await this.#open();
      while (!this.#reader.finished) {
        const chunk = await this.#chunks?.next();
        if (this.#over) return DONE;
        if (chunk === undefined || chunk.done) this.#ended();
        else this.#sse.push(chunk.value);
        const event = this.#take();
        if (event !== undefined) return { done: false, value: event };
      }
      const event = this.#take();
      if (event !== undefined) return { done: false, value: event };
      await this.#drain();
      return DONE;
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Some servers answer whole though they were asked for a stream, and errors come as JSON with any status. */
  async #open(): Promise<void> {
    const answer = await this.#source.send();
    this.#answer = answer;
    if (this.#over) close(answer.body);
    if (/\bjson\b/i.test(answer.contentType)) {
      readWhole(await readText(answer.body, ANSWER_BYTES_MAX), this.#reader, this.#source.error);
    } else if (isPage(answer.contentType)) {
      close(answer.body);
      throw brokenAnswer(this.#source.error, 'it answers with a page in place of a stream: check baseUrl and proxy');
    } else {
      // A stream of bytes gives chunks of bytes.
      this.#chunks = (answer.body as AsyncIterable<Uint8Array>)[Symbol.asyncIterator]();
    }
  }

  /** The bytes are over: what still stands in the last line is read first. */
  #ended(): void {
    this.#sse.end();
    for (let frame = this.#sse.next(); frame !== undefined && !this.#reader.finished; frame = this.#sse.next())
      readFrame(frame, this.#reader, this.#source.error);
    this.#reader.end(false);
  }

  /** A complete answer is complete, whatever becomes of its connection. */
  async #drain(): Promise<void> {
    this.#over = true;
    const body = this.#answer?.body;
    const limit = setTimeout(() => body?.destroy(), DRAIN_MS);
    try {
      for (let chunk = await this.#chunks?.next(); chunk?.done === false; ) chunk = await this.#chunks?.next();
    } catch {
      // The connection is lost; its answer is not.
    } finally {
      clearTimeout(limit);
    }
  }

  /** What is thrown once the consumer has left is nobody's. */
  #fail(error: unknown): Promise<IteratorResult<ChatEvent>> {
    if (this.#over) return Promise.resolve(DONE);
    const { error: context, signal } = this.#source;
    // Content that is complete stays so when the connection is lost behind it: only the usage is missing.
    if (this.#reader.stopped && !this.#reader.finished && !signal.aborted && isLost(error)) {
      this.#reader.end(true);
      return this.next();
    }
    void this.return();
    return Promise.reject(toNetworkError(error, { ...context, signal }, this.#reader.usage));
  }
}

const DONE: IteratorResult<ChatEvent> = { done: true, value: undefined };

/** Whether the connection ended early; whatever the plugin itself found wrong is another matter. */
const isLost = (error: unknown): boolean => !(error instanceof Error && error.name === 'RouterError');

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
