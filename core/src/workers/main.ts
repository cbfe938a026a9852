// The program of a worker: serves what the primary tells it to, until the primary says that it is enough. Signals are the primary's.
import process from 'node:process';
import type { ReadFiles } from '../config/index.ts';
import { RouterError } from '../contract/index.ts';
import { createConfigLoader, createLive, type Live, type Prepared } from '../host/index.ts';
import { createLog, logStrayRejections, SILENT } from '../observe/index.ts';
import { examineHere, type Listening, listen } from '../server/index.ts';
import { type Body, OF_PRIMARY, OF_WORKER } from './messages.ts';
import { Peer } from './peer.ts';
import { shareOf } from './share.ts';

/** A reload waits for a slow plugin's `create` in every worker, and for the reload before it. */
const RELOAD_LIMIT_MS = 180_000;
/** What an operator asks for: a worker that is busy may take a while. */
const ASK_LIMIT_MS = 15_000;

interface Work {
  readonly live: Live;
  readonly listening: Listening;
  /** Builds what these files say beside what is at work. */
  prepare(files: ReadFiles): Promise<Prepared>;
}

let work: Work | undefined;
let prepared: Promise<Prepared> | undefined;

/** Throws `overloaded`, which the primary never sees: it asks for nothing before `start` is answered. */
function atWork(): Work {
  if (!work) throw new RouterError('overloaded', 'this worker has not begun yet', { own: true });
  return work;
}

const primary = new Peer({
  send: (message) => void process.send?.(message, undefined, {}, () => {}),
  there: OF_PRIMARY,
  here: OF_WORKER,
  log: { ...SILENT, warn: (fields, message) => work?.live.router.log.warn(fields, message) },
  handlers: {
    start: async (body) => {
      work = await start(body);
      const { url, port } = work.listening;
      return { url, port };
    },
    prepare: async ({ files }) => {
      prepared = atWork().prepare(files);
      await prepared;
      return {};
    },
    commit: async () => {
      if (!prepared) throw new Error('nothing was prepared');
      const reloaded = (await prepared).commit();
      prepared = undefined;
      return reloaded;
    },
    cancel: async () => {
      await cancel();
      return {};
    },
    report: async ({ reloads }) => ({ metrics: await atWork().listening.metrics(reloads) }),
    examine: async ({ targets }) => ({ targets: examineHere(atWork().live.router, targets) }),
    stop: async () => {
      const { live, listening } = atWork();
      await cancel();
      await listening.close();
      await live.close();
      setImmediate(end);
      return {};
    },
  },
});

async function start({ file, home, umask, place, at, version, files }: Body<typeof OF_WORKER, 'start'>): Promise<Work> {
  process.umask(umask);
  const log = createLog({ worker: place.worker });
  logStrayRejections(log);
  const loader = createConfigLoader(file, { home, env: process.env, log: SILENT });
  let current: ReadFiles = files;
  const live = await createLive({
    log,
    version,
    load: async (isAtWork) => shareOf(await loader(isAtWork, current), place),
  });
  const fleet = {
    reload: () => primary.call('reload', {}, RELOAD_LIMIT_MS),
    metrics: async () => (await primary.call('metrics', {}, ASK_LIMIT_MS)).metrics,
    examine: async (targets: readonly string[]) => (await primary.call('examine', { targets }, ASK_LIMIT_MS)).workers,
  };
  try {
    const listening = await listen(live, at, { fleet });
    return {
      live,
      listening,
      prepare: (next) => {
        current = next;
        return live.prepare();
      },
    };
  } catch (error) {
    await live.close();
    throw error;
  }
}

async function cancel(): Promise<void> {
  const last = prepared;
  prepared = undefined;
  // What could not be prepared has closed what it had made, and who asked for it is told.
  await last?.then(
    (ready) => ready.cancel(),
    () => {},
  );
}

/** A pipe holds 64 KiB; what a slow reader has not taken would be lost. */
async function end(): Promise<void> {
  await Promise.all(outputs.map((output) => new Promise((written) => output.write('', written))));
  process.exit(0);
}

// Who reads what is printed may leave at any time.
const outputs = [process.stdout, process.stderr];
for (const output of outputs) output.on('error', () => {});
// A terminal and a supervisor send them to every process of the group; the primary passes them on as what they mean.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('message', (message) => primary.take(message));
