// Prompt caching: which of the client's marks become cache points, and with which TTL.

import type { Losses } from '@turnout/core/plugin';
import type { ConverseCachePoint } from '@turnout/core/wire';
import type { Family } from './family.ts';

/** A mark of the client's. `settleMarks` decides what becomes of it. */
export interface CacheMark {
  readonly ttl: '5m' | '1h' | undefined;
  point: ConverseCachePoint | undefined;
}

/** A mark and where it stands. */
export interface MarkedPlace {
  readonly mark: CacheMark | undefined;
  readonly place: 'tools' | 'system' | 'messages';
  /** It follows a text block. */
  readonly afterText: boolean;
}

/** The mark of a part or tool, if the client put one there. */
export const markOf = (cache: { readonly ttl?: '5m' | '1h' } | undefined): CacheMark | undefined =>
  cache === undefined ? undefined : { ttl: cache.ttl, point: undefined };

type Marked = MarkedPlace & { readonly mark: CacheMark };

/** Gives the marks that the family can take their cache points; the others are losses. `places`: in the order in which
 * Bedrock reads them, tools, system, messages. */
export function settleMarks(places: readonly MarkedPlace[], family: Family, losses: Losses): void {
  const marked = places.filter((place): place is Marked => place.mark !== undefined);
  if (marked.length === 0) return;
  const rules = family.cache;
  if (rules === undefined) {
    losses.drop('cache', 'the model takes no cache points');
    return;
  }
  const taken = marked.filter(
    ({ place, afterText }) => (place !== 'tools' || rules.inTools) && (!rules.textOnly || afterText),
  );
  if (taken.length < marked.length) losses.drop('cache', 'the model caches text of system and messages only');
  const kept = choose(taken, rules.pointsMax);
  if (kept.length < taken.length) losses.drop('cache', `the model takes at most ${rules.pointsMax} cache points`);
  setPoints(kept, rules.ttl1h, losses);
}

/** The system prompt's points serve every turn and the newest of the messages this one; a point in tools is contained in
 * one of the system's. */
function choose(marked: readonly Marked[], max: number): readonly Marked[] {
  if (marked.length <= max) return marked;
  const newestIn = (place: Marked['place']): Marked[] => marked.filter((mark) => mark.place === place).reverse();
  const kept = new Set([...newestIn('system'), ...newestIn('messages'), ...newestIn('tools')].slice(0, max));
  return marked.filter((mark) => kept.has(mark));
}

/** TTLs must not grow from one point to the next, else Bedrock answers 400. */
function setPoints(marked: readonly Marked[], ttl1h: boolean, losses: Losses): void {
  let shortBefore = false;
  for (const { mark } of marked) {
    const wantsHour = mark.ttl === '1h';
    if (wantsHour && !ttl1h) losses.approximate('cache', 'the model keeps a cache for 5 minutes only');
    else if (wantsHour && shortBefore) losses.approximate('cache', 'a TTL of 1h cannot follow one of 5m');
    const hour: boolean = wantsHour && ttl1h && !shortBefore;
    mark.point = hour ? { type: 'default', ttl: '1h' } : { type: 'default' };
    shortBefore ||= !hour;
  }
}
