// What a protocol is: bytes to canonical and canonical to bytes, synchronous and pure. One folder each, same file names.
import type {
  AnswerEvent,
  ChatEvent,
  ChatRequest,
  ChatResult,
  Loss,
  Protocol,
  RouterError,
  TokenCount,
} from '../contract/index.ts';

/** What a request's line and headers say, for the protocols that put something there. */
export interface Head {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The model's name in the path, percent-decoded once (Bedrock). */
  readonly model?: string;
  /** The path asks for a stream (Bedrock). */
  readonly stream?: boolean;
}

/** A decoded request. `Echo` is what the protocol itself needs again to encode the answer (e.g. include_usage). */
export interface Decoded<Echo = unknown> {
  readonly request: ChatRequest;
  readonly stream: boolean;
  readonly echo: Echo;
  /** What the client sent that the canonical form cannot hold at all. */
  readonly losses: readonly Loss[];
  /** Why only a provider that speaks this very protocol can serve it; `request` then holds no more than the model. */
  readonly relayOnly?: string;
}

export interface AnswerContext<Echo = unknown> {
  /** The router's request id. */
  readonly requestId: string;
  /** The model name that the client sent: the answer's `model` is always this one. */
  readonly model: string;
  /** Seconds since the epoch. */
  readonly createdS: number;
  readonly echo: Echo;
  /** The upstream's own events have gone out: the encoder has only a failure to tell. */
  readonly relayed?: true;
}

export interface EncodedError {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What an encoder writes: text for server-sent events, bytes for event-stream frames; one answer is all of one kind. */
export type Written = string | Uint8Array;

/** Turns the events of one answer into what is written. Stateful, one per answer. */
export interface StreamEncoder<Event extends AnswerEvent = ChatEvent> {
  /** Empty when the event makes no bytes. */
  push(event: Event): Written;
  /** What to write when the answer fails after the first byte. Never looks like a clean end. */
  fail(error: RouterError, requestId: string): Written;
  /** Keeps an idle connection open; ignored by every client. Empty where the protocol has nothing of the kind. */
  readonly heartbeat: Written;
}

export interface ProtocolCodec<Echo = unknown> {
  readonly name: Protocol;
  /** Of a streamed answer. */
  readonly streamContentType: string;
  /** The header that carries the request's id besides `x-request-id`, in lower case. */
  readonly requestIdHeader?: string;
  /** `body` is parsed JSON of unknown shape. Throws RouterError `invalid-request` with `field`. */
  decode(body: unknown, head: Head): Decoded<Echo>;
  encodeResult(result: ChatResult, context: AnswerContext<Echo>): string;
  /** What the head says of the answer; of a streamed one nothing is known yet. Names in lower case. */
  answerHeaders?(result: ChatResult | undefined, context: AnswerContext<Echo>): Readonly<Record<string, string>>;
  createEncoder(context: AnswerContext<Echo>): StreamEncoder;
  encodeError(error: RouterError, requestId: string): EncodedError;
  /** The client's own name of a canonical field of a loss: `topP` → `top_p`. The echo knows which of several names
   * the client used (`max_tokens` or `max_completion_tokens`). */
  fieldName(field: string, echo: Echo): string;
}

/** A protocol's way to ask how many tokens a request takes. */
export interface CountCodec {
  readonly name: Protocol;
  readonly requestIdHeader?: string;
  decode(body: unknown, head: Head): Pick<Decoded, 'request' | 'losses'>;
  encodeCount(count: TokenCount): string;
  encodeError(error: RouterError, requestId: string): EncodedError;
}
