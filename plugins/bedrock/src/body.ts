// The body of an answer, whole and with a limit.
import { RouterError } from '@turnout/core/contract';

/** A body up to a limit. Beyond it: cut there with `cut`, else RouterError `upstream-failed`. */
export async function readBytes(body: AsyncIterable<Uint8Array>, bytesMax: number, cut = false): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      if (cut) break;
      throw new RouterError('upstream-failed', `the answer is longer than ${bytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && Buffer.isBuffer(chunks[0]) ? chunks[0] : Buffer.concat(chunks);
}
