// The events of an answer that is read as it comes: the same iterator for every vendor.
import {
  type ChatEvent,
  type EventIterator,
  type Events,
  RouterError,
  type UpstreamBody,
  type Usage,
} from '../contract/index.ts';
import { drain } from './drain.ts';

/** What makes events of one answer's bytes. */
export interface AnswerFeed {
  /** The events that have been read and not yet told. */
  readonly out: ChatEvent[];
  /** What has been reported so far. */
  readonly usage: Partial<Usage> | undefined;
  /** The answer is whole: what still comes is nobody's. */
  readonly finished: boolean;
  push(chunk: Uint8Array): void;
  /** Reads one piece (a frame, an event) of what has arrived into `out`; false when more bytes are needed. Throws RouterError
   * for a failure that stands in it. */
  read(): boolean;
  /** There are no more bytes. Throws RouterError when the answer is not whole. */
  end(): void;
  /** The connection was lost: true when the content was whole before, and the answer ends (with events in `out`) as if the
   * connection had. */
  endEarly(error: unknown): boolean;
}

export interface OpenedAnswer {
  readonly body: UpstreamBody;
  readonly feed: AnswerFeed;
}

export interface AnswerSource {
  /** Asks. What it throws goes to `toError`. */
  open(): Promise<OpenedAnswer>;
  readonly signal: AbortSignal;
  /** What is thrown for it: failures of the connection become RouterErrors. */
  toError(thrown: unknown, usage: Partial<Usage> | undefined): RouterError;
}

/** The events of one streamed call. Throws RouterError. When the consumer stops or the signal is aborted, the connection closes. */
export const answerEvents = (source: AnswerSource): Events<ChatEvent> => ({
  [Symbol.asyncIterator]: () => new AnswerEvents(source),
});

/** Written out where an async generator would do, because that costs three turns of the microtask queue an event, and here
 * most events are at hand when they are asked for. */
class AnswerEvents implements EventIterator<ChatEvent> {
  readonly #source: AnswerSource;
  #opened: (OpenedAnswer & { readonly chunks: AsyncIterator<Uint8Array> }) | undefined;
  /** Where in the feed's `out` the next event stands. */
  #at = 0;
  #over = false;
  /** What `atHand` has met, and `next` is to tell. */
  #fault: unknown;

  constructor(source: AnswerSource) {
    this.#source = source;
  }

  atHand(): ChatEvent | undefined {
    if (this.#fault !== undefined) return undefined;
    try {
      return this.#take();
    } catch (error) {
      this.#fault = error;
      return undefined;
    }
  }

  next(): Promise<IteratorResult<ChatEvent>> {
    const fault = this.#fault;
    if (fault !== undefined) {
      this.#fault = undefined;
      return this.#fail(fault);
    }
    try {
      const event = this.#take();
      return event === undefined ? this.#wait() : Promise.resolve({ done: false, value: event });
    } catch (error) {
      return this.#fail(error);
    }
  }

  async return(): Promise<IteratorResult<ChatEvent>> {
    this.#over = true;
    this.#opened?.body.destroy();
    return DONE;
  }

  /** The next event of what has arrived. */
  #take(): ChatEvent | undefined {
    if (this.#over || this.#opened === undefined) return undefined;
    const { feed } = this.#opened;
    const { out } = feed;
    for (;;) {
      const event = out[this.#at];
      if (event !== undefined) {
        this.#at++;
        return event;
      }
      // Most are alone: to set a length costs ten times as much.
      while (out.length > 0) out.pop();
      this.#at = 0;
      if (feed.finished || !feed.read()) return undefined;
    }
  }

  /** Reads on until there is an event, or nothing more. */
  async #wait(): Promise<IteratorResult<ChatEvent>> {
    if (this.#over) return DONE;
    try {
      this.#opened ??= await this.#open();
      if (this.#over) return this.return();
      const { feed, chunks, body } = this.#opened;
      // The feed of an answer that came whole has its events already.
      for (let event = this.#take(); ; event = this.#take()) {
        if (event !== undefined) return { done: false, value: event };
        if (feed.finished) break;
        const chunk = await chunks.next();
        if (chunk.done) feed.end();
        else feed.push(chunk.value);
      }
      this.#over = true;
      await drain(body, chunks);
      return DONE;
    } catch (error) {
      return this.#fail(error);
    }
  }

  async #open(): Promise<OpenedAnswer & { readonly chunks: AsyncIterator<Uint8Array> }> {
    const { body, feed } = await this.#source.open();
    return { body, feed, chunks: body[Symbol.asyncIterator]() };
  }

  /** What is thrown once the consumer has left is nobody's. */
  #fail(thrown: unknown): Promise<IteratorResult<ChatEvent>> {
    if (this.#over) return Promise.resolve(DONE);
    const { signal, toError } = this.#source;
    const feed = this.#opened?.feed;
    let error = thrown;
    try {
      const isOurs = RouterError.is(error) || signal.aborted;
      if (!isOurs && feed?.finished === false && feed.endEarly(error)) return this.next();
    } catch (fault) {
      error = fault;
    }
    void this.return();
    return Promise.reject(toError(error, feed?.usage));
  }
}

const DONE: IteratorResult<ChatEvent> = { done: true, value: undefined };
