// Scripts: what the next requests get instead of bedrock-local's own answers.
import type { FrameOptions, LocalEntry, LocalFault, LocalRequest, StepOptions } from '@turnout/core/testing';
import type { ConverseBlock, ConverseUsage } from '@turnout/core/wire';
import type { Operation } from './target.ts';

/** A request as bedrock-local remembers it. */
export type RecordedRequest = LocalRequest<Operation>;

/** What an answer says; what is left out is the own answer's. */
export interface ScriptedAnswer {
  readonly content?: readonly ConverseBlock[] | undefined;
  readonly stopReason?: string | undefined;
  readonly usage?: Partial<ConverseUsage> | undefined;
  readonly trace?: unknown;
  /** The tier that is really used. */
  readonly serviceTier?: string | undefined;
}

/** An error by its AWS name. */
export interface ScriptedError {
  readonly name: string;
  readonly message?: string | undefined;
  readonly status?: number | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** An exception frame, e.g. `throttlingException`; `details` go into its payload. */
export interface ScriptedException {
  readonly name: string;
  readonly message?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** One frame (counted from 0, default 0) has a wrong checksum, of its prelude or (default) of the whole. */
export interface CorruptFault extends Omit<FrameOptions, 'afterFrames'> {
  readonly kind: 'corrupt';
  readonly frame?: number | undefined;
  readonly part?: 'prelude' | 'message' | undefined;
}

export type Fault = LocalFault<ScriptedAnswer, ScriptedError, ScriptedException> | CorruptFault;

export type Step = StepOptions<Operation> & Fault;

/** A step, or a function that makes one of the request; undefined stands for the own answer. */
export type ScriptEntry = LocalEntry<Operation, Step>;

/** What a step says of the answer, whether it ends well or not; what is left out is the own answer's. */
export function scriptedAnswer(step: Step | undefined): ScriptedAnswer {
  if (step?.kind === 'answer') return step;
  return (step && 'answer' in step && step.answer) || {};
}
