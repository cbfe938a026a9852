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

/** Whether a server answers with a page for people. */
export const isPage = (contentType: string): boolean => /^text\/html|^application\/xhtml/i.test(contentType.trim());

/** undici reports a body that is given up as an error event, and one that nobody hears ends the process. */
export function close(body: Readable): void {
  body.on('error', () => {}).destroy();
}

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

/** The same as text, without a byte order mark. */
export async function readText(body: AsyncIterable<Uint8Array>, bytesMax: number, cut = false): Promise<string> {
  return new TextDecoder().decode(await readBytes(body, bytesMax, cut));
}
