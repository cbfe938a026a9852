// A text as JSON, for the piece of an answer that a delta is: short, and hardly ever with anything in it that needs an escape.

/** A longer text is JSON.stringify's: from there on it is as quick. */
const SHORT_CHARS_MAX = 40;

const SPACE = 32;
const QUOTE = 34;
const BACKSLASH = 92;
/** Halves of a character: one without the other needs an escape. */
const SURROGATE_FIRST = 0xd800;
const SURROGATE_LAST = 0xdfff;

/** The same as JSON.stringify, in half the time for the usual delta (bench: chat → Bedrock stream, 2026-11). */
export function quoted(text: string): string {
  if (text.length > SHORT_CHARS_MAX) return JSON.stringify(text);
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isPlain = code >= SPACE && code !== QUOTE && code !== BACKSLASH;
    if (!isPlain || (code >= SURROGATE_FIRST && code <= SURROGATE_LAST)) return JSON.stringify(text);
  }
  return `"${text}"`;
}
