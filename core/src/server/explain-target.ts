// One target of an explanation: what would be sent there, what would be lost, and what would be in the way.
import { type BreakerState, healthKey, type Patient, targetName } from '../attempt/index.ts';
import { type Loss, type Plan, type Resolution, RouterError } from '../contract/index.ts';
import type { Upstream } from '../host/index.ts';
import { isObject } from '../plugin/json.ts';
import type { Settings } from '../routing/index.ts';
import type { Question } from './inquiry.ts';
import {
  complete,
  type Glance,
  type Journey,
  lookAhead,
  lossesOf,
  prepare,
  prepareEmbedding,
  type RouteTarget,
} from './journey.ts';

export interface ExplainedTarget {
  /** `provider/model`, or `provider@member/model` */
  readonly target: string;
  readonly resolution?: Resolution;
  /** What the routes on the way set and the request has not: by canonical field, and by the plugin's name. */
  readonly adds: Readonly<Record<string, unknown>>;
  /** Fields that the routes would set and the client has set itself, by the client's names. */
  readonly kept: readonly string[];
  /** Named by the client's own fields. */
  readonly losses: readonly Loss[];
  /** The client's fields for which `strict` would refuse, or does refuse, the request at this target. */
  readonly strictRefuses: readonly string[];
  /** `relayed`: the client's own body goes there, and the answer's bytes come back as they are. */
  readonly answer?: 'relayed' | 'rebuilt' | 'embeddings';
  /** Why it is not relayed, where the provider's own reasons do not say so. */
  readonly rebuiltBecause?: string;
  /** The upstream is asked for a whole answer, whatever the client asks for. */
  readonly whole?: true;
  readonly breaker: ExplainedBreaker;
  /** Tries in all. */
  readonly attempts: number;
  readonly timeouts: ExplainedTimeouts;
  /** The body as it would be sent, when it was asked for. Long base64 is shortened. */
  readonly wire?: unknown;
  /** Why this target would not be asked. */
  readonly error?: ExplainedError;
}

export interface ExplainedBreaker {
  readonly state: BreakerState;
  /** How long until it is asked again. */
  readonly waitMs?: number;
  /** In a row. */
  readonly failures?: number;
}

/** The first token's and the idle time hold for calls that stream. */
export interface ExplainedTimeouts {
  readonly connectMs: number;
  readonly firstTokenMs?: number;
  readonly idleMs?: number;
}

/** As the client would see it. */
export interface ExplainedError {
  readonly code: RouterError['code'];
  readonly status: number;
  readonly message: string;
  readonly field?: string;
}

/** A question on its way. */
export interface Trip {
  readonly question: Question;
  readonly journey: Journey;
  readonly wire: boolean;
}

export const explainError = (thrown: unknown): ExplainedError => {
  const { code, status, publicMessage, field } = RouterError.from(thrown);
  return { code, status, message: publicMessage, ...(field !== undefined && { field }) };
};

export function explainTarget(target: RouteTarget, trip: Trip): ExplainedTarget {
  const { question, journey } = trip;
  const known = { target: targetName(target), breaker: breakerOf(target), ...patienceOf(target, question) };
  const added = addedTo(target, trip);
  const { plan, defaulted, embeds, error } = planFor(target, trip);
  if (plan === undefined) return { ...known, ...added, losses: [], strictRefuses: [], ...(error && { error }) };
  const losses = question.embedding ? plan.losses : lossesOf(journey, plan);
  const ofClient = losses.filter((loss) => !loss.ofRoute && !defaulted.has(loss.field));
  const nameOf = ({ field }: Loss): string => journey.fieldName(field);
  return {
    ...known,
    ...added,
    resolution: plan.resolution,
    losses: losses.map((loss) => ({
      ...loss,
      field: nameOf(loss),
      ...(defaulted.has(loss.field) && { ofRoute: true }),
    })),
    strictRefuses: [...new Set(ofClient.map(nameOf))],
    answer: plan.relay ? 'relayed' : embeds ? 'embeddings' : 'rebuilt',
    ...(!plan.relay && !embeds && rebuiltBecause(target, plan, trip)),
    ...(plan.streams === false && question.stream && { whole: true }),
    ...(trip.wire && { wire: shownWire(plan.wire) }),
    ...(error && { error }),
  };
}

/** Providers say it in a sentence that has the word. */
const SAYS_REBUILT = /\brebuilt\b/;

function rebuiltBecause(
  { upstream }: RouteTarget,
  { resolution }: Plan,
  { question, journey }: Trip,
): Pick<ExplainedTarget, 'rebuiltBecause'> {
  if (journey.route?.resume && question.stream) return { rebuiltBecause: 'with resume nothing streamed is relayed' };
  if (resolution.reasons.some((reason) => SAYS_REBUILT.test(reason))) return {};
  if (!upstream.provider.relay) return { rebuiltBecause: `the plugin "${upstream.config.plugin.name}" relays nothing` };
  return { rebuiltBecause: `the target does not speak ${question.protocol}` };
}

interface Planned extends Pick<Glance, 'defaulted' | 'embeds'> {
  readonly plan?: Plan;
  readonly error?: ExplainedError;
}

const NOTHING: ReadonlySet<string> = new Set();

/** The plan that a request would get; what `strict` refuses has one all the same. */
function planFor(target: RouteTarget, trip: Trip): Planned {
  try {
    return planned(target, trip, trip.journey);
  } catch (thrown) {
    const error = explainError(thrown);
    if (!trip.journey.strict) return { defaulted: NOTHING, error };
    try {
      return { ...planned(target, trip, { ...trip.journey, strict: false }), error };
    } catch {
      return { defaulted: NOTHING, error };
    }
  }
}

function planned(target: RouteTarget, { question }: Trip, journey: Journey): Glance {
  if (question.embedding) {
    return { plan: prepareEmbedding(target, question.embedding, journey).plan, defaulted: NOTHING, embeds: true };
  }
  return question.smallest ? lookAhead(target, journey) : prepare(target, journey);
}

/** What the routes add, and what the client's own settings keep them from adding. */
function addedTo(target: RouteTarget, { question, journey }: Trip): Pick<ExplainedTarget, 'adds' | 'kept'> {
  const { settings, upstream } = target;
  if (question.embedding) return { adds: {}, kept: [] };
  const { request, defaulted } = complete(target, journey.request);
  const own = settings.settings[upstream.config.plugin.name];
  const adds = Object.entries(request).filter(([field]) => defaulted.has(field));
  return {
    adds: { ...Object.fromEntries(adds), ...(own !== undefined && { [upstream.config.plugin.name]: own }) },
    kept: fieldsOf(settings)
      .filter((field) => !defaulted.has(field))
      .map((field) => journey.fieldName(field)),
  };
}

const fieldsOf = ({ reasoning, defaults }: Settings): string[] => [
  ...Object.keys(defaults),
  ...(reasoning === undefined ? [] : ['reasoning']),
];

/** How the breaker of a target stands in this process. */
export function breakerOf(target: Patient & { readonly upstream: Pick<Upstream, 'breakers'> }): ExplainedBreaker {
  const breaker = target.upstream.breakers.get(healthKey(target));
  if (!breaker) return { state: 'closed' };
  const nowMs = performance.now();
  const waitMs = Math.ceil(breaker.waitMs(nowMs));
  const { failuresInARow: failures } = breaker;
  return { state: breaker.state(nowMs), ...(waitMs > 0 && { waitMs }), ...(failures > 0 && { failures }) };
}

function patienceOf({ upstream }: RouteTarget, { stream }: Question): Pick<ExplainedTarget, 'attempts' | 'timeouts'> {
  const { connectMs, firstTokenMs, idleMs } = upstream.config.timeout;
  return { attempts: upstream.config.retry.attempts, timeouts: { connectMs, ...(stream && { firstTokenMs, idleMs }) } };
}

/** Longer base64 than this is nobody's to read. */
const BASE64_CHARS_MAX = 200;
const BASE64 = /^(data:[\w.+-]+\/[\w.+-]+;base64,)?([A-Za-z0-9+/_-]+=*)$/;

/** What of a plan's wire is sent, where it says so; without the bytes of media. */
function shownWire(wire: unknown): unknown {
  return shortened(isObject(wire) && 'body' in wire ? wire.body : wire);
}

function shortened(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shortened);
  // A number that no double can hold is an object with a text: it stays as it is.
  if (isObject(value) && !('rawJSON' in value)) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shortened(inner)]));
  }
  if (typeof value !== 'string' || value.length <= BASE64_CHARS_MAX) return value;
  const [, prefix = '', data] = BASE64.exec(value) ?? [];
  return data === undefined ? value : `${prefix}… ${Buffer.byteLength(data, 'base64')} bytes …`;
}
