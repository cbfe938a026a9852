// crossRegion: auto. AWS's refusal of a bare id says that a profile is needed; the next try, and every later one, uses it.
import type { ProfileKnowledge } from './profiles.ts';
import type { Target } from './resolve.ts';

/** What AWS refused. */
export type ModelRefusal = 'on-demand' | 'invalid-id';

/** Makes sure that what the account can tell about a region is known. Never rejects. */
export type Discover = (region: string) => Promise<void>;

/** Learns from a refusal. Resolves to one sentence when the next try goes out otherwise, else to undefined.
 * `candidates`: the prefixes of the profiles that exist for a bare id in a region, best first. */
export async function learnProfile(
  refusal: ModelRefusal,
  { auto, region }: Pick<Target, 'auto' | 'region'>,
  knowledge: ProfileKnowledge,
  candidates: (bare: string, region: string) => readonly string[],
  discover: Discover,
): Promise<string | undefined> {
  if (auto === undefined) return undefined;
  const { bare, prefix } = auto;
  // A bare id that is unknown as such has no profile either.
  if (refusal === 'invalid-id' && prefix === undefined) return undefined;
  if (prefix === undefined) await discover(region);
  const known = candidates(bare, region);
  const next = known[prefix === undefined ? 0 : known.indexOf(prefix) + 1];
  // Another call may have learnt the same meanwhile; the answer is the same.
  knowledge.learn(bare, region, next);
  return next === undefined ? undefined : `crossRegion auto: the next try goes to the profile ${next}.${bare}`;
}
