// discover: true. The inference profiles of the account, listed when they are first needed and again every hour.
import { type Host, RouterError } from '@turnout/core/contract';
import { namedModel, parseArn } from './arn.ts';
import type { Auth } from './auth.ts';
import { splitPrefix } from './catalogue.ts';
import { listProfiles } from './control-plane.ts';
import { maskAccounts } from './error.ts';
import type { KnownProfile, ProfileKnowledge, RegionProfiles } from './profiles.ts';
import type { Target } from './resolve.ts';
import { untilAborted } from './until-aborted.ts';

const KEPT_MS = 60 * 60_000;
const RETRY_MS = 60_000;
const LIST_MS = 10_000;

/** What is read of a profile in AWS's list. */
export interface ListedProfile {
  readonly inferenceProfileId?: string | undefined;
  readonly inferenceProfileArn?: string | undefined;
  readonly status?: string | undefined;
  readonly type?: string | undefined;
  readonly models?: readonly { readonly modelArn?: string | undefined }[] | undefined;
}

export interface Discovery {
  /** Starts a listing in the background where none is recent. */
  start(region: string): void;
  /** Resolves once a region has been listed, or could not be: then the catalogue stands in. Never rejects. With `signal` it
   * waits no longer than that; the listing goes on. */
  load(region: string, signal?: AbortSignal): Promise<void>;
  close(): void;
}

interface RegionState {
  dueMs: number;
  /** The first listing, or the one under way. */
  listing: Promise<void>;
}

/** `endpointOf`: the control plane's base URL in a region. */
export function createDiscovery(
  { host, auth }: { readonly host: Host; readonly auth: Auth },
  endpointOf: (region: string) => string,
  knowledge: ProfileKnowledge,
  now: () => number = Date.now,
): Discovery {
  const states = new Map<string, RegionState>();
  const closing = new AbortController();

  async function list(region: string, state: { dueMs: number }): Promise<void> {
    const endpoint = endpointOf(region);
    try {
      const signal = AbortSignal.any([closing.signal, AbortSignal.timeout(LIST_MS)]);
      const profiles = readProfiles(await listProfiles(host, auth, { region, endpoint }, signal));
      knowledge.setDiscovered(region, profiles);
      host.log.info({ provider: host.name, region, profiles: profiles.byName.size }, 'inference profiles were listed');
    } catch (error) {
      state.dueMs = now() + RETRY_MS;
      knowledge.setFailed(region);
      if (closing.signal.aborted) return;
      const reason = RouterError.is(error) || error instanceof Error ? error.message : String(error);
      const fields = { provider: host.name, region, endpoint, reason: maskAccounts(reason) };
      host.log.warn(
        fields,
        'inference profiles could not be listed (bedrock:ListInferenceProfiles): the catalogue is used',
      );
    }
  }

  function ensure(region: string): Promise<void> {
    const known = states.get(region);
    if (known !== undefined && now() < known.dueMs) return known.listing;
    if (closing.signal.aborted) return Promise.resolve();
    const state: RegionState = { dueMs: now() + KEPT_MS, listing: Promise.resolve() };
    state.listing = list(region, state);
    states.set(region, state);
    return state.listing;
  }

  return {
    start: (region) => void ensure(region),
    load: (region, signal) => {
      const listing = ensure(region);
      // Left early, the catalogue stands in.
      return signal === undefined ? listing : untilAborted(listing, signal).catch(() => {});
    },
    close: () => closing.abort(),
  };
}

/** A target that needs no more to be asked of the account, for a call that core does not plan and so cannot plan anew. */
export async function resolveSettled(
  resolve: () => Target,
  discovery: Discovery | undefined,
  signal: AbortSignal,
): Promise<Target> {
  const target = resolve();
  if (!target.awaitsDiscovery) return target;
  await discovery?.load(target.region, signal);
  return resolve();
}

/** AWS's list as it is looked up. Profiles that are not ready are left out. */
export function readProfiles(listed: readonly ListedProfile[]): RegionProfiles {
  const byName = new Map<string, KnownProfile>();
  const prefixes = new Map<string, string[]>();
  for (const { inferenceProfileId: id, inferenceProfileArn: arn, status, type, models = [] } of listed) {
    if (status !== undefined && status !== 'ACTIVE') continue;
    const destinations = models.map(({ modelArn = '' }) => readModelArn(modelArn));
    const profile = {
      base: destinations.find(({ model }) => model !== undefined)?.model,
      regions: [...new Set(destinations.map(({ region }) => region))],
    };
    if (id !== undefined) byName.set(id, profile);
    if (arn !== undefined) byName.set(arn, profile);
    const { prefix, base } = splitPrefix(id ?? '');
    if (type !== 'APPLICATION' && prefix !== undefined) prefixes.set(base, [...(prefixes.get(base) ?? []), prefix]);
  }
  return { byName, prefixes };
}

// The ARNs in a global profile have an empty region among them: any commercial one.
function readModelArn(text: string): { region: string; model: string | undefined } {
  const anywhere = /^arn:aws[\w-]*:bedrock:::foundation-model\/(.+)$/.exec(text)?.[1];
  if (anywhere !== undefined) return { region: '', model: anywhere };
  try {
    const arn = parseArn(text);
    return { region: arn?.region ?? '', model: arn === undefined ? undefined : namedModel(arn) };
  } catch {
    return { region: '', model: undefined };
  }
}
