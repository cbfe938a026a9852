// `pnpm chaos [--seed N] [--requests N] [--minutes N] [--at-once N] [--faults 0.3] [--reloads N] [--inside]`: the long form of
// chaos.test.ts, with the router in a process of its own, round after round. Exit code 1 when anything was broken.
import { parseArgs } from 'node:util';
import { heldMiB } from '../fuzz/subject.ts';
import { runChaos } from './run.ts';
import { openInside, openOutside } from './turnout.ts';

const BROKEN_SHOWN = 5;
/** What may be held more at the end than after the second round, in MiB. */
const GROWN_MIB_MAX = 16;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    requests: { type: 'string', default: '5000' },
    minutes: { type: 'string', default: '0' },
    'at-once': { type: 'string', default: '200' },
    faults: { type: 'string', default: '0.3' },
    reloads: { type: 'string', default: '10' },
    inside: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed ?? Date.now() % 2 ** 31);
const endMs = performance.now() + Number(values.minutes) * 60_000;

let broken = 0;
const heldAfterMiB: number[] = [];
for (let seed = first; seed === first || performance.now() < endMs; seed++) {
  const { figures, faults } = await runChaos({
    seed,
    requests: Number(values.requests),
    atOnce: Number(values['at-once']),
    faults: Number(values.faults),
    reloads: Number(values.reloads),
    open: values.inside ? openInside : (yaml) => openOutside(yaml),
  });
  console.log(`seed ${seed}: ${JSON.stringify(figures)}`);
  for (const fault of faults.slice(0, BROKEN_SHOWN)) console.log(`BROKEN: ${fault}`);
  if (faults.length > 0) console.log(`${faults.length} broken: --seed ${seed}`);
  broken += faults.length;
  heldAfterMiB.push(heldMiB());
}
// The first rounds fill what is made once. Of a router in another process this is the clients' side.
const grownMiB = (heldAfterMiB.at(-1) ?? 0) - (heldAfterMiB[1] ?? heldAfterMiB[0] ?? 0);
console.log(`held after each round, in MiB: ${heldAfterMiB.map((held) => held.toFixed(1)).join(' ')}`);
if (grownMiB > GROWN_MIB_MAX) {
  console.log(`BROKEN: ${grownMiB.toFixed(1)} MiB more are held than after the second round`);
  broken++;
}
console.log(broken === 0 ? 'nothing broken' : `${broken} broken`);
process.exitCode = broken === 0 ? 0 : 1;
