// A model name becomes what is sent: the wire id, the region that signs, the endpoint, and what the model can do.
import { RouterError } from '@turnout/core/contract';
import { type Api, type Arn, defaultApi, namedModel, parseArn } from './arn.ts';
import { type CatalogueModel, findModel, splitPrefix } from './catalogue.ts';
import { fullId } from './catalogue-id.ts';
import { defaultEndpoint, type EndpointVariant, encodeSegment } from './endpoint.ts';
import { type Family, findFamily } from './family.ts';
import { type CrossRegion, candidatePrefixes, type Geography } from './geography.ts';
import { ProfileKnowledge } from './profiles.ts';
import { checkResidency } from './residency.ts';

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
  /** Absent: Converse. */
  readonly api?: Api;
  /** A prompt kept at Bedrock: it brings its own settings, system prompt and tools, and takes none. */
  readonly managedPrompt?: true;
  /** With `crossRegion: auto`: the bare id, and the prefix that was learnt for it. */
  readonly auto?: { readonly bare: string; readonly prefix: string | undefined };
  /** The account is asked about this ARN before anything is sent: only it can say which model answers, or where. */
  readonly awaitsDiscovery?: true;
  /** One sentence for each decision. */
  readonly reasons: readonly string[];
}

export interface ModelAlias {
  readonly id: string;
  readonly base?: string | undefined;
  readonly api?: Api | undefined;
}

export interface ResolveSettings {
  /** The region where a call names none. */
  readonly region: string;
  readonly regionSource: string;
  /** A pool's regions, in order of preference; absent: no pool. */
  readonly regions?: readonly string[] | undefined;
  readonly crossRegion: CrossRegion;
  /** One place for every region. */
  readonly endpoint: string | undefined;
  /** One place for each region, and no other is contacted. */
  readonly endpoints?: Readonly<Record<string, string>> | undefined;
  /** Which public endpoint, where none is set. */
  readonly variant?: EndpointVariant;
  readonly models: Readonly<Record<string, ModelAlias>>;
  readonly residency?: Geography | undefined;
  /** A client with a key may name any ARN. */
  readonly allowArns?: boolean;
}

/** How a name comes to be resolved. */
export interface ResolveCall {
  /** The pool's member: a region. */
  readonly member?: string | undefined;
  /** A client with a key chose the name. */
  readonly direct?: boolean | undefined;
}

export type Resolver = (name: string, call?: ResolveCall) => Target;

const CACHE_MAX = 1000;

/** A resolver that remembers: the answer depends on the settings, the name, the call, and what is known of profiles. */
export function createResolver(settings: ResolveSettings, knowledge = new ProfileKnowledge()): Resolver {
  const known = new Map<string, Target>();
  let version = knowledge.version;
  return (name, call = {}) => {
    if (version !== knowledge.version) {
      known.clear();
      version = knowledge.version;
    }
    const key = call.member === undefined && !call.direct ? name : `${call.member ?? ''} ${call.direct ?? ''} ${name}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const target = resolveTarget(name, settings, call, knowledge);
    // Names come from clients: a bound keeps a stream of invented ones from filling the memory.
    if (known.size >= CACHE_MAX) known.clear();
    known.set(key, target);
    return target;
  };
}

/** The members of the pool that a model can be asked at: its regions, or the one that an ARN names; none without a pool. */
export function poolMembers(name: string, settings: ResolveSettings): readonly string[] {
  const { regions } = settings;
  if (regions === undefined) return [];
  const { id } = aliasOf(name, settings)?.alias ?? { id: name };
  const region = regionOf(id);
  if (region !== undefined) return [region];
  const { prefix } = splitPrefix(id);
  if (prefix === undefined) return regions;
  // A profile can be asked from the regions of its geography only.
  const sources = regions.filter((each) => candidatePrefixes('auto', each).includes(prefix));
  return sources.length === 0 ? regions : sources;
}

function regionOf(id: string): string | undefined {
  try {
    return parseArn(id)?.region;
  } catch {
    // `plan` says what is wrong with it.
    return undefined;
  }
}

/** What a name is sent as. Throws RouterError: `model-not-found` for what cannot be an id, `forbidden` for an ARN of a
 * client's, `unsupported` for what would leave the residency or has no endpoint. */
export function resolveTarget(
  name: string,
  settings: ResolveSettings,
  call: ResolveCall = {},
  knowledge = new ProfileKnowledge(),
): Target {
  const { alias, listed } = aliasOf(name, settings) ?? {};
  const written = alias?.id ?? name;
  if (written === '' || written === '.' || written === '..') {
    throw new RouterError('model-not-found', `"${written}" is not a model id`);
  }
  const arn = parseArn(written);
  if (arn !== undefined && alias === undefined && call.direct && !settings.allowArns) throw unlisted();
  const region = arn?.region ?? call.member ?? settings.region;
  const reasons: string[] = [];
  if (alias !== undefined && !listed) reasons.push(`${name} is an alias of ${written}`);
  const choice = arn === undefined ? chooseId(written, region, settings, knowledge) : { id: written };
  reasons.push(
    arn === undefined ? (choice.reason ?? '') : 'an ARN is sent as it is written',
    regionReason(arn, region, settings, call),
  );

  const profile = knowledge.find(choice.id, region);
  const named = alias?.base === undefined ? nameIn(choice.id, arn) : nameIn(alias.base, parseArn(alias.base));
  const base = named === undefined ? profile?.base : splitPrefix(named).base;
  const awaits =
    arn?.kind === 'application-inference-profile' && alias?.base === undefined && knowledge.isAwaited(region);
  const { residency } = settings;
  if (residency !== undefined && !awaits)
    checkResidency(residency, { id: choice.id, arn, region, base: alias?.base, profile });
  if (profile !== undefined && arn !== undefined)
    reasons.push(`the account says that it leads to ${profile.base ?? 'a model of its own'}`);
  else if (base === undefined) reasons.push(namelessReason(knowledge.discovers));
  if (residency !== undefined) reasons.push(`residency ${residency}: nothing of this call leaves it`);

  const row = base === undefined ? undefined : findModel(base);
  const api = alias?.api ?? defaultApi(arn);
  if (api === 'invoke') reasons.push("it is asked through InvokeModel, with a body in OpenAI's chat form");
  return {
    id: choice.id,
    path: `/model/${encodeSegment(choice.id)}`,
    region,
    endpoint: endpointFor(region, settings, reasons),
    family: findFamily(base, row),
    row,
    ...(api === 'converse' ? {} : { api }),
    ...(arn?.kind === 'prompt' ? { managedPrompt: true } : {}),
    ...(choice.auto === undefined ? {} : { auto: choice.auto }),
    ...(awaits ? { awaitsDiscovery: true } : {}),
    reasons,
  };
}

/** The alias of a name; `listed`: the name is the id itself, which an alias lists. */
function aliasOf(
  name: string,
  { models }: Pick<ResolveSettings, 'models'>,
): { readonly alias: ModelAlias; readonly listed: boolean } | undefined {
  const alias = Object.hasOwn(models, name) ? models[name] : undefined;
  if (alias !== undefined) return { alias, listed: false };
  if (!name.startsWith('arn:')) return undefined;
  const listed = Object.values(models).find(({ id }) => id === name);
  return listed === undefined ? undefined : { alias: listed, listed: true };
}

const nameIn = (id: string, arn: Arn | undefined): string | undefined => (arn === undefined ? id : namedModel(arn));

// An ARN chooses the account that pays and the region that computes; both are the operator's to choose.
const unlisted = (): RouterError =>
  new RouterError(
    'forbidden',
    'an ARN may be named only where it is listed under models of the provider, or with allowArns: true',
    {
      field: 'model',
    },
  );

const namelessReason = (discovers: boolean): string =>
  `the ARN does not name its model: set models.<alias>.base${discovers ? '' : ' (or discover: true, for a profile)'}, so that reasoning, caching and tools fit it`;

function regionReason(
  arn: Arn | undefined,
  region: string,
  settings: ResolveSettings,
  { member }: ResolveCall,
): string {
  if (arn !== undefined && region !== settings.region)
    return `the ARN's region ${region} takes the place of ${settings.region}`;
  if (arn === undefined && member !== undefined) return `region ${region} is a member of the pool`;
  return `region ${region} is from ${settings.regionSource}`;
}

function endpointFor(region: string, { endpoint, endpoints, variant }: ResolveSettings, reasons: string[]): string {
  if (endpoint === undefined && endpoints === undefined) return defaultEndpoint(region, variant);
  const found =
    endpoint ?? (endpoints !== undefined && Object.hasOwn(endpoints, region) ? endpoints[region] : undefined);
  // Where endpoints are set nothing else is to be contacted.
  if (found === undefined) throw new RouterError('unsupported', `endpoints has none for the region ${region}`);
  reasons.push('the endpoint is from the config');
  return found;
}

interface IdChoice {
  readonly id: string;
  readonly reason?: string;
  readonly auto?: Target['auto'];
}

/** A prefix is added only where that profile is known to exist: AWS's refusal of a bare id says what to do, its refusal
 * of an invented one ("identifier is invalid") does not. */
function chooseId(written: string, region: string, settings: ResolveSettings, knowledge: ProfileKnowledge): IdChoice {
  if (splitPrefix(written).prefix !== undefined) {
    return { id: written, reason: `${written} names its inference profile already` };
  }
  const full = findModel(written) === undefined ? fullId(written) : undefined;
  const id = full ?? written;
  const choice = chooseProfile(id, region, settings, knowledge);
  return full === undefined ? choice : { ...choice, reason: `${written} is short for ${full}; ${choice.reason}` };
}

function chooseProfile(id: string, region: string, settings: ResolveSettings, knowledge: ProfileKnowledge): IdChoice {
  const { crossRegion, residency } = settings;
  const onDemand = findModel(id)?.onDemand ?? true;
  const profiles = knowledge.prefixesOf(id, region);
  const offer = profiles === undefined || profiles.length === 0 ? '' : ` (known profiles: ${profiles.join(', ')})`;
  if (crossRegion === 'auto') return chooseLearnt(id, knowledge.learnt(id, region));
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
      reason: `crossRegion ${crossRegion}: the model has the profile ${found}${instead}${source}`,
    };
  }
  const tried =
    wanted.length > 0 ? `no profile ${wanted.join(' or ')} is known` : noCandidates(crossRegion, region, residency);
  return { id, reason: `crossRegion ${crossRegion}: ${tried}, so the bare id is sent${onDemand ? '' : offer}` };
}

function noCandidates(crossRegion: CrossRegion, region: string, residency: Geography | undefined): string {
  if (residency !== undefined) return `no profile of region ${region} stays in ${residency}`;
  return crossRegion === 'geo' || crossRegion === 'global'
    ? `region ${region} has no geography of its own`
    : `region ${region} cannot use the profile ${crossRegion}`;
}

function chooseLearnt(bare: string, prefix: string | undefined): IdChoice {
  const auto = { bare, prefix };
  if (prefix === undefined) return { id: bare, auto, reason: 'crossRegion auto: the bare id is tried first' };
  return {
    id: `${prefix}.${bare}`,
    auto,
    reason: `crossRegion auto: learnt that AWS wants the profile ${prefix} here`,
  };
}
