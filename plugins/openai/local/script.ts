// Scripts: what the next requests get instead of openai-local's own answers.
import type { LocalEntry, LocalFault, LocalRequest, StepOptions } from '@turnout/core/testing';

export type Operation = 'chat' | 'responses' | 'embeddings' | 'models';

/** A request as openai-local remembers it. */
export type RecordedRequest = LocalRequest<Operation>;

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

/** An error inside a stream. */
export interface ScriptedException {
  readonly code?: string | undefined;
  readonly message?: string | undefined;
}

/** An error before anything is answered, e.g. with the code `rate_limit_exceeded`. */
export interface ScriptedError extends ScriptedException {
  readonly type?: string | undefined;
  readonly status?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type Fault = LocalFault<ScriptedAnswer, ScriptedError, ScriptedException>;

/** Lists of models take only steps that name them. */
export type Step = StepOptions<Operation> & Fault;

/** A step, or a function that makes one of the request; undefined stands for the own answer. */
export type ScriptEntry = LocalEntry<Operation, Step>;

/** What a step says of the answer, whether it ends well or not; what is left out is the own answer's. */
export function scriptedAnswer(step: Step | undefined): ScriptedAnswer {
  if (step?.kind === 'answer') return step;
  return (step && 'answer' in step && step.answer) || {};
}
