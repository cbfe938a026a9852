// What bedrock-local remembers of each request, for tests to look at.
import type { IncomingMessage } from 'node:http';
import type { Operation } from './target.ts';

export interface RecordedRequest {
  readonly method: string;
  /** The request target as it came. */
  readonly path: string;
  /** Decoded. Empty when the target was no operation. */
  readonly modelId: string;
  readonly operation: Operation | undefined;
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
export type OpenRecord = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

export function createRecord(request: IncomingMessage): OpenRecord {
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    modelId: '',
    operation: undefined,
    headers: request.headers,
    body: undefined,
    status: 0,
    aborted: false,
    finished: false,
  };
}
