// How errors look at Google, before a stream and in one.
import { type Dialect, type Playback, playBytes, splitEvents } from '@turnout/core/testing';
import { errorInfo, quotaFailure, Refusal, retryInfo } from './refusal.ts';
import type { ScriptedError, ScriptedException } from './script.ts';

/** An error answer. */
export function playRefusal(refusal: Refusal): Playback {
  const headers = { 'content-type': 'application/json; charset=UTF-8', ...refusal.headers };
  return playBytes(refusal.code, headers, Buffer.from(JSON.stringify(refusal.body(), null, 2)));
}

export const DIALECT: Dialect<ScriptedError, ScriptedException> = {
  error: (step) => playRefusal(refusalOf(step)),
  exception: (step) => Buffer.from(`data: ${JSON.stringify(refusalOf(step).body())}\r\n\r\n`),
  split: splitEvents,
};

// What Google is known to say (troubleshooting guide and public issues, 2026).
const TEXTS: Readonly<Record<string, string>> = {
  RESOURCE_EXHAUSTED: 'You exceeded your current quota, please check your plan and billing details.',
  UNAVAILABLE: 'The model is overloaded. Please try again later.',
  INTERNAL:
    'An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting',
  DEADLINE_EXCEEDED: 'Deadline expired before operation could complete.',
  FAILED_PRECONDITION: 'User location is not supported for the API use.',
  PERMISSION_DENIED: 'Permission denied: Consumer has been suspended.',
};

function refusalOf({ status, message, ...more }: ScriptedError): Refusal {
  const { code, retryDelaySeconds, quotaId, reason, headers } = more;
  const details = [
    ...(reason === undefined ? [] : [errorInfo(reason)]),
    ...(quotaId === undefined ? [] : [quotaFailure(quotaId)]),
    ...(retryDelaySeconds === undefined ? [] : [retryInfo(retryDelaySeconds)]),
  ];
  return new Refusal(status, message ?? TEXTS[status] ?? `Scripted ${status}.`, { code, details, headers });
}
