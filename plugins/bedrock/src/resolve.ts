// A model name becomes what is sent: the wire id, the region that signs, the endpoint, and what the model can do.
import { RouterError } from '@turnout/core/contract';
import { type CatalogueModel, findModel, splitPrefix } from './catalogue.ts';
import type { CrossRegion } from './config.ts';
import { defaultEndpoint, encodeSegment } from './endpoint.ts';
import { type Family, findFamily } from './family.ts';

/** Where a call goes and what answers it. */
export interface Target {
  /** The model id on the wire. */
  readonly id: string;
  /** `/model/{id}`, the id encoded as one segment. */
  readonly path: string;
  /** The region whose name is in the signature. */
  readonly region: string;
  /** Base URL, without a trailing slash. */
  readonly endpoint: string;
  readonly family: Family;
  readonly row: CatalogueModel | undefined;
  /** One sentence for each decision. */
  readonly reasons: readonly string[];
}

export interface ResolveSettings {
  readonly region: string;
  readonly regionSource: string;
  readonly crossRegion: CrossRegion;
  readonly endpoint: string | undefined;
  readonly models: Readonly<Record<string, { readonly id: string; readonly base?: string | undefined }>>;
}

const CACHE_MAX = 1000;

/** A resolver that remembers: the answer depends on the settings and the name only. */
export function createResolver(settings: ResolveSettings): (name: string) => Target {
  const known = new Map<string, Target>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const target = resolveTarget(name, settings);
    // Names come from clients: a bound keeps a stream of invented ones from filling the memory.
    if (known.size >= CACHE_MAX) known.clear();
    known.set(name, target);
    return target;
  };
}

/** What a name is sent as. Throws RouterError `model-not-found` for one that cannot be a path segment. */
export function resolveTarget(name: string, settings: ResolveSettings): Target {
  const alias = Object.hasOwn(settings.models, name) ? settings.models[name] : undefined;
  const written = alias?.id ?? name;
  if (written === '' || written === '.' || written === '..') {
    throw new RouterError('model-not-found', `"${written}" is not a model id`);
  }
  const arn = parseArn(written);
  const reasons: string[] = [];
  if (alias !== undefined) reasons.push(`${name} is an alias of ${written}`);
  const choice = arn === undefined ? chooseProfile(written, settings) : { id: written, base: arn.base };
  if (arn !== undefined) reasons.push('an ARN is sent as it is written');
  else if (choice.reason !== undefined) reasons.push(choice.reason);

  const region = arn?.region ?? settings.region;
  if (arn?.region === undefined) reasons.push(`region ${region} is from ${settings.regionSource}`);
  else if (arn.region !== settings.region)
    reasons.push(`the ARN's region ${region} takes the place of ${settings.region}`);
  if (settings.endpoint !== undefined) reasons.push('the endpoint is from the config');

  const base = alias?.base === undefined ? choice.base : splitPrefix(alias.base).base;
  const row = base === undefined ? undefined : findModel(base);
  const family = findFamily(base, row);
  if (base === undefined) {
    reasons.push(
      'the ARN does not name its model: set models.<alias>.base, so that reasoning, caching and tools fit it',
    );
  }
  return {
    id: choice.id,
    path: `/model/${encodeSegment(choice.id)}`,
    region,
    endpoint: settings.endpoint ?? defaultEndpoint(region),
    family,
    row,
    reasons,
  };
}

const ARN = /^arn:aws[\w-]*:(?:bedrock|sagemaker):([a-z0-9-]*):\d*:([a-z-]+)\/(.+)$/;

/** Region and, where the ARN names it, the foundation model. */
function parseArn(id: string): { region: string | undefined; base: string | undefined } | undefined {
  if (!id.startsWith('arn:')) return undefined;
  const [, region = '', kind, resource = ''] = ARN.exec(id) ?? [];
  const named = kind === 'foundation-model' || kind === 'inference-profile' || kind === 'default-prompt-router';
  return { region: region === '' ? undefined : region, base: named ? splitPrefix(resource).base : undefined };
}

interface ProfileChoice {
  readonly id: string;
  readonly base: string | undefined;
  readonly reason?: string;
}

/** A prefix is added only where that profile is known to exist: AWS's refusal of a bare id says what to do, its refusal
 * of an invented one ("identifier is invalid") does not. */
function chooseProfile(id: string, { crossRegion, region }: ResolveSettings): ProfileChoice {
  const { prefix, base } = splitPrefix(id);
  if (prefix !== undefined) return { id, base, reason: `${id} names its inference profile already` };
  const row = findModel(id);
  if (row === undefined) return { id, base, reason: `${id} is not in the catalogue: it is sent as it is written` };
  if (crossRegion === 'off') {
    const hint = row.onDemand ? '' : `, though AWS is known to serve this model through a profile only${offer(row)}`;
    return { id, base, reason: `crossRegion is off: the bare id is sent${hint}` };
  }
  const wanted = candidatePrefixes(crossRegion, region);
  const found = wanted.find((candidate) => row.profiles.includes(candidate));
  if (found !== undefined) {
    const instead = found === wanted[0] ? '' : `, as it has no profile ${wanted[0]}`;
    return {
      id: `${found}.${id}`,
      base,
      reason: `crossRegion ${crossRegion}: the model has the profile ${found}${instead}`,
    };
  }
  const tried =
    wanted.length === 0 ? `region ${region} has no geography of its own` : `no profile ${wanted.join(' or ')} is known`;
  return {
    id,
    base,
    reason: `crossRegion ${crossRegion}: ${tried}, so the bare id is sent${row.onDemand ? '' : offer(row)}`,
  };
}

const offer = (row: CatalogueModel): string =>
  row.profiles.length === 0 ? '' : ` (known profiles: ${row.profiles.join(', ')})`;

/** The prefixes to look for, best first. `global` falls back to the geography, never the other way. */
export function candidatePrefixes(crossRegion: CrossRegion, region: string): readonly string[] {
  if (crossRegion === 'off') return [];
  if (crossRegion === 'geo') return geoPrefixes(region);
  if (crossRegion !== 'global') return [crossRegion];
  // A global profile reaches the commercial regions only.
  return /^(us-gov|cn|us-iso\w*|eu-iso\w*|eusc)-/.test(region)
    ? geoPrefixes(region)
    : ['global', ...geoPrefixes(region)];
}

// Which profiles a region may be the source of, best first. Source: AWS's cross-region pages as of 2026-11; regions that
// match nothing (sa-east-1, me-, af-, il-, mx-) have the global profile only.
const GEOGRAPHIES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/^us-gov-/, ['us-gov']],
  [/^(us|eu)-iso\w*-/, []],
  [/^us-/, ['us']],
  [/^ca-/, ['ca', 'us']],
  [/^eu-/, ['eu']],
  [/^ap-northeast-[13]$/, ['jp', 'apac']],
  [/^ap-southeast-[24]$/, ['au', 'apac']],
  [/^ap-south-[12]$/, ['in', 'apac']],
  [/^ap-/, ['apac']],
];

const geoPrefixes = (region: string): readonly string[] =>
  GEOGRAPHIES.find(([pattern]) => pattern.test(region))?.[1] ?? [];
