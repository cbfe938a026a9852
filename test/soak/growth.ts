// Whether something grows with the requests: a straight line through what was measured, once the beginning is over.

/** What was measured after so many requests. */
export interface Point {
  readonly requests: number;
  readonly bytes: number;
}

/** The first quarter is warm-up: code is compiled, every path and connection pool is met for the first time, tables find their size, and
 * some 40 s after the start V8 throws away what only the start needed (5 MiB, 2026-11-23). */
const WARM_UP_SHARE = 0.25;

/** Of fewer points a line says nothing. */
export const POINTS_MIN = 8;

export const afterWarmUp = <One>(all: readonly One[]): readonly One[] =>
  all.slice(Math.ceil(all.length * WARM_UP_SHARE));

/** The slope of a line, in bytes for one request: the median of the slopes between any two points (Theil and Sen). A single step tilts the
 * line of least squares and could hide a leak; this one it leaves alone. Throws when there are not two points. */
export function growthOf(points: readonly Point[]): number {
  const slopes = points.flatMap((from, at) =>
    points.slice(at + 1).map((to) => (to.bytes - from.bytes) / (to.requests - from.requests)),
  );
  const sorted = slopes.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (low === undefined || high === undefined) throw new Error('a line needs two points');
  return (low + high) / 2;
}
