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
export function bedrockPathOf(path: string): BedrockPath | undefined {
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

/** What no URL would change. */
const PLAIN_HOST = /^[a-z0-9._-]+(?::\d{4,5})?$/;

/** Whether a URL can be made of the request line and the Host header: what clients, proxies and we would each read in another way is
 * not guessed at. */
export function isWellFormed({ url = '', headers, httpVersionMajor }: Asked): boolean {
  const query = url.indexOf('?');
  if ((query < 0 ? url : url.slice(0, query)).includes('\\')) return false;
  if (!url.startsWith('/') && url !== '') return httpVersionMajor < 2 && /^https?:/.test(url) && URL.canParse(url);
  const { host } = headers;
  if (host === undefined || host === '') return false;
  if (PLAIN_HOST.test(host)) return true;
  const name = URL.parse(`http://${host}`)?.hostname;
  return name !== undefined && (name.length === host.length || name === host.replace(/:\d+$/, '').toLowerCase());
}

type Asked = Pick<IncomingMessage, 'url' | 'headers' | 'httpVersionMajor'>;
