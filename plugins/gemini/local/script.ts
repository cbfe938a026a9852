// Scripts: what the next requests get instead of gemini-local's own answers.
import type { LocalEntry, LocalFault, LocalRequest, StepOptions } from '@turnout/core/testing';

export type Operation = 'generate' | 'stream' | 'count-tokens' | 'embeddings' | 'models';

/** A request as gemini-local remembers it. */
export type RecordedRequest = LocalRequest<Operation>;

export interface ScriptedCall {
  readonly name: string;
  /** The arguments, an object. Default `{}`. */
  readonly input?: unknown;
  /** Default: one that is made of the request. */
  readonly id?: string | undefined;
}

/** What an answer says; what is left out is the own answer's. */
export interface ScriptedAnswer {
  readonly content?: string | null | undefined;
  readonly toolCalls?: readonly ScriptedCall[] | undefined;
  /** A summary of thoughts in front of the answer. */
  readonly reasoning?: string | undefined;
  /** The parts of the answer as they are, in place of all that. Nothing is signed then. */
  readonly parts?: readonly object[] | undefined;
  readonly finishReason?: string | undefined;
  /** Nothing is answered: the prompt is blocked for this reason. */
  readonly blockReason?: string | undefined;
  /** Members of `usageMetadata`, in Google's names. */
  readonly usage?: Readonly<Record<string, unknown>> | undefined;
  readonly groundingMetadata?: object | undefined;
  /** The name of the model that answers. Default: the request's. */
  readonly model?: string | undefined;
}

/** An error inside a stream: a name of google.rpc.Code. */
export interface ScriptedException {
  readonly status: string;
  readonly message?: string | undefined;
}

/** An error before anything is answered, e.g. with the status `RESOURCE_EXHAUSTED`. */
export interface ScriptedError extends ScriptedException {
  /** HTTP. Default: the one that belongs to the status. */
  readonly code?: number | undefined;
  /** In google.rpc.RetryInfo. */
  readonly retryDelaySeconds?: number | undefined;
  /** In google.rpc.QuotaFailure: `GenerateRequestsPerDayPerProjectPerModel-FreeTier`. */
  readonly quotaId?: string | undefined;
  /** In google.rpc.ErrorInfo: `API_KEY_INVALID`. */
  readonly reason?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export type Fault = LocalFault<ScriptedAnswer, ScriptedError, ScriptedException>;

/** Lists of models and token counts take only steps that name them. */
export type Step = StepOptions<Operation> & Fault;

/** A step, or a function that makes one of the request; undefined stands for the own answer. */
export type ScriptEntry = LocalEntry<Operation, Step>;

/** What a step says of the answer, whether it ends well or not; what is left out is the own answer's. */
export function scriptedAnswer(step: Step | undefined): ScriptedAnswer {
  if (step?.kind === 'answer') return step;
  return (step && 'answer' in step && step.answer) || {};
}
