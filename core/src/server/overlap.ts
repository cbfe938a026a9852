// What of the beginning of a continuation the client has already: models that go on with an answer often repeat its last words.

/** A repetition begins at most this far back, in UTF-16 units. */
const REPEAT_LENGTH_MAX = 200;
/** No more than this of a continuation is held back before it is decided what of it is new. */
const HELD_LENGTH_MAX = 400;
/** As much as this, with a word in it, is said twice by accident only. */
const LONG = 16;

/** How a model goes on: from the assistant's words at the end of the conversation, or because the user asks it to. Who is asked repeats
 * the last words, as it is told to; who goes on from the words themselves does not, and what looks like it is most likely the text. */
export type Manner = 'prefill' | 'instruction';

/** What of `said` follows `sent`. Undefined: more of it has to be heard first, never when it is `over`. */
export function newPart(sent: string, said: string, manner: Manner, over: boolean): string | undefined {
  const isOver = over || said.length >= HELD_LENGTH_MAX;
  const words = said.trimStart();
  const shown = sent.trimEnd();
  if (words === '' && !isOver) return undefined;
  for (let at = Math.max(0, shown.length - REPEAT_LENGTH_MAX); at < shown.length; at++) {
    const length = shown.length - at;
    const isRepeated = words.length < length ? shown.startsWith(words, at) : words.startsWith(shown.slice(at));
    if (!isRepeated || !isTelling(shown, at, manner)) continue;
    if (words.length >= length) return behindSpace(sent, words.slice(length), isOver);
    if (!isOver) return undefined;
  }
  return behindSpace(sent, said, true);
}

/** Whether words that stand at the end of `sent`, from `at` on, and come again, are a repetition. */
function isTelling(sent: string, at: number, manner: Manner): boolean {
  if (!HAS_WORD.test(sent.slice(at))) return false;
  if (sent.length - at >= LONG) return true;
  // `book` and then `keeper` share a letter; `bro` and then `brown` is a word begun anew.
  return manner === 'instruction' && WORD.test(sent.charAt(at)) && !WORD.test(sent.charAt(at - 1));
}

const HAS_WORD = /[\p{L}\p{N}]/u;
const WORD = /[\p{L}\p{N}_]/u;

/** White space at the end of what was sent is not shown to the model, which then begins with it, or goes on with it. */
function behindSpace(sent: string, said: string, isOver: boolean): string | undefined {
  const space = sent.slice(sent.trimEnd().length);
  const begun = said.length - said.trimStart().length;
  if (space !== '' && begun === said.length && !isOver) return undefined;
  let length = Math.min(space.length, begun);
  while (length > 0 && !space.endsWith(said.slice(0, length))) length--;
  return said.slice(length);
}
