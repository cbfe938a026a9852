// How errors look at Anthropic, before a stream and in one.
import { type Dialect, type Playback, playBytes, splitEvents } from '@turnout/core/testing';
import { encodeEvent } from './message.ts';
import { Refusal } from './refusal.ts';
import type { ScriptedError, ScriptedException } from './script.ts';

/** An error answer. */
export function playRefusal(refusal: Refusal): Playback {
  const headers = { 'content-type': 'application/json', ...refusal.headers };
  return playBytes(refusal.status, headers, Buffer.from(JSON.stringify(refusal.body())));
}

export const DIALECT: Dialect<ScriptedError, ScriptedException> = {
  error: (step) => playRefusal(refusalOf(step)),
  exception: (step) => encodeEvent('error', refusalOf(step).body()),
  split: splitEvents,
};

function refusalOf({ type = 'overloaded_error', message, status, retryAfterSeconds, headers }: ScriptedError): Refusal {
  const retry = retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) };
  return new Refusal(type, message ?? WORDS[type] ?? `Scripted ${type}.`, status, { ...headers, ...retry });
}

const WORDS: Readonly<Record<string, string>> = {
  overloaded_error: 'Overloaded',
  api_error: 'Internal server error',
  authentication_error: 'invalid x-api-key',
};
