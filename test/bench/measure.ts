// One load played against every contender, in turn and in reverse, several rounds: medians, and how far the rounds lie apart.
import type { Job, Played } from './load.ts';
import type { Player, Server } from './process.ts';
import { type Ask, type Contender, type Load, ROUNDS } from './workload.ts';
import { playWrk } from './wrk.ts';

/** What one contender did with one load: medians over the rounds. */
export interface Figures {
  /** User and system time of its process for one request, in microseconds. */
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly firstByteMs?: number;
  readonly gapP50Ms?: number;
  readonly gapP99Ms?: number;
  readonly lost: number;
  /** Its CPU over the floor's of the same round. */
  readonly ratio: number;
  readonly ratioMin: number;
  readonly ratioMax: number;
}

/** What one load came to, as it is printed, drawn and saved. */
export interface Row {
  readonly path: string;
  /** CPU as a ratio to the floor: what is allowed, and what is aimed at. */
  readonly budget?: number;
  readonly target?: number;
  readonly paced?: true;
  readonly generator: string;
  readonly figures: Partial<Record<Contender, Figures>>;
}

export interface Bench {
  readonly servers: Partial<Record<Contender, Server>>;
  readonly stubUrl: string;
  readonly player: Player;
  /** Its version; undefined: not installed. */
  readonly wrk: string | undefined;
  /** For scratch files. */
  readonly dir: string;
}

export interface Sample extends Played {
  readonly cpuUs: number;
}

/** A process begins slow: V8 compiles what is hot while it runs, and the heap finds its size over the first ten thousands of requests. The
 * processes live through all rows, so that without this the first row alone would be measured cold, and by its place. */
const WARM_UP_MS = 6_000;

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The request as it is sent to one contender. */
export function jobOf({ path, body, headers = {} }: Ask, { url }: Server, stubUrl: string, load: Load): Job {
  const filled = Object.entries(headers).map(([name, value]) => [name, value.replace('{stub}', stubUrl)]);
  const ours = { 'content-type': 'application/json', authorization: 'Bearer bench-key-7' };
  const { requests, atOnce } = load;
  return { url: url + path, body, headers: { ...ours, ...Object.fromEntries(filled) }, requests, atOnce };
}

/** Plays a load against each contender for some seconds, and forgets the figures. */
export async function warmUp(bench: Bench, load: Load): Promise<void> {
  for (const name of presentIn(bench, load)) {
    const endMs = performance.now() + WARM_UP_MS;
    while (performance.now() < endMs) await play(bench, load, name);
  }
}

export async function measure(bench: Bench, load: Load): Promise<Row> {
  const present = presentIn(bench, load);
  const samples = new Map<Contender, Sample[]>(present.map((name) => [name, []]));
  // The first round warms up what only this load goes through.
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of inTurn(present, round)) {
      const sample = await play(bench, load, name);
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  const floor = samples.get('floor') ?? [];
  const figures = present.map((name) => [name, figuresOf(samples.get(name) ?? [], floor)]);
  const { name: path, budget, target, paced } = load;
  return {
    ...{ path, ...(budget && { budget }), ...(target && { target }), ...(paced && { paced }) },
    ...{ generator: generatorOf(bench, load), figures: Object.fromEntries(figures) },
  };
}

const presentIn = ({ servers }: Bench, { asks }: Load): Contender[] =>
  (Object.keys(asks) as Contender[]).filter((name) => servers[name]); // a load asks nobody else

/** Every other round in reverse. */
export const inTurn = <One>(all: readonly One[], round: number): readonly One[] =>
  round % 2 === 0 ? all : all.toReversed();

export const generatorOf = ({ wrk }: Bench, { paced }: Load): string =>
  wrk !== undefined && !paced ? wrk : 'built-in';

/** One load against one contender, once. Throws when it lacks the path. */
export async function play(bench: Bench, load: Load, name: Contender): Promise<Sample> {
  const server = bench.servers[name];
  const ask = load.asks[name];
  if (!server || !ask) throw new Error(`${name} has no such path`);
  const job = jobOf(ask, server, bench.stubUrl, load);
  const beforeUs = server.cpuUs();
  const played = await (generatorOf(bench, load) === 'built-in' ? bench.player.play(job) : playWrk(job, bench.dir));
  return { ...played, cpuUs: (server.cpuUs() - beforeUs) / played.requests };
}

function figuresOf(samples: readonly Sample[], floor: readonly Sample[]): Figures {
  const of = (what: (sample: Sample) => number) => median(samples.map(what));
  const ratios = samples.map(({ cpuUs }, round) => cpuUs / (floor[round]?.cpuUs ?? Number.NaN));
  const optional = (name: 'firstByteMs' | 'gapP50Ms' | 'gapP99Ms') =>
    samples.every((sample) => sample[name] !== undefined) ? { [name]: of((sample) => sample[name] ?? 0) } : {};
  return {
    cpuUs: of(({ cpuUs }) => cpuUs),
    perSecond: of(({ requests, seconds }) => requests / seconds),
    p50Ms: of(({ p50Ms }) => p50Ms),
    p99Ms: of(({ p99Ms }) => p99Ms),
    ...optional('firstByteMs'),
    ...optional('gapP50Ms'),
    ...optional('gapP99Ms'),
    lost: samples.reduce((sum, { lost }) => sum + lost, 0),
    ratio: median(ratios),
    ratioMin: Math.min(...ratios),
    ratioMax: Math.max(...ratios),
  };
}
