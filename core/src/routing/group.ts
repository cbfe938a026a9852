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
export type Choice<T> = { readonly weight: number } & (
  | { readonly target: T; readonly group?: never }
  | { readonly group: Group<T>; readonly target?: never }
);

export interface Turns {
  taken: number;
}

/** A group that is asked in order, of targets that are all alike. */
export const orderedGroup = <T>(targets: readonly T[]): Group<T> => ({
  strategy: 'ordered',
  choices: targets.map((target) => ({ weight: 1, target })),
  turns: { taken: 0 },
});

/** The same tree with other targets; one that becomes several is a group of its own, in order. Turns are shared with `group`. */
export function mapGroup<T, U>(group: Group<T>, map: (target: T) => readonly U[]): Group<U> {
  const { onContextOverflow, onContentBlocked, choices, ...same } = group;
  return {
    ...same,
    choices: choices.map((choice): Choice<U> => {
      const { weight } = choice;
      if (choice.group) return { weight, group: mapGroup(choice.group, map) };
      const [target, ...more] = map(choice.target);
      if (target === undefined || more.length > 0) {
        return { weight, group: orderedGroup(target === undefined ? [] : [target, ...more]) };
      }
      return { weight, target };
    }),
    ...(onContextOverflow && { onContextOverflow: mapGroup(onContextOverflow, map) }),
    ...(onContentBlocked && { onContentBlocked: mapGroup(onContentBlocked, map) }),
  };
}

/** All targets that a request without a special failure may reach, in the order of the file. */
export function targetsOf<T>(group: Group<T>): T[] {
  return group.choices.flatMap((choice) => (choice.group ? targetsOf(choice.group) : [choice.target]));
}
