// The name of the model in an answer's JSON, exchanged in place: every other byte stays as it is.

const QUOTE = 34;
const BACKSLASH = 92;

/** The text with the string value of its member `model` replaced; the same text when it has none. `within`: the member of the top
 * object whose member it is. The text is valid JSON, an object at the top. */
export function replaceModel(text: string, model: string, within?: string): string {
  const top = afterSpace(text, 0);
  const holder = within === undefined ? { start: top } : findMember(text, top, within);
  if (holder === undefined || text[holder.start] !== '{') return text;
  const found = findMember(text, holder.start, 'model');
  if (found === undefined || text.charCodeAt(found.start) !== QUOTE) return text;
  return text.slice(0, found.start) + JSON.stringify(model) + text.slice(stringEnd(text, found.start));
}

/** Where the value of a member begins, for the object that begins at `open`; members of its members are passed over. */
function findMember(text: string, open: number, name: string): { readonly start: number } | undefined {
  const key = JSON.stringify(name);
  let depth = 0;
  for (let at = open; at < text.length; at++) {
    const sign = text[at];
    if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') {
      depth--;
      if (depth === 0) return undefined;
    } else if (sign === '"') {
      const end = stringEnd(text, at);
      const colon = depth === 1 ? afterSpace(text, end) : -1;
      if (text[colon] === ':' && text.startsWith(key, at) && end === at + key.length) {
        return { start: afterSpace(text, colon + 1) };
      }
      at = end - 1;
    }
  }
  return undefined;
}

/** Behind the string that begins at `at`. */
function stringEnd(text: string, at: number): number {
  for (let i = at + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  return text.length;
}

function afterSpace(text: string, at: number): number {
  let i = at;
  while (text.charCodeAt(i) <= 32) i++;
  return i;
}
