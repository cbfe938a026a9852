// openai-local: a local OpenAI to test against: chat completions, embeddings and models.
export type { Operation, RecordedRequest } from './record.ts';
export type {
  Chunks,
  Fault,
  ScriptEntry,
  ScriptedAnswer,
  ScriptedCall,
  Step,
  StepBody,
  StepOptions,
} from './script.ts';
export { type OpenaiLocal, type OpenaiLocalOptions, startOpenaiLocal } from './server.ts';
