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

export interface Row {
  readonly load: Load;
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

interface Sample extends Played {
  readonly cpuUs: number;
}

export const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

/** The request as it is sent to one contender. */
export function jobOf({ path, body, headers = {} }: Ask, { url }: Server, stubUrl: string, load: Load): Job {
  const filled = Object.entries(headers).map(([name, value]) => [name, value.replace('{stub}', stubUrl)]);
  const ours = { 'content-type': 'application/json', authorization: 'Bearer bench-key-7' };
  const { requests, atOnce } = load;
  return { url: url + path, body, headers: { ...ours, ...Object.fromEntries(filled) }, requests, atOnce };
}

export async function measure(bench: Bench, load: Load): Promise<Row> {
  const present = (Object.keys(load.asks) as Contender[]).filter((name) => bench.servers[name]);
  const samples = new Map<Contender, Sample[]>(present.map((name) => [name, []]));
  const generator = bench.wrk !== undefined && !load.paced ? bench.wrk : 'built-in';
  // The first round warms up.
  for (let round = -1; round < ROUNDS; round++) {
    for (const name of round % 2 === 0 ? present : present.toReversed()) {
      const sample = await play(bench, load, name, generator);
      if (round >= 0) samples.get(name)?.push(sample);
    }
  }
  const floor = samples.get('floor') ?? [];
  const figures = present.map((name) => [name, figuresOf(samples.get(name) ?? [], floor)]);
  return { load, generator, figures: Object.fromEntries(figures) };
}

async function play(bench: Bench, load: Load, name: Contender, generator: string): Promise<Sample> {
  const server = bench.servers[name];
  const ask = load.asks[name];
  if (!server || !ask) throw new Error(`${name} has no such path`);
  const job = jobOf(ask, server, bench.stubUrl, load);
  const beforeUs = server.cpuUs();
  const played = await (generator === 'built-in' ? bench.player.play(job) : playWrk(job, bench.dir));
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
