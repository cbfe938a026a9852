// Which path a request is for, by its raw target: what decoding or normalising it would do to a model's name is nobody's business.
import type { IncomingMessage } from 'node:http';
import { RouterError } from '../contract/index.ts';
import { type BedrockPath, readBedrockPath } from '../wire/index.ts';

/** The path as on the request line, without the query: that never matters for where a request goes. */
export function requestPath({ url = '' }: Pick<IncomingMessage, 'url'>): string {
  const query = url.indexOf('?');
  const target = query < 0 ? url : url.slice(0, query);
  // A proxy's form of the target names the host too.
  return target.startsWith('/') ? target : target.replace(/^https?:\/\/[^/]*/i, '') || '/';
}

/** Reads a Bedrock path, also below /bedrock. */
export function bedrockPathOf(incoming: Pick<IncomingMessage, 'url'>): BedrockPath | undefined {
  const path = requestPath(incoming);
  return readBedrockPath(path.startsWith('/bedrock/') ? path.slice('/bedrock'.length) : path);
}

/** A name from a path, percent-decoded once: some clients encode all of it, some a part. Throws `invalid-request`. */
export function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new RouterError('invalid-request', 'the model in the path is not well-formed percent-encoding', {
      field: 'modelId',
    });
  }
}
