// The text in the arguments of a function that stands for a tool of free text: `{"input": "…"}`, read as it comes.

const BEGINNING = /^\s*\{\s*"input"\s*:\s*"/;
/** White space may stand in the beginning, but no more than anybody writes: what is longer is not looked at with every piece. */
const BEGINNING_LENGTH_MAX = 256;
const ESCAPES: Readonly<Record<string, string>> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

/** Reads the arguments of one call, piece by piece. What does not begin as expected is held to its end. */
export class FreeText {
  #held = '';
  #state: 'beginning' | 'inside' | 'after' | 'other' = 'beginning';

  /** What of the text is in this piece, '' when nothing is, or not yet. */
  push(piece: string): string {
    if (this.#state === 'after') return '';
    this.#held += piece;
    if (this.#state === 'other') return '';
    if (this.#state === 'beginning') {
      const begun = BEGINNING.exec(this.#held);
      if (begun === null) {
        if (this.#held.length > BEGINNING_LENGTH_MAX) this.#state = 'other';
        return '';
      }
      this.#held = this.#held.slice(begun[0].length);
      this.#state = 'inside';
    }
    return this.#decode();
  }

  /** The arguments are over: what is left to say. */
  end(): string {
    return this.#state === 'beginning' || this.#state === 'other' ? wholeText(this.#held) : '';
  }

  /** Decodes what is complete of the string; half an escape, or half a character, waits for its other half. */
  #decode(): string {
    const text = this.#held;
    let out = '';
    let at = 0;
    while (at < text.length) {
      const character = text[at] ?? '';
      if (character === '"') {
        this.#state = 'after';
        this.#held = '';
        return out;
      }
      if (character !== '\\') {
        out += character;
        at += 1;
        continue;
      }
      const kind = text[at + 1];
      const length = kind === 'u' ? 6 : 2;
      if (kind === undefined || at + length > text.length) break;
      out +=
        kind === 'u' ? String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16)) : (ESCAPES[kind] ?? kind);
      at += length;
    }
    this.#held = text.slice(at);
    if (/[\ud800-\udbff]$/.test(out)) {
      this.#held = escapeLast(out) + this.#held;
      return out.slice(0, -1);
    }
    return out;
  }
}

const escapeLast = (text: string): string => `\\u${text.charCodeAt(text.length - 1).toString(16)}`;

/** Of arguments that hold the text under another name, or are nothing but the text. */
function wholeText(held: string): string {
  try {
    const value: unknown = JSON.parse(held);
    if (typeof value === 'string') return value;
    const texts = typeof value === 'object' && value !== null ? Object.values(value) : [];
    return texts.length === 1 && typeof texts[0] === 'string' ? texts[0] : held;
  } catch {
    return held;
  }
}
