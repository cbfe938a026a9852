// The log: one JSON line an event, on stderr, so that stdout holds nothing but the listening line.
import pino from 'pino';
import type { Logger } from '../contract/index.ts';

/** A write for each line would cost more than all else that a small request does: lines are gathered to this many bytes … */
const GATHERED_BYTES = 32 * 1024;
/** Of what several processes write into one pipe, only writes up to this are never mixed (POSIX: PIPE_BUF, 4 KiB on Linux). */
const PIPE_BYTES = 4 * 1024;
const SHARED_GATHERED_BYTES = 3 * 1024;
/** Lines that wait for a slow reader of the log beyond this are dropped. */
const WAITING_BYTES_MAX = 16 * 1024 * 1024;
/** … but never for longer than this. */
const FLUSH_MS = 250;

export interface LogOptions {
  /** The number of this process, in each line. The log is then shared with others. */
  readonly worker?: number;
}

/** Lines are written asynchronously and in order; `flush` writes what is left. */
export function createLog({ worker }: LogOptions = {}): Logger & { flush(): void } {
  const destination = pino.destination({
    fd: 2,
    sync: false,
    ...(worker === undefined
      ? { minLength: GATHERED_BYTES, maxWrite: 2 * GATHERED_BYTES }
      : { minLength: SHARED_GATHERED_BYTES, maxWrite: PIPE_BYTES }),
    periodicFlush: FLUSH_MS,
    maxLength: WAITING_BYTES_MAX,
  });
  // A full disk loses lines; unheard, it would end the process, and the flush at its end would wait for it forever.
  const flushSync = destination.flushSync.bind(destination);
  destination.on('error', () => {
    destination.flushSync = () => {};
  });
  destination.on('write', () => {
    destination.flushSync = flushSync;
  });
  const log = pino(
    { base: worker === undefined ? null : { worker }, timestamp: pino.stdTimeFunctions.isoTime },
    destination,
  );
  return Object.assign(log, { flush: () => destination.flushSync() });
}

/** For tests and for commands that print their own findings. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
