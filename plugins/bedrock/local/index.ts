// bedrock-local: a local Amazon Bedrock runtime, as DynamoDB Local is to DynamoDB.
export type { CallerRules, LocalApiKey, LocalCredential } from './auth.ts';
export type { LocalModel } from './model.ts';
export type { RecordedRequest } from './record.ts';
export type { Chunks, Fault, ScriptEntry, Step, StepBody, StepOptions } from './script.ts';
export { parseScript, readScript } from './script-file.ts';
export { type BedrockLocal, type BedrockLocalOptions, startBedrockLocal } from './server.ts';
export type { Operation } from './target.ts';
