// Which target of a tree is asked next, given how the last one failed.
import type { ErrorCode } from '../contract/index.ts';
import type { Choice, Group } from '../routing/index.ts';
import { arrange, type Bearings } from './strategy.ts';
import { type Target, targetName } from './target.ts';

/** A kind of failure that a route may have targets of its own for. */
export type TypedFailure = Extract<ErrorCode, 'context-overflow' | 'content-blocked'>;

/** One request's way through its targets. */
export interface Course<T> {
  /** The target to ask now. Undefined when there is none left. */
  next(): T | undefined;
  /** Turns to the targets that the route has for this kind of failure of the target that was given last. True also where the route
   * says that there is to be no other. False: it says nothing, and the order stands. */
  divert(failure: ErrorCode): boolean;
  /** Whether `divert` would find any. */
  catches(failure: TypedFailure): boolean;
  /** Puts the target that was given last behind all others: it is given again when nobody else is left. */
  postpone(): void;
  /** Those that `next` has still to give, as long as nothing is diverted; of a group that has not been entered, in the order of the
   * file. */
  rest(): T[];
}

/** A group on the way: what is left of its choices. */
interface Frame<T> {
  readonly group: Group<T>;
  readonly order: readonly Choice<T>[];
  /** The failure that these targets are for. */
  readonly failure: TypedFailure | undefined;
  at: number;
}

/** Where a typed failure leads: to the list of a frame's group, or without one on within the frame, as it is such a list. */
interface Turn<T> {
  readonly depth: number;
  readonly list?: Group<T>;
}

/** A target that comes later, and the groups that it is in. */
interface Postponed<T> {
  readonly target: T;
  readonly frames: readonly Frame<T>[];
}

export function createCourse<T extends Target>(group: Group<T>, bearings?: Bearings): Course<T> {
  return new TreeCourse(group, bearings);
}

class TreeCourse<T extends Target> implements Course<T> {
  readonly #bearings: Bearings | undefined;
  /** The innermost group is the last. */
  readonly #frames: Frame<T>[] = [];
  #postponed: Postponed<T>[] = [];
  #given: T | undefined;
  /** These have refused this very request for what it is, and would again. */
  readonly #refused: T[] = [];

  constructor(group: Group<T>, bearings: Bearings | undefined) {
    this.#bearings = bearings;
    this.#enter(group);
  }

  next(): T | undefined {
    const frames = this.#frames;
    for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
      const choice = frame.order[frame.at++];
      if (choice === undefined) frames.pop();
      else if (choice.group) this.#enter(choice.group);
      else if (this.#give(choice.target)) return choice.target;
    }
    for (let later = this.#postponed.shift(); later !== undefined; later = this.#postponed.shift()) {
      // Nothing is left of its groups, but they may have a list.
      frames.push(...later.frames);
      if (this.#give(later.target)) return later.target;
      frames.length = 0;
    }
    return undefined;
  }

  postpone(): void {
    if (this.#given) this.#postponed.push({ target: this.#given, frames: [...this.#frames] });
  }

  divert(failure: ErrorCode): boolean {
    if (!isTyped(failure)) return false;
    const frames = this.#frames;
    const turn = this.#turnFor(failure);
    if (this.#given) this.#refused.push(this.#given);
    if (turn?.list) {
      // The group is given up, with what is left of it: its list cannot lead back to itself.
      const { depth } = turn;
      this.#postponed = this.#postponed.filter((later) => later.frames[depth] !== frames[depth]);
      frames.length = depth;
      this.#enter(turn.list, failure);
    }
    if (turn) return true;
    // A list with nobody in it says that this is the end, also for the groups around it.
    if (!frames.some((frame) => listFor(frame.group, failure))) return false;
    frames.length = 0;
    this.#postponed = [];
    return true;
  }

  catches(failure: TypedFailure): boolean {
    return this.#turnFor(failure) !== undefined;
  }

  rest(): T[] {
    return [...this.#restFrom(0), ...this.#postponed.map(({ target }) => target)];
  }

  #enter(group: Group<T>, failure?: TypedFailure): void {
    this.#frames.push({ group, order: arrange(group, this.#bearings), failure, at: 0 });
  }

  #give(target: T): boolean {
    if (this.#refused.some((one) => isSame(one, target))) return false;
    this.#given = target;
    return true;
  }

  /** From the innermost group outwards. */
  #turnFor(failure: TypedFailure): Turn<T> | undefined {
    for (let depth = this.#frames.length - 1; depth >= 0; depth--) {
      const frame = this.#frames[depth];
      if (frame?.failure === failure && this.#hasNew(this.#restFrom(depth))) return { depth };
      const list = listFor(frame?.group, failure);
      if (list && this.#hasNew(targetsFrom(list.choices))) return { depth, list };
    }
    return undefined;
  }

  #hasNew(targets: readonly T[]): boolean {
    const known = [...this.#refused, this.#given];
    return targets.some((target) => !known.some((one) => one && isSame(one, target)));
  }

  #restFrom(depth: number): T[] {
    return this.#frames
      .slice(depth)
      .reverse()
      .flatMap(({ order, at }) => targetsFrom(order.slice(at)));
  }
}

const isTyped = (failure: ErrorCode): failure is TypedFailure =>
  failure === 'context-overflow' || failure === 'content-blocked';

const listFor = <T>(group: Group<T> | undefined, failure: TypedFailure): Group<T> | undefined =>
  failure === 'context-overflow' ? group?.onContextOverflow : group?.onContentBlocked;

/** Asked again with the same settings it would say the same. */
const isSame = (one: Target, other: Target): boolean =>
  one.settings === other.settings && targetName(one) === targetName(other);

const targetsFrom = <T>(choices: readonly Choice<T>[]): T[] =>
  choices.flatMap((choice) => (choice.group ? targetsFrom(choice.group.choices) : [choice.target]));
