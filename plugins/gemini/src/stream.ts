// A streamed answer: server-sent events in, events out, as they come.
import type { ChatEvent, UpstreamBody } from '@turnout/core/contract';
import {
  type AnswerFeed,
  answerEvents,
  isPage,
  type OpenedAnswer,
  parseExact,
  readText,
  SseReader,
  toNetworkError,
} from '@turnout/core/plugin';
import type { AnswerReader } from './answer.ts';
import type { Answer } from './client.ts';
import { brokenAnswer, type ErrorContext } from './error.ts';
import { ANSWER_BYTES_MAX, readWhole } from './result.ts';

/** A complete answer's connection is not waited for any longer. Not at once: some servers say why an answer ended with every
 * chunk of it. */
const BEHIND_MS = 5_000;

export interface Source {
  readonly error: ErrorContext;
  readonly signal: AbortSignal;
  send(): Promise<Answer>;
  reader(): AnswerReader;
}

/** One streamed call: its events. Throws RouterError. When the consumer stops or the signal is aborted, the connection closes. */
export const streamAnswer = (source: Source): AsyncIterable<ChatEvent> =>
  answerEvents({
    signal: source.signal,
    open: () => open(source),
    toError: (thrown, usage) => toNetworkError(thrown, { ...source.error, signal: source.signal }, usage),
  });

async function open({ send, reader: createReader, error }: Source): Promise<OpenedAnswer> {
  const { contentType, body } = await send();
  const reader = createReader();
  if (isPage(contentType)) {
    body.destroy();
    throw brokenAnswer(error, 'it answers with a page in place of a stream: check baseUrl and proxy');
  }
  // A list of chunks, or one answer, of a server that does not know `alt=sse`.
  if (/\bjson\b/i.test(contentType)) readWhole(await readText(body, ANSWER_BYTES_MAX), reader, error);
  return { body, feed: new ChunkFeed(reader, body, error) };
}

/** The chunks of one answer, each an event of the stream. The answer ends with its bytes: Google has no last word. */
class ChunkFeed implements AnswerFeed {
  readonly out: ChatEvent[];
  readonly #reader: AnswerReader;
  readonly #body: UpstreamBody;
  readonly #error: ErrorContext;
  readonly #sse = new SseReader();
  #patience: NodeJS.Timeout | undefined;

  constructor(reader: AnswerReader, body: UpstreamBody, error: ErrorContext) {
    this.out = reader.out;
    this.#reader = reader;
    this.#body = body;
    this.#error = error;
  }

  get usage(): AnswerReader['usage'] {
    return this.#reader.usage;
  }

  get finished(): boolean {
    return this.#reader.finished;
  }

  push(chunk: Uint8Array): void {
    this.#sse.push(chunk);
  }

  read(): boolean {
    const frame = this.#sse.next();
    if (frame === undefined) return false;
    // Not Google's, but that of gateways that speak its API.
    if (frame.data.trim() === '[DONE]') return true;
    let chunk: unknown;
    try {
      chunk = parseExact(frame.data);
    } catch (cause) {
      throw brokenAnswer(this.#error, 'an event of the stream is not JSON', { cause });
    }
    this.#reader.chunk(chunk);
    if (this.#reader.stopped) this.#patience = (this.#patience ?? this.#giveUpLater()).refresh();
    return true;
  }

  /** What still stands in the last line is read first. */
  end(): void {
    this.#sse.end();
    while (this.read());
    clearTimeout(this.#patience);
    this.#reader.end();
  }

  endEarly(): boolean {
    clearTimeout(this.#patience);
    if (this.#reader.stopped) this.#reader.end();
    return this.#reader.stopped;
  }

  #giveUpLater(): NodeJS.Timeout {
    return setTimeout(() => this.#body.destroy(), BEHIND_MS).unref();
  }
}
