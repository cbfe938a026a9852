// The payload of a text delta, read without a JSON parser: nearly every frame of a stream is one, and its form is always
// the same. Whatever deviates in the least is left to JSON.parse.

export interface TextDelta {
  readonly index: number;
  readonly text: string;
}

const HEAD = Buffer.from('{"contentBlockIndex":');
const MIDDLE = Buffer.from(',"delta":{"text":"');
const TAIL = Buffer.from('"},"p":"');
const END = Buffer.from('"}');
const PLAIN_END = Buffer.from('"}}');

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const ZERO = 48;
const NINE = 57;

/** Index and text of `{"contentBlockIndex":N,"delta":{"text":"…"},"p":"…"}`, from its bytes between `start` and `end`; undefined for any
 * other form, and for a text with an escape in it. `p` is AWS's padding. Byte by byte: to make a text of all of it first would cost as
 * much as all that is done here. */
export function readTextDelta(bytes: Buffer, start: number, end: number): TextDelta | undefined {
  const digitAt = start + HEAD.length;
  const textAt = digitAt + 1 + MIDDLE.length;
  if (textAt >= end || !isAt(HEAD, bytes, start) || !isAt(MIDDLE, bytes, digitAt + 1)) return undefined;
  const digit = bytes[digitAt] as number; // it is inside
  // Blocks beyond the tenth are rare enough for JSON.parse.
  if (digit < ZERO || digit > NINE) return undefined;
  const textEnd = plainEnd(bytes, textAt, end);
  if (isAt(TAIL, bytes, textEnd)) {
    const paddingEnd = plainEnd(bytes, textEnd + TAIL.length, end);
    if (paddingEnd !== end - END.length || !isAt(END, bytes, paddingEnd)) return undefined;
  } else if (textEnd !== end - PLAIN_END.length || !isAt(PLAIN_END, bytes, textEnd)) return undefined;
  return { index: digit - ZERO, text: bytes.toString('utf8', textAt, textEnd) };
}

/** Where a JSON string that begins at `from` ends; `end` when something in it needs a parser, or nothing ends it. */
function plainEnd(bytes: Buffer, from: number, end: number): number {
  for (let at = from; at < end; at++) {
    const code = bytes[at] as number; // it is inside
    if (code === QUOTE) return at;
    if (code === BACKSLASH || code < SPACE) return end;
  }
  return end;
}

/** Whether the word stands there. Where it would reach beyond the payload, what comes after it in a payload is missing, and is asked for. */
function isAt(word: Buffer, bytes: Buffer, from: number): boolean {
  for (let at = 0; at < word.length; at++) if (bytes[from + at] !== word[at]) return false;
  return true;
}
