// What openai-local remembers of each request, for tests to look at.
import type { IncomingMessage } from 'node:http';

export type Operation = 'chat' | 'embeddings' | 'models';

export interface RecordedRequest {
  readonly method: string;
  /** The request target as it came. */
  readonly path: string;
  readonly operation: Operation | undefined;
  /** Of the body; empty where it names none. */
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
export type OpenRecord = { -readonly [K in keyof RecordedRequest]: RecordedRequest[K] };

export function createRecord(request: IncomingMessage): OpenRecord {
  return {
    ...{ method: request.method ?? '', path: request.url ?? '', operation: undefined, model: '' },
    ...{ headers: request.headers, body: undefined, status: 0, aborted: false, finished: false },
  };
}
