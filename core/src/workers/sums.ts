// What all workers have counted, also those that are no more: a sum that became smaller would be taken for a new beginning.
import { type Metric, mergeMetrics } from '../observe/index.ts';

export class Sums {
  readonly #last = new Map<number, readonly Metric[]>();
  /** What those have counted that have ended, as far as they were asked. */
  #left: readonly Metric[] = [];

  /** What a worker has just said. */
  note(worker: number, metrics: readonly Metric[]): void {
    this.#last.set(worker, metrics);
  }

  /** A worker has ended. */
  leave(worker: number): void {
    const last = this.#last.get(worker) ?? [];
    this.#last.delete(worker);
    const lasting = last.filter(({ type, across }) => across === 'sum' && type !== 'gauge');
    this.#left = mergeMetrics([report('', this.#left), report('', lasting)]);
  }

  /** All of it. Of a worker that has not answered, what it said last. */
  all(): Metric[] {
    const ofWorkers = [...this.#last].map(([worker, metrics]) => report(String(worker), metrics));
    return mergeMetrics([report('', this.#left), ...ofWorkers, report('primary', ownMetrics())]);
  }
}

const report = (worker: string, metrics: readonly Metric[]) => ({ worker, metrics });

/** What this process costs: the same names as prom-client has for the workers, which is not loaded here. */
function ownMetrics(): Metric[] {
  const { user, system } = process.cpuUsage();
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'Total user and system CPU time spent in seconds.',
      type: 'counter',
      across: 'apart',
      samples: [{ value: (user + system) / 1e6 }],
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory size in bytes.',
      type: 'gauge',
      across: 'apart',
      samples: [{ value: process.memoryUsage.rss() }],
    },
  ];
}
