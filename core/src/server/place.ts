// A place at a provider for one call, and the watch over what is done there.
import { refuseIfResting, Watch } from '../attempt/index.ts';
import type { Call, RouterError } from '../contract/index.ts';
import { type RequestRecord, waited } from '../observe/index.ts';
import type { Client } from './client.ts';
import type { Deadline } from './deadline.ts';
import type { RouteTarget } from './journey.ts';

/** What a call belongs to. */
export interface PlainScope {
  readonly client: Pick<Client, 'id' | 'signal'>;
  readonly deadline: Pick<Deadline, 'atMs' | 'endOf'>;
  readonly record: Pick<RequestRecord, 'upstreamMs' | 'waitedMs' | 'calls'>;
}
/** A place at a provider, and the watch over what is done there. */
export interface Place {
  readonly call: Omit<Call, 'plan'>;
  readonly watch: Watch;
  end(reason?: unknown): void;
}

/** Makes one call that is no chat. `ask` plans it. Throws RouterError; nothing stays open then. */
export async function callPlainly<T>(
  target: RouteTarget,
  scope: PlainScope,
  ask: (call: Omit<Call, 'plan'>) => Promise<T>,
): Promise<T> {
  const { call, watch, end } = await enter(target, scope);
  return settled(scope, { watch, end }, async () => ask(call));
}

/** Waits for a whole answer, and gives the place back whatever comes of it. `ask` rejects, and never throws: the place would be lost. */
export async function settled<T>(
  { record }: PlainScope,
  { watch, end }: Pick<Place, 'watch' | 'end'>,
  ask: () => Promise<T>,
): Promise<T> {
  record.calls++;
  const answer = watch.orAborted(ask());
  const askedMs = performance.now();
  let value: T;
  try {
    value = await answer;
  } catch (error) {
    throw ended(watch, end, error);
  } finally {
    record.upstreamMs += performance.now() - askedMs;
  }
  end();
  return value;
}

/** Starts the watch, and takes a place at the provider, waiting for one when there is none: only then is it a promise. */
export function enter(target: RouteTarget, scope: PlainScope): Place | Promise<Place> {
  const { deadline, client } = scope;
  const { gate, concealment } = target.upstream;
  const endMs = deadline.endOf(target);
  const watch = new Watch(client.signal, {
    patienceMs: patienceMs(target),
    conceal: concealment?.error,
    ...(endMs < deadline.atMs && { endMs }),
  });
  return gate.tryEnter() ? occupy(target, scope, watch) : waitFor(target, scope, watch);
}

/** Where there is no place yet. */
async function waitFor(target: RouteTarget, scope: PlainScope, watch: Watch): Promise<Place> {
  const { record } = scope;
  try {
    await waited(record, target.upstream.gate.wait(watch.signal));
  } catch (error) {
    watch.end();
    throw error;
  }
  const place = occupy(target, scope, watch);
  try {
    // The verdict on the call whose place this was comes first.
    await waited(record, new Promise((later) => setImmediate(later)));
    refuseIfResting(target);
    watch.signal.throwIfAborted();
    watch.ask();
    return place;
  } catch (error) {
    place.end(error);
    throw error;
  }
}

/** At a place that has been taken. */
function occupy(target: RouteTarget, { client, deadline }: PlainScope, watch: Watch): Place {
  const { gate, calls, log } = target.upstream;
  let over = false;
  let entry: ReturnType<typeof calls.enter> | undefined;
  const end = (reason?: unknown) => {
    if (over) return;
    over = true;
    watch.end(reason);
    if (entry) calls.leave(entry);
    gate.leave();
  };
  try {
    entry = calls.enter(end);
    watch.signal.throwIfAborted();
    watch.ask();
    const leftMs = deadline.endOf(target) - performance.now();
    return { call: { id: client.id, signal: watch.signal, deadline: Date.now() + leftMs, log }, watch, end };
  } catch (error) {
    end(error);
    throw error;
  }
}

/** A deadline that ends a call after a silence of this long is the target's failure. One that came sooner, because the request had
 * waited elsewhere or its client is in a hurry, is not. */
function patienceMs({ upstream }: RouteTarget): number {
  const { firstTokenMs, totalMs } = upstream.config.timeout;
  return Math.min(firstTokenMs, totalMs / 2);
}

/** Ends a call that failed, and says of what. */
export function ended(watch: Watch, end: (reason?: unknown) => void, thrown: unknown): RouterError {
  const failure = watch.failureOf(thrown);
  end(failure);
  return failure;
}

/** Counts the time spent waiting as the upstream's. What a plugin does before its first await (body, signature) is ours. */
export async function timed<T>(record: PlainScope['record'], answer: Promise<T>): Promise<T> {
  const askedMs = performance.now();
  try {
    return await answer;
  } finally {
    record.upstreamMs += performance.now() - askedMs;
  }
}
