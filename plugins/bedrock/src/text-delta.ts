// The payload of a text delta, read without a JSON parser: nearly every frame of a stream is one, and its form is always
// the same. Whatever deviates in the least is left to JSON.parse.

export interface TextDelta {
  readonly index: number;
  readonly text: string;
}

const HEAD = '{"contentBlockIndex":';
const MIDDLE = ',"delta":{"text":"';
const TAIL = '"},"p":"';
const END = '"}';

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;

/** Index and text of `{"contentBlockIndex":N,"delta":{"text":"…"},"p":"…"}`; undefined for any other form, and for a text
 * with an escape in it. `p` is AWS's padding. */
export function readTextDelta(json: string): TextDelta | undefined {
  if (!json.startsWith(HEAD)) return undefined;
  const digit = json.charCodeAt(HEAD.length) - 48;
  // Blocks beyond the tenth are rare enough for JSON.parse.
  if (digit < 0 || digit > 9 || !json.startsWith(MIDDLE, HEAD.length + 1)) return undefined;
  const start = HEAD.length + 1 + MIDDLE.length;
  const end = plainEnd(json, start);
  if (json.startsWith(TAIL, end)) {
    const padding = end + TAIL.length;
    if (plainEnd(json, padding) !== json.length - END.length || !json.endsWith(END)) return undefined;
  } else if (!json.startsWith('"}}', end) || json.length !== end + 3) return undefined;
  return { index: digit, text: json.slice(start, end) };
}

/** Where a JSON string that begins at `from` ends; -1 when something in it needs a parser. */
function plainEnd(json: string, from: number): number {
  for (let at = from; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH || code < SPACE) return -1;
  }
  return -1;
}
