// How many requests still use something that is to be put away.

export class Users {
  #count = 0;
  #waiting: (() => void)[] = [];

  enter(): void {
    this.#count++;
  }

  /** Once for each `enter`. */
  leave(): void {
    this.#count--;
    if (this.#count > 0) return;
    for (const resume of this.#waiting.splice(0)) resume();
  }

  /** Resolves when nobody is there. */
  idle(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((done) => this.#waiting.push(done));
  }
}
