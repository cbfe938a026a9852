// The body of an answer: unpacked where a server packs it unasked, and read whole within a limit.
import type { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { RouterError } from '../contract/index.ts';

const UNPACKERS: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** The bytes as they were meant. Ending the result ends the body. Throws RouterError for a packing that is not known. */
export function unpacked(body: Readable, encoding: string | undefined): Readable {
  const packing = (encoding ?? 'identity').trim().toLowerCase();
  if (packing === 'identity' || packing === '') return body;
  const unpacker = Object.hasOwn(UNPACKERS, packing) ? UNPACKERS[packing]?.() : undefined;
  if (unpacker === undefined) {
    close(body);
    throw new RouterError('upstream-failed', 'the answer is packed in a way that is not known');
  }
  body.on('error', (error) => unpacker.destroy(error));
  unpacker.on('close', () => close(body));
  return body.pipe(unpacker);
}

/** undici reports a body that is given up as an error event, and one that nobody hears ends the process. */
export function close(body: Readable): void {
  body.on('error', () => {}).destroy();
}

/** A body up to a limit. Beyond it: cut there with `cut`, else RouterError `upstream-failed`. */
export async function readText(body: Readable, bytesMax: number, cut = false): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // A stream of bytes gives chunks of bytes.
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      if (cut) break;
      throw new RouterError('upstream-failed', `the answer is longer than ${bytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return new TextDecoder().decode(Buffer.concat(chunks));
}
