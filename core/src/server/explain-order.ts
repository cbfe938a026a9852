// In which order the targets of an explanation would be asked, as far as that is certain before anybody is.
import { arrange, type Bearings, healthKey } from '../attempt/index.ts';
import type { StickyBy, Strategy } from '../config/config.ts';
import type { Choice, Group } from '../routing/index.ts';
import type { RouteTarget } from './journey.ts';

/** The tree of a route's choices; its ends are positions in the explanation's list of targets. */
export interface ExplainedGroup {
  /** The route's name; absent for what is no route's own: a pool, the targets of a typed fallback. */
  readonly route?: string;
  readonly strategy: Strategy;
  readonly sticky?: StickyBy;
  /** The choices' positions in the order in which they would be asked now; absent where chance decides. */
  readonly order?: readonly number[];
  readonly choices: readonly ExplainedChoice[];
  readonly onContextOverflow?: ExplainedGroup;
  readonly onContentBlocked?: ExplainedGroup;
}

export type ExplainedChoice = {
  /** How many of all requests ask it first, 0 to 1: where weights decide. */
  readonly share?: number;
  /** What least-latency goes by, in milliseconds: lowest first. Absent before the first answer. */
  readonly scoreMs?: number;
} & ({ readonly target: number; readonly group?: never } | { readonly group: ExplainedGroup; readonly target?: never });

export interface OrderOptions {
  /** As of the request's own course. */
  readonly bearings: Pick<Bearings, 'stickyValue'>;
  /** Puts a target into the list; its position there. Called in the order of the file, for typed fallbacks last. */
  readonly place: (target: RouteTarget) => number;
}

/** Takes no turn, and passes nobody over. */
export function explainGroup(group: Group<RouteTarget>, options: OrderOptions): ExplainedGroup {
  const { route, strategy, sticky, choices, onContextOverflow, onContentBlocked } = group;
  const total = choices.reduce((sum, { weight }) => sum + weight, 0);
  const isShared = (strategy === 'weighted' || strategy === 'sticky') && choices.length > 1;
  const order = orderOf(group, options.bearings);
  return {
    ...(route !== undefined && { route }),
    strategy,
    ...(sticky && { sticky }),
    ...(order && { order }),
    choices: choices.map((choice): ExplainedChoice => {
      const known = { ...(isShared && { share: choice.weight / total }), ...scoreOf(choice, strategy) };
      if (choice.group) return { ...known, group: explainGroup(choice.group, options) };
      return { ...known, target: options.place(choice.target) };
    }),
    ...(onContextOverflow && { onContextOverflow: explainGroup(onContextOverflow, options) }),
    ...(onContentBlocked && { onContentBlocked: explainGroup(onContentBlocked, options) }),
  };
}

function orderOf(group: Group<RouteTarget>, { stickyValue }: Pick<Bearings, 'stickyValue'>): number[] | undefined {
  const { choices, strategy, sticky } = group;
  const value = sticky && stickyValue?.(sticky);
  const isChance = strategy === 'weighted' || (strategy === 'sticky' && value === undefined);
  if (isChance && choices.length > 1) return undefined;
  return arrange(group, { stickyValue, lookOnly: true }).map((choice) => choices.indexOf(choice));
}

function scoreOf({ target }: Choice<RouteTarget>, strategy: Strategy): { readonly scoreMs?: number } {
  if (strategy !== 'least-latency' || !target) return {};
  const latency = target.upstream.latencies.get(healthKey(target));
  return latency?.averageMs === undefined ? {} : { scoreMs: Math.round(latency.score(performance.now())) };
}
