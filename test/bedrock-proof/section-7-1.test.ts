// Section 7.1: what each Claude takes, row by row of its capability matrix.
import { describe } from 'vitest';
import { asked, UNLISTED } from './proof.ts';
import { holdRules, type Rule, tool } from './rules.ts';

interface Row {
  readonly model: string;
  /** What a budget of 8,192 tokens becomes. */
  readonly thinks: 'adaptive' | 'budget';
  /** What is sent for `off`; absent: nothing. */
  readonly off?: object;
  /** temperature and topP: both taken, one of them, or none. */
  readonly sampling: 'both' | 'one' | 'none';
  /** A forced tool choice: always taken, not while thinking, never. */
  readonly forced: 'always' | 'not while thinking' | 'never';
  /** What the effort xhigh becomes. */
  readonly xhigh: string;
}

const LOW = { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'low' } };
const LATEST = { thinks: 'adaptive', sampling: 'none', forced: 'always', xhigh: 'xhigh' } as const;
const V4_6 = { thinks: 'adaptive', sampling: 'one', forced: 'not while thinking', xhigh: 'high' } as const;
const V4_5 = { thinks: 'budget', sampling: 'one', forced: 'not while thinking', xhigh: 'budget' } as const;
const V4 = { ...V4_5, sampling: 'both' } as const;

const ROWS: readonly Row[] = [
  {
    ...LATEST,
    model: 'anthropic.claude-sonnet-5-5',
    off: { thinking: { type: 'between_tools' } },
    forced: 'never',
  },
  { ...LATEST, model: 'anthropic.claude-opus-5-5', off: LOW, forced: 'never' },
  { ...LATEST, model: 'anthropic.claude-haiku-5-5' },
  { ...LATEST, model: 'anthropic.claude-opus-5' },
  { ...LATEST, model: 'anthropic.claude-fable-5-2', off: LOW, forced: 'never' },
  { ...LATEST, model: 'anthropic.claude-fable-5-1', off: LOW, forced: 'never' },
  { ...LATEST, model: 'anthropic.claude-fable-5', off: LOW },
  { ...LATEST, model: 'anthropic.claude-opus-4-8' },
  { ...LATEST, model: 'anthropic.claude-opus-4-7', forced: 'not while thinking' },
  { ...LATEST, model: 'anthropic.claude-sonnet-5' },
  { ...V4_6, model: 'anthropic.claude-sonnet-4-6' },
  { ...V4_6, model: 'anthropic.claude-opus-4-6-v1' },
  { ...V4_5, model: 'anthropic.claude-sonnet-4-5-20250929-v1:0' },
  { ...V4_5, model: 'anthropic.claude-opus-4-5-20251101-v1:0' },
  { ...V4_5, model: 'anthropic.claude-haiku-4-5-20251001-v1:0' },
  { ...V4_5, model: 'anthropic.claude-opus-4-1-20250805-v1:0' },
  { ...V4, model: 'anthropic.claude-sonnet-4-20250514-v1:0' },
  { ...V4, model: 'anthropic.claude-opus-4-20250514-v1:0' },
  { ...V4, model: 'anthropic.claude-3-7-sonnet-20250219-v1:0' },
  // One that came after the table: as the latest, with the least asked of it.
  { ...LATEST, model: 'anthropic.claude-zeta-9', forced: 'never' },
];

function rulesOf({ model, thinks, off, sampling, forced, xhigh }: Row): Rule[] {
  const maxTokens = 20_000;
  const adaptive = {
    additionalModelRequestFields: { thinking: { type: 'adaptive' }, output_config: { effort: 'medium' } },
  };
  const enabled = { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 8192 } } };
  const rules: Rule[] = [
    {
      rule: `a budget is sent as ${thinks === 'budget' ? 'budget_tokens' : 'adaptive thinking with an effort'}`,
      asked: asked(model, { maxTokens, reasoning: { budget: 8192 } }),
      body: thinks === 'budget' ? enabled : adaptive,
      losses: thinks === 'budget' ? [] : ['reasoning:approximated'],
    },
    {
      rule:
        off === undefined
          ? 'thinking is turned off by sending nothing'
          : 'thinking cannot be turned off: the least is sent',
      asked: asked(model, { maxTokens, reasoning: 'off' }),
      ...(off === undefined
        ? { absent: ['additionalModelRequestFields'] }
        : { body: { additionalModelRequestFields: off }, losses: ['reasoning:approximated'] }),
    },
    {
      rule: `the effort xhigh is sent as ${xhigh}`,
      asked: asked(model, { maxTokens, reasoning: { effort: 'xhigh' } }),
      ...(xhigh === 'budget'
        ? {
            body: { additionalModelRequestFields: { thinking: { budget_tokens: 16_000 } } },
            losses: ['reasoning:approximated'],
          }
        : {
            body: { additionalModelRequestFields: { output_config: { effort: xhigh } } },
            losses: xhigh === 'xhigh' ? [] : ['reasoning:approximated'],
          }),
    },
    {
      rule: `temperature and top_p: ${sampling}`,
      asked: asked(model, { maxTokens, temperature: 0.3, topP: 0.9, topK: 40 }),
      ...(sampling === 'none'
        ? {
            absent: ['inferenceConfig.temperature', 'inferenceConfig.topP', 'additionalModelRequestFields'],
            losses: ['temperature:dropped', 'topP:dropped', 'topK:dropped'],
          }
        : {
            body: { inferenceConfig: { temperature: 0.3 }, additionalModelRequestFields: { top_k: 40 } },
            ...(sampling === 'one' ? { absent: ['inferenceConfig.topP'], losses: ['topP:dropped'] } : {}),
          }),
    },
    {
      rule: `a forced tool choice while it thinks: ${forced === 'always' ? 'sent' : 'left to the model'}`,
      asked: asked(model, { maxTokens, tools: [tool('look')], toolChoice: { name: 'look' }, reasoning: {} }),
      ...(forced === 'always'
        ? { body: { toolConfig: { toolChoice: { tool: { name: 'look' } } } } }
        : { absent: ['toolConfig.toolChoice'], losses: ['toolChoice:approximated'] }),
    },
    {
      rule: `a forced tool choice otherwise: ${forced === 'never' ? 'left to the model' : 'sent'}`,
      asked: asked(model, { maxTokens, tools: [tool('look')], toolChoice: 'required' }),
      ...(forced === 'never'
        ? { absent: ['toolConfig.toolChoice'], losses: ['toolChoice:approximated'] }
        : { body: { toolConfig: { toolChoice: { any: {} } } } }),
    },
    {
      rule: 'more tokens than it answers with are cut to its own limit',
      asked: asked(model, { maxTokens: 1_000_000 }),
      losses: UNLISTED.includes(model) ? [] : ['maxTokens:approximated'],
    },
  ];
  return rules;
}

describe.each(ROWS)('$model', (row) => holdRules('7.1', rulesOf(row)));
