// A request's body: read to a limit, parsed once.
import type { IncomingMessage } from 'node:http';
import { RouterError } from '../contract/index.ts';
import { parseExact } from '../plugin/json.ts';

/** Reads a body of at most `bytesMax` bytes. Throws `invalid-request` (413 when it is too large), and `cancelled` for one that
 * was never complete. */
export async function readBody(incoming: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const encoding = incoming.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new RouterError('invalid-request', `a body with content-encoding ${encoding.slice(0, 32)} is not read`, {
      status: 415,
    });
  }
  if (Number(incoming.headers['content-length']) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > bytesMax) throw tooLarge(bytesMax);
      chunks.push(chunk);
    }
  } catch (error) {
    if (RouterError.is(error)) throw error;
    throw new RouterError('cancelled', 'the client left before its request was complete', { cause: error });
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

/** Parses a JSON body; numbers that a double cannot hold (ids in a call's input, bounds of a schema) leave again as they came. Throws
 * `invalid-request`. */
export function parseJson(bytes: Buffer): unknown {
  const body = bytes.toString('utf8');
  try {
    // Some clients put a byte order mark first.
    return parseExact(body.charCodeAt(0) === 0xfeff ? body.slice(1) : body);
  } catch (error) {
    // The parser's message quotes the body, and a body holds prompts.
    const position = /position \d+( \(line \d+ column \d+\))?/.exec(error instanceof Error ? error.message : '')?.[0];
    throw new RouterError('invalid-request', `the body is not valid JSON${position ? `: wrong at ${position}` : ''}`);
  }
}

function tooLarge(bytesMax: number): RouterError {
  return new RouterError('invalid-request', `the body is larger than ${bytesMax} bytes`, { status: 413 });
}
