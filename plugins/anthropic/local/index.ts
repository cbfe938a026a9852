// anthropic-local: a local Anthropic to test against: messages, token counts and models.
export type {
  Fault,
  Operation,
  RecordedRequest,
  ScriptEntry,
  ScriptedAnswer,
  ScriptedCall,
  Step,
} from './script.ts';
export { type AnthropicLocal, type AnthropicLocalOptions, startAnthropicLocal } from './server.ts';
