// Scripts: what the next requests get instead of bedrock-local's own answers.
import type { ConverseBlock, ConverseUsage } from '@turnout/core/wire';
import type { RecordedRequest } from './record.ts';
import type { Operation } from './target.ts';

/** How the bytes of an answer are cut, each piece a write of its own: byte by byte, in pieces of so many bytes, at these
 * offsets, or at random places that depend on the seed alone. */
export type Chunks = 'every-byte' | number | readonly number[] | { readonly seed: number };

/** Bytes: a text, base64 (as recordings have it), or a JSON value. */
export type StepBody = string | Uint8Array | { readonly base64: string } | { readonly json: unknown };

export interface StepOptions {
  /** Only requests for this model (its wire id or its bare id) or operation take the step. CountTokens takes only steps that
   * name it. */
  readonly when?: { readonly model?: string | undefined; readonly operation?: Operation | undefined } | undefined;
  /** How many requests take the step. Default 1. */
  readonly times?: number | 'always' | undefined;
  /** How long the headers are held back, in milliseconds. */
  readonly delayMs?: number | undefined;
  readonly chunks?: Chunks | undefined;
}

/** Where in a stream something happens, and in which: the answer's own frames, or recorded ones. */
interface FrameOptions {
  /** After so many whole frames. An answer that is no stream counts as one frame. */
  readonly afterFrames?: number | undefined;
  readonly from?: StepBody | undefined;
}

export type Fault =
  /** The own answer, or one with this content; also the step to slow down or cut up the own answer. */
  | {
      readonly kind: 'answer';
      readonly content?: readonly ConverseBlock[] | undefined;
      readonly stopReason?: string | undefined;
      readonly usage?: Partial<ConverseUsage> | undefined;
      readonly trace?: unknown;
      /** The tier that is really used. */
      readonly serviceTier?: string | undefined;
    }
  /** These bytes and nothing else. The request is not validated. Status 200 when none is given. */
  | {
      readonly kind: 'recorded';
      readonly status?: number | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly body: StepBody;
    }
  /** An error by its AWS name before anything is answered. The request is not validated. */
  | {
      readonly kind: 'error';
      readonly name: string;
      readonly message?: string | undefined;
      readonly status?: number | undefined;
      readonly retryAfterSeconds?: number | undefined;
    }
  /** A page that is not AWS's, as a proxy gives it. Status 502 when none is given. */
  | { readonly kind: 'html'; readonly status?: number | undefined; readonly body?: string | undefined }
  /** An exception frame, e.g. `throttlingException`; without afterFrames as the first frame. `details` go into its payload.
   * An operation that does not stream answers with the error of that name. */
  | (FrameOptions & {
      readonly kind: 'exception';
      readonly name: string;
      readonly message?: string | undefined;
      readonly details?: Readonly<Record<string, unknown>> | undefined;
    })
  /** The socket is torn down; without a place, right after the headers. */
  | (FrameOptions & { readonly kind: 'cut'; readonly afterBytes?: number | undefined })
  /** The stream ends as if it were complete; without a place, right before the answer's end (messageStop, message_delta). */
  | (FrameOptions & { readonly kind: 'end' })
  /** Nothing more comes: for so many milliseconds, or until the client leaves. Without a place, right after the headers. */
  | (FrameOptions & { readonly kind: 'stall'; readonly forMs?: number | undefined })
  /** One frame (counted from 0, default 0) has a wrong checksum, of its prelude or (default) of the whole. */
  | (Omit<FrameOptions, 'afterFrames'> & {
      readonly kind: 'corrupt';
      readonly frame?: number | undefined;
      readonly part?: 'prelude' | 'message' | undefined;
    });

export type Step = StepOptions & Fault;

/** A step, or a function that makes one of the request; undefined stands for the own answer. */
export type ScriptEntry = Step | ((request: RecordedRequest) => Step | undefined);

export interface Script {
  add(entries: readonly ScriptEntry[]): void;
  /** The step for a request, and one use of it less; undefined for the own answer. `modelIds`: all names of the model. */
  take(request: RecordedRequest, modelIds: readonly string[]): Step | undefined;
  clear(): void;
  /** How many entries wait. */
  readonly size: number;
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
    take(request, modelIds) {
      const place = queue.findIndex(({ entry }) => isFor(entry, request, modelIds));
      const found = queue[place];
      if (found === undefined) return undefined;
      found.left -= 1;
      if (found.left <= 0) queue.splice(place, 1);
      return typeof found.entry === 'function' ? found.entry(request) : found.entry;
    },
    clear() {
      queue = [];
    },
    get size() {
      return queue.length;
    },
  };
}

function isFor(entry: ScriptEntry, request: RecordedRequest, modelIds: readonly string[]): boolean {
  const when = typeof entry === 'function' ? undefined : entry.when;
  if (when?.operation === undefined ? request.operation === 'count-tokens' : when.operation !== request.operation) {
    return false;
  }
  return when?.model === undefined || modelIds.includes(when.model);
}
