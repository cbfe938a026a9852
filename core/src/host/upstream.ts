// One provider at work: the plugin's provider with what core keeps around it.
import { request as undiciRequest } from 'undici';
import { Breakers } from '../attempt/breaker.ts';
import { Gate } from '../attempt/gate.ts';
import type { ProviderConfig } from '../config/config.ts';
import type { Host, Logger, Provider } from '../contract/index.ts';
import { createDispatcher } from './dispatcher.ts';

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

/** The Watch of a call is what ends it. Said for each request, since undici's forward proxy does not hand it on. */
const UNTIMED = { headersTimeout: 0, bodyTimeout: 0 };

/** Builds the provider and its own connection pool. Throws what `create` throws; nothing stays open then. */
export async function createUpstream(config: ProviderConfig, dir: string, log: Logger): Promise<Upstream> {
  const dispatcher = createDispatcher(config, dir);
  const host: Host = {
    name: config.name,
    dir,
    log,
    headers: config.headers,
    request: ((url: string | URL, options?: object) =>
      // The cast: undici's overloads are not expressible over one implementation; the options pass through unchanged.
      undiciRequest(url, { ...UNTIMED, ...options, dispatcher })) as typeof undiciRequest,
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
