// The process that serves nothing itself: it reads the file, tells the workers what is to be served, and replaces those that end.
import { type Config, ConfigError, type ReadFiles } from '../config/index.ts';
import { type Logger, RouterError } from '../contract/index.ts';
import { type ConfigLoader, type Reloaded, Reloading } from '../host/index.ts';
import type { Metric } from '../observe/index.ts';
import {
  type Address,
  type Fleet,
  removeLeftOver,
  socketPathOf,
  socketUmask,
  type WorkerHealth,
} from '../server/index.ts';
import { Restarts } from './restarts.ts';
import { Sums } from './sums.ts';
import { setUpWorkers, WorkerProcess } from './worker-process.ts';

/** Providers are created one after the other, each within its own limit. */
const BUILD_LIMIT_MS = 120_000;
/** What needs no waiting in a worker that is alive. */
const STEP_LIMIT_MS = 10_000;

export interface PrimaryOptions {
  /** What the workers are told to read, as the user called it. */
  readonly file: string;
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Logger;
  readonly load: ConfigLoader;
  readonly at: Address;
  /** How many serve. */
  readonly count: number;
}

/** A configuration, and what it is made of: what all workers have. */
interface Version {
  readonly config: Config;
  readonly files: ReadFiles;
}

export class Primary implements Fleet {
  readonly #options: PrimaryOptions;
  readonly #began: Config;
  readonly #reloading: Reloading;
  readonly #sums = new Sums();
  readonly #restarts = new Restarts();
  readonly #workers = new Map<number, WorkerProcess>();
  readonly #followers: (() => void)[] = [];
  readonly #hopeless = Promise.withResolvers<void>();
  readonly #umask: number;
  #current: Version;
  #version = 1;
  /** Workers are started, and reloads are made, one after the other. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = false;
  #url = '';

  constructor(options: PrimaryOptions, first: Version) {
    this.#options = options;
    this.#began = first.config;
    this.#current = first;
    this.#reloading = new Reloading(() => this.#inTurn(() => this.#swap()), options.log);
    // A socket file is made by this process, at a moment of its own.
    const isSocket = socketPathOf(options.at.host) !== undefined;
    this.#umask = isSocket ? process.umask(socketUmask(first.config.keys.length > 0)) : process.umask();
  }

  /** The configuration at work. */
  get config(): Config {
    return this.#current.config;
  }

  /** Where they all listen. */
  get url(): string {
    return this.#url;
  }

  /** Resolves when workers keep ending before they serve, and none is left. */
  get hopeless(): Promise<void> {
    return this.#hopeless.promise;
  }

  /** Called after each reload. */
  onReload(follower: () => void): void {
    this.#followers.push(follower);
  }

  /** Starts the workers; resolves when all of them listen. Throws what is wrong with the first that does not, and none is left then. */
  async start(): Promise<void> {
    await removeLeftOver(this.#options.at);
    setUpWorkers();
    const numbers = Array.from({ length: this.#options.count }, (_, index) => index + 1);
    const started = await Promise.allSettled(numbers.map((number) => this.#raise(number)));
    const error = firstError(started);
    if (error === undefined) return;
    await this.close();
    throw error;
  }

  reload(): Promise<Reloaded> {
    return this.#reloading.reload();
  }

  async metrics(): Promise<readonly Metric[]> {
    const reloads = { version: this.#version, ...this.#reloading.outcome };
    await this.#ask(async ({ number, peer }) => {
      const { metrics } = await peer.call('report', { reloads }, STEP_LIMIT_MS);
      if (this.#workers.get(number)?.peer === peer) this.#sums.note(number, metrics);
    });
    return this.#sums.all();
  }

  async examine(targets: readonly string[]): Promise<readonly WorkerHealth[]> {
    return this.#ask(async ({ number, peer }) => ({
      worker: number,
      ...(await peer.call('examine', { targets }, STEP_LIMIT_MS)),
    }));
  }

  /** Drains them all. Idempotent. */
  async close(): Promise<void> {
    this.#stopping = true;
    const workers = [...this.#workers.values()];
    for (const worker of workers) {
      if (worker.serves)
        worker.peer.call('stop', {}).catch(() => {}); // it has ended before it could answer
      else worker.kill();
    }
    await Promise.all(workers.map(({ ended }) => ended));
  }

  /** Ends them all at once. */
  kill(): void {
    this.#stopping = true;
    for (const worker of this.#workers.values()) worker.kill();
  }

  /** Starts one worker; resolves when it listens. Throws what stopped it, and it is gone then. */
  async #raise(number: number): Promise<void> {
    const { file, home, env, log, at, count } = this.#options;
    const handlers = {
      reload: () => this.reload(),
      metrics: async () => ({ metrics: await this.metrics() }),
      examine: async ({ targets }: { readonly targets: readonly string[] }) => ({
        workers: await this.examine(targets),
      }),
    };
    const worker = new WorkerProcess({ number, env, handlers, log });
    this.#workers.set(number, worker);
    const ended = worker.ended.then((how) => this.#left(worker, how));
    try {
      const { url } = await worker.peer.call(
        'start',
        {
          ...{ file, home, at, umask: this.#umask, version: this.#version, files: this.#current.files },
          place: { worker: number, of: count },
        },
        BUILD_LIMIT_MS,
      );
      worker.serves = true;
      // All have gone, and the port with them, when it was one that the system had picked.
      if (this.#url !== '' && this.#url !== url) log.warn({ url }, 'the router listens elsewhere now');
      this.#url = url;
    } catch (error) {
      worker.kill();
      await ended;
      throw error;
    }
  }

  #left({ number, serves }: WorkerProcess, how: string): void {
    this.#workers.delete(number);
    this.#sums.leave(number);
    // One that never served is its starter's.
    if (this.#stopping || !serves) return;
    this.#options.log.error({ worker: number, how }, 'a worker has ended: another takes its place');
    void this.#replace(number);
  }

  async #replace(number: number): Promise<void> {
    const { log } = this.#options;
    for (;;) {
      await new Promise((later) => setTimeout(later, this.#restarts.ended(performance.now())));
      try {
        await this.#inTurn(async () => {
          if (!this.#stopping) await this.#raise(number);
        });
        if (!this.#stopping) log.info({ worker: number }, 'a worker has taken the place of one that had ended');
        return;
      } catch (error) {
        if (this.#stopping) return;
        log.error({ worker: number, err: error }, 'a worker has not come to serve');
        this.#restarts.failed(performance.now());
        if (this.#restarts.isHopeless && this.#serving().length === 0) return this.#hopeless.resolve();
      }
    }
  }

  /** Two steps: all build the next configuration beside the one at work, and when all have, all swap. */
  async #swap(): Promise<Reloaded> {
    this.#refuseAtEnd();
    const files: ReadFiles = new Map();
    // Providers are created by the workers, and what is wrong with them is said by the workers.
    const config = await this.#options.load(() => true, files);
    this.#refuseTurnOfTls(config);
    const workers = this.#serving();
    const answers = await Promise.allSettled(
      workers.map(({ peer }) => peer.call('prepare', { files }, BUILD_LIMIT_MS)),
    );
    const refusal = workers.length === 0 ? new Error('no worker is there') : firstError(answers);
    if (refusal !== undefined || this.#stopping) {
      await this.#each(workers, ({ peer }) => peer.call('cancel', {}, BUILD_LIMIT_MS));
      this.#refuseAtEnd();
      throw refused(refusal, config);
    }
    this.#current = { config, files };
    this.#version++;
    const [reloaded] = await this.#each(workers, ({ peer }) => peer.call('commit', {}, STEP_LIMIT_MS));
    for (const follow of this.#followers) follow();
    if (reloaded) return reloaded;
    // They have ended within these milliseconds: those that take their places have the new one.
    return {
      version: this.#version,
      file: config.file,
      providers: { kept: [], created: [], closed: [] },
      warnings: [],
    };
  }

  /** The answers of those that are there; one that gives none is ended, and whoever takes its place has the version at work. */
  async #each<T>(workers: readonly WorkerProcess[], ask: (worker: WorkerProcess) => Promise<T>): Promise<T[]> {
    const answers = await Promise.allSettled(workers.map(ask));
    for (const [index, { status }] of answers.entries()) {
      if (status === 'rejected' && !this.#stopping) workers[index]?.kill();
    }
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  /** The answers of those that give one in time. */
  async #ask<T>(ask: (worker: WorkerProcess) => Promise<T>): Promise<T[]> {
    const answers = await Promise.allSettled(this.#serving().map(ask));
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  }

  #serving(): WorkerProcess[] {
    return [...this.#workers.values()].filter(({ serves }) => serves);
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined); // who asked for it is told
    return done;
  }

  #refuseAtEnd(): void {
    if (this.#stopping) {
      throw new RouterError('overloaded', 'the router is shutting down', { own: true, retryAfterMs: 1_000 });
    }
  }

  /** A worker that is replaced begins with the file as it is: some would speak TLS, and some would not. */
  #refuseTurnOfTls(next: Config): void {
    if ((next.server.tls === undefined) === (this.#began.server.tls === undefined)) return;
    const message = 'with several workers TLS is turned on and off only by a restart';
    throw new ConfigError([next.issue(['server', 'tls'], message)], next.sources);
  }
}

/** Why a reload was refused: what is wrong with the file comes first; all else is a worker that has ended, or was late. */
function refused(error: Error | undefined, { sources }: Config): Error {
  if (error instanceof ConfigError) return new ConfigError(error.issues, sources);
  const message = `nothing has changed: ${error?.message ?? 'the workers did not answer'}`;
  return new RouterError('overloaded', message, { own: true, retryAfterMs: 1_000 });
}

/** Of what was refused, what says most. */
function firstError(results: readonly PromiseSettledResult<unknown>[]): Error | undefined {
  const errors = results.flatMap((result): Error[] => (result.status === 'rejected' ? [result.reason] : []));
  return errors.find((error) => error instanceof ConfigError) ?? errors[0];
}
