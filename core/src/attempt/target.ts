// What the loop over targets, the strategies and the breakers know of a target.
import type { RetryConfig } from '../config/config.ts';
import type { Breakers } from './breakers.ts';
import type { Latencies } from './latency.ts';

/** What has a health of its own within a provider. */
export interface Patient {
  /** The provider's own model name. */
  readonly model: string;
  /** The member of a pool. */
  readonly member?: string;
  /** Asked for something besides answers, which it may be unable or not allowed to do while it answers well: that has a health
   * of its own. */
  readonly errand?: 'count';
}

export interface Target extends Patient {
  readonly upstream: {
    readonly name: string;
    readonly config: { readonly retry: RetryConfig };
    readonly breakers: Breakers;
    readonly latencies: Latencies;
  };
  /** What its routes set: with others it is another target. */
  readonly settings?: unknown;
}

/** `provider/model`, or `provider@member/model`. */
export const targetName = ({
  upstream,
  model,
  member,
}: Omit<Patient, 'errand'> & { readonly upstream: { readonly name: string } }): string =>
  `${upstream.name}${member === undefined ? '' : `@${member}`}/${model}`;

/** What the health of a target is remembered by, within its provider. */
export function healthKey({ model, member, errand }: Patient): string {
  const name = member === undefined ? model : `${member}/${model}`;
  // No model's name has a space.
  return errand === undefined ? name : `${errand} ${name}`;
}

/** Whether a request may go there now. */
export const isAdmissible = (target: Target, nowMs: number): boolean =>
  target.upstream.breakers.get(healthKey(target))?.isOpenTo(nowMs) ?? true;
