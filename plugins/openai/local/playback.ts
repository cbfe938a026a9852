// How one answer goes out: which bytes, in which pieces, and how it ends.
import { Refusal } from './refusal.ts';
import type { Chunks, Step, StepBody } from './script.ts';

/** An answer before any fault: the events of a stream, or the one body of an answer that is no stream. */
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

const PLAIN = { end: 'finish', delayMs: 0, chunks: undefined, paceMs: 0 } as const;

/** The answer as it is. `tokensPerSecond`: how fast it streams; undefined: at once. */
export function playTake(take: Take, tokensPerSecond?: number): Playback {
  const paced = take.stream && tokensPerSecond !== undefined && take.frames.length > 0;
  const paceMs = paced ? (take.outputTokens / tokensPerSecond / take.frames.length) * 1000 : 0;
  return { ...PLAIN, status: 200, headers: take.headers, pieces: take.frames, paceMs };
}

/** An error answer. */
export function playRefusal(refusal: Refusal): Playback {
  const headers = { 'content-type': 'application/json', ...refusal.headers };
  return { ...PLAIN, status: refusal.status, headers, pieces: [Buffer.from(JSON.stringify(refusal.body()))] };
}

/** What a step makes of the request's own answer, which is only asked for by steps that need it. May throw what `own` throws. */
export function playStep(step: Step, own: () => Take, tokensPerSecond?: number): Playback {
  const { delayMs = 0, chunks } = step;
  return { ...playFault(step, own, tokensPerSecond), delayMs, chunks };
}

function playFault(step: Step, own: () => Take, tokensPerSecond: number | undefined): Playback {
  switch (step.kind) {
    case 'answer':
      return playTake(own(), tokensPerSecond);
    case 'recorded':
      return { ...PLAIN, status: step.status ?? 200, headers: step.headers ?? {}, pieces: [toBytes(step.body)] };
    case 'error':
      return playRefusal(refusalOf(step));
    case 'html': {
      const body = step.body ?? '<html><body><h1>502 Bad Gateway</h1></body></html>';
      const headers = { 'content-type': 'text/html' };
      return { ...PLAIN, status: step.status ?? 502, headers, pieces: [Buffer.from(body)] };
    }
    default:
      return playBroken(step, own(), tokensPerSecond);
  }
}

const STATUSES: Readonly<Record<string, number>> = {
  invalid_api_key: 401,
  insufficient_quota: 429,
  rate_limit_exceeded: 429,
  model_not_found: 404,
  server_error: 500,
  server_overloaded: 503,
};
const TYPES: Readonly<Record<string, string>> = {
  insufficient_quota: 'insufficient_quota',
  rate_limit_exceeded: 'requests',
  server_error: 'server_error',
  server_overloaded: 'server_error',
};

function refusalOf(step: Extract<Step, { kind: 'error' | 'exception' }>): Refusal {
  const { code, message = `Scripted ${code ?? 'error'}.` } = step;
  const { status, type, retryAfterSeconds, headers }: Partial<Extract<Step, { kind: 'error' }>> =
    step.kind === 'error' ? step : {};
  return new Refusal(message, {
    code: code ?? null,
    status: status ?? STATUSES[code ?? ''] ?? 500,
    type: type ?? TYPES[code ?? ''] ?? 'invalid_request_error',
    headers: { ...headers, ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }) },
  });
}

type Broken = Extract<Step, { readonly kind: 'exception' | 'cut' | 'end' | 'stall' }>;

function playBroken(step: Broken, take: Take, tokensPerSecond: number | undefined): Playback {
  const whole = playTake(take, tokensPerSecond);
  const until = (count: number): Playback => ({ ...whole, pieces: take.frames.slice(0, count) });
  switch (step.kind) {
    case 'exception': {
      const refusal = refusalOf(step);
      if (!take.stream) return playRefusal(refusal);
      const frame = Buffer.from(`data: ${JSON.stringify(refusal.body())}\n\n`);
      return { ...whole, pieces: [...take.frames.slice(0, step.afterFrames ?? 0), frame] };
    }
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

function toBytes(body: StepBody): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  return 'base64' in body ? Buffer.from(body.base64, 'base64') : Buffer.from(JSON.stringify(body.json));
}
