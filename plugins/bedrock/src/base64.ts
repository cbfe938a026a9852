// Base64 inside a JSON text, decoded where it stands.

const QUOTE = 34;
const EQUALS = 61;
/** Codes below are control characters: those that a JSON text has are white space, and some of them end a line. */
const SPACE = 32;

/** What no letter of base64 is. */
const NONE = 64;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const VALUES = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = LETTERS.indexOf(String.fromCharCode(code));
  return value === -1 ? NONE : value;
});

/** Decodes the base64 that begins at `from` and ends, before `end`, with a quote, into `target` from `at` on: there must be room for as
 * many bytes as it has letters. Returns where the decoded bytes end; -1 when it is not all base64 with its padding, or when there is a
 * control character in what it holds. */
export function decodeBase64(bytes: Uint8Array, from: number, end: number, target: Uint8Array, at: number): number {
  let read = from;
  let write = at;
  for (; read + 4 < end; read += 4) {
    // All indices are inside.
    const first = VALUES[bytes[read] as number] as number;
    const second = VALUES[bytes[read + 1] as number] as number;
    const third = VALUES[bytes[read + 2] as number] as number;
    const fourth = VALUES[bytes[read + 3] as number] as number;
    if ((first | second | third | fourth) >= NONE) break;
    const one = (first << 2) | (second >> 4);
    const two = ((second & 15) << 4) | (third >> 2);
    const three = ((third & 3) << 6) | fourth;
    if (one < SPACE || two < SPACE || three < SPACE) return -1;
    target[write] = one;
    target[write + 1] = two;
    target[write + 2] = three;
    write += 3;
  }
  if (bytes[read] === QUOTE) return write;
  return decodePadded(bytes, read, end, target, write);
}

/** The last four letters, of which one or two are padding. */
function decodePadded(bytes: Uint8Array, read: number, end: number, target: Uint8Array, at: number): number {
  if (read + 4 >= end || bytes[read + 3] !== EQUALS || bytes[read + 4] !== QUOTE) return -1;
  const isOne = bytes[read + 2] === EQUALS;
  const first = VALUES[bytes[read] as number] as number; // inside, as above
  const second = VALUES[bytes[read + 1] as number] as number;
  const third = isOne ? 0 : (VALUES[bytes[read + 2] as number] as number);
  // Bits that are left over must be none.
  const rest = isOne ? second & 15 : third & 3;
  if ((first | second | third) >= NONE || rest !== 0) return -1;
  const one = (first << 2) | (second >> 4);
  const two = ((second & 15) << 4) | (third >> 2);
  if (one < SPACE || (!isOne && two < SPACE)) return -1;
  target[at] = one;
  if (isOne) return at + 1;
  target[at + 1] = two;
  return at + 2;
}
