// `pnpm bench`: the router's paths against the floor of the same run, and the start-up time. Being over budget is
// printed, not hidden; nothing here fails.
import { createHash } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Player, type Server, startLoad, startServer } from './process.ts';
import * as work from './workload.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'turnout-bench-'));

/** A file as a user with some history has it: aliases, keys, one Bedrock provider. */
function writeConfig(stubUrl: string): string {
  const keys = Array.from({ length: work.KEYS }, (_, n) => `  - { name: team-${n}, key: bench-key-${n} }`);
  const routes = Array.from({ length: work.ROUTES }, (_, n) => `  alias-${n}: bedrock/anthropic.claude-sonnet-5`);
  const file = join(dir, 'bench.yaml');
  const bedrock = (name: string, path: string) => `  ${name}:
    plugin: bedrock
    region: us-east-1
    endpoint: ${stubUrl}${path}
    auth: { mode: keys, accessKeyId: AKIDEXAMPLE, secretAccessKey: bench-secret }`;
  writeFileSync(
    file,
    [
      'server: { port: 0 }',
      'keys:',
      ...keys,
      'providers:',
      bedrock('bedrock', ''),
      bedrock('slow', '/paced'),
      `  openai: { apiKey: bench-key, baseUrl: "${stubUrl}/v1" }`,
      'routes:',
      ...routes,
      `  ${work.ALIAS.paced}: slow/anthropic.claude-sonnet-5`,
      `  ${work.ALIAS.openai}: openai/any-model`,
      '',
    ].join('\n'),
  );
  return file;
}

interface Row {
  readonly cpuUs: number;
  readonly perSecond: number;
  readonly lost: number;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const spread = (values: readonly number[]): string =>
  `${Math.min(...values).toFixed(2)}–${Math.max(...values).toFixed(2)}`;
const verdict = (ok: boolean): string => (ok ? 'within budget' : 'OVER BUDGET');

async function measure(server: Server, path: string, load: work.Load, player: Player): Promise<Row> {
  const beforeUs = server.cpuUs();
  const { requests, atOnce, body } = load;
  const played = await player.play({ url: server.url + path, body, requests, atOnce });
  return {
    cpuUs: (server.cpuUs() - beforeUs) / requests,
    perSecond: requests / played.seconds,
    lost: played.lost,
  };
}

async function comparePaths(floor: Server, turnout: Server, player: Player): Promise<void> {
  console.log(
    '\npath                         floor µs   turnout µs   ratio (spread)        req/s floor → turnout   budget',
  );
  for (const load of work.LOADS) {
    const rows: { floor: Row; turnout: Row }[] = [];
    const round = async () => ({
      floor: await measure(floor, `/${load.floorPath}`, load, player),
      turnout: await measure(turnout, load.path, load, player),
    });
    await round(); // warms both up
    for (let n = 0; n < work.ROUNDS; n++) rows.push(await round());
    const ratios = rows.map((row) => row.turnout.cpuUs / row.floor.cpuUs);
    const lost = rows.reduce((sum, row) => sum + row.floor.lost + row.turnout.lost, 0);
    const of = (who: 'floor' | 'turnout', what: keyof Row) => Math.round(median(rows.map((row) => row[who][what])));
    console.log(
      [
        load.name.padEnd(28),
        String(of('floor', 'cpuUs')).padStart(8),
        String(of('turnout', 'cpuUs')).padStart(12),
        `   ${median(ratios).toFixed(2)} (${spread(ratios)})`.padEnd(24),
        `${of('floor', 'perSecond')} → ${of('turnout', 'perSecond')}`.padEnd(23),
        ` ≤ ${load.budget}: ${verdict(median(ratios) <= load.budget)}`,
        lost > 0 ? `, ${lost} LOST` : '',
      ].join(''),
    );
  }
}

/** One request at a time: what stands between the client and its first token. */
async function compareFirstToken(floor: Server, turnout: Server, player: Player): Promise<void> {
  const p50 = async (url: string, model: string) => {
    const job = { url, body: work.chatBody(model, true), requests: 400, atOnce: 1 };
    const { firstByteMs } = await player.play(job);
    return firstByteMs[firstByteMs.length >> 1] ?? 0;
  };
  const added: number[] = [];
  for (let n = 0; n < work.ROUNDS; n++) {
    const floorMs = await p50(`${floor.url}/stream`, 'm');
    added.push((await p50(`${turnout.url}/v1/chat/completions`, work.ALIAS.bedrock)) - floorMs);
  }
  const ms = median(added);
  console.log(
    `\nadded time to first token, p50, one request at a time: ${ms.toFixed(2)} ms over the floor (${spread(added)}); ≤ ${work.FIRST_TOKEN_BUDGET_MS}: ${verdict(ms <= work.FIRST_TOKEN_BUDGET_MS)}`,
  );
}

async function manyStreams(turnout: Server, player: Player): Promise<void> {
  let peakMiB = 0;
  const sampling = setInterval(() => {
    peakMiB = Math.max(peakMiB, turnout.rssMiB());
  }, 100);
  const url = `${turnout.url}/v1/chat/completions`;
  const played = await player.play({
    url,
    body: work.chatBody(work.ALIAS.paced, true),
    requests: 1_000,
    atOnce: 1_000,
  });
  clearInterval(sampling);
  console.log(
    `1,000 streams at once, ${1000 / work.PACE_MS} events a second each: ${played.lost} lost, ${played.seconds.toFixed(1)} s, peak RSS ${Math.round(peakMiB)} MiB; ≤ ${work.RSS_BUDGET_MIB}: ${verdict(peakMiB <= work.RSS_BUDGET_MIB && played.lost === 0)}`,
  );
}

async function startTimes(file: string, log: number): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < work.ROUNDS; n++) {
    const server = await startServer([here('../../bin/turnout.ts'), 'serve', '--config', file], log);
    times.push(server.startMs);
    await server.stop();
  }
  console.log(
    `exec → listening line, from the sources: ${Math.round(median(times))} ms (${spread(times)}); ≤ ${work.START_BUDGET_MS}: ${verdict(median(times) <= work.START_BUDGET_MS)}`,
  );
}

const hash = createHash('sha256')
  .update(readFileSync(here('./floor.mjs')))
  .digest('hex')
  .slice(0, 12);
console.log(
  `node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, floor ${hash}, ${work.ROUNDS} rounds, medians`,
);
const log = openSync(join(dir, 'turnout.log'), 'a');
const stub = await startServer([here('./stub.ts')]);
const floor = await startServer([here('./floor.mjs'), stub.url]);
const file = writeConfig(stub.url);
const turnout = await startServer([here('../../bin/turnout.ts'), 'serve', '--config', file], log);
const player = startLoad();
try {
  await comparePaths(floor, turnout, player);
  await compareFirstToken(floor, turnout, player);
  await manyStreams(turnout, player);
  await startTimes(file, log);
} finally {
  player.stop();
  for (const server of [turnout, floor, stub]) await server.stop();
  rmSync(dir, { recursive: true });
}
