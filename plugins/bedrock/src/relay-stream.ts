// A stream that is relayed: whole frames go on as they came once both their checksums are found right, and only the few that say
// how the answer ends are opened.
import type { FinishEvent, RelayEvent } from '@turnout/core/contract';
import { drain } from '@turnout/core/plugin';
import { FrameReader } from '@turnout/core/wire';
import type { Answer } from './client.ts';
import { type ErrorContext, labelOf } from './error.ts';
import { type FrameWatch, watchFrames } from './relay-frames.ts';
import type { RelayWire } from './relay-plan.ts';
import { failureIn, toStreamError } from './stream.ts';

export interface RelaySource {
  readonly answer: Answer;
  readonly context: ErrorContext;
  readonly signal: AbortSignal;
  readonly form: RelayWire['form'];
  /** The client's name of the model. */
  readonly model: string;
}

/** The events of one answer: one with the bytes of each chunk's frames, then the end. */
export class RelayedFrames implements AsyncIterableIterator<RelayEvent> {
  readonly #source: RelaySource;
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #frames = new FrameReader();
  readonly #watch: FrameWatch;
  #told = false;
  #finish: FinishEvent | undefined;
  /** Thrown once the frames before it have been told. */
  #failure: unknown;
  #ended = false;
  #over = false;

  constructor(source: RelaySource) {
    this.#source = source;
    this.#chunks = source.answer.body[Symbol.asyncIterator]();
    this.#watch = watchFrames(source.form, labelOf(source.context), source.model);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<RelayEvent>> {
    if (this.#over) return DONE;
    try {
      if (this.#failure !== undefined) throw this.#failure;
      while (this.#finish === undefined) {
        const bytes = await this.#read();
        if (this.#over) return DONE;
        if (bytes.length === 0 && this.#failure !== undefined) throw this.#failure;
        if (bytes.length > 0) return { done: false, value: this.#event(bytes) };
      }
      if (!this.#ended) {
        // Told at once: a server that keeps the connection open must not keep the client waiting.
        this.#ended = true;
        return { done: false, value: this.#finish };
      }
      this.#over = true;
      await drain(this.#source.answer.body, this.#chunks);
      return DONE;
    } catch (error) {
      return this.#fail(error);
    }
  }

  async return(): Promise<IteratorResult<RelayEvent>> {
    this.#over = true;
    this.#source.answer.body.destroy();
    return DONE;
  }

  #event(bytes: Uint8Array): RelayEvent {
    if (this.#told || !this.#watch.content) return { type: 'bytes', bytes };
    this.#told = true;
    return { type: 'bytes', bytes, content: true };
  }

  /** The frames that the next chunk completes. What is wrong behind some of them waits until those are told. */
  async #read(): Promise<Uint8Array> {
    const chunk = await this.#chunks.next();
    const whole: Uint8Array[] = [];
    try {
      if (chunk.done) this.#frames.end();
      else this.#frames.push(chunk.value);
      for (let frame = this.#frames.next(); frame !== undefined && this.#finish === undefined; ) {
        // The usage is read for a failure only: there are many frames.
        if (frame.headers.messageType !== 'event') throw failureIn(frame, this.#source.context, this.#watch.usage);
        whole.push(this.#watch.pass(frame));
        this.#finish = this.#watch.finish(false);
        frame = this.#finish === undefined ? this.#frames.next() : undefined;
      }
      if (chunk.done) this.#finish ??= this.#watch.finish(true);
    } catch (error) {
      this.#failure = error;
    }
    return joined(whole);
  }

  /** What is thrown once the consumer has left is nobody's. */
  #fail(error: unknown): Promise<IteratorResult<RelayEvent>> {
    if (this.#over) return Promise.resolve(DONE);
    const { context, signal } = this.#source;
    void this.return();
    return Promise.reject(toStreamError(error, context, signal, this.#watch.usage));
  }
}

const DONE: IteratorResult<RelayEvent> = { done: true, value: undefined };

/** Frames that stand one behind the other in the same chunk are told as one piece of it. */
function joined(frames: readonly Uint8Array[]): Uint8Array {
  const [first] = frames;
  if (first === undefined) return NOTHING;
  if (frames.length === 1) return first;
  let end = first.byteOffset;
  for (const frame of frames) {
    if (frame.buffer !== first.buffer || frame.byteOffset !== end) return Buffer.concat(frames);
    end += frame.length;
  }
  return new Uint8Array(first.buffer, first.byteOffset, end - first.byteOffset);
}

const NOTHING = new Uint8Array(0);
