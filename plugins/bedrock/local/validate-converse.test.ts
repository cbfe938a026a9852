// What Bedrock refuses of a Converse request, case by case, with the words it uses.
import { describe, expect, test } from 'vitest';
import { createDirectory } from './model.ts';
import { createSeal, toRedactedContent } from './reasoning-seal.ts';
import { Refusal } from './refusal.ts';
import { checkConverse, parseConverse } from './validate-converse.ts';

const models = createDirectory();
const seal = createSeal();

/** `Name: message` of the refusal, or `ok`. */
function validate(modelId: string, body: unknown, stream = false): string {
  try {
    const parsed = parseConverse(structuredClone(body), stream);
    checkConverse(parsed, models.resolve(modelId, undefined), seal);
    return 'ok';
  } catch (error) {
    if (error instanceof Refusal) return `${error.name}: ${error.message}`;
    throw error;
  }
}

const SONNET_5 = 'us.anthropic.claude-sonnet-5';
const SONNET_45 = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
const SONNET_46 = 'us.anthropic.claude-sonnet-4-6';
const HAIKU_3 = 'anthropic.claude-3-haiku-20240307-v1:0';
const NOVA = 'us.amazon.nova-lite-v1:0';
const NOVA_2 = 'us.amazon.nova-2-lite-v1:0';
const LLAMA = 'us.meta.llama4-maverick-17b-instruct-v1:0';
const GPT_OSS = 'openai.gpt-oss-120b-1:0';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII=';
const PDF = Buffer.from('%PDF-1.4').toString('base64');

const user = (...content: object[]) => ({ role: 'user', content });
const assistant = (...content: object[]) => ({ role: 'assistant', content });
const text = (value = 'Hello') => ({ text: value });
const point = (ttl?: string) => ({ cachePoint: { type: 'default', ...(ttl === undefined ? {} : { ttl }) } });
const call = (toolUseId: string, input: unknown = {}, name = 'get_weather') => ({
  toolUse: { toolUseId, name, input },
});
const result = (toolUseId: string, ...content: object[]) => ({
  toolResult: { toolUseId, content: content.length === 0 ? [text('18 degrees')] : content },
});
const spec = (name = 'get_weather', more: object = {}) => ({
  toolSpec: { name, inputSchema: { json: { type: 'object', properties: {} } }, ...more },
});
const image = (bytes = PNG, format = 'png') => ({ image: { format, source: { bytes } } });
const document = (name = 'report', bytes = PDF, format = 'pdf') => ({ document: { format, name, source: { bytes } } });

const hello = { messages: [user(text())] };
const tools = (...list: object[]) => ({ toolConfig: { tools: list.length === 0 ? [spec()] : list } });
const withFields = (fields: object, inferenceConfig: object = {}) => ({
  ...hello,
  inferenceConfig,
  additionalModelRequestFields: fields,
});
const thinking = (budget_tokens: unknown, maxTokens = 4096) =>
  withFields({ thinking: { type: 'enabled', budget_tokens } }, { maxTokens });
const round = (...results: object[]) => ({
  messages: [user(text()), assistant(call('tooluse_1')), user(...results)],
  ...tools(),
});

const CLOSED = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false };
const OPEN = "For 'object' type, 'additionalProperties' must be explicitly set to false";
const native = (schema: object) => ({
  ...hello,
  outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } } },
});
const INVALID = 'ValidationException: ';
const SAID = `${INVALID}The model returned the following errors: `;
const ONE = `${INVALID}1 validation error detected: `;

type Case = readonly [name: string, modelId: string, body: object, expected: string];
const check = (cases: readonly Case[]): void => {
  test.each(cases)('%s', (_, modelId, body, expected) => {
    expect(validate(modelId, body)).toBe(expected);
  });
};

describe('shape', () => {
  check([
    [
      'role',
      SONNET_5,
      { messages: [{ role: 'tool', content: [text()] }] },
      `${ONE}Value 'tool' at 'messages.1.member.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant, system]`,
    ],
    [
      'content missing',
      SONNET_5,
      { messages: [{ role: 'user' }] },
      `${ONE}Value null at 'messages.1.member.content' failed to satisfy constraint: Member must not be null`,
    ],
    [
      'a list is no text',
      SONNET_5,
      { messages: [user({ text: ['a'] })] },
      'SerializationException: ARRAY_VALUE can not be converted to a String at messages.0.content.0.text',
    ],
    [
      'empty union',
      SONNET_5,
      { messages: [user({ thing: {} })] },
      `${INVALID}ContentBlock object at messages.0.content.0 must set one of the following keys: text, image, document, video, audio, toolUse, toolResult, guardContent, cachePoint, reasoningContent, citationsContent, searchResult, toolAddition, toolRemoval.`,
    ],
    [
      'union with two members',
      SONNET_5,
      { messages: [user({ text: 'a', ...point() })] },
      `${INVALID}ContentBlock object at messages.0.content.0 must set only one of the following keys: text, image, document, video, audio, toolUse, toolResult, guardContent, cachePoint, reasoningContent, citationsContent, searchResult, toolAddition, toolRemoval.`,
    ],
    [
      'cache point inside a tool result',
      SONNET_5,
      round(result('tooluse_1', text(), point())),
      `${INVALID}ToolResultContentBlock object at messages.2.content.0.toolResult.content.1 must set one of the following keys: json, text, image, document, video, searchResult.`,
    ],
    [
      'tool name',
      SONNET_5,
      { ...hello, ...tools(spec('get weather')) },
      `${ONE}Value 'get weather' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+`,
    ],
    [
      'long tool name',
      SONNET_5,
      { ...hello, ...tools(spec('x'.repeat(65))) },
      `${ONE}Value '${'x'.repeat(65)}' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must have length less than or equal to 64`,
    ],
    [
      'tool call id',
      NOVA,
      { messages: [user(text()), assistant(call('a b'))], ...tools() },
      `${ONE}Value 'a b' at 'messages.2.member.content.1.member.toolUse.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.:-]+`,
    ],
    [
      'empty description',
      SONNET_5,
      { ...hello, ...tools(spec('a', { description: '' })) },
      `${ONE}Value '' at 'toolConfig.tools.1.member.toolSpec.description' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    ],
    [
      'no tools',
      SONNET_5,
      { ...hello, toolConfig: { tools: [] } },
      `${ONE}Value '[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    ],
    [
      'temperature',
      NOVA,
      { ...hello, inferenceConfig: { temperature: 1.5 } },
      `${ONE}Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1`,
    ],
    [
      'maxTokens',
      NOVA,
      { ...hello, inferenceConfig: { maxTokens: 0 } },
      `${ONE}Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1`,
    ],
    [
      'empty stop sequence',
      NOVA,
      { ...hello, inferenceConfig: { stopSequences: [''] } },
      `${ONE}Value '' at 'inferenceConfig.stopSequences.1.member' failed to satisfy constraint: Member must have length greater than or equal to 1`,
    ],
    [
      'two at once',
      NOVA,
      { ...hello, inferenceConfig: { temperature: -1, topP: 2 } },
      `${INVALID}2 validation errors detected: Value '-1' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value greater than or equal to 0; Value '2' at 'inferenceConfig.topP' failed to satisfy constraint: Member must have value less than or equal to 1`,
    ],
    [
      'service tier',
      NOVA,
      { ...hello, serviceTier: { type: 'fast' } },
      `${ONE}Value 'fast' at 'serviceTier.type' failed to satisfy constraint: Member must satisfy enum value set: [priority, default, flex, reserved]`,
    ],
    [
      'bytes that are no base64',
      SONNET_5,
      { messages: [user(image('not base64!'))] },
      'SerializationException: The value at messages.0.content.0.image.source.bytes is not valid base64',
    ],
    [
      'image format',
      SONNET_5,
      { messages: [user(image(PNG, 'bmp'))] },
      `${ONE}Value 'bmp' at 'messages.1.member.content.1.member.image.format' failed to satisfy constraint: Member must satisfy enum value set: [png, jpeg, gif, webp]`,
    ],
    [
      'request metadata',
      NOVA,
      { ...hello, requestMetadata: { 'a*b': 'x' } },
      `${ONE}Value 'a*b' at 'requestMetadata.a*b.key' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9\\s:_@$#=/+,-.]{1,256}`,
    ],
    ['an unknown member is ignored', SONNET_5, { ...hello, service_tier: 'x', n: 3 }, 'ok'],
    ['null is as good as absent', SONNET_5, { messages: [user({ text: 'a', image: null })], system: null }, 'ok'],
  ]);

  test('streamProcessingMode belongs to streams', () => {
    const body = {
      ...hello,
      guardrailConfig: { guardrailIdentifier: 'abc', guardrailVersion: '1', streamProcessingMode: 'x' },
    };
    expect(validate(NOVA, body)).toBe('ok');
    expect(validate(NOVA, body, true)).toContain("at 'guardrailConfig.streamProcessingMode'");
  });
});

describe('roles and texts', () => {
  const START = `${INVALID}A conversation must start with a user message. Try again with a conversation that starts with a user message.`;
  const ALTERNATE = `${INVALID}A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.`;
  const PREFILL = `${SAID}This model does not support assistant message prefill. The conversation must end with a user message.`;
  check([
    ['no messages', SONNET_5, {}, START],
    ['assistant first', NOVA, { messages: [assistant(text()), user(text())] }, START],
    ['assistant first with Claude', SONNET_45, { messages: [assistant(text()), user(text())] }, 'ok'],
    ['two users in a row', SONNET_5, { messages: [user(text()), user(text())] }, ALTERNATE],
    [
      'blank text',
      SONNET_5,
      { messages: [user(text(), text(' \n'))] },
      `${INVALID}The text field in the ContentBlock object at messages.0.content.1 is blank. Add text to the text field, and try again.`,
    ],
    [
      'empty text of the assistant',
      NOVA,
      { messages: [user(text()), assistant(text('')), user(text())] },
      `${INVALID}The text field in the ContentBlock object at messages.1.content.0 is blank. Add text to the text field, and try again.`,
    ],
    [
      'blank system',
      SONNET_5,
      { ...hello, system: [text(' ')] },
      `${INVALID}The text field in the SystemContentBlock object at system.0 is blank. Add text to the text field, and try again.`,
    ],
    [
      'empty content',
      SONNET_5,
      { messages: [user()] },
      `${INVALID}The content field in the Message object at messages.0 is empty. Add a ContentBlock object to the content field and try again.`,
    ],
    ['prefill', SONNET_45, { messages: [user(text()), assistant(text('Well'))] }, 'ok'],
    ['prefill with 4.6', SONNET_46, { messages: [user(text()), assistant(text('Well'))] }, PREFILL],
    ['prefill with Nova 2', NOVA_2, { messages: [user(text()), assistant(text('Well'))] }, PREFILL],
    [
      'prefill with a space at its end',
      SONNET_45,
      { messages: [user(text()), assistant(text('Well '))] },
      `${SAID}messages: final assistant content cannot end with trailing whitespace`,
    ],
    [
      'system with a model that has none',
      'mistral.mistral-7b-instruct-v0:2',
      { ...hello, system: [text()] },
      `${INVALID}This model doesn't support system messages. Try again without a system message or use a model that supports system messages.`,
    ],
    [
      'a system message in between',
      NOVA,
      { messages: [user(text()), { role: 'system', content: [text()] }] },
      `${SAID}messages.1.role: Input should be 'user' or 'assistant'`,
    ],
    [
      'a system message in between, Claude 4.8',
      'us.anthropic.claude-opus-4-8',
      { messages: [user(text()), { role: 'system', content: [text()] }] },
      'ok',
    ],
  ]);
});

describe('tools', () => {
  const twoCalls = [user(text()), assistant(call('a'), call('b'))];
  const LONELY =
    '`tool_use` ids were found without `tool_result` blocks immediately after: tooluse_1. Each `tool_use` block must have a corresponding `tool_result` block in the next message.';
  check([
    ['a round', SONNET_5, round(result('tooluse_1')), 'ok'],
    ['a round with more to say', SONNET_5, round(result('tooluse_1'), text('And now?')), 'ok'],
    [
      'no toolConfig',
      SONNET_5,
      { messages: round(result('tooluse_1')).messages },
      `${INVALID}The toolConfig field must be defined when using toolUse and toolResult content blocks.`,
    ],
    [
      'missing results',
      SONNET_5,
      { messages: [...twoCalls, user(result('a'))], ...tools() },
      `${INVALID}Expected toolResult blocks at messages.2.content for the following Ids: b`,
    ],
    [
      'no results at all',
      NOVA,
      { messages: [...twoCalls, user(text())], ...tools() },
      `${INVALID}Expected toolResult blocks at messages.2.content for the following Ids: a, b`,
    ],
    [
      'foreign result',
      NOVA,
      { messages: [user(text()), assistant(text()), user(result('x'))], ...tools() },
      `${INVALID}The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.`,
    ],
    [
      'result at the start',
      NOVA,
      { messages: [user(result('x'))], ...tools() },
      `${INVALID}The number of toolResult blocks at messages.0.content exceeds the number of toolUse blocks of previous turn.`,
    ],
    [
      'result twice',
      NOVA,
      round(result('tooluse_1'), result('tooluse_1')),
      `${INVALID}The toolResult blocks at messages.2.content contain duplicate Ids: tooluse_1`,
    ],
    [
      'call id twice',
      NOVA,
      { messages: [user(text()), assistant(call('a'), call('a')), user(result('a'))], ...tools() },
      `${INVALID}The toolUse blocks at messages.1.content contain duplicate Ids: a`,
    ],
    [
      'input that is no object',
      SONNET_5,
      { messages: [user(text()), assistant(call('a', '{}')), user(result('a'))], ...tools() },
      `${INVALID}The format of the value at messages.1.content.0.toolUse.input is invalid. Provide a json object for the field and try again.`,
    ],
    [
      'call of the user',
      NOVA,
      { messages: [user(call('a'))], ...tools() },
      `${INVALID}The toolUse block at messages.0.content.0 can only be used in a message of the assistant role.`,
    ],
    [
      'result of the assistant',
      NOVA,
      { messages: [user(text()), assistant(result('a'))], ...tools() },
      `${INVALID}The toolResult block at messages.1.content.0 can only be used in a message of the user role.`,
    ],
    [
      'ids with dots are for others than Claude',
      SONNET_5,
      { messages: [user(text()), assistant(call('a.b')), user(result('a.b'))], ...tools() },
      `${SAID}messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`,
    ],
    [
      'the same with Nova',
      NOVA,
      { messages: [user(text()), assistant(call('a.b')), user(result('a.b'))], ...tools() },
      'ok',
    ],
    [
      'text before the results',
      SONNET_5,
      round(text(), result('tooluse_1')),
      `${SAID}messages.2: Did not find 1 \`tool_result\` block(s) at the beginning of this message. Messages following \`tool_use\` blocks must begin with a matching number of \`tool_result\` blocks.`,
    ],
    [
      'document beside the results',
      SONNET_5,
      round(result('tooluse_1'), text(), document()),
      `${SAID}messages.1: ${LONELY}`,
    ],
    [
      'text after a call',
      SONNET_5,
      { messages: [user(text()), assistant(call('tooluse_1'), text()), user(result('tooluse_1'))], ...tools() },
      `${SAID}messages.1: ${LONELY}`,
    ],
    [
      'text beside the results with Llama',
      LLAMA,
      round(result('tooluse_1'), text()),
      `${INVALID}messages.2.content: Conversation blocks and tool use blocks cannot be provided in the same turn.`,
    ],
    [
      'video in a result',
      SONNET_5,
      round(result('tooluse_1', { video: { format: 'mp4', source: { bytes: PNG } } })),
      `${INVALID}This model doesn't support the video content block that you provided. Update the content block and try again.`,
    ],
    [
      'video in a result with Nova',
      NOVA_2,
      round(result('tooluse_1', { video: { format: 'mp4', source: { bytes: PNG } } })),
      `${SAID}Malformed input request: #/messages/2/content/0: extraneous key [toolResult] is not permitted, please reformat your input and try again.`,
    ],
    [
      'status with Writer',
      'us.writer.palmyra-x5-v1:0',
      round({ toolResult: { toolUseId: 'tooluse_1', content: [text()], status: 'success' } }),
      `${INVALID}This model doesn't support the status field in the toolResult content block. Remove status and try again.`,
    ],
    [
      'schema without type',
      SONNET_5,
      { ...hello, ...tools(spec('a', { inputSchema: { json: {} } })) },
      `${INVALID}The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object.`,
    ],
    [
      'schema with anyOf',
      SONNET_5,
      { ...hello, ...tools(spec('a', { inputSchema: { json: { type: 'object', anyOf: [] } } })) },
      `${SAID}tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level`,
    ],
    [
      'name twice',
      SONNET_5,
      { ...hello, ...tools(spec('a'), spec('b'), spec('a')) },
      `${INVALID}The tool a is already defined at toolConfig.tools.0.`,
    ],
    [
      'strict',
      SONNET_5,
      { ...hello, ...tools(spec('a', { strict: true })) },
      `${SAID}tools.0.custom.strict: Extra inputs are not permitted`,
    ],
    ...Object.entries({
      'type: object': { type: 'object', properties: {} },
      'type: list': { ...CLOSED, properties: { a: { type: ['object', 'null'] } } },
      'no type': { ...CLOSED, properties: { a: { properties: { b: { type: 'string' } } } } },
      'in a list': { ...CLOSED, properties: { a: { type: 'array', items: { type: 'object' } } } },
    }).map(
      ([name, json]): Case => [
        `strict with 4.5, an open object: ${name}`,
        SONNET_45,
        { ...hello, ...tools(spec('a', { inputSchema: { json }, strict: true })) },
        `${SAID}tools.0.custom: ${OPEN}`,
      ],
    ),
    [
      'strict with 4.5, closed',
      SONNET_45,
      { ...hello, ...tools(spec('a', { inputSchema: { json: CLOSED }, strict: true })) },
      'ok',
    ],
    [
      'strict with 4.5, a range',
      SONNET_45,
      {
        ...hello,
        ...tools(
          spec('a', {
            inputSchema: { json: { ...CLOSED, properties: { minimum: { type: 'number', minimum: 1 } } } },
            strict: true,
          }),
        ),
      },
      `${SAID}tools.0.custom: For 'number' type, property 'minimum' is not supported`,
    ],
    [
      'a model without tools',
      'us.meta.llama3-2-3b-instruct-v1:0',
      { ...hello, ...tools() },
      `${INVALID}This model doesn't support tool use.`,
    ],
    [
      'forced tool with Llama',
      LLAMA,
      { ...hello, toolConfig: { tools: [spec()], toolChoice: { any: {} } } },
      `${INVALID}This model doesn't support the toolConfig.toolChoice.any field. Remove toolConfig.toolChoice.any and try again.`,
    ],
    [
      'forced tool with Opus 5.5',
      'us.anthropic.claude-opus-5-5',
      { ...hello, toolConfig: { tools: [spec()], toolChoice: { any: {} } } },
      `${SAID}tool_choice: type "tool" and "any" are not supported for this model.`,
    ],
    [
      'a choice that is not there',
      SONNET_5,
      { ...hello, toolConfig: { tools: [spec()], toolChoice: { tool: { name: 'x' } } } },
      `${INVALID}The tool x at toolConfig.toolChoice.tool is not defined in toolConfig.tools.`,
    ],
    [
      'a tool at the server answers in the same turn',
      NOVA_2,
      {
        messages: [
          user(text()),
          assistant(
            { toolUse: { toolUseId: 'a', name: 'nova_grounding', input: {}, type: 'server_tool_use' } },
            { toolResult: { toolUseId: 'a', content: [text()], type: 'nova_grounding_result' } },
            text(),
          ),
          user(text()),
        ],
        ...tools({ systemTool: { name: 'nova_grounding' } }),
      },
      'ok',
    ],
  ]);
});

describe('media', () => {
  const NAME = `${INVALID}The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character. Check that the file name conforms to these restrictions and retry your request.`;
  const many = (count: number, make: (index: number) => object) =>
    Array.from({ length: count }, (_, index) => make(index));
  check([
    ['image', SONNET_5, { messages: [user(image(), text())] }, 'ok'],
    [
      'image of the assistant',
      SONNET_5,
      { messages: [user(text()), assistant(image()), user(text())] },
      `${SAID}messages.1.content: 'image' blocks are not permitted within assistant turns.`,
    ],
    [
      'image of the assistant with Nova',
      NOVA,
      { messages: [user(text()), assistant(image()), user(text())] },
      `${INVALID}The image block at messages.1.content.0 can only be used in a message of the user role.`,
    ],
    [
      'image for a model without eyes',
      'us.amazon.nova-micro-v1:0',
      { messages: [user(image())] },
      `${INVALID}This model doesn't support the image content block that you provided. Update the content block and try again.`,
    ],
    ...['mistral.mistral-large-2402-v1:0', 'mistral.mistral-small-2402-v1:0', 'cohere.command-r-v1:0'].map(
      (model): Case => [
        `image for ${model}, of which the catalogue does not say`,
        model,
        { messages: [user(image())] },
        `${INVALID}This model doesn't support the image content block that you provided. Update the content block and try again.`,
      ],
    ),
    ['image for Gemma, of which it does not either', 'google.gemma-3-12b-it', { messages: [user(image())] }, 'ok'],
    [
      'image of another format',
      SONNET_5,
      { messages: [user(image(PNG, 'jpeg'))] },
      `${SAID}messages.0.content.0.image.source.base64: The image was specified using the image/jpeg media type, but the image appears to be a image/png image`,
    ],
    ['the same with Claude 3', HAIKU_3, { messages: [user(image(PNG, 'jpeg'))] }, 'ok'],
    ['image that is none', SONNET_5, { messages: [user(image('AAAA'))] }, `${SAID}Could not process image`],
    [
      'image too large',
      SONNET_5,
      { messages: [user(image(PNG.slice(0, 12) + 'A'.repeat(5_242_880)))] },
      `${SAID}messages.0.content.0.image.source.base64: image exceeds 5 MB maximum: 5242892 bytes > 5242880 bytes`,
    ],
    [
      'too many images',
      NOVA,
      { messages: [user(...many(21, () => image()))] },
      `${INVALID}You can't include more than 20 images in a request.`,
    ],
    [
      'video',
      SONNET_5,
      { messages: [user({ video: { format: 'mp4', source: { bytes: PNG } } })] },
      `${INVALID}This model doesn't support the video content block that you provided. Update the content block and try again.`,
    ],
    ['document', SONNET_5, { messages: [user(document(), text())] }, 'ok'],
    [
      'document without text',
      SONNET_5,
      { messages: [user(document())] },
      `${INVALID}A text block must be included when using documents. Add a text block and retry your request.`,
    ],
    ['document name', SONNET_5, { messages: [user(document('report.pdf'), text())] }, NAME],
    ['document name with two spaces', NOVA, { messages: [user(document('my  report'), text())] }, NAME],
    ['document name with underscores', SONNET_5, { messages: [user(document('my_report (1) [2]-a'), text())] }, 'ok'],
    [
      'document name twice',
      SONNET_5,
      { messages: [user(document(), text()), assistant(text()), user(document(), text())] },
      `${INVALID}Messages can't contain duplicate document names. Rename the document and retry your request.`,
    ],
    [
      'too many documents',
      NOVA,
      { messages: [user(text(), ...many(6, (index) => document(`d${index}`)))] },
      `${INVALID}You can't include more than 5 documents in a request.`,
    ],
    [
      'document as text',
      SONNET_5,
      { messages: [user(text(), { document: { format: 'txt', name: 'a', source: { text: 'b' } } })] },
      `${INVALID}DocumentSource object at messages.0.content.1.document.source must set one of the following keys: bytes, s3Location.`,
    ],
    [
      'document as text to cite from',
      SONNET_5,
      {
        messages: [
          user(text(), { document: { format: 'txt', name: 'a', source: { text: 'b' }, citations: { enabled: true } } }),
        ],
      },
      'ok',
    ],
    [
      'document in S3',
      SONNET_5,
      {
        messages: [
          user(text(), { document: { format: 'pdf', name: 'a', source: { s3Location: { uri: 's3://bucket/key' } } } }),
        ],
      },
      `${SAID}messages.0.content.1.document.source.type: Field required`,
    ],
    [
      'a PDF that is none',
      SONNET_5,
      { messages: [user(text(), document('a', 'AAAA'))] },
      `${SAID}messages.0.content.1.document.source.base64: The PDF specified was not valid.`,
    ],
  ]);
});

describe('inference', () => {
  check([
    [
      'too many tokens',
      SONNET_45,
      { ...hello, inferenceConfig: { maxTokens: 64_001 } },
      `${INVALID}The maximum tokens you requested exceeds the model limit of 64000. Try again with a maximum tokens value that is lower than 64000.`,
    ],
    [
      'temperature and topP',
      SONNET_45,
      { ...hello, inferenceConfig: { temperature: 1, topP: 1 } },
      `${SAID}\`temperature\` and \`top_p\` cannot both be specified for this model. Please use only one.`,
    ],
    ['temperature and topP with Claude 3', HAIKU_3, { ...hello, inferenceConfig: { temperature: 1, topP: 1 } }, 'ok'],
    [
      'temperature with 5',
      SONNET_5,
      { ...hello, inferenceConfig: { temperature: 1 } },
      `${SAID}\`temperature\` is deprecated for this model.`,
    ],
    [
      'topP with 4.7',
      'us.anthropic.claude-opus-4-7',
      { ...hello, inferenceConfig: { topP: 1 } },
      `${SAID}\`top_p\` is deprecated for this model.`,
    ],
    ['top_k with 5', SONNET_5, withFields({ top_k: 5 }), `${SAID}\`top_k\` is deprecated for this model.`],
    [
      'topP 0 with Nova',
      NOVA,
      { ...hello, inferenceConfig: { topP: 0 } },
      `${SAID}Malformed input request: #/inferenceConfig/topP: 0.0 is not greater than 0.0, please reformat your input and try again.`,
    ],
    [
      'blank stop sequence',
      SONNET_5,
      { ...hello, inferenceConfig: { stopSequences: ['\n'] } },
      `${SAID}stop_sequences: each stop sequence must contain non-whitespace`,
    ],
    [
      'five stop sequences with Nova',
      NOVA,
      { ...hello, inferenceConfig: { stopSequences: ['a', 'b', 'c', 'd', 'e'] } },
      `${SAID}Malformed input request: #/inferenceConfig/stopSequences: expected maximum item count: 4, found: 5, please reformat your input and try again.`,
    ],
    [
      'stop sequences with gpt-oss',
      GPT_OSS,
      { ...hello, inferenceConfig: { stopSequences: ['a'] } },
      `${INVALID}This model doesn't support the stopSequences field. Remove stopSequences and try again.`,
    ],
    [
      'temperature with GPT',
      'us.openai.gpt-5.6-sol',
      { ...hello, inferenceConfig: { temperature: 0 } },
      `${INVALID}This model doesn't support the temperature field. Remove temperature and try again.`,
    ],
    [
      'empty pointer',
      SONNET_5,
      { ...hello, additionalModelResponseFieldPaths: ['/'] },
      `${INVALID}The value / at additionalModelResponseFieldPaths is not a valid JSON Pointer. Check the value and try again.`,
    ],
    [
      'effort of another model',
      NOVA,
      { ...hello, outputConfig: { effort: 'minimal' } },
      `${INVALID}The value at outputConfig.effort must be one of the following: low, medium, high, xhigh, max.`,
    ],
    [
      'latency',
      SONNET_5,
      { ...hello, performanceConfig: { latency: 'optimized' } },
      `${INVALID}Latency performance configuration is not supported for this model.`,
    ],
    [
      'schema that is no JSON',
      SONNET_45,
      { ...hello, outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{' } } } } },
      `${INVALID}The value at outputConfig.textFormat.structure.jsonSchema.schema is not a valid JSON schema.`,
    ],
    [
      'schema with an open object',
      SONNET_45,
      native({ ...CLOSED, properties: { a: { properties: {} } } }),
      `${SAID}output_config.format.schema: ${OPEN}`,
    ],
    ['schema with closed objects', SONNET_45, native(CLOSED), 'ok'],
    ['schema with an open object, elsewhere', GPT_OSS, native({ type: 'object' }), 'ok'],
    [
      'schema with 5',
      SONNET_5,
      { ...hello, outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: '{}' } } } } },
      `${SAID}output_config.format: Extra inputs are not permitted`,
    ],
    [
      'too long',
      SONNET_45,
      { messages: [user(text('a'.repeat(800_004)))] },
      `${INVALID}Input is too long for requested model.`,
    ],
    [
      'too long for Nova',
      'us.amazon.nova-micro-v1:0',
      { messages: [user(text('a'.repeat(512_004)))] },
      `${SAID}Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.`,
    ],
  ]);
});

describe('thinking', () => {
  const GUIDE = 'https://docs.claude.com/en/docs/build-with-claude/extended-thinking';
  const CONFLICT = `Please consult our documentation at ${GUIDE}#important-considerations-when-using-extended-thinking`;
  const ADAPTIVE = 'Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';
  const adaptive = (more: object = {}, fields: object = {}) =>
    withFields({ thinking: { type: 'adaptive', ...more }, ...fields });
  const forced = { toolConfig: { tools: [spec()], toolChoice: { any: {} } } };
  const turn = (...content: object[]) => ({
    ...thinking(2048),
    messages: [user(text()), assistant(...content), user(result('tooluse_1'))],
    ...tools(),
  });
  const reasoning = (value: string, signature?: string) => ({
    reasoningContent: { reasoningText: { text: value, ...(signature === undefined ? {} : { signature }) } },
  });
  check([
    ['a budget', SONNET_45, thinking(2048), 'ok'],
    [
      'a budget by its old name',
      SONNET_45,
      withFields({ reasoning_config: { type: 'enabled', budget_tokens: 1024 } }),
      'ok',
    ],
    ['no budget', SONNET_45, thinking(undefined), `${SAID}thinking.enabled.budget_tokens: Field required`],
    [
      'a small budget',
      SONNET_45,
      thinking(1023),
      `${SAID}thinking.enabled.budget_tokens: Input should be greater than or equal to 1024`,
    ],
    [
      'a budget that is no number',
      SONNET_45,
      thinking('many'),
      `${SAID}thinking.enabled.budget_tokens: Input should be a valid integer`,
    ],
    [
      'a budget as large as the answer',
      SONNET_45,
      thinking(4096),
      `${SAID}\`max_tokens\` must be greater than \`thinking.budget_tokens\`. Please consult our documentation at ${GUIDE}#max-tokens-and-context-window-size`,
    ],
    [
      'the same interleaved',
      SONNET_45,
      withFields(
        { thinking: { type: 'enabled', budget_tokens: 8192 }, anthropic_beta: ['interleaved-thinking-2025-05-14'] },
        { maxTokens: 4096 },
      ),
      'ok',
    ],
    [
      'a budget with 5',
      SONNET_5,
      thinking(2048),
      `${SAID}"thinking.type.enabled" is not supported for this model. ${ADAPTIVE}`,
    ],
    ['a budget with 4.6', SONNET_46, thinking(2048), 'ok'],
    ['thinking with Claude 3', HAIKU_3, thinking(2048, 4000), `${SAID}thinking: Extra inputs are not permitted`],
    ['adaptive', SONNET_5, adaptive({ display: 'summarized' }), 'ok'],
    [
      'adaptive with 4.5',
      SONNET_45,
      adaptive(),
      `${SAID}thinking: Input tag 'adaptive' found using 'type' does not match any of the expected tags: 'disabled', 'enabled'`,
    ],
    [
      'adaptive with a budget',
      SONNET_5,
      adaptive({ budget_tokens: 1024 }),
      `${SAID}thinking.adaptive.budget_tokens: Extra inputs are not permitted`,
    ],
    [
      'adaptive with effort inside',
      SONNET_5,
      adaptive({ effort: 'low' }),
      `${SAID}thinking.adaptive.effort: Extra inputs are not permitted`,
    ],
    [
      'display',
      SONNET_5,
      adaptive({ display: 'full' }),
      `${SAID}thinking.adaptive.display: Input should be 'summarized' or 'omitted'`,
    ],
    ['disabled', SONNET_5, withFields({ thinking: { type: 'disabled' } }), 'ok'],
    [
      'disabled where it cannot be',
      'us.anthropic.claude-fable-5',
      withFields({ thinking: { type: 'disabled' } }),
      `${SAID}"thinking.type.disabled" is not supported for this model. ${ADAPTIVE}`,
    ],
    ['between tools', 'us.anthropic.claude-sonnet-5-5', withFields({ thinking: { type: 'between_tools' } }), 'ok'],
    [
      'between tools with 5',
      SONNET_5,
      withFields({ thinking: { type: 'between_tools' } }),
      `${SAID}thinking: Input tag 'between_tools' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled'`,
    ],
    ['effort', SONNET_5, adaptive({}, { output_config: { effort: 'xhigh' } }), 'ok'],
    ['effort of the API', SONNET_5, { ...adaptive(), outputConfig: { effort: 'max' } }, 'ok'],
    [
      'effort twice',
      SONNET_5,
      { ...adaptive({}, { output_config: { effort: 'low' } }), outputConfig: { effort: 'max' } },
      `${INVALID}The additional field output_config conflicts with an existing field.`,
    ],
    [
      'xhigh with 4.6',
      SONNET_46,
      adaptive({}, { output_config: { effort: 'xhigh' } }),
      `${SAID}output_config.effort: Input should be 'low', 'medium', 'high' or 'max'`,
    ],
    [
      'effort with Sonnet 4.5',
      SONNET_45,
      withFields({ output_config: { effort: 'low' } }),
      `${SAID}output_config.effort: Extra inputs are not permitted`,
    ],
    [
      'effort with Opus 4.5',
      'us.anthropic.claude-opus-4-5-20251101-v1:0',
      withFields({ output_config: { effort: 'low' }, anthropic_beta: ['effort-2025-11-24'] }),
      'ok',
    ],
    [
      'effort without its flag',
      'us.anthropic.claude-opus-4-5-20251101-v1:0',
      withFields({ output_config: { effort: 'low' } }),
      `${SAID}output_config.effort: Extra inputs are not permitted`,
    ],
    [
      'max without thinking on Opus 5',
      'us.anthropic.claude-opus-5',
      withFields({ thinking: { type: 'disabled' }, output_config: { effort: 'max' } }),
      `${SAID}output_config.effort: 'max' requires thinking to be enabled`,
    ],
    [
      'temperature',
      SONNET_45,
      { ...thinking(2048), inferenceConfig: { maxTokens: 4096, temperature: 0 } },
      `${SAID}\`temperature\` may only be set to 1 when thinking is enabled. ${CONFLICT}`,
    ],
    ['temperature 1', SONNET_45, { ...thinking(2048), inferenceConfig: { maxTokens: 4096, temperature: 1 } }, 'ok'],
    [
      'topP',
      SONNET_45,
      { ...thinking(2048), inferenceConfig: { maxTokens: 4096, topP: 0.9 } },
      `${SAID}\`top_p\` must be greater than or equal to 0.95 or unset when thinking is enabled. ${CONFLICT}`,
    ],
    [
      'forced tool',
      SONNET_45,
      { ...thinking(2048), ...forced },
      `${SAID}Thinking may not be enabled when tool_choice forces tool use.`,
    ],
    ['forced tool with 5', SONNET_5, { ...adaptive(), ...forced }, 'ok'],
    [
      'tool_choice twice',
      SONNET_45,
      {
        ...withFields({ tool_choice: { type: 'auto', disable_parallel_tool_use: true } }),
        toolConfig: { tools: [spec()], toolChoice: { auto: {} } },
      },
      `${INVALID}The additional field tool_choice conflicts with an existing field.`,
    ],
    [
      'a foreign signature',
      SONNET_5,
      { messages: [user(text()), assistant(reasoning('Hm', 'foreign'), text()), user(text())] },
      `${SAID}messages.1.content.0: Invalid \`signature\` in \`thinking\` block`,
    ],
    [
      'our signature',
      SONNET_5,
      { messages: [user(text()), assistant(reasoning('Hm', seal.sign('Hm')), text()), user(text())] },
      'ok',
    ],
    [
      'our signature, other text',
      SONNET_5,
      { messages: [user(text()), assistant(reasoning('Hm!', seal.sign('Hm')), text()), user(text())] },
      `${SAID}messages.1.content.0: Invalid \`signature\` in \`thinking\` block`,
    ],
    [
      'no signature',
      SONNET_5,
      { messages: [user(text()), assistant(reasoning('Hm'), text()), user(text())] },
      `${SAID}messages.1.content.0.thinking.signature: Field required`,
    ],
    [
      'no signature with Nova',
      NOVA_2,
      { messages: [user(text()), assistant(reasoning('Hm'), text()), user(text())] },
      'ok',
    ],
    [
      'our redacted content',
      SONNET_5,
      {
        messages: [
          user(text()),
          assistant({ reasoningContent: { redactedContent: toRedactedContent(seal.redact('Hm')) } }, text()),
          user(text()),
        ],
      },
      'ok',
    ],
    [
      'foreign redacted content',
      SONNET_5,
      { messages: [user(text()), assistant({ reasoningContent: { redactedContent: 'AAAA' } }, text()), user(text())] },
      `${SAID}messages.1.content.0: Invalid \`data\` in \`redacted_thinking\` block`,
    ],
    ['a tool turn with its thinking', SONNET_45, turn(reasoning('Hm', seal.sign('Hm')), call('tooluse_1')), 'ok'],
  ]);

  test('a tool turn that has lost its thinking', () => {
    expect(validate(SONNET_45, turn(call('tooluse_1')))).toContain(
      'messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`.',
    );
    expect(
      validate(SONNET_5, { ...turn(call('tooluse_1')), ...adaptive(), messages: turn(call('tooluse_1')).messages }),
    ).toBe('ok');
  });
});

describe('additional fields', () => {
  const extraneous = (key: string) =>
    `${SAID}Malformed input request: #: extraneous key [${key}] is not permitted, please reformat your input and try again.`;
  check([
    ['unknown with Claude', SONNET_5, withFields({ seed: 1 }), extraneous('seed')],
    ['a flat top_k with Nova', NOVA, withFields({ top_k: 1 }), extraneous('top_k')],
    ['a nested topK with Nova', NOVA, withFields({ inferenceConfig: { topK: 1 } }), 'ok'],
    ['anthropic_beta with Nova', NOVA, withFields({ anthropic_beta: [] }), extraneous('anthropic_beta')],
    ['thinking with gpt-oss', GPT_OSS, withFields({ thinking: {} }), extraneous('thinking')],
    ['reasoning_effort', GPT_OSS, withFields({ reasoning_effort: 'high' }), 'ok'],
    [
      'reasoning_effort none',
      GPT_OSS,
      withFields({ reasoning_effort: 'none' }),
      `${SAID}Malformed input request: #/reasoning_effort: "none" is not a valid enum value, please reformat your input and try again.`,
    ],
    [
      'reasoningConfig',
      NOVA_2,
      withFields({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' } }, { maxTokens: 10 }),
      'ok',
    ],
    [
      'reasoningConfig without effort',
      NOVA_2,
      withFields({ reasoningConfig: { type: 'enabled' } }),
      `${SAID}Malformed input request: #/reasoningConfig: required key [maxReasoningEffort] not found, please reformat your input and try again.`,
    ],
    [
      'high with maxTokens',
      NOVA_2,
      withFields({ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'high' } }, { maxTokens: 10 }),
      `${SAID}Malformed input request: #/inferenceConfig: maxTokens must be unset when maxReasoningEffort is high, please reformat your input and try again.`,
    ],
    ['a beta', SONNET_45, withFields({ anthropic_beta: ['context-1m-2025-08-07'] }), 'ok'],
    [
      'an unknown beta',
      SONNET_45,
      withFields({ anthropic_beta: ['prompt-caching-2024-07-31'] }),
      `${SAID}invalid beta flag`,
    ],
    [
      'interleaved thinking with 5',
      SONNET_5,
      withFields({ anthropic_beta: ['interleaved-thinking-2025-05-14'] }),
      `${SAID}invalid beta flag`,
    ],
    [
      'a list',
      SONNET_5,
      { ...hello, additionalModelRequestFields: [] },
      `${INVALID}The value at additionalModelRequestFields must be a json object.`,
    ],
  ]);
});

describe('cache points', () => {
  const REQUIRED = (place: string) => `${SAID}${place}.type: Field required`;
  check([
    [
      'everywhere',
      SONNET_5,
      {
        messages: [user(text(), point()), assistant(text()), user(text(), point())],
        system: [text(), point()],
        ...tools(spec(), point()),
      },
      'ok',
    ],
    [
      'five',
      SONNET_5,
      {
        messages: [user(text(), point(), text(), point(), text(), point())],
        system: [text(), point()],
        ...tools(spec(), point()),
      },
      `${SAID}A maximum of 4 blocks with cache_control may be provided. Found 5.`,
    ],
    ['first', SONNET_5, { messages: [user(point(), text())] }, REQUIRED('messages.0.content.0')],
    ['two in a row', SONNET_5, { messages: [user(text(), point(), point())] }, REQUIRED('messages.0.content.2')],
    [
      'after a text document',
      SONNET_5,
      { messages: [user(text(), document('a', 'AAAA', 'txt'), point())] },
      REQUIRED('messages.0.content.2'),
    ],
    ['after a PDF', SONNET_5, { messages: [user(text(), document(), point())] }, 'ok'],
    [
      'after reasoning',
      SONNET_5,
      {
        messages: [
          user(text()),
          assistant({ reasoningContent: { reasoningText: { text: 'a', signature: seal.sign('a') } } }, point(), text()),
          user(text()),
        ],
      },
      `${INVALID}Cache point cannot be inserted after reasoning block. Please remove the invalid cache point and try again.`,
    ],
    ['1h before 5m', SONNET_5, { messages: [user(text(), point())], system: [text(), point('1h')] }, 'ok'],
    [
      '1h after 5m',
      SONNET_5,
      { messages: [user(text(), point('1h'))], system: [text(), point('5m')] },
      `${SAID}messages.0.content.1.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: \`tools\`, \`system\`, \`messages\`.`,
    ],
    [
      '1h with Sonnet 4',
      'us.anthropic.claude-sonnet-4-20250514-v1:0',
      { messages: [user(text(), point('1h'))] },
      `${SAID}messages.0.content.1.cache_control.ephemeral.ttl: Extra inputs are not permitted`,
    ],
    ['Nova', NOVA, { messages: [user(text(), point())], system: [text(), point()] }, 'ok'],
    [
      'tools of Nova',
      NOVA,
      { ...hello, ...tools(spec(), point()) },
      `${SAID}Malformed input request: #/toolConfig/tools/1: extraneous key [cachePoint] is not permitted, please reformat your input and try again.`,
    ],
    [
      'a model without a cache',
      LLAMA,
      { messages: [user(text(), point())] },
      'AccessDeniedException: You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
    ],
    [
      'Claude 3, wherever it stands',
      HAIKU_3,
      { messages: [user(point(), text())] },
      'AccessDeniedException: You invoked an unsupported model or your request did not allow prompt caching. See the documentation for more information.',
    ],
  ]);
});
