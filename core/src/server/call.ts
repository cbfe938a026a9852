// One upstream call for a chat: a plan, the peek that decides about commit, and the answer, streamed or whole.
import { type Course, incomplete, type Opened, peek, type Watch } from '../attempt/index.ts';
import {
  type AnswerEvent,
  type Call,
  type ChatEvent,
  type ChatResult,
  type EventIterator,
  type FinishEvent,
  type Plan,
  type RelayAnswer,
  type RelayEvent,
  RouterError,
} from '../contract/index.ts';
import { collect } from '../protocol/collect.ts';
import { divertBlocked, saysSomething } from './blocked.ts';
import { passableHeaders } from './headers.ts';
import { type Journey, type Prepared, prepare, type RouteTarget } from './journey.ts';
import { ended, enter, type Place, type PlainScope, settled, timed } from './place.ts';

/** How long an upstream may hold the connection open once its answer is complete. */
const SETTLE_MS = 1_000;

/** The events of an answer that has begun. Whoever holds it must call `end`. */
export interface OpenEvents<Event extends AnswerEvent> {
  readonly target: RouteTarget;
  readonly opened: Opened<Event>;
  readonly watch: Watch;
  /** How long a silence may last once it has begun, in milliseconds. */
  readonly idleMs: number;
  readonly plan: Plan;
  /** How many failures of the target in a row came before it; told when the answer has begun. */
  failuresBefore?: number;
  /** Frees the place at the provider and ends the call; with a reason it aborts the upstream. Idempotent. */
  end(reason?: unknown): void;
}
/** An answer in the canonical form, to be encoded. */
export interface ToldAnswer extends OpenEvents<ChatEvent> {
  readonly headers?: never;
}
/** An answer in the client's own framing, to be passed on. */
export interface RelayedAnswer extends OpenEvents<RelayEvent> {
  readonly headers: RelayAnswer['headers'];
}
export type OpenAnswer = ToldAnswer | RelayedAnswer;

/** A whole answer: in the canonical form, or as the upstream wrote it. */
export type WholeAnswer = { readonly plan: Plan; readonly finish: FinishEvent } & (
  | { readonly result: ChatResult; readonly relayed?: never }
  | { readonly relayed: { readonly headers: RelayAnswer['headers']; readonly body: Uint8Array } }
);

/** What a call belongs to. */
export interface CallScope extends PlainScope {
  readonly journey: Journey;
  readonly course: Pick<Course<RouteTarget>, 'catches'>;
}

/** A call under way, before it is known whether it answers. */
interface Begun extends Pick<Prepared, 'request' | 'plan'> {
  readonly call: Call;
  readonly watch: Watch;
  end(reason?: unknown): void;
}

/** Makes a request ready for a target. Throws RouterError. */
export type Planner = (target: RouteTarget, journey: Journey) => Prepared;

/** Calls the target and returns once there is something to show. `plan` makes the request ready, where that is not done as usual.
 * Throws RouterError; nothing stays open then. */
export async function openStream(target: RouteTarget, scope: CallScope, plan: Planner = prepare): Promise<OpenAnswer> {
  const entered = begin(target, scope, plan);
  const begun = entered instanceof Promise ? await entered : entered;
  if (begun.plan.relay) return openRelay(target, begun, scope);
  const { request, call } = begun;
  return openEvents(target, begun, scope, () => peek(target.upstream.provider.stream(request, call)));
}

async function openRelay(target: RouteTarget, begun: Begun, scope: CallScope): Promise<RelayedAnswer> {
  let headers: RelayAnswer['headers'] = {};
  const events = await openEvents(target, begun, scope, async () => {
    const answer = await askRelay(target, begun, scope);
    headers = passableHeaders(answer.headers);
    return peek(answer.events);
  });
  return { ...events, headers };
}

/** Waits for the first content. Throws RouterError; nothing stays open then. */
async function openEvents<Event extends AnswerEvent>(
  target: RouteTarget,
  { plan, watch, end }: Begun,
  scope: CallScope,
  open: () => Promise<Opened<Event>>,
): Promise<OpenEvents<Event>> {
  const { timeout } = target.upstream.config;
  const { record } = scope;
  try {
    record.calls++;
    if (plan.streams !== false) watch.expect('first token', timeout.firstTokenMs);
    const opened = await timed(record, watch.orAborted(open()));
    const last = opened.head.at(-1);
    if (last?.type === 'finish') divertBlocked(last, scope);
    watch.expect('further event', timeout.idleMs);
    const { idleMs } = timeout;
    let isOver = false;
    const endOnce = (reason?: unknown) => {
      if (!isOver) abandon(opened, end, reason);
      isOver = true;
    };
    return { target, opened, watch, idleMs, plan, end: endOnce };
  } catch (error) {
    throw ended(watch, end, error);
  }
}

/** Not all of the headers may go on. */
function askRelay({ upstream }: RouteTarget, { request, call }: Begun, { journey }: CallScope): Promise<RelayAnswer> {
  const { name, provider } = upstream;
  if (!provider.relay) throw new RouterError('internal', `the provider ${name} plans to relay, and cannot`);
  return provider.relay(request, { ...call, answerModel: journey.request.model });
}

/** Ends a call; what is given up half way is told so, after its signal. */
function abandon(opened: Opened<AnswerEvent>, end: (reason?: unknown) => void, reason: unknown): void {
  end(reason);
  if (reason !== undefined) void letGo(opened.rest);
}

/** Tells a plugin that nobody reads on. How it takes that is of no account any more. */
async function letGo(rest: AsyncIterator<AnswerEvent>): Promise<void> {
  try {
    await rest.return?.();
  } catch {}
}

/** Calls the target and returns its whole answer. Throws RouterError; nothing stays open then. */
export function fetchWhole(target: RouteTarget, scope: CallScope): Promise<WholeAnswer> {
  const begun = begin(target, scope, prepare);
  return begun instanceof Promise
    ? begun.then((later) => askWhole(target, later, scope))
    : askWhole(target, begun, scope);
}

async function askWhole(target: RouteTarget, begun: Begun, scope: CallScope): Promise<WholeAnswer> {
  const { provider } = target.upstream;
  const { request, plan, call } = begun;
  if (plan.relay) return settled(scope, begun, () => relayWhole(target, begun, scope));
  if (!provider.generate) {
    const told = await openEvents(target, begun, scope, () => peek(provider.stream(request, call)));
    return collectStream(told, scope.record);
  }
  const answer = provider.generate.bind(provider);
  return settled(scope, begun, async () => {
    const result = await answer(request, call);
    if (!result.blocks.some(saysSomething)) divertBlocked(result.finish, scope);
    return { result, finish: result.finish, plan };
  });
}

/** The upstream's own answer, to its end. The provider bounds its size. */
async function relayWhole(target: RouteTarget, begun: Begun, scope: CallScope): Promise<WholeAnswer> {
  const { headers, events } = await askRelay(target, begun, scope);
  const rest = events[Symbol.asyncIterator]();
  const pieces: Uint8Array[] = [];
  let hasContent = false;
  for (;;) {
    const event = rest.atHand?.() ?? (await nextOf(rest));
    if (event.type === 'bytes') {
      pieces.push(event.bytes);
      hasContent ||= event.content === true;
      continue;
    }
    if (!hasContent) divertBlocked(event, scope);
    // The answer is whole: what the plugin still has to put away is not waited for.
    if (rest.return) void letGo(rest);
    const [only] = pieces;
    const body = only !== undefined && pieces.length === 1 ? only : Buffer.concat(pieces);
    return { relayed: { headers: passableHeaders(headers), body }, finish: event, plan: begun.plan };
  }
}

/** Throws `upstream-failed` when there is none. */
async function nextOf<Event>(rest: EventIterator<Event>): Promise<Event> {
  const next = await rest.next();
  if (next.done) throw incomplete();
  return next.value;
}

/** For a provider that only streams. Nothing has been sent to the client, so a failure here may still fail over. */
async function collectStream(answer: OpenEvents<ChatEvent>, record: PlainScope['record']): Promise<WholeAnswer> {
  try {
    const result = await timed(record, answer.watch.orAborted(collect(remaining(answer))));
    // The answer is whole: how its connection ends is not waited for.
    void settle(answer);
    return { result, finish: result.finish, plan: answer.plan };
  } catch (error) {
    throw ended(answer.watch, answer.end, error);
  }
}

/** The events of an answer that has begun, from its first. Throws `upstream-failed` when it ends without `finish`. */
async function* remaining({ opened, watch }: OpenEvents<ChatEvent>): AsyncGenerator<ChatEvent> {
  yield* opened.head;
  if (opened.complete) return;
  for (;;) {
    const event = await nextOf(opened.rest);
    watch.touch();
    yield event;
    if (event.type === 'finish') return;
  }
}

/** Lets an answer that has finished run out, so that its connection can be used again, and ends it. */
export async function settle({ opened, watch, end }: OpenEvents<AnswerEvent>): Promise<void> {
  watch.expect('end of the connection after the answer', SETTLE_MS);
  try {
    const extra = await watch.orAborted(opened.rest.next());
    end(extra.done ? undefined : new RouterError('upstream-failed', 'an event came after finish'));
  } catch (error) {
    end(error);
  }
}

/** Takes a place at the provider and plans the call. */
function begin(target: RouteTarget, scope: CallScope, make: Planner): Begun | Promise<Begun> {
  const place = enter(target, scope);
  return place instanceof Promise
    ? place.then((later) => planAt(later, target, scope, make))
    : planAt(place, target, scope, make);
}

function planAt({ call, watch, end }: Place, target: RouteTarget, scope: CallScope, make: Planner): Begun {
  try {
    const { request, plan } = make(target, scope.journey);
    return { request, plan, call: { ...call, plan }, watch, end };
  } catch (error) {
    end(error);
    throw error;
  }
}
