// What every protocol that is relayed looks out for in an answer.
import type { FinishEvent } from '@turnout/core/contract';
import type { SseWatch } from '@turnout/core/plugin';
import type { ErrorContext } from './error.ts';
import type { ReasoningField } from './lessons.ts';

export interface WatchContext {
  readonly error: ErrorContext;
  /** The client's name of the model. */
  readonly model: string;
  /** The client wants to see the usage of a stream. */
  readonly showsUsage: boolean;
  /** How many answers are asked for at once. */
  readonly choices: number;
  /** Told under which name the server speaks of its reasoning. */
  readonly onReasoning: (field: ReasoningField) => void;
}

/** Looks at one answer as it passes, streamed or whole. */
export interface Watch extends SseWatch {
  /** A whole answer: what goes on of it, and its end. Throws RouterError for what is none. */
  whole(bytes: Buffer): { readonly bytes: Uint8Array; readonly finish: FinishEvent };
}
