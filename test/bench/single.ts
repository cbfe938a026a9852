// What is measured besides CPU per request: the first token, many slow streams at once, the start, and memory.
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bench, jobOf, median } from './measure.ts';
import type { Server } from './process.ts';
import * as work from './workload.ts';

export interface Single {
  readonly name: string;
  readonly unit: 'ms' | 'MiB' | '×';
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly budget?: number;
  readonly note?: string;
}

export const singleOf = (
  name: string,
  unit: Single['unit'],
  values: readonly number[],
  rest: Partial<Single> = {},
): Single => ({
  ...{ name, unit, value: median(values), min: Math.min(...values), max: Math.max(...values) },
  ...rest,
});

/** One request at a time: what stands between the client and its first token. */
export async function firstToken(bench: Bench, name: 'turnout' | 'portkey'): Promise<Single | undefined> {
  const load = work.LOADS.find((one) => one.name === 'chat → Bedrock stream, 200 events');
  const { floor } = bench.servers;
  const server = bench.servers[name];
  const asks = load?.asks;
  if (!load || !floor || !server || !asks?.floor || !asks[name]) return undefined;
  const added: number[] = [];
  for (let round = 0; round < work.ROUNDS; round++) {
    const alone = { ...load, requests: 300, atOnce: 1 };
    const ofFloor = await bench.player.play(jobOf(asks.floor, floor, bench.stubUrl, alone));
    const ofServer = await bench.player.play(jobOf(asks[name], server, bench.stubUrl, alone));
    added.push((ofServer.firstByteMs ?? 0) - (ofFloor.firstByteMs ?? 0));
  }
  const budget = name === 'turnout' ? { budget: work.FIRST_TOKEN_BUDGET_MS } : {};
  return singleOf(`${name}: time to first token added, p50, one at a time`, 'ms', added, budget);
}

/** 1,000 streams of 50 events a second each, of a router that has done nothing else. */
export async function manyStreams(bench: Bench, start: () => Promise<Server>): Promise<Single[]> {
  const load = work.LOADS.find((one) => one.paced);
  const ask = load?.asks.turnout;
  if (!load || !ask) return [];
  const turnout = await start();
  let peak = 0;
  const sampling = setInterval(() => {
    peak = Math.max(peak, turnout.rssMiB());
  }, 100);
  const many = { ...load, requests: 1_000, atOnce: 1_000 };
  const played = await bench.player.play(jobOf(ask, turnout, bench.stubUrl, many));
  clearInterval(sampling);
  await sleep(SETTLE_MS);
  const settled = turnout.rssMiB();
  await turnout.stop();
  const note = `${played.lost} lost, ${played.seconds.toFixed(1)} s, gaps between events p50 ${played.gapP50Ms?.toFixed(1)} ms, p99 ${played.gapP99Ms?.toFixed(1)} ms`;
  return [
    singleOf('1,000 streams of 50 events a second: peak RSS', 'MiB', [peak], { budget: work.RSS_BUDGET_MIB, note }),
    singleOf('the same, settled', 'MiB', [settled]),
  ];
}

const SETTLE_MS = 3_000;

/** From exec to the listening line, and what it takes up before the first request. */
export async function starting(start: () => Promise<Server>): Promise<Single[]> {
  const times: number[] = [];
  const idle: number[] = [];
  for (let round = 0; round < work.ROUNDS; round++) {
    const server = await start();
    times.push(server.startMs);
    await sleep(1_000);
    idle.push(server.rssMiB());
    await server.stop();
  }
  return [
    singleOf('exec → listening line, from the sources', 'ms', times, { budget: work.START_BUDGET_MS }),
    singleOf('idle RSS', 'MiB', idle),
  ];
}
