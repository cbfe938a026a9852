// The one deadline of a request, over all its targets and retries: the operator's, or the client's own where that is shorter.
import { RouterError } from '../contract/index.ts';
import type { Head } from '../protocol/protocol.ts';
import type { Group } from '../routing/index.ts';
import type { Client } from './client.ts';
import type { RouteTarget, Way } from './journey.ts';

/** How many milliseconds after its arrival a request is of no use any more. */
const HEADER = 'x-turnout-deadline-ms';

/** All times are on performance.now()'s clock. */
export interface Deadline {
  /** Of the whole request. */
  readonly atMs: number;
  /** When a call to this target must have ended: its provider's own `timeout.total`, counted from the request's arrival too, may come
   * before that of the others. */
  endOf(target: TimedTarget): number;
  clear(): void;
}

type TimedTarget = { readonly upstream: { readonly config: Pick<RouteTarget['upstream']['config'], 'timeout'> } };

/** The longest `timeout.total` of the targets that the request may reach bounds it, so that none is cut short because another is
 * asked first; the client may only ask for less. When it is over, the client's signal says so. Throws `invalid-request` for a header
 * that is no number of milliseconds. */
export function setDeadline(
  { arrivedMs, incoming, end }: Pick<Client, 'arrivedMs' | 'incoming' | 'end'>,
  { group }: Pick<Way, 'group'>,
): Deadline {
  const clientMs = clientDeadlineMs(incoming.headers);
  const totalMs = Math.min(clientMs, longestTotalMs(group));
  const atMs = arrivedMs + totalMs;
  const whose = totalMs === clientMs ? `, as ${HEADER} asked` : '';
  const timer = setTimeout(
    () => end(new RouterError('upstream-timeout', `no complete answer within ${totalMs} ms${whose}`, { own: true })),
    Math.max(0, atMs - performance.now()),
  );
  return {
    atMs,
    endOf: ({ upstream }) => Math.min(atMs, arrivedMs + upstream.config.timeout.totalMs),
    clear: () => clearTimeout(timer),
  };
}

/** What the client asks for; infinite without the header. Throws `invalid-request` for what is no number of milliseconds. */
export function clientDeadlineMs({ [HEADER]: value }: Head['headers']): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  const ms = typeof value === 'string' && /^[0-9]{1,15}$/.test(value) ? Number(value) : 0;
  if (ms > 0) return ms;
  throw new RouterError('invalid-request', `${HEADER} must be a whole number of milliseconds, at least 1`, {
    field: HEADER,
  });
}

/** Typed fallbacks are reached too. */
export function longestTotalMs(group: Group<TimedTarget>): number {
  let longestMs = 0;
  for (const { target, group: inner } of group.choices) {
    longestMs = Math.max(longestMs, target ? target.upstream.config.timeout.totalMs : longestTotalMs(inner));
  }
  for (const fallback of [group.onContextOverflow, group.onContentBlocked]) {
    if (fallback) longestMs = Math.max(longestMs, longestTotalMs(fallback));
  }
  return longestMs;
}
