// The JSON in the words of a model that was only asked for JSON: no code fence and no prose around it reaches the client.

export type Opener = '{' | '[';

/** Reads one text, piece by piece.
 * - A text that begins with the wanted value, or with a code fence around it, is read as it comes: that value is the
 *   answer, and what follows is left out.
 * - Any other is held to its end. Then the last complete value of the wanted kind is the answer, if it parses and stands
 *   in no other value; without one, a value that was cut off.
 * - Where a list of objects comes first and an object is wanted, no piece is cut out of it: the text stays as it is, as
 *   does prose without JSON, such as a refusal. */
export class JsonText {
  readonly #opener: Opener;
  /** What came while the beginning was not clear, and all of a text that does not begin with the value. */
  #held: string[] = [];
  readonly #brackets = new Brackets();
  #state: 'beginning' | 'prose' | 'inside' | 'after' = 'beginning';

  constructor(opener: Opener) {
    this.#opener = opener;
  }

  /** What of the JSON is in this piece, '' when nothing is, or not yet. */
  push(piece: string): string {
    if (this.#state === 'after') return '';
    if (this.#state === 'inside') return this.#inside(piece);
    this.#held.push(piece);
    return this.#state === 'prose' ? '' : this.#begin(this.#held.join(''));
  }

  /** The text is over: what is left to say. */
  end(): string {
    const text = this.#held.join('');
    this.#held = [];
    return this.#state === 'inside' || this.#state === 'after' ? '' : pickJson(text, this.#opener);
  }

  #begin(text: string): string {
    const start = BEGINNING.exec(text)?.[0].length ?? 0;
    if (beginsValue(text, start, this.#opener)) {
      this.#held = [];
      this.#state = 'inside';
      return this.#inside(text.slice(start));
    }
    const clear = text.length > BEGINNING_LENGTH_MAX || !UNCLEAR.test(text.slice(start));
    if (clear) this.#state = 'prose';
    return '';
  }

  #inside(piece: string): string {
    const end = this.#brackets.findEnd(piece, 0);
    if (end !== undefined) this.#state = 'after';
    return piece.slice(0, end);
  }
}

/** Reads one value, piece by piece, by its brackets alone; those in strings count for nothing. */
class Brackets {
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** Behind the bracket that closes the value; undefined when this piece has none. */
  findEnd(piece: string, start: number): number | undefined {
    for (let i = start; i < piece.length; i++) {
      const character = piece[i];
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (character === '\\') this.#escaped = true;
        else if (character === '"') this.#inString = false;
      } else if (character === '"') this.#inString = true;
      else if (character === '{' || character === '[') this.#depth++;
      else if (character === '}' || character === ']') {
        this.#depth--;
        if (this.#depth <= 0) return i + 1;
      }
    }
    return undefined;
  }
}

/** White space and a code fence may stand before the value. */
const BEGINNING = /^\s*(?:```[\w-]*\s*)?/;
/** What more words could still turn into a fence or a value. */
const UNCLEAR = /^(?:`{0,2}|[{[]\s*)$/;
const BEGINNING_LENGTH_MAX = 256;

/** An opener counts with what must follow one, since prose has braces and brackets too. */
const VALUES: Readonly<Record<Opener, RegExp>> = {
  '{': /\{\s*["}]/y,
  '[': /\[\s*(?:["{[\]\d-]|true|false|null)/y,
};

function beginsValue(text: string, at: number, opener: Opener): boolean {
  const pattern = VALUES[opener];
  pattern.lastIndex = at;
  return pattern.test(text);
}

/** A text of nothing but openers would be read from each of them to its end: this many times its length is enough. */
const READS_MAX = 16;

/** The wanted value of a whole text, or the text. */
function pickJson(text: string, opener: Opener): string {
  let wanted: string | undefined;
  let cutOff: string | undefined;
  let first = true;
  let left = READS_MAX * text.length;
  const openers = /[{[]/g;
  for (let match = openers.exec(text); match !== null && left > 0; match = openers.exec(text)) {
    const at = match.index;
    const kind: Opener = match[0] === '{' ? '{' : '[';
    if (!beginsValue(text, at, kind)) continue;
    const end = new Brackets().findEnd(text, at);
    left -= (end ?? text.length) - at;
    if (end === undefined) {
      if (kind === opener) cutOff ??= text.slice(at);
      continue;
    }
    const value = text.slice(at, end);
    const parsed = parse(value);
    if (parsed === undefined) continue;
    if (first && opener === '{' && Array.isArray(parsed) && parsed.some(isRecord)) return text;
    first = false;
    if (kind === opener) wanted = value;
    openers.lastIndex = end;
  }
  return wanted ?? cutOff ?? text;
}

const isRecord = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
