// Scripts: what the next requests get instead of openai-local's own answers.
import type { Operation, RecordedRequest } from './record.ts';

/** How the bytes of an answer are cut, each piece a write of its own: byte by byte, in pieces of so many bytes, at these
 * offsets, or at random places that depend on the seed alone. */
export type Chunks = 'every-byte' | number | readonly number[] | { readonly seed: number };

/** Bytes: a text, base64, or a JSON value. */
export type StepBody = string | Uint8Array | { readonly base64: string } | { readonly json: unknown };

export interface StepOptions {
  /** Only requests for this model or operation take the step. Lists of models take only steps that name them. */
  readonly when?: { readonly model?: string | undefined; readonly operation?: Operation | undefined } | undefined;
  /** How many requests take the step. Default 1. */
  readonly times?: number | 'always' | undefined;
  /** How long the headers are held back, in milliseconds. */
  readonly delayMs?: number | undefined;
  readonly chunks?: Chunks | undefined;
}

export interface ScriptedCall {
  readonly name: string;
  /** A text as it is, or JSON. Default `{}`. */
  readonly input?: unknown;
  /** Default: one that is made of the request. */
  readonly id?: string | undefined;
  /** A call of a tool of free text. */
  readonly custom?: boolean | undefined;
}

/** What an answer says; what is left out is the own answer's. */
export interface ScriptedAnswer {
  readonly content?: string | null | undefined;
  readonly toolCalls?: readonly ScriptedCall[] | undefined;
  /** Reasoning in front of the answer, as other servers show it. */
  readonly reasoning?: string | undefined;
  /** Where it stands. Default `reasoning_content`. */
  readonly reasoningField?: 'reasoning_content' | 'reasoning' | undefined;
  readonly refusal?: string | undefined;
  readonly annotations?: readonly unknown[] | undefined;
  readonly finishReason?: string | undefined;
  /** Members of `usage`, in OpenAI's names. */
  readonly usage?: Readonly<Record<string, unknown>> | undefined;
  /** The name of the model that answers. Default: the request's. */
  readonly model?: string | undefined;
}

interface FrameOptions {
  /** After so many events of the stream. An answer that is no stream counts as one. */
  readonly afterFrames?: number | undefined;
}

export type Fault =
  /** The own answer, or one with this content; also the step to slow down or cut up the own answer. */
  | ({ readonly kind: 'answer' } & ScriptedAnswer)
  /** These bytes and nothing else. The request is not validated. Status 200 when none is given. */
  | {
      readonly kind: 'recorded';
      readonly status?: number | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly body: StepBody;
    }
  /** An error before anything is answered, e.g. `rate_limit_exceeded`. The request is not validated. */
  | {
      readonly kind: 'error';
      readonly code?: string | undefined;
      readonly type?: string | undefined;
      readonly message?: string | undefined;
      readonly status?: number | undefined;
      readonly retryAfterSeconds?: number | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  /** A page that is not OpenAI's, as a proxy gives it. Status 502 when none is given. */
  | { readonly kind: 'html'; readonly status?: number | undefined; readonly body?: string | undefined }
  /** An error inside the stream; without afterFrames as its first event. What does not stream answers with that error. */
  | (FrameOptions & {
      readonly kind: 'exception';
      readonly code?: string | undefined;
      readonly message?: string | undefined;
    })
  /** The socket is torn down; without a place, right after the headers. */
  | (FrameOptions & { readonly kind: 'cut'; readonly afterBytes?: number | undefined })
  /** The stream ends as if it were complete; without a place, right before its finish reason. */
  | (FrameOptions & { readonly kind: 'end' })
  /** Nothing more comes: for so many milliseconds, or until the client leaves. Without a place, right after the headers. */
  | (FrameOptions & { readonly kind: 'stall'; readonly forMs?: number | undefined });

export type Step = StepOptions & Fault;

/** A step, or a function that makes one of the request; undefined stands for the own answer. */
export type ScriptEntry = Step | ((request: RecordedRequest) => Step | undefined);

export interface Script {
  add(entries: readonly ScriptEntry[]): void;
  /** The step for a request, and one use of it less; undefined for the own answer. */
  take(request: RecordedRequest): Step | undefined;
  clear(): void;
}

export function createScript(initial: readonly ScriptEntry[] = []): Script {
  let queue: { entry: ScriptEntry; left: number }[] = [];
  const add = (entries: readonly ScriptEntry[]): void => {
    for (const entry of entries) {
      const times = typeof entry === 'function' ? 1 : (entry.times ?? 1);
      queue.push({ entry, left: times === 'always' ? Number.POSITIVE_INFINITY : times });
    }
  };
  add(initial);
  return {
    add,
    take(request) {
      const place = queue.findIndex(({ entry }) => isFor(entry, request));
      const found = queue[place];
      if (found === undefined) return undefined;
      found.left -= 1;
      if (found.left <= 0) queue.splice(place, 1);
      return typeof found.entry === 'function' ? found.entry(request) : found.entry;
    },
    clear() {
      queue = [];
    },
  };
}

function isFor(entry: ScriptEntry, { operation, model }: RecordedRequest): boolean {
  const when = typeof entry === 'function' ? undefined : entry.when;
  if (when?.operation === undefined ? operation === 'models' : when.operation !== operation) return false;
  return when?.model === undefined || when.model === model;
}
