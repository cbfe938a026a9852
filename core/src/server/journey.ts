// Where a request goes: its route's targets, and what the route adds to it. No I/O; `explain` goes the same way.

import { targetName } from '../attempt/index.ts';
import type { RouteConfig } from '../config/config.ts';
import { type ChatRequest, type Loss, type Plan, type Protocol, RouterError } from '../contract/index.ts';
import type { Caller, Router, Upstream } from '../host/index.ts';
import { closeNames, resolve } from '../routing/index.ts';

export interface RouteTarget {
  readonly upstream: Upstream;
  readonly model: string;
  /** The member of a pool. */
  readonly member?: string;
}

export interface Journey {
  readonly route: RouteConfig | undefined;
  /** Why this route, in one sentence. */
  readonly why: string;
  readonly targets: readonly RouteTarget[];
  /** With the route's settings where the client had none of its own. */
  readonly request: ChatRequest;
  /** The fields that the route has set: what is lost of them is not the client's loss. */
  readonly defaulted: ReadonlySet<string>;
  readonly protocol: Protocol;
  readonly stream: boolean;
  /** The client's own name of a field that is lost. */
  fieldName(field: string): string;
  /** A loss of something the client sent makes a target `unsupported`. */
  readonly strict: boolean;
  /** What the protocol could not decode: lost whatever the target. */
  readonly decodeLosses: readonly Loss[];
  readonly keyName?: string;
}

/** What a journey starts from. */
export type Departure = Pick<Journey, 'request' | 'protocol' | 'stream' | 'fieldName' | 'decodeLosses'>;

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

/** Finds the way of a request. Throws `model-not-found` with close names, `forbidden` for a model the key may not use. */
export function findJourney(router: Router, departure: Departure, caller: Caller): Journey {
  const { model } = departure.request;
  if (!caller.mayUse(model)) {
    throw new RouterError('forbidden', `this key may not use the model "${model}"`, { field: 'model' });
  }
  const resolved = resolve(router.table, model);
  if (!resolved) throw unknownModel(router, model, caller);
  const targets = resolved.targets.flatMap(({ provider, model }) => {
    const upstream = router.upstreams.get(provider);
    // Cross-references were checked with the file; this is the type system's question, not the user's.
    if (!upstream) throw new RouterError('internal', `no provider ${provider}`);
    return membersOf(upstream, model);
  });
  return {
    ...departure,
    ...applyRoute(departure.request, resolved.route),
    route: resolved.route,
    why: resolved.why,
    targets,
    strict: router.config.strict,
    keyName: caller.name,
  };
}

/** A pool's members are targets of their own. */
function membersOf(upstream: Upstream, model: string): RouteTarget[] {
  const members = upstream.provider.members?.(model) ?? [];
  return members.length === 0 ? [{ upstream, model }] : members.map((member) => ({ upstream, model, member }));
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
  const { protocol, stream, strict, decodeLosses, defaulted } = journey;
  const request = { ...journey.request, model: target.model };
  const routeSettings = journey.route?.settings[target.upstream.config.plugin.name];
  const plan = target.upstream.provider.plan(request, {
    protocol,
    stream,
    ...(journey.keyName !== undefined && { keyName: journey.keyName }),
    ...(target.member !== undefined && { member: target.member }),
    ...(routeSettings !== undefined && { routeSettings }),
  });
  if (!strict) return { request, plan };
  const lost = [...decodeLosses, ...plan.losses].filter((loss) => !defaulted.has(loss.field));
  if (lost.length === 0) return { request, plan };
  const list = lost.map((loss) => `${journey.fieldName(loss.field)} (${loss.reason})`).join(', ');
  throw new RouterError('unsupported', `strict: ${targetName(target)} would lose ${list}`);
}

function unknownModel(router: Router, model: string, caller: Caller): RouterError {
  const near = closeNames(router.table, model, 3).filter((name) => caller.mayUse(name));
  const hint = near.length > 0 ? `; close names: ${near.join(', ')}` : '';
  return new RouterError('model-not-found', `the model "${model}" is not routed here${hint}`, { field: 'model' });
}
