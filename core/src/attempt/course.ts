// Which target of a tree is asked next, given how the last one failed.
import type { ErrorCode } from '../contract/index.ts';
import type { Choice, Group } from '../routing/index.ts';
import { arrange } from './strategy.ts';

/** A kind of failure that a route may have targets of its own for. */
export type TypedFailure = Extract<ErrorCode, 'context-overflow' | 'content-blocked'>;

/** One request's way through its targets. */
export interface Course<T> {
  /** The target to ask now. Undefined when there is none left. */
  next(): T | undefined;
  /** Turns to the targets that the route has for this kind of failure. False: it has none, and the order stands. */
  divert(failure: ErrorCode): boolean;
  /** Whether `divert` would find any. */
  catches(failure: TypedFailure): boolean;
  /** Those that `next` has still to give, as long as nothing is diverted. */
  rest(): T[];
}

/** A group on the way: what is left of its choices. */
interface Frame<T> {
  readonly group: Group<T>;
  readonly order: readonly Choice<T>[];
  at: number;
}

export function createCourse<T>(group: Group<T>): Course<T> {
  // The innermost group is the last.
  const frames: Frame<T>[] = [{ group, order: arrange(group), at: 0 }];

  const next = (): T | undefined => {
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const choice = frame.order[frame.at++];
      if (choice === undefined) frames.pop();
      else if (choice.group) frames.push({ group: choice.group, order: arrange(choice.group), at: 0 });
      else return choice.target;
    }
    return undefined;
  };

  const divert = (failure: ErrorCode): boolean => {
    for (let depth = frames.length - 1; depth >= 0; depth--) {
      const frame = frames[depth];
      const fallback = frame && fallbackOf(frame.group, failure);
      if (!fallback) continue;
      // What is inside it is given up with it, and so is what is left of it.
      frames.length = depth;
      frames.push({ group: fallback, order: fallback.choices, at: 0 });
      return true;
    }
    return false;
  };

  return {
    next,
    divert,
    catches: (failure) => frames.some((frame) => (fallbackOf(frame.group, failure)?.choices.length ?? 0) > 0),
    rest: () => frames.toReversed().flatMap(({ order, at }) => targetsFrom(order.slice(at))),
  };
}

function fallbackOf<T>(group: Group<T>, failure: ErrorCode): Group<T> | undefined {
  if (failure === 'context-overflow') return group.onContextOverflow;
  return failure === 'content-blocked' ? group.onContentBlocked : undefined;
}

const targetsFrom = <T>(choices: readonly Choice<T>[]): T[] =>
  choices.flatMap((choice) => (choice.group ? targetsFrom(choice.group.choices) : [choice.target]));
