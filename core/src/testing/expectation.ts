// What the kit's tests say when something does not hold, without any runner's own words.

/** Throws an Error with the message when the condition does not hold. */
export function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

/** How long something that must happen may take before its test fails. Not a promise about speed. */
const PATIENCE_MS = 2_000;
const LOOK_MS = 5;

/** Waits for a condition. Throws an Error with the message when it does not come true. */
export async function until(holds: () => boolean, message: string): Promise<void> {
  const endMs = performance.now() + PATIENCE_MS;
  while (!holds()) {
    expect(performance.now() < endMs, message);
    await new Promise((later) => setTimeout(later, LOOK_MS));
  }
}

/** The value of `work`, or `late` after the kit's patience. */
export async function inTime<T>(work: Promise<T>): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((later) => {
    timer = setTimeout(() => later('late'), PATIENCE_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Both sides from where they part, for a message that a person can read. */
export function differ(what: string, one: unknown, other: unknown): string {
  const [first, second] = [one, other].map((value) => JSON.stringify(value) ?? 'undefined') as [string, string]; // two in, two out
  let at = 0;
  while (at < first.length && first[at] === second[at]) at += 1;
  const from = Math.max(0, at - 40);
  return `${what}: …${first.slice(from, at + 120)}… is not …${second.slice(from, at + 120)}…`;
}
