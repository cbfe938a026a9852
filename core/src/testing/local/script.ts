// Scripts: what the next requests get instead of a local server's own answers.
import type { Chunks } from './chunk.ts';
import type { LocalRequest } from './record.ts';

/** Bytes: a text, base64 (as recordings have it), or a JSON value. */
export type StepBody = string | Uint8Array | { readonly base64: string } | { readonly json: unknown };

export interface StepOptions<Operation extends string> {
  /** Only requests for this model (by any of its names) or operation take the step. */
  readonly when?: { readonly model?: string | undefined; readonly operation?: Operation | undefined } | undefined;
  /** How many requests take the step. Default 1. */
  readonly times?: number | 'always' | undefined;
  /** How long the headers are held back, in milliseconds. */
  readonly delayMs?: number | undefined;
  readonly chunks?: Chunks | undefined;
}

/** Where in a stream something happens, and in which: the answer's own frames, or recorded ones. */
export interface FrameOptions {
  /** After so many whole frames (events, of an event stream). An answer that is no stream counts as one. */
  readonly afterFrames?: number | undefined;
  readonly from?: StepBody | undefined;
}

/** What an answer says that breaks off, or that an error comes into. Without: the own answer. */
export interface BrokenAnswer<Answer> {
  readonly answer?: Answer | undefined;
}

/** The faults of every local server. A vendor says what its answers can be given (`Answer`), and what its errors have: before
 * a stream (`Failure`) and in one (`Exception`). */
export type LocalFault<Answer, Failure, Exception> =
  /** The own answer, or one with this content; also the step to slow down or cut up the own answer. */
  | ({ readonly kind: 'answer' } & Answer)
  /** These bytes and nothing else. The request is not validated. Status 200 when none is given. */
  | {
      readonly kind: 'recorded';
      readonly status?: number | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
      readonly body: StepBody;
    }
  /** An error before anything is answered. The request is not validated. */
  | ({ readonly kind: 'error' } & Failure)
  /** A page that is not the vendor's, as a proxy gives it. Status 502 when none is given. */
  | { readonly kind: 'html'; readonly status?: number | undefined; readonly body?: string | undefined }
  | (ExceptionFault<Exception> & BrokenAnswer<Answer>)
  | (StreamFault & BrokenAnswer<Answer>);

/** An error inside the stream; without afterFrames as its first frame. What does not stream answers with that error. */
export type ExceptionFault<Exception> = FrameOptions & { readonly kind: 'exception' } & Exception;

/** How a stream can break. */
export type StreamFault =
  /** The socket is torn down; without a place, right after the headers. */
  | (FrameOptions & { readonly kind: 'cut'; readonly afterBytes?: number | undefined })
  /** The stream ends as if it were complete; without a place, right before the answer's end. */
  | (FrameOptions & { readonly kind: 'end' })
  /** Nothing more comes: for so many milliseconds, or until the client leaves. Without a place, right after the headers. */
  | (FrameOptions & { readonly kind: 'stall'; readonly forMs?: number | undefined });

/** A step, or a function that makes one of the request; undefined stands for the own answer. */
export type LocalEntry<Operation extends string, Step extends StepOptions<Operation>> =
  | Step
  | ((request: LocalRequest<Operation>) => Step | undefined);

export interface Script<Operation extends string, Step extends StepOptions<Operation>> {
  add(entries: readonly LocalEntry<Operation, Step>[]): void;
  /** The step for a request, and one use of it less; undefined for the own answer. `names`: all names of the model; default
   * the one the request has. */
  take(request: LocalRequest<Operation>, names?: readonly string[]): Step | undefined;
  clear(): void;
}

/** `shy`: operations that only steps that name them are for, because clients call them beside what a test is about. */
export function createScript<Operation extends string, Step extends StepOptions<Operation>>(
  initial: readonly LocalEntry<Operation, Step>[] = [],
  shy: readonly Operation[] = [],
): Script<Operation, Step> {
  let queue: { entry: LocalEntry<Operation, Step>; left: number }[] = [];
  const add = (entries: readonly LocalEntry<Operation, Step>[]): void => {
    for (const entry of entries) {
      const times = typeof entry === 'function' ? 1 : (entry.times ?? 1);
      queue.push({ entry, left: times === 'always' ? Number.POSITIVE_INFINITY : times });
    }
  };
  const isFor = (
    entry: LocalEntry<Operation, Step>,
    { operation }: LocalRequest<Operation>,
    names: readonly string[],
  ): boolean => {
    const when = typeof entry === 'function' ? undefined : entry.when;
    if (when?.model !== undefined && !names.includes(when.model)) return false;
    if (when?.operation !== undefined) return when.operation === operation;
    return operation === undefined || !shy.includes(operation);
  };
  add(initial);
  return {
    add,
    take(request, names = [request.model]) {
      const place = queue.findIndex(({ entry }) => isFor(entry, request, names));
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
