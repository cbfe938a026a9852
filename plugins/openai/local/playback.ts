// How errors look at OpenAI, before a stream and in one.
import { type Dialect, type Playback, playBytes, splitEvents } from '@turnout/core/testing';
import { Refusal } from './refusal.ts';
import type { ScriptedError, ScriptedException } from './script.ts';

/** An error answer. */
export function playRefusal(refusal: Refusal): Playback {
  const headers = { 'content-type': 'application/json', ...refusal.headers };
  return playBytes(refusal.status, headers, Buffer.from(JSON.stringify(refusal.body())));
}

export const DIALECT: Dialect<ScriptedError, ScriptedException> = {
  error: (step) => playRefusal(refusalOf(step)),
  exception: (step) => Buffer.from(`data: ${JSON.stringify(refusalOf(step).body())}\n\n`),
  split: splitEvents,
};

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

function refusalOf(step: ScriptedError): Refusal {
  const { code, message = `Scripted ${code ?? 'error'}.`, status, type, retryAfterSeconds, headers } = step;
  return new Refusal(message, {
    code: code ?? null,
    status: status ?? STATUSES[code ?? ''] ?? 500,
    type: type ?? TYPES[code ?? ''] ?? 'invalid_request_error',
    headers: { ...headers, ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }) },
  });
}
