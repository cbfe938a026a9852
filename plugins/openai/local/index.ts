// openai-local: a local OpenAI to test against: chat completions, embeddings and models.
export type { Chunks, StepBody } from '@turnout/core/testing';
export type { Fault, Operation, RecordedRequest, ScriptEntry, ScriptedAnswer, ScriptedCall, Step } from './script.ts';
export { type OpenaiLocal, type OpenaiLocalOptions, startOpenaiLocal } from './server.ts';
