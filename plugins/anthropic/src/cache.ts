// Prompt caching: which of the client's marks are sent, and with which TTL.
import type { Losses } from '@turnout/core/plugin';
import type { ClaudeTraits } from '@turnout/core/wire';
import type { CacheControl } from './wire.ts';

type Cache = { readonly ttl?: '5m' | '1h' };

/** Something that may bear a mark. `settleMarks` decides what becomes of it. */
export interface Markable {
  cache_control?: CacheControl;
}

interface MarkedPlace {
  readonly bearer: Markable;
  readonly ttl: '5m' | '1h' | undefined;
  readonly place: Place;
}

/** Places with a mark of the client's, in the order in which Anthropic reads them: tools, system, messages. */
export class Marks {
  readonly #places: MarkedPlace[] = [];

  add(place: Place, bearer: Markable, cache: Cache): void {
    this.#places.push({ bearer, ttl: cache.ttl, place });
  }

  /** Puts the marks that are sent onto what bears them; the others are losses. */
  settle({ cache }: ClaudeTraits, losses: Losses): void {
    if (this.#places.length === 0) return;
    if (cache === 'none') {
      losses.drop('cache', 'the model takes no cache marks');
      return;
    }
    const kept = this.#choose();
    if (kept.length < this.#places.length) losses.drop('cache', `a request takes at most ${MARKS_MAX} cache marks`);
    let shortBefore = false;
    for (const { bearer, ttl } of kept) {
      const wantsHour = ttl === '1h';
      if (wantsHour && cache !== '1h') losses.approximate('cache', 'the model keeps a cache for 5 minutes only');
      else if (wantsHour && shortBefore) losses.approximate('cache', 'a TTL of 1h cannot follow one of 5m');
      const hour: boolean = wantsHour && cache === '1h' && !shortBefore;
      bearer.cache_control = hour ? { type: 'ephemeral', ttl: '1h' } : { type: 'ephemeral' };
      shortBefore ||= !hour;
    }
  }

  /** The system prompt's marks serve every turn and the newest of the messages this one; a mark on tools is contained in one of
   * the system's. */
  #choose(): readonly MarkedPlace[] {
    if (this.#places.length <= MARKS_MAX) return this.#places;
    const newestIn = (place: Place) => this.#places.filter((one) => one.place === place).reverse();
    const kept = new Set([...newestIn('system'), ...newestIn('messages'), ...newestIn('tools')].slice(0, MARKS_MAX));
    return this.#places.filter((one) => kept.has(one));
  }
}

type Place = 'tools' | 'system' | 'messages';

const MARKS_MAX = 4;
