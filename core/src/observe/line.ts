// The one line of the log that a request leaves. Its fields are described in docs/observability.md.
import type { Try } from '../attempt/index.ts';
import type { ErrorCode, Logger, Loss, RouterError, UpstreamFailure } from '../contract/index.ts';
import type { RequestRecord } from './record.ts';

/** A name longer than this is none, and was refused. */
const NAME_CHARS_MAX = 512;
const MESSAGE_CHARS_MAX = 1_000;
/** Words of an upstream's own: the name of an error, an id. */
const WORD_CHARS_MAX = 128;
const REASON_CHARS_MAX = 300;
const LOSSES_MAX = 20;
const ATTEMPTS_MAX = 20;

/** Failures that are about the account, or the upstream itself. What an upstream says of others may quote what it was asked or
 * what it was about to answer. */
const TELLABLE: ReadonlySet<ErrorCode> = new Set(['upstream-denied', 'model-not-found', 'rate-limited']);

/** An error's message without what may be somebody's prompt or answer. */
export function tellable({ code, message, quote }: Pick<RouterError, 'code' | 'message' | 'quote'>): string {
  const told = !quote || TELLABLE.has(code) ? message : message.replaceAll(quote, '…');
  return told.slice(0, MESSAGE_CHARS_MAX);
}

/** What a request's line holds, in this order. Fields that say nothing are undefined, and left out when it is written. */
export function lineOf(record: RequestRecord, traceId?: string): Readonly<Record<string, unknown>> {
  const { error, losses, tries, usage, waitedMs } = record;
  return {
    id: record.id,
    operation: record.operation,
    protocol: record.protocol,
    key: record.key,
    model: record.model?.slice(0, NAME_CHARS_MAX),
    route: record.route,
    target: record.target,
    stream: record.stream,
    relayed: record.relayed,
    resumed: record.resumed,
    status: record.status,
    finish: record.finish?.slice(0, WORD_CHARS_MAX),
    usage,
    costUsd: record.costUsd,
    attempts: tries.slice(0, ATTEMPTS_MAX).map(attemptOf),
    moreAttempts: beyond(tries, ATTEMPTS_MAX),
    losses: losses.length === 0 ? undefined : lossesOf(losses),
    moreLosses: beyond(losses, LOSSES_MAX),
    notes: record.notes,
    firstTokenMs: rounded(record.firstTokenMs),
    firstByteMs: rounded(record.firstByteMs),
    overheadMs: rounded(record.overheadMs),
    waitedMs: rounded(waitedMs) || undefined,
    totalMs: rounded(record.totalMs),
    traceId,
    code: error?.code,
    error: error && tellable(error),
    upstream: error?.upstream && upstreamOf(error.upstream),
  };
}

/** Writes the line: what went wrong on the router's side is an error, what else failed a warning. */
export function logRecord(log: Logger, record: RequestRecord, traceId?: string): void {
  const line = lineOf(record, traceId);
  const { error } = record;
  if (error === undefined || error.code === 'cancelled') log.info(line, 'request');
  else if (error.code === 'internal') log.error({ ...line, stack: framesOf(error.cause ?? error) }, 'request');
  else log.warn(line, 'request');
}

function attemptOf({ target, code, error, ms, waitMs }: Try): Readonly<Record<string, unknown>> {
  return {
    target,
    ms: rounded(ms),
    waitMs: rounded(waitMs) || undefined,
    code,
    message: error && tellable(error),
    ...(error?.upstream && upstreamOf(error.upstream)),
    // Of an answer that broke off: it may have to be paid.
    usage: error?.usage,
  };
}

/** The first of them. A client may have made up the names, and a reason may repeat them. */
export const lossesOf = (losses: readonly Loss[]): readonly Loss[] =>
  losses.slice(0, LOSSES_MAX).map((loss) => ({
    ...loss,
    field: loss.field.slice(0, WORD_CHARS_MAX),
    reason: loss.reason.slice(0, REASON_CHARS_MAX),
  }));

const upstreamOf = ({ status, name, requestId }: UpstreamFailure) => ({
  status,
  name: name?.slice(0, WORD_CHARS_MAX),
  requestId: requestId?.slice(0, WORD_CHARS_MAX),
});

const beyond = (list: readonly unknown[], max: number): number | undefined =>
  list.length > max ? list.length - max : undefined;

/** To hundredths of a millisecond. */
const rounded = (ms: number | undefined): number | undefined => ms && Math.round(ms * 100) / 100;

/** Where an unexpected error came from, without its message: that may quote what a model has said. */
export function framesOf(error: unknown): string[] {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack.split('\n').flatMap((line) => (/^\s+at /.test(line) ? line.trim() : []));
}
