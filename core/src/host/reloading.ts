// How reloads go: one at a time, told in the log, and counted.
import type { ConfigIssue } from '../config/config.ts';
import { ConfigError } from '../config/index.ts';
import { type Logger, RouterError } from '../contract/index.ts';

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

export class Reloading {
  readonly #work: () => Promise<Reloaded>;
  readonly #log: Logger;
  #failures = 0;
  #lastSucceeded: boolean | undefined;
  #running: Promise<Reloaded> | undefined;
  #following: Promise<Reloaded> | undefined;

  /** `work` reads the file and swaps, or throws and has changed nothing. */
  constructor(work: () => Promise<Reloaded>, log: Logger) {
    this.#work = work;
    this.#log = log;
  }

  /** How they went; `lastSucceeded` is absent before the first. */
  get outcome(): { readonly failures: number; readonly lastSucceeded?: boolean } {
    const last = this.#lastSucceeded;
    return { failures: this.#failures, ...(last !== undefined && { lastSucceeded: last }) };
  }

  /** One at a time: who asks while one is under way waits for the next, which reads the file again for all who have asked
   * meanwhile. */
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

  /** Once none is under way. */
  async idle(): Promise<void> {
    await this.#running?.catch(() => undefined); // who asked for it is told
  }

  async #reload(): Promise<Reloaded> {
    const log = this.#log;
    try {
      const reloaded = await this.#work();
      this.#lastSucceeded = true;
      const { warnings, ...done } = reloaded;
      for (const warning of warnings) log.warn(placeOf(warning), 'the new configuration has a warning');
      log.info(done, 'configuration reloaded');
      return reloaded;
    } catch (error) {
      this.#lastSucceeded = false;
      this.#failures++;
      if (error instanceof ConfigError) {
        log.error({ issues: error.issues.map(placeOf) }, 'configuration not reloaded: nothing has changed');
      } else if (!RouterError.is(error)) log.error({ err: error }, 'configuration not reloaded: nothing has changed');
      throw error;
    }
  }
}

/** For a log line: the excerpt is for people. */
const placeOf = ({ file, line, column, path, message }: ConfigIssue) => ({ file, line, column, path, message });
