// The JSON in the words of a model that was only asked for JSON: no code fence and no prose around it reaches the client.

/** Reads one text, piece by piece. Prose without JSON, such as a refusal, comes out whole at the end. */
export class JsonText {
  readonly #opener: '{' | '[';
  /** What came before the JSON began, or so far without it. */
  #held = '';
  #depth = 0;
  #state: 'before' | 'inside' | 'after' = 'before';
  #inString = false;
  #escaped = false;

  constructor(opener: '{' | '[') {
    this.#opener = opener;
  }

  /** What of the JSON is in this piece, '' when nothing is. */
  push(piece: string): string {
    if (this.#state === 'after') return '';
    if (this.#state === 'inside') return this.#inside(piece);
    this.#held += piece;
    const start = this.#findStart();
    if (start === undefined) return '';
    const rest = this.#held.slice(start);
    this.#held = '';
    this.#state = 'inside';
    return this.#inside(rest);
  }

  /** The text is over: what it said if that was no JSON. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return this.#state === 'before' ? rest : '';
  }

  /** Where the JSON begins: an object by its brace and what must follow one, since prose has braces too. */
  #findStart(): number | undefined {
    const pattern = this.#opener === '{' ? /\{(?=\s*["}])/ : /\[(?=\s*(?:["{[\]\d-]|true|false|null))/;
    return pattern.exec(this.#held)?.index;
  }

  #inside(piece: string): string {
    for (let i = 0; i < piece.length; i++) {
      const character = piece[i];
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (character === '\\') this.#escaped = true;
        else if (character === '"') this.#inString = false;
      } else if (character === '"') this.#inString = true;
      else if (character === '{' || character === '[') this.#depth++;
      else if (character === '}' || character === ']') {
        this.#depth--;
        if (this.#depth > 0) continue;
        this.#state = 'after';
        return piece.slice(0, i + 1);
      }
    }
    return piece;
  }
}
