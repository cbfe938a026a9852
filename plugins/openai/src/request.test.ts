// Canonical requests as bodies, and what is lost on the way.
import type { ChatRequest, Message, Part, Protocol } from '@turnout/core/contract';
import { describe, expect, it } from 'vitest';
import { chatRequest } from '../test/fixture.ts';
import { COMPATIBLE, type Dialect, OPENAI } from './dialect.ts';
import { Lessons } from './lessons.ts';
import { shapeRequest } from './request.ts';
import type { Bag } from './wire.ts';

const lessons = new Lessons();
lessons.learnReasoning('deepseek', 'reasoning_content');

function shape(given: Partial<ChatRequest>, dialect: Dialect = OPENAI, protocol: Protocol = 'openai-chat') {
  const server = { dialect, origin: 'host', lessons };
  const { wire, losses, reasoningLine } = shapeRequest(chatRequest(given), { protocol }, server);
  const { model, messages, ...fields } = wire.body;
  // The messages are plain JSON: a test looks at them as such.
  return {
    model,
    messages: messages as unknown as Bag[],
    fields,
    losses,
    lost: losses.map(({ field }) => field),
    reasoningLine,
  };
}
const user = (...parts: (Part | string)[]): Message => ({ role: 'user', parts: parts.map(asPart) });
const assistant = (...parts: (Part | string)[]): Message => ({ role: 'assistant', parts: parts.map(asPart) });
const asPart = (part: Part | string): Part => (typeof part === 'string' ? { type: 'text', text: part } : part);
const call = (id: string, name = 'f', input = '{}'): Part => ({ type: 'tool-call', id, name, input });
const result = (id: string, ...parts: (Part | string)[]): Part => ({
  type: 'tool-result',
  id,
  parts: parts.map(asPart),
});
const png: Part = { type: 'media', mediaType: 'image/png', data: 'iVBORw0KGgoAAAANSUhEUg==' };

describe('messages', () => {
  it('have content that is a string where there is one text', () => {
    const { messages, lost } = shape({
      system: [asPart('Be brief.')],
      messages: [user('Hi'), assistant('Yo'), user('a', 'b')],
    });
    expect(messages).toEqual([
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Hi' },
      { role: 'assistant', content: 'Yo' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a' },
          { type: 'text', text: 'b' },
        ],
      },
    ]);
    expect(lost).toEqual([]);
    const joined = shape({ messages: [user('a', '', 'b')] }, COMPATIBLE);
    expect(joined.messages).toEqual([{ role: 'user', content: 'a\n\nb' }]);
  });

  it('keep what a chat client wrote beside a text', () => {
    const named: Part = {
      type: 'text',
      text: 'Hi',
      extensions: { 'openai-chat': { name: 'ann', prompt_cache_breakpoint: { mode: 'explicit' } } },
    };
    expect(shape({ messages: [user(named)] }).messages).toEqual([
      {
        role: 'user',
        name: 'ann',
        content: [{ type: 'text', text: 'Hi', prompt_cache_breakpoint: { mode: 'explicit' } }],
      },
    ]);
  });

  it('have system messages where they stood, but behind the results of a call', () => {
    const { messages } = shape({
      messages: [
        user('a'),
        assistant(call('1')),
        { role: 'system', parts: [asPart('Now!')] },
        user(result('1', 'r'), 'b'),
      ],
    });
    expect(messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: '1', content: 'r' },
      { role: 'system', content: 'Now!' },
      { role: 'user', content: 'b' },
    ]);
  });

  it('of one answer are one message', () => {
    const { messages } = shape({
      messages: [
        user('a'),
        assistant('x'),
        assistant(call('1'), call('2')),
        user(result('2', 's')),
        user(result('1', 'r')),
      ],
    });
    expect(messages.slice(1)).toEqual([
      { role: 'assistant', content: 'x', tool_calls: [callOf('1'), callOf('2')] },
      { role: 'tool', tool_call_id: '2', content: 's' },
      { role: 'tool', tool_call_id: '1', content: 'r' },
    ]);
  });

  it('give every call a result, and no result without a call', () => {
    const { messages, losses } = shape({ messages: [user('a'), assistant(call('1')), user('b', result('9', 'lost'))] });
    expect(messages.slice(1)).toEqual([
      { role: 'assistant', content: null, tool_calls: [callOf('1')] },
      { role: 'tool', tool_call_id: '1', content: 'Error: the call has no result.' },
      { role: 'user', content: 'b' },
    ]);
    expect(losses.map(({ field, action }) => [field, action])).toEqual([
      ['messages', 'dropped'],
      ['messages', 'approximated'],
    ]);
  });

  it('tell calls of the same id apart, and have ids of 40 characters', () => {
    const long = 'x'.repeat(50);
    const { messages } = shape({
      messages: [
        user('a'),
        assistant(call('1'), call('1')),
        user(result('1', 'r'), result('1', 's')),
        assistant(call(long)),
        user(result(long, 't')),
      ],
    });
    const ids = messages.flatMap(({ tool_calls: calls }) => ((calls ?? []) as Bag[]).map(({ id }) => String(id)));
    expect(ids[0]).toBe('1');
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => id.length <= 40)).toBe(true);
    expect(messages.flatMap(({ tool_call_id: id }) => id ?? [])).toEqual(ids);
  });

  it('carry media, those of a tool result behind it', () => {
    const pdf: Part = { type: 'media', mediaType: 'application/pdf', data: 'JVBERi0=', name: 'a.pdf', citable: true };
    const notes: Part = {
      type: 'media',
      mediaType: 'text/markdown',
      data: Buffer.from('# Hi').toString('base64'),
      name: 'n.md',
    };
    const { messages, lost } = shape({
      messages: [user('a'), assistant(call('1')), user(result('1', png), pdf, notes)],
    });
    expect(messages.slice(2)).toEqual([
      { role: 'tool', tool_call_id: '1', content: '(attached below)' },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Attached to the result of f:' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUg==' } },
        ],
      },
      {
        role: 'user',
        content: [
          { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,JVBERi0=' } },
          { type: 'text', text: 'Document: n.md\n# Hi' },
        ],
      },
    ]);
    expect(lost).toEqual(['messages', 'citations', 'media']);
    expect(() => shape({ messages: [user({ type: 'media', mediaType: 'video/mp4', data: 'AAAA' })] })).toThrow(
      /video\/mp4/,
    );
  });

  it('say in words that a tool has failed, if its words do not', () => {
    const failed = (text: string): Part => ({ type: 'tool-result', id: '1', parts: [asPart(text)], error: true });
    const said = (text: string) =>
      shape({ messages: [user('a'), assistant(call('1')), user(failed(text))] }, COMPATIBLE);
    expect(said('no such file').messages[2]).toMatchObject({ content: 'Error:\n\nno such file' });
    expect(said('Error: gone')).toMatchObject({ messages: [{}, {}, { content: 'Error: gone' }], lost: [] });
  });

  it('have no reasoning but what the server knows', () => {
    const signed: Part = { type: 'reasoning', text: 'hm', signature: 'x', origin: 'claude' };
    const plain: Part = { type: 'reasoning', text: 'hm' };
    const details = [{ type: 'reasoning.encrypted', data: 'g' }];
    const own: Part = {
      type: 'reasoning',
      data: Buffer.from(JSON.stringify(details)).toString('base64'),
      origin: 'host',
    };
    const messages = [user('a'), assistant(signed, plain, own, 'b'), user('c')];
    expect(shape({ messages }).messages[1]).toEqual({ role: 'assistant', content: 'b', reasoning_details: details });
    expect(shape({ messages }).lost).toEqual(['reasoning-history', 'reasoning-history']);
    const known = shape({ messages, model: 'deepseek' }, COMPATIBLE);
    expect(known.messages[1]).toMatchObject({ content: 'b', reasoning_content: 'hm' });
    expect(known.lost).toEqual(['reasoning-history']);
  });

  it('report what they cannot carry', () => {
    const odd: Part = {
      ...{ type: 'text', text: 'x', cache: {}, signature: 's', origin: 'gemini' },
      extensions: { 'anthropic-messages': { search_result: {} }, bedrock: { guard: true } },
    };
    const server: Part = { type: 'tool-call', id: 's', name: 'web_search', input: '{}', server: true };
    const messages = [user(odd), assistant('y', server), user('z')];
    expect(shape({ messages }).lost).toEqual(['search_result', 'bedrock.guard', 'reasoning-history', 'messages']);
    expect(shape({ messages }, COMPATIBLE).lost).toContain('cache');
  });

  it('of an answer that was begun are answered anew, and none at all is an error', () => {
    expect(shape({ messages: [user('a'), assistant('b')] }).lost).toEqual(['messages']);
    expect(() => shape({ messages: [user({ type: 'reasoning', text: 'x' })] })).toThrow('no message has any content');
  });

  it('keep earlier refusals as what they are', () => {
    const refused: Part = { type: 'text', text: 'No.', extensions: { 'openai-chat': { refusal: true } } };
    const messages = [user('a'), assistant(refused), user('b')];
    expect(shape({ messages }).messages[1]).toEqual({ role: 'assistant', content: null, refusal: 'No.' });
    expect(shape({ messages }, COMPATIBLE).messages[1]).toEqual({ role: 'assistant', content: 'No.' });
  });
});

const callOf = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });

describe('settings', () => {
  const sampling = { temperature: 0.2, topP: 0.9, topK: 5, seed: 7, stop: ['a', 'b', 'c', 'd', 'e'], maxTokens: 50 };

  it('are sent as the model takes them', () => {
    expect(shape({ ...sampling, user: 'u' })).toMatchObject({
      fields: {
        temperature: 0.2,
        top_p: 0.9,
        seed: 7,
        stop: ['a', 'b', 'c', 'd'],
        max_completion_tokens: 50,
        user: 'u',
      },
      lost: ['topK', 'stop'],
    });
    const reasoning = shape({ ...sampling, model: 'gpt-5-mini' });
    expect(reasoning.fields).toEqual({ seed: 7, max_completion_tokens: 50 });
    expect(reasoning.lost).toEqual(['temperature', 'topP', 'topK', 'stop']);
    expect(shape({ temperature: 1, topP: 1, model: 'o3' })).toMatchObject({ fields: { temperature: 1 }, lost: [] });
    expect(shape({ temperature: 0, model: 'gpt-5.1' })).toMatchObject({ fields: { temperature: 0 }, lost: [] });
    expect(shape({ temperature: 0, model: 'gpt-5.5' }).lost).toEqual(['temperature']);
    expect(shape({ temperature: 0, model: 'gpt-5.5', reasoning: 'off' }).fields).toEqual({
      temperature: 0,
      reasoning_effort: 'none',
    });
    const elsewhere = shape({ ...sampling, model: 'qwen3' }, COMPATIBLE);
    expect(elsewhere.fields).toMatchObject({ top_k: 5, max_tokens: 50, stop: ['a', 'b', 'c', 'd', 'e'] });
    expect(elsewhere.lost).toEqual([]);
    expect(shape({ maxTokens: 5, topK: 3, model: 'openai/gpt-5' }, COMPATIBLE).fields).toEqual({
      max_completion_tokens: 5,
    });
  });

  it.each([
    ['gpt-5-mini', { effort: 'minimal' }, 'minimal', []],
    ['gpt-5.1', { effort: 'minimal' }, 'low', ['reasoning']],
    ['gpt-5.5', { effort: 'max' }, 'xhigh', ['reasoning']],
    ['gpt-5.1', {}, 'medium', []],
    ['gpt-5', {}, undefined, []],
    ['gpt-5', { budget: 2000 }, 'low', ['reasoning']],
    ['gpt-5', { budget: 8192 }, 'medium', ['reasoning']],
    ['gpt-5', { budget: 20_000 }, 'high', ['reasoning']],
    ['gpt-5.5', { budget: 40_000 }, 'xhigh', ['reasoning']],
    ['gpt-5', { budget: 40_000 }, 'high', ['reasoning']],
    ['gpt-5', 'off', 'minimal', ['reasoning']],
    ['gpt-5.5', 'off', 'none', []],
    ['gpt-4o', 'off', undefined, []],
    ['gpt-4o', { effort: 'high' }, undefined, ['reasoning']],
    ['gpt-5', { display: 'full' }, undefined, ['reasoning']],
    ['gpt-9-nobody-knows', { effort: 'xhigh' }, 'xhigh', []],
    ['ft:gpt-4o-mini:team::id', { effort: 'low' }, undefined, ['reasoning']],
  ] as const)('reasoning of %s: %j → %s', (model, reasoning, effort, lost) => {
    const shaped = shape({ model, reasoning });
    expect([shaped.fields.reasoning_effort, shaped.lost]).toEqual([effort, lost]);
  });

  it('that turn reasoning off are sent to a server that nobody knows only in its own words', () => {
    expect(shape({ model: 'qwen3', reasoning: 'off' }, COMPATIBLE).fields).toEqual({ reasoning_effort: 'none' });
    expect(shape({ model: 'qwen3', reasoning: 'off' }, COMPATIBLE, 'anthropic-messages')).toMatchObject({
      fields: {},
      lost: ['reasoning'],
    });
  });

  it('of output become a response format', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    expect(shape({ output: {} }).fields).toEqual({ response_format: { type: 'json_object' } });
    const named = { type: 'json_schema', json_schema: { name: 'my_answer', schema, strict: true } };
    expect(shape({ output: { schema, name: 'my answer', strict: true } }).fields).toEqual({ response_format: named });
    const { strict: _, ...wish } = named.json_schema;
    const open = shape({ output: { schema, name: 'my answer', strict: true } }, OPENAI, 'anthropic-messages');
    expect(open).toMatchObject({ fields: { response_format: { json_schema: wish } }, lost: ['output'] });
    expect(open.fields).not.toHaveProperty('response_format.json_schema.strict');
  });

  it('of the client beyond the canonical form go along, known or not', () => {
    const own = {
      frequency_penalty: 0.5,
      service_tier: 'flex',
      provider: { only: ['x'] },
      logprobs: true,
      n: 2,
      stream: 'no',
    };
    const shaped = shape({ extensions: { 'openai-chat': own, bedrock: { latency: 'optimized' } } });
    expect(shaped.fields).toEqual({ frequency_penalty: 0.5, service_tier: 'flex', provider: { only: ['x'] } });
    expect(shaped.lost).toEqual(['bedrock.latency', 'logprobs', 'n']);
    expect(shape({ model: 'o3', extensions: { 'openai-chat': own } }).lost).toContain('frequency_penalty');
    expect(() => shape({ extensions: { bedrock: { guardrail: {} } } })).toThrow(/guardrail/);
    const responses = { verbosity: 'low', prompt_cache_key: 'k', truncation: 'auto' };
    expect(shape({ extensions: { 'openai-responses': responses } })).toMatchObject({
      fields: { verbosity: 'low', prompt_cache_key: 'k' },
      lost: ['truncation'],
    });
    expect(shape({ extensions: { 'openai-responses': responses } }, COMPATIBLE)).toMatchObject({
      fields: {},
      lost: ['verbosity', 'truncation'],
    });
  });
});

describe('tools', () => {
  const f = { kind: 'function' as const, name: 'f', schema: { type: 'object', properties: {} }, strict: true };
  it('are functions with a schema that OpenAI takes', () => {
    const union = {
      anyOf: [
        { properties: { a: {} }, required: ['a'] },
        { properties: { a: {}, b: {} }, required: ['a', 'b'] },
      ],
    };
    const { fields, lost } = shape({
      tools: [f, { kind: 'function', name: 'g' }, { kind: 'function', name: 'h', schema: union }],
    });
    expect(fields.tools).toEqual([
      { type: 'function', function: { name: 'f', parameters: f.schema, strict: true } },
      { type: 'function', function: { name: 'g', parameters: { type: 'object', properties: {} } } },
      {
        type: 'function',
        function: { name: 'h', parameters: { type: 'object', properties: { a: {}, b: {} }, required: ['a'] } },
      },
    ]);
    expect(lost).toEqual(['tools']);
    const elsewhere = shape({ tools: [{ kind: 'function', name: 'h', schema: union }] }, COMPATIBLE);
    expect(elsewhere.fields.tools).toMatchObject([{ function: { parameters: { ...union, type: 'object' } } }]);
  });

  it('are strict for other vendors’ clients only where OpenAI takes the schema', () => {
    expect(shape({ tools: [f] }, OPENAI, 'anthropic-messages').lost).toEqual(['strict']);
    const closed = { ...f, schema: { ...f.schema, additionalProperties: false } };
    expect(shape({ tools: [closed] }, OPENAI, 'anthropic-messages')).toMatchObject({
      fields: { tools: [{ function: { strict: true } }] },
      lost: [],
    });
  });

  it('of free text are custom at OpenAI and functions elsewhere', () => {
    const tools = [{ kind: 'custom' as const, name: 'patch', format: { type: 'grammar' } }];
    const history = [
      user('a'),
      assistant({ type: 'tool-call', id: '1', name: 'patch', input: 'x"y', custom: true }),
      user(result('1', 'ok')),
    ];
    const given = { tools, toolChoice: { name: 'patch' }, messages: history };
    expect(shape(given)).toMatchObject({
      fields: {
        tools: [{ type: 'custom', custom: { name: 'patch', format: { type: 'grammar' } } }],
        tool_choice: { type: 'custom', custom: { name: 'patch' } },
      },
      messages: [{}, { tool_calls: [{ type: 'custom', custom: { name: 'patch', input: 'x"y' } }] }, {}],
      lost: [],
    });
    expect(shape(given, COMPATIBLE)).toMatchObject({
      fields: {
        tools: [{ type: 'function', function: { name: 'patch' } }],
        tool_choice: { type: 'function', function: { name: 'patch' } },
      },
      messages: [{}, { tool_calls: [{ type: 'function', function: { arguments: '{"input":"x\\"y"}' } }] }, {}],
      lost: ['tools'],
    });
  });

  it('of a server go to servers that may know them, when a chat client names them', () => {
    const tools = [
      { kind: 'server' as const, name: 'openrouter:web_search', extensions: { 'openai-chat': { max: 3 } } },
    ];
    expect(shape({ tools }, COMPATIBLE).fields.tools).toEqual([{ type: 'openrouter:web_search', max: 3 }]);
    expect(shape({ tools })).toMatchObject({ fields: {}, lost: ['tools'] });
    expect(shape({ tools }, COMPATIBLE, 'anthropic-messages')).toMatchObject({ fields: {}, lost: ['tools'] });
  });

  it('are chosen and called one by one as the client says', () => {
    expect(shape({ tools: [f], toolChoice: 'required', parallelToolCalls: false }).fields).toMatchObject({
      ...{ tool_choice: 'required', parallel_tool_calls: false },
    });
    expect(shape({ tools: [f], parallelToolCalls: false, model: 'o3' }).lost).toEqual(['parallelToolCalls']);
    expect(shape({ toolChoice: 'none' }).fields).toEqual({});
    expect(() => shape({ tools: [f], toolChoice: { name: 'nobody' } })).toThrow(/none of the tools/);
  });

  it('report what only others know', () => {
    const tool = {
      ...f,
      deferred: true,
      cache: {},
      extensions: { 'anthropic-messages': { eager_input_streaming: true, input_examples: [] } },
    };
    expect(shape({ tools: [tool, f] }).lost).toEqual(['input_examples', 'deferred', 'tools']);
  });
});
