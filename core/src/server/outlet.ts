// Text to a socket: what is written within one turn of the event loop leaves in one piece.
import type { ServerResponse } from 'node:http';

/** More than this leaves at once, so that a burst does not pile up. */
const PIECE_CHARS_MAX = 64 * 1024;

export class Outlet {
  readonly #outgoing: ServerResponse;
  #pending = '';
  #scheduled = false;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
  }

  /** True when the reader is slow: wait for `room()` before producing more. The socket is asked and nothing remembered: it may
   * have drained while nobody was looking. */
  get full(): boolean {
    return this.#outgoing.writableNeedDrain && !this.#outgoing.destroyed;
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
    if (!this.full) return Promise.resolve();
    return new Promise((done) => {
      const open = () => {
        this.#outgoing.off('drain', open).off('close', open);
        done();
      };
      this.#outgoing.once('drain', open).once('close', open);
    });
  }

  /** Writes what is pending and ends the answer. With `withinMs`, a reader that has not taken it by then is cut off. */
  end(withinMs?: number): void {
    const last = this.#pending;
    this.#pending = '';
    if (this.#outgoing.destroyed) return;
    this.#outgoing.end(Buffer.from(last));
    if (withinMs === undefined) return;
    const limit = setTimeout(() => this.#outgoing.destroy(), withinMs);
    this.#outgoing.once('close', () => clearTimeout(limit)).once('finish', () => clearTimeout(limit));
  }

  readonly #flushLater = (): void => {
    this.#scheduled = false;
    this.#flush();
  };

  #flush(): void {
    const text = this.#pending;
    this.#pending = '';
    if (text === '' || this.#outgoing.destroyed) return;
    // As bytes: node encodes a long string twice when it writes it between the marks of a chunk.
    this.#outgoing.write(Buffer.from(text));
  }
}
