// The caller's reasoning setting becomes what the model's family takes; what changes on the way is a loss.
import type { ChatRequest, Effort, Reasoning } from '@turnout/core/contract';
import { chooseEffort, EFFORT_BUDGETS, type Losses } from '@turnout/core/plugin';
import type { Family, ReasoningStyle } from './family.ts';

export interface ReasoningContext {
  readonly family: Family;
  readonly losses: Losses;
  /** The limit that will be sent, the client's or the default, in tokens. */
  readonly maxTokens: number;
  /** The model has tools to call in this request. */
  readonly tools: boolean;
  /** The tool calls that the model is to go on from were made without signed reasoning. */
  readonly unsigned: boolean;
}

export interface ReasoningPlan {
  /** Members of additionalModelRequestFields. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The model is made to think: settings that exclude thinking must give way. */
  readonly thinking: boolean;
  /** maxTokens, temperature and topP must not be sent (Nova 2 at the effort high). */
  readonly bare?: true;
  /** In one line, for `explain`. */
  readonly line?: string;
}

const BUDGET_DEFAULT = 8192;
const BUDGET_MIN = 1024;
/** The share of maxTokens that thinking may take. */
const BUDGET_SHARE = 0.8;
// Anthropic's beta for thinking between tool calls; automatic with adaptive thinking, refused from Opus 4.7 on (2026-11).
const INTERLEAVED = 'interleaved-thinking-2025-05-14';

const NOTHING: ReasoningPlan = { fields: {}, thinking: false };

/** Whether the model reasons with this setting, so that maxTokens must leave room for it. */
export function willReason(setting: ChatRequest['reasoning'], style: ReasoningStyle): boolean {
  if (style.kind === 'none') return false;
  if (setting !== undefined && setting !== 'off') return true;
  return isAlwaysOn(style) || (setting === undefined && style.kind === 'effort' && style.optional === undefined);
}

const isAlwaysOn = (style: ReasoningStyle): boolean =>
  style.kind === 'fixed' ||
  (style.kind === 'adaptive' && style.least !== undefined) ||
  (style.kind === 'effort' && style.off === undefined && style.optional === undefined);

/** The fields to send for a setting. Without one nothing is sent, and the model does as it does by default. */
export function planReasoning(setting: ChatRequest['reasoning'], context: ReasoningContext): ReasoningPlan {
  const { reasoning: style } = context.family;
  if (setting === undefined) return { fields: {}, thinking: style.kind === 'adaptive' && style.least !== undefined };
  if (setting === 'off') return planOff(style, context.losses);
  switch (style.kind) {
    case 'budget':
      return planBudget(setting, style.interleaved, context);
    case 'adaptive':
      return planAdaptive(setting, style, context.losses);
    case 'effort': {
      const choice = chooseEffort(setting, style.efforts, context.losses);
      if (choice === undefined) return { ...NOTHING, line: 'the default of the model' };
      return { fields: style.field(choice.effort), thinking: true, line: choice.line };
    }
    case 'nova':
      return planNova(setting, style.efforts, context.losses);
    default:
      return planWithoutField(setting, style, context);
  }
}

function planOff(style: ReasoningStyle, losses: Losses): ReasoningPlan {
  if (style.kind === 'adaptive' && style.least === 'between-tools') {
    losses.approximate('reasoning', 'the model cannot stop thinking: it thinks between tool calls only');
    return { fields: { thinking: { type: 'between_tools' } }, thinking: true, line: 'between tool calls only' };
  }
  if (style.kind === 'adaptive' && style.least === 'low') {
    losses.approximate('reasoning', 'the model cannot stop thinking: the effort is low');
    const fields = { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'low' } };
    return { fields, thinking: true, line: 'adaptive, effort low (it cannot be turned off)' };
  }
  if (style.kind === 'effort' && style.off !== undefined) {
    return { fields: style.field(style.off), thinking: false, line: 'off' };
  }
  if (style.kind === 'effort' && style.optional === undefined) {
    const [least = 'low'] = style.efforts;
    losses.approximate('reasoning', `the model cannot stop reasoning: the effort is ${least}`);
    return { fields: style.field(least), thinking: true, line: `effort ${least} (it cannot be turned off)` };
  }
  if (style.kind === 'fixed') {
    losses.drop('reasoning', 'the model has no setting for reasoning');
    return { ...NOTHING, line: 'the default of the model' };
  }
  // Claude 4.6 and later refuse `disabled` in places, and all families here are off when nothing is sent.
  return { ...NOTHING, line: 'off' };
}

function planBudget(setting: Reasoning, interleaved: boolean, context: ReasoningContext): ReasoningPlan {
  const { maxTokens, losses, tools } = context;
  const cap = Math.floor(maxTokens * BUDGET_SHARE);
  if (cap < BUDGET_MIN) {
    losses.drop('reasoning', `maxTokens ${maxTokens} leaves no room for the least budget of ${BUDGET_MIN}`);
    return { ...NOTHING, line: `off (maxTokens ${maxTokens} is too small)` };
  }
  if (context.unsigned) {
    losses.drop(
      'reasoning',
      'the last tool call came without its signed reasoning, so thinking is off for this request',
    );
    return { ...NOTHING, line: 'off (the last tool call lacks its signed reasoning)' };
  }
  if (setting.display === 'omitted') losses.drop('reasoning', 'the model shows its thinking always');
  const asked = setting.budget ?? (setting.effort === undefined ? BUDGET_DEFAULT : EFFORT_BUDGETS[setting.effort]);
  const budget = Math.max(BUDGET_MIN, Math.min(Math.floor(asked), cap));
  let line = `budget ${budget} of maxTokens ${maxTokens}`;
  if (setting.budget === undefined && setting.effort !== undefined) {
    line += ` (from effort ${setting.effort})`;
    losses.approximate('reasoning', `the effort ${setting.effort} is sent as a budget of ${budget} tokens`);
  } else if (setting.budget !== undefined && setting.budget !== budget) {
    line += ` (asked: ${setting.budget})`;
    losses.approximate('reasoning', `a budget is ${BUDGET_MIN} tokens to 80 % of maxTokens: ${budget} is sent`);
  }
  const betas = interleaved && tools ? { anthropic_beta: [INTERLEAVED] } : {};
  return { fields: { thinking: { type: 'enabled', budget_tokens: budget }, ...betas }, thinking: true, line };
}

function planAdaptive(
  setting: Reasoning,
  style: Extract<ReasoningStyle, { kind: 'adaptive' }>,
  losses: Losses,
): ReasoningPlan {
  // Without `display` the later models keep their thinking to themselves.
  const display = style.display ? { display: setting.display === 'omitted' ? 'omitted' : 'summarized' } : {};
  const thinking = { type: 'adaptive', ...display };
  const choice = chooseEffort(setting, style.efforts, losses);
  if (choice === undefined) return { fields: { thinking }, thinking: true, line: 'adaptive' };
  return {
    fields: { thinking, output_config: { effort: choice.effort } },
    thinking: true,
    line: `adaptive, ${choice.line}`,
  };
}

function planNova(setting: Reasoning, efforts: readonly Effort[], losses: Losses): ReasoningPlan {
  // Nova wants an effort whenever reasoning is on.
  const choice = chooseEffort(setting, efforts, losses) ?? { effort: 'medium', line: 'effort medium (default)' };
  const fields = { reasoningConfig: { type: 'enabled', maxReasoningEffort: choice.effort } };
  return { fields, thinking: true, line: choice.line, ...(choice.effort === 'high' ? { bare: true } : {}) };
}

function planWithoutField(
  setting: Reasoning,
  style: ReasoningStyle,
  { family, losses }: ReasoningContext,
): ReasoningPlan {
  const asksForMore = setting.budget !== undefined || setting.effort !== undefined;
  if (style.kind === 'fixed') {
    if (asksForMore) losses.drop('reasoning', 'the model reasons always and has no setting for it');
    return { ...NOTHING, line: 'the default of the model' };
  }
  const unknown = family.name === 'unknown' ? ': its name is not known, set models.<alias>.base' : '';
  losses.drop('reasoning', `the model has no reasoning setting${unknown}`);
  return { ...NOTHING, line: 'none' };
}
