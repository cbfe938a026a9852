// Residency: no request leaves a geography, whatever the client, a route or a profile says.
import { RouterError } from '@turnout/core/contract';
import { type Arn, namedModel, parseArn, runsInItsRegion } from './arn.ts';
import { isOpaque, isProfileLike, splitPrefix } from './catalogue.ts';
import { maskAccounts } from './error.ts';
import { GEOGRAPHIES, type Geography, isInside, staysInside } from './geography.ts';
import type { KnownProfile } from './profiles.ts';

/** A call as it would go out. */
export interface Itinerary {
  /** The final id on the wire. */
  readonly id: string;
  readonly arn: Arn | undefined;
  readonly region: string;
  /** `models.<alias>.base`: a prefix, or the region of an ARN, is the operator's word for where a profile leads. */
  readonly base: string | undefined;
  /** The profile, where it was discovered. */
  readonly profile: KnownProfile | undefined;
  /** The account is asked first where it leads; the call is planned, and checked, anew then. */
  readonly awaited: boolean;
}

/** Throws RouterError `unsupported` for what could leave. The rule is the operator's about a target: with that code another
 * target of the route, one that stays, is asked; `forbidden` would blame the caller's key and stop there. */
export function checkResidency(residency: Geography, call: Itinerary): void {
  const fault = faultOf(residency, call);
  if (fault === undefined) return;
  const message = `residency ${residency}: ${fault}; nothing was sent`;
  throw new RouterError('unsupported', message, { field: 'model', publicMessage: maskAccounts(message) });
}

function faultOf(residency: Geography, { id, arn, region, base, profile, awaited }: Itinerary): string | undefined {
  if (!isInside(residency, region)) return `the region ${region} is outside`;
  const abroad = profile?.regions.find((to) => to === '' || !isInside(residency, to));
  if (abroad !== undefined) return `${id} may send requests to ${abroad === '' ? 'any region' : abroad}`;
  const wireId = arn === undefined ? id : arn.kind === 'inference-profile' ? namedModel(arn) : undefined;
  if (wireId !== undefined && !isOpaque(wireId)) {
    const reach = reachOf(residency, wireId);
    if (reach !== 'unknown') return reach === 'inside' ? undefined : leaves(wireId);
  }
  if ((arn !== undefined && runsInItsRegion(arn)) || profile !== undefined || awaited) return undefined;
  if (base === undefined) return unknownReach(id);
  const origin = parseArn(base);
  if (origin?.kind === 'foundation-model') {
    return isInside(residency, origin.region) ? undefined : `its base is in ${origin.region}, which is outside`;
  }
  const named = origin === undefined ? base : namedModel(origin);
  if (named === undefined || !isProfileLike(named)) return unknownReach(id);
  return reachOf(residency, named) === 'inside' ? undefined : leaves(named);
}

const PREFIXES: ReadonlySet<string> = new Set([...GEOGRAPHIES, 'global']);

/** Where an id of a model or a profile leads. A model without a profile stays in the region that it is asked in. */
function reachOf(residency: Geography, id: string): 'inside' | 'outside' | 'unknown' {
  if (!isProfileLike(id)) return 'inside';
  const prefix = prefixOf(id);
  if (staysInside(residency, prefix)) return 'inside';
  return PREFIXES.has(prefix) ? 'outside' : 'unknown';
}

const prefixOf = (id: string): string => splitPrefix(id).prefix ?? id.slice(0, id.indexOf('.'));

const leaves = (id: string): string =>
  `the profile ${id} may send requests ${prefixOf(id) === 'global' ? 'to any region' : 'elsewhere'}`;

const unknownReach = (id: string): string =>
  `where ${id} sends requests is not known: list it under models with the base it was made from, a profile's id ` +
  '(eu.anthropic.claude-…) or the ARN of a foundation model in its one region, or set discover: true';
