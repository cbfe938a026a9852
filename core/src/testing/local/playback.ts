// How one answer goes out: which bytes, in which pieces, and how it ends.
import type { Chunks } from './chunk.ts';
import type { LocalFault, StepBody, StepOptions, StreamFault } from './script.ts';

/** An answer before any fault: the frames (events) of a stream, or the one body of an answer that is no stream. */
export interface Take {
  readonly headers: Readonly<Record<string, string>>;
  readonly frames: readonly Buffer[];
  readonly stream: boolean;
  /** How many of the last frames say that the answer is complete. */
  readonly endFrames: number;
  readonly outputTokens: number;
}

export interface Playback {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly pieces: readonly Buffer[];
  /** After the pieces: a proper end, a torn socket, or silence, after which the rest may come. */
  readonly end: 'finish' | 'cut' | { readonly stallMs: number | undefined; readonly rest: readonly Buffer[] };
  readonly delayMs: number;
  readonly chunks: Chunks | undefined;
  /** How long to wait before each piece. */
  readonly paceMs: number;
}

/** What a vendor's errors look like, and its frames. */
export interface Dialect<Failure, Exception> {
  /** The answer to an `error` step, and to an `exception` where there is no stream. */
  error(step: Failure | Exception): Playback;
  /** An error inside a stream. */
  exception(step: Exception): Buffer;
  /** The frames of a recorded stream. */
  split(bytes: Buffer): Buffer[];
}

/** An answer that is one JSON. */
export const takeJson = (value: unknown, outputTokens = 0, headers: Readonly<Record<string, string>> = {}): Take => ({
  headers: { 'content-type': 'application/json', ...headers },
  frames: [Buffer.from(JSON.stringify(value))],
  stream: false,
  endFrames: 1,
  outputTokens,
});

const PLAIN = { end: 'finish', delayMs: 0, chunks: undefined, paceMs: 0 } as const;

/** These bytes, all at once. */
export const playBytes = (status: number, headers: Readonly<Record<string, string>>, body: Buffer): Playback => ({
  ...PLAIN,
  status,
  headers,
  pieces: [body],
});

/** The answer as it is. `tokensPerSecond`: how fast it streams; undefined: at once. */
export function playTake(take: Take, tokensPerSecond?: number): Playback {
  const paced = take.stream && tokensPerSecond !== undefined && take.frames.length > 0;
  const paceMs = paced ? (take.outputTokens / tokensPerSecond / take.frames.length) * 1000 : 0;
  return { ...PLAIN, status: 200, headers: take.headers, pieces: take.frames, paceMs };
}

/** What a step makes of the request's own answer, which is only asked for by steps that need it. May throw what `own` throws. */
export function playStep<Failure, Exception>(
  step: StepOptions<string> & LocalFault<object, Failure, Exception>,
  own: () => Take,
  dialect: Dialect<Failure, Exception>,
  tokensPerSecond?: number,
): Playback {
  const { delayMs = 0, chunks } = step;
  return { ...playFault(step, own, dialect, tokensPerSecond), delayMs, chunks };
}

function playFault<Failure, Exception>(
  step: LocalFault<object, Failure, Exception>,
  own: () => Take,
  dialect: Dialect<Failure, Exception>,
  tokensPerSecond: number | undefined,
): Playback {
  switch (step.kind) {
    case 'answer':
      return playTake(own(), tokensPerSecond);
    case 'recorded':
      return playBytes(step.status ?? 200, step.headers ?? {}, toBytes(step.body));
    case 'error':
      return dialect.error(step);
    case 'html': {
      const body = step.body ?? '<html><body><h1>502 Bad Gateway</h1></body></html>';
      return playBytes(step.status ?? 502, { 'content-type': 'text/html' }, Buffer.from(body));
    }
    case 'exception': {
      const take = takeFrom(own(), step.from, dialect.split);
      if (!take.stream) return dialect.error(step);
      const pieces = [...take.frames.slice(0, step.afterFrames ?? 0), dialect.exception(step)];
      return { ...playTake(take, tokensPerSecond), pieces };
    }
    default:
      return playBroken(step, takeFrom(own(), step.from, dialect.split), tokensPerSecond);
  }
}

function playBroken(step: StreamFault, take: Take, tokensPerSecond: number | undefined): Playback {
  const whole = playTake(take, tokensPerSecond);
  const until = (count: number): Playback => ({ ...whole, pieces: take.frames.slice(0, count) });
  switch (step.kind) {
    case 'cut': {
      const cut = until(step.afterFrames ?? (step.afterBytes === undefined ? 0 : take.frames.length));
      const bytes = Buffer.concat(cut.pieces);
      return { ...cut, pieces: [bytes.subarray(0, step.afterBytes ?? bytes.length)], end: 'cut' };
    }
    case 'end':
      return until(step.afterFrames ?? take.frames.length - take.endFrames);
    case 'stall': {
      const count = step.afterFrames ?? 0;
      return { ...until(count), end: { stallMs: step.forMs, rest: take.frames.slice(count) } };
    }
  }
}

/** The take with recorded frames in place of its own. */
export function takeFrom(take: Take, from: StepBody | undefined, split: (bytes: Buffer) => Buffer[]): Take {
  if (from === undefined) return take;
  const bytes = toBytes(from);
  return { ...take, frames: take.stream ? split(bytes) : [bytes] };
}

/** Cuts server-sent events at their blank lines. What has no end stays together. */
export function splitEvents(bytes: Buffer): Buffer[] {
  const events = bytes.toString('latin1').match(/.*?(?:\r\n\r\n|\n\n|\r\r)|.+$/gs) ?? [];
  return events.map((event) => Buffer.from(event, 'latin1'));
}

function toBytes(body: StepBody): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  return 'base64' in body ? Buffer.from(body.base64, 'base64') : Buffer.from(JSON.stringify(body.json));
}
