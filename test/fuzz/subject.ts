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

/** So many at a time are watched over: to watch over each costs as much as the case itself. */
const BATCH = 100;
/** For a batch, however long its inputs: the slowest case takes a few milliseconds, and a machine may be busy. */
const BATCH_MS_MAX = 20_000;
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
    return runner.runInThisContext({ timeout: BATCH_MS_MAX }) as T; // what the function returns
  } finally {
    globalThis.turnoutFuzzCase = undefined;
  }
}

/** Plays so many cases of a seed. Each depends on the seed and its own number alone. */
export async function fuzz(subject: Subject, seed: number, cases = subject.cases): Promise<Tally> {
  const faults: string[] = [];
  const seen = { taken: 0, refused: 0 };
  const play = (index: number): Outcome | Promise<Outcome> =>
    subject.prepare(new Random(seed, subject.name, index)).check();
  // The first one fills what is made once.
  await judged(() => play(0));
  const before = heldMiB();
  for (let index = 0; index < cases && faults.length < FAULTS_MAX; ) {
    const end = Math.min(cases, index + BATCH);
    const batch = (): Promise<Outcome> | undefined => {
      for (; index < end; index++) {
        const outcome = play(index);
        if (outcome instanceof Promise) return outcome;
        seen[outcome]++;
      }
      return undefined;
    };
    try {
      const outcome = await guarded(batch);
      if (outcome === undefined) continue;
      seen[outcome]++;
    } catch (error) {
      faults.push(describeFault(subject, seed, index, error));
    }
    index++;
  }
  return { name: subject.name, cases, ...seen, keptMiB: heldMiB() - before, faults };
}

/** Whatever becomes of it. */
async function judged(act: () => unknown): Promise<void> {
  try {
    await act();
  } catch {}
}

/** What is needed to play it again, and to understand it. */
function describeFault(subject: Subject, seed: number, index: number, error: unknown): string {
  const { input } = subject.prepare(new Random(seed, subject.name, index));
  const shown = typeof input === 'string' ? input : input.toString('latin1');
  const what = error instanceof Error ? error.stack : String(error);
  const length = `${shown.length} characters`;
  return `${subject.name}, seed ${seed}, case ${index}: ${what}\n${length}: ${shown.slice(0, INPUT_CHARS_SHOWN)}`;
}
