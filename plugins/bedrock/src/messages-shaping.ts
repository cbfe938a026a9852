// What the shaping of a body of Messages for InvokeModel carries along: the flags it needs, what is lost, and why it cannot go at all.
import { isObject, Losses } from '@turnout/core/plugin';
import { pickBetas } from './beta.ts';
import type { Target } from './resolve.ts';

export type Json = Readonly<Record<string, unknown>>;

/** One per request. */
export class Shaping {
  readonly target: Target;
  readonly losses = new Losses();
  /** The flags of the request: the client's that the target takes, and those that members of the body need. */
  readonly betas: Set<string>;
  /** Why the body cannot go as the client has it; undefined: it can. */
  misfit: string | undefined;
  /** The cache marks, in the order in which the model reads them. */
  readonly #marks: ('5m' | '1h')[] = [];

  /** `flags`: the client's own. */
  constructor(target: Target, flags: unknown) {
    this.target = target;
    this.betas = new Set(pickBetas(flags, target, this.losses));
  }

  /** The first reason is the one that is told. */
  unfit(reason: string): void {
    this.misfit ??= reason;
  }

  /** A cache mark as the target takes it; undefined for none. */
  cacheControl(value: unknown): Json | undefined {
    if (!isObject(value)) return undefined;
    const rules = this.target.family.cache;
    if (rules === undefined) {
      this.losses.drop('cache', 'the model takes no cache points');
      return undefined;
    }
    const { type, ttl, ...others } = value;
    for (const field of Object.keys(others)) {
      this.losses.drop(`cache_control.${field.slice(0, 60)}`, 'InvokeModel has no such setting of a cache mark');
    }
    const hour = ttl === '1h';
    if (hour && !rules.ttl1h) this.losses.approximate('cache', 'the model keeps a cache for 5 minutes only');
    const kept = rules.ttl1h && typeof ttl === 'string' ? { type, ttl } : { type };
    this.#mark(kept.ttl === '1h' ? '1h' : '5m', rules.pointsMax);
    return Object.keys(kept).length === Object.keys(value).length ? value : kept;
  }

  /** Both are refused (2026-11). */
  #mark(ttl: '5m' | '1h', pointsMax: number): void {
    if (ttl === '1h' && this.#marks.includes('5m')) this.unfit('a cache mark of 1h behind one of 5m');
    this.#marks.push(ttl);
    if (this.#marks.length > pointsMax) this.unfit('too many cache marks');
  }
}

/** Present, and not null. */
export const isSet = (value: unknown): boolean => value !== undefined && value !== null;
