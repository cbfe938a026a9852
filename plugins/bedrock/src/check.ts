// The provider looks at itself: region, credentials, endpoint.
import { type Finding, type Host, type IdleCall, RouterError } from '@turnout/core/contract';
import type { Auth } from './auth.ts';
import { toNetworkError } from './network.ts';

const ENDPOINT_TIMEOUT_MS = 3000;

export interface CheckSubject {
  readonly region: string;
  readonly regionSource: string;
  readonly endpoint: string;
}

/** One finding for each thing that a call needs. Never throws, names no secret. */
export async function checkProvider(host: Host, auth: Auth, subject: CheckSubject, call: IdleCall): Promise<Finding[]> {
  const region: Finding = { ok: true, what: 'region', detail: `${subject.region}, from ${subject.regionSource}` };
  return [region, ...(await Promise.all([checkCredentials(auth), checkEndpoint(host, subject.endpoint, call.signal)]))];
}

async function checkCredentials(auth: Auth): Promise<Finding> {
  const what = 'credentials';
  try {
    const { kind, expiration } = auth.current() ?? (await auth.load());
    const found = kind === 'bearer' ? 'an API key' : 'an access key';
    const life = expiration === undefined ? '' : `, expires at ${expiration.toISOString()}`;
    return { ok: true, what, detail: `auth mode ${auth.name}: ${found} is there${life}` };
  } catch (error) {
    return { ok: false, what, detail: RouterError.from(error).message };
  }
}

/** Any answer will do: without a signature there is none but a refusal. */
async function checkEndpoint(host: Host, endpoint: string, callSignal: AbortSignal): Promise<Finding> {
  const what = 'endpoint';
  const timeout = AbortSignal.timeout(ENDPOINT_TIMEOUT_MS);
  const signal = AbortSignal.any([callSignal, timeout]);
  try {
    const { statusCode, body } = await host.request(`${endpoint}/`, { method: 'GET', headers: host.headers, signal });
    await body.dump();
    return { ok: true, what, detail: `${endpoint} answers (HTTP ${statusCode})` };
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
