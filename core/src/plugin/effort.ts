// How much to think, in the two measures that there are: an effort in words, a budget in tokens (DESIGN 8).
import type { Effort, Reasoning } from '../contract/index.ts';
import type { Losses } from './losses.ts';

/** From the least to the most. */
export const EFFORTS: readonly Effort[] = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];

/** In tokens. */
export const EFFORT_BUDGETS: Readonly<Record<Effort, number>> = {
  minimal: 2048,
  low: 2048,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
};

/** The effort that the model has, and how it came about in one line; what changes on the way is a loss. undefined: neither effort nor
 * budget was asked for. `efforts`: from the least to the most. */
export function chooseEffort(
  { budget, effort }: Reasoning,
  efforts: readonly Effort[],
  losses: Losses,
): { readonly effort: Effort; readonly line: string } | undefined {
  if (effort === undefined) {
    if (budget === undefined) return undefined;
    const chosen = nearestBelow(effortOfBudget(budget), efforts);
    losses.approximate('reasoning', `the budget of ${budget} tokens is sent as the effort ${chosen}`);
    return { effort: chosen, line: `effort ${chosen} (from budget ${budget})` };
  }
  const chosen = nearestBelow(effort, efforts);
  if (chosen === effort) return { effort, line: `effort ${effort}` };
  losses.approximate('reasoning', `the model has no effort ${effort}: ${chosen} is sent`);
  return { effort: chosen, line: `effort ${chosen} (asked: ${effort})` };
}

function effortOfBudget(budget: number): Effort {
  if (budget < 4096) return 'low';
  if (budget < 12_288) return 'medium';
  return budget < 32_768 ? 'high' : 'xhigh';
}

/** The strongest effort of the model that is not above the wanted one; its least where there is none. */
export function nearestBelow<Known extends Effort>(wanted: Effort, efforts: readonly Known[]): Known | 'low' {
  const limit = EFFORTS.indexOf(wanted);
  return efforts.findLast((effort) => EFFORTS.indexOf(effort) <= limit) ?? efforts[0] ?? 'low';
}
