// Chunks as servers really send them, to events that always keep the grammar.

import type { ChatEvent } from '@turnout/core/contract';
import { ToolNames } from '@turnout/core/plugin';
import { checkGrammar } from '@turnout/core/testing';
import { describe, expect, it } from 'vitest';
import { summaryOf } from '../test/fixture.ts';
import { AnswerReader } from './answer.ts';

function readerOf(): AnswerReader {
  const names = new ToolNames(['get_weather', 'get_time', 'a.b']);
  const echo = { model: 'asked', names, textTools: new Set(['patch']), origin: 'host' };
  const error = {
    provider: 'p',
    model: 'asked',
    baseUrl: 'http://h/v1',
    apiKey: undefined,
    signedIn: false,
    advice: 'check baseUrl',
  };
  return new AnswerReader({ echo, callId: 'call-9', error, onReasoning: () => {} });
}

const delta = (one: object, finish: string | null = null) => ({
  choices: [{ index: 0, delta: one, finish_reason: finish }],
});
const calls = (...tool_calls: object[]) => delta({ tool_calls });

async function read(chunks: readonly unknown[], said = true): Promise<ChatEvent[]> {
  const reader = readerOf();
  for (const chunk of chunks) reader.chunk(chunk);
  reader.end(said);
  const checked: ChatEvent[] = [];
  async function* all() {
    yield* reader.out;
  }
  for await (const event of checkGrammar(all())) checked.push(event);
  return checked;
}
const summary = async (...chunks: unknown[]) => summaryOf(await read(chunks));
const called = async (...chunks: unknown[]) =>
  (await summary(...chunks)).blocks.map(({ id, name, text }) => [id, name, text]);

const fn = (name?: string, args?: string) => ({
  function: { ...(name === undefined ? {} : { name }), ...(args === undefined ? {} : { arguments: args }) },
});
const stop = delta({}, 'tool_calls');
const two = [
  ['a', 'get_weather', '{"x":1}'],
  ['b', 'get_time', '{}'],
];

describe('tool calls', () => {
  it.each([
    [
      'by index, as at OpenAI',
      [
        calls({ index: 0, id: 'a', type: 'function', ...fn('get_weather', '') }),
        calls({ index: 0, ...fn(undefined, '{"x"') }),
        calls({ index: 0, ...fn(undefined, ':1}') }),
        calls({ index: 1, id: 'b', type: 'function', ...fn('get_time', '') }),
        calls({ index: 1, ...fn(undefined, '{}') }),
      ],
    ],
    [
      'whole, in one chunk, with index',
      [calls({ index: 0, id: 'a', ...fn('get_weather', '{"x":1}') }, { index: 1, id: 'b', ...fn('get_time', '{}') })],
    ],
    [
      'whole, in one chunk, without index',
      [calls({ id: 'a', ...fn('get_weather', '{"x":1}') }, { id: 'b', ...fn('get_time', '{}') })],
    ],
    [
      'whole, a chunk each, all with the index 0',
      [
        calls({ index: 0, id: 'a', ...fn('get_weather', '{"x":1}') }),
        calls({ index: 0, id: 'b', ...fn('get_time', '{}') }),
      ],
    ],
    [
      'with id and name in every piece',
      [
        calls({ index: 0, id: 'a', ...fn('get_weather', '{"x"') }),
        calls({ index: 0, id: 'a', ...fn('get_weather', ':1}') }),
        calls({ index: 1, id: 'b', ...fn('get_time', '{}') }),
      ],
    ],
    [
      'with empty ids and names behind the first piece',
      [
        calls({ index: 0, id: 'a', ...fn('get_weather', '{"x"') }),
        calls({ index: 0, id: '', ...fn('', ':1}') }),
        calls({ index: 1, id: 'b', ...fn('get_time', '{}') }),
        calls({ index: 0, ...fn(undefined, '') }),
      ],
    ],
    [
      'with a name in two pieces',
      [
        calls({ index: 0, id: 'a', ...fn('get_', '') }),
        calls({ index: 0, ...fn('weather', '{"x":1}') }),
        calls({ index: 1, id: 'b', ...fn('get_time', '{}') }),
      ],
    ],
    [
      'with a name behind the arguments',
      [
        calls({ index: 0, id: 'a', ...fn(undefined, '{"x":') }),
        calls({ index: 0, ...fn('get_weather', '1}') }),
        calls({ index: 1, id: 'b', ...fn('get_time', '{}') }),
      ],
    ],
    [
      'with arguments that are objects',
      [
        calls(
          { id: 'a', function: { name: 'get_weather', arguments: { x: 1 } } },
          { id: 'b', function: { name: 'get_time', arguments: {} } },
        ),
      ],
    ],
  ])('%s', async (_name, chunks) => {
    expect(await called(...chunks, stop)).toEqual(two);
  });

  it('get an id where they have none, and one of their own where they share one', async () => {
    expect(await called(calls(fn('get_weather', '{}'), fn('get_time', '{}')), stop)).toEqual([
      ['call_call-9_1', 'get_weather', '{}'],
      ['call_call-9_2', 'get_time', '{}'],
    ]);
    const shared = calls(
      { index: 0, id: 'a', ...fn('get_weather', '{}') },
      { index: 1, id: 'a', ...fn('get_time', '{}') },
    );
    expect((await called(shared, stop)).map(([id]) => id)).toEqual(['a', 'a_2']);
  });

  it('have the names that the client knows, and may come without arguments', async () => {
    expect(await called(calls({ index: 0, id: 'a', ...fn('a_b') }), stop)).toEqual([['a', 'a.b', '']]);
  });

  it('in the legacy form are calls', async () => {
    const chunks = [
      delta({ function_call: { name: 'get_weather', arguments: '' } }),
      delta({ function_call: { arguments: '{}' } }),
    ];
    expect(await called(...chunks, delta({}, 'function_call'))).toEqual([['call_call-9_1', 'get_weather', '{}']]);
  });

  it('of tools of free text lose their wrapping', async () => {
    const chunks = ['{"inp', 'ut":"*** a\\n', 'b"}'].map((text, n) =>
      calls({ index: 0, ...(n === 0 ? { id: 'a', ...fn('patch', text) } : fn(undefined, text)) }),
    );
    expect((await summary(...chunks, stop)).blocks).toMatchObject([{ custom: true, text: '*** a\nb' }]);
  });

  it('that are torn apart fail, rather than losing a piece', async () => {
    const torn = [
      calls({ index: 0, id: 'a', ...fn('get_weather', '{"x"') }),
      calls({ index: 1, id: 'b', ...fn('get_time', '{') }),
      calls({ index: 0, ...fn(undefined, ':1}') }),
    ];
    await expect(read(torn)).rejects.toMatchObject({ code: 'upstream-failed' });
    await expect(read([calls({ index: 0, id: 'a', ...fn(undefined, '{}') }), stop])).rejects.toThrow('has no name');
  });
});

describe('the end', () => {
  const text = delta({ content: 'Hi' });
  const call = calls({ index: 0, id: 'a', ...fn('get_time', '{}') });
  it.each([
    ['stop', text, 'stop'],
    ['length', text, 'length'],
    ['content_filter', text, 'content-filter'],
    ['tool_calls', text, 'stop'],
    ['stop', call, 'tool-calls'],
    ['length', call, 'length'],
    ['function_call', call, 'tool-calls'],
    ['eos', text, 'stop'],
    ['weird', text, 'other'],
    ['stop', delta({ refusal: 'No.' }), 'refusal'],
  ])('%s behind %j is %s', async (raw, chunk, reason) => {
    expect(await summary(chunk, delta({}, raw))).toMatchObject({ reason, rawReason: raw });
  });

  it('without a reason is one when the server says that it is done', async () => {
    expect(await summary(text)).toMatchObject({ reason: 'stop', rawReason: '' });
    expect(await summary(call)).toMatchObject({ reason: 'tool-calls' });
    await expect(read([text], false)).rejects.toMatchObject({ code: 'upstream-failed' });
    await expect(read([])).rejects.toThrow('empty');
    await expect(read([text, delta({}, 'error')])).rejects.toMatchObject({ code: 'upstream-failed' });
  });
});

describe('chunks', () => {
  it('of several kinds become blocks one after the other', async () => {
    const { blocks } = await summary(
      delta({ role: 'assistant', content: '' }),
      delta({ reasoning_content: 'a' }),
      delta({ reasoning: 'b', reasoning_content: 'b' }),
      delta({ content: 'c' }),
      delta({ content: 'd', reasoning: null }),
      calls({ index: 0, id: 'a', ...fn('get_time', '{}') }),
      delta({ content: 'e' }),
      delta({}, 'stop'),
    );
    expect(blocks.map(({ type, text }) => [type, text])).toEqual([
      ['reasoning', 'ab'],
      ['text', 'cd'],
      ['tool-call', '{}'],
      ['text', 'e'],
    ]);
  });

  it('of other choices are nobody’s', async () => {
    const other = { choices: [{ index: 1, delta: { content: 'no' }, finish_reason: 'stop' }] };
    expect((await summary(delta({ content: 'yes' }), other, delta({}, 'stop'))).blocks).toEqual([
      { type: 'text', text: 'yes' },
    ]);
  });

  it('carry citations, pictures and what the server wants back', async () => {
    const url_citation = { url: 'https://a/', title: 'A', start_index: 0, end_index: 2 };
    const encrypted = { type: 'reasoning.encrypted', data: 'gAAA', id: 'rs_1', index: 0 };
    const { blocks } = await summary(
      delta({ reasoning_details: [{ type: 'reasoning.summary', summary: 'Hm', index: 1 }, encrypted] }),
      delta({ content: 'Hi', annotations: [{ type: 'url_citation', url_citation }] }),
      delta({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw==' } }] }),
      delta({}, 'stop'),
    );
    expect(blocks).toMatchObject([
      { type: 'reasoning', text: 'Hm' },
      {
        type: 'text',
        text: 'Hi',
        citations: [{ title: 'A', source: 'https://a/', place: { in: 'web', url: 'https://a/' } }],
      },
      { type: 'media', mediaType: 'image/png', data: 'iVBORw==' },
      { type: 'reasoning', redacted: true, origin: 'host' },
    ]);
    const sealed = JSON.parse(Buffer.from(String(blocks[3]?.data), 'base64').toString());
    expect(sealed).toEqual([{ type: 'reasoning.summary', summary: 'Hm', index: 1 }, encrypted]);
  });

  it.each([
    [{ error: { message: 'slow down', code: 'rate_limit_exceeded' } }, 'rate-limited'],
    [{ error: { message: 'Provider returned error', code: 502 } }, 'upstream-failed'],
    [{ error: { message: 'busy', code: 503 } }, 'overloaded'],
    [{ error: 'it broke' }, 'upstream-failed'],
    [{ object: 'error', message: 'maximum context length is 5 tokens', code: 400 }, 'context-overflow'],
    ['text', 'upstream-failed'],
  ])('that are errors are thrown: %j', async (chunk, code) => {
    const usage = { prompt_tokens: 5, completion_tokens: 1 };
    await expect(read([{ ...delta({ content: 'Hi' }), usage }, chunk])).rejects.toMatchObject({
      code,
      usage: { inputTokens: 5 },
    });
  });
});

it('the tier that was used is told at the end', async () => {
  const events = await read([{ ...delta({ content: 'x' }, 'stop'), service_tier: 'flex' }]);
  expect(events.at(-1)).toMatchObject({ type: 'finish', extensions: { 'openai-chat': { service_tier: 'flex' } } });
});

describe('usage', () => {
  it.each([
    [
      {
        prompt_tokens: 100,
        completion_tokens: 20,
        total_tokens: 120,
        prompt_tokens_details: { cached_tokens: 60 },
        completion_tokens_details: { reasoning_tokens: 8 },
      },
      { inputTokens: 40, cacheReadTokens: 60, outputTokens: 20, reasoningTokens: 8, totalTokens: 120 },
    ],
    [
      { prompt_tokens: 10, completion_tokens: 5, prompt_cache_hit_tokens: 4 },
      { inputTokens: 6, cacheReadTokens: 4, totalTokens: 15 },
    ],
    [
      { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 2, cache_write_tokens: 3 } },
      { inputTokens: 5, cacheWriteTokens: 3, totalTokens: 10 },
    ],
    // Counted beside the completion, as its total says.
    [
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 22, completion_tokens_details: { reasoning_tokens: 7 } },
      { outputTokens: 12, totalTokens: 22 },
    ],
    // More reasoning than output: seen at OpenRouter.
    [
      { prompt_tokens: 1, completion_tokens: 5, completion_tokens_details: { reasoning_tokens: 7 } },
      { outputTokens: 5, reasoningTokens: 5 },
    ],
    [
      { prompt_tokens: -1, completion_tokens: 'x' },
      { inputTokens: 0, totalTokens: 0 },
    ],
    [null, { inputTokens: 0, outputTokens: 0, totalTokens: 0 }],
  ])('%j', async (usage, expected) => {
    expect((await summary(delta({ content: 'x' }, 'stop'), { choices: [], usage })).usage).toMatchObject(expected);
  });
});
