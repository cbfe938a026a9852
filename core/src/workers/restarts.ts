// When a worker that has ended is replaced: at once, unless it keeps happening.

const MINUTE_MS = 60_000;
const PAUSE_MS = 100;
const PAUSE_MS_MAX = 10_000;
/** So many that did not come to serve within a minute, while nobody serves, and there is no hope. */
const FAILURES_MAX = 5;

export class Restarts {
  #endings: number[] = [];
  #failures: number[] = [];

  /** Notes that one has ended, and says how long to wait before the next: the first of a minute is replaced at once. */
  ended(nowMs: number): number {
    this.#endings = [...this.#endings.filter((atMs) => atMs > nowMs - MINUTE_MS), nowMs];
    const others = this.#endings.length - 1;
    return others === 0 ? 0 : Math.min(PAUSE_MS_MAX, PAUSE_MS * 2 ** (others - 1));
  }

  /** Notes that one has ended before it served. */
  failed(nowMs: number): void {
    this.#failures = [...this.#failures.filter((atMs) => atMs > nowMs - MINUTE_MS), nowMs];
  }

  get isHopeless(): boolean {
    return this.#failures.length >= FAILURES_MAX;
  }
}
