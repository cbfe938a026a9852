// What the clients of the AWS SDK have in common here: the provider's own connections, and nothing from the environment.
import type { Host } from '@turnout/core/contract';
import { readBytes } from '@turnout/core/plugin';
import { encodeSegment } from './endpoint.ts';

/** A call to STS, SSO or the control plane is given this long, each of its tries. */
const CALL_TIMEOUT_MS = 10_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const ATTEMPTS = 3;

type QueryValue = string | readonly string[] | null;

/** What is read of the SDK's requests. */
interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly query?: Readonly<Record<string, QueryValue>>;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}
interface SdkResponse {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
}
/** The SDK's HTTP handler, over `host.request`: its proxy, NO_PROXY, caFile and connect timeout hold here too. */
export interface SdkHandler {
  readonly metadata: { readonly handlerProtocol: string };
  handle(request: SdkRequest, options?: { abortSignal?: unknown }): Promise<{ response: SdkResponse }>;
  updateHttpClientConfig(): void;
  httpHandlerConfigs(): object;
  destroy(): void;
}

/** `headers`: to be sent with each request besides the signed ones. */
export function createSdkHandler(host: Host, headers: Readonly<Record<string, string>> = {}): SdkHandler {
  const handle: SdkHandler['handle'] = async (request, { abortSignal } = {}) => {
    const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
    const signal = abortSignal instanceof AbortSignal ? AbortSignal.any([abortSignal, timeout]) : timeout;
    const answer = await host.request(urlOf(request), {
      method: request.method,
      headers: { ...headers, ...request.headers },
      body: typeof request.body === 'string' || request.body instanceof Uint8Array ? request.body : null,
      signal,
    });
    const bytes = await readBytes(answer.body, ANSWER_BYTES_MAX);
    return { response: { statusCode: answer.statusCode, headers: flattened(answer.headers), body: bytes } };
  };
  // The rest is for clients that bring options of their own; the sockets are the host's.
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle,
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
    destroy: () => {},
  };
}

function urlOf({ protocol, hostname, port, path, query = {} }: SdkRequest): string {
  const pairs = Object.entries(query).flatMap(([name, value]) => {
    if (value === null) return [encodeSegment(name)];
    return [value].flat().map((each) => `${encodeSegment(name)}=${encodeSegment(each)}`);
  });
  const search = pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search}`;
}

const flattened = (headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, [value].flat().join(', ')]],
    ),
  );

/** Settings of an SDK client that calls `endpoint`; each is written down, so that no variable of the environment and no
 * profile decides it. `authScheme`: `sigv4` or `httpBearerAuth`. */
export const pinnedClient = (host: Host, region: string, endpoint: string, authScheme: string) => ({
  ...pinnedCalls(host),
  region,
  endpoint,
  authSchemePreference: [authScheme],
});

/** The same for the clients that the SDK's credential providers point to a region and an endpoint themselves (SSO, sign-in). */
export const pinnedCalls = (host: Host) => ({
  requestHandler: createSdkHandler(host),
  maxAttempts: ATTEMPTS,
  retryMode: 'standard',
  useFipsEndpoint: false,
  useDualstackEndpoint: false,
});
