// The provider looks at itself: region, credentials and whose they are, endpoint.
import { type CheckCall, type Finding, type Host, RouterError } from '@turnout/core/contract';
import { readBytes } from '@turnout/core/plugin';
import type { Auth, Identity } from './auth.ts';
import { endpointWarnings, isPublicHost } from './endpoint.ts';
import { findIdentity } from './identity.ts';
import { toNetworkError } from './network.ts';

const ENDPOINT_TIMEOUT_MS = 3000;
/** More than this is read of no answer to it. */
const ENDPOINT_BYTES_MAX = 64 * 1024;

export interface CheckSubject {
  readonly region: string;
  readonly regionSource: string;
  readonly endpoint: string;
  /** Of STS, to be asked whose the credentials are. */
  readonly stsEndpoint: string;
}

/** One finding for each thing that a call needs; a thorough one says whose credentials they are. Never throws, names no
 * secret. */
export async function checkProvider(
  host: Host,
  auth: Auth,
  subject: CheckSubject,
  call: CheckCall,
): Promise<Finding[]> {
  const region: Finding = { ok: true, what: 'region', detail: `${subject.region}, from ${subject.regionSource}` };
  const steps = [checkCredentials(host, auth, subject, call), checkEndpoint(host, subject, call.signal)];
  return [region, ...(await Promise.all(steps)).flat()];
}

async function checkCredentials(host: Host, auth: Auth, subject: CheckSubject, call: CheckCall): Promise<Finding[]> {
  let identity: Identity;
  try {
    identity = auth.current(subject.region) ?? (await auth.load(subject.region));
  } catch (error) {
    return [{ ok: false, what: 'credentials', detail: RouterError.from(error).message }];
  }
  const { kind, expiration } = identity;
  const found = kind === 'bearer' ? 'an API key' : 'an access key';
  const life = expiration === undefined ? '' : `, expires at ${expiration.toISOString()}`;
  const credentials = { ok: true, what: 'credentials', detail: `auth mode ${auth.name}: ${found} is there${life}` };
  if (!call.thorough) return [credentials];
  if (!isPublicHost(new URL(subject.endpoint).hostname)) {
    const detail = "not asked: the endpoint is not AWS's own";
    return [credentials, { ok: true, skipped: true, what: 'identity', detail }];
  }
  const { region, stsEndpoint: endpoint } = subject;
  return [credentials, await findIdentity(host, identity, { region, endpoint }, call.signal)];
}

/** Any answer will do: without a signature there is none but a refusal. */
async function checkEndpoint(host: Host, subject: CheckSubject, callSignal: AbortSignal): Promise<Finding> {
  const what = 'endpoint';
  const { endpoint } = subject;
  const doubts = endpointWarnings(endpoint, subject.region).map((warning) => `; ${warning}`);
  const timeout = AbortSignal.timeout(ENDPOINT_TIMEOUT_MS);
  const signal = AbortSignal.any([callSignal, timeout]);
  try {
    const { statusCode, body } = await host.request(`${endpoint}/`, { method: 'GET', headers: host.headers, signal });
    await readBytes(body, ENDPOINT_BYTES_MAX, true);
    return { ok: true, what, detail: `${endpoint} answers (HTTP ${statusCode})${doubts.join('')}` };
  } catch (error) {
    if (timeout.aborted)
      return { ok: false, what, detail: `${endpoint} does not answer within ${ENDPOINT_TIMEOUT_MS} ms` };
    return {
      ok: false,
      what,
      detail: toNetworkError(error, { provider: host.name, endpoint, signal: callSignal }).message,
    };
  }
}
