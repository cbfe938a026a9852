// The caller's reasoning setting becomes the one word that chat completions have for it.

import type { ChatRequest, Effort } from '@turnout/core/contract';
import { chooseEffort, EFFORTS, type Losses } from '@turnout/core/plugin';
import type { Traits } from './dialect.ts';

export interface EffortPlan {
  readonly field?: { readonly reasoning_effort: string };
  /** The model will think before it answers, as far as its name tells. */
  readonly thinking: boolean;
  /** In one line, for `explain`. */
  readonly line?: string;
}

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
  const { effort, display } = setting;
  if (display !== undefined && display !== 'omitted') {
    losses.approximate('reasoning', "how much of the reasoning is shown is the server's to say");
  }
  if (traits.efforts?.length === 0) {
    losses.drop('reasoning', 'the model has no setting for it');
    return { thinking: traits.reasons, line: traits.reasons ? 'the default of the model' : 'none' };
  }
  // With a budget there is no word of the client's own.
  const efforts = traits.efforts ?? (effort !== undefined && ownWords ? EFFORTS : USUAL);
  const choice = chooseEffort(setting, efforts, losses);
  if (choice === undefined) return planDefault(traits);
  return { field: { reasoning_effort: choice.effort }, thinking: true, line: choice.line };
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
