// Section 7.4: the reasoning fields of the families other than Claude.
import type { Reasoning } from '@turnout/core/contract';
import { describe } from 'vitest';
import { asked } from './proof.ts';
import { holdRules, LLAMA, NOVA, NOVA_2, OSS, QWEN, R1, type Rule } from './rules.ts';

const DEEPSEEK = 'deepseek.v3.2';
const KIMI = 'moonshot.kimi-k2-thinking';
const GPT_5 = 'openai.gpt-5.5';
const GPT_6 = 'openai.gpt-5.6-luna';

type Setting = 'off' | Reasoning;
type Case = readonly [model: string, setting: Setting, fields: object | undefined, losses?: readonly string[]];

const nova = (maxReasoningEffort: string) => ({ reasoningConfig: { type: 'enabled', maxReasoningEffort } });
const approximated = ['reasoning:approximated'];
const dropped = ['reasoning:dropped'];

const CASES: readonly Case[] = [
  [NOVA_2, { effort: 'low' }, nova('low')],
  [NOVA_2, { effort: 'medium' }, nova('medium')],
  // An effort is required.
  [NOVA_2, {}, nova('medium')],
  [NOVA_2, { budget: 2000 }, nova('low'), approximated],
  [NOVA_2, { effort: 'xhigh' }, nova('high'), approximated],
  [NOVA_2, 'off', undefined],
  [NOVA, { effort: 'high' }, undefined, dropped],
  // Always on, and none is refused.
  [OSS, 'off', { reasoning_effort: 'low' }, approximated],
  [OSS, { effort: 'minimal' }, { reasoning_effort: 'low' }, approximated],
  [OSS, { effort: 'high' }, { reasoning_effort: 'high' }],
  [OSS, { effort: 'max' }, { reasoning_effort: 'high' }, approximated],
  [GPT_5, 'off', { reasoning: { effort: 'none' } }],
  [GPT_5, { effort: 'xhigh' }, { reasoning: { effort: 'xhigh' } }],
  [GPT_5, { effort: 'max' }, { reasoning: { effort: 'xhigh' } }, approximated],
  [GPT_6, { effort: 'max' }, { reasoning: { effort: 'max' } }],
  // Low and high, and no off.
  [QWEN, { effort: 'low' }, { reasoning_config: 'low' }],
  [QWEN, { effort: 'medium' }, { reasoning_config: 'low' }, approximated],
  [QWEN, { effort: 'high' }, { reasoning_config: 'high' }],
  [QWEN, 'off', { reasoning_config: 'low' }, approximated],
  [DEEPSEEK, { effort: 'medium' }, { reasoning_config: 'medium' }],
  [DEEPSEEK, 'off', undefined],
  [KIMI, { effort: 'high' }, { reasoning_effort: 'high' }],
  // Always on, without a setting.
  [R1, { effort: 'high' }, undefined, dropped],
  [R1, 'off', undefined, dropped],
  [R1, {}, undefined],
  [LLAMA, { budget: 4096 }, undefined, dropped],
  [LLAMA, 'off', undefined],
];

const word = (setting: Setting): string => (setting === 'off' ? 'off' : JSON.stringify(setting));

describe('section 7.4', () => {
  holdRules(
    '7.4',
    CASES.map(
      ([model, reasoning, fields, losses = []]): Rule => ({
        rule: `${model}, ${word(reasoning)}: ${fields === undefined ? 'nothing is sent' : JSON.stringify(fields)}`,
        asked: asked(model, { reasoning }),
        ...(fields === undefined
          ? { absent: ['additionalModelRequestFields'] }
          : { body: { additionalModelRequestFields: fields } }),
        losses,
      }),
    ),
  );
  holdRules('7.4', [
    {
      rule: 'Nova 2 at the effort high takes no maxTokens, temperature or topP',
      asked: asked(NOVA_2, { reasoning: { effort: 'high' }, maxTokens: 4000, temperature: 0.2, topP: 0.5 }),
      body: { additionalModelRequestFields: nova('high') },
      absent: ['inferenceConfig.maxTokens', 'inferenceConfig.temperature', 'inferenceConfig.topP'],
      losses: ['maxTokens:dropped', 'temperature:dropped', 'topP:dropped'],
    },
    {
      rule: 'Nova takes top_k in inferenceConfig.topK, below the additional fields',
      asked: asked(NOVA, { topK: 20 }),
      body: { additionalModelRequestFields: { inferenceConfig: { topK: 20 } } },
      absent: ['additionalModelRequestFields.top_k'],
    },
    {
      rule: 'gpt-oss takes no stop sequences',
      asked: asked(OSS, { stop: ['x'] }),
      absent: ['inferenceConfig.stopSequences'],
      losses: ['stop:dropped'],
    },
    {
      rule: 'GPT takes no temperature, topP or stop sequences',
      asked: asked(GPT_6, { temperature: 0.5, topP: 0.5, stop: ['x'] }),
      absent: ['inferenceConfig.temperature', 'inferenceConfig.topP', 'inferenceConfig.stopSequences'],
      losses: ['temperature:dropped', 'topP:dropped', 'stop:dropped'],
    },
    {
      rule: 'unknown keys are a 400: what a client sends besides is a loss and never passed on',
      asked: asked(QWEN, { extensions: { 'openai-chat': { logit_bias: {}, reasoning: {} } } }),
      absent: ['additionalModelRequestFields'],
      losses: ['logit_bias:dropped', 'reasoning:dropped'],
    },
  ]);
});
