// Where spans go: sampled, gathered, and sent to the collector that the environment names. Loaded only when traces are asked for.
import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from '../contract/index.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface Pipeline {
  readonly tracer: Tracer;
  close(): Promise<void>;
}

/** How long a process that ends waits for its collector. */
const CLOSE_MS = 2_000;
/** A collector that is away is missed in the log once in this time. */
const COMPLAINT_MS = 60_000;

/** The exporter reads its own part of the environment: endpoint, headers, timeout, compression, certificates. */
export function createPipeline(log: Logger, env: Env): Pipeline {
  const processor = new BatchSpanProcessor({ exporter: complaining(new OTLPTraceExporter(), log), ...batchOf(env) });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'turnout' }).merge(
      detectResources({ detectors: [envDetector] }),
    ),
    sampler: samplerOf(env, log),
    spanProcessors: [processor],
  });
  return { tracer: provider.getTracer('turnout'), close: () => inTime(provider.shutdown()) };
}

/** The batch processor's own variables. */
function batchOf(env: Env) {
  const delay = positive(env.OTEL_BSP_SCHEDULE_DELAY);
  const timeout = positive(env.OTEL_BSP_EXPORT_TIMEOUT);
  const queue = positive(env.OTEL_BSP_MAX_QUEUE_SIZE);
  const batch = positive(env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE);
  return {
    ...(delay !== undefined && { scheduledDelayMillis: delay }),
    ...(timeout !== undefined && { exportTimeoutMillis: timeout }),
    ...(queue !== undefined && { maxQueueSize: queue }),
    ...(batch !== undefined && { maxExportBatchSize: batch }),
  };
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text || Number.NaN);
  return number > 0 ? number : undefined;
}

function samplerOf(env: Env, log: Logger): Sampler {
  const on = new AlwaysOnSampler();
  const off = new AlwaysOffSampler();
  // Each span is sampled as its trace: 1 is all of them.
  const share = Number(env.OTEL_TRACES_SAMPLER_ARG || 1);
  const ratio = () => new TraceIdRatioBasedSampler(Number.isFinite(share) ? Math.min(1, Math.max(0, share)) : 1);
  const samplers: Readonly<Record<string, () => Sampler>> = {
    always_on: () => on,
    always_off: () => off,
    traceidratio: ratio,
    parentbased_always_on: () => new ParentBasedSampler({ root: on }),
    parentbased_always_off: () => new ParentBasedSampler({ root: off }),
    parentbased_traceidratio: () => new ParentBasedSampler({ root: ratio() }),
  };
  const name = env.OTEL_TRACES_SAMPLER || 'parentbased_always_on';
  const make = Object.hasOwn(samplers, name) ? samplers[name] : undefined;
  if (!make) log.warn({ sampler: name }, 'OTEL_TRACES_SAMPLER names no sampler that is known here: all is sampled');
  return make?.() ?? new ParentBasedSampler({ root: on });
}

/** Says in the log, now and then, that spans are lost. */
function complaining(exporter: SpanExporter, log: Logger): SpanExporter {
  let quietUntilMs = 0;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        const nowMs = performance.now();
        if (result.error && nowMs >= quietUntilMs) {
          quietUntilMs = nowMs + COMPLAINT_MS;
          log.warn({ spans: spans.length, reason: result.error.message.slice(0, 200) }, 'spans could not be sent');
        }
        done(result);
      }),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };
}

/** What has not been sent by then is lost, and so is why. */
async function inTime(shutdown: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const limit = setTimeout(resolve, CLOSE_MS);
  await Promise.race([late, shutdown.catch(() => {})]);
  clearTimeout(limit);
}
