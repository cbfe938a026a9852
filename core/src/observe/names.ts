// Names as labels: those that the configuration chose each have their own, those that clients choose only so many.
import type { RouteConfig, TargetConfig } from '../config/config.ts';
import { OTHER } from './totals.ts';

/** So many names that clients have chosen, and that somebody has answered to, get a label of their own. */
const CHOSEN_MAX = 200;
/** So many fields that were lost: most have the names of settings, but a client may make some up. */
const FIELDS_MAX = 100;
const FIELD = /^[\w.]{1,64}$/;

/** A target's name taken apart: `provider/model`, `provider@member/model`. */
export interface TargetName {
  readonly provider: string;
  readonly member?: string;
  readonly model: string;
}

export function splitTarget(name: string): TargetName {
  const slash = name.indexOf('/');
  const place = slash < 0 ? name : name.slice(0, slash);
  const model = slash < 0 ? '' : name.slice(slash + 1);
  const at = place.indexOf('@');
  if (at < 0) return { provider: place, model };
  return { provider: place.slice(0, at), member: place.slice(at + 1), model };
}

/** What stands where there is no route: the client named the target itself. */
export const DIRECT = '(direct)';

/** What of a configuration says which names are the operator's own. */
export interface NamedRoutes {
  readonly routes: readonly Pick<RouteConfig, 'targets' | 'onContextOverflow' | 'onContentBlocked'>[];
}

/** `provider/model` of all targets that routes name, without those that a star completes. */
export function namedTargets({ routes }: NamedRoutes): { readonly provider: string; readonly model: string }[] {
  const targets: readonly TargetConfig[] = routes.flatMap(
    ({ targets, onContextOverflow = [], onContentBlocked = [] }) => [
      ...targets,
      ...onContextOverflow,
      ...onContentBlocked,
    ],
  );
  return targets.flatMap((target) => ('provider' in target && !target.model.includes('*') ? [target] : []));
}

/** The labels of targets, and of fields. One for the process: what has a label keeps it over reloads. */
export class LabelNames {
  readonly #ofConfig = new WeakMap<NamedRoutes, ReadonlySet<string>>();
  readonly #chosen = new Set<string>();
  readonly #fields = new Set<string>();

  /** The label of a target. One that a client has chosen gets its own once it has answered, while there is room; until then it is
   * `provider/other`. */
  target(name: string, config: NamedRoutes, answered: boolean): string {
    if (this.#chosen.has(name)) return name;
    const { provider, model } = splitTarget(name);
    if (this.#namedBy(config).has(`${provider}/${model}`)) return name;
    if (!answered || this.#chosen.size >= CHOSEN_MAX) return `${provider}/${OTHER}`;
    this.#chosen.add(name);
    return name;
  }

  /** Targets that clients have chosen and that have labels of their own. */
  get chosen(): ReadonlySet<string> {
    return this.#chosen;
  }

  field(name: string): string {
    if (this.#fields.has(name)) return name;
    if (this.#fields.size >= FIELDS_MAX || !FIELD.test(name)) return OTHER;
    this.#fields.add(name);
    return name;
  }

  #namedBy(config: NamedRoutes): ReadonlySet<string> {
    const known = this.#ofConfig.get(config);
    if (known) return known;
    const names = new Set(namedTargets(config).map(({ provider, model }) => `${provider}/${model}`));
    this.#ofConfig.set(config, names);
    return names;
  }
}
