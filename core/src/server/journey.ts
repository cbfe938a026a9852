// Where a request goes: its route's targets, and what the route adds to it. No I/O; `explain` goes the same way.

import { type Bearings, targetName } from '../attempt/index.ts';
import type { RouteConfig } from '../config/config.ts';
import {
  type ChatRequest,
  type Circumstances,
  type Embeddings,
  type EmbedRequest,
  type Loss,
  type Plan,
  type Protocol,
  RouterError,
} from '../contract/index.ts';
import type { Caller, Router, Upstream } from '../host/index.ts';
import type { Head } from '../protocol/protocol.ts';
import {
  closeNames,
  type Group,
  mapGroup,
  type Resolved,
  resolve,
  type Settings,
  type Target,
} from '../routing/index.ts';
import { stickyValue } from './sticky.ts';

export interface RouteTarget {
  readonly upstream: Upstream;
  readonly model: string;
  /** The member of a pool. */
  readonly member?: string;
  /** The model's name is the choice of a client that holds a key. */
  readonly direct?: true;
  /** What the routes on the way to it set. */
  readonly settings: Settings;
}

/** Where a model's name leads. */
export interface Way {
  readonly route: RouteConfig | undefined;
  /** Why this route, in one sentence. */
  readonly why: string;
  readonly group: Group<RouteTarget>;
  /** A loss of something the client sent makes a target `unsupported`. */
  readonly strict: boolean;
  readonly keyName: string;
}

export interface Journey extends Way, Pick<Bearings, 'stickyValue'> {
  /** As the client sent it: what routes set is different for each target. */
  readonly request: ChatRequest;
  readonly protocol: Protocol;
  readonly stream: boolean;
  /** The client's own name of a field that is lost. */
  fieldName(field: string): string;
  /** What the protocol could not decode: lost whatever the target, unless it relays the client's own body. */
  readonly decodeLosses: readonly Loss[];
  /** The client's own body, parsed. */
  readonly body?: unknown;
  /** Why only a relay can serve it. */
  readonly relayOnly?: string;
  /** The client's own. */
  readonly headers?: Head['headers'];
}

/** What a journey starts from. */
export type Departure = Pick<
  Journey,
  'request' | 'protocol' | 'stream' | 'fieldName' | 'decodeLosses' | 'body' | 'relayOnly' | 'headers'
>;

/** The smallest request for a model, to see where it would go. */
export function departFrom(model: string): Departure {
  return {
    request: { model, system: [], messages: [{ role: 'user', parts: [{ type: 'text', text: 'hello' }] }], tools: [] },
    protocol: 'openai-chat',
    stream: true,
    fieldName: (field) => field,
    decodeLosses: [],
  };
}

/** The way of a chat request. Throws as `findWay`. */
export function findJourney(router: Router, departure: Departure, caller: Caller): Journey {
  const { request, headers } = departure;
  const way = findWay(router, request.model, caller);
  // Only a sticky route asks for it. Of the request as it came: what is fetched may have changed by the next turn.
  return { ...departure, ...way, stickyValue: (by) => stickyValue(by, request, headers) };
}

/** Finds where a model's name leads. Throws `model-not-found` with close names, `forbidden` for a model the key may not use. */
export function findWay(router: Router, model: string, caller: Caller): Way {
  // Refuses a name that is none, before anything looks at it more closely or repeats it.
  const resolved = resolve(router.table, model);
  if (!caller.mayUse(model)) {
    throw new RouterError('forbidden', `this key may not use the model "${model}"`, { field: 'model' });
  }
  if (!resolved) throw unknownModel(router, model, caller);
  const { route, why } = resolved;
  return { route, why, group: groupFor(router, resolved), strict: router.config.strict, keyName: caller.name };
}

/** The groups of a router's exact routes with their upstreams, each made once. Those of patterns and of direct names are made for one
 * request: to keep them too would cost more than to make them. */
const groupsOf = new WeakMap<Router, WeakMap<Group<Target>, Group<RouteTarget>>>();

function groupFor(router: Router, { route, group }: Resolved): Group<RouteTarget> {
  let groups = groupsOf.get(router);
  if (!groups) {
    groups = new WeakMap();
    groupsOf.set(router, groups);
  }
  const known = groups.get(group);
  if (known) return known;
  let isFixed = route !== undefined && router.table.exact.get(route.name)?.group === group;
  const made = mapGroup(group, ({ provider, model, direct, settings }) => {
    const upstream = router.upstreams.get(provider);
    // Cross-references were checked with the file; this is the type system's question, not the user's.
    if (!upstream) throw new RouterError('internal', `no provider ${provider}`);
    // Which members a pool has may change.
    if (upstream.provider.members) isFixed = false;
    // Without keys only this machine's own programs may call: what they choose is the operator's choice.
    return membersOf({ upstream, model, settings, ...(direct && router.keys.required && { direct }) });
  });
  if (isFixed) groups.set(group, made);
  return made;
}

/** A pool's members are targets of their own. */
export function membersOf(target: RouteTarget): RouteTarget[] {
  const members = target.upstream.provider.members?.(target.model) ?? [];
  return members.length === 0 ? [target] : members.map((member) => ({ ...target, member }));
}

/** A request with what the routes set for a target where the client has set nothing itself. */
export interface Completed {
  readonly request: ChatRequest;
  /** The fields that the routes have set: what is lost of them is not the client's loss. */
  readonly defaulted: ReadonlySet<string>;
}

const NOTHING: ReadonlySet<string> = new Set();

/** The request that a target gets. */
export function complete({ settings, model }: Pick<RouteTarget, 'settings' | 'model'>, asked: ChatRequest): Completed {
  const { defaults, reasoning } = settings;
  const added: Record<string, unknown> = {};
  let defaulted: Set<string> | undefined;
  const add = (field: string, value: unknown): void => {
    if (value === undefined || asked[field as keyof ChatRequest] !== undefined) return;
    added[field] = value;
    defaulted ??= new Set();
    defaulted.add(field);
  };
  for (const field in defaults) add(field, defaults[field as keyof typeof defaults]);
  add('reasoning', reasoning);
  return { request: { ...asked, ...added, model }, defaulted: defaulted ?? NOTHING };
}

/** A request made ready for one target. */
export interface Prepared extends Completed {
  readonly plan: Plan;
}

/** Asks the target's provider for its plan. Throws what the plan throws, and `unsupported` when it would be a strict loss. */
export function prepare(target: RouteTarget, journey: Journey): Prepared {
  const { protocol, stream, relayOnly } = journey;
  // Only an answer that is told can be gone on with: what a target would pass on of it is not known.
  const body = stream && relayOnly === undefined && journey.route?.resume ? undefined : journey.body;
  const { name, provider } = target.upstream;
  if (relayOnly !== undefined && !provider.relay) throw unreadable(name, relayOnly);
  const { request, defaulted } = complete(target, journey.request);
  const plan = provider.plan(request, {
    protocol,
    stream,
    body,
    ...(relayOnly !== undefined && { relayOnly }),
    ...circumstances(target, journey),
  });
  if (relayOnly !== undefined && !plan.relay) throw unreadable(name, relayOnly);
  if (journey.strict) {
    const lost = lossesOf(journey, plan);
    refuseLosses(
      target,
      journey,
      lost.filter((loss) => !loss.ofRoute && !defaulted.has(loss.field)),
    );
  }
  return { request, defaulted, plan };
}

const unreadable = (provider: string, reason: string): RouterError =>
  new RouterError('unsupported', `the provider ${provider} cannot take this body: ${reason}`);

/** All that is lost on the way to a target. Of a body that is relayed nothing is lost in decoding. */
export function lossesOf(
  { decodeLosses }: Pick<Journey, 'decodeLosses'>,
  { losses, relay }: Pick<Plan, 'losses' | 'relay'>,
): readonly Loss[] {
  return relay || decodeLosses.length === 0 ? losses : [...decodeLosses, ...losses];
}

/** A request for embeddings made ready for one target. */
export interface PreparedEmbedding {
  readonly request: EmbedRequest;
  readonly plan: Plan;
  readonly embeddings: Embeddings;
}

/** As `prepare`. Throws `unsupported` for a provider that makes no embeddings. */
export function prepareEmbedding(target: RouteTarget, asked: EmbedRequest, way: Way): PreparedEmbedding {
  const { name, provider } = target.upstream;
  const { embeddings } = provider;
  if (!embeddings) throw new RouterError('unsupported', `the provider ${name} makes no embeddings`, { field: 'model' });
  const request = { ...asked, model: target.model };
  const plan = embeddings.plan(request, circumstances(target, way));
  if (way.strict) refuseLosses(target, { fieldName: (field) => field }, plan.losses);
  return { request, plan, embeddings };
}

export interface Glance extends Pick<Prepared, 'plan' | 'defaulted'> {
  /** The plan is one for embeddings. */
  readonly embeds?: true;
}

/** What a target would do with the smallest request of the kind that its model takes. Throws what a chat's plan throws. */
export function lookAhead(target: RouteTarget, journey: Journey): Glance {
  try {
    return prepare(target, journey);
  } catch (refusal) {
    try {
      const { plan } = prepareEmbedding(target, { model: target.model, input: ['hello'] }, journey);
      return { plan, defaulted: NOTHING, embeds: true };
    } catch {
      throw refusal;
    }
  }
}

/** What a plugin is told of the way besides the request. */
export function circumstances(target: RouteTarget, { keyName }: Pick<Way, 'keyName'>): Circumstances {
  const routeSettings = target.settings.settings[target.upstream.config.plugin.name];
  return {
    keyName,
    ...(target.member !== undefined && { member: target.member }),
    ...(target.direct && { direct: target.direct }),
    ...(routeSettings !== undefined && { routeSettings }),
  };
}

/** Throws `unsupported` when anything is lost: what `strict` means. */
function refuseLosses(target: RouteTarget, { fieldName }: Pick<Journey, 'fieldName'>, losses: readonly Loss[]): void {
  if (losses.length === 0) return;
  const list = losses.map((loss) => `${fieldName(loss.field)} (${loss.reason})`).join(', ');
  throw new RouterError('unsupported', `strict: ${targetName(target)} would lose ${list}`);
}

function unknownModel(router: Router, model: string, caller: Caller): RouterError {
  const near = closeNames(router.table, model, 3).filter((name) => caller.mayUse(name));
  const hint = near.length > 0 ? `; close names: ${near.join(', ')}` : '';
  return new RouterError('model-not-found', `the model "${model}" is not routed here${hint}`, { field: 'model' });
}
