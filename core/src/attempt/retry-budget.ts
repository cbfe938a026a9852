// How many retries a provider may be given: when all of it fails, trying everything again only makes that worse.

/** Each first try earns this much of a retry … */
const EARNED = 0.2;
/** … and each second this many, so that a router with little to do may always retry. */
const EARNED_PER_S = 10;
/** What can be saved for a bad moment. */
const SAVED_MAX = 100;

/** As Finagle's and Envoy's: in the long run a fifth of the calls, and ten a second. Falling over to another target is no retry. */
export class RetryBudget {
  #saved = SAVED_MAX;
  #spentMs = 0;

  /** A target was asked for the first time in a request. */
  earn(): void {
    this.#saved = Math.min(SAVED_MAX, this.#saved + EARNED);
  }

  /** Takes one retry. False: there is none left for now. */
  spend(nowMs: number): boolean {
    this.#saved = Math.min(SAVED_MAX, this.#saved + ((nowMs - this.#spentMs) / 1_000) * EARNED_PER_S);
    this.#spentMs = nowMs;
    if (this.#saved < 1) return false;
    this.#saved--;
    return true;
  }
}
