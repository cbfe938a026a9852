// One worker, as the primary sees it.
import cluster, { type Worker } from 'node:cluster';
import { fileURLToPath } from 'node:url';
import type { Logger } from '../contract/index.ts';
import { OF_PRIMARY, OF_WORKER } from './messages.ts';
import { type Handlers, Peer } from './peer.ts';

/** Whatever this file is called where it runs: the build makes .js of it. */
const PROGRAM = fileURLToPath(new URL(`./main${import.meta.url.slice(-3)}`, import.meta.url));

/** Says how workers are started. This process takes the connections and gives them to the workers in turn: left to the system, 20 that
 * come at once mostly go to the same worker, and keep it busy for as long as their streams last (Linux, Node 24, 2026-11). What workers
 * are told goes over the channel alone, where nobody else can read it. */
export function setUpWorkers(): void {
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: PROGRAM,
    args: [],
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
}

export interface WorkerOptions {
  readonly number: number;
  readonly env: NodeJS.ProcessEnv;
  readonly handlers: Handlers<typeof OF_PRIMARY>;
  readonly log: Logger;
}

export class WorkerProcess {
  readonly number: number;
  readonly peer: Peer<typeof OF_WORKER, typeof OF_PRIMARY>;
  /** How it has ended, in words. */
  readonly ended: Promise<string>;
  /** Set once it listens, and stays so. */
  serves = false;
  readonly #worker: Worker;

  constructor({ number, env, handlers, log }: WorkerOptions) {
    this.number = number;
    const worker = cluster.fork(env);
    this.#worker = worker;
    this.peer = new Peer({
      // One that is ending takes nothing any more, which is told by its end.
      send: (message) => void (worker.isConnected() && worker.process.send(message, () => {})),
      there: OF_WORKER,
      here: OF_PRIMARY,
      handlers,
      log,
    });
    worker.on('message', (message: unknown) => this.peer.take(message));
    this.ended = new Promise((ended) => {
      const end = (how: string) => {
        this.peer.close(new Error(`worker ${number} has ended (${how})`));
        ended(how);
      };
      worker.once('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`));
      // It could not even be started: there is no exit then.
      worker.once('error', (error: Error) => {
        if (worker.process.pid === undefined) end(error.message);
      });
    });
  }

  /** Ends it at once. */
  kill(): void {
    this.#worker.process.kill('SIGKILL');
  }
}
