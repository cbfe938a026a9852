// What /metrics says, in Prometheus' text format: the sums of all requests, the state of this moment, and the process itself.
import type { Registry } from 'prom-client';
import type { BreakerState, Breakers, Gate } from '../attempt/index.ts';
import { targetName } from '../attempt/index.ts';
import type { Providers, RequestTotals } from './request-totals.ts';
import { type Counter, Histogram } from './totals.ts';

/** What is looked at when somebody asks. */
export interface Scene extends Pick<Providers, 'config'> {
  readonly upstreams: ReadonlyMap<string, { readonly breakers: Breakers; readonly gate: Gate }>;
}

/** How the configuration at work came to be. */
export interface Reloads {
  /** Counts the configurations that were put to work, from 1. */
  readonly version: number;
  /** Absent before the first reload. */
  readonly lastSucceeded?: boolean;
  readonly failures: number;
}

export interface Exposition {
  readonly contentType: string;
  readonly text: string;
}

/** By how much is wrong. */
const BREAKER_STATES: Readonly<Record<BreakerState, number>> = {
  closed: 0,
  'cooling-down': 1,
  'half-open': 2,
  open: 3,
};

export interface Sample {
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Plain data, which may come from another process. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** What it is of several processes; `apart`: of each its own, told apart by a label. */
  readonly across: 'sum' | 'max' | 'min' | 'apart';
  readonly samples: readonly Sample[];
}

export interface Moment {
  readonly totals: RequestTotals;
  /** Requests in the house. */
  readonly running: number;
  readonly scene: Scene;
  readonly reloads: Reloads;
}

/** All of it. The library is loaded when it is first asked for: it takes 50 ms, and not everybody asks (2026-11). */
export async function expose(moment: Moment): Promise<Exposition> {
  const [own, process] = await Promise.all([
    printMetrics([...readFamilies(moment), ...readMoment(moment)]),
    processMetrics().then((metrics) => metrics.metrics()),
  ]);
  return { ...own, text: `${own.text}\n${process}` };
}

/** The same as data, for who puts those of several processes together. */
export async function collect(moment: Moment): Promise<Metric[]> {
  const ofProcess = await (await processMetrics()).getMetricsAsJSON();
  const apart = ofProcess.map(({ name, help, type, values }) => ({ name, help, type, values }) as unknown as Collected);
  return [...readFamilies(moment), ...readMoment(moment), ...apart.map(readCollected)];
}

/** As the library gives it, which has no type for that: a histogram names each of its samples, a label may be a number. */
interface Collected extends Pick<Metric, 'name' | 'help' | 'type'> {
  readonly values: readonly {
    readonly metricName?: string;
    readonly labels: Readonly<Record<string, unknown>>;
    readonly value: number;
  }[];
}

const readCollected = ({ values, ...metric }: Collected): Metric => ({
  ...metric,
  across: 'apart',
  samples: values.map(({ metricName, labels, value }) => ({
    ...(metricName !== undefined && { name: metricName }),
    labels: Object.fromEntries(Object.entries(labels).map(([label, text]) => [label, String(text)])),
    value,
  })),
});

export async function printMetrics(metrics: readonly Metric[]): Promise<Exposition> {
  const { Registry } = await import('prom-client');
  const registry = new Registry();
  for (const metric of metrics) register(registry, metric);
  return { contentType: registry.contentType, text: await registry.metrics() };
}

const readFamilies = ({ totals }: Moment): Metric[] => [...totals.families].map(readFamily);

let ofProcess: Promise<Registry> | undefined;

/** CPU, memory, file descriptors, event loop, garbage collection. */
function processMetrics(): Promise<Registry> {
  ofProcess ??= (async () => {
    const { collectDefaultMetrics, Registry } = await import('prom-client');
    const registry = new Registry();
    collectDefaultMetrics({ register: registry });
    return registry;
  })();
  return ofProcess;
}

function register(registry: Registry, { name, help, type, samples }: Metric): void {
  const values = samples.map((sample) => ({
    metricName: sample.name ?? name,
    // A label without a value is none.
    labels: Object.fromEntries(Object.entries(sample.labels ?? {}).filter(([, value]) => value !== '')),
    value: sample.value,
  }));
  const metric = { name, help, type, get: async () => ({ name, help, type, values, aggregator: 'sum' }) };
  // The cast: a registry prints whatever has `get`, and its type only names the library's own classes, which have their own sums.
  registry.registerMetric(metric as unknown as Parameters<Registry['registerMetric']>[0]);
}

function readFamily(family: Counter | Histogram): Metric {
  const { name, help } = family;
  if (!(family instanceof Histogram)) {
    return {
      name,
      help,
      type: 'counter',
      across: 'sum',
      samples: [...family].map(({ labels, series }) => ({ labels, value: series.value })),
    };
  }
  const samples = [...family].flatMap(({ labels, series }): Sample[] => {
    let count = 0;
    const buckets = [...family.bounds.map(String), '+Inf'].map((le, position) => {
      count += series.counts[position] ?? 0;
      return { name: `${name}_bucket`, labels: { ...labels, le }, value: count };
    });
    return [
      ...buckets,
      { name: `${name}_sum`, labels, value: series.sum },
      { name: `${name}_count`, labels, value: count },
    ];
  });
  return { name, help, type: 'histogram', across: 'sum', samples };
}

function readMoment({ totals, running, scene, reloads }: Moment): Metric[] {
  const { version, lastSucceeded = true, failures } = reloads;
  const gauge = (name: string, help: string, samples: readonly Sample[], across: Metric['across'] = 'sum'): Metric => ({
    name,
    help,
    type: 'gauge',
    across,
    samples,
  });
  const gates = [...scene.upstreams].map(([provider, { gate }]) => ({ labels: { provider }, gate }));
  return [
    gauge('turnout_requests_running', 'Requests in the house now.', [{ value: running }]),
    gauge(
      'turnout_provider_calls_running',
      'Upstream calls under way.',
      gates.map(({ labels, gate }) => ({ labels, value: gate.busy })),
    ),
    gauge(
      'turnout_provider_calls_waiting',
      'Upstream calls in the queue of their provider.',
      gates.map(({ labels, gate }) => ({ labels, value: gate.waiting })),
    ),
    gauge(
      'turnout_breaker_state',
      'Of targets that were asked: 0 closed, 1 cooling down, 2 half-open, 3 open.',
      readBreakers(totals, scene),
      'max',
    ),
    gauge(
      'turnout_config_version',
      'Counts the configurations that were put to work, from 1.',
      [{ value: version }],
      'max',
    ),
    gauge(
      'turnout_config_last_reload_successful',
      '0: the last reload was refused, and changed nothing.',
      [{ value: lastSucceeded ? 1 : 0 }],
      'min',
    ),
    {
      name: 'turnout_config_reload_failures_total',
      help: 'Reloads that were refused.',
      type: 'counter',
      across: 'max',
      samples: [{ value: failures }],
    },
  ];
}

/** Targets that share a label show the worst of them. */
function readBreakers({ names }: RequestTotals, { upstreams, config }: Scene): Sample[] {
  const nowMs = performance.now();
  const worst = new Map<string, number>();
  for (const [name, { breakers }] of upstreams) {
    for (const { patient, breaker } of breakers.all()) {
      if (patient.errand !== undefined) continue;
      const label = names.target(targetName({ upstream: { name }, ...patient }), config, false);
      worst.set(label, Math.max(worst.get(label) ?? 0, BREAKER_STATES[breaker.state(nowMs)]));
    }
  }
  return [...worst].map(([target, value]) => ({ labels: { target }, value }));
}
