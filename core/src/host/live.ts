// The configuration at work, and how another one takes its place: built beside it, swapped in one step, the old drained and closed.
import type { Config, ConfigIssue, ProviderConfig } from '../config/config.ts';
import { ConfigError } from '../config/index.ts';
import { type Logger, RouterError } from '../contract/index.ts';
import { atWork, closeAll, createRouter, type Router } from './router.ts';
import type { Upstream } from './upstream.ts';

export interface LiveOptions {
  /** Reads and checks the file as it is now. Throws ConfigError. A provider that `isAtWork` needs no trial. */
  load(isAtWork: (provider: ProviderConfig) => boolean): Promise<Config>;
  readonly log: Logger;
  /** For each `create` of a plugin. */
  readonly patienceMs?: number;
}

/** What a reload has done. */
export interface Reloaded {
  /** 1 is what the process began with. */
  readonly version: number;
  readonly file: string;
  /** By name. One whose settings have changed is in `created` and in `closed`: that is once its last request has ended. */
  readonly providers: {
    readonly kept: readonly string[];
    readonly created: readonly string[];
    readonly closed: readonly string[];
  };
  /** What the file says and this process cannot do before it is started again, and what else is worth a look. */
  readonly warnings: readonly ConfigIssue[];
}

/** Somebody who has to change with the configuration. Looks at the next one while the old is at work, and throws ConfigError when it
 * cannot be; `take` is called in the moment of the swap, and does not throw. */
export type Follower = (next: Config) => { readonly warnings?: readonly ConfigIssue[]; take?(): void };

/** Reads the file and creates its providers. Throws ConfigError with everything that is wrong. */
export async function createLive(options: LiveOptions): Promise<Live> {
  const config = await options.load(() => false);
  return new Live(options, await createRouter(config, options.log, options));
}

export class Live {
  readonly #options: LiveOptions;
  readonly #followers: Follower[] = [];
  readonly #retirements = new Set<Promise<void>>();
  /** Those with requests that go on. */
  readonly #past = new Set<Router>();
  readonly #hurry = new AbortController();
  #router: Router;
  #version = 1;
  #reloadFailures = 0;
  #lastReloadSucceeded: boolean | undefined;
  #running: Promise<Reloaded> | undefined;
  #following: Promise<Reloaded> | undefined;
  #closed: Promise<void> | undefined;

  constructor(options: LiveOptions, first: Router) {
    this.#options = options;
    this.#router = first;
  }

  /** The one at work now. A request asks once, and says so to its `users`. */
  get router(): Router {
    return this.#router;
  }

  /** Counts the swaps, from 1. */
  get version(): number {
    return this.#version;
  }

  /** How the reloads went; `lastSucceeded` is absent before the first. */
  get reloads(): { readonly version: number; readonly failures: number; readonly lastSucceeded?: boolean } {
    const last = this.#lastReloadSucceeded;
    return {
      version: this.#version,
      failures: this.#reloadFailures,
      ...(last !== undefined && { lastSucceeded: last }),
    };
  }

  follow(follower: Follower): void {
    this.#followers.push(follower);
  }

  /** Reads the file again and puts what it says to work. Throws ConfigError with everything that is wrong, and then nothing has
   * changed; RouterError `overloaded` when the process is ending. One at a time: who asks while one is under way waits for the next,
   * which reads the file again for all who have asked meanwhile. */
  reload(): Promise<Reloaded> {
    if (this.#running === undefined) {
      this.#running = this.#reload().finally(() => {
        this.#running = undefined;
      });
      return this.#running;
    }
    this.#following ??= this.#running
      .catch(() => undefined) // who asked for that one is told
      .then(() => {
        this.#following = undefined;
        return this.reload();
      });
    return this.#following;
  }

  /** Closes everything, the providers that were on their way out first, the others in reverse order. Idempotent. The requests must
   * have ended. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#hurry.abort();
      await this.#running?.catch(() => undefined); // who asked for it is told
      await Promise.all(this.#retirements);
      await this.#router.close();
    })();
    return this.#closed;
  }

  async #reload(): Promise<Reloaded> {
    const { log } = this.#options;
    try {
      const reloaded = await this.#swap();
      this.#lastReloadSucceeded = true;
      const { warnings, ...done } = reloaded;
      for (const warning of warnings) log.warn(placeOf(warning), 'the new configuration has a warning');
      log.info(done, 'configuration reloaded');
      return reloaded;
    } catch (error) {
      this.#lastReloadSucceeded = false;
      this.#reloadFailures++;
      if (error instanceof ConfigError) {
        log.error({ issues: error.issues.map(placeOf) }, 'configuration not reloaded: nothing has changed');
      } else if (!RouterError.is(error)) log.error({ err: error }, 'configuration not reloaded: nothing has changed');
      throw error;
    }
  }

  async #swap(): Promise<Reloaded> {
    const { load, log } = this.#options;
    const previous = this.#router;
    this.#refuseAtEnd();
    const config = await load((provider) => atWork(previous, provider) !== undefined);
    const followed = this.#followers.map((follower) => follower(config));
    const next = await createRouter(config, log, { ...this.#options, previous });
    const isKept = (upstream: Upstream) => previous.upstreams.get(upstream.name) === upstream;
    const created = [...next.upstreams.values()].filter((upstream) => !isKept(upstream));
    if (this.#hurry.signal.aborted) await closeAll(created.reverse(), log);
    this.#refuseAtEnd();

    // The one step: nothing is awaited between these.
    this.#router = next;
    this.#version++;
    for (const { take } of followed) take?.();
    const closed = [...previous.upstreams.values()].filter(
      (upstream) => next.upstreams.get(upstream.name) !== upstream,
    );
    this.#leave(previous);
    this.#retire(closed, config.server.drainMs);
    const kept = [...next.upstreams.values()].filter(isKept);
    return {
      version: this.#version,
      file: config.file,
      providers: { kept: namesOf(kept), created: namesOf(created), closed: namesOf(closed) },
      warnings: followed.flatMap(({ warnings = [] }) => warnings),
    };
  }

  #refuseAtEnd(): void {
    if (this.#hurry.signal.aborted) {
      throw new RouterError('overloaded', 'the router is shutting down', { own: true, retryAfterMs: 1_000 });
    }
  }

  #leave(router: Router): void {
    this.#past.add(router);
    void router.users.idle().then(() => this.#past.delete(router));
  }

  #retire(upstreams: readonly Upstream[], drainMs: number): void {
    if (upstreams.length === 0) return;
    const retirement = this.#closeAfterUse(upstreams.toReversed(), drainMs).finally(() => {
      this.#retirements.delete(retirement);
    });
    this.#retirements.add(retirement);
  }

  /** Closes them in this order, each after the last request that could use it, or once the time is over. */
  async #closeAfterUse(upstreams: readonly Upstream[], drainMs: number): Promise<void> {
    const { signal } = this.#hurry;
    const { promise: over, resolve: hurry } = Promise.withResolvers<void>();
    const limit = setTimeout(hurry, signal.aborted ? 0 : drainMs);
    const hurried = () => hurry();
    signal.addEventListener('abort', hurried);
    for (const upstream of upstreams) {
      const holders = [...this.#past].filter((router) => router.upstreams.get(upstream.name) === upstream);
      await Promise.race([over, Promise.all(holders.map(({ users }) => users.idle()))]);
      const words = `the provider ${upstream.name} was removed or changed by a reload`;
      upstream.calls.stop(new RouterError('overloaded', words, { own: true, retryAfterMs: 1_000 }));
      await closeAll([upstream], this.#options.log);
    }
    clearTimeout(limit);
    signal.removeEventListener('abort', hurried);
  }
}

const namesOf = (upstreams: readonly Upstream[]): string[] => upstreams.map(({ name }) => name);

/** For a log line: the excerpt is for people. */
const placeOf = ({ file, line, column, path, message }: ConfigIssue) => ({ file, line, column, path, message });
