// Section 13: the failures that people report most, each as the request or answer that causes it, and what becomes of it.
// The rows of errors, credentials and networks (20, 23 to 25) are proven beside the plugin's own files.
import { type Part, RouterError } from '@turnout/core/contract';
import { describe, expect, test } from 'vitest';
import { resolveTarget } from '../../plugins/bedrock/src/resolve.ts';
import { streamAnswer } from '../../plugins/bedrock/src/stream.ts';
import { clientOf, collectEvents, eventFrame } from '../../plugins/bedrock/test/fixture.ts';
import { asked, prove, seal, shape } from './proof.ts';
import {
  assistant,
  call,
  HAIKU_3,
  holdRules,
  LLAMA,
  MISTRAL,
  NOVA,
  NOVA_2,
  OPUS_5_5,
  OSS,
  pdf,
  QWEN,
  result,
  SONNET_3_7,
  SONNET_4_5,
  SONNET_4_6,
  SONNET_5,
  text,
  tool,
  user,
} from './rules.ts';

const closed = { type: 'object', properties: {}, additionalProperties: false };
const tools = [tool('look')];
const thought: Part = { type: 'reasoning', text: ' b ', signature: seal.sign(' b '), origin: 'claude' };

describe('section 13', () => {
  holdRules('13', [
    {
      rule: '1. "The toolConfig field must be defined": tools are made from the history',
      asked: asked(SONNET_5, { messages: [user(text('a')), assistant(call('c1', 'mcp.look')), user(result('c1'))] }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'mcp_look' } }] } },
    },
    {
      rule: '2. "Expected toolResult blocks": parallel results in several messages become one, first in it',
      asked: asked(SONNET_5, {
        tools,
        messages: [
          user(text('a')),
          assistant(call('c1'), call('c2'), call('c3')),
          user(result('c3')),
          user(text('b'), result('c1')),
          user(result('c2')),
        ],
      }),
      body: {
        messages: [{}, {}, { content: [{ toolResult: {} }, { toolResult: {} }, { toolResult: {} }, { text: 'b' }] }],
      },
    },
    {
      rule: '3. "unexpected tool_use_id": results whose calls were cut off the history are left out',
      asked: asked(SONNET_5, { tools, messages: [user(result('c0')), assistant(text('a')), user(text('b'))] }),
      body: { messages: [{ role: 'assistant' }, { content: [{ text: 'b' }] }] },
      losses: ['messages:dropped'],
    },
    {
      rule: '4. text after toolUse: text comes first',
      asked: asked(SONNET_5, {
        tools,
        messages: [user(text('a')), assistant(call('c1'), text('b')), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [{ text: 'b' }, { toolUse: {} }] }, {}] },
    },
    {
      rule: '5. "the text field is blank": blank text never leaves, also not from a poisoned history',
      asked: asked(SONNET_5, { messages: [user(text('a')), assistant(text('')), user(text(' ')), user(text('b'))] }),
      body: { messages: [{ content: [{ text: 'a' }, { text: 'b' }] }] },
      absent: ['messages.1'],
    },
    {
      rule: '6. "A text block must be included when using documents": one is put there',
      asked: asked(NOVA, { messages: [user(pdf('x'))] }),
      body: { messages: [{ content: [{}, { text: '(see the attached document)' }] }] },
    },
    {
      rule: '7. documents beside tool results: in a turn of their own',
      asked: asked(SONNET_5, {
        tools,
        messages: [user(text('a')), assistant(call('c1')), user(result('c1'), pdf('x'))],
      }),
      body: {
        messages: [
          {},
          {},
          { content: [{ toolResult: {} }] },
          { role: 'assistant' },
          { content: [{ document: {} }, {}] },
        ],
      },
    },
    {
      rule: '8. names of tools: changed on the way out',
      asked: asked(SONNET_5, { tools: [tool('functions.exec:1')] }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'functions_exec_1' } }] } },
    },
    {
      rule: '9. an empty name or description does not fail the request',
      asked: asked(SONNET_5, { tools: [tool('', { description: '' })] }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'tool' } }] } },
      absent: ['toolConfig.tools.0.toolSpec.description'],
    },
    {
      rule: '11. "tools.N.custom.strict": only where it is taken',
      asked: asked(OPUS_5_5, { tools: [tool('look', { schema: closed, strict: true })] }),
      absent: ['toolConfig.tools.0.toolSpec.strict'],
      losses: ['strict:dropped'],
    },
    {
      rule: '12. "output_config.format": only where it is taken',
      asked: asked(SONNET_5, { output: { schema: closed } }),
      absent: ['outputConfig', 'additionalModelRequestFields.output_config'],
    },
    {
      rule: '12. "output_config.effort": only where it is taken',
      asked: asked(SONNET_4_5, { maxTokens: 9000, reasoning: { effort: 'low' } }),
      absent: ['outputConfig', 'additionalModelRequestFields.output_config'],
      losses: ['reasoning:approximated'],
    },
    {
      rule: '13. what clients send besides stays here: in the request, in a tool, in a part',
      asked: asked(SONNET_5, {
        extensions: { 'openai-chat': { guardrails: {}, name: 'x' } },
        tools: [tool('look', { deferred: true, extensions: { 'anthropic-messages': { custom: {} } } })],
        messages: [user(text('a', { extensions: { 'anthropic-messages': { weight: 1 } } }))],
      }),
      absent: ['additionalModelRequestFields', 'guardrails', 'name'],
      losses: ['custom:dropped', 'deferred:approximated', 'guardrails:dropped', 'name:dropped', 'weight:dropped'],
    },
    ...[SONNET_5, SONNET_4_6, SONNET_3_7, NOVA_2].map((model) => ({
      rule: `14. "invalid beta flag": none is sent to ${model}`,
      asked: asked(model, { tools, reasoning: { budget: 4000 }, maxTokens: 9000 }),
      absent: ['additionalModelRequestFields.anthropic_beta'],
      ...(model === SONNET_3_7 ? {} : { losses: ['reasoning:approximated'] }),
    })),
    {
      rule: '15. a short call that inherits thinking goes without it',
      asked: asked(SONNET_4_5, { maxTokens: 20, reasoning: { budget: 8192 } }),
      body: { inferenceConfig: { maxTokens: 20 } },
      absent: ['additionalModelRequestFields'],
      losses: ['reasoning:dropped'],
    },
    {
      rule: '16. temperature and top_p from 4.7 on',
      asked: asked(SONNET_5, { temperature: 0, topP: 1 }),
      absent: ['inferenceConfig.temperature', 'inferenceConfig.topP'],
      losses: ['temperature:dropped', 'topP:dropped'],
    },
    {
      rule: '17. temperature and top_p at once',
      asked: asked(SONNET_4_5, { temperature: 0, topP: 1 }),
      body: { inferenceConfig: { temperature: 0 } },
      absent: ['inferenceConfig.topP'],
      losses: ['topP:dropped'],
    },
    ...[
      [SONNET_4_5, { thinking: { type: 'enabled', budget_tokens: 8192 } }],
      [NOVA_2, { reasoningConfig: { type: 'enabled', maxReasoningEffort: 'medium' } }],
      [QWEN, { reasoning_config: 'low' }],
      [OSS, { reasoning_effort: 'medium' }],
    ].map(([model, fields]) => ({
      rule: `18. the thinking toggle has an effect on ${String(model)}`,
      asked: asked(String(model), { maxTokens: 12_000, reasoning: { effort: 'medium' } }),
      body: { additionalModelRequestFields: fields },
      losses: model === SONNET_4_5 || model === QWEN ? ['reasoning:approximated'] : [],
    })),
    {
      rule: '19. a signature is not lost, and signed text not trimmed',
      asked: asked(SONNET_4_5, {
        maxTokens: 9000,
        reasoning: { budget: 2000 },
        tools,
        messages: [user(text('a')), assistant(thought, call('c1')), user(result('c1'))],
      }),
      body: {
        messages: [
          {},
          { content: [{ reasoningContent: { reasoningText: { text: ' b ', signature: seal.sign(' b ') } } }, {}] },
          {},
        ],
        additionalModelRequestFields: { thinking: { type: 'enabled' } },
      },
    },
    {
      rule: '26. the order of cache TTLs',
      asked: asked(SONNET_5, {
        system: [text('s', { cache: {} })],
        messages: [user(text('m', { cache: { ttl: '1h' } }))],
      }),
      absent: ['messages.0.content.1.cachePoint.ttl'],
      losses: ['cache:approximated'],
    },
    {
      rule: '29. "does not support assistant message prefill"',
      asked: asked(SONNET_5, { messages: [user(text('a')), assistant(text('b '))] }),
      body: { messages: [{}, { content: [{ text: 'b ' }] }, { role: 'user' }] },
      losses: ['messages:approximated'],
    },
    {
      rule: '30. a forced tool while thinking: auto, with the named tool alone',
      asked: asked(SONNET_4_6, { reasoning: {}, tools: [...tools, tool('b')], toolChoice: { name: 'b' } }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'b' } }] } },
      absent: ['toolConfig.toolChoice', 'toolConfig.tools.1'],
      losses: ['toolChoice:approximated'],
    },
    {
      rule: 'also: a temperature of 0 is not lost',
      asked: asked(HAIKU_3, { temperature: 0 }),
      body: { inferenceConfig: { temperature: 0 } },
    },
    {
      rule: 'also: maxTokens is never unset, which reserves quota for the most that a model can say',
      asked: asked(LLAMA, {}),
      body: { inferenceConfig: { maxTokens: expect.any(Number) } },
    },
    {
      rule: 'also: MCP schemas with a union at the top',
      asked: asked(SONNET_5, {
        tools: [tool('look', { schema: { anyOf: [{ type: 'object', properties: { a: {} } }, { type: 'null' }] } })],
      }),
      body: {
        toolConfig: { tools: [{ toolSpec: { inputSchema: { json: { type: 'object', properties: { a: {} } } } } }] },
      },
      losses: ['tools:approximated'],
    },
  ]);

  test('10. ids for Mistral: nine letters and digits, no two alike, the same every time', () => {
    const ids = Array.from({ length: 40 }, (_, n) => `call_0000000000000000${n}`);
    const request = asked(MISTRAL, {
      tools,
      messages: [user(text('a')), assistant(...ids.map((id) => call(id))), user(...ids.map((id) => result(id)))],
    });
    const sent = prove(request).body.messages.map(({ content }) =>
      content.flatMap(({ toolUse, toolResult }) => toolUse?.toolUseId ?? toolResult?.toolUseId ?? []),
    );
    expect(new Set(sent[1]).size).toBe(40);
    for (const id of sent[1] ?? []) expect(id).toMatch(/^[a-zA-Z0-9]{9}$/);
    expect(sent[2]).toEqual(sent[1]);
    expect(prove(request).body.messages).toEqual(prove(request).body.messages);
  });

  test('21. a prefix is added only where that profile is known: no "identifier is invalid" of our making', () => {
    const settings = { region: 'sa-east-1', crossRegion: 'geo' } as const;
    expect(shape(asked(SONNET_5), settings).wireModel).toBe(SONNET_5);
    expect(shape(asked(SONNET_5), { region: 'eu-west-1', crossRegion: 'geo' }).wireModel).toBe(`eu.${SONNET_5}`);
  });

  test('22. an application inference profile behaves as the model that it is said to stand for', () => {
    const id = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';
    const { wireModel, body } = shape(asked('team', { reasoning: { effort: 'high' }, temperature: 0.5 }), {
      models: { team: { id, base: SONNET_5 } },
    });
    expect(wireModel).toBe(id);
    expect(body.additionalModelRequestFields).toMatchObject({ output_config: { effort: 'high' } });
    expect(body.inferenceConfig?.temperature).toBeUndefined();
  });

  test('27. an ARN is one segment of the path', () => {
    const target = resolveTarget('arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0', {
      region: 'us-east-1',
      regionSource: 'the test',
      crossRegion: 'off',
      endpoint: undefined,
      models: {},
    });
    expect(target.path).toBe(
      '/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A123456789012%3Ainference-profile%2Fus.amazon.nova-lite-v1%3A0',
    );
  });

  test('28. an answer that stops half way is a failure, never a short answer', async () => {
    const { body, echo, wireModel } = shape(asked(SONNET_5));
    const target = resolveTarget(wireModel, {
      region: 'us-east-1',
      regionSource: 'the test',
      crossRegion: 'off',
      endpoint: undefined,
      models: {},
    });
    const frames = [
      eventFrame('messageStart', { role: 'assistant' }),
      eventFrame('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'half' } }),
      eventFrame('contentBlockStop', { contentBlockIndex: 0 }),
    ];
    const answer = streamAnswer(
      clientOf(frames),
      { target, body, echo },
      { id: 'call-1', signal: new AbortController().signal },
    );
    const error = await collectEvents(answer).catch((thrown: unknown) => thrown);
    expect(RouterError.is(error) && error.code).toBe('upstream-failed');
  });
});
