// The reasoning table: every family × off, budget, effort, and the settings that conflict with it.
import type { ChatRequest, Part, Reasoning } from '@turnout/core/contract';
import { describe, expect, it } from 'vitest';
import { chatRequest } from '../test/fixture.ts';
import { shapeRequest } from './request.ts';
import { resolveTarget } from './resolve.ts';

const shape = (model: string, given: Partial<ChatRequest> = {}) =>
  shapeRequest(
    chatRequest({ model, ...given }),
    resolveTarget(model, {
      region: 'us-east-1',
      regionSource: 'the test',
      crossRegion: 'off',
      endpoint: undefined,
      models: {},
    }),
  );
const fieldsOf = (model: string, reasoning: 'off' | Reasoning, given: Partial<ChatRequest> = {}) =>
  shape(model, { reasoning, ...given }).body.additionalModelRequestFields;
const lossesOf = (model: string, given: Partial<ChatRequest>) =>
  shape(model, given).losses.map(({ field, action }) => `${field}:${action}`);

const enabled = (budget: number) => ({ thinking: { type: 'enabled', budget_tokens: budget } });
const adaptive = (effort: string) => ({
  thinking: { type: 'adaptive', display: 'summarized' },
  output_config: { effort },
});
const older = (effort: string) => ({ thinking: { type: 'adaptive' }, output_config: { effort } });
const least = { thinking: { type: 'adaptive', display: 'omitted' }, output_config: { effort: 'low' } };
const nova = (effort: string) => ({ reasoningConfig: { type: 'enabled', maxReasoningEffort: effort } });

type Row = readonly [model: string, off: unknown, budget20k: unknown, low: unknown, high: unknown, xhigh: unknown];

// Each: what is sent for off, a budget of 20,000 tokens, and the efforts low, high and xhigh, with maxTokens 30,000.
const TABLE: readonly Row[] = [
  [
    'anthropic.claude-sonnet-5-5',
    { thinking: { type: 'between_tools' } },
    adaptive('high'),
    adaptive('low'),
    adaptive('high'),
    adaptive('xhigh'),
  ],
  ['anthropic.claude-opus-5-5', least, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  ['anthropic.claude-haiku-5-5', undefined, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  ['anthropic.claude-opus-5', undefined, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  ['anthropic.claude-fable-5-2', least, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  ['anthropic.claude-fable-5-1', least, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  ['anthropic.claude-fable-5', least, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  ['anthropic.claude-opus-4-8', undefined, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  ['anthropic.claude-opus-4-7', undefined, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  ['anthropic.claude-sonnet-5', undefined, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  ['anthropic.claude-mythos-5', undefined, adaptive('high'), adaptive('low'), adaptive('high'), adaptive('xhigh')],
  // No xhigh before 4.7: the nearest below.
  ['anthropic.claude-sonnet-4-6', undefined, older('high'), older('low'), older('high'), older('high')],
  ['anthropic.claude-opus-4-6-v1', undefined, older('high'), older('low'), older('high'), older('high')],
  [
    'anthropic.claude-sonnet-4-5-20250929-v1:0',
    undefined,
    enabled(20_000),
    enabled(2048),
    enabled(24_000),
    enabled(24_000),
  ],
  [
    'anthropic.claude-opus-4-5-20251101-v1:0',
    undefined,
    enabled(20_000),
    enabled(2048),
    enabled(24_000),
    enabled(24_000),
  ],
  [
    'anthropic.claude-haiku-4-5-20251001-v1:0',
    undefined,
    enabled(20_000),
    enabled(2048),
    enabled(24_000),
    enabled(24_000),
  ],
  [
    'anthropic.claude-opus-4-1-20250805-v1:0',
    undefined,
    enabled(20_000),
    enabled(2048),
    enabled(24_000),
    enabled(24_000),
  ],
  [
    'anthropic.claude-sonnet-4-20250514-v1:0',
    undefined,
    enabled(20_000),
    enabled(2048),
    enabled(24_000),
    enabled(24_000),
  ],
  [
    'anthropic.claude-opus-4-20250514-v1:0',
    undefined,
    enabled(20_000),
    enabled(2048),
    enabled(24_000),
    enabled(24_000),
  ],
  [
    'anthropic.claude-3-7-sonnet-20250219-v1:0',
    undefined,
    enabled(20_000),
    enabled(2048),
    enabled(24_000),
    enabled(24_000),
  ],
  ['anthropic.claude-3-5-haiku-20241022-v1:0', undefined, undefined, undefined, undefined, undefined],
  ['amazon.nova-2-lite-v1:0', undefined, nova('high'), nova('low'), nova('high'), nova('high')],
  ['amazon.nova-pro-v1:0', undefined, undefined, undefined, undefined, undefined],
  [
    'openai.gpt-oss-120b-1:0',
    { reasoning_effort: 'low' },
    { reasoning_effort: 'high' },
    { reasoning_effort: 'low' },
    { reasoning_effort: 'high' },
    { reasoning_effort: 'high' },
  ],
  [
    'openai.gpt-6-sol',
    { reasoning: { effort: 'none' } },
    { reasoning: { effort: 'high' } },
    { reasoning: { effort: 'low' } },
    { reasoning: { effort: 'high' } },
    { reasoning: { effort: 'xhigh' } },
  ],
  [
    'qwen.qwen3-32b-v1:0',
    { reasoning_config: 'low' },
    { reasoning_config: 'high' },
    { reasoning_config: 'low' },
    { reasoning_config: 'high' },
    { reasoning_config: 'high' },
  ],
  // The catalogue knows that this one does not reason.
  ['qwen.qwen3-coder-next', undefined, undefined, undefined, undefined, undefined],
  [
    'deepseek.v3.2',
    undefined,
    { reasoning_config: 'high' },
    { reasoning_config: 'low' },
    { reasoning_config: 'high' },
    { reasoning_config: 'high' },
  ],
  [
    'moonshotai.kimi-k2.5',
    { reasoning_effort: 'low' },
    { reasoning_effort: 'high' },
    { reasoning_effort: 'low' },
    { reasoning_effort: 'high' },
    { reasoning_effort: 'high' },
  ],
  ['deepseek.r1-v1:0', undefined, undefined, undefined, undefined, undefined],
  ['minimax.minimax-m2', undefined, undefined, undefined, undefined, undefined],
  ['xai.grok-4.3', undefined, undefined, undefined, undefined, undefined],
  ['meta.llama3-3-70b-instruct-v1:0', undefined, undefined, undefined, undefined, undefined],
];

describe.each(TABLE)('%s', (model, off, budget, low, high, xhigh) => {
  const maxTokens = 30_000;
  it('off', () => expect(fieldsOf(model, 'off', { maxTokens })).toEqual(off));
  it('budget', () => expect(fieldsOf(model, { budget: 20_000 }, { maxTokens })).toEqual(budget));
  it('effort low', () => expect(fieldsOf(model, { effort: 'low' }, { maxTokens })).toEqual(low));
  it('effort high', () => expect(fieldsOf(model, { effort: 'high' }, { maxTokens })).toEqual(high));
  it('effort xhigh', () => expect(fieldsOf(model, { effort: 'xhigh' }, { maxTokens })).toEqual(xhigh));

  it('reports what it could not send as it was asked', () => {
    const asked = (setting: 'off' | Reasoning) =>
      lossesOf(model, { maxTokens, reasoning: setting }).includes('reasoning:approximated') ||
      lossesOf(model, { maxTokens, reasoning: setting }).includes('reasoning:dropped');
    // An effort becomes a budget, a budget an effort, or either nothing.
    expect(asked({ budget: 20_000 })).toBe(JSON.stringify(budget) !== JSON.stringify(enabled(20_000)));
    const asEffort = JSON.stringify(low)?.includes('"low"') ?? false;
    expect(asked({ effort: 'low' })).toBe(!asEffort);
    const keepsThinking = off !== undefined && !JSON.stringify(off).includes('none');
    const alwaysOn = ['deepseek.r1', 'minimax', 'grok'].some((part) => model.includes(part));
    expect(asked('off')).toBe(keepsThinking || alwaysOn);
  });
});

const BUDGETED = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const ADAPTIVE = 'anthropic.claude-sonnet-5';

describe('the numbers of budget models', () => {
  it.each([
    // budget and maxTokens by default
    [{}, undefined, 8192, 16_384],
    [{ effort: 'low' }, undefined, 2048, 16_384],
    [{ effort: 'medium' }, undefined, 8192, 16_384],
    // 24,576 is more than 80 % of 16,384
    [{ effort: 'high' }, undefined, 13_107, 16_384],
    [{ budget: 500 }, undefined, 1024, 16_384],
    [{ budget: 5000 }, 4000, 3200, 4000],
    [{ budget: 5000 }, 1280, 1024, 1280],
    [{ budget: 60_000 }, 100_000, 51_200, 64_000],
  ] as const)('%j with maxTokens %s: budget %s of %s', (reasoning, maxTokens, budget, sent) => {
    const { body } = shape(BUDGETED, { reasoning, ...(maxTokens === undefined ? {} : { maxTokens }) });
    expect(body.additionalModelRequestFields?.thinking).toEqual({ type: 'enabled', budget_tokens: budget });
    expect(body.inferenceConfig?.maxTokens).toBe(sent);
  });

  it('turn thinking off when maxTokens leaves no room', () => {
    const { body, losses, reasoningLine } = shape(BUDGETED, {
      reasoning: { budget: 4000 },
      maxTokens: 1000,
      temperature: 0.2,
    });
    expect(body.additionalModelRequestFields).toBeUndefined();
    // And what thinking would have excluded stays.
    expect(body.inferenceConfig).toEqual({ maxTokens: 1000, temperature: 0.2 });
    expect(losses).toEqual([expect.objectContaining({ field: 'reasoning', action: 'dropped' })]);
    expect(reasoningLine).toMatch(/^off/);
  });

  it('say how the setting came about', () => {
    expect(shape(BUDGETED, { reasoning: { effort: 'medium' } }).reasoningLine).toBe(
      'budget 8192 of maxTokens 16384 (from effort medium)',
    );
    expect(shape(ADAPTIVE, { reasoning: { budget: 8192 } }).reasoningLine).toBe(
      'adaptive, effort medium (from budget 8192)',
    );
    expect(shape(ADAPTIVE, { reasoning: 'off' }).reasoningLine).toBe('off');
    expect(shape(ADAPTIVE, {}).reasoningLine).toBeUndefined();
  });

  it.each([
    [4095, 'low'],
    [4096, 'medium'],
    [12_287, 'medium'],
    [12_288, 'high'],
    [32_767, 'high'],
    [32_768, 'xhigh'],
  ])('a budget of %s is the effort %s', (budget, effort) => {
    expect(fieldsOf(ADAPTIVE, { budget })).toEqual(adaptive(effort));
    // Where there is no xhigh: the nearest below.
    expect(fieldsOf('anthropic.claude-opus-4-6-v1', { budget })).toEqual(older(effort === 'xhigh' ? 'high' : effort));
  });
});

describe('conflicts with thinking', () => {
  const tools = [{ kind: 'function', name: 'look', schema: { type: 'object', properties: {} } }] as const;

  it('sampling gives way, each setting as a loss', () => {
    const { body, losses } = shape(BUDGETED, { reasoning: { budget: 4000 }, temperature: 0.3, topP: 0.9, topK: 5 });
    expect(body.inferenceConfig).toEqual({ maxTokens: 16_384 });
    expect(body.additionalModelRequestFields).toEqual(enabled(4000));
    expect(losses.map(({ field }) => field).sort()).toEqual(['temperature', 'topK', 'topP']);
    // A temperature of 1 is what thinking happens at.
    expect(lossesOf(BUDGETED, { reasoning: { budget: 4000 }, temperature: 1 })).toEqual([]);
  });

  it('a forced tool choice becomes the model’s own, with the named tool alone', () => {
    const more = [...tools, { kind: 'function', name: 'other' } as const];
    const named = shape(BUDGETED, { reasoning: { budget: 4000 }, tools: more, toolChoice: { name: 'look' } });
    expect(named.body.toolConfig?.tools.map(({ toolSpec }) => toolSpec?.name)).toEqual(['look']);
    expect(named.body.toolConfig?.toolChoice).toBeUndefined();
    expect(named.losses).toEqual([expect.objectContaining({ field: 'toolChoice', action: 'approximated' })]);
    const required = shape(ADAPTIVE, { reasoning: { effort: 'low' }, tools, toolChoice: 'required' });
    // From 4.8 on it may stay.
    expect(required.body.toolConfig?.toolChoice).toEqual({ any: {} });
    expect(
      lossesOf('anthropic.claude-opus-4-7', { reasoning: { effort: 'low' }, tools, toolChoice: 'required' }),
    ).toEqual(['toolChoice:approximated']);
    // Those that always think refuse it with any setting.
    expect(lossesOf('anthropic.claude-opus-5-5', { tools, toolChoice: 'required' })).toEqual([
      'toolChoice:approximated',
    ]);
  });

  it('interleaved thinking is asked for where it is a beta, with tools only', () => {
    const beta = { anthropic_beta: ['interleaved-thinking-2025-05-14'] };
    expect(fieldsOf(BUDGETED, { budget: 4000 }, { tools })).toEqual({ ...enabled(4000), ...beta });
    expect(fieldsOf('anthropic.claude-3-7-sonnet-20250219-v1:0', { budget: 4000 }, { tools })).toEqual(enabled(4000));
    expect(fieldsOf(ADAPTIVE, { effort: 'high' }, { tools })).toEqual(adaptive('high'));
  });

  it('Nova at the effort high takes no inference settings', () => {
    const { body, losses } = shape('amazon.nova-2-lite-v1:0', {
      reasoning: { effort: 'high' },
      maxTokens: 500,
      temperature: 0.2,
      stop: ['x'],
    });
    expect(body.inferenceConfig).toEqual({ stopSequences: ['x'] });
    expect(losses.map(({ field }) => field)).toEqual(['maxTokens', 'temperature']);
    expect(shape('amazon.nova-2-lite-v1:0', { reasoning: {} }).body.additionalModelRequestFields).toEqual(
      nova('medium'),
    );
  });

  it('an answer to be continued is not, while thinking', () => {
    const messages = [
      ...chatRequest().messages,
      { role: 'assistant', parts: [{ type: 'text', text: 'It is ' }] },
    ] as const;
    const sent = shape(BUDGETED, { reasoning: { budget: 4000 }, messages }).body.messages;
    expect(sent.at(-1)).toEqual({ role: 'user', content: [{ text: 'Continue.' }] });
    expect(shape(BUDGETED, { messages }).body.messages.at(-1)).toEqual({
      role: 'assistant',
      content: [{ text: 'It is' }],
    });
  });

  it('the text of thinking is left out where the caller wants none', () => {
    expect(fieldsOf(ADAPTIVE, { effort: 'low', display: 'omitted' })?.thinking).toEqual({
      type: 'adaptive',
      display: 'omitted',
    });
  });
});

describe('signed reasoning in the history', () => {
  const signed = { type: 'reasoning', text: ' I look. ', signature: 'sig==', origin: 'claude' } as const;
  const call = { type: 'tool-call', id: 'c1', name: 'look', input: '{}' } as const;
  const result = { type: 'tool-result', id: 'c1', parts: [{ type: 'text', text: 'seen' }] } as const;
  const tools = [{ kind: 'function', name: 'look' }] as const;
  const history = (...parts: ChatRequest['messages'][number]['parts'][number][]): ChatRequest['messages'] => [
    { role: 'user', parts: [{ type: 'text', text: 'Look' }] },
    { role: 'assistant', parts },
    { role: 'user', parts: [result] },
  ];
  const assistantOf = (model: string, messages: ChatRequest['messages'], reasoning?: Reasoning) =>
    shape(model, { messages, tools, ...(reasoning === undefined ? {} : { reasoning }) }).body.messages[1]?.content;

  it('goes back byte for byte, first, redacted too', () => {
    const redacted = { type: 'reasoning', data: 'cmVkYWN0ZWQ=', origin: 'claude' } as const;
    const text = { type: 'text', text: 'Let me see.' } as const;
    expect(assistantOf(BUDGETED, history(text, signed, redacted, call), {})).toEqual([
      { reasoningContent: { reasoningText: { text: ' I look. ', signature: 'sig==' } } },
      { reasoningContent: { redactedContent: btoa('cmVkYWN0ZWQ=') } },
      { text: 'Let me see.' },
      { toolUse: { toolUseId: 'c1', name: 'look', input: {} } },
    ]);
    expect(
      shape(BUDGETED, { messages: history(signed, call), tools, reasoning: {} }).body.additionalModelRequestFields
        ?.thinking,
    ).toBeDefined();
  });

  it.each([
    ['unsigned', BUDGETED, { type: 'reasoning', text: 'hm' }],
    ['of another family', BUDGETED, { ...signed, origin: 'openai' }],
    ['of no family', BUDGETED, { type: 'reasoning', text: 'hm', signature: 's' }],
    ['for another family', 'openai.gpt-oss-120b-1:0', signed],
    ['for a model that does not think', 'anthropic.claude-3-haiku-20240307-v1:0', signed],
  ] as const)('is left out when it is %s', (_why, model, part) => {
    const { body, losses } = shape(model, { messages: history(part, call), tools });
    expect(body.messages[1]?.content).toEqual([{ toolUse: { toolUseId: 'c1', name: 'look', input: {} } }]);
    expect(losses).toContainEqual(expect.objectContaining({ field: 'reasoning-history', action: 'dropped' }));
  });

  it('is wanted of the calls that the model goes on from: without it budget thinking is off', () => {
    const bare = shape(BUDGETED, { messages: history(call), tools, reasoning: { budget: 4000 } });
    expect(bare.body.additionalModelRequestFields).toBeUndefined();
    expect(bare.losses).toEqual([expect.objectContaining({ field: 'reasoning', action: 'dropped' })]);
    // Adaptive thinking does not mind.
    expect(fieldsOf(ADAPTIVE, { effort: 'low' }, { messages: history(call), tools })).toEqual(adaptive('low'));
    // Nor does a turn that is over.
    const over = [
      ...history(call),
      { role: 'assistant', parts: [{ type: 'text', text: 'ok' }] },
      { role: 'user', parts: [{ type: 'text', text: 'more' }] },
    ] as const;
    expect(fieldsOf(BUDGETED, { budget: 4000 }, { messages: over, tools })?.thinking).toEqual({
      type: 'enabled',
      budget_tokens: 4000,
    });
    // The last of several steps decides.
    const second = { ...call, id: 'c2' };
    const steps = (...parts: Part[]): ChatRequest['messages'] => [
      ...history(signed, call),
      { role: 'assistant', parts },
      { role: 'user', parts: [{ ...result, id: 'c2' }] },
    ];
    expect(fieldsOf(BUDGETED, { budget: 4000 }, { messages: steps(second), tools })).toBeUndefined();
    expect(fieldsOf(BUDGETED, { budget: 4000 }, { messages: steps(signed, second), tools })?.thinking).toBeDefined();
  });

  it('alone makes no message', () => {
    const messages = [
      { role: 'user', parts: [{ type: 'text', text: 'a' }] },
      { role: 'assistant', parts: [signed] },
      { role: 'user', parts: [{ type: 'text', text: 'b' }] },
    ] as const;
    expect(shape(BUDGETED, { messages }).body.messages).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }] },
    ]);
  });
});
