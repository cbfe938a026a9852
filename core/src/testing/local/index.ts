// What local vendors (bedrock-local, openai-local, …) are made of.
export { type Chunks, cutBytes } from './chunk.ts';
export { splitJson, splitWords } from './fragment.ts';
export { isObject, isUnset, type JsonObject, objectsIn } from './json-value.ts';
export {
  type Dialect,
  type Playback,
  playBytes,
  playStep,
  playTake,
  splitEvents,
  type Take,
  takeFrom,
  takeJson,
} from './playback.ts';
export type { LocalRequest, OpenRequest } from './record.ts';
export { fillSchema } from './schema-value.ts';
export {
  createScript,
  type FrameOptions,
  type LocalEntry,
  type LocalFault,
  type Script,
  type StepBody,
  type StepOptions,
} from './script.ts';
export { type LocalOptions, type LocalServer, type LocalVendor, startLocal } from './server.ts';
export { findStrictFault } from './strict-schema.ts';
export { type AskedChoice, chooseTools, findMeant, type OfferedTool } from './tool-choice.ts';
