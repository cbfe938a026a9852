// A canonical request as the body that Google is sent, and what of it is lost.
import type { ChatRequest, Part, PlanCall } from '@turnout/core/contract';
import { describe, expect, it } from 'vitest';
import { chatRequest } from '../test/fixture.ts';
import { shapeRequest } from './request.ts';
import { bagsIn } from './wire.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ';
const SKIP = 'skip_thought_signature_validator';

const shape = (given: Partial<ChatRequest>, call: Pick<PlanCall, 'routeSettings'> = {}, config = {}) => {
  const { wire, losses, reasoningLine } = shapeRequest(chatRequest(given), call, config);
  return { body: wire.body, losses: losses.map(({ field, action }) => `${field}:${action}`), reasoningLine };
};
const bodyOf = (given: Partial<ChatRequest>) => shape(given).body;
const text = (words: string): Part => ({ type: 'text', text: words });
const user = (...parts: Part[]) => ({ role: 'user', parts }) as const;
const model = (...parts: Part[]) => ({ role: 'assistant', parts }) as const;
const call = (id: string, name = 'look', input = '{}', more: object = {}): Part => ({
  type: 'tool-call',
  id,
  name,
  input,
  ...more,
});
const result = (id: string, ...parts: Part[]): Part => ({ type: 'tool-result', id, parts });

describe('turns', () => {
  it('are contents of two roles, the system prompt apart', () => {
    expect(
      shape({
        system: [text('Be brief.')],
        messages: [user(text('Hi')), model(text('Yes?')), user(text('a')), user(text('b'))],
      }),
    ).toMatchObject({
      losses: [],
      body: {
        systemInstruction: { parts: [{ text: 'Be brief.' }] },
        contents: [
          { role: 'user', parts: [{ text: 'Hi' }] },
          { role: 'model', parts: [{ text: 'Yes?' }] },
          { role: 'user', parts: [{ text: 'a' }, { text: 'b' }] },
        ],
      },
    });
  });

  it('of the system in between are the user\u2019s, which is told', () => {
    const { body, losses } = shape({
      messages: [user(text('Hi')), { role: 'system', parts: [text('Now in French.')] }],
    });
    expect(body.contents).toEqual([{ role: 'user', parts: [{ text: 'Hi' }, { text: 'Now in French.' }] }]);
    expect(losses).toEqual(['messages:approximated']);
  });

  it('begin and end with the user, whatever the client sent', () => {
    const { body, losses } = shape({ messages: [model(text('Once')), user(text('Go')), model(text('upon'))] });
    expect(body.contents.map(({ role }) => role)).toEqual(['user', 'model', 'user', 'model', 'user']);
    expect(losses).toEqual(['messages:approximated', 'messages:approximated']);
  });

  it('without any content are refused; a system prompt alone is asked', () => {
    expect(() => shape({ messages: [user(text(''))] })).toThrow(
      expect.objectContaining({ code: 'invalid-request', field: 'messages' }),
    );
    const { body, losses } = shape({ system: [text('Say hi.')], messages: [] });
    expect(body).toEqual({ contents: [{ role: 'user', parts: [{ text: 'Say hi.' }] }] });
    expect(losses).toEqual(['system:approximated']);
  });
});

describe('calls and results', () => {
  const messages = [
    user(text('Look twice')),
    model(call('a'), call('b', 'see', '{"n":12345678901234567890}')),
    user(text('so:'), result('b', text('2')), result('a', text('1'))),
  ];

  it('stand together, in the order of the calls, with ids and names', () => {
    expect(bodyOf({ model: 'gemini-2.5-pro', messages }).contents.slice(1)).toEqual([
      {
        role: 'model',
        parts: [
          { functionCall: { id: 'a', name: 'look', args: {} } },
          { functionCall: { id: 'b', name: 'see', args: { n: expect.anything() } } },
        ],
      },
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'a', name: 'look', response: { output: '1' } } },
          { functionResponse: { id: 'b', name: 'see', response: { output: '2' } } },
          { text: 'so:' },
        ],
      },
    ]);
    expect(JSON.stringify(bodyOf({ messages }))).toContain('{"n":12345678901234567890}');
  });

  it('missing ones are made up for, and orphans are left out', () => {
    const { body, losses } = shape({
      model: 'gemini-2.5-pro',
      messages: [user(text('Go'), result('z', text('?'))), model(call('a')), user(text('Never mind'))],
    });
    expect(body.contents.slice(2)).toEqual([
      {
        role: 'user',
        parts: [
          { functionResponse: { id: 'a', name: 'look', response: { error: 'the call has no result' } } },
          { text: 'Never mind' },
        ],
      },
    ]);
    expect(losses).toEqual(['messages:dropped', 'messages:approximated']);
  });

  it('a failed result is an error, a made id stays here, two calls of one id get two', () => {
    const twice = [
      user(text('Go')),
      model(call('gemcall_r_1'), call('x'), call('x')),
      user(
        { ...result('gemcall_r_1', text('no')), error: true } as Part,
        result('x', text('1')),
        result('x', text('2')),
      ),
    ];
    const [, said, told] = bodyOf({ model: 'gemini-2.5-pro', messages: twice }).contents;
    expect(said?.parts[0]?.functionCall).toEqual({ name: 'look', args: {} });
    expect(told?.parts[0]?.functionResponse).toEqual({ name: 'look', response: { error: 'no' } });
    const ids = said?.parts.map(({ functionCall }) => functionCall?.id);
    expect(new Set(ids).size).toBe(3);
    expect(told?.parts.map(({ functionResponse }) => functionResponse?.id)).toEqual(ids);
    expect(told?.parts.map(({ functionResponse }) => functionResponse?.response)).toEqual([
      { error: 'no' },
      { output: '1' },
      { output: '2' },
    ]);
  });

  it('media of a result stand in it on Gemini 3, behind it before', () => {
    const shown = [
      user(text('Go')),
      model(call('a')),
      user(result('a', { type: 'media', mediaType: 'image/png', data: PNG })),
    ];
    const blob = { inlineData: { mimeType: 'image/png', data: PNG } };
    expect(bodyOf({ messages: shown }).contents[2]?.parts).toEqual([
      { functionResponse: { id: 'a', name: 'look', response: { output: '' }, parts: [blob] } },
    ]);
    expect(bodyOf({ model: 'gemini-2.5-pro', messages: shown }).contents[2]?.parts).toEqual([
      { functionResponse: { id: 'a', name: 'look', response: { output: '(attached below)' } } },
      { text: 'Attached to the result of look:' },
      blob,
    ]);
  });

  it('arguments that are no object are sent as text', () => {
    const odd = [
      user(text('Go')),
      model(call('a', 'look', '[1'), call('b', 'patch', '*** x', { custom: true })),
      user(result('a'), result('b')),
    ];
    const { body, losses } = shape({ model: 'gemini-2.5-pro', messages: odd });
    expect(body.contents[1]?.parts.map(({ functionCall }) => functionCall?.args)).toEqual([
      { input: '[1' },
      { input: '*** x' },
    ]);
    expect(losses).toEqual(['messages:approximated']);
  });
});

describe('signatures', () => {
  const history = [
    user(text('First')),
    model(call('a')),
    user(result('a', text('1'))),
    model(text('Done')),
    user(text('Second')),
    model(call('b'), call('c')),
    user(result('b'), result('c')),
    model(call('d', 'look', '{}', { signature: 'c2ln', origin: 'gemini' })),
    user(result('d')),
  ];
  const signatures = (body: ReturnType<typeof bodyOf>) =>
    body.contents.flatMap(({ parts }) => parts.flatMap((part) => (part.functionCall ? [part.thoughtSignature] : [])));

  it('Gemini 3 gets Google\u2019s stand-in on the first call of each step of the current turn that has none, and no other', () => {
    const { body, losses } = shape({ messages: history });
    expect(signatures(body)).toEqual([undefined, SKIP, undefined, 'c2ln']);
    expect(losses).toEqual(['reasoning-history:approximated']);
  });

  it('2.5 needs none', () => {
    const { body, losses } = shape({ model: 'gemini-2.5-flash', messages: history });
    expect(signatures(body)).toEqual([undefined, undefined, undefined, 'c2ln']);
    expect(losses).toEqual([]);
  });

  it('thoughts go back only where Gemini has signed them', () => {
    const { body, losses } = shape({
      messages: [
        user(text('Hi')),
        model(
          { type: 'reasoning', text: 'plain' },
          { type: 'reasoning', text: 'own', signature: 'c2ln', origin: 'gemini' },
          { type: 'reasoning', data: 'AAAA', origin: 'claude' },
          text('Yes'),
        ),
        user(text('So?')),
      ],
    });
    expect(body.contents[1]?.parts).toEqual([
      { text: 'own', thought: true, thoughtSignature: 'c2ln' },
      { text: 'Yes' },
    ]);
    expect(losses).toEqual(['reasoning-history:dropped']);
  });
});

describe('tools', () => {
  const tool = {
    kind: 'function',
    name: 'look',
    description: 'Looks',
    schema: { $schema: 'x', type: 'object', properties: { at: { type: 'string' } } },
  } as const;

  it('are declared with their JSON Schema', () => {
    expect(bodyOf({ tools: [tool, { kind: 'function', name: 'go' }] }).tools).toEqual([
      {
        functionDeclarations: [
          {
            name: 'look',
            description: 'Looks',
            parametersJsonSchema: { type: 'object', properties: { at: { type: 'string' } } },
          },
          { name: 'go' },
        ],
      },
    ]);
  });

  it('have names that Google takes, the same in the history', () => {
    const names = ['7zip', 'a b', 'mcp.look', '-x', 'ok_1'];
    const body = bodyOf({
      tools: names.map((name) => ({ kind: 'function', name })),
      messages: [user(text('Go')), model(call('1', '7zip')), user(result('1'))],
    });
    const wire = bagsIn(body.tools?.[0]?.functionDeclarations).map(({ name }) => name);
    expect(wire).toEqual(['_7zip', 'a_b', 'mcp_look', '_-x', 'ok_1']);
    expect(body.contents[1]?.parts[0]?.functionCall?.name).toBe('_7zip');
  });

  it.each([
    ['auto', { functionCallingConfig: { mode: 'AUTO' } }],
    ['none', { functionCallingConfig: { mode: 'NONE' } }],
    ['required', { functionCallingConfig: { mode: 'ANY' } }],
    [{ name: 'look' }, { functionCallingConfig: { mode: 'ANY', allowedFunctionNames: ['look'] } }],
  ] as const)('are chosen: %j', (toolChoice, toolConfig) => {
    expect(bodyOf({ tools: [tool], toolChoice }).toolConfig).toEqual(toolConfig);
  });

  it('that there are not cannot be chosen', () => {
    expect(() => shape({ tools: [tool], toolChoice: { name: 'gone' } })).toThrow(
      expect.objectContaining({ code: 'invalid-request', field: 'toolChoice' }),
    );
  });

  it('of free text are functions with one string; what Gemini has no word for is told', () => {
    const { body, losses } = shape({
      tools: [
        { kind: 'custom', name: 'patch' },
        { ...tool, strict: true, deferred: true },
        { kind: 'server', name: 'web_search_20250305' },
      ],
      parallelToolCalls: false,
    });
    expect(body.tools).toHaveLength(1);
    expect(losses).toEqual([
      ...['tools:approximated', 'deferred:approximated', 'tools:dropped', 'parallelToolCalls:dropped'],
    ]);
  });

  it('of a namespace say what it is about, once; what asks for nothing is no loss', () => {
    const namespaced = (name: string, more: object = {}) =>
      ({
        kind: 'function',
        name,
        namespace: 'crm',
        extensions: { 'openai-responses': { namespace_description: 'Customers' }, ...more },
      }) as const;
    const { body, losses } = shape({
      tools: [
        namespaced('crm__get', { 'anthropic-messages': { eager_input_streaming: true, input_examples: [] } }),
        namespaced('crm__put'),
      ],
    });
    const declared = bagsIn(body.tools?.[0]?.functionDeclarations);
    expect(declared.map(({ description }) => description)).toEqual([expect.stringContaining('Customers'), undefined]);
    expect(losses).toEqual(['input_examples:dropped']);
  });

  it('that are strict are held to their schemas, where the model can be', () => {
    const tools = [{ ...tool, strict: true }];
    const validated = shape({ tools });
    expect(validated.body.toolConfig).toEqual({ functionCallingConfig: { mode: 'VALIDATED' } });
    expect(validated.losses).toEqual([]);
    expect(bodyOf({ tools, toolChoice: 'required' }).toolConfig).toEqual({ functionCallingConfig: { mode: 'ANY' } });
    expect(bodyOf({ tools, toolChoice: 'none' }).toolConfig).toEqual({ functionCallingConfig: { mode: 'NONE' } });
    const older = shape({ model: 'gemini-2.0-flash', tools });
    expect([older.body.toolConfig, older.losses]).toEqual([undefined, ['strict:dropped']]);
  });

  it('of Google come from Gemini\u2019s own settings, and go with others only on Gemini 3', () => {
    const routeSettings = { serverTools: ['googleSearch', 'urlContext'] };
    expect(shape({}, { routeSettings }).body.tools).toEqual([{ googleSearch: {} }, { urlContext: {} }]);
    expect(shape({ tools: [tool] }, { routeSettings }).body).toMatchObject({
      tools: [{ googleSearch: {} }, { urlContext: {} }, { functionDeclarations: [{ name: 'look' }] }],
      toolConfig: { includeServerSideToolInvocations: true },
    });
    const older = shape({ model: 'gemini-2.5-pro', tools: [tool] }, { routeSettings });
    expect(older.body.tools).toHaveLength(1);
    expect(older.losses).toEqual(['gemini.serverTools:dropped']);
    const asked = shape({ extensions: { gemini: { serverTools: ['codeExecution'] } } });
    expect(asked.body.tools).toEqual([{ codeExecution: {} }]);
    expect(asked.losses).toEqual([]);
    expect(() => shape({ extensions: { gemini: { serverTools: ['magic'] } } })).toThrow(
      expect.objectContaining({ code: 'invalid-request', field: 'gemini.serverTools.0' }),
    );
  });
});

describe('settings', () => {
  it('have their places', () => {
    const { body, losses } = shape(
      {
        ...{ model: 'gemini-2.5-flash', maxTokens: 9, temperature: 0.5, topP: 0.9, topK: 40, seed: 7, stop: ['x'] },
        extensions: { 'openai-chat': { frequency_penalty: 0.5, presence_penalty: 1 } },
      },
      {},
      { safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }] },
    );
    expect(body.generationConfig).toEqual({
      ...{ maxOutputTokens: 9, temperature: 0.5, topP: 0.9, topK: 40, seed: 7, stopSequences: ['x'] },
      ...{ frequencyPenalty: 0.5, presencePenalty: 1 },
    });
    expect(body.safetySettings).toEqual([{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'OFF' }]);
    expect(losses).toEqual([]);
  });

  it('that the model does not heed, or cannot hold, are told', () => {
    const { body, losses } = shape({
      ...{ temperature: 0.2, topP: 1, topK: 5, seed: 2 ** 40, stop: ['1', '2', '3', '4', '5', '6'], user: 'u' },
      extensions: { 'openai-chat': { frequency_penalty: 0, presence_penalty: 1, logit_bias: {} } },
    });
    expect(body.generationConfig).toEqual({ seed: 0, stopSequences: ['1', '2', '3', '4', '5'] });
    expect(losses.toSorted()).toEqual([
      ...['logit_bias:dropped', 'presence_penalty:dropped', 'seed:approximated', 'stop:approximated'],
      ...['temperature:dropped', 'topK:dropped', 'user:dropped'],
    ]);
  });

  it('ask for JSON; beside tools before Gemini 3 in words', () => {
    const schema = { type: 'object', properties: { a: { type: 'number' } } };
    const tools = [{ kind: 'function', name: 'look' }] as const;
    const json = { responseMimeType: 'application/json' };
    expect(bodyOf({ output: {} }).generationConfig).toEqual(json);
    expect(bodyOf({ output: { schema }, tools }).generationConfig).toEqual({ ...json, responseJsonSchema: schema });
    const older = shape({ model: 'gemini-2.5-pro', output: { schema }, tools, system: [text('Be brief.')] });
    expect(older.body.generationConfig).toBeUndefined();
    expect(older.body.systemInstruction?.parts.map(({ text: words }) => words)).toEqual([
      'Be brief.',
      expect.stringContaining('"type":"number"'),
    ]);
    expect(older.losses).toEqual(['output:approximated']);
  });

  it('of a route win over a client\u2019s', () => {
    const { body } = shape(
      { extensions: { gemini: { responseModalities: ['TEXT'] } } },
      { routeSettings: { responseModalities: ['TEXT', 'IMAGE'] } },
    );
    expect(body.generationConfig).toEqual({ responseModalities: ['TEXT', 'IMAGE'] });
  });
});

describe('thinking', () => {
  type Setting = ChatRequest['reasoning'];
  it.each<[string, Setting, object | undefined, string[]]>([
    ['gemini-3.8-flash', { effort: 'high' }, { thinkingLevel: 'high', includeThoughts: true }, []],
    [
      'gemini-3.8-flash',
      { effort: 'minimal' },
      { thinkingLevel: 'low', includeThoughts: true },
      ['reasoning:approximated'],
    ],
    ['gemini-3.8-flash', { effort: 'max', display: 'omitted' }, { thinkingLevel: 'high' }, ['reasoning:approximated']],
    ['gemini-3.8-flash', {}, { includeThoughts: true }, []],
    ['gemini-3.8-flash', 'off', { thinkingLevel: 'low' }, ['reasoning:approximated']],
    ['gemini-3.5-flash', 'off', { thinkingLevel: 'minimal' }, ['reasoning:approximated']],
    ['gemini-3-flash-preview', { effort: 'minimal' }, { thinkingLevel: 'minimal', includeThoughts: true }, []],
    [
      'gemini-3-pro-preview',
      { effort: 'medium' },
      { thinkingLevel: 'low', includeThoughts: true },
      ['reasoning:approximated'],
    ],
    ['gemini-3.1-pro-preview', { effort: 'medium' }, { thinkingLevel: 'medium', includeThoughts: true }, []],
    [
      'gemini-3.1-pro-preview',
      { budget: 9000 },
      { thinkingLevel: 'high', includeThoughts: true },
      ['reasoning:approximated'],
    ],
    ['gemini-pro-latest', { effort: 'medium' }, { thinkingLevel: 'medium', includeThoughts: true }, []],
    ['gemini-2.5-pro', { budget: 5000 }, { thinkingBudget: 5000, includeThoughts: true }, []],
    [
      'gemini-2.5-pro',
      { budget: 50_000, display: 'summary' },
      { thinkingBudget: 32_768, includeThoughts: true },
      ['reasoning:approximated'],
    ],
    ['gemini-2.5-pro', 'off', { thinkingBudget: 128 }, ['reasoning:approximated']],
    ['gemini-2.5-flash', 'off', { thinkingBudget: 0 }, []],
    ['gemini-2.5-flash', { effort: 'medium' }, { thinkingBudget: 8192, includeThoughts: true }, []],
    ['gemini-2.5-flash-lite', {}, { thinkingBudget: -1, includeThoughts: true }, []],
    [
      'gemini-2.5-flash-lite',
      { budget: 100, display: 'full' },
      { thinkingBudget: 512, includeThoughts: true },
      ['reasoning:approximated', 'reasoning:approximated'],
    ],
    ['gemini-2.0-flash', { effort: 'high' }, undefined, ['reasoning:dropped']],
    ['gemini-2.0-flash', 'off', undefined, []],
    ['gemini-3-pro-image-preview', { effort: 'high' }, undefined, ['reasoning:dropped']],
    ['gemma-4-27b-it', { effort: 'high' }, undefined, ['reasoning:dropped']],
  ])('%s: %j', (name, reasoning, thinkingConfig, lost) => {
    const { body, losses, reasoningLine } = shape({ model: name, ...(reasoning === undefined ? {} : { reasoning }) });
    expect(body.generationConfig?.thinkingConfig).toEqual(thinkingConfig);
    expect(losses).toEqual(lost);
    expect(reasoningLine).toMatch(/./);
  });
});

describe('media', () => {
  const media = (mediaType: string, data = 'AAAA', more: object = {}): Part => ({
    type: 'media',
    mediaType,
    data,
    ...more,
  });
  const sent = (part: Part) => bodyOf({ messages: [user(part)] }).contents[0]?.parts;

  it.each(['image/webp', 'audio/wav', 'video/mp4', 'application/pdf'])('%s goes as it is', (mimeType) => {
    expect(sent(media(mimeType))).toEqual([{ inlineData: { mimeType, data: 'AAAA' } }]);
  });

  it('an image is what its bytes say', () => {
    expect(sent(media('image/jpeg', PNG))).toEqual([{ inlineData: { mimeType: 'image/png', data: PNG } }]);
    expect(sent(media('IMAGE/JPG; x=y'))).toEqual([{ inlineData: { mimeType: 'image/jpeg', data: 'AAAA' } }]);
  });

  it('a text is text', () => {
    const { body, losses } = shape({
      messages: [user(media('text/csv', Buffer.from('a,b').toString('base64'), { name: 'x.csv' }))],
    });
    expect(body.contents[0]?.parts).toEqual([{ text: 'Document: x.csv\na,b' }]);
    expect(losses).toEqual(['media:approximated']);
  });

  it.each([
    ['image/gif', media('image/gif')],
    ['a word file', media('application/vnd.openxmlformats-officedocument.wordprocessingml.document')],
    ['a link', { type: 'media', mediaType: 'image/png', url: 'https://x/y.png' } as Part],
  ])('%s is unsupported, so that another target may answer', (_name, part) => {
    expect(() => sent(part)).toThrow(expect.objectContaining({ code: 'unsupported', field: 'messages' }));
  });
});

describe('what runs at Google', () => {
  const server = (id: string, name: string, input: string, more: object = {}) =>
    call(id, name, input, { server: true, ...more });
  const told = (id: string, words: string, more: object = {}) =>
    ({ type: 'tool-result', id, server: true, parts: [text(words)], ...more }) as Part;
  const said = (...parts: Part[]) =>
    shape({ messages: [user(text('Run')), model(...parts, text('One')), user(text('Thanks'))] });
  const own = { signature: 'c2ln', origin: 'gemini' };

  it('comes back raw where it is still there', () => {
    const executableCode = { language: 'PYTHON', code: 'print(1)', id: 'x' };
    const codeExecutionResult = { outcome: 'OUTCOME_OK', output: '1\n' };
    const { body, losses } = said(
      server('x', 'code_execution', '{}', { ...own, extensions: { gemini: { executableCode } } }),
      told('x', '', { extensions: { gemini: { codeExecutionResult } } }),
    );
    expect(body.contents[1]?.parts).toEqual([
      { executableCode, thoughtSignature: 'c2ln' },
      { codeExecutionResult },
      { text: 'One' },
    ]);
    expect(losses).toEqual([]);
  });

  it('is put together again from what a protocol has kept', () => {
    const { body, losses } = said(
      server('gemcall_r_1', 'code_execution', '{"code":"1/0"}', own),
      told('gemcall_r_1', 'no', { error: true, extensions: { 'anthropic-messages': { mcp_tool_result: {} } } }),
      server('s', 'google_search_web', '{"q":"x"}', own),
      told('s', '{"a":1}'),
    );
    expect(body.contents[1]?.parts).toEqual([
      { executableCode: { language: 'PYTHON', code: '1/0' }, thoughtSignature: 'c2ln' },
      { codeExecutionResult: { outcome: 'OUTCOME_FAILED', output: 'no' } },
      { toolCall: { id: 's', toolType: 'GOOGLE_SEARCH_WEB', args: { q: 'x' } }, thoughtSignature: 'c2ln' },
      { toolResponse: { id: 's', toolType: 'GOOGLE_SEARCH_WEB', response: { a: 1 } } },
      { text: 'One' },
    ]);
    expect(losses).toEqual([]);
  });

  it.each([
    ['of another vendor', [server('w', 'code_execution', '{"code":"1"}'), told('w', '1')]],
    ['without a result', [server('gemcall_r_1', 'code_execution', '{"code":"1"}')]],
    ['of no known kind', [server('gemcall_r_1', 'magic', '{}'), told('gemcall_r_1', '{}')]],
  ])('is left out %s', (_name, parts) => {
    const { body, losses } = said(...parts);
    expect(body.contents[1]?.parts).toEqual([{ text: 'One' }]);
    expect(new Set(losses)).toEqual(new Set(['messages:dropped']));
  });
});
