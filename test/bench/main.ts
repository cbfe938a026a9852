// `pnpm bench [--out DIR] [--only WORD|singles]`: the router's paths against the floor of the same run and against Portkey's gateway, and what
// is measured besides. Being over budget is printed, not hidden; nothing here fails.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  FLOOR_FILE,
  PORTKEY_NAME,
  startFloor,
  startPortkey,
  startStub,
  startTurnout,
  writeConfig,
} from './contenders.ts';
import { type Bench, measure, type Row } from './measure.ts';
import { type Server, startLoad } from './process.ts';
import { chart, HEAD, type Report, rowText, singleText } from './report.ts';
import { firstToken, manyStreams, type Single, starting } from './single.ts';
import { LOADS, ROUNDS } from './workload.ts';
import { wrkVersion } from './wrk.ts';

const { values } = parseArgs({ options: { out: { type: 'string' }, only: { type: 'string' } } });
const dir = mkdtempSync(join(tmpdir(), 'turnout-bench-'));
const log = openSync(join(dir, 'stderr.log'), 'a');
const stub = await startStub();
const floor = await startFloor(stub.url);
const config = writeConfig(dir, stub.url);
const turnout = await startTurnout(config, log);
const portkey = await startPortkey(log);
const player = startLoad();
const servers = { floor, turnout, ...(portkey && { portkey }) };
const bench: Bench = { servers, stubUrl: stub.url, player, wrk: wrkVersion(), dir };

const head = {
  node: process.version,
  machine: `${cpus().length} × ${cpus()[0]?.model.trim()}`,
  floor: createHash('sha256').update(readFileSync(FLOOR_FILE)).digest('hex').slice(0, 12),
  date: new Date().toISOString().slice(0, 10),
  rounds: ROUNDS,
};

async function run(): Promise<Report> {
  console.log(`node ${head.node}, ${head.machine}, floor ${head.floor}, ${ROUNDS} rounds, medians`);
  console.log(
    `${portkey ? PORTKEY_NAME : 'without Portkey'}, load from ${bench.wrk ?? 'the built-in generator'}\n\n${HEAD}`,
  );
  const rows: Row[] = [];
  for (const load of LOADS.filter(({ name }) => name.includes(values.only ?? ''))) {
    const row = await measure(bench, load);
    rows.push(row);
    console.log(rowText(row));
  }
  const singles: Single[] = [];
  const add = (found: readonly (Single | undefined)[]): void => {
    for (const single of found) {
      if (!single) continue;
      singles.push(single);
      console.log(singleText(single));
    }
  };
  if (values.only === undefined || values.only === 'singles') {
    console.log('');
    add([await firstToken(bench, 'turnout'), await firstToken(bench, 'portkey')]);
    add(await manyStreams(bench, () => startTurnout(config, log)));
    add(await starting(() => startTurnout(config, log)));
  }
  return { ...head, rows, singles };
}

try {
  const report = await run();
  if (values.out !== undefined) {
    mkdirSync(values.out, { recursive: true });
    writeFileSync(join(values.out, 'bench.json'), `${JSON.stringify(withoutBodies(report), null, 2)}\n`);
    writeFileSync(join(values.out, 'bench.svg'), chart(report));
  }
} finally {
  player.stop();
  const started: (Server | undefined)[] = [portkey, turnout, floor, stub];
  for (const server of started) await server?.stop();
  rmSync(dir, { recursive: true });
}

/** The requests themselves are in workload.ts. */
function withoutBodies({ rows, ...rest }: Report): object {
  return {
    ...rest,
    rows: rows.map(({ load, ...row }) => ({ path: load.name, budget: load.budget, target: load.target, ...row })),
  };
}
