// An answer to its socket: what is written within one turn of the event loop leaves in one piece.
import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Written } from '../protocol/protocol.ts';
import { cutOff } from './client.ts';

/** More than this leaves at once, so that a burst does not pile up. In characters or bytes: which of them does not matter here. */
const PIECE_LENGTH_MAX = 64 * 1024;

/** What knows whether an answer is full or gone: over HTTP/2 its stream, since the answer itself does not (Node 22.19). */
const stateOf = (outgoing: ServerResponse | Http2ServerResponse) => ('stream' in outgoing ? outgoing.stream : outgoing);

export class Outlet {
  readonly #outgoing: ServerResponse;
  readonly #state: ReturnType<typeof stateOf>;
  /** Text at the end of what is pending. */
  #text = '';
  /** What comes before it. Empty for server-sent events. */
  #pieces: Uint8Array[] = [];
  #length = 0;
  #scheduled = false;
  /** How many pieces have been written: a sign of how many tokens there were. */
  pieces = 0;

  constructor(outgoing: ServerResponse) {
    this.#outgoing = outgoing;
    this.#state = stateOf(outgoing);
  }

  /** True when the reader is slow: wait for `room()` before producing more. The socket is asked and nothing remembered: it may
   * have drained while nobody was looking. */
  get full(): boolean {
    return this.#state.writableNeedDrain && !this.#state.destroyed;
  }

  write(piece: Written): void {
    if (piece.length === 0) return;
    if (typeof piece === 'string') this.#text += piece;
    else this.#add(piece);
    this.#length += piece.length;
    this.pieces++;
    if (this.#length >= PIECE_LENGTH_MAX) this.#flush();
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
    const last = this.#take();
    if (this.#state.destroyed) return;
    this.#outgoing.end(last);
    if (withinMs === undefined) return;
    const limit = setTimeout(() => cutOff(this.#outgoing), withinMs);
    this.#outgoing.once('close', () => clearTimeout(limit)).once('finish', () => clearTimeout(limit));
  }

  readonly #flushLater = (): void => {
    this.#scheduled = false;
    this.#flush();
  };

  #flush(): void {
    if (this.#length === 0) return;
    const pending = this.#take();
    if (!this.#state.destroyed) this.#outgoing.write(pending);
  }

  #add(bytes: Uint8Array): void {
    if (this.#text !== '') this.#pieces.push(Buffer.from(this.#text));
    this.#text = '';
    this.#pieces.push(bytes);
  }

  /** What is pending, as it is where it is one piece. Text is not made into bytes here: a Buffer is memory outside the heap, and so much
   * of it comes and goes in a stream that the collector would look through all of the heap for its sake. */
  #take(): Written {
    const text = this.#text;
    const pieces = this.#pieces;
    this.#text = '';
    this.#length = 0;
    if (pieces.length === 0) return text;
    this.#pieces = [];
    if (text !== '') pieces.push(Buffer.from(text));
    const [only] = pieces;
    return only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
  }
}
