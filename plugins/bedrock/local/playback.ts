// How scripted errors, exceptions and spoilt frames look at Bedrock.
import { type Dialect, type Playback, playBytes, playStep, playTake, type Take, takeFrom } from '@turnout/core/testing';
import { createFrameEncoder } from '@turnout/core/wire';
import { Refusal, refusalHeaders, statusOf } from './refusal.ts';
import type { CorruptFault, ScriptedError, ScriptedException, Step } from './script.ts';

/** An error answer. */
export function playRefusal(refusal: Refusal): Playback {
  const body = Buffer.from(JSON.stringify({ [refusal.messageKey]: refusal.message }));
  return playBytes(refusal.status, refusalHeaders(refusal), body);
}

/** What a step makes of the request's own answer, which is only asked for by steps that need it. May throw what `own` throws. */
export function play(step: Step | undefined, own: () => Take, tokensPerSecond?: number): Playback {
  if (step === undefined) return playTake(own(), tokensPerSecond);
  if (step.kind !== 'corrupt') return playStep(step, own, DIALECT, tokensPerSecond);
  const { delayMs = 0, chunks } = step;
  return { ...playTake(corrupt(step, own()), tokensPerSecond), delayMs, chunks };
}

const DIALECT: Dialect<ScriptedError, ScriptedException> = {
  error(step) {
    const { name, message, status, retryAfterSeconds }: ScriptedError = step;
    // Exceptions of a stream are written small.
    const error = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
    const refusal = new Refusal(error, message ?? textOf(error), { status: status ?? statusOf(error) });
    const playback = playRefusal(refusal);
    const retryAfter = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
    return { ...playback, headers: { ...playback.headers, ...retryAfter } };
  },
  exception({ name, message = textOf(name), details = {} }) {
    const headers = { ':exception-type': name, ':content-type': 'application/json', ':message-type': 'exception' };
    return createFrameEncoder(headers)(JSON.stringify({ message, ...details }));
  },
  split: splitFrames,
};

// What Bedrock is known to say (public issues, 2025-2026).
const TEXTS: Readonly<Record<string, string>> = {
  throttlingexception: 'Too many requests, please wait before trying again.',
  serviceunavailableexception: 'Bedrock is unable to process your request.',
  modeltimeoutexception: 'The model took too long to respond.',
  modelstreamerrorexception: 'The model stream ended with an error.',
};
const textOf = (name: string): string => TEXTS[name.toLowerCase()] ?? `Scripted ${name}.`;

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

function corrupt({ frame: place = 0, part, from }: CorruptFault, own: Take): Take {
  const take = takeFrom(own, from, splitFrames);
  return { ...take, frames: take.frames.map((frame, i) => (i === place ? spoil(frame, part) : frame)) };
}

/** The same frame with one checksum wrong. */
function spoil(frame: Buffer, part: 'prelude' | 'message' = 'message'): Buffer {
  const spoilt = Buffer.from(frame);
  const at = part === 'prelude' ? 8 : spoilt.length - 1;
  if (at < spoilt.length) spoilt[at] = (spoilt[at] ?? 0) ^ 0xff;
  return spoilt;
}
