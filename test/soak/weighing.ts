// Loaded into the router of a soak by `--import`, with `--expose-gc`: at SIGUSR2 it frees what nobody holds any more, and prints what is
// left. Until then nothing of it runs, so that the router works as it does without.
import { readdirSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { MARK, type Weight } from './weight.ts';

const { gc } = globalThis;
if (gc === undefined) throw new Error('start it with --expose-gc');

process.on('SIGUSR2', async () => {
  gc();
  // Finalizers run in between, and let go of more.
  await nextTurn();
  gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  const resources: Record<string, number> = {};
  for (const type of process.getActiveResourcesInfo()) resources[type] = (resources[type] ?? 0) + 1;
  // One of them is the folder that is being read.
  const files = readdirSync('/proc/self/fd').length - 1;
  const weight: Weight = { heapUsed, external, rss, files, resources };
  process.stdout.write(`${MARK}${JSON.stringify(weight)}\n`);
});
