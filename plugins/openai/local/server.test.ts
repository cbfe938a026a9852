// openai-local refuses what OpenAI refuses, in its words, and answers the same way each time.
import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { chatRequest, createHost, createProvider, generated, streamed, summaryOf } from '../test/fixture.ts';
import { startOpenaiLocal } from './index.ts';

const local = await startOpenaiLocal();
const host = createHost();
const provider = await createProvider({ baseUrl: local.baseUrl }, host);
afterAll(async () => {
  await host.close();
  await local.close();
});
beforeEach(() => local.reset());

const post = async (body: unknown, path = '/chat/completions', headers: Record<string, string> = {}) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`${local.baseUrl}${path}`, { method: 'POST', body: text, headers });
  return { status: response.status, text: await response.text() };
};
const hi = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hi' }] };
const tool = (name: string, parameters: object = { type: 'object', properties: {} }, more: object = {}) => ({
  type: 'function',
  function: { name, parameters, ...more },
});
const call = (id: string) => ({ id, type: 'function', function: { name: 'f', arguments: '{}' } });
const said = (...messages: object[]) => ({ ...hi, messages: [...hi.messages, ...messages] });

describe('a request is refused', () => {
  it.each([
    ['for an unknown field', { ...hi, top_k: 5 }, 'unknown_parameter', 'top_k'],
    [
      'for an unknown field of a message',
      said({ role: 'user', content: 'x', cache: 1 }),
      'unknown_parameter',
      'messages[1].cache',
    ],
    ['without messages', { model: 'gpt-4o' }, 'missing_required_parameter', 'messages'],
    ['for a wrong type', { ...hi, temperature: 'hot' }, 'invalid_type', 'temperature'],
    ['for a number out of range', { ...hi, temperature: 3 }, 'decimal_above_max_value', 'temperature'],
    ['for five stops', { ...hi, stop: ['a', 'b', 'c', 'd', 'e'] }, 'array_above_max_length', 'stop'],
    [
      'for max_tokens of a reasoning model',
      { ...hi, model: 'gpt-5', max_tokens: 5 },
      'unsupported_parameter',
      'max_tokens',
    ],
    [
      'for a temperature of a reasoning model',
      { ...hi, model: 'o3', temperature: 0 },
      'unsupported_value',
      'temperature',
    ],
    ['for top_p of a reasoning model', { ...hi, model: 'o3', top_p: 0.5 }, 'unsupported_parameter', 'top_p'],
    ['for stops of a reasoning model', { ...hi, model: 'gpt-5.1', stop: 'a' }, 'unsupported_parameter', 'stop'],
    [
      'for an effort that is none',
      { ...hi, model: 'o3', reasoning_effort: 'minimal' },
      'unsupported_value',
      'reasoning_effort',
    ],
    ['for an effort of a plain model', { ...hi, reasoning_effort: 'low' }, null, null],
    [
      'for a call without a result',
      said({ role: 'assistant', tool_calls: [call('a')] }, { role: 'user', content: 'x' }),
      null,
      'messages',
    ],
    ['for a result without a call', said({ role: 'tool', tool_call_id: 'a', content: 'x' }), null, 'messages.[1].role'],
    [
      'for a long id',
      said({ role: 'assistant', tool_calls: [call('x'.repeat(41))] }),
      'string_above_max_length',
      'messages[1].tool_calls[0].id',
    ],
    [
      'for an image of a tool',
      said(
        { role: 'assistant', tool_calls: [call('a')] },
        { role: 'tool', tool_call_id: 'a', content: [{ type: 'image_url', image_url: { url: 'https://a/' } }] },
      ),
      'invalid_value',
      'messages[2]',
    ],
    ['for no content', { ...hi, messages: [{ role: 'user', content: null }] }, null, 'messages.[0].content'],
    ['for a tool name', { ...hi, tools: [tool('a.b')] }, 'invalid_value', 'tools[0].function.name'],
    [
      'for a long tool name',
      { ...hi, tools: [tool('x'.repeat(65))] },
      'string_above_max_length',
      'tools[0].function.name',
    ],
    [
      'for a schema without properties',
      { ...hi, tools: [tool('f', { type: 'object' })] },
      'invalid_function_parameters',
      'tools[0].function.parameters',
    ],
    [
      'for a schema of branches',
      { ...hi, tools: [tool('f', { type: 'object', properties: {}, anyOf: [] })] },
      'invalid_function_parameters',
      'tools[0].function.parameters',
    ],
    [
      'for an open strict schema',
      { ...hi, tools: [tool('f', undefined, { strict: true })] },
      'invalid_function_parameters',
      'tools[0].function.parameters',
    ],
    ['for a tool of the server', { ...hi, tools: [{ type: 'web_search' }] }, 'invalid_value', 'tools[0].type'],
    ['for no tools', { ...hi, tools: [] }, 'empty_array', 'tools'],
    ['for a choice without tools', { ...hi, tool_choice: 'auto' }, null, 'tool_choice'],
    [
      'for a choice that is none',
      { ...hi, tools: [tool('f')], tool_choice: { type: 'function', function: { name: 'g' } } },
      null,
      'tool_choice',
    ],
    ['for stream options without a stream', { ...hi, stream_options: { include_usage: true } }, null, 'stream_options'],
    ['for JSON that nobody speaks of', { ...hi, response_format: { type: 'json_object' } }, null, 'messages'],
    ['for no JSON', 'hello', null, null],
  ])('%s', async (_name, body, code, param) => {
    const { status, text } = await post(body);
    expect([status, JSON.parse(text).error]).toEqual([
      400,
      { type: 'invalid_request_error', message: expect.any(String), code, param },
    ]);
  });

  it('for its key, its model, or its path', async () => {
    const closed = await startOpenaiLocal({ apiKeys: ['sk-right'], models: ['a'] });
    const ask = (headers: Record<string, string>, model = 'a', path = 'chat/completions') =>
      fetch(`${closed.baseUrl}/${path}`, { method: 'POST', headers, body: JSON.stringify({ ...hi, model }) }).then(
        ({ status }) => status,
      );
    const authorization = 'Bearer sk-right';
    expect(await Promise.all([ask({}), ask({ authorization: 'Bearer sk-wrong' }), ask({ authorization })])).toEqual([
      401, 401, 200,
    ]);
    expect(await Promise.all([ask({ authorization }, 'b'), ask({ authorization }, 'a', 'complete')])).toEqual([
      404, 404,
    ]);
    await closed.close();
  });

  it('when it is too long', async () => {
    const small = await startOpenaiLocal({ bodyBytesMax: 1000 });
    const body = JSON.stringify({ ...hi, user: 'x'.repeat(2000) });
    expect((await fetch(`${small.baseUrl}/chat/completions`, { method: 'POST', body })).status).toBe(413);
    await small.close();
  });
});

describe('an answer', () => {
  const textOf = async (body: object) => JSON.parse((await post(body)).text).choices[0];

  it('is the same to the same request, and ends where it was told to', async () => {
    expect((await post(hi)).text).toBe((await post(hi)).text);
    expect(await textOf({ ...hi, stop: ' said' })).toMatchObject({
      message: { content: 'You' },
      finish_reason: 'stop',
    });
    expect(await textOf({ ...hi, max_tokens: 2 })).toMatchObject({
      message: { content: 'You said' },
      finish_reason: 'length',
    });
  });

  it('has the form that was asked for', async () => {
    const schema = {
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
      additionalProperties: false,
    };
    const response_format = { type: 'json_schema', json_schema: { name: 'a', schema, strict: true } };
    const messages = [{ role: 'user', content: 'What about Paris in Paris?' }];
    expect((await textOf({ ...hi, messages, response_format })).message.content).toBe('{"city":"Paris"}');
  });

  it('calls a forced tool, several that are meant, and none where none is', async () => {
    const tools = [tool('get_weather'), tool('get_time')];
    const ask = async (content: string, more: object) =>
      (await textOf({ ...hi, messages: [{ role: 'user', content }], tools, ...more })).message.tool_calls?.length ?? 0;
    expect(await ask('the weather and the time', {})).toBe(2);
    expect(await ask('the weather and the time', { parallel_tool_calls: false })).toBe(1);
    expect(await ask('the weather', { tool_choice: 'none' })).toBe(0);
    expect(await ask('hello', { tool_choice: 'required' })).toBe(1);
    expect(await ask('hello', {})).toBe(0);
  });

  it('can be packed, cut up and slow, and is read all the same', async () => {
    const own = summaryOf(await streamed(provider, chatRequest()));
    local.script({ kind: 'answer', chunks: 'every-byte' }, { kind: 'answer', delayMs: 5, chunks: { seed: 3 } });
    expect(summaryOf(await streamed(provider, chatRequest()))).toEqual(own);
    expect(summaryOf(await streamed(provider, chatRequest()))).toEqual(own);
    const { text } = await post({ ...hi, stream: true });
    const packed = {
      kind: 'recorded',
      headers: { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' },
    } as const;
    local.script({ ...packed, body: gzipSync(text), chunks: 7 }, { ...packed, body: gzipSync(text).subarray(0, 40) });
    expect(summaryOf(await streamed(provider, chatRequest())).blocks).toEqual([
      { type: 'text', text: 'You said: "Hi"' },
    ]);
    await expect(streamed(provider, chatRequest())).rejects.toMatchObject({ code: 'upstream-failed' });
    local.script({ kind: 'recorded', headers: { 'content-encoding': 'zstd' }, body: 'x' });
    await expect(generated(provider, chatRequest())).rejects.toThrow('packed in a way');
  });

  it('that comes whole though a stream was asked for is read as one', async () => {
    const { text } = await post(hi);
    local.script({ kind: 'recorded', headers: { 'content-type': 'application/json' }, body: text });
    expect(summaryOf(await streamed(provider, chatRequest())).blocks).toEqual([
      { type: 'text', text: 'You said: "Hi"' },
    ]);
  });
});

it('remembers what it was asked, and forgets it', async () => {
  await post(hi);
  expect(local.requests).toMatchObject([
    { operation: 'chat', model: 'gpt-4o-mini', status: 200, finished: true, aborted: false },
  ]);
  local.reset();
  expect(local.requests).toEqual([]);
});
