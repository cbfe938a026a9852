// One HTTP request to an upstream, straight on undici's dispatcher: its own `request` makes a stream.Readable, an AsyncResource and a
// parsed URL for each answer, which was a third of what a small relay cost (bench: relay small, 2026-11).
import type { Dispatcher } from 'undici';
import type { Host, UpstreamBody, UpstreamResponse } from '../contract/index.ts';

/** With more than this unread, the upstream has to wait. */
const UNREAD_BYTES_MAX = 64 * 1024;

/** The same for pieces: a piece takes memory and time of its own, and a server may send bytes one by one. */
const UNREAD_CHUNKS_MAX = 1024;

/** URLs that have been taken apart are remembered up to this many: a provider has few, with a model's name in them. */
const PLACES_MAX = 256;

interface Place {
  readonly origin: string;
  readonly path: string;
}

/** What a plugin sends by. No timeout of its own: the call's signal is what ends it, said for each request, since undici's forward
 * proxy does not hand on its own options. */
export function createRequest(dispatcher: Dispatcher): Host['request'] {
  const placeOf = rememberPlaces();
  return (url, { method = 'GET', headers = {}, body = null, signal } = {}) =>
    new Promise((answered, failed) => {
      if (signal?.aborted) {
        failed(signal.reason);
        return;
      }
      const options = { ...placeOf(url), method, headers, body, headersTimeout: 0, bodyTimeout: 0 };
      // Listens to the signal: made once the URL is known to be one. undici takes any word for a method; its type lists the usual ones.
      dispatcher.dispatch(options as Dispatcher.DispatchOptions, new Exchange(answered, failed, signal));
    });
}

function rememberPlaces(): (url: string) => Place {
  const places = new Map<string, Place>();
  return (url) => {
    const known = places.get(url);
    if (known) return known;
    const { origin, pathname, search } = new URL(url);
    const place = { origin, path: pathname + search };
    if (places.size >= PLACES_MAX) places.clear();
    places.set(url, place);
    return place;
  };
}

interface Waiting {
  answered(next: IteratorResult<Uint8Array>): void;
  failed(reason: unknown): void;
}

/** A request under way, and then its answer's body: what has come before it was asked for waits in a queue. */
class Exchange implements Dispatcher.DispatchHandler, UpstreamBody, AsyncIterator<Uint8Array> {
  readonly #answered: (response: UpstreamResponse) => void;
  readonly #failed: (reason: unknown) => void;
  readonly #signal: AbortSignal | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #begun = false;
  /** Nothing more comes: the body is complete, or `#failure` says why it is not. */
  #over = false;
  #failure: unknown;
  #unread: Uint8Array[] = [];
  #unreadBytes = 0;
  #waiting: Waiting | undefined;

  constructor(
    answered: (response: UpstreamResponse) => void,
    failed: (reason: unknown) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#answered = answered;
    this.#failed = failed;
    this.#signal = signal;
    signal?.addEventListener('abort', this.#abort, { once: true });
  }

  // What undici tells.

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Given up while it waited for a connection.
    if (this.#over) controller.abort(asError(this.#failure));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: UpstreamResponse['headers'],
  ): void {
    // Such as 103 Early Hints: the answer is still to come.
    if (statusCode < 200) return;
    this.#begun = true;
    this.#answered({ statusCode, headers, body: this });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    const waiting = this.#waiting;
    if (waiting) {
      this.#waiting = undefined;
      waiting.answered({ done: false, value: chunk });
      return;
    }
    this.#unread.push(chunk);
    this.#unreadBytes += chunk.length;
    if (this.#unreadBytes >= UNREAD_BYTES_MAX || this.#unread.length >= UNREAD_CHUNKS_MAX) controller.pause();
  }

  onResponseEnd(): void {
    if (this.#over) return;
    this.#end();
    this.#waiting?.answered(DONE);
    this.#waiting = undefined;
  }

  onResponseError(controller: Dispatcher.DispatchController | null, error: Error): void {
    this.#fail(error);
    // Where undici's forward proxy refuses an answer of status 407, its body is still to come: nobody would ever end it.
    controller?.abort(error);
  }

  // What the reader asks for.

  [Symbol.asyncIterator](): this {
    return this;
  }

  get complete(): boolean {
    return this.#over && this.#failure === undefined;
  }

  next(): Promise<IteratorResult<Uint8Array>> {
    const chunk = this.#unread.shift();
    if (chunk !== undefined) {
      if (this.#unread.length === 0) {
        this.#unreadBytes = 0;
        // Not sooner: each time undici copies what its socket has read into its parser again.
        if (this.#controller?.paused) this.#controller.resume();
      }
      return Promise.resolve({ done: false, value: chunk });
    }
    // What came before a failure has been read by then.
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (this.#over) return Promise.resolve(DONE);
    return new Promise((answered, failed) => {
      this.#waiting = { answered, failed };
    });
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    this.destroy();
    return DONE;
  }

  destroy(): void {
    this.#drop();
    // Most bodies have been read: the stack of an error is dear.
    if (!this.#over) this.#giveUp(new Error('the answer was given up'));
  }

  #giveUp(reason: unknown): void {
    this.#drop();
    this.#fail(reason);
    this.#controller?.abort(asError(reason));
  }

  #drop(): void {
    this.#unread = [];
    this.#unreadBytes = 0;
  }

  readonly #abort = (): void => this.#giveUp(this.#signal?.reason);

  #fail(reason: unknown): void {
    if (this.#over) return;
    this.#failure = reason;
    this.#end();
    if (!this.#begun) this.#failed(reason);
    this.#waiting?.failed(reason);
    this.#waiting = undefined;
  }

  #end(): void {
    this.#over = true;
    this.#signal?.removeEventListener('abort', this.#abort);
  }
}

const DONE: IteratorResult<Uint8Array> = { done: true, value: undefined };

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error('aborted', { cause: reason });
