// The time that requests are signed with: this machine's, corrected by what AWS has said.

/** Less than this is not why a signature is refused: AWS allows 5 minutes. */
const DIFFERENCE_MS_MIN = 60_000;

export class Clock {
  #offsetMs = 0;

  now(): Date {
    return new Date(Date.now() + this.#offsetMs);
  }

  /** Takes over the time of an answer, its Date header. False when there is none, or when it was right already. */
  learn(date: string | string[] | undefined): boolean {
    const serverMs = typeof date === 'string' ? Date.parse(date) : Number.NaN;
    const offsetMs = serverMs - Date.now();
    if (!(Math.abs(offsetMs - this.#offsetMs) >= DIFFERENCE_MS_MIN)) return false;
    this.#offsetMs = offsetMs;
    return true;
  }
}
