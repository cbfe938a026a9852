// What an answer is: five kinds of event, in a fixed grammar.
//
//   start (block-start block-delta* block-end)* finish        blocks may interleave by index
//
// A failure is thrown (RouterError), never an event. A stream that ends without `finish` is `upstream-failed`.
import type { Citation, Extensions } from './request.ts';

/** Token counts. `inputTokens` excludes cache reads and writes; `reasoningTokens` is part of `outputTokens`;
 * `totalTokens` = input + output + cache read + cache write. */
export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly totalTokens: number;
  readonly cacheReadTokens?: number;
  readonly cacheWriteTokens?: number;
  /** The part of `cacheWriteTokens` written with a TTL of one hour. */
  readonly cacheWrite1hTokens?: number;
  readonly reasoningTokens?: number;
}

/** `tool-calls` only for calls of tools that the client runs; `refusal` and `pause` are the model's own. */
export type FinishReason = 'stop' | 'length' | 'tool-calls' | 'content-filter' | 'refusal' | 'pause' | 'other';

export type Block =
  /** `origin` is the family that signed it (see `Signed` in request.ts). */
  | { readonly type: 'text'; readonly origin?: string }
  | { readonly type: 'reasoning'; readonly redacted?: true; readonly origin?: string }
  | {
      readonly type: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly custom?: true;
      readonly server?: true;
      readonly origin?: string;
    }
  | { readonly type: 'tool-result'; readonly id: string; readonly server: true }
  | { readonly type: 'media'; readonly mediaType: string };

export interface StartEvent {
  readonly type: 'start';
  /** The upstream's own id of the answer. */
  readonly id: string;
  /** The wire model id that answers. */
  readonly model: string;
  readonly usage?: Partial<Usage>;
}
export interface BlockStartEvent {
  readonly type: 'block-start';
  readonly index: number;
  readonly block: Block;
  readonly extensions?: Extensions;
}
export interface BlockDeltaEvent {
  readonly type: 'block-delta';
  readonly index: number;
  /** Prose, reasoning, or a fragment of a tool call's input: its block says which. */
  readonly text: string;
  readonly citation?: Citation;
}
export interface BlockEndEvent {
  readonly type: 'block-end';
  readonly index: number;
  /** Opaque and byte-faithful. */
  readonly signature?: string;
  /** The whole of it: media as base64, redacted reasoning as a ReasoningPart has it. */
  readonly data?: string;
  readonly extensions?: Extensions;
}
export interface FinishEvent {
  readonly type: 'finish';
  readonly reason: FinishReason;
  /** The vendor's own word. */
  readonly rawReason: string;
  readonly stopSequence?: string;
  readonly usage: Usage;
  readonly extensions?: Extensions;
  /** For the log line: what the answer turned out to be, in few words. Never anything of a prompt or an answer. */
  readonly notes?: Readonly<Record<string, string | number>>;
}
export type ChatEvent = StartEvent | BlockStartEvent | BlockDeltaEvent | BlockEndEvent | FinishEvent;

/** A piece of an answer that is passed on as it comes, in the framing of the client's protocol: whole frames or events. */
export interface BytesEvent {
  readonly type: 'bytes';
  readonly bytes: Uint8Array;
  /** It holds something that a client could see: text, reasoning, a tool call. The end is told by `finish`. */
  readonly content?: true;
}

/** The events of a relayed answer: bytes* finish. `finish` makes no bytes: the vendor's own end is among those before it. */
export type RelayEvent = BytesEvent | FinishEvent;

/** Any event of any answer. */
export type AnswerEvent = ChatEvent | BytesEvent;

/** One finished block of an answer: what its events add up to. */
export interface ResultBlock {
  readonly block: Block;
  /** All deltas joined. */
  readonly text: string;
  readonly signature?: string;
  readonly data?: string;
  readonly citations?: readonly Citation[];
  readonly extensions?: Extensions;
}

/** A whole answer. Equal to what `collect` makes of the same answer's events. */
export interface ChatResult {
  readonly id: string;
  readonly model: string;
  readonly blocks: readonly ResultBlock[];
  readonly finish: FinishEvent;
}
