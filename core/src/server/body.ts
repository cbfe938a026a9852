// A request's body: read to a limit, parsed once.
import type { IncomingMessage } from 'node:http';
import { RouterError } from '../contract/index.ts';
import { parseExact } from '../plugin/json.ts';

/** What all bodies that are being read may hold together. A connection over HTTP/2 may send hundreds at a time, each up to its limit. */
const ALL_BYTES_MAX = 512 * 1024 * 1024;

/** Of this process. */
let heldBytes = 0;

/** Reads a body of at most `bytesMax` bytes. Throws `invalid-request` (413 when it is too large), `overloaded` when too much is being
 * read at a time, and `cancelled` for one that was never complete. */
export async function readBody(
  incoming: IncomingMessage,
  bytesMax: number,
  allBytesMax: number = ALL_BYTES_MAX,
): Promise<Buffer> {
  const encoding = incoming.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    throw new RouterError('invalid-request', `a body with content-encoding ${encoding.slice(0, 32)} is not read`, {
      status: 415,
    });
  }
  if (Number(incoming.headers['content-length']) > bytesMax) throw tooLarge(bytesMax);
  const chunks: Buffer[] = [];
  let bytes = 0;
  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    heldBytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(bytesMax);
    if (heldBytes > allBytesMax) {
      throw new RouterError('overloaded', 'too many large bodies are being sent at a time', {
        retryAfterMs: 1_000,
        own: true,
      });
    }
    chunks.push(chunk);
  };
  try {
    await readAll(incoming, take);
  } finally {
    heldBytes -= bytes;
  }
  const [only] = chunks;
  return only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks);
}

/** Reads to the end, or until `take` throws. By its events: an iterator over a stream costs a small request more than the parsing of
 * its body. */
function readAll(incoming: IncomingMessage, take: (chunk: Buffer) => void): Promise<void> {
  return new Promise((done, refuse) => {
    let isOver = false;
    const end = () => {
      isOver = true;
      done();
    };
    // Every request closes in the end; an error is made for one that was cut off, since its stack is dear.
    const leave = (cause?: Error) => {
      if (isOver) return;
      isOver = true;
      refuse(new RouterError('cancelled', 'the client left before its request was complete', { cause }));
    };
    const read = (chunk: Buffer) => {
      try {
        take(chunk);
      } catch (error) {
        incoming.off('data', read).pause();
        refuse(error);
      }
    };
    if (incoming.destroyed) leave();
    incoming.on('data', read).once('end', end).once('error', leave).once('close', leave);
  });
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

/** The error for a body that is longer than it may be. */
export function tooLarge(bytesMax: number): RouterError {
  return new RouterError('invalid-request', `the body is larger than ${bytesMax} bytes`, { status: 413 });
}
