// How many processes serve, and what of a limit is the part of each.
import { availableParallelism } from 'node:os';
import type { Config, ConfigIssue, LimitsConfig, ServerConfig } from '../config/config.ts';

/** Which of how many. */
export interface Place {
  /** From 1. One that is replaced leaves its number to the next. */
  readonly worker: number;
  readonly of: number;
}

/** `auto` is what the system lets this process use: with a CPU limit of a container less than the machine has. */
export const countWorkers = ({ workers }: Pick<ServerConfig, 'workers'>): number =>
  workers === 'auto' ? availableParallelism() : workers;

/** The part of a whole number: the parts of all are the whole, but none is less than 1. Nothing stays nothing. */
export function partOf(whole: number, { worker, of }: Place): number {
  if (whole === 0) return 0;
  return Math.max(1, Math.floor(whole / of) + (worker <= whole % of ? 1 : 0));
}

/** The configuration for one of several processes. */
export function shareOf(config: Config, place: Place): Config {
  const part = (whole: number): number => partOf(whole, place);
  const limitsPart = (limits: LimitsConfig): LimitsConfig =>
    Object.freeze(Object.fromEntries(Object.entries(limits).map(([name, whole]) => [name, part(whole)])));
  return Object.freeze({
    ...config,
    providers: Object.freeze(
      config.providers.map((provider) => {
        const { max, queue } = provider.concurrency;
        return Object.freeze({ ...provider, concurrency: Object.freeze({ max: part(max), queue: part(queue) }) });
      }),
    ),
    keys: Object.freeze(
      config.keys.map((key) => (key.limits ? Object.freeze({ ...key, limits: limitsPart(key.limits) }) : key)),
    ),
  });
}

/** A warning for each limit that is smaller than the number of workers: together they let through more than it says. */
export function shareWarnings(config: Config): ConfigIssue[] {
  const of = countWorkers(config.server);
  const warn = (path: readonly (string | number)[], whole: number | undefined): ConfigIssue[] => {
    if (whole === undefined || whole === 0 || whole >= of) return [];
    const message = `warning: ${whole} cannot be divided among ${of} workers: each takes 1, which makes ${of}`;
    return [config.issue(path, message)];
  };
  const ofProviders = config.providers.flatMap(({ name, concurrency: { max, queue } }) => [
    ...warn(['providers', name, 'concurrency', 'max'], max),
    ...warn(['providers', name, 'concurrency', 'queue'], queue),
  ]);
  const ofKeys = config.keys.flatMap(({ limits = {} }, position) =>
    Object.entries(limits).flatMap(([name, whole]) => warn(['keys', position, 'limits', name], whole)),
  );
  return [...ofKeys, ...ofProviders];
}
