// `pnpm soak:requests [--requests 200000] [--every 10000] [--at-once 64] [--faults 0.03] [--seed N]`: what a busy hour brings, as fast as it
// goes: every framing, streamed and whole, relayed and rebuilt, over routes of every kind, with vendors that fail and clients that leave.
// After every so many requests the router is left alone and weighed. Exit code 1 when it grows, when it does not let go of connections and
// timers, or when a request was lost. Vendors, router and clients have a process each.
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ask, type Heard, planClient } from '../chaos/client.ts';
import { configuration, MODELS } from '../chaos/configuration.ts';
import { endFaults } from '../chaos/invariants.ts';
import { overHttp1, overHttp2, type Transport } from '../chaos/transport.ts';
import { openOutside } from '../chaos/turnout.ts';
import { Random } from '../fuzz/random.ts';
import { afterWarmUp, growthOf, POINTS_MIN } from './growth.ts';
import { startVendors } from './process.ts';
import { LOOK_MS, settle, WEIGHED, type Weight, weigh } from './weight.ts';

/** In bytes a request (a quarter of a MiB in 10,000), of the heap and of what is outside of it. The least that could be kept of a request,
 * an entry of a map and its key, takes up some 64. */
const GROWTH_MAX = 26;
const HTTP2_SHARE = 0.2;
const BROKEN_SHOWN = 5;
/** For calls that are given up, and connections that are closed. */
const SETTLE_MS = 10_000;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '200000' },
    every: { type: 'string', default: '10000' },
    'at-once': { type: 'string', default: '64' },
    faults: { type: 'string', default: '0.03' },
    seed: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const every = Number(values.every);
const samples = Math.ceil(Number(values.requests) / every);
if (samples < POINTS_MIN) throw new Error(`at least ${POINTS_MIN} times --every requests, for a line`);

const KEYS = 20;
const keys = Array.from(
  { length: KEYS },
  (_, n) => `  - { name: team-${n}, key: soak-key-${n}, limits: { rpm: 10000000, tpm: 1000000000, concurrent: 1000 } }`,
);

/** With a key of its own for each request. */
const withKeys = ({ send, close }: Transport): Transport => {
  let turn = 0;
  return {
    send: ({ headers, ...post }, listener) =>
      send({ ...post, headers: { ...headers, authorization: `Bearer soak-key-${turn++ % KEYS}` } }, listener),
    close,
  };
};

const vendors = await startVendors({ seed, shape: { wordsMin: 1, wordsMax: 60, stallMs: 3_000 } });
const turnout = await openOutside(`${configuration(vendors)}keys:\n${keys.join('\n')}\n`, {}, WEIGHED);
vendors.setFaults(Number(values.faults));

const broken: string[] = [];
const ids = new Set<string>();
const count = { heard: 0, answered: 0, complete: 0, failedInStream: 0, refused: 0, left: 0, calls: 0, faults: 0 };

function note(heard: Heard): void {
  const { id, status, told, clean, left, plan } = heard;
  count.heard++;
  if (id !== undefined) {
    count.answered++;
    ids.add(id);
  }
  if (left) count.left++;
  else if (status !== 200) count.refused++;
  else if (told.failure !== undefined) count.failedInStream++;
  else if (told.ended && clean) count.complete++;
  for (const fault of endFaults(heard)) broken.push(`${fault}: ${JSON.stringify({ ...plan, id, status })}`);
}

/** Plays the requests from one number to another, over connections of their own. */
async function play(from: number, to: number): Promise<void> {
  const atOnce = Number(values['at-once']);
  const [first, second] = [overHttp1(turnout.url, atOnce), overHttp2(turnout.url)];
  const ways = [withKeys(first), withKeys(second)] as const;
  let next = from;
  const client = async () => {
    while (next < to) {
      const question = next++;
      const random = new Random(seed, 'client', question);
      const way = ways[random.chance(HTTP2_SHARE) ? 1 : 0];
      note(await ask(way, planClient(random, question, MODELS)));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  first.close();
  second.close();
}

/** Waits until no upstream call is under way. */
async function quiet(): Promise<void> {
  const endMs = performance.now() + SETTLE_MS;
  for (;;) {
    const { open, sent } = await vendors.tell();
    count.calls += sent.size;
    for (const { fault } of sent.values()) if (fault !== 'none') count.faults++;
    if (open === 0) return;
    if (performance.now() > endMs) {
      broken.push(`${open} upstream calls are still open ${SETTLE_MS} ms after the last answer`);
      return;
    }
    await wait(LOOK_MS);
  }
}

const MIB = 1024 * 1024;
const mib = (bytes: number) => (bytes / MIB).toFixed(2).padStart(8);
const inWords = ({ resources }: Weight) =>
  Object.entries(resources)
    .map(([type, number]) => `${number} ${type}`)
    .join(', ');
const print = (requests: number, weight: Weight, perSecond = 0) =>
  console.log(
    `${String(requests).padStart(8)}${perSecond.toFixed(0).padStart(8)}${mib(weight.heapUsed)}${mib(weight.external)}${mib(weight.rss)}${String(weight.files).padStart(7)}  ${inWords(weight)}`,
  );

console.log(`seed ${seed}, ${values['at-once']} at once, ${values.faults} of the upstream calls with a fault`);
console.log('requests   req/s    heap   extern     RSS  files  active resources   (MiB, after collections)');
const rest = await weigh(turnout);
print(0, rest);
const weights: (Weight & { readonly requests: number })[] = [];
for (let from = 0; from < samples * every; from += every) {
  const startMs = performance.now();
  await play(from, from + every);
  const seconds = (performance.now() - startMs) / 1_000;
  await quiet();
  vendors.hangUp();
  await settle(turnout, rest.files, SETTLE_MS);
  const weight = await weigh(turnout);
  print(from + every, weight, every / seconds);
  weights.push({ requests: from + every, ...weight });
}
const lines = turnout.lines().filter(({ message }) => message === 'request');
const code = await turnout.close();
vendors.stop();

for (const what of ['heapUsed', 'external'] as const) {
  const points = afterWarmUp(weights).map(({ requests, [what]: bytes }) => ({ requests, bytes }));
  const growth = growthOf(points);
  const said = `${what} grows by ${growth.toFixed(1)} bytes a request, ${((growth * 10_000) / 1024).toFixed(0)} KiB in 10,000 (${points.length} samples)`;
  console.log(`${said}; bound ${GROWTH_MAX} bytes`);
  if (growth > GROWTH_MAX) broken.push(said);
}
const last = weights.at(-1) ?? rest;
if (last.files > rest.files) broken.push(`${last.files} files are open, and ${rest.files} were at the start`);
for (const [type, number] of Object.entries(last.resources)) {
  const before = rest.resources[type] ?? 0;
  if (number > before) broken.push(`${number} ${type} are active, and ${before} were at the start`);
}
const logged = new Set(lines.map(({ fields }) => String(fields.id)));
const unwritten = [...ids].filter((id) => !logged.has(id)).length;
if (ids.size !== count.answered) broken.push(`${count.answered - ids.size} answers have the id of another`);
if (logged.size !== lines.length) broken.push(`${lines.length - logged.size} log lines have the id of another`);
if (unwritten > 0) broken.push(`${unwritten} requests without a log line`);
for (const { fields } of lines)
  if (fields.code === 'internal') broken.push(`an internal error: ${JSON.stringify(fields)}`);
if (code !== 0) broken.push(`the router ended with ${code}`);

console.log(JSON.stringify(count));
for (const fault of broken.slice(0, BROKEN_SHOWN)) console.log(`BROKEN: ${fault}`);
console.log(broken.length === 0 ? `none lost of ${count.heard}, nothing kept` : `${broken.length} broken`);
process.exitCode = broken.length === 0 ? 0 : 1;
