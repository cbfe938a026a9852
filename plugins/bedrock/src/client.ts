// One call to Bedrock: signed, sent over the provider's own connections, refused answers turned into RouterErrors.
import { type Host, quoteOf, RouterError } from '@turnout/core/contract';
import { readBytes } from '@turnout/core/plugin';
import { Signer } from '@turnout/core/wire';
import type { Auth, Identity } from './auth.ts';
import { Clock } from './clock.ts';
import {
  type AwsFailure,
  type ErrorContext,
  isClockSkew,
  isStaleCredential,
  maskAccounts,
  type Operation,
  readFailure,
  toRouterError,
} from './error.ts';
import { toForeignError } from './foreign-failure.ts';
import { toNetworkError } from './network.ts';
import type { Target } from './resolve.ts';
import { untilAborted } from './until-aborted.ts';

type Response = Awaited<ReturnType<Host['request']>>;

export interface BedrockClient {
  /** Sends a body and gives the answer once its head says 200. `headers`: of this call alone, names in lower case; they are
   * signed with the rest. Throws RouterError. */
  send(
    target: Target,
    operation: Operation,
    body: object,
    signal: AbortSignal,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** What an error about this call names. */
  errorContext(target: Target, operation: Operation): ErrorContext;
}

export interface Answer {
  readonly requestId: string | undefined;
  readonly headers: Response['headers'];
  readonly body: Response['body'];
}

const ACCEPT: Readonly<Record<Operation, string>> = {
  converse: 'application/json',
  'converse-stream': 'application/vnd.amazon.eventstream',
  invoke: 'application/json',
  'invoke-with-response-stream': 'application/vnd.amazon.eventstream',
  'count-tokens': 'application/json',
};
const ERROR_BYTES_MAX = 64 * 1024;

/** A client for one provider of the YAML. It keeps no connection of its own. */
export function createClient(host: Host, auth: Auth): BedrockClient {
  const signers = new Map<string, Signer>();
  const clock = new Clock();
  const originOf = rememberOrigins();

  const signerOf = (region: string): Signer => {
    let signer = signers.get(region);
    if (signer === undefined) {
      signer = new Signer({ region, service: 'bedrock' });
      signers.set(region, signer);
    }
    return signer;
  };

  const headersFor = (
    target: Target,
    operation: Operation,
    body: Uint8Array,
    identity: Identity,
    ofCall: Readonly<Record<string, string>> | undefined,
  ): Record<string, string> => {
    const headers: Record<string, string> = {
      // What the operator has written for every call goes before what one call wants.
      ...ofCall,
      ...host.headers,
      'content-type': 'application/json',
      accept: ACCEPT[operation],
    };
    if (identity.kind === 'bearer') {
      headers.authorization = `Bearer ${identity.token}`;
      return headers;
    }
    const origin = originOf(target.endpoint);
    const path = `${origin.pathPrefix}${target.path}/${operation}`;
    const signedHost = headers.host ?? origin.host;
    const signed = signerOf(target.region).sign(
      { method: 'POST', host: signedHost, path, headers, body },
      identity.key,
      clock.now(),
    );
    return Object.assign(headers, signed);
  };

  const errorContext = (target: Target, operation: Operation): ErrorContext => ({
    provider: host.name,
    model: target.id,
    region: target.region,
    endpoint: target.endpoint,
    operation,
    row: target.row,
    clientGuardrail: target.clientGuardrail,
  });

  const send: BedrockClient['send'] = async (target, operation, body, signal, ofCall) => {
    // Made once: it is hashed, and sent.
    const bytes = Buffer.from(JSON.stringify(body));
    const connection = { provider: host.name, endpoint: target.endpoint, signal };
    const identity = auth.current(target.region) ?? (await untilAborted(auth.load(target.region), signal));
    const clockOffsetMs = clock.offsetMs;
    let response: Response;
    try {
      response = await host.request(`${target.endpoint}${target.path}/${operation}`, {
        method: 'POST',
        headers: headersFor(target, operation, bytes, identity, ofCall),
        body: bytes,
        signal,
      });
      if (response.statusCode === 200) {
        const requestId = response.headers['x-amzn-requestid'];
        return {
          requestId: typeof requestId === 'string' ? requestId : undefined,
          headers: response.headers,
          body: response.body,
        };
      }
      throw await refusalOf(response, errorContext(target, operation), { auth, identity, clock, clockOffsetMs });
    } catch (error) {
      throw toNetworkError(error, connection);
    }
  };
  return { send, errorContext };
}

/** Host and path prefix of endpoints, each read once. */
function rememberOrigins(): (endpoint: string) => { readonly host: string; readonly pathPrefix: string } {
  const origins = new Map<string, { readonly host: string; readonly pathPrefix: string }>();
  return (endpoint) => {
    let origin = origins.get(endpoint);
    if (origin === undefined) {
      const url = new URL(endpoint);
      origin = { host: url.host, pathPrefix: url.pathname === '/' ? '' : url.pathname };
      origins.set(endpoint, origin);
    }
    return origin;
  };
}

/** How a refused request was signed. */
interface Signing {
  readonly auth: Auth;
  readonly identity: Identity;
  readonly clock: Clock;
  /** The clock's at that time: another call may have set it since. */
  readonly clockOffsetMs: number;
}

/** The error of an answer that is not 200. What made AWS refuse our signature is put right for the next call. */
async function refusalOf(
  { statusCode, headers, body }: Response,
  context: ErrorContext,
  signing: Signing,
): Promise<RouterError> {
  const text = (await readBytes(body, ERROR_BYTES_MAX, true)).toString('utf8');
  const failure = readFailure(statusCode, headers, text);
  if ('foreign' in failure) return toForeignError(statusCode, failure, context);
  const error = toRouterError(failure, context);
  return error.code === 'upstream-denied' ? denied(error, repair(failure, headers.date, signing), signing.auth) : error;
}

/** Whether another try will be signed otherwise: stale credentials are forgotten, AWS's time is taken over. */
function repair(failure: AwsFailure, date: string | string[] | undefined, signing: Signing): boolean {
  const { auth, identity, clock, clockOffsetMs } = signing;
  if (isClockSkew(failure)) return identity.kind === 'keys' && clock.learn(date, clockOffsetMs);
  if (!auth.refreshable || !(isStaleCredential(failure) || isRefusedApiKey(failure, identity))) return false;
  auth.forget(identity);
  return true;
}

// How AWS words it is not documented (2026-11): a generated key that is called expired or invalid is made anew once.
const isRefusedApiKey = ({ message }: AwsFailure, { kind }: Identity): boolean =>
  kind === 'bearer' && /\b(expired|invalid|(is|not) valid)\b/i.test(message);

function denied(error: RouterError, again: boolean, auth: Auth): RouterError {
  const hint = `auth mode ${auth.name}`;
  return new RouterError(error.code, `${error.message}; ${hint}`, {
    publicMessage: `${error.publicMessage}; ${maskAccounts(hint)}`,
    ...quoteOf(error),
    ...(error.upstream === undefined ? {} : { upstream: error.upstream }),
    ...(again ? { again } : {}),
  });
}
