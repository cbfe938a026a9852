// What has been used within the last minute, kept as sums of short slots.

/** A slot leaves the window as a whole, and only when all of it is older than a minute. */
const SLOT_MS = 250;
const MINUTE_MS = 60_000;
const SLOTS = MINUTE_MS / SLOT_MS + 1;

/** In any 60 seconds no more is taken than the limit: a token bucket would let through twice as much (what is in it, and what flows
 * in meanwhile), and a count by the clock's minutes twice as much at their edge. What is used is free again after at least 60 and less
 * than 60.25 seconds. Constant in size; all times are of one clock that does not go back. */
export class SlidingMinute {
  readonly #slots = new Float64Array(SLOTS);
  /** The newest slot, counted from the clock's zero. */
  #newest = 0;
  #used = 0;

  used(nowMs: number): number {
    this.#advance(nowMs);
    return this.#used;
  }

  /** Returns the slot in which it is counted, for `amend`. */
  add(nowMs: number, amount: number): number {
    this.#advance(nowMs);
    this.#put(this.#newest, amount);
    return this.#newest;
  }

  /** Counts `difference` more, or less, for what was added to a slot. Once that has left the window, there is nothing to give back, and
   * what is more counts from now. */
  amend(nowMs: number, slot: number, difference: number): void {
    this.#advance(nowMs);
    if (slot > this.#newest - SLOTS) this.#put(slot, difference);
    else if (difference > 0) this.#put(this.#newest, difference);
  }

  /** How long until no more than `rest` is used. */
  untilMs(nowMs: number, rest: number): number {
    this.#advance(nowMs);
    let used = this.#used;
    for (let slot = this.#newest - SLOTS + 1; slot <= this.#newest; slot++) {
      if (used <= rest) return Math.max(0, (slot - 1 + SLOTS) * SLOT_MS - nowMs);
      used -= this.#slots[slot % SLOTS] ?? 0;
    }
    return (this.#newest + SLOTS) * SLOT_MS - nowMs;
  }

  /** How long until nothing is used, if nothing more is. */
  untilEmptyMs(nowMs: number): number {
    this.#advance(nowMs);
    // From the newest: while it is used at all, that is where something is.
    for (let slot = this.#newest; this.#used > 0 && slot > this.#newest - SLOTS; slot--) {
      if ((this.#slots[slot % SLOTS] ?? 0) > 0) return (slot + SLOTS) * SLOT_MS - nowMs;
    }
    return 0;
  }

  #put(slot: number, amount: number): void {
    const place = slot % SLOTS;
    this.#slots[place] = (this.#slots[place] ?? 0) + amount;
    this.#used += amount;
  }

  #advance(nowMs: number): void {
    const now = Math.floor(nowMs / SLOT_MS);
    if (now - this.#newest >= SLOTS) {
      this.#slots.fill(0);
      this.#used = 0;
      this.#newest = now;
    }
    while (this.#newest < now) {
      this.#newest++;
      this.#put(this.#newest, -(this.#slots[this.#newest % SLOTS] ?? 0));
    }
  }
}
