// `pnpm fuzz [--seed N] [--cases N] [--only NAME]`: the long form of fuzz.test.ts, with a seed from the clock. Prints each subject's
// figures, and every broken case with what is needed to play it again. Exit code 1 when there is one.
import { parseArgs } from 'node:util';
import { decoderSubjects } from './decoders.ts';
import { openDoors } from './doors.ts';
import { openPlans } from './plans.ts';
import { READERS } from './readers.ts';
import { fuzz, type Subject } from './subject.ts';
import { yamlSubject } from './yaml.ts';

/** How much more than the short form. */
const TIMES = 20;

const { values } = parseArgs({
  options: { seed: { type: 'string' }, cases: { type: 'string' }, only: { type: 'string' } },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const casesOf = (subject: Subject): number => Number(values.cases ?? subject.cases * TIMES);

const plans = await openPlans();
const yaml = yamlSubject();
const doors = await openDoors();
const all = [...decoderSubjects(plans.plan), ...READERS, yaml, ...doors.requests, ...doors.answers];
const subjects = all.filter(({ name }) => values.only === undefined || name === values.only);

console.log(`seed ${seed}`);
console.log(
  `${'subject'.padEnd(24)}${'cases'.padStart(8)}${'taken'.padStart(8)}${'refused'.padStart(8)}${'kept MiB'.padStart(10)}${'s'.padStart(8)}`,
);
let broken = 0;
for (const subject of subjects) {
  const startMs = performance.now();
  const { cases, taken, refused, keptMiB, faults } = await fuzz(subject, seed, casesOf(subject));
  const seconds = (performance.now() - startMs) / 1_000;
  const figures = [String(cases), String(taken), String(refused)].map((figure) => figure.padStart(8)).join('');
  console.log(
    `${subject.name.padEnd(24)}${figures}${keptMiB.toFixed(1).padStart(10)}${seconds.toFixed(1).padStart(8)}`,
  );
  for (const fault of faults) console.log(`BROKEN: ${fault}\n`);
  broken += faults.length;
}
yaml.close();
await plans.close();
await doors.close();
console.log(broken === 0 ? 'nothing broken' : `${broken} broken: seed ${seed}`);
process.exitCode = broken === 0 ? 0 : 1;
