// Chance that can be repeated: everything random in the fuzz, chaos and soak runs comes from a seed through here.

/** A stream of numbers that depends on its seed alone. */
export class Random {
  #state: number;

  /** `labels` make streams of one seed that have nothing to do with each other. */
  constructor(seed: number, ...labels: readonly (string | number)[]) {
    let state = seed >>> 0;
    for (const label of labels) {
      for (const letter of `${label}/`) state = Math.imul(state ^ letter.charCodeAt(0), 0x01000193) >>> 0;
    }
    this.#state = state;
    // Neighbouring seeds begin alike.
    for (let n = 0; n < 4; n++) this.#next();
  }

  /** A whole number from 0 to `below` - 1. */
  integer(below: number): number {
    return Math.floor((this.#next() / 2 ** 32) * below);
  }

  /** A whole number from `min` to `max`. */
  between(min: number, max: number): number {
    return min + this.integer(max - min + 1);
  }

  /** True so often of one. */
  chance(share: number): boolean {
    return this.#next() / 2 ** 32 < share;
  }

  /** One of them; throws for none. */
  pick<T>(from: readonly T[]): T {
    if (from.length === 0) throw new Error('nothing to pick from');
    return from[this.integer(from.length)] as T; // the index is inside
  }

  /** mulberry32: 32 bits of state are enough for what is no secret. */
  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
}
