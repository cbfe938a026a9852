// Whole answers as chat completions.
import { describe, expect, test } from 'vitest';
import type { FinishReason, ResultBlock, Usage } from '../../contract/index.ts';
import type { AnswerContext } from '../protocol.ts';
import { seal } from '../reasoning-envelope.ts';
import type { ChatEcho } from './decode.ts';
import { openaiChat } from './index.ts';
import type { ChatCompletion, ChatMessage } from './wire.ts';

const usage: Usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };
const context = (echo: Partial<ChatEcho> = {}): AnswerContext<ChatEcho> => ({
  requestId: 'req-1',
  model: 'alias "x"',
  createdS: 1_790_000_000,
  echo: { includeUsage: false, legacyFunctions: false, names: new Map(), asked: {}, ...echo },
});

function encode(
  blocks: ResultBlock[],
  reason: FinishReason = 'stop',
  echo: Partial<ChatEcho> = {},
  counted = usage,
): ChatCompletion {
  const finish = { type: 'finish', reason, rawReason: 'raw', usage: counted } as const;
  return JSON.parse(openaiChat.encodeResult({ id: 'up', model: 'wire', blocks, finish }, context(echo)));
}
const messageOf = (blocks: ResultBlock[], echo?: Partial<ChatEcho>): ChatMessage | undefined =>
  encode(blocks, 'stop', echo).choices[0]?.message;
const text = (words: string): ResultBlock => ({ block: { type: 'text' }, text: words });
const call = (id: string, input: string, extra: object = {}): ResultBlock => ({
  block: { type: 'tool-call', id, name: `tool-${id}`, ...extra },
  text: input,
});

test('the whole of a plain answer', () => {
  expect(encode([text('Hello'), text(' world')])).toEqual({
    id: 'chatcmpl-req-1',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: 'alias "x"',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'Hello world', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8, prompt_tokens_details: { cached_tokens: 0 } },
  });
});

test('content is null beside calls, and a string when there is nothing else', () => {
  expect(messageOf([])?.content).toBe('');
  expect(messageOf([call('a', '{"x":1}')])?.content).toBeNull();
  expect(messageOf([{ block: { type: 'reasoning' }, text: 'hm' }])).toEqual({
    role: 'assistant',
    content: '',
    refusal: null,
    reasoning_content: 'hm',
  });
});

test('tool calls: raw arguments, {} for none, free text for custom ones; calls of the server are not shown', () => {
  expect(
    messageOf([
      call('a', '{"x": 1'),
      call('s', '{}', { server: true }),
      { block: { type: 'tool-result', id: 's', server: true }, text: 'found' },
      call('b', ''),
      call('c', '', { custom: true }),
    ])?.tool_calls,
  ).toEqual([
    { id: 'a', type: 'function', function: { name: 'tool-a', arguments: '{"x": 1' } },
    { id: 'b', type: 'function', function: { name: 'tool-b', arguments: '{}' } },
    { id: 'c', type: 'custom', custom: { name: 'tool-c', input: '' } },
  ]);
});

test('a client of legacy functions gets function_call', () => {
  const { choices } = encode([call('a', '{"x":1}')], 'tool-calls', { legacyFunctions: true });
  expect(choices[0]).toMatchObject({
    finish_reason: 'function_call',
    message: { content: null, function_call: { name: 'tool-a', arguments: '{"x":1}' } },
  });
  expect(choices[0]?.message.tool_calls).toBeUndefined();
});

test('images come as data URIs, other media not at all', () => {
  const media = (mediaType: string): ResultBlock => ({ block: { type: 'media', mediaType }, text: '', data: 'AAAA' });
  expect(messageOf([text('see'), media('image/png'), media('audio/wav')])?.images).toEqual([
    { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
  ]);
});

describe('reasons to finish', () => {
  test.each<[FinishReason, string]>([
    ['stop', 'stop'],
    ['length', 'length'],
    ['tool-calls', 'tool_calls'],
    ['content-filter', 'content_filter'],
    ['refusal', 'content_filter'],
    ['pause', 'stop'],
    ['other', 'stop'],
  ])('%s is %s', (reason, expected) => {
    expect(encode([text('x')], reason).choices[0]?.finish_reason).toBe(expected);
  });

  test('a refusal in words is shown in refusal and ends with stop', () => {
    const refused: ResultBlock = { ...text('I cannot'), extensions: { 'openai-chat': { refusal: true } } };
    expect(encode([refused], 'refusal').choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: null, refusal: 'I cannot' },
    });
    expect(encode([{ ...refused, text: '' }], 'refusal').choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { content: '', refusal: null },
    });
  });
});

test('usage counts the cache as part of the prompt', () => {
  const counted = { ...usage, cacheReadTokens: 100, cacheWriteTokens: 20, reasoningTokens: 4, totalTokens: 128 };
  expect(encode([text('x')], 'stop', {}, counted).usage).toEqual({
    prompt_tokens: 123,
    completion_tokens: 5,
    total_tokens: 128,
    prompt_tokens_details: { cached_tokens: 100, cache_write_tokens: 20 },
    completion_tokens_details: { reasoning_tokens: 4 },
  });
});

describe('reasoning_details', () => {
  const signed = (words: string): ResultBlock => ({
    block: { type: 'reasoning', origin: 'claude' },
    text: words,
    signature: 'c2ln',
  });
  const sealed = seal({ origin: 'claude', value: 'c2ln' });

  test('only when something is signed, and then for every reasoning block', () => {
    const unsigned: ResultBlock = { block: { type: 'reasoning', origin: 'claude' }, text: 'open' };
    expect(messageOf([unsigned, text('x')])?.reasoning_details).toBeUndefined();
    expect(messageOf([unsigned, text('x'), signed('hm')])).toMatchObject({
      reasoning_content: 'openhm',
      reasoning_details: [
        { type: 'reasoning.text', index: 0, text: 'open' },
        { type: 'reasoning.text', index: 2, text: 'hm', signature: sealed },
      ],
    });
  });

  test('a signature whose origin is not known is not sent', () => {
    const orphan: ResultBlock = { block: { type: 'reasoning' }, text: 'hm', signature: 'c2ln', data: 'AAAA' };
    expect(messageOf([orphan])?.reasoning_details).toBeUndefined();
  });

  test('redacted reasoning, signed calls, blocks the client does not see', () => {
    const blocks: ResultBlock[] = [
      { block: { type: 'reasoning', redacted: true, origin: 'claude' }, text: '', data: 'ZGF0YQ==' },
      text(''),
      { block: { type: 'tool-result', id: 's', server: true }, text: 'found' },
      text('x'),
      { ...call('a', '{}', { origin: 'gemini' }), signature: 'dGM=' },
    ];
    expect(messageOf(blocks)?.reasoning_details).toEqual([
      { type: 'reasoning.encrypted', index: 0, data: seal({ origin: 'claude', value: 'ZGF0YQ==' }) },
      { type: 'signature', for: 'tool-call', index: 2, id: 'a', signature: seal({ origin: 'gemini', value: 'dGM=' }) },
    ]);
  });

  test('text blocks are marked where their place or signature would be lost', () => {
    expect(messageOf([signed('a'), text('one'), call('c', '{}'), text('three')])?.reasoning_details).toEqual([
      { type: 'reasoning.text', index: 0, text: 'a', signature: sealed },
      { type: 'text', index: 1, length: 3 },
      { type: 'text', index: 3, length: 5 },
    ]);
    expect(messageOf([text('one'), signed('a'), text('two')])?.reasoning_details).toEqual([
      { type: 'text', index: 0, length: 3 },
      { type: 'reasoning.text', index: 1, text: 'a', signature: sealed },
      { type: 'text', index: 2, length: 3 },
    ]);
    const signedText: ResultBlock = { block: { type: 'text', origin: 'claude' }, text: 'one', signature: 'c2ln' };
    expect(messageOf([signedText])?.reasoning_details).toEqual([
      { type: 'signature', for: 'text', index: 0, length: 3, signature: sealed },
    ]);
  });
});
