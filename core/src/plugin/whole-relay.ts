// An answer that is passed on and comes whole: its bytes, then its end.
import type { EventIterator, Events, FinishEvent, RelayEvent } from '../contract/index.ts';

/** What an answer has come to. */
export interface Whole {
  /** As they go to the client. */
  readonly bytes: Uint8Array;
  /** There is something in it that a client could see. */
  readonly content: boolean;
  readonly finish: FinishEvent;
}

/** The two events of one answer. `read` is called when the first is asked for; what it throws is thrown there. Written out: a generator
 * costs three promises an event (bench: relay small, 2026-11). */
export class WholeRelay implements Events<RelayEvent>, EventIterator<RelayEvent> {
  #read: (() => Promise<Whole>) | undefined;
  #finish: FinishEvent | undefined;

  constructor(read: () => Promise<Whole>) {
    this.#read = read;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<RelayEvent>> {
    const read = this.#read;
    if (read) {
      this.#read = undefined;
      return this.#tell(read);
    }
    const finish = this.atHand();
    return Promise.resolve(finish === undefined ? { done: true, value: undefined } : { done: false, value: finish });
  }

  atHand(): RelayEvent | undefined {
    const finish = this.#finish;
    this.#finish = undefined;
    return finish;
  }

  async #tell(read: () => Promise<Whole>): Promise<IteratorResult<RelayEvent>> {
    const { bytes, content, finish } = await read();
    this.#finish = finish;
    return { done: false, value: content ? { type: 'bytes', bytes, content } : { type: 'bytes', bytes } };
  }
}
