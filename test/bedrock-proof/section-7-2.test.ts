// Section 7.2: the shapes in which Claude takes its reasoning setting, and what must give way to it.
import { describe } from 'vitest';
import { asked } from './proof.ts';
import {
  assistant,
  call,
  HAIKU_3,
  holdRules,
  NOVA,
  OPUS_5_5,
  result,
  SONNET_3_7,
  SONNET_4_5,
  SONNET_4_6,
  SONNET_5,
  text,
  tool,
  user,
} from './rules.ts';

const fields = (additionalModelRequestFields: object) => ({ additionalModelRequestFields });
const budget = (tokens: number) => fields({ thinking: { type: 'enabled', budget_tokens: tokens } });
const tools = [tool('look')];

describe('section 7.2', () => {
  holdRules('7.2', [
    {
      rule: 'legacy: thinking enabled with budget_tokens below maxTokens',
      asked: asked(SONNET_3_7, { maxTokens: 16_384, reasoning: { budget: 8192 } }),
      body: { ...budget(8192), inferenceConfig: { maxTokens: 16_384 } },
    },
    {
      rule: 'budget_tokens is at least 1024',
      asked: asked(SONNET_4_5, { maxTokens: 4000, reasoning: { budget: 200 } }),
      body: budget(1024),
      losses: ['reasoning:approximated'],
    },
    {
      rule: 'budget_tokens stays below max_tokens: at most 80 % of it',
      asked: asked(SONNET_4_5, { maxTokens: 10_000, reasoning: { budget: 50_000 } }),
      body: { ...budget(8000), inferenceConfig: { maxTokens: 10_000 } },
      losses: ['reasoning:approximated'],
    },
    {
      rule: 'without a limit of the client there is room for the default budget',
      asked: asked(SONNET_4_5, { reasoning: {} }),
      body: { ...budget(8192), inferenceConfig: { maxTokens: 16_384 } },
    },
    {
      rule: 'a call too short for the least budget goes without thinking',
      asked: asked(SONNET_4_5, { maxTokens: 100, reasoning: { effort: 'high' } }),
      absent: ['additionalModelRequestFields'],
      losses: ['reasoning:dropped'],
    },
    {
      rule: 'an effort becomes a budget where the model has budgets: low',
      asked: asked(SONNET_4_5, { maxTokens: 60_000, reasoning: { effort: 'low' } }),
      body: budget(2048),
      losses: ['reasoning:approximated'],
    },
    {
      rule: 'an effort becomes a budget where the model has budgets: medium',
      asked: asked(SONNET_4_5, { maxTokens: 60_000, reasoning: { effort: 'medium' } }),
      body: budget(8192),
      losses: ['reasoning:approximated'],
    },
    {
      rule: 'an effort becomes a budget where the model has budgets: high',
      asked: asked(SONNET_4_5, { maxTokens: 60_000, reasoning: { effort: 'high' } }),
      body: budget(24_576),
      losses: ['reasoning:approximated'],
    },
    {
      rule: 'adaptive: effort stands in output_config, beside thinking and never in it',
      asked: asked(SONNET_5, { reasoning: { effort: 'max' } }),
      body: fields({ thinking: { type: 'adaptive' }, output_config: { effort: 'max' } }),
      absent: [
        'additionalModelRequestFields.thinking.effort',
        'additionalModelRequestFields.anthropic_beta',
        'outputConfig',
      ],
    },
    {
      rule: 'from 4.7 on thinking is shown only when asked for: display summarized',
      asked: asked(SONNET_5, { reasoning: {} }),
      body: fields({ thinking: { type: 'adaptive', display: 'summarized' } }),
    },
    {
      rule: 'from 4.7 on thinking is left out where the caller wants none of it',
      asked: asked(SONNET_5, { reasoning: { display: 'omitted' } }),
      body: fields({ thinking: { type: 'adaptive', display: 'omitted' } }),
    },
    {
      rule: 'the effort is sent once: with a native JSON schema it moves into outputConfig',
      asked: asked(SONNET_4_6, {
        reasoning: { effort: 'high' },
        output: { schema: { type: 'object', properties: {}, additionalProperties: false } },
      }),
      body: { outputConfig: { effort: 'high', textFormat: { type: 'json_schema' } } },
      absent: ['additionalModelRequestFields.output_config'],
    },
    {
      rule: 'xhigh is what 4.6 does not have: high is sent',
      asked: asked(SONNET_4_6, { reasoning: { effort: 'xhigh' } }),
      body: fields({ output_config: { effort: 'high' } }),
      losses: ['reasoning:approximated'],
    },
    {
      rule: 'minimal is what Claude does not have: low is sent',
      asked: asked(SONNET_5, { reasoning: { effort: 'minimal' } }),
      body: fields({ output_config: { effort: 'low' } }),
      losses: ['reasoning:approximated'],
    },
    ...[
      [1000, 'low'],
      [5000, 'medium'],
      [20_000, 'high'],
      [60_000, 'xhigh'],
    ].map(([tokens, effort]) => ({
      rule: `a budget of ${tokens} is the effort ${effort}`,
      asked: asked(SONNET_5, { maxTokens: 100_000, reasoning: { budget: Number(tokens) } }),
      body: fields({ output_config: { effort } }),
      losses: ['reasoning:approximated'],
    })),
    {
      rule: 'thinking drops temperature, top_p and top_k',
      asked: asked(SONNET_4_5, { maxTokens: 9000, reasoning: {}, temperature: 0.2, topP: 0.5, topK: 3 }),
      absent: ['inferenceConfig.temperature', 'inferenceConfig.topP', 'additionalModelRequestFields.top_k'],
      losses: ['temperature:dropped', 'topP:dropped', 'topK:dropped'],
    },
    {
      rule: 'the temperature 1 is what thinking happens at: dropping it loses nothing',
      asked: asked(SONNET_4_5, { maxTokens: 9000, reasoning: { budget: 2000 }, temperature: 1 }),
      absent: ['inferenceConfig.temperature'],
    },
    {
      rule: 'thinking downgrades a forced tool to auto, and leaves the named tool alone in the list',
      asked: asked(SONNET_4_5, {
        maxTokens: 9000,
        reasoning: { budget: 2000 },
        tools: [tool('look'), tool('other')],
        toolChoice: { name: 'other' },
      }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'other' } }] } },
      absent: ['toolConfig.toolChoice', 'toolConfig.tools.1'],
      losses: ['toolChoice:approximated'],
    },
    {
      rule: 'thinking takes no prefill: the model is asked to go on',
      asked: asked(SONNET_4_5, {
        maxTokens: 9000,
        reasoning: { budget: 2000 },
        messages: [user(text('a')), assistant(text('The answer'))],
      }),
      body: { messages: [{}, {}, { role: 'user', content: [{ text: 'Continue.' }] }] },
      losses: ['messages:approximated'],
    },
    {
      rule: 'interleaved thinking is a beta of Claude 4 to 4.5, with tools',
      asked: asked(SONNET_4_5, { maxTokens: 9000, reasoning: { budget: 2000 }, tools }),
      body: fields({ anthropic_beta: ['interleaved-thinking-2025-05-14'] }),
    },
    {
      rule: 'without tools there is nothing to interleave',
      asked: asked(SONNET_4_5, { maxTokens: 9000, reasoning: { budget: 2000 } }),
      absent: ['additionalModelRequestFields.anthropic_beta'],
    },
    ...[SONNET_3_7, SONNET_4_6, SONNET_5, OPUS_5_5].map((model) => ({
      rule: `no beta for interleaved thinking: ${model}`,
      asked: asked(model, { maxTokens: 9000, reasoning: {}, tools }),
      absent: ['additionalModelRequestFields.anthropic_beta'],
    })),
    {
      rule: 'models other than Claude get no anthropic_beta and no thinking',
      asked: asked(NOVA, { maxTokens: 4000, reasoning: { budget: 2000 }, tools }),
      absent: ['additionalModelRequestFields'],
      losses: ['reasoning:dropped'],
    },
    {
      rule: 'a Claude without reasoning says so',
      asked: asked(HAIKU_3, { maxTokens: 4000, reasoning: { budget: 2000 } }),
      absent: ['additionalModelRequestFields'],
      losses: ['reasoning:dropped'],
    },
    {
      rule: 'a prompt and max_tokens together may not exceed the context: max_tokens is cut to what the model answers with',
      asked: asked(SONNET_4_5, { maxTokens: 500_000 }),
      body: { inferenceConfig: { maxTokens: 64_000 } },
      losses: ['maxTokens:approximated'],
    },
    {
      rule: 'what the model is to go on from keeps its tools and results',
      asked: asked(SONNET_5, {
        reasoning: {},
        tools,
        messages: [user(text('a')), assistant(call('c1')), user(result('c1'))],
      }),
      body: {
        messages: [
          {},
          { content: [{ toolUse: { toolUseId: 'c1' } }] },
          { content: [{ toolResult: { toolUseId: 'c1' } }] },
        ],
      },
    },
  ]);
});
