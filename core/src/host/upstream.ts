// One provider at work: the plugin's provider with what core keeps around it.
import { request as undiciRequest } from 'undici';
import { Breakers } from '../attempt/breaker.ts';
import { Gate } from '../attempt/gate.ts';
import type { ProviderConfig } from '../config/config.ts';
import type { Host, Logger, Provider } from '../contract/index.ts';
import { createDispatcher } from './dispatcher.ts';
import { PLUGIN_PATIENCE_MS, spelled, within } from './patience.ts';
import { providerFault } from './plugin-shape.ts';

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

/** Builds the provider and its own connection pool. Throws what `create` throws, and an Error when it gives no provider, or none in
 * time; nothing stays open then. */
export async function createUpstream(
  config: ProviderConfig,
  dir: string,
  log: Logger,
  patienceMs = PLUGIN_PATIENCE_MS,
): Promise<Upstream> {
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
    provider = await createProvider(config, host, patienceMs);
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
          await within(provider.close?.(), patienceMs, `close() has not ended within ${spelled(patienceMs)}`);
        } finally {
          await dispatcher.destroy();
        }
      })();
      return closed;
    },
  };
}

/** What `create` gives, if it is a provider and comes in time. What is no use is closed, also when it comes later. */
async function createProvider({ plugin, settings }: ProviderConfig, host: Host, patienceMs: number): Promise<Provider> {
  // Inside a promise: a throw and a rejection are the same.
  const creating = Promise.resolve().then(() => plugin.create(settings, host));
  const late = `create() of plugin "${plugin.name}" has not ended within ${spelled(patienceMs)}`;
  let provider: Provider;
  try {
    provider = await within(creating, patienceMs, late);
  } catch (error) {
    creating.then(discard, () => {});
    throw error;
  }
  const fault = providerFault(provider);
  if (fault === undefined) return provider;
  await within(discard(provider), patienceMs, fault);
  throw new Error(fault);
}

/** Closes what may be a provider, whatever it is. */
async function discard(provider: Partial<Provider> | null | undefined): Promise<void> {
  try {
    await provider?.close?.();
  } catch {
    // What is wrong with it is said already.
  }
}
