// The configuration at work, and how another one takes its place: built beside it, swapped in one step, the old drained and closed.
import type { Config, ConfigIssue, ProviderConfig } from '../config/config.ts';
import { type Logger, RouterError } from '../contract/index.ts';
import { type Reloaded, Reloading } from './reloading.ts';
import { atWork, closeAll, createRouter, holds, onlyIn, type Router } from './router.ts';
import type { Upstream } from './upstream.ts';

export interface LiveOptions {
  /** Reads and checks the file as it is now. Throws ConfigError. A provider that `isAtWork` needs no trial. */
  load(isAtWork: (provider: ProviderConfig) => boolean): Promise<Config>;
  readonly log: Logger;
  /** For each `create` of a plugin. */
  readonly patienceMs?: number;
  /** What the first configuration counts as. Default: 1. */
  readonly version?: number;
}

/** A configuration that could be put to work now. */
export interface Prepared {
  /** Puts it to work, in one step. Throws RouterError `overloaded`, and has changed nothing, when the process is ending. */
  commit(): Reloaded;
  /** Closes what was made for it. */
  cancel(): Promise<void>;
}

/** Somebody who has to change with the configuration. Looks at the next one while the old is at work, and throws ConfigError when it
 * cannot be; `take` is called in the moment of the swap, and does not throw. */
export type Follower = (next: Config) => { readonly warnings?: readonly ConfigIssue[]; take?(): void };

/** Reads the file, if `began` is not what it says, and creates its providers. Throws ConfigError with everything that is wrong. */
export async function createLive(options: LiveOptions, began?: Config): Promise<Live> {
  const config = began ?? (await options.load(() => false));
  return new Live(options, await createRouter(config, options.log, options));
}

export class Live {
  readonly #options: LiveOptions;
  readonly #followers: Follower[] = [];
  readonly #retirements = new Set<Promise<void>>();
  /** Those with requests that go on. */
  readonly #past = new Set<Router>();
  readonly #hurry = new AbortController();
  readonly #reloading: Reloading;
  #router: Router;
  #version: number;
  #closed: Promise<void> | undefined;

  constructor(options: LiveOptions, first: Router) {
    this.#options = options;
    this.#router = first;
    this.#version = options.version ?? 1;
    this.#reloading = new Reloading(() => this.#prepareAndCommit(), options.log);
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
    return { version: this.#version, ...this.#reloading.outcome };
  }

  follow(follower: Follower): void {
    this.#followers.push(follower);
  }

  /** Reads the file again and puts what it says to work. Throws ConfigError with everything that is wrong, and then nothing has
   * changed; RouterError `overloaded` when the process is ending. One at a time: who asks while one is under way waits for the next,
   * which reads the file again for all who have asked meanwhile. */
  reload(): Promise<Reloaded> {
    return this.#reloading.reload();
  }

  /** Closes everything, the providers that were on their way out first, the others in reverse order. Idempotent. The requests must
   * have ended. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#hurry.abort();
      await this.#reloading.idle();
      await Promise.all(this.#retirements);
      await this.#router.close();
    })();
    return this.#closed;
  }

  /** Builds and checks what the file says now beside what is at work. Throws as `reload`. One at a time: what was prepared is
   * committed or cancelled before the next. */
  async prepare(): Promise<Prepared> {
    const { load, log } = this.#options;
    const previous = this.#router;
    this.#refuseAtEnd();
    const config = await load((provider) => atWork(previous, provider) !== undefined);
    const followed = this.#followers.map((follower) => follower(config));
    const next = await createRouter(config, log, { ...this.#options, previous });
    const created = onlyIn(next, previous);
    const cancel = () => closeAll(created.toReversed(), log);
    if (this.#hurry.signal.aborted) await cancel();
    this.#refuseAtEnd();
    return { commit: () => this.#swap(next, followed), cancel };
  }

  async #prepareAndCommit(): Promise<Reloaded> {
    const prepared = await this.prepare();
    try {
      return prepared.commit();
    } catch (error) {
      await prepared.cancel();
      throw error;
    }
  }

  /** Nothing is awaited here. */
  #swap(next: Router, followed: readonly ReturnType<Follower>[]): Reloaded {
    this.#refuseAtEnd();
    const previous = this.#router;
    const { config } = next;
    this.#router = next;
    this.#version++;
    for (const { take } of followed) take?.();
    const closed = onlyIn(previous, next);
    this.#leave(previous);
    this.#retire(closed, config.server.drainMs);
    return {
      version: this.#version,
      file: config.file,
      providers: {
        kept: namesOf([...next.upstreams.values()].filter((upstream) => holds(previous, upstream))),
        created: namesOf(onlyIn(next, previous)),
        closed: namesOf(closed),
      },
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
      const holders = [...this.#past].filter((router) => holds(router, upstream));
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
