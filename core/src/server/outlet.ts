// Text to a socket: what is written within one turn of the event loop leaves in one piece.
import type { ServerResponse } from 'node:http';

/** More than this leaves at once, so that a burst does not pile up. */
const PIECE_CHARS_MAX = 64 * 1024;

export class Outlet {
  readonly #outgoing: ServerResponse;
  #pending = '';
  #scheduled = false;
  #full = false;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
  }

  /** True when the reader is slow: wait for `room()` before producing more. */
  get full(): boolean {
    return this.#full;
  }

  write(text: string): void {
    if (text === '') return;
    this.#pending += text;
    if (this.#pending.length >= PIECE_CHARS_MAX) this.#flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(this.#flushLater);
    }
  }

  /** Resolves when the socket takes more, or is closed. */
  room(): Promise<void> {
    if (!this.#full || this.#outgoing.destroyed) return Promise.resolve();
    return new Promise((done) => {
      const open = () => {
        this.#outgoing.off('drain', open).off('close', open);
        this.#full = false;
        done();
      };
      this.#outgoing.once('drain', open).once('close', open);
    });
  }

  /** Writes what is pending and ends the answer. */
  end(): void {
    const last = this.#pending;
    this.#pending = '';
    if (!this.#outgoing.destroyed) this.#outgoing.end(Buffer.from(last));
  }

  readonly #flushLater = (): void => {
    this.#scheduled = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#pending === '' || this.#outgoing.destroyed) return;
    const text = this.#pending;
    this.#pending = '';
    // As bytes: node encodes a long string twice when it writes it between the marks of a chunk.
    if (!this.#outgoing.write(Buffer.from(text))) this.#full = true;
  }
}
