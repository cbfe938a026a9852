// gemini-local: a local Gemini API to test against: generateContent, streams, token counts, models and embeddings.
export type {
  Fault,
  Operation,
  RecordedRequest,
  ScriptEntry,
  ScriptedAnswer,
  ScriptedCall,
  Step,
} from './script.ts';
export { type GeminiLocal, type GeminiLocalOptions, startGeminiLocal } from './server.ts';
