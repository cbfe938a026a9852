// The caller's reasoning setting becomes the one word that chat completions have for it.

import type { ChatRequest, Effort } from '@turnout/core/contract';
import type { Losses } from '@turnout/core/plugin';
import type { Traits } from './dialect.ts';

export interface EffortPlan {
  readonly field?: { readonly reasoning_effort: string };
  /** The model will think before it answers, as far as its name tells. */
  readonly thinking: boolean;
  /** In one line, for `explain`. */
  readonly line?: string;
}

const EFFORTS: readonly Effort[] = ['minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
/** Of a server of which nothing is known: the words that most have. */
const USUAL: readonly Effort[] = ['low', 'medium', 'high'];

/** `ownWords`: the client speaks OpenAI's words itself, so that a word that nobody knows here is its own to answer for. */
export function planEffort(
  setting: ChatRequest['reasoning'],
  traits: Traits,
  losses: Losses,
  ownWords: boolean,
): EffortPlan {
  if (setting === undefined) return { thinking: traits.reasons && traits.offByDefault !== true };
  if (setting === 'off') return planOff(traits, losses, ownWords);
  const { budget, effort, display } = setting;
  if (display !== undefined && display !== 'omitted') {
    losses.approximate('reasoning', "how much of the reasoning is shown is the server's to say");
  }
  if (traits.efforts?.length === 0) {
    losses.drop('reasoning', 'the model has no setting for it');
    return { thinking: traits.reasons, line: traits.reasons ? 'the default of the model' : 'none' };
  }
  if (budget === undefined && effort === undefined) return planDefault(traits);
  const wanted = effort ?? effortOfBudget(budget ?? 0);
  const chosen = nearestBelow(wanted, traits.efforts ?? (effort !== undefined && ownWords ? EFFORTS : USUAL));
  if (effort === undefined) {
    losses.approximate('reasoning', `the budget of ${budget} tokens is sent as the effort ${chosen}`);
    return { field: { reasoning_effort: chosen }, thinking: true, line: `effort ${chosen} (from budget ${budget})` };
  }
  if (chosen !== effort) losses.approximate('reasoning', `the model has no effort ${effort}: ${chosen} is sent`);
  const asked = chosen === effort ? '' : ` (asked: ${effort})`;
  return { field: { reasoning_effort: chosen }, thinking: true, line: `effort ${chosen}${asked}` };
}

function planOff({ off, reasons, efforts }: Traits, losses: Losses, ownWords: boolean): EffortPlan {
  if (off !== undefined) return { field: { reasoning_effort: off }, thinking: false, line: 'off' };
  if (!reasons && efforts?.length === 0) return { thinking: false, line: 'off' };
  const least = efforts?.[0];
  if (least !== undefined) {
    losses.approximate('reasoning', `the model cannot stop reasoning: the effort is ${least}`);
    return {
      field: { reasoning_effort: least },
      thinking: true,
      line: `effort ${least} (it cannot be turned off)`,
    };
  }
  if (efforts === undefined && ownWords) {
    return { field: { reasoning_effort: 'none' }, thinking: false, line: 'off, if the server knows the word' };
  }
  losses.drop('reasoning', 'whether and how the server turns reasoning off is not known');
  return { thinking: reasons, line: 'the default of the model' };
}

/** On, but not how much: what can be off has to be told. */
function planDefault({ offByDefault }: Traits): EffortPlan {
  if (offByDefault === undefined) return { thinking: true, line: 'the default of the model' };
  return { field: { reasoning_effort: 'medium' }, thinking: true, line: 'effort medium (default)' };
}

function effortOfBudget(budget: number): Effort {
  if (budget < 4096) return 'low';
  if (budget < 12_288) return 'medium';
  return budget < 32_768 ? 'high' : 'xhigh';
}

/** The strongest effort of the model that is not above the wanted one; its least where there is none. */
function nearestBelow(wanted: Effort, efforts: readonly Effort[]): Effort {
  const limit = EFFORTS.indexOf(wanted);
  return efforts.findLast((effort) => EFFORTS.indexOf(effort) <= limit) ?? efforts[0] ?? 'low';
}
