// A bad day in short: every kind of fault at once, clients that leave, reloads in between. The long form is `pnpm chaos`.
import { expect, test } from 'vitest';
import { heldMiB } from '../fuzz/subject.ts';
import { runChaos } from './run.ts';
import { openInside } from './turnout.ts';

/** What a first run leaves behind: code that was loaded, caches that were filled. */
const KEPT_MIB_MAX = 48;

test('whatever breaks: one end for each request, told truly, and nothing left behind', {
  timeout: 120_000,
}, async () => {
  const before = heldMiB();
  const { figures, faults } = await runChaos({
    seed: 20261123,
    requests: 800,
    atOnce: 48,
    faults: 0.3,
    reloads: 3,
    open: openInside,
  });
  console.log(JSON.stringify(figures));
  expect(faults).toEqual([]);
  await expect.poll(() => heldMiB() - before, { timeout: 5_000 }).toBeLessThan(KEPT_MIB_MAX);
  // It was a bad day, and not all was bad. How bad depends on how busy the machine is.
  expect(figures.complete).toBeGreaterThan(100);
  for (const kind of ['failedInStream', 'refused', 'left', 'retried', 'breakerTurns'] as const) {
    expect(figures[kind], kind).toBeGreaterThan(5);
  }
});
