// The caller's reasoning setting becomes a budget of tokens or a level, whichever the model has.
import type { ChatRequest, Effort, Reasoning } from '@turnout/core/contract';
import { type Losses, nearestBelow } from '@turnout/core/plugin';
import type { Thinking, ThinkingLevel } from './traits.ts';
import type { Bag } from './wire.ts';

export interface ThinkingPlan {
  readonly config?: Bag;
  /** In one line, for `explain`. */
  readonly line?: string;
}

type Budget = Extract<Thinking, { by: 'budget' }>;
type Level = Extract<Thinking, { by: 'level' }>;

export function planThinking(setting: ChatRequest['reasoning'], thinking: Thinking, losses: Losses): ThinkingPlan {
  if (setting === undefined) return {};
  if (thinking.by === 'nothing') {
    if (setting !== 'off') losses.drop('reasoning', 'the model has no setting for it');
    return { line: 'none: the model has no setting for it' };
  }
  if (setting === 'off') return thinking.by === 'budget' ? offByBudget(thinking, losses) : offByLevel(thinking, losses);
  const shown = showOf(setting, losses);
  const amount = thinking.by === 'budget' ? budgetOf(setting, thinking, losses) : levelOf(setting, thinking, losses);
  const config = { ...amount.config, ...shown };
  return { ...(Object.keys(config).length === 0 ? {} : { config }), line: amount.line };
}

/** What is shown is a summary, whatever was asked for. */
function showOf({ display }: Reasoning, losses: Losses): Bag {
  if (display === 'omitted') return {};
  if (display === 'full') losses.approximate('reasoning', 'Gemini shows summaries of what it thinks, never all of it');
  return { includeThoughts: true };
}

interface Amount {
  readonly config: Bag;
  readonly line: string;
}

function offByBudget({ min, canStop }: Budget, losses: Losses): ThinkingPlan {
  if (canStop) return { config: { thinkingBudget: 0 }, line: 'off' };
  losses.approximate('reasoning', `the model cannot stop thinking: its budget is ${min} tokens`);
  return { config: { thinkingBudget: min }, line: `budget ${min} (it cannot be turned off)` };
}

/** "`minimal` does not guarantee that thinking is off" (thinking guide, 2026-11). */
function offByLevel({ levels }: Level, losses: Losses): ThinkingPlan {
  const [least = 'low'] = levels;
  losses.approximate('reasoning', `the model cannot stop thinking: its level is ${least}`);
  return { config: { thinkingLevel: least }, line: `level ${least} (it cannot be turned off)` };
}

/** What Google makes of OpenAI's words for its 2.5 models (ai.google.dev/gemini-api/docs/openai#thinking, 2026-11). */
const BUDGETS: Readonly<Record<Effort, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 8192,
  high: 24_576,
  xhigh: 32_768,
  max: 32_768,
};

function budgetOf({ budget, effort }: Reasoning, { min, max, idle }: Budget, losses: Losses): Amount {
  if (budget === undefined && effort === undefined) {
    // -1: as much as the model finds right, which is the default of all but those that do not think by themselves.
    return { config: idle ? { thinkingBudget: -1 } : {}, line: "the model's own measure" };
  }
  const wanted = budget ?? BUDGETS[effort ?? 'medium'];
  const thinkingBudget = Math.min(max, Math.max(min, Math.floor(wanted)));
  if (budget !== undefined && thinkingBudget !== budget)
    losses.approximate('reasoning', `the model thinks for ${min} to ${max} tokens: the budget is ${thinkingBudget}`);
  const from = budget === undefined ? ` (from effort ${effort})` : '';
  return { config: { thinkingBudget }, line: `budget ${thinkingBudget}${from}` };
}

function levelOf({ budget, effort }: Reasoning, { levels }: Level, losses: Losses): Amount {
  if (budget === undefined && effort === undefined) return { config: {}, line: "the model's own measure" };
  const wanted = effort ?? effortOfBudget(budget ?? 0);
  const level = nearestBelow(wanted, levels);
  if (effort === undefined)
    losses.approximate('reasoning', `the budget of ${budget} tokens is sent as the level ${level}`);
  else if (level !== effort) losses.approximate('reasoning', `the model has no level ${effort}: ${level} is sent`);
  const from = effort === undefined ? ` (from budget ${budget})` : level === effort ? '' : ` (asked: ${effort})`;
  return { config: { thinkingLevel: level }, line: `level ${level}${from}` };
}

/** The same table, read backwards. */
function effortOfBudget(budget: number): ThinkingLevel {
  if (budget <= BUDGETS.low) return 'low';
  return budget <= BUDGETS.medium ? 'medium' : 'high';
}
