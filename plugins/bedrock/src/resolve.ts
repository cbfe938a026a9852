// A model name becomes what is sent: the wire id, the region that signs, the endpoint, and what the model can do.
import { RouterError } from '@turnout/core/contract';
import { type Api, type Arn, defaultApi, namedModel, parseArn } from './arn.ts';
import { type CatalogueModel, findModel, isOpaque, splitPrefix } from './catalogue.ts';
import { splitContext, suggestion } from './catalogue-id.ts';
import { defaultEndpoint, type EndpointVariant, encodeSegment } from './endpoint.ts';
import { type Family, findFamily } from './family.ts';
import { type CrossRegion, candidatePrefixes, type Geography } from './geography.ts';
import { ProfileKnowledge } from './profiles.ts';
import { checkResidency } from './residency.ts';
import { chooseId, type IdChoice } from './wire-id.ts';

/** Where a call goes and what answers it. */
export interface Target {
  /** The model id on the wire. */
  readonly id: string;
  /** `/model/{id}`, the id encoded as one segment. */
  readonly path: string;
  /** The geography of the inference profile that the id names. */
  readonly profile?: string;
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
  /** The account is asked about this resource before anything is sent: only it can say which model answers, or where. */
  readonly awaitsDiscovery?: true;
  /** The request's guardrail is the client's choice. */
  readonly clientGuardrail?: true;
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
  /** A client with a key may name any ARN or resource. */
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
  const { written: id } = readName(name, settings);
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

/** What a name is sent as. Throws RouterError: `model-not-found` for what cannot be an id, `forbidden` for a resource of a
 * client's, `unsupported` for what would leave the residency or has no endpoint. */
export function resolveTarget(
  name: string,
  settings: ResolveSettings,
  call: ResolveCall = {},
  knowledge = new ProfileKnowledge(),
): Target {
  const { written, alias, reasons } = readName(name, settings);
  if (written === '' || written === '.' || written === '..') {
    throw new RouterError('model-not-found', `"${written}" is not a model id`);
  }
  const arn = parseArn(written);
  const opaque = arn === undefined && isOpaque(written);
  if ((arn !== undefined || opaque) && alias === undefined && call.direct && !settings.allowArns) {
    throw unlisted(written, opaque);
  }
  const region = arn?.region ?? call.member ?? settings.region;
  const choice: IdChoice =
    arn === undefined
      ? chooseId(written, region, settings, knowledge)
      : { id: written, reason: 'an ARN is sent as it is written' };
  reasons.push(choice.reason, regionReason(arn, region, settings, call));

  const profile = knowledge.find(choice.id, region);
  const named = alias?.base === undefined ? nameIn(choice.id, arn) : nameIn(alias.base, parseArn(alias.base));
  const base = named === undefined ? profile?.base : splitPrefix(named).base;
  const awaited =
    (opaque || arn?.kind === 'application-inference-profile') &&
    alias?.base === undefined &&
    knowledge.isAwaited(region);
  if (profile !== undefined && (arn !== undefined || opaque))
    reasons.push(`the account says that it leads to ${profile.base ?? 'a model of its own'}`);
  else if (base === undefined) reasons.push(namelessReason(knowledge.discovers));
  const { residency } = settings;
  if (residency !== undefined) {
    checkResidency(residency, { id: choice.id, arn, region, base: alias?.base, profile, awaited });
    const outcome = awaited
      ? 'the account is asked where this leads before anything is sent'
      : 'nothing of this call leaves it';
    reasons.push(`residency ${residency}: ${outcome}`);
  }

  const row = base === undefined ? undefined : findModel(base);
  const { prefix } = splitPrefix(choice.id);
  const api = alias?.api ?? defaultApi(arn);
  if (api === 'invoke') reasons.push("it is asked through InvokeModel, with a body in OpenAI's chat form");
  return {
    id: choice.id,
    path: `/model/${encodeSegment(choice.id)}`,
    ...(prefix === undefined ? {} : { profile: prefix }),
    region,
    endpoint: endpointFor(region, settings, reasons),
    family: findFamily(base, row),
    row,
    ...(api === 'converse' ? {} : { api }),
    ...(arn?.kind === 'prompt' ? { managedPrompt: true } : {}),
    ...(choice.auto === undefined ? {} : { auto: choice.auto }),
    ...(awaited ? { awaitsDiscovery: true } : {}),
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
  if (!name.startsWith('arn:') && !isOpaque(name)) return undefined;
  const listed = Object.values(models).find(({ id }) => id === name);
  return listed === undefined ? undefined : { alias: listed, listed: true };
}

interface ReadName {
  /** What is to be made an id. */
  readonly written: string;
  readonly alias: ModelAlias | undefined;
  readonly reasons: string[];
}

/** A name by the operator's aliases, without what only clients understand. */
function readName(name: string, settings: Pick<ResolveSettings, 'models'>): ReadName {
  const plain = Object.hasOwn(settings.models, name) ? { name } : splitContext(name);
  const { alias, listed } = aliasOf(plain.name, settings) ?? {};
  const target = splitContext(alias?.id ?? plain.name);
  const reasons: string[] = [];
  if (alias !== undefined && !listed) reasons.push(`${plain.name} is an alias of ${alias.id}`);
  const suffix = plain.suffix ?? target.suffix;
  if (suffix !== undefined)
    reasons.push(`the suffix ${suffix} says how long a context may be: it is no part of the id`);
  return { written: target.name, alias, reasons };
}

const nameIn = (id: string, arn: Arn | undefined): string | undefined =>
  arn === undefined ? (isOpaque(id) ? undefined : id) : namedModel(arn);

// A resource of the account chooses who pays and, as an ARN, the region that computes; both are the operator's to choose.
function unlisted(written: string, opaque: boolean): RouterError {
  const what = opaque ? 'an id without a provider is of a resource of the account, which' : 'an ARN';
  const message = `${what} may be named only where it is listed under models of the provider, or with allowArns: true`;
  return new RouterError('forbidden', opaque ? `${message}${suggestion(written)}` : message, { field: 'model' });
}

const namelessReason = (discovers: boolean): string =>
  `the id does not name its model: set models.<alias>.base${discovers ? '' : ' (or discover: true, for a profile)'}, so that reasoning, caching and tools fit it`;

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
