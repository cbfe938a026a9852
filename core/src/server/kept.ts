// What a provider was asked is kept for a while: probes and lists come more often than it changes.
import type { Upstream } from '../host/index.ts';

/** Asks at most once in `keptMs` milliseconds for each provider; who asks meanwhile gets the same answer. `forget` makes the next
 * one ask again. */
export function keptFor<T>(
  keptMs: number,
  ask: (upstream: Upstream, forget: () => void) => Promise<T>,
): (upstream: Upstream) => Promise<T> {
  const kept = new WeakMap<Upstream, { readonly untilMs: number; readonly answer: Promise<T> }>();
  return (upstream) => {
    const nowMs = performance.now();
    const known = kept.get(upstream);
    if (known && nowMs < known.untilMs) return known.answer;
    // Asked once it is kept, so that what fails at once can be forgotten.
    const answer = Promise.resolve().then(() => ask(upstream, () => kept.delete(upstream)));
    kept.set(upstream, { untilMs: nowMs + keptMs, answer });
    return answer;
  };
}
