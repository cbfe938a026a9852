// What becomes of a canonical request: the body, what is lost, and that Anthropic (the local one) takes it.
import type { ChatRequest, Message, Part, Tool } from '@turnout/core/contract';
import { createTestHost } from '@turnout/core/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { startAnthropicLocal } from '../local/index.ts';
import { bodyOf, callOf, chatRequest, createProvider, lossesOf, planOf } from '../test/fixture.ts';

const local = await startAnthropicLocal();
const host = createTestHost('anthropic', { 'anthropic-beta': 'of-the-yaml-1', 'x-team': 'a' });
const provider = await createProvider({ baseUrl: local.url, apiKey: 'local-key', betas: ['of-the-yaml-2'] }, host);
afterAll(async () => {
  await host.close();
  await local.close();
});

/** Plans and sends it: Anthropic must take what is planned. */
async function sent(over: Partial<ChatRequest>) {
  const request = chatRequest(over);
  const plan = planOf(provider, request);
  const result = await provider.generate(request, callOf(plan));
  return { body: bodyOf(plan), losses: lossesOf(plan), result, plan, headers: local.requests.at(-1)?.headers ?? {} };
}

const user = (...parts: Part[]): Message => ({ role: 'user', parts });
const assistant = (...parts: Part[]): Message => ({ role: 'assistant', parts });
const text = (words: string): Part => ({ type: 'text', text: words });
const call = (id: string, input = '{}'): Part => ({ type: 'tool-call', id, name: 'get_weather', input });
const result = (id: string, words = 'sunny'): Part => ({ type: 'tool-result', id, parts: [text(words)] });
const weather: Tool = {
  kind: 'function',
  name: 'get_weather',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'], additionalProperties: false },
};
const signed: Part = { type: 'reasoning', text: 'hm', signature: 'c2lnbmVk', origin: 'claude' };

describe('settings', () => {
  it('max_tokens is the model’s limit where nobody says another', async () => {
    expect((await sent({})).body.max_tokens).toBe(64_000);
    expect((await sent({ model: 'claude-opus-5' })).body.max_tokens).toBe(128_000);
    const { body, losses } = await sent({ model: 'claude-3-5-haiku-latest', maxTokens: 20_000 });
    expect([body.max_tokens, losses]).toEqual([8192, ['maxTokens']]);
  });

  it('what Anthropic has not is a loss', async () => {
    const { losses, body } = await sent({
      seed: 1,
      extensions: { 'openai-chat': { logprobs: true } },
      stop: ['a', ' '],
    });
    expect(losses).toEqual(['seed', 'logprobs', 'stop']);
    expect(body.stop_sequences).toEqual(['a']);
  });

  it.each([
    ['claude-3-5-haiku-latest', { temperature: 0.5, top_p: 0.5, top_k: 5 }, []],
    ['claude-sonnet-4-5', { temperature: 0.5, top_k: 5 }, ['topP']],
    ['claude-sonnet-5', {}, ['temperature', 'topP', 'topK']],
  ])('sampling of %s', async (model, fields, lost) => {
    const { body, losses } = await sent({ model, temperature: 0.5, topP: 0.5, topK: 5 });
    const { temperature, top_p, top_k } = body;
    expect(JSON.parse(JSON.stringify({ temperature, top_p, top_k }))).toEqual(fields);
    expect(losses).toEqual(lost);
  });

  it('a temperature beyond 1, and a user', async () => {
    const { body, losses } = await sent({ temperature: 1.7, user: 'u-1' });
    expect([body.temperature, body.metadata, losses]).toEqual([1, { user_id: 'u-1' }, ['temperature']]);
    expect((await sent({ user: 'u'.repeat(300) })).losses).toEqual(['user']);
  });

  it('key, version and betas go into the head, and the YAML’s headers', async () => {
    const { headers } = await sent({
      extensions: { 'anthropic-messages': { anthropic_beta: ['b-1', 'oauth-2025-04-20'] } },
    });
    expect(headers).toMatchObject({
      'x-api-key': 'local-key',
      'anthropic-version': '2023-06-01',
      'anthropic-beta': 'of-the-yaml-2,of-the-yaml-1,b-1',
      'x-team': 'a',
    });
    expect(headers.authorization).toBeUndefined();
  });

  it('Anthropic’s own fields go as they are, and never in the place of others', async () => {
    const own = { service_tier: 'standard_only', inference_geo: 'us', model: 'other', metadata: { more: 1 } };
    const { body, losses } = await sent({ extensions: { 'anthropic-messages': own }, user: 'u' });
    expect(body).toMatchObject({ ...own, model: 'claude-sonnet-4-5', metadata: { more: 1, user_id: 'u' } });
    expect(losses).toEqual([]);
    const ofBedrock = { 'amazon-bedrock-guardrailConfig': { tagSuffix: 'x' } };
    expect((await sent({ extensions: { 'anthropic-messages': ofBedrock } })).losses).toEqual(Object.keys(ofBedrock));
  });

  it('what a block says besides goes along, and settings of other vendors are losses', async () => {
    const words: Part = {
      type: 'text',
      text: 'a',
      extensions: { 'anthropic-messages': { of_2027: 1 }, gemini: { x: 1 } },
    };
    const plan = planOf(provider, chatRequest({ messages: [user(words)] }));
    expect(bodyOf(plan).messages).toEqual([{ role: 'user', content: [{ type: 'text', text: 'a', of_2027: 1 }] }]);
    expect(lossesOf(plan)).toEqual(['gemini.x']);
  });
});

describe('thinking', () => {
  it.each([
    ['claude-sonnet-4-5', { effort: 'medium' }, { type: 'enabled', budget_tokens: 8192 }, undefined, ['reasoning']],
    ['claude-sonnet-4-5', { budget: 2000 }, { type: 'enabled', budget_tokens: 2000 }, undefined, []],
    ['claude-sonnet-4-5', { budget: 31_999 }, { type: 'enabled', budget_tokens: 31_999 }, undefined, []],
    ['claude-opus-4-6', { effort: 'xhigh' }, { type: 'adaptive' }, { effort: 'high' }, ['reasoning']],
    ['claude-sonnet-5', { effort: 'max' }, { type: 'adaptive', display: 'summarized' }, { effort: 'max' }, []],
    [
      'claude-sonnet-5',
      { budget: 9000, display: 'omitted' },
      { type: 'adaptive', display: 'omitted' },
      { effort: 'medium' },
      ['reasoning'],
    ],
    ['claude-sonnet-5', {}, { type: 'adaptive', display: 'summarized' }, undefined, []],
    ['claude-3-5-haiku-latest', { effort: 'low' }, undefined, undefined, ['reasoning']],
    ['claude-opus-5-5', 'off', { type: 'adaptive', display: 'omitted' }, { effort: 'low' }, ['reasoning']],
    ['claude-sonnet-5-5', 'off', { type: 'between_tools' }, undefined, ['reasoning']],
    ['claude-sonnet-5', 'off', { type: 'disabled' }, undefined, []],
    ['claude-opus-4-8', 'off', undefined, undefined, []],
  ] as const)('of %s, asked for %j', async (model, reasoning, thinking, config, lost) => {
    const maxTokens = model.startsWith('claude-3') ? 4000 : 32_000;
    const { body, losses } = await sent({ model, reasoning, maxTokens });
    expect(body.thinking).toEqual(thinking);
    expect(body.output_config).toEqual(config);
    expect(losses).toEqual(lost);
  });

  it('gives way to what excludes it, and what it excludes gives way', async () => {
    const small = await sent({ reasoning: { effort: 'high' }, maxTokens: 500 });
    expect([small.body.thinking, small.losses]).toEqual([undefined, ['reasoning']]);
    const hot = await sent({ reasoning: { budget: 2000 }, temperature: 0.2, topK: 3, topP: 0.5 });
    expect(hot.losses).toEqual(['temperature', 'topP', 'topK']);
    const forced = await sent({ reasoning: { budget: 2000 }, tools: [weather], toolChoice: 'required' });
    expect([forced.body.tool_choice, forced.losses]).toEqual([undefined, ['toolChoice']]);
    expect(forced.headers['anthropic-beta']).toContain('interleaved-thinking-2025-05-14');
    const adaptive = await sent({ model: 'claude-opus-4-6', reasoning: {}, tools: [weather], toolChoice: 'required' });
    expect(adaptive.body.tool_choice).toEqual({ type: 'any' });
    const never = await sent({ model: 'claude-opus-5-5', tools: [weather], toolChoice: { name: 'get_weather' } });
    expect([never.body.tool_choice, never.losses]).toEqual([undefined, ['toolChoice']]);
  });

  it('comes back byte for byte when a Claude signed it, and not at all otherwise', async () => {
    const redacted: Part = { type: 'reasoning', data: 'aGlkZGVu', origin: 'claude' };
    const foreign: Part = { type: 'reasoning', text: 'x', signature: 's', origin: 'openai' };
    const plain: Part = { type: 'reasoning', text: 'plain' };
    const messages = [
      user(text('a')),
      assistant(foreign, plain, text('b'), signed, redacted, call('c')),
      user(result('c')),
    ];
    const { body, losses } = await sent({ messages, tools: [weather], reasoning: { budget: 2000 } });
    expect(body.messages).toMatchObject([
      { role: 'user' },
      {
        content: [
          { type: 'thinking', thinking: 'hm', signature: 'c2lnbmVk' },
          { type: 'redacted_thinking', data: 'aGlkZGVu' },
          { type: 'text', text: 'b' },
          { type: 'tool_use', id: 'c', name: 'get_weather', input: {} },
        ],
      },
      { content: [{ type: 'tool_result', tool_use_id: 'c', content: [{ type: 'text', text: 'sunny' }] }] },
    ]);
    expect(losses).toEqual(['reasoning', 'reasoning']);
  });

  it('with a budget is off when the last tool call came without it', async () => {
    const messages = [user(text('a')), assistant(call('c')), user(result('c'))];
    const { body, losses } = await sent({ messages, tools: [weather], reasoning: { budget: 2000 } });
    expect([body.thinking, losses]).toEqual([undefined, ['reasoning']]);
  });
});

describe('tools', () => {
  it('of every kind', async () => {
    const tools: Tool[] = [
      {
        ...weather,
        strict: true,
        namespace: 'w',
        extensions: { 'anthropic-messages': { eager_input_streaming: true } },
      },
      { kind: 'custom', name: 'patch', description: 'free', format: { type: 'text' } },
      {
        kind: 'function',
        name: 'odd.name/with spaces',
        schema: { anyOf: [{ properties: { a: {} } }] },
        deferred: true,
      },
      {
        kind: 'server',
        name: 'web_search_20250305',
        extensions: {
          'anthropic-messages': { web_search_20250305: { type: 'web_search_20250305', name: 'web_search' } },
        },
      },
      { kind: 'server', name: 'file_search' },
    ];
    const { body, losses } = await sent({ tools, toolChoice: { name: 'patch' }, parallelToolCalls: false });
    expect(body.tools).toEqual([
      { eager_input_streaming: true, name: 'get_weather', input_schema: weather.schema, strict: true },
      { name: 'patch', description: 'free', input_schema: expect.objectContaining({ required: ['input'] }) },
      { name: 'odd_name_with_spaces', input_schema: { type: 'object', properties: { a: {} } }, defer_loading: true },
      { type: 'web_search_20250305', name: 'web_search' },
    ]);
    expect(body.tool_choice).toEqual({ type: 'tool', name: 'patch', disable_parallel_tool_use: true });
    expect(losses).toEqual(['tools', 'tools', 'tools']);
  });

  it('a call of one with another name, or of free text, comes back as the client knows it', async () => {
    const odd: Tool = { kind: 'function', name: 'odd.name' };
    local.script({ kind: 'answer', toolCalls: [{ name: 'odd_name', input: { a: 1 } }] });
    expect((await sent({ tools: [odd] })).result.blocks[0]).toMatchObject({
      block: { name: 'odd.name' },
      text: '{"a":1}',
    });
    local.script({ kind: 'answer', toolCalls: [{ name: 'patch', input: { input: 'line "1"\n' } }] });
    const { result: told } = await sent({ tools: [{ kind: 'custom', name: 'patch' }] });
    expect(told.blocks).toMatchObject([{ block: { name: 'patch', custom: true }, text: 'line "1"\n' }]);
    expect(told.finish.reason).toBe('tool-calls');
  });

  it('calls and results are paired, with ids that Anthropic takes', async () => {
    const messages = [
      user(text('a')),
      assistant(call('functions.get:0', 'no json'), call('functions.get:0')),
      user(result('functions.get:0', 'one'), result('stranger'), text('and?')),
      assistant(call('lost')),
    ];
    const { body, losses } = await sent({ messages, tools: [weather] });
    expect(losses).toEqual(['messages', 'messages', 'messages']);
    expect(JSON.stringify(body.messages)).toContain('the call has no result');
    expect(JSON.stringify(body.messages)).toContain('rawInvalidInput');
  });

  it('a history with calls and no tools gets its tools beside it, and no more calls', async () => {
    const messages = [user(text('a')), assistant(call('c')), user(result('c'))];
    const { body } = await sent({ messages });
    expect(body).toMatchObject({ tools: [{ name: 'get_weather' }], tool_choice: { type: 'none' } });
  });

  it('a choice of no tool at all is refused by name', () => {
    expect(() => planOf(provider, chatRequest({ tools: [weather], toolChoice: { name: 'x' } }))).toThrow(
      /none of the tools/,
    );
  });
});

describe('structured output', () => {
  const schema = {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  };
  it('natively, through a tool, or by asking for it', async () => {
    const native = await sent({ output: { schema, name: 'x' } });
    expect(native.body.output_config).toEqual({ format: { type: 'json_schema', schema } });
    const open = { type: 'object', properties: { a: { type: 'number', minimum: 1 } }, required: ['a'] };
    const tool = await sent({ output: { schema: open } });
    expect(tool.body.tool_choice).toEqual({ type: 'tool', name: 'json' });
    expect(tool.result.blocks).toMatchObject([{ block: { type: 'text' }, text: '{"a":1}' }]);
    expect(tool.result.finish.reason).toBe('stop');
    local.script({ kind: 'answer', text: 'Sure:\n```json\n{"a": 1}\n```' });
    const asked = await sent({ model: 'claude-opus-5-5', output: { schema: open } });
    expect(asked.result.blocks[0]?.text).toBe('{"a": 1}');
    expect(asked.losses).toEqual(['output']);
    expect((await sent({ output: {} })).losses).toEqual(['output']);
  });
});

describe('content', () => {
  const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';
  const media = (mediaType: string, data: string, more: object = {}): Part => ({
    type: 'media',
    mediaType,
    data,
    ...more,
  });

  it('images and documents, in messages and in results', async () => {
    const pdf = media('application/pdf', 'JVBERi0=', { name: 'p.pdf', context: 'c', citable: true });
    const note = media('text/markdown', Buffer.from('# Grüße').toString('base64'));
    const shown: Part = { type: 'tool-result', id: 'c', parts: [media('image/jpeg', PNG)], error: true };
    const link: Part = { type: 'media', mediaType: 'image/*', url: 'https://x.test/a.png' };
    const messages = [user(media('image/png', PNG), pdf, note, link), assistant(call('c')), user(shown)];
    const { body, losses } = await sent({ messages, tools: [weather] });
    const image = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } };
    expect(body.messages).toMatchObject([
      {
        content: [
          image,
          { type: 'document', title: 'p.pdf', context: 'c', citations: { enabled: true }, source: { type: 'base64' } },
          { type: 'document', source: { type: 'text', media_type: 'text/plain', data: '# Grüße' } },
          { type: 'image', source: { type: 'url', url: 'https://x.test/a.png' } },
        ],
      },
      {},
      { content: [{ is_error: true, content: [image] }] },
    ]);
    expect(losses).toEqual(['media']);
    for (const type of ['audio/wav', 'video/mp4', 'image/tiff', 'application/msword'])
      expect(() => planOf(provider, chatRequest({ messages: [user(media(type, 'AAAA'))] }))).toThrow(
        expect.objectContaining({ code: 'unsupported' }),
      );
  });

  it('Anthropic’s own blocks go as they came, with the mark that the part has', async () => {
    const found = { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }] };
    const own = (raw: { type: string }, more: object): Part =>
      ({ ...more, extensions: { 'anthropic-messages': { [raw.type]: raw } } }) as unknown as Part; // of the kind that `more` says
    const asked = { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'q' } };
    const got = { type: 'web_search_tool_result', tool_use_id: 's1', content: [] };
    const foreign = { type: 'mcp_tool_use', id: 'm1', name: 'n', server_name: 'gemini', input: {} };
    const messages = [
      user(
        text('a'),
        own({ ...found, cache_control: { type: 'ephemeral' } } as { type: string }, {
          type: 'text',
          text: 'x',
          cache: {},
        }),
      ),
      assistant(
        own(asked, { type: 'tool-call', id: 's1', name: 'web_search', input: '', server: true }),
        own(got, { type: 'tool-result', id: 's1', parts: [], server: true }),
        own(foreign, { type: 'tool-call', id: 'm1', name: 'n', input: '', server: true }),
        { type: 'tool-result', id: 'm1', parts: [], server: true },
        {
          type: 'text',
          text: 'b',
          citations: [
            { text: 'c', place: { in: 'search-result', result: 0, start: 0, end: 1 } },
            { text: 'w', place: { in: 'web', url: 'https://x.test' } },
          ],
        },
      ),
      user(text('c')),
    ];
    const { body, losses } = await sent({ messages });
    expect(body.messages).toMatchObject([
      { content: [{ type: 'text' }, { ...found, cache_control: { type: 'ephemeral' } }] },
      { content: [asked, got, { type: 'text', citations: [{ type: 'search_result_location' }] }] },
      {},
    ]);
    expect(losses).toEqual(['messages', 'messages', 'citations']);
  });

  it('a search result of Converse is one of Anthropic too', async () => {
    const searchResult = { source: 's', title: 't', content: [{ text: 'x' }], citations: { enabled: true } };
    const found: Part = { type: 'text', text: 'x', extensions: { 'bedrock-converse': { searchResult } } };
    const { body, losses } = await sent({ messages: [user(found, text('a'))] });
    expect(body.messages).toMatchObject([
      { content: [{ ...searchResult, type: 'search_result', content: [{ type: 'text', text: 'x' }] }, {}] },
    ]);
    expect(losses).toEqual([]);
  });

  it('system messages stay where they are for those that take them', async () => {
    const system: Message = { role: 'system', parts: [text('be brief')] };
    const messages = [system, user(text('a')), assistant(call('c')), system, user(result('c')), system];
    const late = await sent({ model: 'claude-sonnet-5', messages, tools: [weather] });
    expect(late.body.system).toEqual([{ type: 'text', text: 'be brief' }]);
    expect((late.body.messages as Message[]).map(({ role }) => role)).toEqual(['user', 'assistant', 'user', 'system']);
    expect(late.losses).toEqual([]);
    const early = await sent({ messages, tools: [weather] });
    expect((early.body.messages as Message[]).map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
    expect(early.losses).toEqual(['messages']);
  });

  it('empty texts are dropped, the assistant’s last words are trimmed or followed by a turn', async () => {
    const messages = [user(text('a'), text(' ')), assistant(text('So '))];
    const prefill = await sent({ messages });
    expect(prefill.body.messages).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'a' }] },
      { role: 'assistant', content: [{ type: 'text', text: 'So' }] },
    ]);
    expect((await sent({ model: 'claude-sonnet-5', messages })).losses).toEqual(['messages']);
    expect((await sent({ messages: [user(text(''))], system: [text('only')] })).losses).toEqual(['messages']);
    expect(() => planOf(provider, chatRequest({ messages: [] }))).toThrow(/no message/);
  });

  it('at most four cache marks, and none of an hour behind one of five minutes', async () => {
    const marked = (ttl?: '1h'): Part => ({ type: 'text', text: 'x', cache: ttl ? { ttl } : {} });
    const { body, losses } = await sent({
      tools: [{ ...weather, cache: {} }],
      system: [marked('1h'), marked()],
      messages: [user(marked('1h'), marked()), assistant(text('b')), user(marked())],
    });
    expect(JSON.stringify(body).match(/cache_control/g)).toHaveLength(4);
    expect(JSON.stringify(body.tools)).not.toContain('cache_control');
    expect(losses).toEqual(['cache']);
    const late = await sent({ system: [marked()], messages: [user(marked('1h'))] });
    expect([JSON.stringify(late.body).includes('1h'), late.losses]).toEqual([false, ['cache']]);
    expect((await sent({ model: 'claude-3-haiku-20240307', system: [marked()] })).losses).toEqual(['cache']);
  });
});
