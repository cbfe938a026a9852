// Who is told of the moments of a request. One for the process: it outlives the configurations.
import type { Logger } from '../contract/index.ts';
import { costOf } from './cost.ts';
import { collect, type Exposition, expose, type Metric, type Reloads, type Scene } from './exposition.ts';
import { logRecord } from './line.ts';
import type { RequestRecord } from './record.ts';
import { type Providers, RequestTotals } from './request-totals.ts';
import { readTraceparent, startTracing, type Tracing } from './tracing.ts';

export interface Observer {
  /** A request has come in. */
  began(): void;
  /** A request is over, and its answer has gone. Once for each that began. Never throws. */
  ended(record: RequestRecord, providers: Providers): void;
  /** What /metrics says now. */
  expose(scene: Scene, reloads: Reloads): Promise<Exposition>;
  /** The same as data. */
  collect(scene: Scene, reloads: Reloads): Promise<Metric[]>;
  /** Sends what has not been sent yet, for a while. Idempotent. */
  close(): Promise<void>;
}

/** How long the end of a process waits for requests whose connections have gone. */
const LAST_REQUESTS_MS = 1_000;

/** Loads what the environment asks for. Never rejects: what cannot be observed is said in the log. */
export async function createObserver(log: Logger): Promise<Observer> {
  const totals = new RequestTotals();
  const tracing = await startTracing(log);
  let running = 0;
  let lastEnded = () => {};
  let closed: Promise<void> | undefined;
  /** The last requests may end after their connections. */
  const close = async () => {
    const { promise: idle, resolve } = Promise.withResolvers<void>();
    lastEnded = resolve;
    const limit = setTimeout(resolve, LAST_REQUESTS_MS);
    if (running > 0) await idle;
    clearTimeout(limit);
    await tracing?.close();
  };
  return {
    began: () => {
      running++;
    },
    ended: (record, providers) => {
      record.totalMs ??= performance.now() - record.startMs;
      if (record.error?.usage) record.usage ??= record.error.usage;
      const costUsd = costOf(record.price, record.usage);
      if (costUsd !== undefined) record.costUsd = costUsd;
      const traceId = guarded(log, () => traceOf(tracing, record, providers));
      guarded(log, () => totals.add(record, providers));
      logRecord(log, record, traceId);
      running--;
      if (running === 0) lastEnded();
    },
    expose: (scene, reloads) => expose({ totals, running, scene, reloads }),
    collect: (scene, reloads) => collect({ totals, running, scene, reloads }),
    close: () => {
      closed ??= close();
      return closed;
    },
  };
}

const traceOf = (tracing: Tracing | undefined, record: RequestRecord, providers: Providers): string | undefined =>
  tracing ? tracing.trace(record, providers) : readTraceparent(record.trace?.parent)?.traceId;

/** Nothing that goes wrong here is the request's fault. */
function guarded<T>(log: Logger, tell: () => T): T | undefined {
  try {
    return tell();
  } catch (error) {
    log.error({ err: error }, 'a request could not be observed');
    return undefined;
  }
}
