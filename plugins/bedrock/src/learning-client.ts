// The client with a memory: it lets the account be asked about profiles, and learns from refusals of ids.
import { quoteOf, RouterError } from '@turnout/core/contract';
import { SAID } from './aws-failure.ts';
import type { BedrockClient } from './client.ts';
import type { Discovery } from './discover.ts';
import { maskAccounts } from './error.ts';
import { candidatePrefixes, type Geography } from './geography.ts';
import { learnProfile, type ModelRefusal } from './learn.ts';
import type { ProfileKnowledge } from './profiles.ts';
import type { Target } from './resolve.ts';

export interface Learning {
  readonly knowledge: ProfileKnowledge;
  /** Absent: the account is not asked. */
  readonly discovery: Discovery | undefined;
  readonly residency: Geography | undefined;
}

export interface LearningClient extends BedrockClient {
  /** What a target leads to is asked of the account, where only it can say. Throws with `again` then: what was made of the
   * target before is old. */
  settle(target: Target, signal: AbortSignal): Promise<void>;
}

/** `send` throws with `again` when the next plan will be another one. */
export function createLearningClient(client: BedrockClient, learning: Learning): LearningClient {
  const { knowledge, discovery, residency } = learning;
  const candidates = (bare: string, region: string): readonly string[] => {
    const exist = knowledge.prefixesOf(bare, region) ?? [];
    return candidatePrefixes('auto', region, residency).filter((prefix) => exist.includes(prefix));
  };
  const settle = async (target: Target, signal: AbortSignal): Promise<void> => {
    if (!target.awaitsDiscovery || discovery === undefined) return;
    await discovery.load(target.region, signal);
    const message = `what ${target.id} leads to was asked of the account, and the request is planned anew`;
    throw new RouterError('unsupported', message, { again: true, publicMessage: maskAccounts(message) });
  };
  return {
    errorContext: client.errorContext,
    settle,
    send: async (target, operation, body, signal, headers) => {
      if (target.awaitsDiscovery) await settle(target, signal);
      discovery?.start(target.region);
      try {
        return await client.send(target, operation, body, signal, headers);
      } catch (error) {
        const refusal = refusalIn(error);
        if (refusal === undefined || !RouterError.is(error)) throw error;
        const discover = async (region: string): Promise<void> => discovery?.load(region, signal);
        const learnt = await learnProfile(refusal, target, knowledge, candidates, discover);
        throw learnt === undefined ? error : againWith(error, learnt);
      }
    },
  };
}

function refusalIn(error: unknown): ModelRefusal | undefined {
  if (!RouterError.is(error) || error.upstream?.status !== 400) return undefined;
  if (error.code === 'unsupported' && SAID.onDemand.test(error.message)) return 'on-demand';
  return error.code === 'model-not-found' && SAID.invalidId.test(error.message) ? 'invalid-id' : undefined;
}

const againWith = (error: RouterError, learnt: string): RouterError =>
  new RouterError(error.code, `${error.message}; ${learnt}`, {
    cause: error,
    again: true,
    publicMessage: `${error.publicMessage}; ${learnt}`,
    ...quoteOf(error),
    ...(error.upstream === undefined ? {} : { upstream: error.upstream }),
  });
