// One provider at work: the plugin's provider with what core keeps around it.
import { Agent, type Dispatcher, EnvHttpProxyAgent, request as undiciRequest } from 'undici';
import { Breakers } from '../attempt/breaker.ts';
import { Gate } from '../attempt/gate.ts';
import type { ProviderConfig } from '../config/config.ts';
import type { Host, Logger, Provider } from '../contract/index.ts';

export interface Upstream {
  readonly name: string;
  readonly provider: Provider;
  readonly config: ProviderConfig;
  readonly breakers: Breakers;
  readonly gate: Gate;
  readonly log: Logger;
  /** Closes the provider, then its sockets. Idempotent. */
  close(): Promise<void>;
}

/** Sockets kept open between calls live this long: longer than a pause between an agent's turns, shorter than the idle
 * timeouts of the usual load balancers (60 s). */
const KEEP_ALIVE_MS = 50_000;

/** Builds the provider and its own connection pool. Throws what `create` throws; nothing stays open then. */
export async function createUpstream(config: ProviderConfig, dir: string, log: Logger): Promise<Upstream> {
  const dispatcher = createDispatcher(config);
  const host: Host = {
    name: config.name,
    dir,
    log,
    headers: config.headers,
    request: ((url: string | URL, options?: object) =>
      // The cast: undici's overloads are not expressible over one implementation; the options pass through unchanged.
      undiciRequest(url, { ...options, dispatcher })) as typeof undiciRequest,
  };
  let provider: Provider;
  try {
    provider = await config.plugin.create(config.settings, host);
  } catch (error) {
    await dispatcher.destroy();
    throw error;
  }
  let closed: Promise<void> | undefined;
  return {
    name: config.name,
    provider,
    config,
    breakers: new Breakers(config.breaker),
    gate: new Gate(config.concurrency),
    log,
    close: () => {
      closed ??= (async () => {
        try {
          await provider.close?.();
        } finally {
          await dispatcher.destroy();
        }
      })();
      return closed;
    },
  };
}

/** No socket cap (`concurrency` bounds the calls) and no timeout but connect: the Watch of a call is what ends it. */
function createDispatcher(config: ProviderConfig): Dispatcher {
  const options = {
    connect: { timeout: config.timeout.connectMs },
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    pipelining: 1,
    allowH2: false,
  };
  const { HTTP_PROXY, HTTPS_PROXY, http_proxy, https_proxy } = process.env;
  const proxied = HTTP_PROXY || HTTPS_PROXY || http_proxy || https_proxy;
  return proxied ? new EnvHttpProxyAgent(options) : new Agent(options);
}
