// The limits of a caller's key around one request: let in, reserved, told in the answer's head, settled.
import type { OutgoingHttpHeaders } from 'node:http';
import type { RouterError, Usage } from '../contract/index.ts';
import { countedTokens, type Pass } from '../host/index.ts';
import type { RequestRecord } from '../observe/index.ts';
import { isLimitHeader, limitHeaders } from '../protocol/limit-headers.ts';
import type { Client } from './client.ts';
import type { Journey } from './journey.ts';
import { estimateBody, estimateTokens, textTokens } from './token-estimate.ts';

/** What is reserved for an answer whose length neither the client nor the route limits: most are shorter, and one that is longer is
 * charged when it has ended. */
const OUTPUT_TOKENS_DEFAULT = 1_024;

/** Reserves what a chat may take. Throws `rate-limited`. */
export function reserveChat(pass: Pass | undefined, { request, route, relayOnly, body }: Journey): void {
  if (!pass?.countsTokens) return;
  // Of a body that can only be relayed the canonical form holds no more than the model.
  const input = relayOnly === undefined ? estimateTokens(request) : estimateBody(body);
  pass.reserve({ input, output: request.maxTokens ?? route?.defaults.maxTokens ?? OUTPUT_TOKENS_DEFAULT });
}

/** Reserves what embeddings take. Throws `rate-limited`. */
export function reserveEmbeddings(pass: Pass | undefined, texts: readonly string[]): void {
  if (!pass?.countsTokens) return;
  pass.reserve({ input: texts.reduce((sum, text) => sum + textTokens(text), 0), output: 0 });
}

/** Ends a request's way through its limits: the usage takes the place of what was reserved. What failed before anything was answered is
 * given back; what was cut off before its usage was known stays reserved, since the vendor charges it too: who leaves a long answer
 * right before its end has had it. */
export function checkOut(
  pass: Pass,
  { usage, error, calls, status, pieces = 0 }: Pick<RequestRecord, 'usage' | 'error' | 'calls' | 'status' | 'pieces'>,
): void {
  const used = usage ?? error?.usage;
  if (used !== undefined && isKnown(used)) pass.settle(used);
  else if (calls === 0 || (error !== undefined && !isCutOff(error) && status !== 200)) pass.settle({});
  else pass.cutShort(pieces);
  pass.leave();
}

/** By the client: it has left, or its time is over. */
const isCutOff = ({ code, own }: RouterError): boolean => code === 'cancelled' || (code === 'upstream-timeout' && own);

/** An upstream that does not tell leaves zeros. */
const isKnown = (usage: Partial<Usage>): boolean => countedTokens(usage) > 0 || (usage.cacheReadTokens ?? 0) > 0;

/** An answer's head with the limits of the client's key in it, in the words of its protocol, and without those that an upstream has sent
 * of its own: two truths are none. The same object for a key without limits. */
export function withLimits(
  headers: OutgoingHttpHeaders,
  { limits }: Pick<Client, 'limits'>,
  { protocol }: Pick<RequestRecord, 'protocol'>,
): OutgoingHttpHeaders {
  if (limits === undefined) return headers;
  const told: OutgoingHttpHeaders = limitHeaders(limits.standings(), protocol);
  for (const name in headers) if (!isLimitHeader(name)) told[name] = headers[name];
  return told;
}
