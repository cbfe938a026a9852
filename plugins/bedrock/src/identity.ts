// Whose credentials these are, as AWS's own Security Token Service (STS) says it: every identity may ask, no permission needed.
import type { Finding, Host } from '@turnout/core/contract';
import { isObject, readBytes } from '@turnout/core/plugin';
import { Signer } from '@turnout/core/wire';
import type { Identity } from './auth.ts';
import { toNetworkError } from './network.ts';

const TIMEOUT_MS = 3000;
const ANSWER_BYTES_MAX = 64 * 1024;
const REASON_LENGTH_MAX = 300;
/** The API version of STS. */
const QUESTION = 'Action=GetCallerIdentity&Version=2011-06-15';

/** Never throws. An STS that cannot be reached says nothing about the provider: inference may have another way out. */
export async function findIdentity(
  host: Host,
  identity: Identity,
  { region, endpoint }: { readonly region: string; readonly endpoint: string },
  callSignal: AbortSignal,
): Promise<Finding> {
  const what = 'identity';
  if (identity.kind === 'bearer') {
    return { ok: true, skipped: true, what, detail: 'an API key does not say whose it is' };
  }
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = AbortSignal.any([callSignal, timeout]);
  try {
    const { host: authority } = new URL(endpoint);
    const headers = { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
    const signed = new Signer({ region, service: 'sts' }).sign(
      { method: 'POST', host: authority, path: '/', headers, body: QUESTION },
      identity.key,
    );
    const { statusCode, body } = await host.request(`${endpoint}/`, {
      method: 'POST',
      headers: { ...headers, ...signed },
      body: QUESTION,
      signal,
    });
    const text = (await readBytes(body, ANSWER_BYTES_MAX)).toString('utf8');
    if (statusCode === 200) {
      const arn = readArn(text);
      if (arn !== undefined) return { ok: true, what, detail: arn };
    }
    if (statusCode === 403) return { ok: false, what, detail: `STS refuses the credentials: ${readReason(text)}` };
    return { ok: true, skipped: true, what, detail: `not known: ${authority} answered HTTP ${statusCode}` };
  } catch (error) {
    const reason = timeout.aborted
      ? `${new URL(endpoint).host} does not answer within ${TIMEOUT_MS} ms`
      : toNetworkError(error, { provider: host.name, endpoint, signal: callSignal }).message;
    return { ok: true, skipped: true, what, detail: `not known: ${reason}` };
  }
}

function readArn(text: string): string | undefined {
  const answer = parse(text).GetCallerIdentityResponse;
  const result = isObject(answer) ? answer.GetCallerIdentityResult : undefined;
  return isObject(result) && typeof result.Arn === 'string' ? result.Arn : undefined;
}

function readReason(text: string): string {
  const { Error: error } = parse(text);
  const { Code, Message } = isObject(error) ? error : {};
  return (
    [Code, Message]
      .filter((word) => typeof word === 'string')
      .join(': ')
      .slice(0, REASON_LENGTH_MAX) || 'HTTP 403'
  );
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
