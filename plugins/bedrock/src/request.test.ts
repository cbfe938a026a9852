// What a canonical request becomes on the wire, rule by rule; the rules are sections 8 to 10 of AWS's and the vendors' ways.
import type { ChatRequest, Message, Part, Tool } from '@turnout/core/contract';
import type { ConverseBlock } from '@turnout/core/wire';
import { describe, expect, it } from 'vitest';
import { chatRequest } from '../test/fixture.ts';
import { shapeRequest } from './request.ts';
import { resolveTarget } from './resolve.ts';

const OLD = 'anthropic.claude-3-haiku-20240307-v1:0';
const CLAUDE = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
const NEW = 'anthropic.claude-sonnet-5';
const NOVA = 'amazon.nova-pro-v1:0';
const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
const MISTRAL = 'mistral.mistral-large-2402-v1:0';
const QWEN = 'qwen.qwen3-32b-v1:0';
const OSS = 'openai.gpt-oss-120b-1:0';

function shape(model: string, given: Partial<ChatRequest> = {}) {
  const settings = {
    region: 'us-east-1',
    regionSource: 'the test',
    crossRegion: 'off',
    endpoint: undefined,
    models: {},
  } as const;
  const shaped = shapeRequest(chatRequest({ model, ...given }), resolveTarget(model, settings));
  return { ...shaped, fields: shaped.losses.map(({ field, action }) => `${field}:${action}`) };
}

const text = (words: string): Part => ({ type: 'text', text: words });
const user = (...parts: Part[]): Message => ({ role: 'user', parts });
const assistant = (...parts: Part[]): Message => ({ role: 'assistant', parts });
const call = (id: string, name = 'look', input = '{"a":1}'): Part => ({ type: 'tool-call', id, name, input });
const result = (id: string, ...parts: Part[]): Part => ({
  type: 'tool-result',
  id,
  parts: parts.length === 0 ? [text('ok')] : parts,
});
const tool = (name: string, given: Partial<Tool> = {}): Tool => ({
  kind: 'function',
  name,
  schema: { type: 'object', properties: { a: { type: 'number' } } },
  ...given,
});
const messagesOf = (model: string, messages: Message[], given: Partial<ChatRequest> = {}) =>
  shape(model, { messages, ...given }).body.messages;

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64');
const jpeg = Buffer.from('ffd8ffe000104a46494600010100', 'hex').toString('base64');
const media = (mediaType: string, data: string, name?: string): Part => ({
  type: 'media',
  mediaType,
  data,
  ...(name === undefined ? {} : { name }),
});
const pdf = Buffer.from('%PDF-1.7').toString('base64');

describe('messages', () => {
  it('alternate: neighbours of one role are joined, blank text and empty messages left out', () => {
    expect(
      messagesOf(CLAUDE, [
        user(text('a')),
        user(text(' '), text('b')),
        assistant(text('')),
        user(text('c')),
        assistant(text('d')),
        assistant(text('e')),
        user(text('f')),
      ]),
    ).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }, { text: 'c' }] },
      { role: 'assistant', content: [{ text: 'd' }, { text: 'e' }] },
      { role: 'user', content: [{ text: 'f' }] },
    ]);
  });

  it('are refused when none has content, filled in when there is a system prompt', () => {
    expect(() => shape(CLAUDE, { messages: [user(text(' \n'))] })).toThrow(
      expect.objectContaining({ code: 'invalid-request', field: 'messages' }),
    );
    const { body, fields } = shape(CLAUDE, { messages: [], system: [text('Say hello.')] });
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: '.' }] }]);
    expect(fields).toEqual(['messages:approximated']);
  });

  it('begin with the user where they must', () => {
    const messages = [assistant(text('Hi')), user(text('a'))];
    expect(messagesOf(CLAUDE, messages)[0]?.role).toBe('assistant');
    expect(messagesOf(NOVA, messages)[0]).toEqual({ role: 'user', content: [{ text: '.' }] });
  });

  it('end with the user where the model continues no answer', () => {
    const messages = [user(text('a')), assistant(text('The answer is \n'))];
    expect(messagesOf(CLAUDE, messages).at(-1)).toEqual({ role: 'assistant', content: [{ text: 'The answer is' }] });
    for (const model of [NEW, 'anthropic.claude-opus-4-6-v1', 'amazon.nova-2-lite-v1:0']) {
      expect(messagesOf(model, messages).at(-1)).toEqual({ role: 'user', content: [{ text: 'Continue.' }] });
    }
    expect(shape(NEW, { messages }).fields).toEqual(['messages:approximated']);
  });

  it('of the system between turns become text of the user, before them part of the system prompt', () => {
    const shaped = shape(CLAUDE, {
      messages: [
        { role: 'system', parts: [text('First')] },
        user(text('a')),
        assistant(text('b')),
        { role: 'system', parts: [text('Be brief')] },
      ],
    });
    expect(shaped.body.system).toEqual([{ text: 'First' }]);
    expect(shaped.body.messages.at(-1)).toEqual({ role: 'user', content: [{ text: 'Be brief' }] });
    expect(shaped.fields).toEqual(['messages:approximated']);
  });

  it('take the system prompt where the model has none', () => {
    const { body, fields } = shape('mistral.mistral-7b-instruct-v0:2', { system: [text('Be brief')] });
    expect(body.system).toBeUndefined();
    expect(body.messages).toEqual([{ role: 'user', content: [{ text: 'Be brief' }, { text: 'Hello' }] }]);
    expect(fields).toEqual(['system:approximated']);
  });

  it('report what Converse has no place for, each once', () => {
    const extensions = { 'openai-chat': { logprobs: true, n: 2 } };
    const parts: Part[] = [
      { type: 'text', text: 'a', extensions: { 'openai-chat': { detail: 'high' } } },
      { type: 'text', text: 'b', extensions: { 'openai-chat': { detail: 'low' } } },
    ];
    const { fields } = shape(CLAUDE, { seed: 1, user: 'me', extensions, messages: [user(...parts)] });
    expect(fields.sort()).toEqual(['detail:dropped', 'logprobs:dropped', 'n:dropped', 'seed:dropped', 'user:dropped']);
  });
});

describe('tool calls and results', () => {
  const tools = [tool('look')];

  it('keep their order: text before calls, results first and all in the next message', () => {
    const messages = [
      user(text('a')),
      assistant(call('x'), text('I look.'), call('y')),
      user(text('and?'), result('y'), result('x')),
    ];
    const [, second, third] = messagesOf(CLAUDE, messages, { tools });
    expect(second?.content.map((block) => Object.keys(block)[0])).toEqual(['text', 'toolUse', 'toolUse']);
    expect(third?.content).toEqual([
      { toolResult: { toolUseId: 'y', content: [{ text: 'ok' }] } },
      { toolResult: { toolUseId: 'x', content: [{ text: 'ok' }] } },
      { text: 'and?' },
    ]);
  });

  it('of several tool messages become one', () => {
    const messages = [
      user(text('a')),
      assistant(call('x'), call('y')),
      user(result('x')),
      user(result('y')),
      user(text('go on')),
    ];
    expect(messagesOf(CLAUDE, messages, { tools }).at(-1)?.content).toHaveLength(3);
  });

  it('are completed where a result is missing, and left out where the call is', () => {
    const { body, fields } = shape(CLAUDE, {
      tools,
      messages: [user(text('a')), assistant(call('x'), call('y')), user(result('y'), result('z')), user(result('y'))],
    });
    const content = body.messages.at(-1)?.content;
    expect(content?.map((block) => block.toolResult?.toolUseId)).toEqual(['y', 'x']);
    expect(content?.[1]?.toolResult?.status).toBe('error');
    expect(fields.sort()).toEqual(['messages:approximated', 'messages:dropped']);
    // Also at the end, and before the user speaks again.
    expect(
      messagesOf(CLAUDE, [user(text('a')), assistant(call('x'))], { tools }).at(-1)?.content[0]?.toolResult?.toolUseId,
    ).toBe('x');
    const after = messagesOf(
      CLAUDE,
      [user(text('a')), assistant(call('x')), user(text('b')), assistant(text('c')), user(result('x'), text('d'))],
      { tools },
    );
    expect(after[2]?.content.map((block) => Object.keys(block)[0])).toEqual(['toolResult', 'text']);
    expect(after[4]?.content).toEqual([{ text: 'd' }]);
  });

  it('get ids that Converse takes, no two the same, the same every time', () => {
    const messages = [
      user(text('a')),
      assistant(call('call:1/é'), call('ok-1')),
      user(result('call:1/é'), result('ok-1')),
      assistant(call('ok-1'), call('ok-1')),
      user(result('ok-1', text('first')), result('ok-1', text('second'))),
    ];
    const ids = (model: string) => {
      const sent = messagesOf(model, messages, { tools });
      const uses = sent.flatMap(({ content }) =>
        content.flatMap(({ toolUse }) => (toolUse ? [toolUse.toolUseId] : [])),
      );
      const results = sent.flatMap(({ content }) =>
        content.flatMap(({ toolResult }) => (toolResult ? [toolResult.toolUseId] : [])),
      );
      expect(results).toEqual(uses);
      return uses;
    };
    const claude = ids(CLAUDE);
    expect(claude.every((id) => /^[a-zA-Z0-9_-]{1,64}$/.test(id))).toBe(true);
    expect(new Set(claude).size).toBe(4);
    expect(claude[1]).toBe('ok-1');
    expect(ids(CLAUDE)).toEqual(claude);
    const mistral = ids(MISTRAL);
    expect(mistral.every((id) => /^[a-zA-Z0-9]{9}$/.test(id))).toBe(true);
    expect(new Set(mistral).size).toBe(4);
  });

  it('need tools: those of the history are declared where the request has none', () => {
    const messages = [
      user(text('a')),
      assistant(call('x', 'look'), call('y', 'do.it')),
      user(result('x'), result('y')),
    ];
    const { body, echo } = shape(CLAUDE, { messages });
    expect(body.toolConfig?.tools.map(({ toolSpec }) => toolSpec?.name)).toEqual(['look', 'do_it']);
    expect(echo.ignoresCalls).toBe(true);
  });

  it('become text where the model has no tools', () => {
    const { body, fields } = shape('deepseek.r1-v1:0', {
      messages: [user(text('a')), assistant(call('x')), user(result('x'))],
    });
    expect(JSON.stringify(body)).not.toMatch(/tool(Use|Result|Config)/);
    expect(body.messages.map(({ content }) => content[0]?.text)).toEqual([
      'a',
      '[Called the tool look with {"a":1}]',
      '[Result of the tool] ok',
    ]);
    expect(fields).toEqual(['messages:approximated']);
    expect(() => shape('deepseek.r1-v1:0', { tools })).toThrow(expect.objectContaining({ code: 'unsupported' }));
  });

  it('have an object as input, with every digit', () => {
    const inputOf = (input: string) => {
      const { body, fields } = shape(CLAUDE, {
        tools,
        messages: [user(text('a')), assistant(call('x', 'look', input)), user(result('x'))],
      });
      return { json: JSON.stringify(body.messages[1]?.content[0]?.toolUse?.input), fields };
    };
    expect(inputOf('')).toEqual({ json: '{}', fields: [] });
    const exact = '{"id":12345678901234567890,"n":[9007199254740993,-1.5,1e999]}';
    expect(inputOf(exact)).toEqual({ json: exact, fields: [] });
    for (const broken of ['{"a":', '[1]', '"x"', '12345678901234567890']) {
      expect(inputOf(broken)).toEqual({
        json: JSON.stringify({ rawInvalidInput: broken }),
        fields: ['messages:approximated'],
      });
    }
  });

  it('stand apart from what may not be beside them', () => {
    const messages = [user(text('a')), assistant(call('x')), user(result('x'), text('now this'))];
    const roles = (model: string, given = messages) =>
      messagesOf(model, given, { tools }).map(
        ({ role, content }) => `${role} ${content.map((block) => Object.keys(block)[0]).join()}`,
      );
    expect(roles(CLAUDE).slice(2)).toEqual(['user toolResult,text']);
    for (const model of [LLAMA, MISTRAL, 'writer.palmyra-x4-v1:0']) {
      expect(roles(model).slice(2)).toEqual(['user toolResult', 'assistant text', 'user text']);
    }
    const withDocument = [
      user(text('a')),
      assistant(call('x')),
      user(result('x'), text('see'), media('application/pdf', pdf)),
    ];
    expect(roles(CLAUDE, withDocument).slice(2)).toEqual(['user toolResult', 'assistant text', 'user text,document']);
    expect(roles(NOVA, withDocument).slice(2)).toEqual(['user toolResult,text,document']);
  });

  it('hold the media that the model takes inside a result, the rest follows', () => {
    const messages = [
      user(text('a')),
      assistant(call('x')),
      user(result('x', media('image/png', png), media('application/pdf', pdf, 'a.pdf'))),
    ];
    const content = (model: string) =>
      messagesOf(model, messages, { tools })
        .at(-1)
        ?.content.map(
          (block) => block.toolResult?.content.map((inner) => Object.keys(inner)[0]) ?? Object.keys(block)[0],
        );
    expect(content(CLAUDE)).toEqual([['image', 'document']]);
    expect(content(NOVA)).toEqual([['image'], 'document', 'text']);
    // None inside, and documents not beside: they get a message of their own.
    expect(content('qwen.qwen3-vl-235b-a22b')).toEqual(['image', 'document', 'text']);
  });

  it('say that they failed where the model reads it', () => {
    const failed: Part = { type: 'tool-result', id: 'x', parts: [], error: true };
    const messages = [user(text('a')), assistant(call('x')), user(failed)];
    const first = (model: string): ConverseBlock | undefined =>
      messagesOf(model, messages, { tools }).at(-1)?.content[0];
    expect(first(CLAUDE)).toEqual({ toolResult: { toolUseId: 'x', content: [{ text: '(empty)' }], status: 'error' } });
    expect(first(LLAMA)?.toolResult?.status).toBeUndefined();
  });
});

describe('tools', () => {
  it('have names that Converse takes, and get their own back', () => {
    const names = ['plain-1', 'mcp.server/look', 'mcp_server_look', 'x'.repeat(80), 'ü'];
    const { body, echo } = shape(CLAUDE, { tools: names.map((name) => tool(name)) });
    const wire = body.toolConfig?.tools.map(({ toolSpec }) => toolSpec?.name ?? '') ?? [];
    expect(wire.every((name) => /^[a-zA-Z0-9_-]{1,64}$/.test(name))).toBe(true);
    expect(new Set(wire).size).toBe(5);
    expect(wire[0]).toBe('plain-1');
    expect(wire[2]).toBe('mcp_server_look');
    expect(wire.map((name) => echo.names.client(name) ?? name)).toEqual(names);
  });

  it('are renamed in the history and in the choice too', () => {
    const { body } = shape(CLAUDE, {
      tools: [tool('a.b')],
      toolChoice: { name: 'a.b' },
      messages: [user(text('a')), assistant(call('x', 'a.b')), user(result('x'))],
    });
    expect(body.messages[1]?.content[0]?.toolUse?.name).toBe('a_b');
    expect(body.toolConfig?.toolChoice).toEqual({ tool: { name: 'a_b' } });
  });

  it('have an object schema and no blank description', () => {
    const { body } = shape(CLAUDE, {
      tools: [
        tool('a', { description: ' ', schema: { $schema: 'x', $id: 'y', title: 't' } }),
        tool('b', { description: 'Looks.' }),
        { kind: 'function', name: 'c' },
      ],
    });
    const specs = body.toolConfig?.tools.map(({ toolSpec }) => toolSpec);
    expect(specs?.[0]).toEqual({ name: 'a', inputSchema: { json: { title: 't', type: 'object', properties: {} } } });
    expect(specs?.[1]?.description).toBe('Looks.');
    expect(specs?.[2]?.inputSchema.json).toEqual({ type: 'object', properties: {} });
  });

  it('lose a combinator at the top of their schema where it is refused', () => {
    const schema = {
      anyOf: [
        { type: 'object', properties: { a: {}, b: {} }, required: ['a', 'b'] },
        { properties: { a: {}, c: {} }, required: ['a'] },
      ],
    };
    const { body, fields } = shape(CLAUDE, { tools: [tool('a', { schema })] });
    expect(body.toolConfig?.tools[0]?.toolSpec?.inputSchema.json).toEqual({
      type: 'object',
      properties: { a: {}, b: {}, c: {} },
      required: ['a'],
    });
    expect(fields).toEqual(['tools:approximated']);
  });

  it('are strict where model and schema allow it', () => {
    const closed = {
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: false,
    };
    const strictOf = (model: string, schema: Tool['schema']) => {
      const { body, fields } = shape(model, {
        tools: [tool('a', { strict: true, ...(schema === undefined ? {} : { schema }) })],
      });
      return [body.toolConfig?.tools[0]?.toolSpec?.strict, fields];
    };
    expect(strictOf(CLAUDE, closed)).toEqual([true, []]);
    expect(strictOf(CLAUDE, { ...closed, additionalProperties: true })).toEqual([undefined, ['strict:dropped']]);
    expect(strictOf(CLAUDE, { ...closed, properties: { minimum: { type: 'number', minimum: 1 } } })).toEqual([
      undefined,
      ['strict:dropped'],
    ]);
    // A property may be called like a keyword.
    expect(strictOf(CLAUDE, { ...closed, properties: { minimum: { type: 'number' } } })).toEqual([true, []]);
    expect(strictOf(NEW, closed)).toEqual([undefined, ['strict:dropped']]);
  });

  it('of other kinds are sent as functions or left out', () => {
    const { body, echo, fields } = shape(CLAUDE, {
      tools: [{ kind: 'custom', name: 'patch' }, { kind: 'server', name: 'web_search' }, tool('a'), tool('a')],
    });
    expect(body.toolConfig?.tools.map(({ toolSpec }) => toolSpec?.name)).toEqual(['patch', 'a']);
    expect(echo.customNames).toEqual(new Set(['patch']));
    expect(fields.sort()).toEqual(['tools:approximated', 'tools:dropped', 'tools:dropped']);
    const history: Message[] = [
      user(text('a')),
      assistant({ type: 'tool-call', id: 'x', name: 'patch', input: 'free {text', custom: true }),
      user(result('x')),
    ];
    expect(
      messagesOf(CLAUDE, history, { tools: [{ kind: 'custom', name: 'patch' }] })[1]?.content[0]?.toolUse?.input,
    ).toEqual({ input: 'free {text' });
  });
});

describe('tool choice', () => {
  const tools = [tool('a'), tool('b')];
  const choiceOf = (model: string, toolChoice: ChatRequest['toolChoice']) => {
    const { body, fields } = shape(model, { tools, ...(toolChoice === undefined ? {} : { toolChoice }) });
    return [body.toolConfig?.toolChoice, body.toolConfig?.tools.length, fields];
  };

  it('is sent as far as the family goes', () => {
    expect(choiceOf(CLAUDE, undefined)).toEqual([undefined, 2, []]);
    expect(choiceOf(CLAUDE, 'auto')).toEqual([undefined, 2, []]);
    expect(choiceOf(CLAUDE, 'required')).toEqual([{ any: {} }, 2, []]);
    expect(choiceOf(CLAUDE, { name: 'a' })).toEqual([{ tool: { name: 'a' } }, 2, []]);
    // Any of one is that one.
    expect(choiceOf(MISTRAL, { name: 'a' })).toEqual([{ any: {} }, 1, []]);
    expect(choiceOf(LLAMA, 'required')).toEqual([undefined, 2, ['toolChoice:approximated']]);
    expect(choiceOf(OSS, { name: 'a' })).toEqual([undefined, 1, ['toolChoice:approximated']]);
    expect(() => choiceOf(CLAUDE, { name: 'c' })).toThrow(
      expect.objectContaining({ code: 'invalid-request', field: 'toolChoice' }),
    );
  });

  it('none leaves the tools out, unless the history needs them', () => {
    expect(choiceOf(CLAUDE, 'none')).toEqual([undefined, undefined, []]);
    const messages = [user(text('a')), assistant(call('x', 'a')), user(result('x'))];
    const { body, echo, fields } = shape(CLAUDE, { tools, toolChoice: 'none', messages });
    expect(body.toolConfig?.tools).toHaveLength(2);
    expect(echo.ignoresCalls).toBe(true);
    expect(fields).toEqual(['toolChoice:approximated']);
  });

  it('without parallel calls goes to Claude in its own words', () => {
    const sent = (model: string, toolChoice?: ChatRequest['toolChoice']) =>
      shape(model, { tools, parallelToolCalls: false, ...(toolChoice === undefined ? {} : { toolChoice }) });
    const auto = sent(CLAUDE);
    expect(auto.body.additionalModelRequestFields).toEqual({
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
    const named = sent(CLAUDE, { name: 'a' });
    expect(named.body.toolConfig?.toolChoice).toBeUndefined();
    expect(named.body.additionalModelRequestFields).toEqual({
      tool_choice: { type: 'tool', name: 'a', disable_parallel_tool_use: true },
    });
    expect(sent(NOVA).fields).toEqual(['parallelToolCalls:dropped']);
    expect(shape(NOVA, { parallelToolCalls: false }).fields).toEqual([]);
  });
});

describe('limits and sampling', () => {
  const inferenceOf = (model: string, given: Partial<ChatRequest>) => {
    const { body, fields } = shape(model, given);
    return [body.inferenceConfig, body.additionalModelRequestFields, fields];
  };

  it('maxTokens is always sent', () => {
    expect(shape(CLAUDE).body.inferenceConfig).toEqual({ maxTokens: 8192 });
    expect(shape(OLD).body.inferenceConfig).toEqual({ maxTokens: 4096 });
    expect(shape('acme.unheard-of').body.inferenceConfig).toEqual({ maxTokens: 4096 });
    expect(shape(OSS).body.inferenceConfig).toEqual({ maxTokens: 16_384 });
    expect(inferenceOf(OLD, { maxTokens: 9000 })).toEqual([{ maxTokens: 4096 }, undefined, ['maxTokens:approximated']]);
    expect(inferenceOf('acme.unheard-of', { maxTokens: 900_000 })).toEqual([{ maxTokens: 900_000 }, undefined, []]);
  });

  it('temperature, topP and topK by family', () => {
    const all = { maxTokens: 10, temperature: 0, topP: 0.9, topK: 5 };
    expect(inferenceOf(OLD, all)).toEqual([{ maxTokens: 10, temperature: 0, topP: 0.9 }, { top_k: 5 }, []]);
    expect(inferenceOf(CLAUDE, all)).toEqual([{ maxTokens: 10, temperature: 0 }, { top_k: 5 }, ['topP:dropped']]);
    expect(inferenceOf(CLAUDE, { maxTokens: 10, topP: 0.9 })).toEqual([{ maxTokens: 10, topP: 0.9 }, undefined, []]);
    expect(inferenceOf(NEW, all)).toEqual([
      { maxTokens: 10 },
      undefined,
      ['temperature:dropped', 'topP:dropped', 'topK:dropped'],
    ]);
    expect(inferenceOf(NEW, { maxTokens: 10, temperature: 1 })).toEqual([
      { maxTokens: 10 },
      undefined,
      ['temperature:dropped'],
    ]);
    expect(inferenceOf(NOVA, { ...all, topP: 0 })).toEqual([
      { maxTokens: 10, temperature: 0 },
      { inferenceConfig: { topK: 5 } },
      ['topP:dropped'],
    ]);
    expect(inferenceOf(LLAMA, all)).toEqual([
      { maxTokens: 10, temperature: 0, topP: 0.9 },
      undefined,
      ['topK:dropped'],
    ]);
    expect(inferenceOf(CLAUDE, { maxTokens: 10, temperature: 1.7 })).toEqual([
      { maxTokens: 10, temperature: 1 },
      undefined,
      ['temperature:approximated'],
    ]);
  });

  it('stop sequences', () => {
    const stopOf = (model: string, ...stop: string[]) => {
      const { body, fields } = shape(model, { stop });
      return [body.inferenceConfig?.stopSequences, fields];
    };
    expect(stopOf(CLAUDE, 'END', '', '\n')).toEqual([['END'], ['stop:dropped']]);
    expect(stopOf(NOVA, 'a', '\n', '', 'c', 'd', 'e')).toEqual([
      ['a', '\n', 'c', 'd'],
      ['stop:dropped', 'stop:dropped'],
    ]);
    expect(stopOf(LLAMA, 'a')).toEqual([undefined, ['stop:dropped']]);
    expect(stopOf(CLAUDE)).toEqual([undefined, []]);
    expect(shape(CLAUDE, { stop: ['a'] }).body.additionalModelResponseFieldPaths).toEqual([
      '/stop_sequence',
      '/delta/stop_sequence',
    ]);
    expect(shape(NOVA, { stop: ['a'] }).body.additionalModelResponseFieldPaths).toBeUndefined();
  });
});

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  };
  const output = { schema, name: 'my answer' };

  it('is native where the family has it', () => {
    for (const model of [CLAUDE, QWEN, OSS]) {
      const { body, fields } = shape(model, { output });
      expect(body.outputConfig).toEqual({
        textFormat: {
          type: 'json_schema',
          structure: { jsonSchema: { schema: JSON.stringify(schema), name: 'my_answer' } },
        },
      });
      expect(fields).toEqual([]);
    }
  });

  it('is a tool that must be called where it is not', () => {
    for (const model of [OLD, NEW, NOVA]) {
      const { body, echo, fields } = shape(model, { output });
      expect(body.toolConfig).toMatchObject({
        tools: [{ toolSpec: { name: 'json', inputSchema: { json: schema } } }],
        toolChoice: { tool: { name: 'json' } },
      });
      expect(echo.outputTool).toBe('json');
      expect(fields).toEqual([]);
    }
    // Outside the strict subset, too.
    expect(shape(CLAUDE, { output: { schema: { type: 'object' } } }).body.toolConfig?.toolChoice).toEqual({
      tool: { name: 'json' },
    });
    const untyped = { $schema: 'x', properties: { a: { type: 'string' } } };
    expect(shape(NEW, { output: { schema: untyped } }).body.toolConfig?.tools[0]?.toolSpec?.inputSchema.json).toEqual({
      type: 'object',
      properties: { a: { type: 'string' } },
    });
    // A tool of the history that the request does not name keeps its name to itself.
    const history = [
      user(text('a')),
      assistant({ type: 'tool-call', id: 'c1', name: 'json', input: '{}' }),
      user({ type: 'tool-result', id: 'c1', parts: [text('b')] }),
    ];
    expect(shape(NOVA, { output, tools: [tool('x')], messages: history }).echo.outputTool).toBe('json_2');
    const beside = shape(NOVA, { output, tools: [tool('json')] });
    expect(beside.body.toolConfig?.tools.map(({ toolSpec }) => toolSpec?.name)).toEqual(['json', 'json_2']);
    expect(beside.body.toolConfig?.toolChoice).toEqual({ any: {} });
    expect(beside.echo).toMatchObject({ outputTool: 'json_2', ignoresCalls: false });
  });

  it('is asked for where no tool can be forced, and JSON without a schema always', () => {
    for (const [model, given] of [
      [LLAMA, { output }],
      ['anthropic.claude-opus-5-5', { output }],
      [CLAUDE, { output: {} }],
      [NEW, { output: { schema: { type: 'array' } } }],
    ] as const) {
      const { body, fields } = shape(model, given);
      expect(body.system?.at(-1)?.text).toMatch(/JSON/);
      expect(body.toolConfig).toBeUndefined();
      expect(fields).toEqual(['output:approximated']);
    }
    expect(shape(LLAMA, { output }).body.system?.at(-1)?.text).toContain(JSON.stringify(schema));
  });

  it('and an effort go to Claude in one object', () => {
    const { body } = shape('anthropic.claude-sonnet-4-6', { output, reasoning: { effort: 'low' } });
    expect(body.outputConfig?.effort).toBe('low');
    expect(body.additionalModelRequestFields).toEqual({ thinking: { type: 'adaptive' } });
  });
});

describe('media', () => {
  it('images go by their bytes, not by what they are called', () => {
    expect(
      messagesOf(CLAUDE, [user(media('image/png', jpeg), media('image/jpg', png), media('image/gif', 'AAAA'))])[0]
        ?.content,
    ).toEqual([
      { image: { format: 'jpeg', source: { bytes: jpeg } } },
      { image: { format: 'png', source: { bytes: png } } },
      { image: { format: 'gif', source: { bytes: 'AAAA' } } },
    ]);
  });

  it('documents have sanitised names, no two the same, and text beside them', () => {
    const content = messagesOf(CLAUDE, [
      user(
        media('application/pdf', pdf, 'Q3_report: final!.pdf'),
        media('application/pdf', pdf, 'Q3 report final.pdf'),
        media('text/x-log', 'YQ==', 'a.log'),
        media('application/octet-stream', pdf),
      ),
    ])[0]?.content;
    expect(content?.map((block) => block.document && [block.document.format, block.document.name])).toEqual([
      ['pdf', 'Q3 report final'],
      ['pdf', 'Q3 report final (2)'],
      ['txt', 'a'],
      ['pdf', 'Document'],
      undefined,
    ]);
    expect(content?.at(-1)).toEqual({ text: '(see the attached document)' });
  });

  it('have places where they may not be', () => {
    expect(
      shape(CLAUDE, { messages: [user(text('a')), assistant(text('b'), media('image/png', png)), user(text('c'))] })
        .fields,
    ).toEqual(['media:dropped']);
    expect(() => shape(CLAUDE, { messages: [user(media('application/zip', 'AAAA'))] })).toThrow(
      expect.objectContaining({ code: 'unsupported' }),
    );
    for (const name of ['constructor', '__proto__', 'toString']) {
      expect(() => messagesOf(CLAUDE, [user(media(name, 'AAAA'))])).toThrow(/no media of the type/);
    }
    const unfetched: Part = { type: 'media', mediaType: 'image/png', url: 'https://example.com/a.png' };
    expect(shape(CLAUDE, { messages: [user(text('a'), unfetched)] }).fields).toEqual(['media:dropped']);
    const stored: Part = { type: 'media', mediaType: 'video/mp4', url: 's3://bucket/a.mp4' };
    expect(() => messagesOf(NOVA, [user(text('a'), stored)])).toThrow(/not taken from S3/);
  });
});

describe('cache points', () => {
  const cached = (words: string, ttl?: '5m' | '1h'): Part => ({
    type: 'text',
    text: words,
    cache: ttl === undefined ? {} : { ttl },
  });
  const point = { cachePoint: { type: 'default' } };
  const hour = { cachePoint: { type: 'default', ttl: '1h' } };

  it('follow what the client marked, in tools, system and messages', () => {
    const { body, fields } = shape(CLAUDE, {
      tools: [tool('a'), tool('b', { cache: {} })],
      system: [cached('s')],
      messages: [user(cached('m'), text('n'))],
    });
    expect(body.toolConfig?.tools.map((entry) => Object.keys(entry)[0])).toEqual([
      'toolSpec',
      'toolSpec',
      'cachePoint',
    ]);
    expect(body.system).toEqual([{ text: 's' }, point]);
    expect(body.messages[0]?.content).toEqual([{ text: 'm' }, point, { text: 'n' }]);
    expect(fields).toEqual([]);
  });

  it('are at most four, the newest of the messages and those of the system first', () => {
    const { body, fields } = shape(CLAUDE, {
      tools: [tool('a', { cache: {} })],
      system: [cached('s')],
      messages: [user(cached('1'), cached('2'), cached('3'), cached('4'))],
    });
    expect(body.toolConfig?.tools).toHaveLength(1);
    expect(body.system?.[1]).toEqual(point);
    expect(body.messages[0]?.content).toEqual([
      { text: '1' },
      { text: '2' },
      point,
      { text: '3' },
      point,
      { text: '4' },
      point,
    ]);
    expect(fields).toEqual(['cache:dropped']);
  });

  it('have TTLs that do not grow, and only where the model knows them', () => {
    const sent = (model: string, system: Part, message: Part) => {
      const { body, fields } = shape(model, { system: [system], messages: [user(message)] });
      return [body.system?.[1], body.messages[0]?.content[1], fields];
    };
    expect(sent(CLAUDE, cached('s', '1h'), cached('m', '5m'))).toEqual([hour, point, []]);
    expect(sent(CLAUDE, cached('s', '5m'), cached('m', '1h'))).toEqual([point, point, ['cache:approximated']]);
    expect(sent('anthropic.claude-3-7-sonnet-20250219-v1:0', cached('s', '1h'), cached('m'))).toEqual([
      point,
      point,
      ['cache:approximated'],
    ]);
  });

  it('are left out where the model has none, or none there', () => {
    const given = { tools: [tool('a', { cache: {} })], system: [cached('s')], messages: [user(cached('m'))] };
    expect(JSON.stringify(shape(OSS, given).body)).not.toContain('cachePoint');
    expect(shape(OSS, given).fields).toEqual(['cache:dropped']);
    const nova = shape(NOVA, given).body;
    expect([nova.toolConfig?.tools.length, nova.system?.length, nova.messages[0]?.content.length]).toEqual([1, 2, 2]);
  });

  it('follow no document, stand behind results, and belong to the text before a blank', () => {
    const document: Part = { type: 'media', mediaType: 'application/pdf', data: pdf, cache: {} };
    expect(messagesOf(CLAUDE, [user(text('a'), document)])[0]?.content.map((block) => Object.keys(block)[0])).toEqual([
      'text',
      'cachePoint',
      'document',
    ]);
    const marked: Part = { type: 'tool-result', id: 'x', parts: [text('r')], cache: {} };
    const sent = messagesOf(CLAUDE, [user(text('a')), assistant(call('x')), user(marked, text('b'))], {
      tools: [tool('look')],
    });
    expect(sent.at(-1)?.content.map((block) => Object.keys(block)[0])).toEqual(['toolResult', 'cachePoint', 'text']);
    expect(messagesOf(CLAUDE, [user(text('a'), cached(''))])[0]?.content).toEqual([{ text: 'a' }, point]);
  });
});
