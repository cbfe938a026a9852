// The log: one JSON line an event, on stderr, so that stdout holds nothing but the listening line.
import pino from 'pino';
import type { Logger } from '../contract/index.ts';

/** A write for each line would cost more than all else that a small request does: lines are gathered to this many bytes … */
const GATHERED_BYTES = 32 * 1024;
/** Of what several processes write into one pipe, only writes up to this are never mixed (POSIX: PIPE_BUF, 4 KiB on Linux). */
const PIPE_BYTES = 4 * 1024;
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
  const bytesMax = worker === undefined ? GATHERED_BYTES : PIPE_BYTES;
  const destination = pino.destination({ fd: 2, sync: false, maxWrite: bytesMax, maxLength: WAITING_BYTES_MAX });
  const pieces = new Pieces(bytesMax, (piece) => destination.write(piece));
  const flushDestination = destination.flushSync.bind(destination);
  // pino calls it at the end of the process.
  const flushSync = () => {
    pieces.flush();
    flushDestination();
  };
  destination.flushSync = flushSync;
  // A full disk loses lines; unheard, it would end the process, and the flush at its end would wait for it forever.
  destination.on('error', () => {
    destination.flushSync = () => {};
  });
  destination.on('write', () => {
    destination.flushSync = flushSync;
  });
  const log = pino(
    { base: worker === undefined ? null : { worker }, timestamp: pino.stdTimeFunctions.isoTime },
    pieces,
  );
  const base = worker === undefined ? '' : `,"worker":${worker}`;
  /** The line that pino would write, made by one call of JSON.stringify: pino's own is joined of its members, and has to be put together
   * once more when it is written (1 us more of 3 for the line of a request, 2026-11). What takes more than that is left to pino. */
  const writing =
    (level: 'debug' | 'info' | 'warn' | 'error'): Logger['info'] =>
    (fields, message) => {
      if (!log.isLevelEnabled(level)) return;
      const members = typeof message === 'string' ? membersOf(fields) : undefined;
      if (members === undefined) {
        log[level](fields, message);
        return;
      }
      const head = `{"level":${log.levels.values[level]},"time":"${new Date().toISOString()}"${base}`;
      pieces.write(`${head}${members === '' ? '' : `,${members}`},"msg":${JSON.stringify(message)}}\n`);
    };
  return {
    ...{ debug: writing('debug'), info: writing('info'), warn: writing('warn'), error: writing('error') },
    flush: () => destination.flushSync(),
  };
}

/** Whole lines in pieces of up to so many bytes. pino's destination gathers too, but measures and joins all that it has gathered anew at
 * each line: 3 us for the line of a small relay, of 110 in all (sonic-boom 4.2, 2026-11). */
class Pieces {
  readonly #bytesMax: number;
  readonly #write: (piece: string) => void;
  #piece = '';
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(bytesMax: number, write: (piece: string) => void) {
    this.#bytesMax = bytesMax;
    this.#write = write;
  }

  /** A longer line is a piece of its own. */
  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.#bytes + bytes > this.#bytesMax) this.flush();
    this.#piece += line;
    this.#bytes += bytes;
    this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS).unref();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const piece = this.#piece;
    this.#piece = '';
    this.#bytes = 0;
    if (piece !== '') this.#write(piece);
  }
}

/** What stands between the braces of it as JSON. Undefined for what is pino's to tell: an error, and what is no object or cannot be said in
 * JSON, such as a circle. A plugin may log anything. */
function membersOf(fields: object): string | undefined {
  try {
    if (fields instanceof Error || 'err' in fields) return undefined;
    const json = JSON.stringify(fields);
    return json.startsWith('{') ? json.slice(1, -1) : undefined;
  } catch {
    return undefined;
  }
}

/** For tests and for commands that print their own findings. */
export const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };
