// What a fuzz run does with one decoder: so many cases by a seed, none of which may crash, hang or keep memory.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext, Script } from 'node:vm';
import { Random } from './random.ts';

/** What became of one input. */
export type Outcome = 'taken' | 'refused';

export interface Case {
  /** For the report. */
  readonly input: string | Buffer;
  /** Throws for whatever must not be. */
  check(): Outcome | Promise<Outcome>;
}

export interface Subject {
  readonly name: string;
  /** How many cases a short run takes. */
  readonly cases: number;
  prepare(random: Random): Case;
}

export interface Tally {
  readonly name: string;
  readonly cases: number;
  readonly taken: number;
  readonly refused: number;
  /** What is still held after all of them, in MiB. */
  readonly keptMiB: number;
  readonly faults: readonly string[];
}

/** For one case, however long its input: the slowest take a few milliseconds, and a machine may be busy. */
const CASE_MS_MAX = 10_000;
const FAULTS_MAX = 5;
const INPUT_CHARS_SHOWN = 2_000;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

/** Everything on the heap and beside it. */
export function heldMiB(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / 1024 / 1024;
}

declare global {
  /** What `guarded` runs: a script can be stopped, a function cannot. */
  var turnoutFuzzCase: (() => unknown) | undefined;
}
const runner = new Script('globalThis.turnoutFuzzCase()');

/** Runs it, and throws when it has not returned in time: a loop without end would otherwise hold the whole run. */
export function guarded<T>(act: () => T): T {
  globalThis.turnoutFuzzCase = act;
  try {
    return runner.runInThisContext({ timeout: CASE_MS_MAX }) as T; // what the function returns
  } finally {
    globalThis.turnoutFuzzCase = undefined;
  }
}

/** Plays the cases `from` to `from + cases` of a seed. Each depends on the seed and its own number alone. */
export async function fuzz(subject: Subject, seed: number, cases = subject.cases, from = 0): Promise<Tally> {
  const faults: string[] = [];
  const seen = { taken: 0, refused: 0 };
  // The first one fills what is made once.
  if (from === 0) await attempt(subject, seed, 0);
  const before = heldMiB();
  for (let index = from; index < from + cases && faults.length < FAULTS_MAX; index++) {
    const result = await attempt(subject, seed, index);
    if (typeof result === 'string') seen[result]++;
    else faults.push(result.fault);
  }
  return { name: subject.name, cases, ...seen, keptMiB: heldMiB() - before, faults };
}

async function attempt(subject: Subject, seed: number, index: number): Promise<Outcome | { readonly fault: string }> {
  const { input, check } = subject.prepare(new Random(seed, subject.name, index));
  try {
    return await guarded(check);
  } catch (error) {
    const shown = typeof input === 'string' ? input : input.toString('latin1');
    const what = error instanceof Error ? error.stack : String(error);
    const length = `${shown.length} characters`;
    return {
      fault: `${subject.name}, seed ${seed}, case ${index}: ${what}\n${length}: ${shown.slice(0, INPUT_CHARS_SHOWN)}`,
    };
  }
}
