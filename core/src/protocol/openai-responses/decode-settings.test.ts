// Tools, choices and settings of Responses requests.
import { describe, expect, test } from 'vitest';
import { openaiResponses } from './index.ts';

const decode = (fields: Record<string, unknown>) => openaiResponses.decode({ model: 'm', input: 'hi', ...fields });
const requestOf = (fields: Record<string, unknown>) => decode(fields).request;
const own = (bag: Record<string, unknown>) => ({ extensions: { 'openai-responses': bag } });
const tool = (name: string, fields: Record<string, unknown> = {}) => ({
  type: 'function',
  name,
  parameters: null,
  ...fields,
});
const refusal = (field: string) => expect.objectContaining({ code: 'invalid-request', field });

describe('tools', () => {
  test('functions, free text and tools of the vendor', () => {
    const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: /a/' };
    const search = { type: 'web_search', external_web_access: false };
    const { tools } = requestOf({
      tools: [
        { type: 'function', name: 'f', description: 'd', parameters: { type: 'object' }, strict: true },
        { type: 'function', name: 'g', parameters: null, strict: null, defer_loading: true, output_schema: { a: 1 } },
        { type: 'custom', name: 'patch', format: grammar },
        { type: 'custom', name: 'say', format: { type: 'text' } },
        search,
      ],
    });
    expect(tools).toEqual([
      { kind: 'function', name: 'f', description: 'd', schema: { type: 'object' }, strict: true },
      { kind: 'function', name: 'g', deferred: true, ...own({ output_schema: { a: 1 } }) },
      { kind: 'custom', name: 'patch', format: grammar },
      { kind: 'custom', name: 'say' },
      { kind: 'server', name: 'web_search', ...own({ web_search: search }) },
    ]);
  });

  test('tools of a namespace have one flat name, which the history uses too', () => {
    const { request, echo } = decode({
      tools: [
        tool('a__b'),
        {
          type: 'namespace',
          name: 'a',
          description: 'of a',
          tools: [tool('b'), { type: 'custom', name: 'c', defer_loading: true }],
        },
      ],
      input: [
        { type: 'function_call', call_id: '1', name: 'b', namespace: 'a', arguments: '{}' },
        { type: 'function_call', call_id: '2', name: 'gone', namespace: 'z', arguments: '{}' },
      ],
      tool_choice: { type: 'function', name: 'b', namespace: 'a' },
    });
    expect(request.tools).toEqual([
      { kind: 'function', name: 'a__b' },
      { kind: 'function', name: 'a__b_2', namespace: 'a', ...own({ namespace_description: 'of a' }) },
      { kind: 'custom', name: 'a__c', namespace: 'a', deferred: true, ...own({ namespace_description: 'of a' }) },
    ]);
    expect(request.messages[0]?.parts).toMatchObject([{ name: 'a__b_2' }, { name: 'z__gone' }]);
    expect(request.toolChoice).toEqual({ name: 'a__b_2' });
    expect(['a__b', 'a__b_2', 'a__c'].map((name) => echo.names.local(name))).toEqual([
      undefined,
      { namespace: 'a', name: 'b' },
      { namespace: 'a', name: 'c' },
    ]);
  });

  test('a search that the client does is a function, and what it finds joins the tools', () => {
    const search = { type: 'tool_search', execution: 'client', description: 'd', parameters: { type: 'object' } };
    const found = { type: 'namespace', name: 'n', tools: [tool('x', { defer_loading: true })] };
    const { request, losses, echo } = decode({
      tools: [search],
      input: [
        {
          type: 'tool_search_call',
          id: 'tsc_1',
          call_id: 'c',
          execution: 'client',
          arguments: { query: 'q' },
          status: 'completed',
        },
        { type: 'tool_search_output', id: 'tso_1', call_id: 'c', execution: 'client', tools: [found, tool('y')] },
      ],
    });
    expect(request.tools).toEqual([
      { kind: 'function', name: 'tool_search', description: 'd', schema: { type: 'object' } },
      { kind: 'function', name: 'n__x', namespace: 'n' },
      { kind: 'function', name: 'y' },
    ]);
    expect(request.messages).toEqual([
      { role: 'assistant', parts: [{ type: 'tool-call', id: 'c', name: 'tool_search', input: '{"query":"q"}' }] },
      {
        role: 'user',
        parts: [{ type: 'tool-result', id: 'c', parts: [{ type: 'text', text: '{"tools":["n__x","y"]}' }] }],
      },
    ]);
    expect([losses, echo.names.isSearch('tool_search'), echo.names.isSearch('y')]).toEqual([[], true, false]);
  });

  test("a search that OpenAI does, or whose name is taken, is the vendor's", () => {
    const kinds = (...tools: unknown[]) => requestOf({ tools }).tools.map(({ kind }) => kind);
    expect(kinds({ type: 'tool_search' })).toEqual(['server']);
    expect(kinds({ type: 'tool_search', execution: 'client' }, tool('tool_search'))).toEqual(['server', 'function']);
  });

  test('tools that the input brings join, and the later of one name counts', () => {
    const { tools } = requestOf({
      tools: [tool('f'), tool('f')],
      input: [
        {
          type: 'additional_tools',
          role: 'developer',
          tools: [tool('f', { description: 'new' }), { type: 'namespace', name: 'n', tools: [tool('x')] }],
        },
        { role: 'user', content: 'hi' },
        {
          type: 'tool_search_output',
          call_id: 'c',
          tools: [{ type: 'namespace', name: 'n', tools: [tool('x', { description: 'newer' })] }],
        },
      ],
    });
    expect(tools).toEqual([
      { kind: 'function', name: 'f', description: 'new' },
      { kind: 'function', name: 'f' },
      { kind: 'function', name: 'n__x', namespace: 'n', description: 'newer' },
    ]);
  });

  test.each([
    [{ tools: {} }, 'tools'],
    [{ tools: [1] }, 'tools[0]'],
    [{ tools: [{}] }, 'tools[0].type'],
    [{ tools: [{ type: 'function' }] }, 'tools[0].name'],
    [{ tools: [{ type: 'namespace', name: 'n', tools: [{ type: 'custom' }] }] }, 'tools[0].tools[0].name'],
    [{ tools: [{ type: 'custom', name: 'c', format: { type: 'regex' } }] }, 'tools[0].format.type'],
    [{ input: [{ type: 'additional_tools', tools: [{}] }] }, 'input[0].tools[0].type'],
    [{ tool_choice: 'required' }, 'tool_choice'],
    [{ tools: [tool('f')], tool_choice: 'any' }, 'tool_choice'],
    [{ tools: [tool('f')], tool_choice: { type: 'function', name: 'g' } }, 'tool_choice.name'],
    [
      {
        tools: [tool('f')],
        tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function', name: 'g' }] },
      },
      'tool_choice.tools',
    ],
  ])('%j is refused for %s', (fields, field) => {
    expect(() => decode(fields)).toThrow(refusal(field));
  });
});

describe('the choice of a tool', () => {
  const tools = [tool('f'), tool('g'), { type: 'custom', name: 'c' }, { type: 'web_search' }];
  const choiceOf = (tool_choice: unknown) => requestOf({ tools, tool_choice });

  test.each([
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'required'],
    [{ type: 'function', name: 'f' }, { name: 'f' }],
    [{ type: 'custom', name: 'c' }, { name: 'c' }],
  ])('%j', (sent, canonical) => {
    expect(choiceOf(sent).toolChoice).toEqual(canonical);
  });

  test("of the vendor's own tools is kept for a target that has it", () => {
    const request = choiceOf({ type: 'web_search' });
    expect(request.toolChoice).toBe('auto');
    expect(request.extensions).toEqual({ 'openai-responses': { tool_choice: { type: 'web_search' } } });
  });

  test('among allowed tools shows only those, as a loss', () => {
    const { request, losses } = decode({
      tools,
      tool_choice: {
        type: 'allowed_tools',
        mode: 'required',
        tools: [{ type: 'function', name: 'g' }, { type: 'web_search' }],
      },
    });
    expect(request.tools.map(({ name }) => name)).toEqual(['g', 'web_search']);
    expect(request.toolChoice).toBe('required');
    expect(losses).toEqual([expect.objectContaining({ field: 'toolChoice', action: 'approximated' })]);
  });

  test('without tools there is nothing to choose or to call one after the other', () => {
    const request = requestOf({ tool_choice: 'auto', parallel_tool_calls: false, tools: [] });
    expect([request.toolChoice, request.parallelToolCalls]).toEqual([undefined, undefined]);
    expect(requestOf({ tools, parallel_tool_calls: false }).parallelToolCalls).toBe(false);
  });
});

test('settings with a canonical place', () => {
  const request = requestOf({
    max_output_tokens: 100,
    temperature: 0.5,
    top_p: 0.9,
    user: 'u',
    text: { format: { type: 'json_schema', name: 'n', schema: { type: 'object' }, strict: true, description: 'd' } },
    reasoning: { effort: 'high', summary: 'detailed' },
  });
  expect(request).toMatchObject({
    maxTokens: 100,
    temperature: 0.5,
    topP: 0.9,
    user: 'u',
    output: { name: 'n', schema: { type: 'object', description: 'd' }, strict: true },
    reasoning: { effort: 'high', display: 'summary' },
  });
  expect(request.extensions).toBeUndefined();
});

test.each([
  [{ text: { format: { type: 'text' } } }, undefined],
  [{ text: {} }, undefined],
  [{ text: { format: { type: 'json_object' } } }, {}],
])('%j asks for %j', (fields, output) => {
  expect(requestOf(fields).output).toEqual(output);
});

test.each([
  [{ effort: 'none' }, 'off'],
  [{ effort: null, summary: null }, undefined],
  [{ summary: 'auto' }, { display: 'summary' }],
  [{ generate_summary: 'concise' }, { display: 'summary' }],
  [{ effort: 'xhigh', summary: 'none', context: 'current_turn' }, { effort: 'xhigh' }],
])('reasoning %j is %j', (reasoning, canonical) => {
  expect(requestOf({ reasoning }).reasoning).toEqual(canonical);
});

test('what a client sends as a matter of course asks for nothing', () => {
  const { request, losses } = decode({
    ...{
      store: false,
      truncation: 'disabled',
      include: ['reasoning.encrypted_content'],
      service_tier: 'auto',
      top_logprobs: 0,
    },
    ...{
      client_metadata: { a: 'b' },
      metadata: {},
      text: { verbosity: 'medium' },
      background: false,
      prompt_cache_key: '',
    },
    ...{ stream: true, stream_options: { include_obfuscation: false, include_usage: true } },
  });
  expect([request.extensions, losses]).toEqual([undefined, []]);
});

test('the rest is kept under its own name', () => {
  const { request, losses } = decode({
    ...{
      store: true,
      stream_options: { include_obfuscation: true },
      include: ['reasoning.encrypted_content', 'web_search_call.results'],
    },
    ...{
      truncation: 'auto',
      metadata: { a: 'b' },
      prompt_cache_key: 'k',
      safety_identifier: 's',
      service_tier: 'flex',
    },
    ...{
      text: { verbosity: 'low', tone: 'dry' },
      reasoning: { context: 'all_turns' },
      max_tool_calls: 3,
      brand_new: { x: 1 },
    },
    bedrock: { guardrail: 1 },
  });
  expect(request.extensions).toEqual({
    'openai-responses': {
      ...{ include: ['web_search_call.results'], truncation: 'auto', metadata: { a: 'b' }, prompt_cache_key: 'k' },
      ...{ safety_identifier: 's', service_tier: 'flex', verbosity: 'low', 'text.tone': 'dry' },
      ...{ 'reasoning.context': 'all_turns', max_tool_calls: 3, brand_new: { x: 1 } },
    },
    bedrock: { guardrail: 1 },
  });
  expect(losses.map(({ field }) => field)).toEqual(['store', 'stream_options.include_obfuscation']);
});

test.each([
  [{ max_output_tokens: 0 }, 'max_output_tokens'],
  [{ temperature: 3 }, 'temperature'],
  [{ text: 'x' }, 'text'],
  [{ text: { format: { type: 'xml' } } }, 'text.format.type'],
  [{ text: { format: { type: 'json_schema', name: 'n' } } }, 'text.format.schema'],
  [{ text: { verbosity: 3 } }, 'text.verbosity'],
  [{ reasoning: { effort: 'some' } }, 'reasoning.effort'],
  [{ include: 'reasoning' }, 'include'],
  [{ metadata: [] }, 'metadata'],
  [{ store: 'no' }, 'store'],
  [{ truncation: 1 }, 'truncation'],
  [{ bedrock: [] }, 'bedrock'],
])('%j is refused for %s', (fields, field) => {
  expect(() => decode(fields)).toThrow(refusal(field));
});

test.each([
  ['maxTokens', 'max_output_tokens'],
  ['topP', 'top_p'],
  ['output', 'text.format'],
  ['toolChoice', 'tool_choice'],
  ['reasoning', 'reasoning'],
  ['reasoning-history', 'input.reasoning'],
  ['messages', 'input'],
  ['verbosity', 'text.verbosity'],
  ['truncation', 'truncation'],
])('%s is called %s', (field, name) => {
  expect(openaiResponses.fieldName(field)).toBe(name);
});
