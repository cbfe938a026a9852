// How answers are cut into the pieces of a stream, and how AWS pads them.
const WORDS_PER_PIECE = 3;
const JSON_CHARACTERS_PER_PIECE = 12;

/** A text in pieces of a few words; none for an empty text. */
export function splitWords(text: string): string[] {
  const words = text.match(/\s*\S+\s*/g) ?? (text === '' ? [] : [text]);
  const pieces: string[] = [];
  for (let at = 0; at < words.length; at += WORDS_PER_PIECE)
    pieces.push(words.slice(at, at + WORDS_PER_PIECE).join(''));
  return pieces;
}

/** A tool's input as JSON, in pieces that are no JSON by themselves. An empty object has no piece, as with Claude. */
export function splitInput(input: unknown): string[] {
  const text = JSON.stringify(input) ?? '';
  if (text === '{}') return [];
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += JSON_CHARACTERS_PER_PIECE) {
    pieces.push(text.slice(at, at + JSON_CHARACTERS_PER_PIECE));
  }
  return pieces;
}

const PADDING = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** The `p` that AWS puts into each frame so that sizes tell nothing. Ours depends on the frame's place alone. */
export const padding = (index: number): string => PADDING.slice(0, 2 + ((index * 37) % (PADDING.length - 1)));
