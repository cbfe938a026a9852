// Residency: no request leaves a geography, whatever the client, a route or a profile says.
import { RouterError } from '@turnout/core/contract';
import { type Arn, namedModel, parseArn, runsInItsRegion } from './arn.ts';
import { isProfileLike, splitPrefix } from './catalogue.ts';
import { maskAccounts } from './error.ts';
import { type Geography, isInside, staysInside } from './geography.ts';
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
}

/** Throws RouterError `unsupported` for what could leave. The rule is the operator's about a target: with that code another
 * target of the route, one that stays, is asked; `forbidden` would blame the caller's key and stop there. */
export function checkResidency(residency: Geography, call: Itinerary): void {
  const fault = faultOf(residency, call);
  if (fault === undefined) return;
  const message = `residency ${residency}: ${fault}; nothing was sent`;
  throw new RouterError('unsupported', message, { field: 'model', publicMessage: maskAccounts(message) });
}

function faultOf(residency: Geography, { id, arn, region, base, profile }: Itinerary): string | undefined {
  if (!isInside(residency, region)) return `the region ${region} is outside`;
  const abroad = profile?.regions.find((to) => to === '' || !isInside(residency, to));
  if (abroad !== undefined) return `${id} may send requests to ${abroad === '' ? 'any region' : abroad}`;
  const wireId = arn === undefined ? id : arn.kind === 'inference-profile' ? namedModel(arn) : undefined;
  if (wireId !== undefined) return prefixFault(residency, wireId);
  // What is left is an ARN.
  if (arn === undefined || runsInItsRegion(arn) || profile !== undefined) return undefined;
  if (base === undefined) return unknownReach(id);
  const origin = parseArn(base);
  if (origin?.kind === 'foundation-model') {
    return isInside(residency, origin.region) ? undefined : `its base is in ${origin.region}, which is outside`;
  }
  const named = origin === undefined ? base : namedModel(origin);
  return named === undefined || !isProfileLike(named) ? unknownReach(id) : prefixFault(residency, named);
}

function prefixFault(residency: Geography, id: string): string | undefined {
  if (!isProfileLike(id)) return undefined;
  const prefix = splitPrefix(id).prefix ?? id.slice(0, id.indexOf('.'));
  if (staysInside(residency, prefix)) return undefined;
  return `the profile ${id} may send requests ${prefix === 'global' ? 'to any region' : 'elsewhere'}`;
}

const unknownReach = (id: string): string =>
  `where ${id} sends requests is not known: list it under models with the base it was made from, a profile's id ` +
  '(eu.anthropic.claude-…) or the ARN of a foundation model in its one region, or set discover: true';
