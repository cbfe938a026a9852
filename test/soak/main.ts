// `pnpm soak [--streams 1000] [--seconds 60] [--faults 0.05] [--old-space 256] [--seed N]`: so many streams at a time for so long,
// some of which break. Each must end complete or in the failure shape of its protocol, and the router's memory must stay below its
// bound. Vendors, router and clients have a process each. Exit code 1 when anything was broken.
import { setTimeout as wait } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { ask, type Heard } from '../chaos/client.ts';
import { FRAMINGS } from '../chaos/framing.ts';
import { judge } from '../chaos/invariants.ts';
import { overHttp1 } from '../chaos/transport.ts';
import { openOutside } from '../chaos/turnout.ts';
import { Random } from '../fuzz/random.ts';
import { startVendors, type Vendors } from './process.ts';

/** DESIGN, section 10. */
const RSS_MIB_MAX = 400;
const BROKEN_SHOWN = 5;
/** 60 to 180 words, three a piece: a stream of 20 to 60 events takes 5 to 15 seconds. */
const SHAPE = { wordsMin: 60, wordsMax: 180, tokensPerSecond: 60, stallMs: 30_000 };

/** The clients begin one after the other, and nothing breaks before all of them are there and the first answers are over: breakers hear
 * of a failure at once and of a success at the end of its answer, so of a thousand calls that begin together they would hear the
 * failures first, and open. */
const RAMP_MS = 8_000;
const WARM_MS = 22_000;
/** What a client waits that was refused. */
const PATIENCE_MS = 1_000;

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    seconds: { type: 'string', default: '60' },
    faults: { type: 'string', default: '0.05' },
    // What V8 may have, in MiB, as in a small container; 0: what it likes. The live heap of 1,000 streams is 80 MiB (2026-11-23), and
    // on a large machine V8 lets garbage lie until the process has 530.
    'old-space': { type: 'string', default: '256' },
    seed: { type: 'string' },
  },
});
const seed = Number(values.seed ?? Date.now() % 2 ** 31);
const streams = Number(values.streams);
const oldSpaceMiB = Number(values['old-space']);

const MODELS = ['claude', 'nova', 'gpt', 'sonnet', 'gemini', 'mixed'];

/** As a user would have it: the times and breakers are the defaults, but for a silence that is to be noticed within the run. */
const configuration = ({ urls }: Vendors): string => `
server: { port: 0, drain: 20s }
providers:
  bedrock: { region: us-east-1, endpoint: "${urls.bedrock}", auth: { mode: keys, accessKeyId: SOAK, secretAccessKey: soak-secret-not-a-real-one }, timeout: { idle: 5s, firstToken: 10s } }
  openai: { apiKey: soak-key, baseUrl: "${urls.openai}", timeout: { idle: 5s, firstToken: 10s } }
  anthropic: { apiKey: soak-key, baseUrl: "${urls.anthropic}", timeout: { idle: 5s, firstToken: 10s } }
  gemini: { apiKey: soak-key, baseUrl: "${urls.gemini}", timeout: { idle: 5s, firstToken: 10s } }
routes:
  claude: { targets: [bedrock/anthropic.claude-sonnet-5, anthropic/claude-sonnet-4-5] }
  nova: { targets: [bedrock/amazon.nova-pro-v1:0, openai/gpt-5.5] }
  gpt: { targets: [openai/gpt-5.5, gemini/gemini-3.8-flash] }
  sonnet: { targets: [anthropic/claude-sonnet-4-5, bedrock/anthropic.claude-sonnet-5] }
  gemini: { targets: [gemini/gemini-3.8-flash, anthropic/claude-sonnet-4-5] }
  mixed: { strategy: round-robin, targets: [openai/gpt-5.5, bedrock/amazon.nova-pro-v1:0, anthropic/claude-sonnet-4-5, gemini/gemini-3.8-flash] }
`;

const vendors = await startVendors({ seed, shape: SHAPE });
const env = oldSpaceMiB > 0 ? { NODE_OPTIONS: `--max-old-space-size=${oldSpaceMiB}` } : {};
const turnout = await openOutside(configuration(vendors), {}, env);
const transport = overHttp1(turnout.url, streams);
const heard: Heard[] = [];
let running = 0;
let question = 0;
let peakMiB = 0;
let fullSamples = 0;
let samples = 0;

const startMs = performance.now();
const endMs = startMs + WARM_MS + Number(values.seconds) * 1_000;

/** One after the other until the time is over. */
async function client(_: unknown, place: number): Promise<void> {
  await wait((place / streams) * RAMP_MS);
  while (performance.now() < endMs) {
    const number = question++;
    const random = new Random(seed, 'client', number);
    const plan = { question: number, framing: random.pick(FRAMINGS), model: random.pick(MODELS), stream: true };
    running++;
    const answer = await ask(transport, plan);
    heard.push(answer);
    running--;
    if (answer.status !== 200) await wait(PATIENCE_MS);
  }
}

async function watch(): Promise<void> {
  await wait(WARM_MS);
  vendors.setFaults(Number(values.faults));
  while (performance.now() < endMs) {
    await wait(500);
    peakMiB = Math.max(peakMiB, turnout.rssMiB());
    samples++;
    if (running >= streams * 0.99) fullSamples++;
  }
}

const startMiB = turnout.rssMiB();
await Promise.all([watch(), ...Array.from({ length: streams }, client)]);
const seconds = (performance.now() - startMs) / 1_000;
await wait(1_000);
const { open, sent } = await vendors.tell();
const lines = turnout.lines();
transport.close();
const code = await turnout.close();
vendors.stop();

const broke = [...sent.values()].filter(({ fault }) => fault !== 'none').length;
const { faults, figures } = judge({ heard, lines, sent, remade: [] });
const events = [...sent.values()].reduce((sum, { text }) => sum + text.split(' ').length / 3, 0);
const durations = heard.map(({ ms }) => ms).toSorted((a, b) => a - b);
const broken = [
  ...faults,
  ...(open === 0 ? [] : [`${open} upstream calls are still open`]),
  ...(code === 0 ? [] : [`the router ended with ${code}`]),
  ...(peakMiB < RSS_MIB_MAX ? [] : [`${peakMiB.toFixed(0)} MiB of memory`]),
];
console.log(`seed ${seed}: ${JSON.stringify(figures)}, ${broke} of ${sent.size} upstream calls with a fault`);
console.log(
  `${streams} streams at a time (${fullSamples} of ${samples} samples), ${seconds.toFixed(0)} s, ${Math.round(events / seconds)} events/s, a stream takes ${((durations[durations.length >> 1] ?? 0) / 1_000).toFixed(1)} s; ` +
    `RSS ${startMiB.toFixed(0)} MiB at the start, ${peakMiB.toFixed(0)} MiB at most, bound ${RSS_MIB_MAX} MiB`,
);
for (const fault of broken.slice(0, BROKEN_SHOWN)) console.log(`BROKEN: ${fault}`);
console.log(broken.length === 0 ? `none lost of ${heard.length}` : `${broken.length} broken`);
process.exitCode = broken.length === 0 ? 0 : 1;
