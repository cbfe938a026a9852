// The payload of a text delta, read without a JSON parser: nearly every frame of a stream is one, and its form is always
// the same. Whatever deviates in the least is left to JSON.parse.

import { blockOf, type Frame, standsAt } from '@turnout/core/wire';

type Payload = Pick<Frame, 'bytes' | 'view' | 'start' | 'end'>;

export interface TextDelta {
  readonly index: number;
  readonly text: string;
}

const HEAD = blockOf('{"contentBlockIndex":');
const MIDDLE = blockOf(',"delta":{"text":"');
const TAIL = blockOf('"},"p":"');
const END = blockOf('"}');
const PLAIN_END = blockOf('"}}');

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const ZERO = 48;
const NINE = 57;

/** Index and text of a payload `{"contentBlockIndex":N,"delta":{"text":"…"},"p":"…"}`; undefined for any other form, and for a text
 * with an escape in it. `p` is AWS's padding. Where it stands: to make a text of all of it first would cost as much as all that is done
 * here. A word that reaches beyond the payload is found wrong by what has to follow it. */
export function readTextDelta({ bytes, view, start, end }: Payload): TextDelta | undefined {
  const digitAt = start + HEAD.byteLength;
  const textAt = digitAt + 1 + MIDDLE.byteLength;
  if (textAt >= end || !standsAt(view, start, HEAD) || !standsAt(view, digitAt + 1, MIDDLE)) return undefined;
  const digit = view.getUint8(digitAt);
  // Blocks beyond the tenth are rare enough for JSON.parse.
  if (digit < ZERO || digit > NINE) return undefined;
  const textEnd = plainEnd(bytes, textAt, end);
  if (standsAt(view, textEnd, TAIL)) {
    const paddingEnd = plainEnd(bytes, textEnd + TAIL.byteLength, end);
    if (paddingEnd !== end - END.byteLength || !standsAt(view, paddingEnd, END)) return undefined;
  } else if (textEnd !== end - PLAIN_END.byteLength || !standsAt(view, textEnd, PLAIN_END)) return undefined;
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
