// A streamed answer: server-sent events in, events out, as they come.
import { Readable } from 'node:stream';
import type { ChatEvent } from '@turnout/core/contract';
import {
  type AnswerFeed,
  answerEvents,
  isPage,
  type OpenedAnswer,
  readText,
  SseReader,
  toNetworkError,
} from '@turnout/core/plugin';
import type { AnswerReader } from './answer.ts';
import type { Answer } from './client.ts';
import { brokenAnswer, type ErrorContext } from './error.ts';
import { ANSWER_BYTES_MAX, readWhole } from './result.ts';

export interface Source {
  readonly error: ErrorContext;
  readonly signal: AbortSignal;
  send(): Promise<Answer>;
  reader(): AnswerReader;
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
async function openAnswer({ send, reader, error }: Source): Promise<OpenedAnswer> {
  const answer = await send();
  const feed = new MessagesFeed(reader(), error);
  if (/\bjson\b/i.test(answer.contentType)) {
    readWhole(await readText(answer.body, ANSWER_BYTES_MAX), feed.reader, error);
    return { body: Readable.from([]), feed };
  }
  if (isPage(answer.contentType)) {
    answer.body.destroy();
    throw brokenAnswer(error, 'it answers with a page in place of a stream: check baseUrl and proxy');
  }
  return { body: answer.body, feed };
}

class MessagesFeed implements AnswerFeed {
  readonly reader: AnswerReader;
  readonly #sse = new SseReader();
  readonly #context: ErrorContext;

  constructor(reader: AnswerReader, context: ErrorContext) {
    this.reader = reader;
    this.#context = context;
  }

  get out(): ChatEvent[] {
    return this.reader.out;
  }

  get usage() {
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
    const event = this.#parse(frame.data);
    if (frame.name === 'error') throw this.reader.failure(event);
    this.reader.event(event);
    return true;
  }

  /** What still stands in the last line is read first. */
  end(): void {
    this.#sse.end();
    while (!this.finished && this.read());
    this.reader.end();
  }

  /** Without its `message_stop` an answer may lack anything. */
  endEarly(): boolean {
    return false;
  }

  #parse(data: string): unknown {
    try {
      return JSON.parse(data);
    } catch (cause) {
      const { usage } = this.reader;
      const spent = usage === undefined ? {} : { usage };
      throw brokenAnswer(this.#context, 'an event of the stream is not JSON', { cause, ...spent });
    }
  }
}
