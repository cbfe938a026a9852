// Where a request goes: its route's targets, and what the route adds to it. No I/O; `explain` goes the same way.

import { targetName } from '../attempt/index.ts';
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
import { closeNames, resolve } from '../routing/index.ts';

export interface RouteTarget {
  readonly upstream: Upstream;
  readonly model: string;
  /** The member of a pool. */
  readonly member?: string;
  /** The model's name is the choice of a client that holds a key. */
  readonly direct?: true;
}

/** Where a model's name leads. */
export interface Way {
  readonly route: RouteConfig | undefined;
  /** Why this route, in one sentence. */
  readonly why: string;
  readonly targets: readonly RouteTarget[];
  /** A loss of something the client sent makes a target `unsupported`. */
  readonly strict: boolean;
  readonly keyName: string;
}

export interface Journey extends Way {
  /** With the route's settings where the client had none of its own. */
  readonly request: ChatRequest;
  /** The fields that the route has set: what is lost of them is not the client's loss. */
  readonly defaulted: ReadonlySet<string>;
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
}

/** What a journey starts from. */
export type Departure = Pick<
  Journey,
  'request' | 'protocol' | 'stream' | 'fieldName' | 'decodeLosses' | 'body' | 'relayOnly'
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

/** The way of a chat request, and the request as its route completes it. Throws as `findWay`. */
export function findJourney(router: Router, departure: Departure, caller: Caller): Journey {
  const way = findWay(router, departure.request.model, caller);
  return { ...departure, ...applyRoute(departure.request, way.route), ...way };
}

/** Finds where a model's name leads. Throws `model-not-found` with close names, `forbidden` for a model the key may not use. */
export function findWay(router: Router, model: string, caller: Caller): Way {
  // Refuses a name that is none, before anything looks at it more closely or repeats it.
  const resolved = resolve(router.table, model);
  if (!caller.mayUse(model)) {
    throw new RouterError('forbidden', `this key may not use the model "${model}"`, { field: 'model' });
  }
  if (!resolved) throw unknownModel(router, model, caller);
  const targets = resolved.targets.flatMap(({ provider, model, direct }) => {
    const upstream = router.upstreams.get(provider);
    // Cross-references were checked with the file; this is the type system's question, not the user's.
    if (!upstream) throw new RouterError('internal', `no provider ${provider}`);
    // Without keys only this machine's own programs may call: what they choose is the operator's choice.
    return membersOf({ upstream, model, ...(direct && router.keys.required && { direct }) });
  });
  const { route, why } = resolved;
  return { route, why, targets, strict: router.config.strict, keyName: caller.name };
}

/** A pool's members are targets of their own. */
export function membersOf(target: RouteTarget): RouteTarget[] {
  const members = target.upstream.provider.members?.(target.model) ?? [];
  return members.length === 0 ? [target] : members.map((member) => ({ ...target, member }));
}

/** The client's own setting wins over the route's. */
function applyRoute(request: ChatRequest, route: RouteConfig | undefined): Pick<Journey, 'request' | 'defaulted'> {
  const defaulted = new Set<string>();
  if (!route) return { request, defaulted };
  const settings: Record<string, unknown> = { ...route.defaults };
  if (route.reasoning !== undefined) settings.reasoning = route.reasoning;
  const added: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(settings)) {
    if (value === undefined || request[field as keyof ChatRequest] !== undefined) continue;
    added[field] = value;
    defaulted.add(field);
  }
  return { request: defaulted.size === 0 ? request : { ...request, ...added }, defaulted };
}

/** A request made ready for one target. */
export interface Prepared {
  readonly request: ChatRequest;
  readonly plan: Plan;
}

/** Asks the target's provider for its plan. Throws what the plan throws, and `unsupported` when it would be a strict loss. */
export function prepare(target: RouteTarget, journey: Journey): Prepared {
  const { protocol, stream, defaulted, body, relayOnly } = journey;
  const { name, provider } = target.upstream;
  if (relayOnly !== undefined && !provider.relay) throw unreadable(name, relayOnly);
  const request = { ...journey.request, model: target.model };
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
  return { request, plan };
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

/** What a target would do with the smallest request of the kind that its model takes. Throws what a chat's plan throws. */
export function lookAhead(target: RouteTarget, journey: Journey): Plan {
  try {
    return prepare(target, journey).plan;
  } catch (refusal) {
    try {
      return prepareEmbedding(target, { model: target.model, input: ['hello'] }, journey).plan;
    } catch {
      throw refusal;
    }
  }
}

/** What a plugin is told of the way besides the request. */
export function circumstances(target: RouteTarget, { route, keyName }: Pick<Way, 'route' | 'keyName'>): Circumstances {
  const routeSettings = route?.settings[target.upstream.config.plugin.name];
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
