// What Bedrock adds to an answer in Anthropic's own form, for clients that know nothing of Bedrock.

const PREFIX = '"amazon-bedrock-';

/** The JSON of an object without the members at its top whose names are Bedrock's; every other byte stays as it is. The text is valid
 * JSON. */
export function withoutOwnMembers(text: string): string {
  if (!text.includes(PREFIX)) return text;
  const members = membersOf(text);
  const kept = members.filter((member) => !member.startsWith(PREFIX));
  return kept.length === members.length ? text : `{${kept.join(',')}}`;
}

/** The members at the top, as they are written. */
function membersOf(text: string): string[] {
  const open = text.indexOf('{');
  const members: string[] = [];
  let depth = 0;
  let start = open + 1;
  for (let at = open; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') at = stringEnd(text, at);
    else if (sign === '{' || sign === '[') depth++;
    else if (sign === '}' || sign === ']') depth--;
    if ((sign === ',' && depth === 1) || depth === 0) {
      members.push(text.slice(start, at).trim());
      start = at + 1;
      if (depth === 0) break;
    }
  }
  return members;
}

/** Of the quote that closes the string which begins at `at`. */
function stringEnd(text: string, at: number): number {
  let end = text.indexOf('"', at + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}
