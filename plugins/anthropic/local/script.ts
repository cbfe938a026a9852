// Scripts: what the next requests get instead of anthropic-local's own answers.
import type { LocalEntry, LocalFault, LocalRequest, StepOptions } from '@turnout/core/testing';

export type Operation = 'messages' | 'count' | 'models';

/** A request as anthropic-local remembers it. */
export type RecordedRequest = LocalRequest<Operation>;

export interface ScriptedCall {
  readonly name: string;
  /** Default `{}`. */
  readonly input?: unknown;
  /** Default: one that is made of the request. */
  readonly id?: string | undefined;
}

/** What an answer says; what is left out is the own answer's. */
export interface ScriptedAnswer {
  readonly text?: string | undefined;
  readonly toolCalls?: readonly ScriptedCall[] | undefined;
  /** Thinking in front of the answer. */
  readonly thinking?: string | undefined;
  /** The whole content, in Anthropic's own blocks. */
  readonly content?: readonly Readonly<Record<string, unknown>>[] | undefined;
  readonly stopReason?: string | undefined;
  readonly stopSequence?: string | undefined;
  /** Members of `usage`, in Anthropic's names. */
  readonly usage?: Readonly<Record<string, unknown>> | undefined;
  /** The name of the model that answers. Default: the request's. */
  readonly model?: string | undefined;
}

/** An error inside a stream. Default `overloaded_error`. */
export interface ScriptedException {
  readonly type?: string | undefined;
  readonly message?: string | undefined;
}

/** An error before anything is answered. */
export interface ScriptedError extends ScriptedException {
  readonly status?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type Fault = LocalFault<ScriptedAnswer, ScriptedError, ScriptedException>;

/** Counts and lists of models take only steps that name them. */
export type Step = StepOptions<Operation> & Fault;

/** A step, or a function that makes one of the request; undefined stands for the own answer. */
export type ScriptEntry = LocalEntry<Operation, Step>;

/** What a step says of the answer, whether it ends well or not; what is left out is the own answer's. */
export function scriptedAnswer(step: Step | undefined): ScriptedAnswer {
  if (step?.kind === 'answer') return step;
  return (step && 'answer' in step && step.answer) || {};
}
