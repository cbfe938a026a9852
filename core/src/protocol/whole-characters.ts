// Characters that a server has cut in two: a delta with half of one is no text to a client that is not written in JavaScript. Rust's
// JSON readers refuse it (Codex), and Python's cannot print it.

/** The texts of one block, piece by piece. */
export class WholeCharacters {
  #half = '';

  /** What is whole of the texts so far; half a character waits for its other half. */
  take(text: string): string {
    if (text === '') return '';
    const last = text.charCodeAt(text.length - 1);
    const isCut = last >= 0xd800 && last <= 0xdbff;
    if (!isCut && this.#half === '') return text;
    const all = this.#half + text;
    this.#half = isCut ? all.slice(-1) : '';
    return isCut ? all.slice(0, -1) : all;
  }

  /** The block is over: what stands for a half that stayed one, '' for none. */
  end(): string {
    const rest = this.#half === '' ? '' : '\ufffd';
    this.#half = '';
    return rest;
  }
}
