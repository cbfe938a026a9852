// bedrock-local: a local Amazon Bedrock runtime, as DynamoDB Local is to DynamoDB.
export type { Chunks, StepBody } from '@turnout/core/testing';
export type { CallerRules, LocalApiKey, LocalCredential } from './auth.ts';
export type { LocalModel } from './model.ts';
export type { Fault, RecordedRequest, ScriptEntry, Step } from './script.ts';
export { parseScript, readScript } from './script-file.ts';
export { type BedrockLocal, type BedrockLocalOptions, startBedrockLocal } from './server.ts';
export type { Operation } from './target.ts';
