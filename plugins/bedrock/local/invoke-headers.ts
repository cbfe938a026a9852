// What InvokeModel takes in headers where Converse has members: a guardrail, a tier, latency and metadata.

import { isObject } from '@turnout/core/testing';
import type { ConverseRequestBody } from '@turnout/core/wire';
import { invalid } from './refusal.ts';

type Headers = Readonly<Record<string, string | readonly string[] | undefined>>;
type Settings = Pick<ConverseRequestBody, 'guardrailConfig' | 'serviceTier' | 'performanceConfig' | 'requestMetadata'>;

const ID = /^([a-z0-9]+|arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+)$/;
const VERSION = /^([1-9][0-9]{0,7}|DRAFT)$/;
const TIERS = ['default', 'flex', 'priority', 'reserved'];
const LATENCIES = ['standard', 'optimized'];
const TRACES = ['ENABLED', 'DISABLED', 'ENABLED_FULL'];

/** The settings as Converse has them. Throws the Refusal of a value that the API model does not allow. */
export function readInvokeHeaders(headers: Headers): Settings {
  const word = (name: string): string | undefined => {
    const value = headers[`x-amzn-bedrock-${name}`];
    return typeof value === 'string' ? value : value?.[0];
  };
  const tier = oneOf(word('service-tier'), TIERS, 'serviceTier');
  const latency = oneOf(word('performanceconfig-latency'), LATENCIES, 'performanceConfigLatency');
  const metadata = readMetadata(word('request-metadata'));
  return {
    ...readGuardrail(word('guardrailidentifier'), word('guardrailversion'), word('trace')),
    ...(tier === undefined ? {} : { serviceTier: { type: tier } }),
    ...(latency === undefined ? {} : { performanceConfig: { latency } }),
    ...(metadata === undefined ? {} : { requestMetadata: metadata }),
  };
}

function readGuardrail(id: string | undefined, version: string | undefined, trace: string | undefined): Settings {
  const shown = oneOf(trace, TRACES, 'trace');
  if (id === undefined && version === undefined) return {};
  // The API model says of both that each needs the other.
  if (id === undefined || version === undefined) {
    throw invalid('Both guardrailIdentifier and guardrailVersion are required when one of them is given.');
  }
  if (!ID.test(id) || !VERSION.test(version)) {
    throw invalid('The guardrail identifier or version provided in the request does not exist.');
  }
  const told = shown === undefined ? {} : { trace: shown.toLowerCase() };
  return { guardrailConfig: { guardrailIdentifier: id, guardrailVersion: version, ...told } };
}

function oneOf(value: string | undefined, words: readonly string[], name: string): string | undefined {
  if (value === undefined || words.includes(value)) return value;
  throw invalid(
    `1 validation error detected: Value '${value.slice(0, 200)}' at '${name}' failed to satisfy constraint: Member must satisfy enum value set: [${words.join(', ')}]`,
  );
}

function readMetadata(text: string | undefined): Record<string, string> | undefined {
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (!isObject(value)) throw invalid('The value at requestMetadata is not a valid JSON object.');
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, String(item)]));
}

/** The headers in which an answer says what was really used. */
export const echoOf = ({ serviceTier, performanceConfig }: Settings): Record<string, string> => ({
  ...(serviceTier === undefined ? {} : { 'x-amzn-bedrock-service-tier': serviceTier.type }),
  ...(performanceConfig === undefined ? {} : { 'x-amzn-bedrock-performanceconfig-latency': performanceConfig.latency }),
});
