// Where a name leads: a tree of groups with targets at its ends, as routes name each other.
import type { StickyBy, Strategy } from '../config/config.ts';

/** The targets of one route, and how one of them is chosen. */
export interface Group<T> {
  /** The route's name; absent for what is no route's own: `provider/model`, the members of a pool, the targets of a typed fallback. */
  readonly route?: string;
  readonly strategy: Strategy;
  readonly sticky?: StickyBy;
  readonly choices: readonly Choice<T>[];
  /** Taken turns, of all requests of the route: for round-robin. */
  readonly turns: Turns;
  /** Asked in place of the remaining choices after a failure of this kind. */
  readonly onContextOverflow?: Group<T>;
  readonly onContentBlocked?: Group<T>;
}

/** One place of a group. */
export type Choice<T> = {
  readonly weight: number;
  /** As the file writes it: what a sticky group knows it by. Absent for the members of a pool. */
  readonly name?: string;
} & ({ readonly target: T; readonly group?: never } | { readonly group: Group<T>; readonly target?: never });

export interface Turns {
  taken: number;
}

/** A group that is asked in order, of targets that are all alike. */
export const orderedGroup = <T>(targets: readonly T[]): Group<T> => ({
  strategy: 'ordered',
  choices: targets.map((target) => ({ weight: 1, target })),
  turns: { taken: 0 },
});

/** The same tree with other targets. One that becomes several is a group of its own: in order, but where the fastest is asked they
 * are asked by that too. Turns are shared with `group`. */
export function mapGroup<T, U>(group: Group<T>, map: (target: T) => readonly U[]): Group<U> {
  const { onContextOverflow, onContentBlocked, choices, ...same } = group;
  const strategy = group.strategy === 'least-latency' ? 'least-latency' : 'ordered';
  return {
    ...same,
    choices: choices.map((choice): Choice<U> => {
      if (choice.group) return { ...choice, group: mapGroup(choice.group, map) };
      const { target: _, ...place } = choice;
      const targets = map(choice.target);
      const [target] = targets;
      if (target !== undefined && targets.length === 1) return { ...place, target };
      return { ...place, group: { ...orderedGroup(targets), strategy } };
    }),
    ...(onContextOverflow && { onContextOverflow: mapGroup(onContextOverflow, map) }),
    ...(onContentBlocked && { onContentBlocked: mapGroup(onContentBlocked, map) }),
  };
}

/** All targets that a request without a special failure may reach, in the order of the file. */
export function targetsOf<T>(group: Group<T>): T[] {
  return group.choices.flatMap((choice) => (choice.group ? targetsOf(choice.group) : [choice.target]));
}

/** All targets of a tree, those of typed fallbacks included. */
export function allTargetsOf<T>(group: Group<T>): T[] {
  const { choices, onContextOverflow, onContentBlocked } = group;
  const own = choices.flatMap((choice) => (choice.group ? allTargetsOf(choice.group) : [choice.target]));
  const others = [onContextOverflow, onContentBlocked].flatMap((list) => (list ? allTargetsOf(list) : []));
  return [...own, ...others];
}
