// Chat completions requests, good and bad, to the canonical form.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChatRequest, RouterError } from '../../contract/index.ts';
import { seal } from '../reasoning-envelope.ts';
import { openaiChat } from './index.ts';

fc.configureGlobal({ seed: 20261123 });

const PNG = 'data:image/png;base64,iVBORw0KGgo=';
const hello = [{ role: 'user', content: 'hi' }];
const weather = { type: 'function', function: { name: 'weather', parameters: { type: 'object' } } };

const decode = (fields: object) => openaiChat.decode({ model: 'm', messages: hello, ...fields });
const request = (fields: object): ChatRequest => decode(fields).request;
/** The one user message's parts. */
const partsOf = (...content: unknown[]) => request({ messages: [{ role: 'user', content }] }).messages[0]?.parts;
const conversation = (...messages: unknown[]) => {
  const { system, messages: turns } = request({ messages });
  return { system, turns };
};
/** The parts of an assistant message in the middle of a conversation. */
const assistant = (message: object) => conversation(...hello, { role: 'assistant', ...message }).turns[1]?.parts;

describe('the smallest request', () => {
  test('has nothing that was not asked for', () => {
    expect(decode({})).toEqual({
      request: {
        model: 'm',
        system: [],
        messages: [{ role: 'user', parts: [{ type: 'text', text: 'hi' }] }],
        tools: [],
      },
      stream: false,
      echo: { includeUsage: false, legacyFunctions: false, names: new Map(), asked: {} },
      losses: [],
    });
  });

  test('null is the same as absent, for every field', () => {
    const names =
      'stream stream_options tools tool_choice parallel_tool_calls functions function_call response_format stop max_tokens ' +
      'max_completion_tokens temperature top_p top_k seed user reasoning_effort reasoning thinking n logprobs top_logprobs ' +
      'frequency_penalty presence_penalty logit_bias service_tier verbosity store metadata prediction audio modalities bedrock other';
    expect(decode(Object.fromEntries(names.split(' ').map((name) => [name, null])))).toEqual(decode({}));
  });
});

describe('roles', () => {
  test('leading system and developer messages are the system prompt, later ones stay where they are', () => {
    expect(
      conversation(
        { role: 'system', content: 'one' },
        { role: 'developer', content: [{ type: 'text', text: 'two', cache_control: { type: 'ephemeral' } }] },
        { role: 'user', content: 'hi' },
        { role: 'system', content: 'three' },
        { role: 'assistant', content: 'hello' },
        { role: 'developer', content: 'four' },
      ),
    ).toEqual({
      system: [
        { type: 'text', text: 'one' },
        { type: 'text', text: 'two', cache: {} },
      ],
      turns: [
        { role: 'user', parts: [{ type: 'text', text: 'hi' }] },
        { role: 'system', parts: [{ type: 'text', text: 'three' }] },
        { role: 'assistant', parts: [{ type: 'text', text: 'hello' }] },
        { role: 'system', parts: [{ type: 'text', text: 'four' }] },
      ],
    });
  });

  test('an empty instruction asks for nothing', () => {
    expect(conversation({ role: 'system', content: '' }, ...hello, { role: 'system', content: '' })).toEqual(
      conversation(...hello),
    );
  });

  test('a participant name rides on the first part', () => {
    expect(
      conversation({
        role: 'user',
        name: 'ada',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      }).turns[0]?.parts,
    ).toEqual([
      { type: 'text', text: 'a', extensions: { 'openai-chat': { name: 'ada' } } },
      { type: 'text', text: 'b' },
    ]);
  });

  test('a cache mark on the message is one on its last part', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ];
    expect(
      conversation({ role: 'user', content, cache_control: { type: 'ephemeral', ttl: '1h' } }).turns[0]?.parts,
    ).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b', cache: { ttl: '1h' } },
    ]);
  });

  test("a part's own cache mark wins over the message's", () => {
    const content = [{ type: 'text', text: 'c', cache_control: { type: 'ephemeral', ttl: '5m' } }];
    const cache_control = { type: 'ephemeral', ttl: '1h' };
    expect(conversation({ role: 'user', content, cache_control }).turns[0]?.parts).toEqual([
      { type: 'text', text: 'c', cache: { ttl: '5m' } },
    ]);
  });

  test('fields of an answer that clients send back ask for nothing, others are losses', () => {
    const message = {
      role: 'assistant',
      content: 'x',
      refusal: null,
      annotations: [{}],
      parsed: {},
      audio: null,
      prefix: false,
    };
    expect(decode({ messages: [...hello, message] }).losses).toEqual([]);
    const losses = decode({ messages: [...hello, { ...message, prefix: true }, { ...message, prefix: true }] }).losses;
    const spoken = { role: 'assistant', content: 'x', audio: { id: 'audio-1' } };
    expect(decode({ messages: [...hello, spoken] }).losses).toMatchObject([{ field: 'audio', action: 'dropped' }]);
    expect(losses).toEqual([{ field: 'prefix', action: 'dropped', reason: 'no such field of a message' }]);
  });
});

describe('content', () => {
  test('images', () => {
    expect(
      partsOf(
        { type: 'image_url', image_url: { url: PNG, detail: 'auto' } },
        { type: 'image_url', image_url: { url: 'https://example.com/a.png', detail: 'low' } },
        { type: 'image_url', image_url: PNG, cache_control: { type: 'ephemeral', ttl: '5m' } },
      ),
    ).toEqual([
      { type: 'media', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
      {
        type: 'media',
        mediaType: 'image/*',
        url: 'https://example.com/a.png',
        extensions: { 'openai-chat': { detail: 'low' } },
      },
      { type: 'media', mediaType: 'image/png', data: 'iVBORw0KGgo=', cache: { ttl: '5m' } },
    ]);
  });

  test('files', () => {
    expect(
      partsOf(
        { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
        { type: 'file', file: { filename: 'b.csv', file_data: 'YSxi' } },
        { type: 'file', file: { file_data: 'https://example.com/c.pdf', filename: 'c.pdf' } },
        { type: 'document_url', document_url: 'https://example.com/d.pdf' },
      ),
    ).toEqual([
      { type: 'media', mediaType: 'application/pdf', data: 'JVBERi0=', name: 'a.pdf' },
      { type: 'media', mediaType: 'text/csv', data: 'YSxi', name: 'b.csv' },
      { type: 'media', mediaType: 'application/pdf', url: 'https://example.com/c.pdf', name: 'c.pdf' },
      { type: 'media', mediaType: 'application/pdf', url: 'https://example.com/d.pdf' },
    ]);
  });

  test('audio and video', () => {
    expect(
      partsOf(
        { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
        { type: 'video_url', video_url: { url: 'data:video/webm;base64,AAAA' } },
      ),
    ).toEqual([
      { type: 'media', mediaType: 'audio/wav', data: 'AAAA' },
      { type: 'media', mediaType: 'video/webm', data: 'AAAA' },
    ]);
  });

  test('text keeps cache marks and what it says besides', () => {
    expect(
      partsOf(
        { type: 'text', text: 'a', cache_control: { type: 'ephemeral', ttl: '1h' } },
        { type: 'text', text: 'b', prompt_cache_breakpoint: { mode: 'explicit' } },
        { type: 'text', text: 'c', cache_control: null, mood: 'grave' },
        'd',
      ),
    ).toEqual([
      { type: 'text', text: 'a', cache: { ttl: '1h' } },
      { type: 'text', text: 'b', cache: {} },
      { type: 'text', text: 'c', extensions: { 'openai-chat': { mood: 'grave' } } },
      { type: 'text', text: 'd' },
    ]);
  });

  test("OpenAI's own cache lifetimes are approximated", () => {
    const content = [{ type: 'text', text: 'b', prompt_cache_breakpoint: { mode: 'explicit', ttl: '12h' } }];
    const decoded = decode({ messages: [{ role: 'user', content }] });
    expect(decoded.request.messages[0]?.parts).toEqual([{ type: 'text', text: 'b', cache: { ttl: '1h' } }]);
    expect(decoded.losses).toMatchObject([{ field: 'prompt_cache_breakpoint', action: 'approximated' }]);
  });
});

describe('assistant messages', () => {
  test('text beside calls, in order, with raw arguments', () => {
    const tool_calls = [
      { id: 'c1', type: 'function', index: 0, function: { name: 'weather', arguments: '{"city": "Oslo" ' } },
      { id: 'c2', type: 'custom', custom: { name: 'patch', input: '*** Begin' } },
      { id: 'c3', function: { name: 'noop' }, extra_content: { google: 1 } },
    ];
    expect(assistant({ content: 'let me look', tool_calls })).toEqual([
      { type: 'text', text: 'let me look' },
      { type: 'tool-call', id: 'c1', name: 'weather', input: '{"city": "Oslo" ' },
      { type: 'tool-call', id: 'c2', name: 'patch', input: '*** Begin', custom: true },
      {
        type: 'tool-call',
        id: 'c3',
        name: 'noop',
        input: '',
        extensions: { 'openai-chat': { extra_content: { google: 1 } } },
      },
    ]);
  });

  test.each([null, '', undefined, [], [{ type: 'text', text: '' }]])(
    'content %j beside calls is nothing',
    (content) => {
      const tool_calls = [{ id: 'c1', type: 'function', function: { name: 'weather', arguments: '{}' } }];
      expect(assistant({ content, tool_calls })).toEqual([
        { type: 'tool-call', id: 'c1', name: 'weather', input: '{}' },
      ]);
    },
  );

  test('an empty answer stays a turn', () => {
    expect(assistant({ content: '' })).toEqual([{ type: 'text', text: '' }]);
  });

  test('refusals, as a field and as a part, are text that says so', () => {
    const refusal = { type: 'text', text: 'no', extensions: { 'openai-chat': { refusal: true } } };
    expect(assistant({ content: null, refusal: 'no' })).toEqual([refusal]);
    expect(
      assistant({
        content: [
          { type: 'text', text: 'well' },
          { type: 'refusal', refusal: 'no' },
        ],
      }),
    ).toEqual([{ type: 'text', text: 'well' }, refusal]);
  });

  test('images of an earlier answer', () => {
    expect(assistant({ content: 'here', images: [{ type: 'image_url', image_url: { url: PNG } }] })).toEqual([
      { type: 'text', text: 'here' },
      { type: 'media', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
    ]);
  });
});

describe('tool results', () => {
  test('consecutive ones are one user message', () => {
    const calls = {
      role: 'assistant',
      tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
    };
    const { turns } = conversation(
      ...hello,
      calls,
      { role: 'tool', tool_call_id: 'a', name: 'f', content: 'sunny' },
      {
        role: 'tool',
        tool_call_id: 'b',
        content: [
          { type: 'text', text: 'see' },
          { type: 'image_url', image_url: { url: PNG } },
        ],
      },
      { role: 'user', content: 'thanks' },
      { role: 'tool', tool_call_id: 'c', content: '' },
    );
    expect(turns.slice(2)).toEqual([
      {
        role: 'user',
        parts: [
          { type: 'tool-result', id: 'a', parts: [{ type: 'text', text: 'sunny' }] },
          {
            type: 'tool-result',
            id: 'b',
            parts: [
              { type: 'text', text: 'see' },
              { type: 'media', mediaType: 'image/png', data: 'iVBORw0KGgo=' },
            ],
          },
        ],
      },
      { role: 'user', parts: [{ type: 'text', text: 'thanks' }] },
      { role: 'user', parts: [{ type: 'tool-result', id: 'c', parts: [{ type: 'text', text: '' }] }] },
    ]);
  });

  test('a cache mark inside a result moves out to it', () => {
    const content = [{ type: 'text', text: 'long', cache_control: { type: 'ephemeral' } }];
    expect(conversation({ role: 'tool', tool_call_id: 'a', content }).turns[0]?.parts).toEqual([
      { type: 'tool-result', id: 'a', parts: [{ type: 'text', text: 'long' }], cache: {} },
    ]);
  });

  test('legacy functions: calls get ids, results find them', () => {
    const decoded = decode({
      functions: [{ name: 'weather', description: 'd', parameters: { type: 'object' } }],
      function_call: { name: 'weather' },
      messages: [
        ...hello,
        { role: 'assistant', content: null, function_call: { name: 'weather', arguments: '{}' } },
        { role: 'function', name: 'weather', content: 'rain' },
      ],
    });
    expect(decoded.echo).toMatchObject({ legacyFunctions: true });
    expect(decoded.request).toMatchObject({
      tools: [{ kind: 'function', name: 'weather', description: 'd', schema: { type: 'object' } }],
      toolChoice: { name: 'weather' },
      messages: [
        {},
        { role: 'assistant', parts: [{ type: 'tool-call', id: 'call_1_0', name: 'weather', input: '{}' }] },
        { role: 'user', parts: [{ type: 'tool-result', id: 'call_1_0', parts: [{ type: 'text', text: 'rain' }] }] },
      ],
    });
    expect(openaiChat.fieldName('toolChoice', decoded.echo)).toBe('function_call');
  });
});

describe('tools', () => {
  test('functions, custom tools and tools of the server', () => {
    const grammar = { type: 'grammar', grammar: { syntax: 'lark', definition: 'start: "x"' } };
    expect(
      request({
        tools: [
          {
            type: 'function',
            function: { name: 'f', description: '', parameters: {}, strict: true },
            cache_control: { type: 'ephemeral' },
          },
          { function: { name: 'g', strict: null } },
          { type: 'custom', custom: { name: 'c', description: 'd', format: grammar } },
          { type: 'custom', custom: { name: 't', format: { type: 'text' } } },
          { type: 'openrouter:web_search', max_results: 3 },
        ],
      }).tools,
    ).toEqual([
      { kind: 'function', name: 'f', description: '', schema: {}, strict: true, cache: {} },
      { kind: 'function', name: 'g' },
      { kind: 'custom', name: 'c', description: 'd', format: grammar },
      { kind: 'custom', name: 't' },
      { kind: 'server', name: 'openrouter:web_search', extensions: { 'openai-chat': { max_results: 3 } } },
    ]);
  });

  test.each<[unknown, ChatRequest['toolChoice']]>([
    ['auto', 'auto'],
    ['none', 'none'],
    ['required', 'required'],
    [{ type: 'function', function: { name: 'weather' } }, { name: 'weather' }],
    [{ function: { name: 'weather' } }, { name: 'weather' }],
    [{ type: 'custom', custom: { name: 'patch' } }, { name: 'patch' }],
  ])('tool_choice %j', (tool_choice, expected) => {
    const tools = [weather, { type: 'custom', custom: { name: 'patch' } }];
    expect(request({ tools, tool_choice }).toolChoice).toEqual(expected);
  });

  test('allowed_tools shows only those tools, and says so', () => {
    const tool_choice = {
      type: 'allowed_tools',
      allowed_tools: { mode: 'required', tools: [{ type: 'function', function: { name: 'weather' } }] },
    };
    const decoded = decode({ tools: [weather, { type: 'custom', custom: { name: 'patch' } }], tool_choice });
    expect(decoded.request).toMatchObject({ toolChoice: 'required', tools: [{ name: 'weather' }] });
    expect(decoded.request.tools).toHaveLength(1);
    expect(decoded.losses).toMatchObject([{ field: 'toolChoice', action: 'approximated' }]);
  });

  test('parallel_tool_calls counts only beside tools', () => {
    expect(request({ tools: [weather], parallel_tool_calls: false }).parallelToolCalls).toBe(false);
    expect(request({ tools: [], parallel_tool_calls: false, tool_choice: 'auto' })).toEqual(request({}));
  });
});

describe('settings', () => {
  test('plain ones', () => {
    expect(
      request({ max_tokens: 5, temperature: 0, top_p: 1, top_k: 40, seed: -1, user: 'u', stop: 'END' }),
    ).toMatchObject({
      maxTokens: 5,
      temperature: 0,
      topP: 1,
      topK: 40,
      seed: -1,
      user: 'u',
      stop: ['END'],
    });
  });

  test('max_completion_tokens wins, and the name used is remembered', () => {
    const both = decode({ max_tokens: 5, max_completion_tokens: 7 });
    expect(both.request.maxTokens).toBe(7);
    expect(openaiChat.fieldName('maxTokens', both.echo)).toBe('max_completion_tokens');
    expect(openaiChat.fieldName('maxTokens', decode({ max_tokens: 5 }).echo)).toBe('max_tokens');
  });

  test.each<[unknown, unknown]>([
    [{ type: 'text' }, undefined],
    [{ type: 'json_object' }, {}],
    [
      { type: 'json_schema', json_schema: { name: 'n', strict: true, schema: { type: 'object' } } },
      { name: 'n', strict: true, schema: { type: 'object' } },
    ],
    [
      { type: 'json_schema', json_schema: { name: 'n', description: 'd', schema: { type: 'object' } } },
      { name: 'n', schema: { type: 'object', description: 'd' } },
    ],
  ])('response_format %j', (response_format, expected) => {
    expect(request({ response_format }).output).toEqual(expected);
  });

  test.each<[object, ChatRequest['reasoning']]>([
    [{ reasoning_effort: 'none' }, 'off'],
    [{ reasoning_effort: 'minimal' }, { effort: 'minimal' }],
    [{ reasoning_effort: 'xhigh' }, { effort: 'xhigh' }],
    [{ reasoning_effort: 'max' }, { effort: 'max' }],
    [{ reasoning: { effort: 'high' } }, { effort: 'high' }],
    [{ reasoning: { max_tokens: 2000, exclude: true } }, { budget: 2000, display: 'omitted' }],
    [{ reasoning: { enabled: true } }, {}],
    [{ reasoning: { enabled: false, effort: 'high' } }, 'off'],
    [{ reasoning: {} }, undefined],
    [{ thinking: { type: 'enabled', budget_tokens: 4096 } }, { budget: 4096 }],
    [{ thinking: { type: 'adaptive', display: 'summarized' } }, { display: 'summary' }],
    [{ thinking: { type: 'disabled' } }, 'off'],
    [{ output_config: { effort: 'xhigh' } }, { effort: 'xhigh' }],
    [
      { output_config: { effort: 'low' }, thinking: { type: 'adaptive', display: 'omitted' } },
      { effort: 'low', display: 'omitted' },
    ],
    [{ output_config: { effort: 'high' }, thinking: { type: 'disabled' } }, 'off'],
    [
      { reasoning_effort: 'low', thinking: { type: 'enabled', budget_tokens: 4096 } },
      { effort: 'low', budget: 4096 },
    ],
    [{ reasoning_effort: 'none', reasoning: { effort: 'high' } }, { effort: 'high' }],
    [{ reasoning_effort: 'high', thinking: { type: 'disabled' } }, 'off'],
  ])('reasoning %j', (fields, expected) => {
    expect(request(fields).reasoning).toEqual(expected);
  });

  test('stream and its options', () => {
    const decoded = decode({ stream: true, stream_options: { include_usage: true, include_obfuscation: false } });
    expect(decoded).toMatchObject({ stream: true, echo: { includeUsage: true }, losses: [] });
    expect(decode({ stream_options: { include_obfuscation: true } }).losses).toMatchObject([
      { field: 'stream_options.include_obfuscation' },
    ]);
  });
});

describe('extensions', () => {
  test("a part's field with a vendor's name is that vendor's", () => {
    const part = { type: 'text', text: 'a', bedrock: { guard: true }, other: 1 };
    const parts = (content: unknown) =>
      decode({ messages: [{ role: 'user', content: [content] }] }).request.messages[0]?.parts;
    expect(parts(part)).toEqual([
      { type: 'text', text: 'a', extensions: { 'openai-chat': { other: 1 }, bedrock: { guard: true } } },
    ]);
    expect(() => parts({ ...part, bedrock: 'guard' })).toThrow(/messages\[0\]\.content\[0\]\.bedrock/);
  });

  test('what asks for nothing is not kept', () => {
    const idle = {
      ...{
        n: 1,
        logprobs: false,
        top_logprobs: 0,
        store: false,
        frequency_penalty: 0,
        presence_penalty: 0,
        service_tier: 'auto',
      },
      ...{ logit_bias: {}, metadata: {}, modalities: ['text'], verbosity: 'medium', top_k: 0, stop: [], user: '' },
    };
    expect(decode(idle).request).toEqual(decode({}).request);
    expect(decode({ service_tier: 'default' }).request).toEqual(decode({}).request);
  });

  test('everything else is kept under its own name', () => {
    const asking = {
      ...{
        n: 2,
        logprobs: true,
        top_logprobs: 3,
        store: true,
        frequency_penalty: 0.5,
        presence_penalty: -1,
        service_tier: 'flex',
      },
      ...{
        logit_bias: { 5: 1 },
        metadata: { a: 'b' },
        modalities: ['text', 'audio'],
        verbosity: 'low',
        prompt_cache_key: 'k',
      },
      ...{
        safety_identifier: 's',
        prediction: { type: 'content', content: 'x' },
        web_search_options: {},
        audio: { voice: 'v' },
      },
      ...{ provider: { only: ['x'] }, enable_thinking: false },
    };
    expect(request(asking).extensions).toEqual({ 'openai-chat': asking });
  });

  test('bedrock is a bag of its own, and unread parts of reasoning stay', () => {
    expect(request({ bedrock: { guardrail: 'g' }, reasoning: { effort: 'low', mood: 1 } }).extensions).toEqual({
      bedrock: { guardrail: 'g' },
      'openai-chat': { reasoning: { mood: 1 } },
    });
  });

  test('a field named __proto__ is a plain field', () => {
    const body: unknown = JSON.parse(
      '{"model":"m","messages":[{"role":"user","content":"x"}],"__proto__":{"polluted":1}}',
    );
    const { extensions } = openaiChat.decode(body).request;
    expect(Object.keys(extensions?.['openai-chat'] ?? {})).toEqual(['__proto__']);
    expect('polluted' in {}).toBe(false);
  });
});

describe('reasoning in the history', () => {
  const signature = seal({ origin: 'claude', value: 'c2ln' });
  const calls = [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }];

  test('reasoning_content alone is unsigned, in front', () => {
    expect(assistant({ content: 'x', reasoning_content: 'hm' })).toEqual([
      { type: 'reasoning', text: 'hm' },
      { type: 'text', text: 'x' },
    ]);
    expect(assistant({ content: 'x', reasoning: 'hm' })?.[0]).toEqual({ type: 'reasoning', text: 'hm' });
    expect(assistant({ content: null, reasoning_content: 'hm' })).toEqual([{ type: 'reasoning', text: 'hm' }]);
  });

  test('details win, are unwrapped and stand where they stood', () => {
    const reasoning_details = [
      { type: 'reasoning.encrypted', index: 2, data: seal({ origin: 'claude', value: 'ZGF0YQ==' }) },
      { type: 'reasoning.text', index: 0, text: 'first', signature },
      { type: 'signature', for: 'tool-call', index: 3, id: 'c1', signature },
    ];
    expect(assistant({ content: 'x', reasoning_content: 'overwritten', reasoning_details, tool_calls: calls })).toEqual(
      [
        { type: 'reasoning', text: 'first', signature: 'c2ln', origin: 'claude' },
        { type: 'text', text: 'x' },
        { type: 'reasoning', data: 'ZGF0YQ==', origin: 'claude' },
        { type: 'tool-call', id: 'c1', name: 'f', input: '{}', signature: 'c2ln', origin: 'claude' },
      ],
    );
  });

  test('marked text is cut into its blocks again', () => {
    const reasoning_details = [
      { type: 'text', index: 0, length: 3 },
      { type: 'reasoning.text', index: 1, text: '', signature },
      { type: 'signature', for: 'text', index: 3, length: 2, signature },
    ];
    expect(assistant({ content: 'onetw', reasoning_details, tool_calls: calls })).toEqual([
      { type: 'text', text: 'one' },
      { type: 'reasoning', text: '', signature: 'c2ln', origin: 'claude' },
      { type: 'tool-call', id: 'c1', name: 'f', input: '{}' },
      { type: 'text', text: 'tw', signature: 'c2ln', origin: 'claude' },
    ]);
  });

  test('text that the client changed loses its signature, and nothing else', () => {
    const reasoning_details = [{ type: 'signature', for: 'text', index: 0, length: 3, signature }];
    const decoded = decode({ messages: [...hello, { role: 'assistant', content: 'changed', reasoning_details }] });
    expect(decoded.request.messages[1]?.parts).toEqual([{ type: 'text', text: 'changed' }]);
    expect(decoded.losses).toMatchObject([{ field: 'reasoning_details', action: 'dropped' }]);
  });

  test.each<[string, unknown, unknown[], boolean]>([
    [
      'foreign signatures',
      [{ type: 'reasoning.text', text: 'hm', signature: 'raw' }],
      [{ type: 'reasoning', text: 'hm' }],
      true,
    ],
    [
      'unsigned entries',
      [{ type: 'reasoning.text', text: 'hm', format: 'x', index: 0 }],
      [{ type: 'reasoning', text: 'hm' }],
      false,
    ],
    ['summaries', [{ type: 'reasoning.summary', summary: 'sum' }], [{ type: 'reasoning', text: 'sum' }], false],
    ['foreign encryption', [{ type: 'reasoning.encrypted', data: 'raw' }], [], true],
    [
      'a broken envelope',
      [{ type: 'reasoning.text', text: 'hm', signature: 'tn1.claude.+' }],
      [{ type: 'reasoning', text: 'hm' }],
      true,
    ],
    ['an unknown entry', [{ type: 'other' }], [], true],
    ['not even an object', [5], [], true],
    ['not even a list', 'x', [], true],
  ])('%s do not break the conversation', (_, reasoning_details, parts, isLoss) => {
    const decoded = decode({ messages: [...hello, { role: 'assistant', content: 'x', reasoning_details }] });
    expect(decoded.request.messages[1]?.parts).toEqual([...parts, { type: 'text', text: 'x' }]);
    expect(decoded.losses.map((loss) => loss.field)).toEqual(isLoss ? ['reasoning_details'] : []);
  });

  test('indexes of a foreign list are no positions', () => {
    const reasoning_details = [{ type: 'reasoning.text', text: 'hm', index: 3 }];
    expect(assistant({ content: 'x', reasoning_details })?.map((part) => part.type)).toEqual(['reasoning', 'text']);
  });

  test('two calls with one id: the signature goes to the one at its position', () => {
    const reasoning_details = [{ type: 'signature', for: 'tool-call', index: 1, id: 'c1', signature }];
    const parts = assistant({ content: 'x', reasoning_details, tool_calls: [...calls, ...calls] });
    expect(parts?.map((part) => part.signature)).toEqual([undefined, 'c2ln', undefined]);
  });

  test('a call that the client moved keeps its signature by its id', () => {
    const reasoning_details = [{ type: 'signature', for: 'tool-call', index: 1, id: 'c1', signature }];
    const parts = assistant({ content: null, reasoning_details, tool_calls: calls });
    expect(parts?.map((part) => part.signature)).toEqual(['c2ln']);
  });

  test('absurd positions do no harm', () => {
    const reasoning_details = [
      { type: 'reasoning.text', index: 1e300, text: 'far', signature },
      { type: 'reasoning.text', index: -5, text: 'near', signature },
    ];
    expect(assistant({ content: 'x', reasoning_details })?.map((part) => part.type)).toEqual([
      'reasoning',
      'text',
      'reasoning',
    ]);
  });
});

describe('bad requests', () => {
  const user = (content: unknown) => ({ messages: [{ role: 'user', content }] });
  const said = (message: object) => ({ messages: [...hello, { role: 'assistant', ...message }] });
  const call = (value: object) => said({ tool_calls: [value] });
  test.each<[string, string, object]>([
    ['model', 'model: missing', { model: undefined }],
    ['model', 'model: missing', { model: '' }],
    ['model', 'model: missing', { model: 5 }],
    ['messages', 'messages: missing', { messages: undefined }],
    ['messages', 'messages: expected at least one message', { messages: [] }],
    ['messages', 'messages: expected a list', { messages: {} }],
    ['messages[0]', 'messages[0]: expected an object', { messages: ['hi'] }],
    ['messages[0].role', 'messages[0].role: expected one of', { messages: [{ content: 'hi' }] }],
    ['messages[0].role', 'messages[0].role: expected one of', { messages: [{ role: 'constructor', content: 'hi' }] }],
    ['messages[0].content', 'messages[0].content: expected a string or a list of parts', user(null)],
    ['messages[0].content', 'messages[0].content: expected a string or a list of parts', user({ text: 'x' })],
    ['messages[0].content', 'messages[0].content: expected at least one part', user([])],
    ['messages[0].content[1]', 'messages[0].content[1]: expected an object', user(['a', 5])],
    [
      'messages[0].content[0].type',
      'messages[0].content[0].type: expected one of text, image_url',
      user([{ type: 'hologram' }]),
    ],
    [
      'messages[0].content[0].type',
      'messages[0].content[0].type: expected one of',
      user([{ type: 'refusal', refusal: 'x' }]),
    ],
    ['messages[0].content[0].text', 'messages[0].content[0].text: expected a string', user([{ type: 'text' }])],
    [
      'messages[0].content[0].image_url.url',
      'expected a data URI or a URL',
      user([{ type: 'image_url', image_url: { url: 'x' } }]),
    ],
    ['messages[0].content[0].image_url', 'expected a string', user([{ type: 'image_url' }])],
    ['messages[0].content[0].input_audio', 'expected an object', user([{ type: 'input_audio' }])],
    [
      'messages[0].content[0].input_audio.format',
      'expected a',
      user([{ type: 'input_audio', input_audio: { data: 'AAAA', format: 'a/b' } }]),
    ],
    [
      'messages[0].content[0].input_audio.data',
      'expected base64',
      user([{ type: 'input_audio', input_audio: { data: '%', format: 'wav' } }]),
    ],
    ['messages[0].content[0].file.file_data', 'missing', user([{ type: 'file', file: { filename: 'x' } }])],
    ['messages[0].content[0].cache_control.type', 'expected', user([{ type: 'text', text: 'x', cache_control: {} }])],
    [
      'messages[0].content[0].cache_control.ttl',
      'expected one of 5m, 1h',
      user([{ type: 'text', text: 'x', cache_control: { type: 'ephemeral', ttl: '2h' } }]),
    ],
    [
      'messages[0].content[0].type',
      'expected text',
      { messages: [{ role: 'system', content: [{ type: 'image_url', image_url: { url: PNG } }] }] },
    ],
    [
      'messages[1].content',
      'expected a string or a list of parts where there are no tool_calls',
      said({ content: null }),
    ],
    ['messages[1].content', 'expected a string or a list of parts', said({ content: 5 })],
    ['messages[1].reasoning_content', 'expected a string', said({ content: 'x', reasoning_content: 5 })],
    ['messages[1].tool_calls', 'expected a list', said({ tool_calls: {} })],
    [
      'messages[1].tool_calls[0].id',
      'expected a string that is not empty',
      call({ type: 'function', function: { name: 'f', arguments: '' } }),
    ],
    ['messages[1].tool_calls[0].type', 'expected function or custom', call({ id: 'a', type: 'x' })],
    ['messages[1].tool_calls[0].function', 'expected an object', call({ id: 'a', type: 'function' })],
    ['messages[1].tool_calls[0].function.name', 'not empty', call({ id: 'a', type: 'function', function: {} })],
    [
      'messages[1].tool_calls[0].function.arguments',
      'expected a string',
      call({ id: 'a', function: { name: 'f', arguments: {} } }),
    ],
    [
      'messages[1].tool_calls[0].custom.input',
      'expected a string',
      call({ id: 'a', type: 'custom', custom: { name: 'f' } }),
    ],
    ['messages[0].tool_call_id', 'not empty', { messages: [{ role: 'tool', content: 'x' }] }],
    [
      'messages[0].content',
      'expected a string or a list',
      { messages: [{ role: 'tool', tool_call_id: 'x', content: null }] },
    ],
    ['messages[0].name', 'a function that was called', { messages: [{ role: 'function', name: 'f', content: 'x' }] }],
    ['tools', 'expected a list', { tools: {} }],
    ['tools[0]', 'expected an object', { tools: ['f'] }],
    ['tools[0].type', 'not empty', { tools: [{}] }],
    ['tools[0].function.name', 'not empty', { tools: [{ type: 'function', function: {} }] }],
    [
      'tools[0].function.parameters',
      'expected an object',
      { tools: [{ type: 'function', function: { name: 'f', parameters: [] } }] },
    ],
    [
      'tools[0].custom.format.type',
      'expected one of text, grammar',
      { tools: [{ type: 'custom', custom: { name: 'f', format: { type: 'x' } } }] },
    ],
    ['functions', 'either tools or functions', { tools: [weather], functions: [{ name: 'f' }] }],
    ['tool_choice', 'tools to choose from', { tool_choice: 'required' }],
    ['tool_choice', 'expected auto', { tools: [weather], tool_choice: 'any' }],
    [
      'tool_choice.function.name',
      'one of the tools',
      { tools: [weather], tool_choice: { type: 'function', function: { name: 'x' } } },
    ],
    ['tool_choice.type', 'expected one of', { tools: [weather], tool_choice: { type: 'x' } }],
    [
      'tool_choice.allowed_tools.tools',
      'one of the tools',
      { tools: [weather], tool_choice: { type: 'allowed_tools', allowed_tools: { tools: [] } } },
    ],
    ['parallel_tool_calls', 'expected true or false', { parallel_tool_calls: 1 }],
    ['response_format.type', 'expected one of', { response_format: {} }],
    ['response_format.type', 'expected one of', { response_format: { type: 'xml' } }],
    ['response_format.json_schema', 'expected an object', { response_format: { type: 'json_schema' } }],
    ['stop', 'expected a string or a list', { stop: 5 }],
    ['stop[1]', 'expected a string', { stop: ['a', 5] }],
    ['stop', 'at most 64', { stop: Array(65).fill('x') }],
    ['max_tokens', 'at least 1', { max_tokens: 0 }],
    ['max_completion_tokens', 'at least 1', { max_completion_tokens: 1.5 }],
    ['temperature', 'from 0 to 2', { temperature: -0.5 }],
    ['temperature', 'from 0 to 2', { temperature: '1' }],
    ['top_p', 'from 0 to 1', { top_p: 1.1 }],
    ['seed', 'whole number', { seed: 1.5 }],
    ['user', 'expected a string', { user: 5 }],
    ['reasoning_effort', 'expected one of none, minimal', { reasoning_effort: 'much' }],
    ['reasoning', 'expected an object', { reasoning: true }],
    ['reasoning.max_tokens', 'whole number', { reasoning: { max_tokens: 'x' } }],
    ['thinking.type', 'expected one of', { thinking: {} }],
    ['output_config.effort', 'expected one of', { output_config: { effort: 'none' } }],
    ['thinking.budget_tokens', 'at least 1', { thinking: { type: 'enabled', budget_tokens: 0 } }],
    ['stream', 'expected true or false', { stream: 'true' }],
    ['stream_options', 'expected an object', { stream_options: true }],
    ['n', 'from 1 to 128', { n: 0 }],
    ['logit_bias', 'expected an object', { logit_bias: [] }],
    ['modalities', 'expected a list', { modalities: 'text' }],
    ['bedrock', 'expected an object', { bedrock: 'x' }],
  ])('%s: %s', (field, message, fields) => {
    expect(() => decode(fields)).toThrow(
      expect.objectContaining({
        code: 'invalid-request',
        status: 400,
        field,
        message: expect.stringContaining(message),
      }),
    );
  });

  test.each([undefined, null, 5, 'x', []])('a body that is %j', (body) => {
    expect(() => openaiChat.decode(body)).toThrow(expect.objectContaining({ code: 'invalid-request', field: 'body' }));
  });

  test('files and audio that only OpenAI holds are unsupported', () => {
    expect(() => decode(user([{ type: 'file', file: { file_id: 'file-1' } }]))).toThrow(
      expect.objectContaining({ code: 'unsupported', field: 'messages[0].content[0].file.file_id' }),
    );
    expect(() => decode(said({ audio: { id: 'audio-1' } }))).toThrow(
      expect.objectContaining({ code: 'unsupported', field: 'messages[1].audio' }),
    );
  });

  test('limits: parts in all, tools, depth, losses', () => {
    expect(() => decode(user(Array(10_001).fill('x')))).toThrow('messages');
    expect(() => decode({ messages: Array(10_001).fill(hello[0]) })).toThrow(
      'messages: expected at most 10000 entries',
    );
    expect(() => decode({ messages: Array(6).fill({ role: 'user', content: Array(2000).fill('x') }) })).toThrow(
      'content parts in all',
    );
    const many = { role: 'assistant', tool_calls: Array(6000).fill({ id: 'a', function: { name: 'f' } }) };
    expect(() => decode({ messages: [...hello, many, many] })).toThrow('content parts in all');
    expect(() => decode({ tools: Array(1025).fill(weather) })).toThrow('tools: expected at most 1024 entries');
    const deep: unknown = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`);
    expect(() => decode({ tools: [{ type: 'function', function: { name: 'f', parameters: deep } }] })).toThrow(
      'nested deeper',
    );
    expect(() => decode({ whatever: deep })).toThrow('nested deeper');
    expect(() => decode(user([{ type: 'text', text: 'x', whatever: deep }]))).toThrow(
      'messages[0].content[0]: nested deeper',
    );
    const reasoning_details = Array(10_001).fill({ type: 'reasoning.text', text: 'x' });
    expect(() => decode(said({ content: 'x', reasoning_details }))).toThrow('content parts in all');
    const long = { ['x'.repeat(5000)]: deep };
    expect(() => decode(long)).toThrow(expect.objectContaining({ field: `${'x'.repeat(200)}…` }));
    const noisy = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`${'x'.repeat(200)}${index}`, 1]));
    const { losses } = decode({ messages: [{ role: 'user', content: 'x', ...noisy }] });
    expect(losses.length).toBeLessThanOrEqual(100);
    expect(losses[0]?.field).toHaveLength(100);
    expect(() => decode(noisy)).toThrow('body: expected at most 256 fields');
  });
});

describe('field names', () => {
  test.each([
    ['topP', 'top_p'],
    ['topK', 'top_k'],
    ['toolChoice', 'tool_choice'],
    ['parallelToolCalls', 'parallel_tool_calls'],
    ['output', 'response_format'],
    ['reasoning', 'reasoning_effort'],
    ['reasoning-history', 'reasoning_content'],
    ['cache', 'cache_control'],
    ['stop', 'stop'],
    ['temperature', 'temperature'],
    ['logprobs', 'logprobs'],
    ['constructor', 'constructor'],
  ])('%s is %s', (canonical, own) => {
    expect(openaiChat.fieldName(canonical, decode({}).echo)).toBe(own);
  });

  test('reasoning is named as the client named it', () => {
    expect(openaiChat.fieldName('reasoning', decode({ thinking: { type: 'disabled' } }).echo)).toBe('thinking');
    expect(openaiChat.fieldName('reasoning', decode({ reasoning: { effort: 'low' } }).echo)).toBe('reasoning');
  });

  test.each([
    { reasoning_content: 'hm' },
    { reasoning: 'hm' },
    { reasoning_details: [], reasoning_content: 'hm', reasoning: 'hm' },
  ])('reasoning of earlier answers is named as the client named it: %j', (said) => {
    const messages = [{ role: 'assistant', content: 'hi', ...said }];
    expect(openaiChat.fieldName('reasoning-history', decode({ messages }).echo)).toBe(Object.keys(said)[0]);
  });
});

describe('fuzz', () => {
  const onlyRouterErrors = (body: unknown): void => {
    try {
      openaiChat.decode(body);
    } catch (error) {
      if (!RouterError.is(error)) throw error;
      expect(['invalid-request', 'unsupported']).toContain(error.code);
      expect(error.field).not.toBeUndefined();
    }
  };

  test('arbitrary JSON throws nothing but RouterError', () => {
    fc.assert(fc.property(fc.jsonValue(), onlyRouterErrors), { numRuns: 300 });
  });

  test('a good request with one value replaced throws nothing but RouterError', () => {
    const good = {
      model: 'm',
      stream: true,
      stream_options: { include_usage: true },
      messages: [
        { role: 'system', content: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral' } }] },
        {
          role: 'user',
          name: 'u',
          content: [
            { type: 'image_url', image_url: { url: PNG } },
            { type: 'input_audio', input_audio: { data: 'AAAA', format: 'wav' } },
          ],
        },
        {
          role: 'assistant',
          content: 'x',
          reasoning_content: 'r',
          reasoning_details: [
            { type: 'reasoning.text', index: 0, text: 'r', signature: seal({ origin: 'claude', value: 's' }) },
          ],
          tool_calls: [{ id: 'a', type: 'function', function: { name: 'f', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'text', text: 'r' }] },
        { role: 'user', content: [{ type: 'file', file: { filename: 'a.pdf', file_data: 'AAAA' } }] },
      ],
      tools: [
        weather,
        {
          type: 'custom',
          custom: { name: 'c', format: { type: 'grammar', grammar: { syntax: 'lark', definition: 'd' } } },
        },
      ],
      tool_choice: { type: 'function', function: { name: 'weather' } },
      response_format: { type: 'json_schema', json_schema: { name: 'n', schema: {} } },
      reasoning: { effort: 'low' },
      thinking: { type: 'enabled', budget_tokens: 2000 },
      stop: ['x'],
      bedrock: {},
    };
    const paths: (string | number)[][] = [];
    const walk = (value: unknown, path: (string | number)[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key]);
    };
    walk(good, []);
    expect(openaiChat.decode(good).losses).toEqual([]);
    const odd = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom(undefined, null, '', 0, -1, 1e308, [], {}, [null], [[]], 'tn1.x.', 'data:,'),
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), odd, (path, value) => {
        const body = structuredClone(good);
        let holder: unknown = body;
        for (const key of path.slice(0, -1)) holder = Reflect.get(Object(holder), key);
        Reflect.set(Object(holder), path.at(-1) ?? '', value);
        onlyRouterErrors(body);
      }),
      { numRuns: 2000 },
    );
  });
});
