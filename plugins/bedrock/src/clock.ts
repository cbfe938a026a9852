// The time that requests are signed with: this machine's, corrected by what AWS has said.

/** Less than this is not why a signature is refused: AWS allows 5 minutes. */
const DIFFERENCE_MS_MIN = 60_000;

export class Clock {
  #offsetMs = 0;

  /** What is added to this machine's time. */
  get offsetMs(): number {
    return this.#offsetMs;
  }

  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** Takes over the time of a refusal, its Date header. Whether a request that was signed with `signedOffsetMs` would now be
   * signed otherwise: because of this refusal, or of one that another call has met meanwhile. */
  learn(date: string | string[] | undefined, signedOffsetMs: number): boolean {
    const serverMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
    const offsetMs = serverMs - Date.now();
    if (Math.abs(offsetMs - this.#offsetMs) >= DIFFERENCE_MS_MIN) this.#offsetMs = offsetMs;
    return this.#offsetMs !== signedOffsetMs;
  }
}
