// What a model name may look like: it ends up in URLs, logs and headers.

const CHARACTERS_MAX = 512;
const CONTEXT_SUFFIX = /\[\d+[km]\]$/;

/** Says in one sentence what is wrong with a name; undefined when nothing is. */
export function modelNameFault(name: string): string | undefined {
  if (name === '') return 'a model name cannot be empty';
  if (name.length > CHARACTERS_MAX) return `a model name has at most ${CHARACTERS_MAX} characters`;
  if (!/^[ -~]*$/.test(name)) return 'a model name has printable ASCII characters only';
  if (/\.\.|[\\?#]/.test(name)) return 'a model name cannot contain "..", "\\", "?" or "#"';
  return undefined;
}

/** `claude[1m]` → `claude`: a client's wish for a context size is no part of the name. */
export const withoutContextSuffix = (name: string): string => name.replace(CONTEXT_SUFFIX, '');
