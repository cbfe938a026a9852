// The paths of Bedrock's runtime: which operation is asked of which model.

/** The service of a SigV4 scope. */
export const BEDROCK_SERVICE = 'bedrock';

const OPERATIONS = ['converse', 'converse-stream', 'invoke', 'invoke-with-response-stream', 'count-tokens'] as const;
export type BedrockOperation = (typeof OPERATIONS)[number];

export interface BedrockPath {
  readonly operation: BedrockOperation;
  /** As it stands in the path: percent-encoded, wholly or in part. */
  readonly encodedModel: string;
}

const PATH = new RegExp(`^/model/(.+)/(${OPERATIONS.join('|')})$`);

/** Reads `/model/{id}/{operation}`; undefined for any other path. `path` is the raw one of the request line. The id may be an ARN,
 * whose slashes some clients send as `%2F` and some as they are: the last segment decides. */
export function readBedrockPath(path: string): BedrockPath | undefined {
  const match = PATH.exec(path);
  // A signature does not cover empty and dot segments: with and without them a path would be two models.
  if (match === null || /\/\.{0,2}\//.test(path)) return undefined;
  // The cast: the pattern lets through no other word.
  return { encodedModel: match[1] ?? '', operation: match[2] as BedrockOperation };
}
