// What a local server remembers of each request, for tests to look at.
import type { IncomingMessage } from 'node:http';

export interface LocalRequest<Operation extends string> {
  readonly method: string;
  /** The request target as it came. */
  readonly path: string;
  /** Undefined when the target was none. */
  readonly operation: Operation | undefined;
  /** As the request names it, decoded; empty where it names none. */
  readonly model: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Parsed JSON, else the text. */
  readonly body: unknown;
  /** The status that was answered; 0 as long as there is none. */
  readonly status: number;
  /** The client left before the answer was over. */
  readonly aborted: boolean;
  /** The answer was sent whole. */
  readonly finished: boolean;
}

/** The same, while it is being filled in. */
export type OpenRequest<Operation extends string> = {
  -readonly [K in keyof LocalRequest<Operation>]: LocalRequest<Operation>[K];
};

export const openRequest = <Operation extends string>(request: IncomingMessage): OpenRequest<Operation> => ({
  method: request.method ?? '',
  path: request.url ?? '',
  operation: undefined,
  model: '',
  headers: request.headers,
  body: undefined,
  status: 0,
  aborted: false,
  finished: false,
});
