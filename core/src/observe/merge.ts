// The metrics of several processes as those of one.
import type { Metric, Sample } from './exposition.ts';

/** What one process has counted. */
export interface Report {
  /** What tells it from the others, as a label. */
  readonly worker: string;
  readonly metrics: readonly Metric[];
}

/** The label of what is not added up. */
const WORKER = 'worker';

/** Puts them together, each metric in its own way. */
export function mergeMetrics(reports: readonly Report[]): Metric[] {
  const merged = new Map<string, { readonly metric: Metric; readonly samples: Map<string, Sample> }>();
  for (const { worker, metrics } of reports) {
    for (const metric of metrics) {
      const { samples } = merged.get(metric.name) ?? { samples: new Map<string, Sample>() };
      merged.set(metric.name, { metric, samples });
      for (const sample of metric.samples) {
        const told = metric.across === 'apart' ? { ...sample, labels: { ...sample.labels, [WORKER]: worker } } : sample;
        const key = `${told.name ?? ''}\0${JSON.stringify(told.labels ?? {})}`;
        const known = samples.get(key);
        samples.set(key, known ? { ...known, value: together(metric.across, known.value, told.value) } : told);
      }
    }
  }
  return [...merged.values()].map(({ metric, samples }) => ({ ...metric, samples: [...samples.values()] }));
}

function together(across: Metric['across'], a: number, b: number): number {
  if (across === 'max') return Math.max(a, b);
  return across === 'min' ? Math.min(a, b) : a + b;
}
