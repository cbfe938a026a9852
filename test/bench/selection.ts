// What of the bench is asked for by `--only`.

/** The words, without the blanks around them. Without any: everything is meant. */
export const wordsOf = (only = ''): readonly string[] =>
  only
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');

/** Whether a name holds one of the words. */
export const chosenBy = (words: readonly string[], name: string): boolean =>
  words.length === 0 || words.some((word) => name.includes(word));
