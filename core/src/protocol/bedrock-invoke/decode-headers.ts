// What a client says to Bedrock around an InvokeModel body: in headers here, in members of the body in Converse.
import type { Extensions } from '../../contract/index.ts';
import { invalid } from '../bedrock-converse/validation.ts';
import { isBag } from '../field-reader.ts';
import type { Head } from '../protocol.ts';

const PREFIX = 'x-amzn-bedrock-';
const LENGTH_MAX = 8500;

/** Under `bedrock-converse`, as Converse has them, so that a target reads both alike; undefined when there is nothing.
 * Throws `invalid-request` for metadata that are none. */
export function decodeHeaders(head: Head): Extensions | undefined {
  const guardrailIdentifier = wordOf(head, 'guardrailidentifier');
  const guardrailVersion = wordOf(head, 'guardrailversion');
  const trace = wordOf(head, 'trace')?.toLowerCase();
  const latency = wordOf(head, 'performanceconfig-latency');
  const tier = wordOf(head, 'service-tier');
  const metadata = wordOf(head, 'request-metadata');
  const guardrailConfig = {
    ...(guardrailIdentifier === undefined ? {} : { guardrailIdentifier }),
    ...(guardrailVersion === undefined ? {} : { guardrailVersion }),
    // The trace of a guardrail that is not there says nothing.
    ...(trace === undefined || trace === 'disabled' ? {} : { trace }),
  };
  const extras = {
    ...(Object.keys(guardrailConfig).length === 0 ? {} : { guardrailConfig }),
    ...(latency === undefined || latency === 'standard' ? {} : { performanceConfig: { latency } }),
    ...(tier === undefined || tier === 'default' ? {} : { serviceTier: { type: tier } }),
    ...(metadata === undefined ? {} : { requestMetadata: metadataOf(metadata) }),
  };
  return Object.keys(extras).length === 0 ? undefined : { 'bedrock-converse': extras };
}

function wordOf({ headers }: Head, name: string): string | undefined {
  const value = headers[PREFIX + name];
  const word = typeof value === 'string' ? value.trim() : value?.[0]?.trim();
  if (word === undefined || word === '') return undefined;
  if (word.length > LENGTH_MAX) throw invalid(`${PREFIX}${name}: longer than ${LENGTH_MAX} characters`, PREFIX + name);
  return word;
}

function metadataOf(text: string): Readonly<Record<string, unknown>> {
  let metadata: unknown;
  try {
    metadata = JSON.parse(text);
  } catch {
    metadata = undefined;
  }
  if (isBag(metadata)) return metadata;
  throw invalid(`${PREFIX}request-metadata: expected a JSON object`, `${PREFIX}request-metadata`);
}
