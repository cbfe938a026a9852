// "did you mean": the known word nearest to the one that was written.

const fold = (word: string): string => word.toLowerCase().replace(/[-_\s]/g, '');

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`. Time is proportional to the product of
 * the lengths: callers bound them. */
export function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let cost = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + (same ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        cost = Math.min(cost, (before[column - 2] ?? 0) + 1);
      }
      current.push(cost);
    }
    before = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The candidates near enough to `word` to be what was meant, nearest first, at most `max`; the
 * start of a longer word counts too. Case, `-` and `_` do not
 * count. */
export function closest(word: string, candidates: Iterable<string>, max = 1): string[] {
  const wanted = fold(word);
  const near: { candidate: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    if (candidate === word) continue;
    const folded = fold(candidate);
    if (wanted.length >= 3 && folded.startsWith(wanted)) {
      near.push({ candidate, distance: 1 + (folded.length - wanted.length) / 100 });
      continue;
    }
    const limit = Math.max(1, Math.floor(Math.max(wanted.length, folded.length) / 3));
    if (Math.abs(folded.length - wanted.length) > limit) continue;
    const distance = editDistance(wanted, folded);
    // A word of which nothing is left is not a misspelling of it.
    if (distance <= limit && distance < Math.min(wanted.length, folded.length)) near.push({ candidate, distance });
  }
  near.sort((a, b) => a.distance - b.distance);
  return near.slice(0, max).map((item) => item.candidate);
}

/** `, did you mean "x"?`, or '' when nothing is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const [candidate] = closest(word, candidates);
  return candidate === undefined ? '' : `, did you mean "${candidate}"?`;
}
