// `pnpm bench [--out DIR] [--only WORD,WORD…] [--from FILE]`: the router's paths against the floor of the same run and against Portkey's
// gateway, and what is measured besides. `--only`: the paths whose names hold one of the words, of the rest those that are called so,
// `singles` for all of these. `--out`: bench.json and bench.svg. `--from`: draws a bench.json once more and measures nothing. Being over
// budget is printed, not hidden; nothing here fails.
import { createHash } from 'node:crypto';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import * as contenders from './contenders.ts';
import { type Bench, measure, type Row, warmUp } from './measure.ts';
import { type Server, startLoad } from './process.ts';
import { HEAD, type Report, rowText, save, singleText } from './report.ts';
import { scaling } from './scaling.ts';
import { chosenBy, wordsOf } from './selection.ts';
import { firstToken, manyStreams, type Single, starting } from './single.ts';
import { LOADS, ROUNDS } from './workload.ts';
import { wrkVersion } from './wrk.ts';

const { values } = parseArgs({
  options: { out: { type: 'string' }, only: { type: 'string' }, from: { type: 'string' } },
});
const report: Report = values.from === undefined ? await run() : JSON.parse(readFileSync(values.from, 'utf8'));
if (values.out !== undefined) save(report, values.out);

async function run(): Promise<Report> {
  const dir = mkdtempSync(join(tmpdir(), 'turnout-bench-'));
  const log = openSync(join(dir, 'stderr.log'), 'a');
  const stub = await contenders.startStub();
  const start = (workers = 1) => contenders.startTurnout(contenders.writeConfig(dir, stub.url, workers), log);
  const floor = await contenders.startFloor(stub.url);
  const turnout = await start();
  const portkey = await contenders.startPortkey(log);
  const player = startLoad();
  const servers = { floor, turnout, ...(portkey && { portkey }) };
  try {
    return await measureAll({ servers, stubUrl: stub.url, player, wrk: wrkVersion(), dir }, start);
  } finally {
    player.stop();
    const started: (Server | undefined)[] = [portkey, turnout, floor, stub];
    for (const server of started) await server?.stop();
    rmSync(dir, { recursive: true });
  }
}

async function measureAll(bench: Bench, start: (workers?: number) => Promise<Server>): Promise<Report> {
  const head = {
    node: process.version,
    machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
    floor: createHash('sha256').update(readFileSync(contenders.FLOOR_FILE)).digest('hex').slice(0, 12),
    date: new Date().toISOString().slice(0, 10),
    rounds: ROUNDS,
    ...(bench.servers.portkey && { portkey: contenders.PORTKEY_NAME }),
  };
  console.log(`node ${head.node}, ${head.machine}, floor ${head.floor}, ${ROUNDS} rounds, medians`);
  console.log(`${head.portkey ?? 'without Portkey'}, load from ${bench.wrk ?? 'the built-in generator'}\n\n${HEAD}`);
  const words = wordsOf(values.only);
  const loads = LOADS.filter(({ name }) => chosenBy(words, name));
  if (loads[0]) await warmUp(bench, loads[0]);
  const rows: Row[] = [];
  for (const load of loads) {
    const row = await measure(bench, load);
    rows.push(row);
    console.log(rowText(row));
  }
  const besides: Readonly<Record<string, () => Promise<readonly (Single | undefined)[]>>> = {
    'first token': async () => [await firstToken(bench, 'turnout'), await firstToken(bench, 'portkey')],
    'many streams': () => manyStreams(bench, start),
    start: () => starting(start),
    workers: () => scaling(bench, start),
  };
  const singles: Single[] = [];
  console.log('');
  for (const [name, find] of Object.entries(besides)) {
    if (!words.includes('singles') && !chosenBy(words, name)) continue;
    for (const single of await find()) {
      if (!single) continue;
      singles.push(single);
      console.log(singleText(single));
    }
  }
  return { ...head, rows, singles };
}
