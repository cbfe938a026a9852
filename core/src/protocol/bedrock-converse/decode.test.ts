// What a Converse request becomes, member by member.
import { describe, expect, test } from 'vitest';
import type { ChatRequest, Part } from '../../contract/index.ts';
import { RouterError } from '../../contract/index.ts';
import { bedrockConverse } from './index.ts';

const head = { headers: {}, model: 'us.anthropic.claude:0', stream: true };
const hi = { role: 'user', content: [{ text: 'hi' }] };
const decode = (body: object) => bedrockConverse.decode({ messages: [hi], ...body }, head);
const requestOf = (body: object): ChatRequest => decode(body).request;
const partsOf = (...content: object[]): readonly Part[] =>
  requestOf({ messages: [{ role: 'assistant', content }] }).messages[0]?.parts ?? [];

function refusalOf(body: unknown): RouterError {
  try {
    bedrockConverse.decode(body, head);
  } catch (error) {
    if (RouterError.is(error)) return error;
    throw error;
  }
  throw new Error('it decoded');
}

test('model and stream are those of the path, whatever the body says', () => {
  const { request, stream, losses } = decode({ modelId: 'other', system: [], toolConfig: { tools: [] } });
  expect(request).toEqual({
    model: 'us.anthropic.claude:0',
    system: [],
    messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
    tools: [],
  });
  expect([stream, losses]).toEqual([true, []]);
  expect(bedrockConverse.decode({ messages: [hi] }, { headers: {}, model: 'm' }).stream).toBe(false);
});

describe('blocks', () => {
  test('media: bytes, S3, text, and a document in pieces', () => {
    const document = { format: 'md', name: 'n', source: { content: [{ text: 'a' }, { text: 'b' }] } };
    expect(
      partsOf(
        { image: { format: 'jpeg', source: { bytes: 'AAAA' } } },
        { video: { format: 'three_gp', source: { s3Location: { uri: 's3://bucket/a.3gp' } } } },
        { audio: { format: 'mp3', source: { bytes: 'AAAA' } } },
        { document: { format: 'txt', name: 'n', source: { text: 'é' }, context: 'c', citations: { enabled: false } } },
        { document },
      ),
    ).toEqual([
      { type: 'media', mediaType: 'image/jpeg', data: 'AAAA' },
      { type: 'media', mediaType: 'video/3gpp', url: 's3://bucket/a.3gp' },
      { type: 'media', mediaType: 'audio/mpeg', data: 'AAAA' },
      { type: 'media', mediaType: 'text/plain', data: btoa('Ã©'), name: 'n', context: 'c' },
      {
        type: 'media',
        mediaType: 'text/markdown',
        data: btoa('a\n\nb'),
        name: 'n',
        extensions: { 'bedrock-converse': { document } },
      },
    ]);
  });

  test('a cache point marks the part before it; one with nothing before it is lost', () => {
    const point = { cachePoint: { type: 'default' } };
    const { request, losses } = decode({
      system: [point, { text: 'be brief' }, { cachePoint: { type: 'default', ttl: '1h' } }],
      messages: [{ role: 'user', content: [{ text: 'a' }, point, { text: 'b' }] }],
      toolConfig: { tools: [{ toolSpec: { name: 'f', inputSchema: { json: {} } } }, point] },
    });
    expect(request.system).toEqual([{ type: 'text', text: 'be brief', cache: { ttl: '1h' } }]);
    expect(request.messages[0]?.parts).toEqual([
      { type: 'text', text: 'a', cache: {} },
      { type: 'text', text: 'b' },
    ]);
    expect(request.tools).toEqual([{ kind: 'function', name: 'f', schema: {}, cache: {} }]);
    expect(losses).toEqual([{ field: 'cachePoint', action: 'dropped', reason: 'nothing stands before it' }]);
  });

  test('reasoning: raw is of Claude, sealed of whoever made it', () => {
    const sealed = Buffer.from('tn1.openai.b3BhcXVl').toString('base64');
    expect(
      partsOf(
        { reasoningContent: { reasoningText: { text: 'a', signature: 'raw' } } },
        { reasoningContent: { reasoningText: { text: 'b', signature: 'tn1.gemini.c2ln' } } },
        { reasoningContent: { reasoningText: { text: 'c' } } },
        { reasoningContent: { redactedContent: btoa('EvgF+/==') } },
        { reasoningContent: { redactedContent: 'AAAA' } },
        { reasoningContent: { redactedContent: sealed } },
      ),
    ).toEqual([
      { type: 'reasoning', text: 'a', signature: 'raw', origin: 'claude' },
      { type: 'reasoning', text: 'b', signature: 'sig', origin: 'gemini' },
      { type: 'reasoning', text: 'c' },
      { type: 'reasoning', data: 'EvgF+/==', origin: 'claude' },
      { type: 'reasoning', data: 'data:;base64,AAAA', origin: 'claude' },
      { type: 'reasoning', data: 'opaque', origin: 'openai' },
    ]);
  });

  test('the carried signature of a call signs the call, and nothing when the call is gone', () => {
    const carried = { reasoningContent: { redactedContent: btoa('tns1.tn1.gemini.c2ln') } };
    const call = { toolUse: { toolUseId: 'c', name: 'f', input: {} } };
    expect(partsOf(call, carried)).toEqual([
      { type: 'tool-call', id: 'c', name: 'f', input: '{}', signature: 'sig', origin: 'gemini' },
    ]);
    expect(partsOf(carried, call)).toEqual([{ type: 'tool-call', id: 'c', name: 'f', input: '{}' }]);
  });

  test('calls and results, of the client and of Bedrock itself', () => {
    const toolUse = { toolUseId: 's', name: 'nova_grounding', input: { q: 1 }, type: 'server_tool_use' };
    const toolResult = { toolUseId: 's', content: [{ text: 'x' }], type: 'nova_grounding_result' };
    const image = { format: 'png', source: { bytes: 'AAAA' } };
    expect(
      partsOf(
        { toolUse: { toolUseId: 't', name: 'f', input: { a: [1] }, type: 'tool_use' } },
        { toolResult: { toolUseId: 't', content: [{ json: { b: 2 } }, { image }], status: 'error' } },
        { toolUse },
        { toolResult },
      ),
    ).toEqual([
      { type: 'tool-call', id: 't', name: 'f', input: '{"a":[1]}' },
      {
        type: 'tool-result',
        id: 't',
        parts: [
          { type: 'text', text: '{"b":2}' },
          { type: 'media', mediaType: 'image/png', data: 'AAAA' },
        ],
        error: true,
      },
      {
        type: 'tool-call',
        id: 's',
        name: 'nova_grounding',
        input: '{"q":1}',
        server: true,
        extensions: { 'bedrock-converse': { toolUse } },
      },
      {
        type: 'tool-result',
        id: 's',
        parts: [{ type: 'text', text: 'x' }],
        server: true,
        extensions: { 'bedrock-converse': { toolResult } },
      },
    ]);
  });

  test('what only Converse has: words for everybody, the block itself beside them', () => {
    const guardContent = { text: { text: 'guarded', qualifiers: ['query'] } };
    const searchResult = { source: 'https://x', title: 'T', content: [{ text: 'found' }] };
    const toolRemoval = { tool: { name: 'f' } };
    const place = { documentChar: { documentIndex: 1, start: 2, end: 3 } };
    expect(
      partsOf(
        { guardContent },
        { searchResult },
        { toolRemoval },
        {
          citationsContent: {
            content: [{ text: 'as ' }, { text: 'told' }],
            citations: [{ title: 'T', location: place }],
          },
        },
      ),
    ).toEqual([
      { type: 'text', text: 'guarded', extensions: { 'bedrock-converse': { guardContent } } },
      { type: 'text', text: 'T\nhttps://x\nfound', extensions: { 'bedrock-converse': { searchResult } } },
      {
        type: 'text',
        text: 'The tool "f" is no longer available.',
        extensions: { 'bedrock-converse': { toolRemoval } },
      },
      {
        type: 'text',
        text: 'as told',
        citations: [{ title: 'T', place: { in: 'characters', document: 1, start: 2, end: 3 } }],
      },
    ]);
  });

  test('a block or tool that is newer than this router is for Bedrock alone', () => {
    const block = decode({ messages: [hi, { role: 'user', content: [{ hologram: { a: 1 } }] }] });
    expect(block.relayOnly).toBe('messages.1.content.0 is a block of a kind that only Bedrock knows (hologram)');
    expect(block.request).toEqual({ model: 'us.anthropic.claude:0', system: [], messages: [], tools: [] });
    expect(decode({ toolConfig: { tools: [{ robot: {} }] } }).relayOnly).toContain('toolConfig.tools.0');
  });
});

describe('settings', () => {
  test.each([
    [{ thinking: { type: 'enabled', budget_tokens: 2048 } }, { budget: 2048 }],
    [{ reasoning_config: { type: 'enabled', budget_tokens: 2048 } }, { budget: 2048 }],
    [{ reasoning_config: 'high' }, { effort: 'high' }],
    [{ reasoning_effort: 'none' }, 'off'],
    [{ reasoning: { effort: 'xhigh' } }, { effort: 'xhigh' }],
    [{ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }, { effort: 'low' }],
    [{ thinking: { type: 'disabled' } }, 'off'],
    [
      { thinking: { type: 'adaptive', display: 'summarized' }, output_config: { effort: 'max' } },
      { display: 'summary', effort: 'max' },
    ],
  ])('reasoning: %j', (additionalModelRequestFields, reasoning) => {
    const request = requestOf({ additionalModelRequestFields });
    expect(request.reasoning).toEqual(reasoning);
    expect(request.extensions).toBeUndefined();
  });

  test('thinking between tool calls has no canonical word', () => {
    const { request, losses } = decode({ additionalModelRequestFields: { thinking: { type: 'between_tools' } } });
    expect(request.reasoning).toBe('off');
    expect(losses).toMatchObject([{ field: 'thinking', action: 'approximated' }]);
  });

  test("outputConfig's effort goes over the model's own, and stays off when thinking is off", () => {
    const outputConfig = { effort: 'low' };
    const thinking = { type: 'enabled', budget_tokens: 2048 };
    expect(requestOf({ outputConfig, additionalModelRequestFields: { thinking } }).reasoning).toEqual({
      budget: 2048,
      effort: 'low',
    });
    const off = { thinking: { type: 'disabled' } };
    const decoded = decode({ outputConfig, additionalModelRequestFields: off });
    expect(decoded.request.reasoning).toBe('off');
    expect(decoded.losses).toMatchObject([{ field: 'effort', action: 'dropped' }]);
  });

  test('what the model fields say of tools, sampling, output and betas', () => {
    const schema = { type: 'object' };
    expect(
      requestOf({
        additionalModelRequestFields: {
          tool_choice: { type: 'tool', name: 'f', disable_parallel_tool_use: true },
          inferenceConfig: { topK: 9, other: 1 },
          output_config: { format: { type: 'json_schema', schema } },
          anthropic_beta: ['context-1m-2025-08-07'],
          thinking: 'loud',
        },
      }),
    ).toMatchObject({
      toolChoice: { name: 'f' },
      parallelToolCalls: false,
      topK: 9,
      output: { schema },
      extensions: {
        'anthropic-messages': { anthropic_beta: ['context-1m-2025-08-07'] },
        'bedrock-converse': { additionalModelRequestFields: { inferenceConfig: { other: 1 }, thinking: 'loud' } },
      },
    });
  });

  test('topK where Converse has none', () => {
    const { request, echo } = decode({ inferenceConfig: { topK: 9 } });
    expect([request.topK, request.extensions]).toEqual([9, undefined]);
    expect(bedrockConverse.fieldName('topK', echo)).toBe('topK');
    expect(requestOf({ inferenceConfig: { topK: 'many' } })).toMatchObject({
      extensions: { 'bedrock-converse': { inferenceConfig: { topK: 'many' } } },
    });
  });

  test('a schema is written as a string', () => {
    const textFormat = (schema: string) => ({
      outputConfig: {
        textFormat: { type: 'json_schema', structure: { jsonSchema: { schema, name: 'n', description: 'd' } } },
      },
    });
    expect(requestOf(textFormat('{"type":"object"}')).output).toEqual({
      schema: { type: 'object', description: 'd' },
      name: 'n',
    });
    expect(refusalOf({ messages: [hi], ...textFormat('{') })).toMatchObject({
      code: 'invalid-request',
      field: 'outputConfig.textFormat.structure.jsonSchema.schema',
    });
  });

  test('tools, and how to choose among them', () => {
    const toolSpec = { name: 'f', description: 'd', inputSchema: { json: { type: 'object' } }, strict: false };
    const toolConfig = { tools: [{ toolSpec }, { systemTool: { name: 'nova_grounding' } }], toolChoice: { any: {} } };
    expect(requestOf({ toolConfig })).toMatchObject({
      tools: [
        { kind: 'function', name: 'f', description: 'd', schema: { type: 'object' }, strict: false },
        { kind: 'server', name: 'nova_grounding' },
      ],
      toolChoice: 'required',
    });
    const choiceOf = (toolChoice: object) => requestOf({ toolConfig: { tools: [], toolChoice } }).toolChoice;
    expect([choiceOf({ auto: {} }), choiceOf({ tool: { name: 'f' } })]).toEqual(['auto', { name: 'f' }]);
  });

  test("Bedrock's own settings are kept as they are, those that ask for nothing are not", () => {
    const own = {
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
      requestMetadata: { team: 'red' },
      promptVariables: { v: { text: 'w' } },
      inferenceConfig: { maxTokens: 5, newer: 1 },
      outputConfig: { effort: 'enormous' },
    };
    expect(
      requestOf({
        ...own,
        performanceConfig: { latency: 'standard' },
        serviceTier: { type: 'default' },
        additionalModelRequestFields: {},
        additionalModelResponseFieldPaths: ['/stop_sequence', '/usage'],
      }).extensions,
    ).toEqual({
      'bedrock-converse': {
        ...own,
        inferenceConfig: { newer: 1 },
        additionalModelResponseFieldPaths: ['/usage'],
      },
    });
  });

  test("losses are named by the client's own fields", () => {
    const fields = { reasoning_effort: 'low', output_config: { format: { type: 'json_schema', schema: {} } } };
    const { echo } = decode({ additionalModelRequestFields: fields });
    const names = ['reasoning', 'output', 'stop', 'temperature', 'cache'].map((field) =>
      bedrockConverse.fieldName(field, echo),
    );
    expect(names).toEqual(['reasoning_effort', 'output_config', 'stopSequences', 'temperature', 'cachePoint']);
    const plain = decode({ outputConfig: { effort: 'low' } }).echo;
    expect(bedrockConverse.fieldName('reasoning', plain)).toBe('effort');
    expect(bedrockConverse.fieldName('output', plain)).toBe('textFormat');
    expect(bedrockConverse.fieldName('reasoning-history', plain)).toBe('reasoningContent');
  });
});

test('an empty answer that is brought back is no message', () => {
  const { request } = decode({ messages: [hi, { role: 'assistant', content: [] }, hi] });
  expect(request.messages.map(({ role }) => role)).toEqual(['user', 'user']);
});

describe('refused, in the words of Bedrock where they are known', () => {
  const content = (...blocks: unknown[]) => ({ messages: [{ role: 'user', content: blocks }] });
  test.each([
    [content(), 'The content field in the Message object at messages.0 is empty. Add a ContentBlock object'],
    [content({}), 'ContentBlock object at messages.0.content.0 must set one of the following keys: text, image'],
    [content({ text: 'a', image: {} }), 'must only set one of the following keys'],
    [content({ toolUse: { toolUseId: 't', name: 'f', input: '{}' } }), 'Provide a json object for the field'],
    [
      content({ image: { format: 'bmp', source: { bytes: 'AAAA' } } }),
      "Value 'bmp' at 'messages.0.content.0.image.format' failed to satisfy constraint: Member must satisfy enum value set",
    ],
    [
      { messages: [hi], inferenceConfig: { temperature: 1.5 } },
      "1 validation error detected: Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1",
    ],
    [{ messages: [hi], inferenceConfig: { maxTokens: 0 } }, 'Member must have value greater than or equal to 1'],
    [
      { messages: [hi], additionalModelResponseFieldPaths: ['/'] },
      'The value / at additionalModelResponseFieldPaths is not a valid JSON Pointer. Check the value and try again.',
    ],
    [{ messages: [{ content: [{ text: 'x' }] }] }, "Value at 'messages.0.role'"],
    [{ messages: 'hi' }, 'messages: expected a list'],
    [
      content({ document: { format: 'pdf', name: 'n', source: {} } }),
      'expected one of bytes, s3Location, text, content',
    ],
    [content({ video: { format: 'mp4', source: { s3Location: { uri: 'http://x' } } } }), 'expected an S3 URI'],
    [{ messages: [hi], requestMetadata: 'red' }, 'requestMetadata: expected an object'],
  ])('%j', (body, message) => {
    const error = refusalOf(body);
    expect(error.code).toBe('invalid-request');
    expect(error.publicMessage).toContain(message);
    expect(error.field).toBeTruthy();
  });
});
