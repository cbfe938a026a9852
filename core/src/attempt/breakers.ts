// The health of one provider: a breaker for each of its targets, and its budget of retries.
import type { BreakerConfig } from '../config/config.ts';
import { Breaker, type BreakerTurn } from './breaker.ts';
import { RetryBudget } from './retry-budget.ts';
import { healthKey, type Patient } from './target.ts';

export interface BreakerChange extends BreakerTurn {
  readonly patient: Patient;
}

/** More targets than this are not remembered: names from clients must not fill the memory. */
const REMEMBERED_MAX = 10_000;

/** A target that has neither answered nor failed has no breaker: a name from a client that leads nowhere leaves nothing behind. */
export class Breakers {
  readonly retries = new RetryBudget();
  readonly #config: BreakerConfig;
  readonly #onChange: ((change: BreakerChange) => void) | undefined;
  readonly #byKey = new Map<string, { readonly patient: Patient; readonly breaker: Breaker }>();

  /** `onChange` is called while a request is under way, so it must be quick and not throw. */
  constructor(config: BreakerConfig, onChange?: (change: BreakerChange) => void) {
    this.#config = config;
    this.#onChange = onChange;
  }

  /** The breaker of a target that has a history; by its `healthKey`. */
  get(key: string): Breaker | undefined {
    return this.#byKey.get(key)?.breaker;
  }

  /** The breaker of a target, made now if it has none. */
  of(target: Patient): Breaker {
    const key = healthKey(target);
    const known = this.#byKey.get(key);
    if (known) return known.breaker;
    // The one that was first remembered goes: a Map keeps the order of insertion.
    const oldest = this.#byKey.keys().next();
    if (this.#byKey.size >= REMEMBERED_MAX && !oldest.done) this.#byKey.delete(oldest.value);
    const { model, member, errand } = target;
    const patient = { model, ...(member !== undefined && { member }), ...(errand && { errand }) };
    const onChange = this.#onChange;
    const breaker = new Breaker(this.#config, onChange && ((turn) => onChange({ ...turn, patient })));
    this.#byKey.set(key, { patient, breaker });
    return breaker;
  }

  /** All that are remembered. */
  all(): Iterable<{ readonly patient: Patient; readonly breaker: Breaker }> {
    return this.#byKey.values();
  }
}
