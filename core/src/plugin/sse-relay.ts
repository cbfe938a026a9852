// An answer of server-sent events that is passed on as it comes: whole events, few of which are read.
import { type FinishEvent, type RelayEvent, RouterError, type UpstreamBody, type Usage } from '../contract/index.ts';
import { drain } from './drain.ts';
import { isJson } from './json.ts';
import { type SseFrame, SseFrames } from './sse-frames.ts';

/** What a protocol knows of the events that pass. */
export interface SseWatch {
  /** Something of the answer has passed that a client could see. */
  readonly content: boolean;
  /** What has been reported so far. */
  readonly usage: Partial<Usage> | undefined;
  /** The content is complete: it stays so when the connection is lost behind it. */
  readonly stopped?: boolean;
  /** The bytes to pass on for one event; undefined for none. Throws RouterError for an event that says the answer has failed. */
  pass(frame: SseFrame): Uint8Array | undefined;
  /** The same for as many whole events as need no look at each of them, read as one letter a byte: what to pass on, and how many
   * letters were taken. Asked only after the first content, where events end in two line feeds. */
  passMany?(letters: string): { readonly passed: string; readonly length: number };
  /** The end, once it has passed. With `over` nothing more comes: throws RouterError when the answer is not complete. */
  finish(over: boolean): FinishEvent | undefined;
  /** What the server has left out of a complete answer's end, and clients wait for. */
  readonly missing?: Uint8Array | undefined;
}

export interface SseRelaySource {
  readonly body: UpstreamBody;
  readonly watch: SseWatch;
  /** What is thrown for a failure of the connection. */
  toError(thrown: unknown, usage: Partial<Usage> | undefined): RouterError;
}

/** The events of one answer: one with the bytes of each chunk's whole events, then the end. When the consumer stops, the connection
 * closes. */
export class SseRelay implements AsyncIterableIterator<RelayEvent> {
  readonly #source: SseRelaySource;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #frames = new SseFrames();
  #told = false;
  #finish: FinishEvent | undefined;
  /** Thrown once the events before it have been told. */
  #failure: unknown;
  #ended = false;
  #over = false;

  constructor(source: SseRelaySource) {
    this.#source = source;
    this.#chunks = source.body[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<RelayEvent>> {
    if (this.#over) return DONE;
    try {
      while (this.#finish === undefined) {
        if (this.#failure !== undefined) throw this.#failure;
        const bytes = await this.#read();
        if (this.#over) return DONE;
        if (bytes !== undefined) return { done: false, value: this.#event(bytes) };
      }
      if (!this.#ended) {
        // Told at once: a server that keeps the connection open must not keep the client waiting.
        this.#ended = true;
        return { done: false, value: this.#finish };
      }
      this.#over = true;
      await drain(this.#source.body, this.#chunks);
      return DONE;
    } catch (error) {
      return this.#fail(error);
    }
  }

  async return(): Promise<IteratorResult<RelayEvent>> {
    this.#over = true;
    this.#source.body.destroy();
    return DONE;
  }

  #event(bytes: Uint8Array): RelayEvent {
    if (this.#told || !this.#source.watch.content) return { type: 'bytes', bytes };
    this.#told = true;
    return { type: 'bytes', bytes, content: true };
  }

  /** The events that the next chunk completes. What is wrong behind some of them waits until those are told. */
  async #read(): Promise<Uint8Array | undefined> {
    const { watch } = this.#source;
    const chunk = await this.#next();
    const passed: Uint8Array[] = [];
    try {
      if (!chunk.done) this.#frames.push(chunk.value);
      let many = true;
      for (;;) {
        if (many) many = this.#passMany(passed);
        const frame = this.#frames.next();
        if (frame === undefined || this.#pass(frame, passed)) break;
      }
      if (chunk.done && this.#finish === undefined) {
        for (let rest = this.#frames.rest(); rest !== undefined; rest = this.#frames.rest()) {
          // An event that was broken off is none.
          const data = rest.data();
          if ((data === '[DONE]' || isJson(data)) && this.#pass(rest, passed)) break;
        }
        this.#finish ??= watch.finish(true);
        if (this.#finish !== undefined && watch.missing !== undefined) passed.push(watch.missing);
      }
    } catch (error) {
      this.#failure = error;
    }
    return joined(passed);
  }

  /** The next chunk. A connection that is lost behind what is complete has ended. */
  async #next(): Promise<IteratorResult<Uint8Array>> {
    try {
      return await this.#chunks.next();
    } catch (error) {
      if (this.#source.watch.stopped !== true || RouterError.is(error)) throw error;
      return { done: true, value: undefined };
    }
  }

  /** Most of an answer is deltas, which a chunk holds many of. False when it was no use to ask. */
  #passMany(passed: Uint8Array[]): boolean {
    const { watch } = this.#source;
    // What comes before the first content is looked at event by event.
    if (!watch.content) return true;
    const whole = watch.passMany === undefined ? undefined : this.#frames.whole;
    const many = whole && watch.passMany?.(whole.toString('latin1'));
    if (many === undefined || many.length === 0) return false;
    passed.push(Buffer.from(many.passed, 'latin1'));
    this.#frames.skip(many.length);
    return true;
  }

  /** True when the answer ends with this event. */
  #pass(frame: SseFrame, passed: Uint8Array[]): boolean {
    const { watch } = this.#source;
    const bytes = watch.pass(frame);
    if (bytes !== undefined) passed.push(bytes);
    this.#finish = watch.finish(false);
    return this.#finish !== undefined;
  }

  /** What is thrown once the consumer has left is nobody's. */
  #fail(error: unknown): Promise<IteratorResult<RelayEvent>> {
    if (this.#over) return Promise.resolve(DONE);
    void this.return();
    const { watch, toError } = this.#source;
    return Promise.reject(RouterError.is(error) ? error : toError(error, watch.usage));
  }
}

const DONE: IteratorResult<RelayEvent> = { done: true, value: undefined };

/** Events that stand one behind the other in the same chunk are told as one piece of it. */
function joined(pieces: readonly Uint8Array[]): Uint8Array | undefined {
  const [first] = pieces;
  if (first === undefined || pieces.length === 1) return first;
  let end = first.byteOffset;
  for (const piece of pieces) {
    if (piece.buffer !== first.buffer || piece.byteOffset !== end) return Buffer.concat(pieces);
    end += piece.length;
  }
  return new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset);
}
