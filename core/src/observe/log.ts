// The log: one JSON line an event, on stderr, so that stdout holds nothing but the listening line.
import pino from 'pino';
import type { Logger } from '../contract/index.ts';

/** Lines are written asynchronously and in order; `flush` writes what is left. */
export function createLog(): Logger & { flush(): void } {
  const destination = pino.destination({ fd: 2, sync: false });
  const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  return Object.assign(log, { flush: () => destination.flushSync() });
}

/** For tests and for commands that print their own findings. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
