// The five operations as the AWS SDK sees them.
import {
  type ContentBlock,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type Message,
} from '@aws-sdk/client-bedrock-runtime';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { failure, KEY, sdkClient } from './client.ts';

const MODEL = 'us.anthropic.claude-sonnet-5';
const SONNET_45 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';

let local: BedrockLocal;
let client: ReturnType<typeof sdkClient>;
beforeAll(async () => {
  local = await startBedrockLocal({ credentials: [KEY] });
  client = sdkClient(local);
});
beforeEach(() => local.reset());
afterAll(async () => {
  client.destroy();
  await local.close();
});

const user = (...content: ContentBlock[]): Message => ({ role: 'user', content });
const ask = (text: string): Message[] => [user({ text })];
const converse = (input: Omit<ConverseCommandInput, 'modelId'> & { modelId?: string }) =>
  client.send(new ConverseCommand({ modelId: MODEL, ...input }));

/** The answer of a stream, put together again as a client does. */
async function stream(input: Omit<ConverseCommandInput, 'modelId'> & { modelId?: string }) {
  const { stream: events } = await client.send(new ConverseStreamCommand({ modelId: MODEL, ...input }));
  const types: string[] = [];
  const blocks: Record<string, string>[] = [];
  let stopReason: string | undefined;
  let usage: unknown;
  for await (const event of events ?? []) {
    types.push(Object.keys(event)[0] ?? '');
    const { contentBlockIndex = 0, delta } = event.contentBlockDelta ?? {};
    const started = event.contentBlockStart?.start?.toolUse;
    if (started !== undefined) blocks[event.contentBlockStart?.contentBlockIndex ?? 0] = { name: started.name ?? '' };
    if (delta !== undefined) {
      blocks[contentBlockIndex] ??= {};
      const block = blocks[contentBlockIndex];
      const add = (key: string, value: string) => {
        block[key] = (block[key] ?? '') + value;
      };
      if (delta.text !== undefined) add('text', delta.text);
      if (delta.toolUse?.input !== undefined) add('input', delta.toolUse.input);
      if (delta.reasoningContent?.text !== undefined) add('reasoning', delta.reasoningContent.text);
      if (delta.reasoningContent?.signature !== undefined) add('signature', delta.reasoningContent.signature);
    }
    stopReason ??= event.messageStop?.stopReason;
    usage ??= event.metadata?.usage;
  }
  return { types, blocks, stopReason, usage };
}

const WEATHER = {
  toolSpec: {
    name: 'get_weather',
    description: 'Tells the weather of a city',
    inputSchema: {
      json: {
        type: 'object',
        properties: {
          city: { type: 'string' },
          unit: { enum: ['celsius', 'fahrenheit'] },
          days: { type: 'integer', minimum: 2 },
        },
        required: ['city', 'unit', 'days'],
      },
    },
  },
};
const CLOCK = { toolSpec: { name: 'get_time', inputSchema: { json: { type: 'object', properties: {} } } } };

describe('Converse', () => {
  test('echoes what was said', async () => {
    const answer = await converse({ messages: ask('Hello there'), system: [{ text: 'Be brief' }] });
    expect(answer.output?.message).toEqual({ role: 'assistant', content: [{ text: 'You said: "Hello there"' }] });
    expect(answer.stopReason).toBe('end_turn');
    expect(answer.usage).toMatchObject({ inputTokens: 5, outputTokens: 6, totalTokens: 11 });
    expect(answer.metrics?.latencyMs).toBeGreaterThan(0);
    expect(answer.$metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('sees media', async () => {
    const bytes = Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=',
      'base64',
    );
    const document = { format: 'txt' as const, name: 'notes', source: { bytes: Buffer.from('text') } };
    const answer = await converse({
      messages: [user({ text: 'Look' }, { image: { format: 'png', source: { bytes } } }, { document })],
    });
    expect(answer.output?.message?.content?.[0]?.text).toBe(
      'You said: "Look" I see an image (png) and the document "notes".',
    );
  });

  test('honours maxTokens and stopSequences', async () => {
    const long = await converse({ messages: ask('one two three four'), inferenceConfig: { maxTokens: 4 } });
    expect(long.output?.message?.content).toEqual([{ text: 'You said: "one t' }]);
    expect(long.stopReason).toBe('max_tokens');
    const stopped = await converse({
      messages: ask('one two three four'),
      inferenceConfig: { stopSequences: ['four', ' three'] },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
    });
    expect(stopped.output?.message?.content).toEqual([{ text: 'You said: "one two' }]);
    expect(stopped.stopReason).toBe('stop_sequence');
    expect(stopped.additionalModelResponseFields).toEqual({ stop_sequence: ' three' });
  });

  test('calls a tool with an input that its schema allows, and answers with the result', async () => {
    const messages = ask("What's the weather in Paris?");
    const first = await converse({ messages, toolConfig: { tools: [CLOCK, WEATHER] } });
    const turn = first.output?.message as Message; // an answer has one
    expect(first.stopReason).toBe('tool_use');
    const [use] = turn.content ?? [];
    expect(use?.toolUse).toMatchObject({ name: 'get_weather', input: { city: 'Paris', unit: 'celsius', days: 2 } });
    const id = use?.toolUse?.toolUseId ?? '';
    expect(id).toMatch(/^tooluse_[a-zA-Z0-9]{22}$/);

    const result = user({ toolResult: { toolUseId: id, content: [{ json: { degrees: 18 } }] } });
    const second = await converse({ messages: [...messages, turn, result], toolConfig: { tools: [CLOCK, WEATHER] } });
    expect(second.output?.message?.content).toEqual([{ text: 'The tool get_weather answered: {"degrees":18}.' }]);
    expect(second.stopReason).toBe('end_turn');
  });

  test('calls two tools that are named', async () => {
    const answer = await converse({
      messages: ask('Use get_time, then get_weather.'),
      toolConfig: { tools: [WEATHER, CLOCK] },
    });
    const names = answer.output?.message?.content?.map((block) => block.toolUse?.name);
    expect(names).toEqual(['get_weather', 'get_time']);
    const ids = answer.output?.message?.content?.map((block) => block.toolUse?.toolUseId);
    expect(new Set(ids).size).toBe(2);
  });

  test('calls no tool that does not fit, and one when it is forced', async () => {
    const tools = [WEATHER, CLOCK];
    const free = await converse({ messages: ask('Tell me a joke about cats'), toolConfig: { tools } });
    expect(free.stopReason).toBe('end_turn');
    const any = await converse({
      messages: ask('Tell me a joke about cats'),
      toolConfig: { tools, toolChoice: { any: {} } },
    });
    expect(any.output?.message?.content?.[0]?.toolUse?.name).toBe('get_weather');
    const named = await converse({
      messages: ask('Weather?'),
      toolConfig: { tools, toolChoice: { tool: { name: 'get_time' } } },
    });
    expect(named.output?.message?.content?.map((block) => block.toolUse?.name)).toEqual(['get_time']);
  });

  test('thinks, and takes its thinking back only unchanged', async () => {
    const messages = ask('Think about it');
    const additionalModelRequestFields = { thinking: { type: 'adaptive', display: 'summarized' } };
    const first = await converse({ messages, additionalModelRequestFields });
    const [thought, words] = first.output?.message?.content ?? [];
    const reasoning = thought?.reasoningContent?.reasoningText;
    expect(reasoning?.text).toBe('The user wrote 14 characters and 0 tool results. I answer in words.');
    expect(words?.text).toBe('You said: "Think about it"');

    const replay = (text: string) =>
      converse({
        additionalModelRequestFields,
        messages: [
          ...messages,
          {
            role: 'assistant',
            content: [
              { reasoningContent: { reasoningText: { text, signature: reasoning?.signature } } },
              { text: 'Well' },
            ],
          },
          user({ text: 'Go on' }),
        ],
      });
    expect((await replay(reasoning?.text ?? '')).stopReason).toBe('end_turn');
    expect(await failure(replay('Something else'))).toEqual({
      name: 'ValidationException',
      message: 'The model returned the following errors: messages.1.content.0: Invalid `signature` in `thinking` block',
      status: 400,
    });
  });

  test('leaves the text of its thinking out by default, and redacts it when told', async () => {
    const additionalModelRequestFields = { thinking: { type: 'adaptive' } };
    const omitted = await converse({ messages: ask('Think'), additionalModelRequestFields });
    const text = omitted.output?.message?.content?.[0]?.reasoningContent?.reasoningText;
    expect(text?.text).toBe('');
    expect(text?.signature).toMatch(/^[A-Za-z0-9+/]+=*$/);

    const redacted = await converse({ messages: ask('Think redacted'), additionalModelRequestFields });
    const turn = redacted.output?.message as Message; // an answer has one
    expect(turn.content?.[0]?.reasoningContent?.redactedContent).toBeInstanceOf(Uint8Array);
    const next = await converse({
      messages: [...ask('Think redacted'), turn, user({ text: 'Go on' })],
      additionalModelRequestFields,
    });
    expect(next.stopReason).toBe('end_turn');
  });

  test('gives JSON for a schema', async () => {
    const schema = JSON.stringify({
      type: 'object',
      properties: {
        city: { type: 'string' },
        size: { type: 'integer' },
        tags: { type: 'array', items: { enum: ['old', 'new'] } },
      },
      required: ['city', 'size', 'tags'],
      additionalProperties: false,
    });
    const answer = await converse({
      modelId: SONNET_45,
      messages: ask('Describe "Rome", of 3 million'),
      outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema } } } },
    });
    expect(JSON.parse(answer.output?.message?.content?.[0]?.text ?? '')).toEqual({
      city: 'Rome',
      size: 3,
      tags: ['old'],
    });
  });

  test('writes a prompt to the cache the first time and reads it the second', async () => {
    const system = [{ text: 'x'.repeat(400) }, { cachePoint: { type: 'default' as const, ttl: '1h' as const } }];
    const first = await converse({ messages: ask('Hello'), system });
    expect(first.usage).toMatchObject({ inputTokens: 2, cacheReadInputTokens: 0, cacheWriteInputTokens: 100 });
    expect(first.usage?.cacheDetails).toEqual([{ ttl: '1h', inputTokens: 100 }]);
    const second = await converse({ messages: ask('Hello again'), system });
    expect(second.usage).toMatchObject({ inputTokens: 3, cacheReadInputTokens: 100, cacheWriteInputTokens: 0 });
    local.reset();
    const third = await converse({ messages: ask('Hello again'), system });
    expect(third.usage).toMatchObject({ cacheReadInputTokens: 0, cacheWriteInputTokens: 100 });
  });

  test('refuses as Bedrock does', async () => {
    expect(await failure(converse({ messages: [user({ text: ' ' })] }))).toEqual({
      name: 'ValidationException',
      message:
        'The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again.',
      status: 400,
    });
    expect(await failure(converse({ modelId: 'no-such-model', messages: ask('Hi') }))).toMatchObject({
      message: 'The provided model identifier is invalid.',
      status: 400,
    });
    expect(
      await failure(
        converse({ modelId: 'us.meta.llama3-2-3b-instruct-v1:0', messages: ask('Hi'), toolConfig: { tools: [CLOCK] } }),
      ),
    ).toMatchObject({
      message: "This model doesn't support tool use.",
    });
  });

  test('takes an ARN as one path segment', async () => {
    const modelId = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/${MODEL}`;
    expect((await converse({ modelId, messages: ask('Hi') })).stopReason).toBe('end_turn');
    expect(local.requests[0]?.model).toBe(modelId);
    expect(local.requests[0]?.path).toContain('inference-profile%2Fus.anthropic');
  });
});

describe('ConverseStream', () => {
  test('streams the same answer', async () => {
    const answer = await stream({ messages: ask('one two three four five') });
    expect(answer.types).toEqual([
      'messageStart',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockDelta',
      'contentBlockStop',
      'messageStop',
      'metadata',
    ]);
    expect(answer.blocks).toEqual([{ text: 'You said: "one two three four five"' }]);
    expect(answer.stopReason).toBe('end_turn');
    expect(answer.usage).toMatchObject({ inputTokens: 6, outputTokens: 9, totalTokens: 15 });
  });

  test('streams thinking and a tool call', async () => {
    const answer = await stream({
      messages: ask('What is the weather in Rome?'),
      toolConfig: { tools: [WEATHER] },
      additionalModelRequestFields: { thinking: { type: 'adaptive', display: 'summarized' } },
    });
    const [thought, call] = answer.blocks;
    expect(thought?.reasoning).toContain('I call get_weather.');
    expect(thought?.signature).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(call?.name).toBe('get_weather');
    expect(JSON.parse(call?.input ?? '')).toEqual({ city: 'Rome', unit: 'celsius', days: 2 });
    expect(answer.stopReason).toBe('tool_use');
    expect(answer.types.filter((type) => type === 'contentBlockStart')).toHaveLength(1);
  });

  test('sends nothing for the input of a tool without arguments', async () => {
    const answer = await stream({ messages: ask('get_time please'), toolConfig: { tools: [CLOCK] } });
    expect(answer.blocks).toEqual([{ name: 'get_time' }]);
  });

  test('refuses before the stream begins', async () => {
    const call = client.send(new ConverseStreamCommand({ modelId: 'no-such-model', messages: ask('Hi') }));
    expect(await failure(call)).toMatchObject({ name: 'ValidationException', status: 400 });
  });
});

describe('InvokeModel', () => {
  const body = (more: object = {}) =>
    JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 1000,
      messages: [{ role: 'user', content: 'Hello' }],
      ...more,
    });
  const invoke = async (more: object = {}, modelId = SONNET_45) => {
    const answer = await client.send(
      new InvokeModelCommand({ modelId, contentType: 'application/json', body: body(more) }),
    );
    return JSON.parse(Buffer.from(answer.body).toString());
  };
  const invokeStream = async (more: object = {}, modelId = SONNET_45) => {
    const command = new InvokeModelWithResponseStreamCommand({
      modelId,
      contentType: 'application/json',
      body: body(more),
    });
    const { body: events } = await client.send(command);
    const seen = [];
    for await (const event of events ?? []) seen.push(JSON.parse(Buffer.from(event.chunk?.bytes ?? []).toString()));
    return seen;
  };

  test('answers with a Message', async () => {
    expect(await invoke()).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'claude-sonnet-4-5-20250929',
      content: [{ type: 'text', text: 'You said: "Hello"' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 2, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 5 },
    });
  });

  test('calls tools and takes their results', async () => {
    const tools = [{ name: 'get_weather', input_schema: { type: 'object', properties: { city: { type: 'string' } } } }];
    const asked = [{ role: 'user', content: 'get_weather of Oslo' }];
    const first = await invoke({ messages: asked, tools });
    expect(first.content).toMatchObject([{ type: 'tool_use', name: 'get_weather', input: { city: 'Oslo' } }]);
    const result = { type: 'tool_result', tool_use_id: first.content[0].id, content: '3 degrees', is_error: true };
    const second = await invoke({
      tools,
      messages: [...asked, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }],
    });
    expect(second.content).toEqual([{ type: 'text', text: 'The tool get_weather failed with: 3 degrees.' }]);
  });

  test('streams the events of Anthropic, with the metrics in the last', async () => {
    const events = await invokeStream({ thinking: { type: 'enabled', budget_tokens: 1024 }, max_tokens: 2000 });
    const types = events.map((event) => event.type);
    expect(types.slice(0, 2)).toEqual(['message_start', 'content_block_start']);
    expect(types.slice(-3)).toEqual(['content_block_stop', 'message_delta', 'message_stop']);
    const deltas = events.filter((event) => event.type === 'content_block_delta').map((event) => event.delta);
    expect(deltas.map((delta) => delta.text ?? '').join('')).toBe('You said: "Hello"');
    expect(deltas.map((delta) => delta.thinking ?? '').join('')).toContain('I answer in words.');
    const signature = deltas.find((delta) => delta.type === 'signature_delta')?.signature;
    expect(signature).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(events.at(-1)['amazon-bedrock-invocationMetrics']).toMatchObject({
      inputTokenCount: 2,
      firstByteLatency: 10,
    });
  });

  test.each([
    ['no version', { anthropic_version: undefined }, 'anthropic_version: Field required'],
    ['no max_tokens', { max_tokens: undefined }, 'max_tokens: Field required'],
    ['a model', { model: 'claude' }, 'model: Extra inputs are not permitted'],
    ['no messages', { messages: [] }, 'messages: at least one message is required'],
    ['empty text', { messages: [{ role: 'user', content: '' }] }, 'messages: text content blocks must be non-empty'],
    [
      'blank text',
      { messages: [{ role: 'user', content: ' ' }] },
      'messages: text content blocks must contain non-whitespace text',
    ],
    [
      'a budget too small',
      { thinking: { type: 'enabled', budget_tokens: 1 } },
      'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024',
    ],
    [
      'an extra of a tool',
      { tools: [{ name: 'a', input_schema: { type: 'object' }, eager_input_streaming: true }] },
      'tools.0.custom.eager_input_streaming: Extra inputs are not permitted',
    ],
    [
      'a tool name twice',
      {
        tools: [
          { name: 'a', input_schema: { type: 'object' } },
          { name: 'a', input_schema: { type: 'object' } },
        ],
      },
      'tools: Tool names must be unique.',
    ],
    [
      'a call without result',
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'a', input: {} }] },
          { role: 'user', content: 'b' },
        ],
      },
      'messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1. Each `tool_use` block must have a corresponding `tool_result` block in the next message.',
    ],
    [
      'a result without call',
      { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1' }] }] },
      'messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t1. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.',
    ],
    [
      'a foreign signature',
      {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: [{ type: 'thinking', thinking: 'b', signature: 'c' }] },
          { role: 'user', content: 'd' },
        ],
      },
      'messages.1.content.0: Invalid `signature` in `thinking` block',
    ],
    [
      'an unknown block',
      { messages: [{ role: 'user', content: [{ type: 'input_text', text: 'a' }] }] },
      "messages.0.content.0: Input tag 'input_text' found using 'type' does not match any of the expected tags: 'document', 'image', 'redacted_thinking', 'search_result', 'text', 'thinking', 'tool_result', 'tool_use'",
    ],
    [
      'a link to an image',
      {
        messages: [
          { role: 'user', content: [{ type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } }] },
        ],
      },
      "messages.0.content.0.image.source: Input tag 'url' found using 'type' does not match any of the expected tags: 'base64'",
    ],
  ])('refuses %s', async (_, more, message) => {
    expect(await failure(invoke(more))).toEqual({ name: 'ValidationException', message, status: 400 });
  });

  test('says that it knows no other native form', async () => {
    expect((await failure(invoke({}, 'amazon.nova-lite-v1:0'))).message).toContain('only for anthropic.claude models');
  });
});

describe('CountTokens', () => {
  const count = (input: object, modelId = 'anthropic.claude-sonnet-5') =>
    client.send(new CountTokensCommand({ modelId, input: input as never })); // the SDK's union, built by hand

  test('counts both forms', async () => {
    expect((await count({ converse: { messages: ask('Hello there'), system: [] } })).inputTokens).toBe(3);
    const body = Buffer.from(
      JSON.stringify({
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 1,
        messages: [{ role: 'user', content: 'Hello there' }],
      }),
    );
    expect((await count({ invokeModel: { body } })).inputTokens).toBe(3);
  });

  test('refuses profiles, other models and unknown tools', async () => {
    const converse = { messages: ask('Hello') };
    expect((await failure(count({ converse }, MODEL))).message).toBe('The provided model identifier is invalid.');
    expect((await failure(count({ converse }, 'amazon.nova-lite-v1:0'))).message).toBe(
      "The provided model doesn't support counting tokens.",
    );
    const tools = [{ type: 'web_search_20250305', name: 'web_search' }];
    const body = Buffer.from(
      JSON.stringify({
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 1,
        messages: [{ role: 'user', content: 'a' }],
        tools,
      }),
    );
    expect((await failure(count({ invokeModel: { body } }))).message).toBe(
      "tools.0: Input tag 'web_search_20250305' found using 'type' does not match any of the expected tags: 'bash_20250124', 'custom', 'text_editor_20250124', 'text_editor_20250429', 'text_editor_20250728'",
    );
  });
});
