// One call to Bedrock: signed, sent over the provider's own connections, refused answers turned into RouterErrors.
import { type Host, RouterError } from '@turnout/core/contract';
import { type ConverseRequestBody, Signer } from '@turnout/core/wire';
import type { Auth, Identity } from './auth.ts';
import {
  type AwsFailure,
  type ErrorContext,
  isStaleCredential,
  type Operation,
  readFailure,
  toRouterError,
} from './error.ts';
import { toNetworkError } from './network.ts';
import type { Target } from './resolve.ts';

type Response = Awaited<ReturnType<Host['request']>>;

export interface BedrockClient {
  /** Sends a body and gives the answer once its head says 200. Throws RouterError. */
  send(target: Target, operation: Operation, body: ConverseRequestBody, signal: AbortSignal): Promise<Answer>;
  /** What an error about this call names. */
  errorContext(target: Target, operation: Operation): ErrorContext;
}

export interface Answer {
  readonly requestId: string | undefined;
  readonly body: Response['body'];
}

const ACCEPT: Readonly<Record<Operation, string>> = {
  converse: 'application/json',
  'converse-stream': 'application/vnd.amazon.eventstream',
};
const ERROR_BYTES_MAX = 64 * 1024;

/** A client for one provider of the YAML. It keeps no connection of its own. */
export function createClient(host: Host, auth: Auth): BedrockClient {
  const signers = new Map<string, Signer>();
  const origins = new Map<string, { readonly host: string; readonly pathPrefix: string }>();

  const signerOf = (region: string): Signer => {
    let signer = signers.get(region);
    if (signer === undefined) {
      signer = new Signer({ region, service: 'bedrock' });
      signers.set(region, signer);
    }
    return signer;
  };
  const originOf = (endpoint: string): { host: string; pathPrefix: string } => {
    let origin = origins.get(endpoint);
    if (origin === undefined) {
      const url = new URL(endpoint);
      origin = { host: url.host, pathPrefix: url.pathname === '/' ? '' : url.pathname };
      origins.set(endpoint, origin);
    }
    return origin;
  };

  const headersFor = (
    target: Target,
    operation: Operation,
    body: string,
    identity: Identity,
  ): Record<string, string> => {
    const headers: Record<string, string> = {
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
  });

  const send: BedrockClient['send'] = async (target, operation, body, signal) => {
    const text = JSON.stringify(body);
    const connection = { provider: host.name, endpoint: target.endpoint, signal };
    const identity = auth.current() ?? (await untilAborted(auth.load(), signal));
    let response: Response;
    try {
      response = await host.request(`${target.endpoint}${target.path}/${operation}`, {
        method: 'POST',
        headers: headersFor(target, operation, text, identity),
        body: text,
        signal,
      });
      if (response.statusCode === 200) {
        const requestId = response.headers['x-amzn-requestid'];
        return { requestId: typeof requestId === 'string' ? requestId : undefined, body: response.body };
      }
      throw await refusalOf(response, errorContext(target, operation), auth, identity);
    } catch (error) {
      throw toNetworkError(error, connection);
    }
  };
  return { send, errorContext };
}

/** The error of an answer that is not 200. Stale credentials are forgotten: the next call finds fresh ones. */
async function refusalOf(
  { statusCode, headers, body }: Response,
  context: ErrorContext,
  auth: Auth,
  identity: Identity,
): Promise<RouterError> {
  const text = (await readBytes(body, ERROR_BYTES_MAX, true)).toString('utf8');
  const failure = readFailure(statusCode, headers, text);
  if ('foreign' in failure) {
    const message = `${context.provider}: ${context.endpoint} answered ${statusCode} with something that is not from Bedrock: check endpoint and proxy`;
    return new RouterError(statusCode === 429 ? 'rate-limited' : 'upstream-failed', message, {
      upstream: { status: statusCode },
      ...(failure.retryAfterMs === undefined ? {} : { retryAfterMs: failure.retryAfterMs }),
    });
  }
  const error = toRouterError(failure, context);
  return error.code === 'upstream-denied' ? renewed(error, failure, auth, identity) : error;
}

function renewed(error: RouterError, failure: AwsFailure, auth: Auth, identity: Identity): RouterError {
  const hint = `auth mode ${auth.name}`;
  const again = auth.refreshable && isStaleCredential(failure);
  if (again) auth.forget(identity);
  return new RouterError(error.code, `${error.message}; ${hint}`, {
    publicMessage: `${error.publicMessage}; ${hint}`,
    ...(error.upstream === undefined ? {} : { upstream: error.upstream }),
    ...(again ? { again } : {}),
  });
}

/** A body up to a limit. Beyond it: cut there with `cut`, else RouterError `upstream-failed`. */
export async function readBytes(body: AsyncIterable<Uint8Array>, bytesMax: number, cut = false): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      if (cut) break;
      throw new RouterError('upstream-failed', `the answer is longer than ${bytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && Buffer.isBuffer(chunks[0]) ? chunks[0] : Buffer.concat(chunks);
}

/** Waits no longer than the signal allows; what is waited for goes on for others. */
function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      reject(RouterError.is(signal.reason) ? signal.reason : new RouterError('cancelled', 'the call was cancelled'));
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
