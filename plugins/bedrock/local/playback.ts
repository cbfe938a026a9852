// How one answer goes out: which bytes, in which pieces, and how it ends.
import { createFrameEncoder } from '@turnout/core/wire';
import { Refusal, refusalHeaders, statusOf } from './refusal.ts';
import type { Chunks, Step, StepBody } from './script.ts';

/** An answer before any fault: whole frames, or the one body of an answer that is no stream. */
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
  const body = Buffer.from(JSON.stringify({ [refusal.messageKey]: refusal.message }));
  return { ...PLAIN, status: refusal.status, headers: refusalHeaders(refusal), pieces: [body] };
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
      return playError(step.name, step.message, step.status, step.retryAfterSeconds);
    case 'html': {
      const body = step.body ?? '<html><body><h1>502 Bad Gateway</h1></body></html>';
      const headers = { 'content-type': 'text/html' };
      return { ...PLAIN, status: step.status ?? 502, headers, pieces: [Buffer.from(body)] };
    }
    default:
      return playBroken(step, withFrames(own(), step.from), tokensPerSecond);
  }
}

function playError(name: string, message?: string, status?: number, retryAfterSeconds?: number): Playback {
  const playback = playRefusal(new Refusal(name, message ?? textOf(name), { status: status ?? statusOf(name) }));
  const retryAfter = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return { ...playback, headers: { ...playback.headers, ...retryAfter } };
}

// What Bedrock is known to say (public issues, 2025-2026).
const TEXTS: Readonly<Record<string, string>> = {
  throttlingexception: 'Too many requests, please wait before trying again.',
  serviceunavailableexception: 'Bedrock is unable to process your request.',
  modeltimeoutexception: 'The model took too long to respond.',
  modelstreamerrorexception: 'The model stream ended with an error.',
};
const textOf = (name: string): string => TEXTS[name.toLowerCase()] ?? `Scripted ${name}.`;

type Broken = Extract<Step, { readonly kind: 'exception' | 'cut' | 'end' | 'stall' | 'corrupt' }>;

function playBroken(step: Broken, take: Take, tokensPerSecond: number | undefined): Playback {
  const whole = playTake(take, tokensPerSecond);
  const until = (count: number): Playback => ({ ...whole, pieces: take.frames.slice(0, count) });
  switch (step.kind) {
    case 'exception': {
      if (!take.stream) return playError(`${step.name.charAt(0).toUpperCase()}${step.name.slice(1)}`, step.message);
      const pieces = [
        ...take.frames.slice(0, step.afterFrames ?? 0),
        exceptionFrame(step.name, step.message, step.details),
      ];
      return { ...whole, pieces };
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
    case 'corrupt':
      return {
        ...whole,
        pieces: take.frames.map((frame, i) => (i === (step.frame ?? 0) ? spoil(frame, step.part) : frame)),
      };
  }
}

/** The take with recorded frames in place of its own. */
function withFrames(take: Take, from: StepBody | undefined): Take {
  if (from === undefined) return take;
  const bytes = toBytes(from);
  return { ...take, frames: take.stream ? splitFrames(bytes) : [bytes] };
}

/** Cuts an event stream into frames by their lengths alone. What is no frame stays together. */
function splitFrames(bytes: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.length - at < 4 ? 0 : bytes.readUInt32BE(at);
    const end = length < 16 ? bytes.length : at + length;
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return frames;
}

function exceptionFrame(name: string, message = textOf(name), details: Readonly<Record<string, unknown>> = {}): Buffer {
  const headers = { ':exception-type': name, ':content-type': 'application/json', ':message-type': 'exception' };
  return createFrameEncoder(headers)(JSON.stringify({ message, ...details }));
}

/** The same frame with one checksum wrong. */
function spoil(frame: Buffer, part: 'prelude' | 'message' = 'message'): Buffer {
  const spoilt = Buffer.from(frame);
  const at = part === 'prelude' ? 8 : spoilt.length - 1;
  if (at < spoilt.length) spoilt[at] = (spoilt[at] ?? 0) ^ 0xff;
  return spoilt;
}

function toBytes(body: StepBody): Buffer {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof Uint8Array) return Buffer.from(body);
  return 'base64' in body ? Buffer.from(body.base64, 'base64') : Buffer.from(JSON.stringify(body.json));
}
