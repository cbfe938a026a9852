// The caller's reasoning setting becomes what the model takes; what changes on the way is a loss.
import type { ChatRequest, Reasoning } from '@turnout/core/contract';
import { chooseEffort, EFFORT_BUDGETS, type Losses } from '@turnout/core/plugin';
import type { ClaudeThinking, ClaudeTraits } from '@turnout/core/wire';
import type { Bag } from './wire.ts';

export interface ReasoningContext {
  readonly traits: ClaudeTraits;
  readonly losses: Losses;
  /** The limit that will be sent, in tokens. */
  readonly maxTokens: number;
  /** The model has tools to call in this request. */
  readonly tools: boolean;
  /** The tool calls that the model is to go on from were made without signed reasoning. */
  readonly unsigned: boolean;
}

export interface ReasoningPlan {
  /** `thinking` and `output_config`. */
  readonly fields: { readonly thinking?: Bag; readonly output_config?: Bag };
  readonly betas: readonly string[];
  /** The model is made to think: settings that exclude thinking must give way. */
  readonly thinking: boolean;
  /** In one line, for `explain`. */
  readonly line?: string;
}

const BUDGET_DEFAULT = 8192;
const BUDGET_MIN = 1024;
/** The share of maxTokens that thinking may take, unless the client itself says more. */
const BUDGET_SHARE = 0.8;
// Anthropic's beta for thinking between tool calls: automatic with adaptive thinking, refused from Opus 4.7 on (2026-11).
const INTERLEAVED = 'interleaved-thinking-2025-05-14';

const NOTHING: ReasoningPlan = { fields: {}, betas: [], thinking: false };

type Adaptive = Extract<ClaudeThinking, { kind: 'adaptive' }>;

/** The fields to send for a setting. Without one nothing is sent, and the model does as it does by default. */
export function planReasoning(setting: ChatRequest['reasoning'], context: ReasoningContext): ReasoningPlan {
  const { thinking: style } = context.traits;
  const isAlwaysOn = style.kind === 'adaptive' && style.least !== undefined;
  if (setting === undefined) return { ...NOTHING, thinking: isAlwaysOn };
  if (setting === 'off') return planOff(style, context.losses);
  switch (style.kind) {
    case 'none':
      context.losses.drop('reasoning', 'the model has no reasoning setting');
      return { ...NOTHING, line: 'none' };
    case 'budget':
      return planBudget(setting, style.interleaved, context);
    case 'adaptive':
      return planAdaptive(setting, style, context.losses);
  }
}

function planOff(style: ClaudeThinking, losses: Losses): ReasoningPlan {
  if (style.kind !== 'adaptive' || style.least === undefined) {
    // The others are off when nothing is sent, and some refuse `disabled`.
    const says = style.kind === 'adaptive' && style.unasked;
    return { ...NOTHING, ...(says ? { fields: { thinking: { type: 'disabled' } } } : {}), line: 'off' };
  }
  if (style.least === 'between-tools') {
    losses.approximate('reasoning', 'the model cannot stop thinking: it thinks between tool calls only');
    const fields = { thinking: { type: 'between_tools' } };
    return { fields, betas: [], thinking: true, line: 'between tool calls only' };
  }
  losses.approximate('reasoning', 'the model cannot stop thinking: the effort is low');
  const fields = { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'low' } };
  return { fields, betas: [], thinking: true, line: 'adaptive, effort low (it cannot be turned off)' };
}

function planBudget(setting: Reasoning, interleaved: boolean, context: ReasoningContext): ReasoningPlan {
  const { maxTokens, losses, tools, unsigned } = context;
  if (maxTokens <= BUDGET_MIN) {
    losses.drop('reasoning', `maxTokens ${maxTokens} leaves no room for the least budget of ${BUDGET_MIN}`);
    return { ...NOTHING, line: `off (maxTokens ${maxTokens} is too small)` };
  }
  if (unsigned) {
    const why = 'the last tool call came without its signed reasoning, so thinking is off for this request';
    losses.drop('reasoning', why);
    return { ...NOTHING, line: 'off (the last tool call lacks its signed reasoning)' };
  }
  const asked = setting.budget ?? (setting.effort === undefined ? BUDGET_DEFAULT : EFFORT_BUDGETS[setting.effort]);
  // What the client itself has counted out has to fit only.
  const cap = setting.budget === undefined ? Math.floor(maxTokens * BUDGET_SHARE) : maxTokens - 1;
  const budget = Math.max(BUDGET_MIN, Math.min(Math.floor(asked), cap));
  let line = `budget ${budget} of maxTokens ${maxTokens}`;
  if (setting.budget === undefined && setting.effort !== undefined) {
    line += ` (from effort ${setting.effort})`;
    losses.approximate('reasoning', `the effort ${setting.effort} is sent as a budget of ${budget} tokens`);
  } else if (setting.budget !== undefined && setting.budget !== budget) {
    line += ` (asked: ${setting.budget})`;
    losses.approximate('reasoning', `a budget is at least ${BUDGET_MIN} and less than maxTokens: ${budget} is sent`);
  }
  const display = setting.display === 'omitted' ? { display: 'omitted' } : {};
  return {
    fields: { thinking: { type: 'enabled', budget_tokens: budget, ...display } },
    betas: interleaved && tools ? [INTERLEAVED] : [],
    thinking: true,
    line,
  };
}

function planAdaptive(setting: Reasoning, style: Adaptive, losses: Losses): ReasoningPlan {
  // Without `display` the later models keep their thinking to themselves.
  const display = style.display ? { display: setting.display === 'omitted' ? 'omitted' : 'summarized' } : {};
  const thinking = { type: 'adaptive', ...display };
  const choice = chooseEffort(setting, style.efforts, losses);
  if (choice === undefined) return { fields: { thinking }, betas: [], thinking: true, line: 'adaptive' };
  return {
    fields: { thinking, output_config: { effort: choice.effort } },
    betas: [],
    thinking: true,
    line: `adaptive, ${choice.line}`,
  };
}
