// Cuts bytes into the pieces that a script asks for.

/** How the bytes of an answer are cut, each piece a write of its own: byte by byte, in pieces of so many bytes, at these
 * offsets, or at random places that depend on the seed alone. */
export type Chunks = 'every-byte' | number | readonly number[] | { readonly seed: number };

/** The pieces, in order; together they are the bytes. */
export function cutBytes(bytes: Buffer, chunks: Chunks | undefined): Buffer[] {
  const offsets = cutOffsets(bytes.length, chunks);
  const pieces: Buffer[] = [];
  let start = 0;
  for (const offset of [...offsets, bytes.length]) {
    if (offset <= start || offset > bytes.length) continue;
    pieces.push(bytes.subarray(start, offset));
    start = offset;
  }
  return pieces;
}

function cutOffsets(length: number, chunks: Chunks | undefined): number[] {
  if (chunks === undefined) return [];
  if (typeof chunks === 'object' && 'seed' in chunks) return randomOffsets(length, chunks.seed);
  if (typeof chunks === 'object') return [...chunks].sort((a, b) => a - b);
  const size = chunks === 'every-byte' ? 1 : Math.max(1, Math.floor(chunks));
  return Array.from({ length: Math.max(0, Math.ceil(length / size) - 1) }, (_, index) => (index + 1) * size);
}

const RANDOM_PIECE_MAX = 97;

/** Pieces of 1 to 97 bytes. A linear congruential generator, as Numerical Recipes has it: it only has to be the same always. */
function randomOffsets(length: number, seed: number): number[] {
  const offsets: number[] = [];
  let state = seed >>> 0;
  for (let at = 0; ; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    at += 1 + ((state >>> 8) % RANDOM_PIECE_MAX);
    if (at >= length) return offsets;
    offsets.push(at);
  }
}
