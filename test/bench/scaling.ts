// What a second worker brings: the same load against the router with one and with two, in turn. On few cores the generator and the stub
// take from what the workers could have, so it is shown besides by requests that the router answers alone.
import { cpus } from 'node:os';
import { type Bench, generatorOf, inTurn, median, play, type Sample, warmUp } from './measure.ts';
import type { Server } from './process.ts';
import { type Single, singleOf } from './single.ts';
import { type Load, OWN_REFUSAL, RELAY_SMALL, ROUNDS } from './workload.ts';

/** Starts the router with so many workers. */
type Start = (workers: number) => Promise<Server>;

export async function scaling(bench: Bench, start: Start): Promise<Single[]> {
  const servers = [await start(1), await start(2)] as const;
  try {
    return [
      await scalingOf(bench, servers, RELAY_SMALL, `generator and stub on the same ${cpus().length} cores`),
      await scalingOf(bench, servers, OWN_REFUSAL, `the generator on the same ${cpus().length} cores, no upstream`),
    ];
  } finally {
    for (const server of servers) await server.stop();
  }
}

async function scalingOf(bench: Bench, servers: readonly [Server, Server], load: Load, about: string): Promise<Single> {
  const contenders = servers.map((turnout) => ({ bench: { ...bench, servers: { turnout } }, samples: [] as Sample[] }));
  for (const one of contenders) await warmUp(one.bench, load);
  for (let round = 0; round < ROUNDS; round++) {
    for (const one of inTurn(contenders, round)) one.samples.push(await play(one.bench, load, 'turnout'));
  }
  const [one = [], two = []] = contenders.map(({ samples }) => samples);
  // Of the refusals every answer counts as lost, and of the relay none may.
  const refused = load === OWN_REFUSAL;
  const astray = [...one, ...two].reduce((sum, { lost, requests }) => sum + (refused ? requests - lost : lost), 0);
  const both = (of: (sample: Sample) => number, digits = 0) =>
    [one, two].map((samples) => median(samples.map(of)).toFixed(digits)).join(' → ');
  const note = [
    `${both(perSecond)} req/s`,
    `${both(({ cpuUs }) => cpuUs)} µs CPU a request`,
    `${both((sample) => (sample.cpuUs * perSecond(sample)) / 1e6, 1)} cores of its own`,
    `${generatorOf(bench, load)}; ${about}`,
    ...(astray === 0 ? [] : [`${astray} LOST`]),
  ].join(', ');
  const ratios = two.map((sample, round) => perSecond(sample) / perSecond(one[round] as Sample)); // as many rounds
  return singleOf(`${load.name}, 1 → 2 workers: throughput`, '×', ratios, { note });
}

const perSecond = ({ requests, seconds }: Sample): number => requests / seconds;
