// The body of a request: read within a limit, or let run past when it is refused.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** A client that uploads more than this after it was refused is cut off. */
const DRAIN_BYTES_MAX = 64_000_000;

/** The whole body. Rejects with what `tooLarge` makes when it is too long, with an Error when the client leaves. */
export async function readBody(request: IncomingMessage, bytesMax: number, tooLarge: () => Error): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > bytesMax) throw tooLarge();
  const chunks: Buffer[] = [];
  let bytes = 0;
  return new Promise((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > bytesMax) reject(tooLarge());
      else chunks.push(chunk);
    });
    request.once('end', () => resolve(Buffer.concat(chunks)));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the client left')));
  });
}

/** Reads on without keeping anything, so that the client gets to the answer, and lets go of the connection after it. */
export function discard(request: IncomingMessage, response: ServerResponse): void {
  let bytes = 0;
  response.setHeader('connection', 'close');
  request.removeAllListeners('data');
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > DRAIN_BYTES_MAX) request.destroy();
  });
}

/** JSON where it is JSON, else the text. */
export function parseBody(body: Buffer): unknown {
  const text = body.toString();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
