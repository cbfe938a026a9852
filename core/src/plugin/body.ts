// The body of an answer: unpacked where a server packs it unasked, and read whole within a limit.
import { Readable } from 'node:stream';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import { RouterError, type UpstreamBody } from '../contract/index.ts';

const UNPACKERS: Readonly<Record<string, () => ReturnType<typeof createGunzip>>> = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
};

/** The bytes as they were meant. Ending the result ends the body. Throws RouterError for a packing that is not known. */
export function unpacked(body: UpstreamBody, encoding: string | undefined): UpstreamBody {
  const packing = (encoding ?? 'identity').trim().toLowerCase();
  if (packing === 'identity' || packing === '') return body;
  const unpacker = Object.hasOwn(UNPACKERS, packing) ? UNPACKERS[packing]?.() : undefined;
  if (unpacker === undefined) {
    body.destroy();
    throw new RouterError('upstream-failed', 'the answer is packed in a way that is not known');
  }
  const packed = Readable.from(body);
  packed.on('error', (error) => unpacker.destroy(error));
  // Nobody may be reading yet: it is told to the reader who comes, and must not end the process.
  unpacker.on('error', () => {});
  unpacker.on('close', () => packed.destroy());
  return packed.pipe(unpacker);
}

/** Whether a server answers with a page for people. */
export const isPage = (contentType: string): boolean => /^text\/html|^application\/xhtml/i.test(contentType.trim());

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
