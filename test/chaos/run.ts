// One chaos run: a router, its vendors, and many clients at once, all of it by a seed; then the invariants.
import { setTimeout as wait } from 'node:timers/promises';
import { Random } from '../fuzz/random.ts';
import { ask, type Heard, planClient } from './client.ts';
import { configuration, MODELS } from './configuration.ts';
import { type Figures, judge } from './invariants.ts';
import { overHttp1, overHttp2 } from './transport.ts';
import type { Line, Turnout } from './turnout.ts';
import { startUpstreams } from './upstreams.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly requests: number;
  readonly atOnce: number;
  /** The share of upstream calls that go wrong. */
  readonly faults: number;
  /** How often the configuration is changed meanwhile. */
  readonly reloads: number;
  open(yaml: string): Promise<Turnout>;
}

export interface Report {
  readonly figures: Figures & {
    readonly reloads: number;
    readonly seconds: number;
    readonly rssMiB: { readonly start: number; readonly peak: number };
  };
  readonly faults: readonly string[];
}

/** What goes on after the last answer: aborted calls are told, timers run out. */
const SETTLE_MS_MAX = 5_000;
const LOOK_MS = 25;
const HTTP2_SHARE = 0.2;

export async function runChaos(options: ChaosOptions): Promise<Report> {
  const { seed, requests, atOnce, reloads } = options;
  const resourcesBefore = resources();
  const warnings: string[] = [];
  const warn = (warning: Error) => warnings.push(`${warning.name}: ${warning.message}`);
  process.on('warning', warn);
  const upstreams = await startUpstreams(seed, { wordsMin: 1, wordsMax: 60, stallMs: 3_000 });
  const turnout = await options.open(configuration(upstreams));
  const faults: string[] = [];
  const startMs = performance.now();
  const startMiB = turnout.rssMiB();
  let peakMiB = startMiB;
  upstreams.setFaults(options.faults);

  const first = overHttp1(turnout.url, atOnce);
  const second = overHttp2(turnout.url);
  const heard: Heard[] = [];
  let next = 0;
  const client = async (): Promise<void> => {
    while (next < requests) {
      const question = next++;
      const random = new Random(seed, 'client', question);
      const transport = random.chance(HTTP2_SHARE) ? second : first;
      heard.push(await ask(transport, planClient(random, question, MODELS)));
      if (question % 100 === 0) peakMiB = Math.max(peakMiB, turnout.rssMiB());
    }
  };
  const reloading = async (): Promise<void> => {
    for (let edition = 1; edition <= reloads; edition++) {
      // At even distances among the requests.
      while (next < (edition * requests) / (reloads + 1)) await wait(LOOK_MS);
      await turnout
        .reload(configuration(upstreams, edition))
        .catch((error: unknown) => faults.push(`${String(error)}`));
    }
  };
  await Promise.all([reloading(), ...Array.from({ length: atOnce }, client)]);
  first.close();
  second.close();

  const unsettled = () => [
    ...(upstreams.open === 0 ? [] : [`${upstreams.open} upstream calls are still open`]),
    ...turnout.busy(),
  ];
  faults.push(...(await settled(unsettled)));
  const seconds = (performance.now() - startMs) / 1_000;
  const lines = await allLines(turnout, heard);
  const code = await turnout.close();
  if (code !== 0) faults.push(`the router ended with ${code}`);
  const { sent } = upstreams;
  await upstreams.close();
  const remade = reloads > 0 ? ['anthropic'] : [];
  const judged = judge({ heard, lines, sent, remade });
  process.off('warning', warn);
  faults.push(...judged.faults, ...warnings, ...(await settled(() => newResources(resourcesBefore))));
  const rssMiB = { start: Math.round(startMiB), peak: Math.round(peakMiB) };
  return { figures: { ...judged.figures, reloads, seconds, rssMiB }, faults };
}

/** What is still wrong once there has been time for it to become right. */
async function settled(look: () => readonly string[]): Promise<readonly string[]> {
  const endMs = performance.now() + SETTLE_MS_MAX;
  for (;;) {
    const found = look();
    if (found.length === 0 || performance.now() > endMs) return found;
    await wait(LOOK_MS);
  }
}

/** The log, once it has a line for every answer: it is written in pieces. */
async function allLines(turnout: Turnout, heard: readonly Heard[]): Promise<readonly Line[]> {
  const answered = heard.flatMap(({ id }) => id ?? []);
  await settled(() => {
    const written = new Set(turnout.lines().map(({ fields }) => fields.id));
    return answered.filter((id) => !written.has(id));
  });
  return [...turnout.lines()];
}

/** What holds the process, by kind: `TCPSocketWrap` … */
function resources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  return counts;
}

/** Of the kinds that a request could leave behind. */
const LASTING = ['TCPSocketWrap', 'TCPServerWrap', 'Timeout', 'Immediate', 'PipeWrap'];

const newResources = (before: ReadonlyMap<string, number>): string[] =>
  [...resources()].flatMap(([kind, count]) => {
    const more = count - (before.get(kind) ?? 0);
    return more > 0 && LASTING.includes(kind) ? [`${more} of ${kind} more than before`] : [];
  });
