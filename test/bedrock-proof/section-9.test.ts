// Section 9: tools, tool calls and results, tool choice, structured output.
import type { Part } from '@turnout/core/contract';
import { describe } from 'vitest';
import { asked } from './proof.ts';
import {
  assistant,
  call,
  HAIKU_3,
  holdRules,
  image,
  LLAMA,
  MISTRAL,
  NOVA,
  NOVA_2,
  OPUS_5_5,
  OSS,
  PIXTRAL,
  pdf,
  QWEN,
  R1,
  result,
  SONNET_4_5,
  SONNET_4_6,
  SONNET_5,
  text,
  tool,
  user,
} from './rules.ts';

const tools = [tool('look')];
const WRITER = 'writer.palmyra-x5-v1:0';
const KIMI = 'moonshot.kimi-k2-thinking';
const GLM = 'zai.glm-4.7';
const DEEPSEEK = 'deepseek.v3.2';
const closed = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'], additionalProperties: false };
const turn = (...parts: Part[]) => [user(text('a')), assistant(call('c1')), user(...parts)];
const csv = (): Part => ({ type: 'media', mediaType: 'text/csv', data: 'YSxi', name: 'table.csv' });

describe('section 9, tools', () => {
  holdRules('9', [
    {
      rule: 'tool names are 1-64 of [a-zA-Z0-9_-]: others are changed in the definition, in the history and in the choice',
      asked: asked(SONNET_5, {
        tools: [tool('mcp.files/read')],
        toolChoice: { name: 'mcp.files/read' },
        messages: [user(text('a')), assistant(call('c1', 'mcp.files/read')), user(result('c1'))],
      }),
      body: {
        toolConfig: {
          tools: [{ toolSpec: { name: 'mcp_files_read' } }],
          toolChoice: { tool: { name: 'mcp_files_read' } },
        },
        messages: [{}, { content: [{ toolUse: { name: 'mcp_files_read' } }] }, {}],
      },
    },
    {
      rule: 'a name over 64 characters is cut',
      asked: asked(SONNET_5, { tools: [tool('x'.repeat(80))] }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'x'.repeat(64) } }] } },
    },
    {
      rule: 'names that would become the same are told apart',
      asked: asked(SONNET_5, { tools: [tool('a_b'), tool('a.b')] }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'a_b' } }, {}] } },
    },
    {
      rule: 'a name that the model made up goes back as Bedrock takes it',
      asked: asked(SONNET_5, {
        tools,
        messages: [user(text('a')), assistant(call('c1', '$look now!')), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [{ toolUse: { name: '_look_now_' } }] }, {}] },
    },
    {
      rule: 'duplicate names are a 400: the second is left out',
      asked: asked(SONNET_5, { tools: [tool('look'), tool('look')] }),
      absent: ['toolConfig.tools.1'],
      losses: ['tools:dropped'],
    },
    {
      rule: 'a blank description is left out',
      asked: asked(SONNET_5, { tools: [tool('look', { description: ' ' })] }),
      absent: ['toolConfig.tools.0.toolSpec.description'],
    },
    {
      rule: 'a schema is an object at the top, without $schema and $id',
      asked: asked(SONNET_5, { tools: [tool('look', { schema: { $schema: 'x', $id: 'y' } })] }),
      body: { toolConfig: { tools: [{ toolSpec: { inputSchema: { json: { type: 'object', properties: {} } } } }] } },
      absent: [
        'toolConfig.tools.0.toolSpec.inputSchema.json.$schema',
        'toolConfig.tools.0.toolSpec.inputSchema.json.$id',
      ],
    },
    {
      rule: 'a top level of several types is an object',
      asked: asked(NOVA, { tools: [tool('look', { schema: { type: ['object', 'null'], properties: { a: {} } } })] }),
      body: {
        toolConfig: { tools: [{ toolSpec: { inputSchema: { json: { type: 'object', properties: { a: {} } } } } }] },
      },
    },
    ...[SONNET_5, NOVA].map((model) => ({
      rule: `no anyOf, oneOf or allOf at the top: its branches are merged (${model})`,
      asked: asked(model, {
        tools: [
          tool('look', {
            schema: {
              anyOf: [
                { type: 'object', properties: { a: { type: 'string' }, b: {} }, required: ['a', 'b'] },
                { type: 'object', properties: { a: { type: 'string' }, c: {} }, required: ['a'] },
              ],
            },
          }),
        ],
      }),
      body: {
        toolConfig: {
          tools: [
            {
              toolSpec: {
                inputSchema: { json: { type: 'object', properties: { a: {}, b: {}, c: {} }, required: ['a'] } },
              },
            },
          ],
        },
      },
      absent: ['toolConfig.tools.0.toolSpec.inputSchema.json.anyOf'],
      losses: ['tools:approximated'],
    })),
    {
      rule: 'Nova takes more than type, properties and required at the top (recorded): it is left as it is',
      asked: asked(NOVA, { tools: [tool('look', { schema: { ...closed, title: 'Look' } })] }),
      body: { toolConfig: { tools: [{ toolSpec: { inputSchema: { json: { ...closed, title: 'Look' } } } }] } },
    },
    {
      rule: 'tool use ids are [a-zA-Z0-9_-]{1,64}: others are changed, in call and result alike',
      asked: asked(SONNET_5, { tools, messages: [user(text('a')), assistant(call('call:1')), user(result('call:1'))] }),
      body: {
        messages: [
          {},
          { content: [{ toolUse: { toolUseId: 'call_1_0af63155' } }] },
          { content: [{ toolResult: { toolUseId: 'call_1_0af63155' } }] },
        ],
      },
    },
    {
      rule: "Kimi's own ids go back as they are (recorded)",
      asked: asked(KIMI, {
        tools,
        messages: [user(text('a')), assistant(call('functions.look:0')), user(result('functions.look:0'))],
      }),
      body: { messages: [{}, { content: [{ toolUse: { toolUseId: 'functions.look:0' } }] }, {}] },
    },
    {
      rule: 'Mistral needs exactly nine letters and digits, the same each time',
      asked: asked(MISTRAL, { tools, messages: turn(result('c1')) }),
      body: {
        messages: [
          {},
          { content: [{ toolUse: { toolUseId: '0KOAGsqNL' } }] },
          { content: [{ toolResult: { toolUseId: '0KOAGsqNL' } }] },
        ],
      },
    },
    {
      rule: 'Mistral keeps an id that fits',
      asked: asked(MISTRAL, {
        tools,
        messages: [user(text('a')), assistant(call('abcDEF123')), user(result('abcDEF123'))],
      }),
      body: { messages: [{}, { content: [{ toolUse: { toolUseId: 'abcDEF123' } }] }, {}] },
    },
    {
      rule: 'the input of a call is an object: what is none is wrapped',
      asked: asked(SONNET_5, {
        tools,
        messages: [user(text('a')), assistant(call('c1', 'look', '{"a')), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [{ toolUse: { input: { rawInvalidInput: '{"a' } } }] }, {}] },
      losses: ['messages:approximated'],
    },
    {
      rule: 'no arguments are an empty object',
      asked: asked(SONNET_5, {
        tools,
        messages: [user(text('a')), assistant(call('c1', 'look', '')), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [{ toolUse: { input: {} } }] }, {}] },
    },
    {
      rule: 'tool blocks need toolConfig: tools are made from the names in the history',
      asked: asked(SONNET_5, { messages: turn(result('c1')) }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } }] } },
    },
    {
      rule: 'an empty list of tools is none',
      asked: asked(SONNET_5, { tools: [] }),
      absent: ['toolConfig'],
    },
    {
      rule: 'all results of a turn stand in the next user message, first in it, whatever the client sent them in',
      asked: asked(SONNET_5, {
        tools,
        messages: [
          user(text('a')),
          assistant(call('c1'), call('c2')),
          user(text('and'), result('c2')),
          user(result('c1')),
        ],
      }),
      body: {
        messages: [
          {},
          {},
          {
            content: [{ toolResult: { toolUseId: 'c2' } }, { toolResult: { toolUseId: 'c1' } }, { text: 'and' }],
          },
        ],
      },
    },
    {
      rule: 'a missing result is an error result',
      asked: asked(SONNET_5, {
        tools,
        messages: [user(text('a')), assistant(call('c1'), call('c2')), user(result('c1'))],
      }),
      body: { messages: [{}, {}, { content: [{}, { toolResult: { toolUseId: 'c2', status: 'error' } }] }] },
      losses: ['messages:approximated'],
    },
    {
      rule: 'a call at the very end gets one too',
      asked: asked(SONNET_5, { tools, messages: [user(text('a')), assistant(call('c1'))] }),
      body: { messages: [{}, {}, { role: 'user', content: [{ toolResult: { status: 'error' } }] }] },
      losses: ['messages:approximated'],
    },
    {
      rule: 'a result without a call is left out',
      asked: asked(SONNET_5, { tools, messages: [user(text('a'), result('c9'))] }),
      absent: ['messages.0.content.1'],
      losses: ['messages:dropped'],
    },
    {
      rule: 'and with it the media that would have followed it',
      asked: asked(QWEN, { tools, messages: [user(text('a'), result('c9', csv()))] }),
      body: { messages: [{ content: [{ text: 'a' }] }] },
      absent: ['messages.0.content.1'],
      losses: ['messages:dropped'],
    },
    {
      rule: 'text precedes calls',
      asked: asked(SONNET_5, {
        tools,
        messages: [user(text('a')), assistant(call('c1'), text('I look')), user(result('c1'))],
      }),
      body: { messages: [{}, { content: [{ text: 'I look' }, { toolUse: {} }] }, {}] },
    },
    {
      rule: 'Claude takes text and images beside results',
      asked: asked(SONNET_5, { tools, messages: turn(result('c1'), text('b'), image()) }),
      body: { messages: [{}, {}, { content: [{ toolResult: {} }, { text: 'b' }, { image: {} }] }] },
    },
    {
      rule: 'Claude takes no document beside results: it gets a turn of its own',
      asked: asked(SONNET_5, { tools, messages: turn(result('c1'), text('b'), pdf('x')) }),
      body: {
        messages: [
          {},
          {},
          { content: [{ toolResult: {} }] },
          { role: 'assistant', content: [{ text: '.' }] },
          { role: 'user', content: [{ text: 'b' }, { document: {} }] },
        ],
      },
    },
    ...[LLAMA, MISTRAL, WRITER].map((model) => ({
      rule: `a result stands alone in its message: ${model}`,
      asked: asked(model, { tools, messages: turn(result('c1'), text('b')) }),
      body: {
        messages: [
          {},
          {},
          { content: [{ toolResult: {} }] },
          { role: 'assistant', content: [{ text: '.' }] },
          { role: 'user', content: [{ text: 'b' }] },
        ],
      },
    })),
    {
      rule: 'media in a result: Claude takes images and documents',
      asked: asked(SONNET_5, { tools, messages: turn(result('c1', image(), pdf('x'))) }),
      body: { messages: [{}, {}, { content: [{ toolResult: { content: [{ image: {} }, { document: {} }] } }] }] },
    },
    {
      rule: 'media in a result: Nova takes images and text documents',
      asked: asked(NOVA, { tools, messages: turn(result('c1', image(), csv())) }),
      body: { messages: [{}, {}, { content: [{ toolResult: { content: [{ image: {} }, { document: {} }] } }] }] },
    },
    {
      rule: 'media in a result: for Nova other documents follow it',
      asked: asked(NOVA, { tools, messages: turn(result('c1', pdf('x'))) }),
      body: {
        messages: [
          {},
          {},
          { content: [{ toolResult: {} }, { document: {} }, { text: '(see the attached document)' }] },
        ],
      },
    },
    {
      rule: 'media in a result: Pixtral takes documents, an image follows in a turn of its own',
      asked: asked(PIXTRAL, { tools, messages: turn(result('c1', image(), pdf('x'))) }),
      body: {
        messages: [
          {},
          {},
          { content: [{ toolResult: { content: [{ document: {} }] } }] },
          {},
          { content: [{ image: {} }] },
        ],
      },
    },
    {
      rule: 'media in a result: Kimi takes none, they follow it',
      asked: asked('moonshotai.kimi-k2.5', { tools, messages: turn(result('c1', image())) }),
      body: {
        messages: [{}, {}, { content: [{ toolResult: { content: [{ text: '(attached below)' }] } }, { image: {} }] }],
      },
    },
    {
      rule: 'the status of a result goes to Claude and Nova',
      asked: asked(NOVA, {
        tools,
        messages: turn({ type: 'tool-result', id: 'c1', parts: [text('no')], error: true }),
      }),
      body: { messages: [{}, {}, { content: [{ toolResult: { status: 'error' } }] }] },
    },
    ...[WRITER, LLAMA].map((model) => ({
      rule: `and to nobody else: ${model}`,
      asked: asked(model, {
        tools,
        messages: turn({ type: 'tool-result', id: 'c1', parts: [text('no')], error: true }),
      }),
      absent: ['messages.2.content.0.toolResult.status'],
    })),
    {
      rule: 'models without tools take the history as text',
      asked: asked('mistral.mistral-7b-instruct-v0:2', { messages: turn(result('c1')) }),
      absent: ['toolConfig', 'messages.1.content.0.toolUse'],
      losses: ['messages:approximated'],
    },
    ...[R1, 'amazon.titan-text-express-v1', 'mistral.mixtral-8x7b-instruct-v0:1', 'meta.llama3-2-1b-instruct-v1:0'].map(
      (model) => ({ rule: `no tools: ${model}`, asked: asked(model, { tools }), refused: /takes no tools/ }),
    ),
    {
      rule: 'system tools of Nova 2 are sent by their names',
      asked: asked(NOVA_2, { tools: [tool('look'), { kind: 'server', name: 'nova_grounding' }] }),
      body: { toolConfig: { tools: [{ toolSpec: {} }, { systemTool: { name: 'nova_grounding' } }] } },
    },
    {
      rule: 'calls and results of system tools go back in the turn of the assistant',
      asked: asked(NOVA_2, {
        messages: [
          user(text('a')),
          assistant(
            { type: 'tool-call', id: 's1', name: 'nova_code_interpreter', input: '{"snippet":"1+1"}', server: true },
            { type: 'tool-result', id: 's1', parts: [text('{"stdOut":"2"}')], server: true },
            text('It is 2'),
          ),
          user(text('b')),
        ],
      }),
      body: {
        toolConfig: { tools: [{ systemTool: { name: 'nova_code_interpreter' } }] },
        messages: [
          {},
          {
            content: [
              { toolUse: { type: 'server_tool_use', name: 'nova_code_interpreter', input: { snippet: '1+1' } } },
              { toolResult: { type: 'nova_code_interpreter_result', content: [{ json: { stdOut: '2' } }] } },
              { text: 'It is 2' },
            ],
          },
          {},
        ],
      },
    },
    {
      rule: 'server tools of another vendor are left out, and so are their calls and results',
      asked: asked(SONNET_5, {
        tools: [{ kind: 'server', name: 'web_search' }],
        messages: [
          user(text('a')),
          assistant(
            { type: 'tool-call', id: 's1', name: 'web_search', input: '{}', server: true },
            { type: 'tool-result', id: 's1', parts: [text('x')], server: true },
            text('b'),
          ),
          user(text('c')),
        ],
      }),
      body: { messages: [{}, { content: [{ text: 'b' }] }, {}] },
      absent: ['toolConfig'],
      losses: ['messages:dropped', 'tools:dropped'],
    },
  ]);
});

type Choice = 'required' | { readonly name: string };
const named: Choice = { name: 'look' };

describe('section 9, tool choice', () => {
  holdRules('9', [
    ...[SONNET_5, NOVA, DEEPSEEK, KIMI, GLM].map((model) => ({
      rule: `one tool by name: ${model}`,
      asked: asked(model, { tools, toolChoice: named }),
      body: { toolConfig: { toolChoice: { tool: { name: 'look' } } } },
    })),
    {
      rule: 'Mistral large takes any, and so the named tool alone',
      asked: asked(MISTRAL, { tools: [tool('other'), tool('look')], toolChoice: named }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'look' } }], toolChoice: { any: {} } } },
    },
    ...[LLAMA, OSS, QWEN, OPUS_5_5].map((model) => ({
      rule: `auto only: the named tool is left alone in the list (${model})`,
      asked: asked(model, { tools: [tool('other'), tool('look')], toolChoice: named }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'look' } }] } },
      absent: ['toolConfig.toolChoice', 'toolConfig.tools.1'],
      losses: ['toolChoice:approximated'],
    })),
    {
      rule: 'none leaves the tools out',
      asked: asked(SONNET_5, { tools, toolChoice: 'none' }),
      absent: ['toolConfig'],
    },
    {
      rule: 'none keeps them where the history needs them',
      asked: asked(SONNET_5, { tools, toolChoice: 'none', messages: turn(result('c1')) }),
      body: { toolConfig: { tools: [{ toolSpec: { name: 'look' } }] } },
      losses: ['toolChoice:approximated'],
    },
    {
      rule: "no parallel calls is Claude's own tool_choice, and Converse's is left unset",
      asked: asked(SONNET_5, { tools, toolChoice: 'required', parallelToolCalls: false }),
      body: { additionalModelRequestFields: { tool_choice: { type: 'any', disable_parallel_tool_use: true } } },
      absent: ['toolConfig.toolChoice'],
    },
    {
      rule: 'no parallel calls has no setting elsewhere',
      asked: asked(NOVA, { tools, parallelToolCalls: false }),
      absent: ['additionalModelRequestFields'],
      losses: ['parallelToolCalls:dropped'],
    },
    {
      rule: 'a choice of a tool that is not there is refused',
      asked: asked(SONNET_5, { tools, toolChoice: { name: 'elsewhere' } }),
      refused: /"elsewhere", which is none of the tools/,
    },
  ]);
});

const format = { outputConfig: { textFormat: { type: 'json_schema' } } };
const NATIVE = [
  SONNET_4_5,
  'anthropic.claude-opus-4-5-20251101-v1:0',
  'anthropic.claude-haiku-4-5-20251001-v1:0',
  'anthropic.claude-opus-4-6-v1',
  SONNET_4_6,
  QWEN,
  'mistral.magistral-small-2509',
  'mistral.ministral-3-8b-instruct',
  'mistral.mistral-large-3-675b-instruct',
  'mistral.voxtral-small-24b-2507',
  'google.gemma-3-12b-it',
  'google.gemma-3-27b-it',
  KIMI,
  GLM,
  'minimax.minimax-m2',
  'nvidia.nemotron-nano-12b-v2',
  OSS,
];
const FORCED = [
  'anthropic.claude-opus-4-1-20250805-v1:0',
  'anthropic.claude-opus-4-7',
  'anthropic.claude-opus-4-8',
  'anthropic.claude-opus-5',
  SONNET_5,
  'anthropic.claude-fable-5',
  NOVA,
];
const ASKED_FOR = [OPUS_5_5, 'anthropic.claude-fable-5-1', LLAMA, 'google.gemma-3-4b-it'];

/** Schemas that are outside of what Claude takes natively. */
const LOOSE = {
  'an open object': { type: 'object', properties: {} },
  'an open object further down': { ...closed, properties: { a: { type: 'object', properties: {} } } },
  'object without a type': { ...closed, properties: { a: { properties: { b: { type: 'string' } } } } },
  'object that may be null': { ...closed, properties: { a: { type: ['object', 'null'] } } },
  'properties without a type at the top': { properties: { a: { type: 'string' } } },
  minimum: { ...closed, properties: { a: { type: 'number', minimum: 1 } } },
  exclusiveMaximum: { ...closed, properties: { a: { type: 'integer', exclusiveMaximum: 5 } } },
  multipleOf: { ...closed, properties: { a: { type: 'integer', multipleOf: 5 } } },
  maxItems: { ...closed, properties: { a: { type: 'array', items: {}, maxItems: 3 } } },
  'minItems over 1': { ...closed, properties: { a: { type: 'array', items: {}, minItems: 2 } } },
};
const FITTING = {
  'minItems of 1': { ...closed, properties: { a: { type: 'array', items: { type: 'string' }, minItems: 1 } } },
  'lengths of strings': { ...closed, properties: { a: { type: 'string', minLength: 1, maxLength: 9 } } },
  'a property called minimum': { ...closed, properties: { minimum: { type: 'string' } } },
};

describe('section 9, structured output', () => {
  holdRules('9', [
    ...NATIVE.map((model) => ({
      rule: `native: the schema goes as a string (${model})`,
      asked: asked(model, { output: { schema: closed, name: 'my answer' } }),
      body: {
        outputConfig: {
          textFormat: { structure: { jsonSchema: { schema: JSON.stringify(closed), name: 'my_answer' } } },
        },
      },
      absent: ['toolConfig'],
    })),
    ...FORCED.map((model) => ({
      rule: `not native: the input of a tool that must be called (${model})`,
      asked: asked(model, { output: { schema: closed } }),
      body: {
        toolConfig: {
          tools: [{ toolSpec: { name: 'json', inputSchema: { json: { type: 'object' } } } }],
          toolChoice: { tool: { name: 'json' } },
        },
      },
      absent: ['outputConfig'],
    })),
    ...ASKED_FOR.map((model) => ({
      rule: `no forced tools either: the system prompt asks for it (${model})`,
      asked: asked(model, { output: { schema: closed } }),
      absent: ['outputConfig', 'toolConfig'],
      losses: ['output:approximated'],
    })),
    ...Object.entries(LOOSE).map(([what, schema]) => ({
      rule: `Claude takes no ${what} natively: a forced tool does it`,
      asked: asked(SONNET_4_5, { output: { schema } }),
      body: { toolConfig: { toolChoice: { tool: { name: 'json' } } } },
      absent: ['outputConfig'],
    })),
    ...[SONNET_5, SONNET_4_5, NOVA].map((model) => ({
      rule: `the schema of that tool is shaped as any tool's is: ${model}`,
      asked: asked(model, {
        output: {
          schema: {
            $schema: 'http://json-schema.org/draft-07/schema#',
            $id: 'x',
            type: 'object',
            anyOf: [
              { properties: { a: { type: 'string' } }, required: ['a'] },
              { properties: { b: {} }, required: ['a', 'b'] },
            ],
          },
        },
      }),
      body: {
        toolConfig: {
          tools: [
            { toolSpec: { inputSchema: { json: { properties: { a: { type: 'string' }, b: {} }, required: ['a'] } } } },
          ],
        },
      },
      absent: ['anyOf', '$schema', '$id'].map((key) => `toolConfig.tools.0.toolSpec.inputSchema.json.${key}`),
      losses: ['output:approximated'],
    })),
    ...Object.entries(FITTING).map(([what, schema]) => ({
      rule: `Claude takes ${what} natively`,
      asked: asked(SONNET_4_5, { output: { schema } }),
      body: format,
    })),
    {
      rule: 'other families take any schema natively',
      asked: asked(OSS, { output: { schema: LOOSE.minimum } }),
      body: format,
    },
    {
      rule: 'beside tools of the client one of all must be called',
      asked: asked(SONNET_5, { tools, output: { schema: closed } }),
      body: {
        toolConfig: {
          tools: [{ toolSpec: { name: 'look' } }, { toolSpec: { name: 'json' } }],
          toolChoice: { any: {} },
        },
      },
    },
    {
      rule: 'while it thinks a model that takes no forced tool is asked in words',
      asked: asked('anthropic.claude-sonnet-4-20250514-v1:0', {
        maxTokens: 9000,
        reasoning: { budget: 2000 },
        output: { schema: closed },
      }),
      absent: ['toolConfig', 'outputConfig'],
      losses: ['output:approximated'],
    },
    {
      rule: 'any JSON object: no model has it natively',
      asked: asked(SONNET_4_5, { output: {} }),
      body: { system: [{ text: 'Answer with one JSON object and nothing else: no prose around it, no code fence.' }] },
      losses: ['output:approximated'],
    },
    ...[SONNET_4_5, SONNET_4_6].map((model) => ({
      rule: `strict tools: ${model}`,
      asked: asked(model, { tools: [tool('look', { schema: closed, strict: true })] }),
      body: { toolConfig: { tools: [{ toolSpec: { strict: true } }] } },
    })),
    ...[SONNET_5, OPUS_5_5, HAIKU_3, 'anthropic.claude-opus-4-1-20250805-v1:0', OSS, NOVA].map((model) => ({
      rule: `no strict tools: ${model}`,
      asked: asked(model, { tools: [tool('look', { schema: closed, strict: true })] }),
      absent: ['toolConfig.tools.0.toolSpec.strict'],
      losses: ['strict:dropped'],
    })),
    {
      rule: 'a strict tool has a schema within the limits',
      asked: asked(SONNET_4_5, { tools: [tool('look', { schema: LOOSE.minimum, strict: true })] }),
      absent: ['toolConfig.tools.0.toolSpec.strict'],
      losses: ['strict:dropped'],
    },
    ...[LOOSE['object without a type'], LOOSE['object that may be null']].map((schema) => ({
      rule: `a strict tool closes every object: ${JSON.stringify(schema.properties)}`,
      asked: asked(SONNET_4_5, { tools: [tool('look', { schema, strict: true })] }),
      absent: ['toolConfig.tools.0.toolSpec.strict'],
      losses: ['strict:dropped'],
    })),
    {
      rule: 'at most 20 strict tools',
      asked: asked(SONNET_4_5, {
        tools: Array.from({ length: 21 }, (_, n) => tool(`look${n}`, { schema: closed, strict: true })),
      }),
      absent: ['toolConfig.tools.20.toolSpec.strict'],
      losses: ['strict:dropped'],
    },
  ]);
});
