// Yesterday's requests, as the log has them, on the way that a configuration would send them today.
import { type Caller, callerOfKey, type Router, unrestricted } from '../host/index.ts';
import { isObject } from '../plugin/json.ts';
import { INQUIRY_PROTOCOLS, protocolNamed } from './inquiry.ts';
import { answerText, type Outlook, outlookOf } from './outlook.ts';

/** What becomes of requests, from worst to none. `refused`: they were served. `perhaps`: the first target is one of several, and the
 * log has not seen all of them. */
export type Fate = 'refused' | 'target' | 'route' | 'losses' | 'perhaps' | 'served' | 'same';

/** Requests that are alike as far as routing goes. */
export interface Replayed {
  readonly model: string;
  readonly key: string;
  readonly protocol: string;
  readonly requests: number;
  /** Those that were answered. */
  readonly served: number;
  readonly fate: Fate;
  /** Absent for `provider/model`. */
  readonly route: { readonly was?: string; readonly now?: string };
  /** Those that were asked first, the most frequent in front; those of which one would be now. */
  readonly first: { readonly was: readonly string[]; readonly now: readonly string[] };
  /** The client's fields that the smallest request would lose, and none of these requests has lost. */
  readonly newLosses: readonly string[];
  /** What the client would get now. */
  readonly error?: string;
}

export interface Replay {
  /** Worst first, then by how many requests. */
  readonly groups: readonly Replayed[];
  readonly requests: number;
  readonly byFate: Readonly<Partial<Record<Fate, number>>>;
  /** Requests whose model nobody has read: refused before. */
  readonly unread: number;
  /** Requests beyond as many different ones as are told apart. */
  readonly beyond: number;
  /** Lines that are no request's. */
  readonly otherLines: number;
}

/** As many different (model, key, protocol) are told apart: names come from clients. */
const GROUPS_MAX = 10_000;
const NAMES_MAX = 16;
const FIELDS_MAX = 64;
/** A longer line is none of the router's. */
const LINE_CHARS_MAX = 1024 * 1024;

/** What callers are called where there are no keys. */
const ANYBODY = 'anybody';

interface Tally {
  readonly model: string;
  readonly key: string;
  readonly protocol: string;
  requests: number;
  served: number;
  /** Those that were told that there is no such model, or not for them. */
  barred: number;
  /** Absent: `provider/model`, or none. */
  route: string | undefined;
  readonly first: Map<string, number>;
  readonly losses: Set<string>;
}

/** Reads a log to its end, in constant memory, and looks up where its requests would go now. Rejects when it cannot be read. */
export async function replay(log: AsyncIterable<string>, router: Router): Promise<Replay> {
  const tallies = new Map<string, Tally>();
  let otherLines = 0;
  let unread = 0;
  let beyond = 0;
  for await (const line of linesOf(log)) {
    const entry = entryOf(line);
    if (entry === undefined) otherLines++;
    else if (entry.model === undefined) unread++;
    else if (!count(tallies, entry, entry.model)) beyond++;
  }
  const groups = [...tallies.values()].map((tally) => follow(tally, router));
  groups.sort((one, other) => rank(one) - rank(other) || other.requests - one.requests);
  const byFate: Partial<Record<Fate, number>> = {};
  let requests = unread + beyond;
  for (const { fate, requests: more } of groups) {
    requests += more;
    byFate[fate] = (byFate[fate] ?? 0) + more;
  }
  return { groups, requests, byFate, unread, beyond, otherLines };
}

const FATES: readonly Fate[] = ['refused', 'target', 'route', 'losses', 'perhaps', 'served', 'same'];
const rank = ({ fate }: Replayed): number => FATES.indexOf(fate);

async function* linesOf(text: AsyncIterable<string>): AsyncGenerator<string> {
  let rest = '';
  let isTooLong = false;
  for await (const piece of text) {
    let start = 0;
    for (let end = piece.indexOf('\n'); end >= 0; end = piece.indexOf('\n', start)) {
      // What began too long has its end here.
      if (!isTooLong) yield rest + piece.slice(start, end);
      rest = '';
      isTooLong = false;
      start = end + 1;
    }
    if (!isTooLong) rest += piece.slice(start);
    if (rest.length > LINE_CHARS_MAX) {
      rest = '';
      isTooLong = true;
    }
  }
  if (rest !== '') yield rest;
}

interface Entry {
  readonly model: string | undefined;
  readonly key: string;
  readonly protocol: string;
  readonly served: boolean;
  readonly barred: boolean;
  readonly route: string | undefined;
  readonly first: string | undefined;
  readonly losses: readonly string[];
}

/** Undefined for a line that is no request's. */
function entryOf(line: string): Entry | undefined {
  // Most of what else is in a log is told apart without reading it.
  if (!line.includes('"msg":"request"')) return undefined;
  const fields = parsed(line);
  if (!isObject(fields) || fields.msg !== 'request') return undefined;
  const { model, key, protocol, operation, status, route, attempts, losses } = fields;
  if (typeof protocol !== 'string' || !INQUIRY_PROTOCOLS.includes(protocol)) return undefined;
  const [attempt] = Array.isArray(attempts) ? attempts : [];
  return {
    model: textOf(model),
    key: textOf(key) ?? '',
    protocol,
    served: typeof status === 'number' && status < 400,
    barred: status === 403 || status === 404,
    route: textOf(route),
    // A count asks the first that can count.
    first: isObject(attempt) && operation !== 'count_tokens' ? textOf(attempt.target) : undefined,
    losses: Array.isArray(losses) ? losses.flatMap((loss) => (isObject(loss) ? (textOf(loss.field) ?? []) : [])) : [],
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** False when there is no room for another kind of request. */
function count(tallies: Map<string, Tally>, entry: Entry, model: string): boolean {
  const { key, protocol, served, barred, route, first, losses } = entry;
  const name = JSON.stringify([model, key, protocol]);
  let tally = tallies.get(name);
  if (!tally) {
    if (tallies.size >= GROUPS_MAX) return false;
    tally = {
      model,
      key,
      protocol,
      requests: 0,
      served: 0,
      barred: 0,
      route: undefined,
      first: new Map(),
      losses: new Set(),
    };
    tallies.set(name, tally);
  }
  tally.requests++;
  if (served) tally.served++;
  if (barred) tally.barred++;
  // The newest, should the file have been changed in between.
  if (served || tally.route === undefined) tally.route = route;
  if (first !== undefined && (tally.first.has(first) || tally.first.size < NAMES_MAX)) {
    tally.first.set(first, (tally.first.get(first) ?? 0) + 1);
  }
  for (const field of losses) if (tally.losses.size < FIELDS_MAX) tally.losses.add(field);
  return true;
}

/** Where such a request would go now. */
function follow(tally: Tally, router: Router): Replayed {
  const { model, key, protocol, requests, served, route } = tally;
  const caller = callerNow(key, router);
  const now = caller && outlookOf(router, { model, protocol: protocolNamed(protocol) }, caller);
  const was = [...tally.first].sort(([, one], [, other]) => other - one).map(([name]) => name);
  const newLosses = (now?.losses ?? []).filter((field) => !tally.losses.has(field));
  const error =
    now === undefined
      ? `401 [unauthenticated] ${key === ANYBODY ? 'a key is needed' : `there is no key "${key}"`}`
      : now.error && answerText(now.error);
  return {
    ...{ model, key, protocol, requests, served },
    fate: now === undefined || now.error ? (served > 0 ? 'refused' : 'same') : fateOf(tally, was, now, newLosses),
    route: { ...(route !== undefined && { was: route }), ...(now?.route !== undefined && { now: now.route }) },
    first: { was, now: now?.first ?? [] },
    newLosses,
    ...(error !== undefined && { error }),
  };
}

/** Who such a request would be from; undefined: nobody any more. */
function callerNow(key: string, { config }: Router): Caller | undefined {
  return config.keys.length === 0 ? unrestricted(ANYBODY) : callerOfKey(config.keys, key);
}

function fateOf(
  { requests, barred, route }: Tally,
  was: readonly string[],
  now: Outlook,
  newLosses: readonly string[],
): Fate {
  if (barred === requests) return 'served';
  const [usual] = was;
  // Another than the usual one may have come first because that one was resting: nobody can tell from the log.
  if (usual !== undefined && !(now.first.includes(usual) && was.every((name) => now.targets.includes(name)))) {
    return 'target';
  }
  if (route !== now.route) return 'route';
  if (newLosses.length > 0) return 'losses';
  return now.first.every((name) => was.includes(name)) ? 'same' : 'perhaps';
}
