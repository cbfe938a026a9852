// Whether the environment asks for traces. Nothing of OpenTelemetry is loaded before it is known that it does.
import type { Logger } from '../contract/index.ts';
import type { RequestRecord } from './record.ts';
import type { Providers } from './request-totals.ts';

export interface Tracing {
  /** Makes the spans of a request that has ended. Returns the id of the trace. */
  trace(record: RequestRecord, providers: Providers): string | undefined;
  /** Sends the last spans, and gives up when that takes too long. */
  close(): Promise<void>;
}

type Env = Readonly<Record<string, string | undefined>>;

/** Starts what the `OTEL_` variables ask for; undefined when they ask for no traces. Never rejects. */
export async function startTracing(log: Logger, env: Env = process.env): Promise<Tracing | undefined> {
  if (!wantsTraces(env, log)) return undefined;
  const protocol = env.OTEL_EXPORTER_OTLP_TRACES_PROTOCOL || env.OTEL_EXPORTER_OTLP_PROTOCOL || PROTOCOL;
  if (protocol !== PROTOCOL) log.warn({ protocol }, `traces are sent by ${PROTOCOL}: another protocol is not spoken`);
  try {
    const { createTracing } = await import('./spans.ts');
    return createTracing(log, env);
  } catch (error) {
    log.error({ err: error }, 'there will be no traces: OpenTelemetry could not be started');
    return undefined;
  }
}

const PROTOCOL = 'http/protobuf';

/** By OpenTelemetry's rules, but that an endpoint has to be named: its own default would have every router look for a collector. */
function wantsTraces(env: Env, log: Logger): boolean {
  if (env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return false;
  const named = env.OTEL_TRACES_EXPORTER?.split(',').map((name) => name.trim());
  const exporters = named?.filter(Boolean) ?? [];
  if (exporters.length === 0) return Boolean(env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT);
  const unknown = exporters.filter((name) => name !== 'otlp' && name !== 'none');
  if (unknown.length > 0) log.warn({ exporters: unknown }, 'OTEL_TRACES_EXPORTER: traces are sent by otlp only');
  return exporters.includes('otlp');
}

/** The span of a client that a request belongs to. */
export interface Parent {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-|$)/;

/** Reads a W3C `traceparent`; undefined for what is none. */
export function readTraceparent(text: string | undefined): Parent | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) };
}
