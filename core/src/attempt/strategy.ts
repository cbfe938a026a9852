// In which order the choices of a group are asked.
import type { StickyBy } from '../config/config.ts';
import type { Choice, Group } from '../routing/index.ts';
import type { Latency } from './latency.ts';
import { healthKey, isAdmissible, type Target } from './target.ts';

/** What a course is set by, besides its groups. */
export interface Bearings {
  /** The request's own value of what a group sticks by; undefined where it has none. */
  readonly stickyValue?: ((by: StickyBy) => string | undefined) | undefined;
  /** From 0 up to 1, evenly. */
  readonly random?: () => number;
  /** On performance.now()'s clock. */
  readonly now?: () => number;
  /** Leaves no mark: takes no turn, and passes nobody over. For questions about what a request would meet. */
  readonly lookOnly?: boolean;
}

/** The choices of a group, the one to ask first in front. */
export function arrange<T extends Target>(group: Group<T>, bearings: Bearings = {}): readonly Choice<T>[] {
  const { strategy, choices } = group;
  if (strategy === 'ordered' || choices.length < 2) return choices;
  if (strategy === 'round-robin') return inTurn(group, bearings);
  if (strategy === 'least-latency') return byLatency(choices, bearings);
  const value = strategy === 'sticky' && group.sticky ? bearings.stickyValue?.(group.sticky) : undefined;
  if (value === undefined) return race(choices, bearings.random ?? Math.random);
  return race(choices, ({ name }) => chanceOf(value, name ?? ''));
}

/** A race in which each choice arrives after a time that is shorter, on average, the greater its weight is. The share of first places
 * is in proportion to the weights, and where some are left out, so is the share of the others among themselves. With chances that
 * are the request's own it is weighted rendezvous hashing: a choice that is taken away moves only the requests it had. */
function race<T>(choices: readonly Choice<T>[], chance: (choice: Choice<T>) => number): Choice<T>[] {
  return choices
    .map((choice) => ({ choice, arrival: -Math.log(chance(choice)) / choice.weight }))
    .sort((one, other) => one.arrival - other.arrival)
    .map(({ choice }) => choice);
}

/** The same number from 0 to 1 for the same two texts, evenly over others: FNV-1a, and the end of MurmurHash3 to spread what the last
 * characters changed. */
function chanceOf(value: string, name: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < value.length; i++) hash = Math.imul(hash ^ value.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ 0xff, 0x01000193);
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  // Never 0 or 1: both would be the same for every weight.
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 2 ** 32;
}

/** Those that rest are no stops of the round, or their neighbours would be asked twice as often. */
function inTurn<T extends Target>({ choices, turns }: Group<T>, { now, lookOnly }: Bearings): Choice<T>[] {
  const nowMs = now?.() ?? performance.now();
  const resting = choices.filter((choice) => isResting(choice, nowMs));
  const stops = resting.length === 0 ? choices : choices.filter((choice) => !resting.includes(choice));
  const turn = turns.taken % Math.max(1, stops.length);
  if (!lookOnly) turns.taken++;
  return [...stops.slice(turn), ...stops.slice(0, turn), ...resting];
}

function isResting<T extends Target>({ target, group }: Choice<T>, nowMs: number): boolean {
  if (group) return group.choices.every((choice) => isResting(choice, nowMs));
  return !isAdmissible(target, nowMs);
}

function byLatency<T extends Target>(choices: readonly Choice<T>[], { now, lookOnly }: Bearings): Choice<T>[] {
  const nowMs = now?.() ?? performance.now();
  const judged = choices
    .map((choice) => ({ choice, judgement: judge(choice, nowMs, lookOnly) }))
    .sort(({ judgement: one }, { judgement: other }) => {
      // Two that rest stay in the order of the file, as all that are equal. Their difference is no number.
      return one.score === other.score ? 0 : one.score - other.score;
    });
  if (!lookOnly) for (const { judgement } of judged.slice(1)) judgement.latency?.pass();
  return judged.map(({ choice }) => choice);
}

interface Judgement {
  readonly score: number;
  /** What the score is of, where there is anything. */
  readonly latency?: Latency;
}

const RESTING: Judgement = { score: Number.POSITIVE_INFINITY };
const UNKNOWN: Judgement = { score: 0 };

/** A group is as good as the one of it that would be asked: its best, or where the order is fixed its first. */
function judge<T extends Target>(choice: Choice<T>, nowMs: number, lookOnly?: boolean): Judgement {
  if (!choice.group) {
    if (isResting(choice, nowMs)) return RESTING;
    const { latencies } = choice.target.upstream;
    const key = healthKey(choice.target);
    const latency = lookOnly ? latencies.get(key) : latencies.remember(key);
    return latency ? { score: latency.score(nowMs), latency } : UNKNOWN;
  }
  const { choices, strategy } = choice.group;
  let best = RESTING;
  for (const inner of choices) {
    const judgement = judge(inner, nowMs, lookOnly);
    if (judgement.score < best.score) best = judgement;
    if (strategy === 'ordered' && best !== RESTING) break;
  }
  return best;
}
