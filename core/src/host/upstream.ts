// One provider at work: the plugin's provider with what core keeps around it.
import { type BreakerChange, Breakers } from '../attempt/breakers.ts';
import { Gate } from '../attempt/gate.ts';
import { Latencies } from '../attempt/latency.ts';
import { targetName } from '../attempt/target.ts';
import type { ProviderConfig } from '../config/config.ts';
import type { Host, Logger, Provider } from '../contract/index.ts';
import { createRequest } from '../plugin/request.ts';
import { Calls } from './calls.ts';
import { type Concealment, createConcealment } from './concealment.ts';
import { createDispatcher } from './dispatcher.ts';
import { PLUGIN_PATIENCE_MS, spelled, within } from './patience.ts';
import { providerFault } from './plugin-shape.ts';
import { identityOf, type ProviderIdentity } from './provider-identity.ts';

export interface Upstream {
  readonly name: string;
  readonly provider: Provider;
  readonly config: ProviderConfig;
  readonly breakers: Breakers;
  readonly latencies: Latencies;
  readonly gate: Gate;
  /** What is under way there. */
  readonly calls: Calls;
  /** By which a reload tells whether this one can be kept. */
  readonly identity: ProviderIdentity;
  readonly log: Logger;
  /** Of the operator's `headers`, where they hold anything to hide. */
  readonly concealment?: Concealment | undefined;
  /** Closes the provider, then its sockets. Idempotent. */
  close(): Promise<void>;
}

/** Builds the provider and its own connection pool. Throws what `create` throws, and an Error when it gives no provider, or none in
 * time; nothing stays open then. */
export async function createUpstream(
  config: ProviderConfig,
  dir: string,
  log: Logger,
  patienceMs = PLUGIN_PATIENCE_MS,
): Promise<Upstream> {
  const identity = identityOf(config, dir);
  const dispatcher = createDispatcher(config, dir);
  const concealment = createConcealment(config.headers);
  const ownLog = concealment?.log(log) ?? log;
  const host: Host = {
    name: config.name,
    dir,
    log: ownLog,
    headers: config.headers,
    request: createRequest(dispatcher),
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
    breakers: new Breakers(config.breaker, (change) => logBreaker(log, config.name, change)),
    latencies: new Latencies(),
    gate: new Gate(config.concurrency),
    calls: new Calls(),
    identity,
    log: ownLog,
    concealment,
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

/** One line for each change of a target's health, so that nobody has to guess why a request went elsewhere. */
function logBreaker(log: Logger, provider: string, { patient, from, to, reason, untilMs }: BreakerChange): void {
  const fields = {
    target: targetName({ ...patient, upstream: { name: provider } }),
    ...(patient.errand && { errand: patient.errand }),
    from,
    reason,
    ...(untilMs !== undefined && { until: new Date(Date.now() + untilMs - performance.now()).toISOString() }),
  };
  if (to === 'open') log.warn(fields, 'breaker opened');
  else log.info(fields, to === 'closed' ? 'breaker closed' : `breaker ${to}`);
}
