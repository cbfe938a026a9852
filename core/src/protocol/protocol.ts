// What a protocol is: bytes to canonical and canonical to bytes, synchronous and pure. One folder each, same file names.
import type { ChatEvent, ChatRequest, ChatResult, Loss, Protocol, RouterError } from '../contract/index.ts';

/** A decoded request. `Echo` is what the protocol itself needs again to encode the answer (e.g. include_usage). */
export interface Decoded<Echo = unknown> {
  readonly request: ChatRequest;
  readonly stream: boolean;
  readonly echo: Echo;
  /** What the client sent that the canonical form cannot hold at all. */
  readonly losses: readonly Loss[];
}

export interface AnswerContext<Echo = unknown> {
  /** The router's request id. */
  readonly requestId: string;
  /** The model name that the client sent: the answer's `model` is always this one. */
  readonly model: string;
  /** Seconds since the epoch. */
  readonly createdS: number;
  readonly echo: Echo;
}

export interface EncodedError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Turns the events of one answer into text to write. Stateful, one per answer. */
export interface StreamEncoder {
  /** '' when the event makes no bytes. */
  push(event: ChatEvent): string;
  /** What to write when the answer fails after the first byte. Never looks like a clean end. */
  fail(error: RouterError, requestId: string): string;
  /** Keeps an idle connection open; ignored by every client. */
  readonly heartbeat: string;
}

export interface ProtocolCodec<Echo = unknown> {
  readonly name: Protocol;
  /** Of a streamed answer. */
  readonly streamContentType: string;
  /** `body` is parsed JSON of unknown shape. Throws RouterError `invalid-request` with `field`. */
  decode(body: unknown): Decoded<Echo>;
  encodeResult(result: ChatResult, context: AnswerContext<Echo>): string;
  createEncoder(context: AnswerContext<Echo>): StreamEncoder;
  encodeError(error: RouterError, requestId: string): EncodedError;
  /** The client's own name of a canonical field of a loss: `topP` → `top_p`. The echo knows which of several names
   * the client used (`max_tokens` or `max_completion_tokens`). */
  fieldName(field: string, echo: Echo): string;
}
