// Regions, the geographies they lie in, and which inference profiles reach where.
import { partitionOf } from './endpoint.ts';

/** A geography that profiles and data can be kept in; the names are those of AWS's profile prefixes. */
export const GEOGRAPHIES = ['us', 'eu', 'apac', 'jp', 'au', 'ca', 'in', 'us-gov'] as const;
export type Geography = (typeof GEOGRAPHIES)[number];

/** What a bare model id becomes. */
export const CROSS_REGIONS = ['off', 'geo', 'global', 'auto', ...GEOGRAPHIES] as const;
export type CrossRegion = (typeof CROSS_REGIONS)[number];

// The regions of each geography, and the prefixes of profiles that never leave it. Source: AWS's pages on cross-region
// inference, 2026-11. London and Zurich are in AWS's Europe; Auckland (ap-southeast-6) is not in its Australia.
const REACH: Readonly<Record<Geography, { readonly regions: RegExp; readonly prefixes: readonly string[] }>> = {
  us: { regions: /^us-(?!gov-|iso)/, prefixes: ['us'] },
  eu: { regions: /^(eu-(?!iso)|eusc-)/, prefixes: ['eu'] },
  apac: { regions: /^ap-/, prefixes: ['apac', 'jp', 'au', 'in'] },
  jp: { regions: /^ap-northeast-[13]$/, prefixes: ['jp'] },
  au: { regions: /^ap-southeast-[24]$/, prefixes: ['au'] },
  ca: { regions: /^ca-/, prefixes: ['ca'] },
  in: { regions: /^ap-south-[12]$/, prefixes: ['in'] },
  'us-gov': { regions: /^us-gov-/, prefixes: ['us-gov'] },
};

/** Whether a region lies in a geography. */
export const isInside = (geography: Geography, region: string): boolean => REACH[geography].regions.test(region);

/** Whether every destination of the profiles with this prefix lies in a geography. A prefix nobody knows may go anywhere. */
export const staysInside = (geography: Geography, prefix: string): boolean =>
  REACH[geography].prefixes.includes(prefix);

// Which profiles a region may be the source of, best first. Source: AWS's cross-region pages as of 2026-11; regions that
// match nothing (sa-east-1, me-, af-, il-, mx-) have the global profile only. Canada may use those of the US, which is
// another country.
const SOURCES: readonly (readonly [RegExp, readonly Geography[]])[] = [
  [/^us-gov-/, ['us-gov']],
  [/^us-/, ['us']],
  [/^ca-/, ['ca', 'us']],
  [/^eu-/, ['eu']],
  [/^ap-northeast-[13]$/, ['jp', 'apac']],
  [/^ap-southeast-[24]$/, ['au', 'apac']],
  [/^ap-south-[12]$/, ['in', 'apac']],
  [/^ap-/, ['apac']],
];

function sourcePrefixes(region: string): readonly Geography[] {
  const partition = partitionOf(region).name;
  // China, the secret regions and the European sovereign cloud have no inference profiles of a geography.
  if (partition !== 'aws' && partition !== 'aws-us-gov') return [];
  return SOURCES.find(([pattern]) => pattern.test(region))?.[1] ?? [];
}

/** Whether the profiles of a geography can be asked from a region; a certain refusal of AWS's otherwise. */
export const isSource = (geography: Geography, region: string): boolean => sourcePrefixes(region).includes(geography);

/** Whether a region can ask the profiles with this prefix, but lies outside of where they answer. */
export const isAbroad = (prefix: string, region: string): boolean =>
  sourcePrefixes(region).some((geography) => geography === prefix && !isInside(geography, region));

/** The profiles of the geographies that a region lies in. */
const ownPrefixes = (region: string): readonly Geography[] =>
  sourcePrefixes(region).filter((geography) => isInside(geography, region));

/** The prefixes to look for, best first, in a region, within a residency. `global` falls back to the geography, never the
 * other way but for `auto`, which asks for any profile that works, of a neighbour's geography too. */
export function candidatePrefixes(crossRegion: CrossRegion, region: string, residency?: Geography): readonly string[] {
  const prefixes = prefixesFor(crossRegion, region);
  return residency === undefined ? prefixes : prefixes.filter((prefix) => staysInside(residency, prefix));
}

function prefixesFor(crossRegion: CrossRegion, region: string): readonly string[] {
  const partition = partitionOf(region).name;
  // A global profile reaches the commercial regions only.
  const globals = partition === 'aws' ? ['global'] : [];
  switch (crossRegion) {
    case 'off':
      return [];
    case 'geo':
      return ownPrefixes(region);
    case 'global':
      return [...globals, ...ownPrefixes(region)];
    case 'auto':
      return [...sourcePrefixes(region), ...globals];
    default:
      return isSource(crossRegion, region) ? [crossRegion] : [];
  }
}
