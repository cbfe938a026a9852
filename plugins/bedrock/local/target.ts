// Which operation a request target means.
import { Refusal } from './refusal.ts';

export type Operation = 'converse' | 'converse-stream' | 'invoke' | 'invoke-with-response-stream' | 'count-tokens';

export interface Target {
  readonly operation: Operation;
  /** The model id, decoded once. */
  readonly modelId: string;
}

/** The IAM action of each operation. */
export const ACTIONS: Readonly<Record<Operation, string>> = {
  converse: 'bedrock:InvokeModel',
  'converse-stream': 'bedrock:InvokeModelWithResponseStream',
  invoke: 'bedrock:InvokeModel',
  'invoke-with-response-stream': 'bedrock:InvokeModelWithResponseStream',
  'count-tokens': 'bedrock:CountTokens',
};

export const isStream = (operation: Operation): boolean =>
  operation === 'converse-stream' || operation === 'invoke-with-response-stream';

const PATH = /^\/model\/([^/]+)\/(converse|converse-stream|invoke|invoke-with-response-stream|count-tokens)(?:\?|$)/;
const MODEL_ID_MAX = 2048;

/** Throws Refusal for a target that is no operation. The model id is one path segment: `/` inside it comes as `%2F`. */
export function parseTarget(method: string | undefined, target: string): Target {
  const [, segment, operation] = PATH.exec(target) ?? [];
  if (method !== 'POST' || segment === undefined || operation === undefined) throw unknownOperation();
  let modelId: string;
  try {
    modelId = decodeURIComponent(segment);
  } catch {
    throw unknownOperation();
  }
  if (modelId.length > MODEL_ID_MAX)
    throw new Refusal('ValidationException', 'The provided model identifier is invalid.');
  return { operation: operation as Operation, modelId }; // the pattern lists the operations
}

const unknownOperation = (): Refusal =>
  new Refusal('UnknownOperationException', 'The requested operation is not recognized by the service.', {
    origin: 'front',
  });
