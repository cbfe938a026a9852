// Which id goes on the wire for a name that is no ARN: short names made whole, and the prefix of an inference profile added.
import { findModel, isOpaque, splitPrefix } from './catalogue.ts';
import { fullId } from './catalogue-id.ts';
import { type CrossRegion, candidatePrefixes, type Geography, isAbroad } from './geography.ts';
import type { KnownProfile, ProfileKnowledge } from './profiles.ts';
import type { ResolveSettings, Target } from './resolve.ts';

/** The id on the wire, and why it is this one. */
export interface IdChoice {
  readonly id: string;
  readonly reason: string;
  readonly auto?: Target['auto'];
}

/** A prefix is added only where that profile is known to exist: AWS's refusal of a bare id says what to do, its refusal
 * of an invented one ("identifier is invalid") does not. */
export function chooseId(
  written: string,
  region: string,
  settings: ResolveSettings,
  knowledge: ProfileKnowledge,
): IdChoice {
  if (isOpaque(written)) return { id: written, reason: `${written} names no provider: it is sent as it is written` };
  const { prefix, base } = splitPrefix(written);
  if (prefix !== undefined) return choosePrefixed(written, { prefix, base }, knowledge.find(written, region));
  const full = findModel(written) === undefined ? fullId(written) : undefined;
  const id = full ?? written;
  const choice = chooseProfile(id, region, settings, knowledge);
  return full === undefined ? choice : { ...choice, reason: `${written} is short for ${full}; ${choice.reason}` };
}

/** The prefix was chosen by who wrote it; the model's name may still be short. */
function choosePrefixed(
  written: string,
  { prefix, base }: { readonly prefix: string; readonly base: string },
  profile: KnownProfile | undefined,
): IdChoice {
  const full = findModel(base) === undefined && profile === undefined ? fullId(base) : undefined;
  if (full === undefined) return { id: written, reason: `${written} names its inference profile already` };
  const id = `${prefix}.${full}`;
  return { id, reason: `${written} is short for ${id}, which names its inference profile` };
}

function chooseProfile(id: string, region: string, settings: ResolveSettings, knowledge: ProfileKnowledge): IdChoice {
  const { crossRegion, residency } = settings;
  const onDemand = findModel(id)?.onDemand ?? true;
  const profiles = knowledge.prefixesOf(id, region);
  const offer = profiles === undefined || profiles.length === 0 ? '' : ` (known profiles: ${profiles.join(', ')})`;
  if (crossRegion === 'auto') return chooseLearnt(id, knowledge.learnt(id, region), region);
  if (profiles === undefined) return { id, reason: `${id} is not in the catalogue: it is sent as it is written` };
  if (crossRegion === 'off') {
    const hint = onDemand ? '' : `, though AWS is known to serve this model through a profile only${offer}`;
    return { id, reason: `crossRegion is off: the bare id is sent${hint}` };
  }
  const wanted = candidatePrefixes(crossRegion, region, residency);
  const found = wanted.find((candidate) => profiles.includes(candidate));
  if (found !== undefined) {
    const instead = found === wanted[0] ? '' : `, as it has no profile ${wanted[0]}`;
    const source = knowledge.isDiscovered(region) ? `, as ${region} says` : '';
    return {
      id: `${found}.${id}`,
      reason: `crossRegion ${crossRegion}: the model has the profile ${found}${instead}${source}${leaving(found, region)}`,
    };
  }
  const tried =
    wanted.length > 0 ? `no profile ${wanted.join(' or ')} is known` : noCandidates(crossRegion, region, residency);
  return { id, reason: `crossRegion ${crossRegion}: ${tried}, so the bare id is sent${onDemand ? '' : offer}` };
}

const leaving = (prefix: string, region: string): string =>
  isAbroad(prefix, region) ? `; its answers come from outside the geography of ${region}` : '';

function noCandidates(crossRegion: CrossRegion, region: string, residency: Geography | undefined): string {
  if (residency !== undefined) return `no profile of region ${region} stays in ${residency}`;
  return crossRegion === 'geo' || crossRegion === 'global'
    ? `region ${region} has no geography of its own`
    : `region ${region} cannot use the profile ${crossRegion}`;
}

function chooseLearnt(bare: string, prefix: string | undefined, region: string): IdChoice {
  const auto = { bare, prefix };
  if (prefix === undefined) return { id: bare, auto, reason: 'crossRegion auto: the bare id is tried first' };
  return {
    id: `${prefix}.${bare}`,
    auto,
    reason: `crossRegion auto: learnt that AWS wants the profile ${prefix} here${leaving(prefix, region)}`,
  };
}
