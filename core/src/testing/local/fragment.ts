// How the text of an answer is cut into the pieces of a stream.
const WORDS_PER_PIECE = 3;
const CHARACTERS_PER_PIECE = 12;

/** A text in pieces of a few words; none for an empty text. */
export function splitWords(text: string): string[] {
  const words = text.match(/\s*\S+\s*/g) ?? (text === '' ? [] : [text]);
  const pieces: string[] = [];
  for (let at = 0; at < words.length; at += WORDS_PER_PIECE)
    pieces.push(words.slice(at, at + WORDS_PER_PIECE).join(''));
  return pieces;
}

/** The JSON of a call's arguments in pieces that are no JSON by themselves; none for an empty text. */
export function splitJson(text: string): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < text.length; at += CHARACTERS_PER_PIECE) pieces.push(text.slice(at, at + CHARACTERS_PER_PIECE));
  return pieces;
}
