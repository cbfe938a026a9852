// Whole answers and errors of Responses.
import { describe, expect, test } from 'vitest';
import { type ChatResult, type ResultBlock, RouterError } from '../../contract/index.ts';
import { unseal } from '../reasoning-envelope.ts';
import { openaiResponses } from './index.ts';

const finish: ChatResult['finish'] = {
  type: 'finish',
  reason: 'stop',
  rawReason: 'end',
  usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
};
function encode(
  blocks: readonly ResultBlock[],
  fields: Record<string, unknown> = {},
  end: Partial<ChatResult['finish']> = {},
) {
  const { echo } = openaiResponses.decode({ model: 'alias', input: 'hi', ...fields });
  const result: ChatResult = { id: 'up', model: 'wire', blocks, finish: { ...finish, ...end } };
  return JSON.parse(openaiResponses.encodeResult(result, { requestId: 'r1', model: 'alias', createdS: 7, echo }));
}

test('a Response has every field, with defaults where nothing was sent', () => {
  expect(encode([])).toEqual({
    ...{ id: 'resp_r1', object: 'response', created_at: 7, model: 'alias', status: 'completed', background: false },
    ...{ error: null, incomplete_details: null, instructions: null, max_output_tokens: null, max_tool_calls: null },
    ...{ metadata: {}, output: [], parallel_tool_calls: true, previous_response_id: null, prompt_cache_key: null },
    ...{ reasoning: { effort: null, summary: null }, safety_identifier: null, service_tier: 'auto', store: false },
    ...{ temperature: null, text: { format: { type: 'text' }, verbosity: 'medium' }, tool_choice: 'auto', tools: [] },
    ...{ top_logprobs: 0, top_p: null, truncation: 'disabled', user: null },
    usage: {
      ...{ input_tokens: 3, input_tokens_details: { cache_write_tokens: 0, cached_tokens: 0 } },
      ...{ output_tokens: 5, output_tokens_details: { reasoning_tokens: 0 }, total_tokens: 8 },
    },
  });
});

test('and repeats what was sent', () => {
  const sent = {
    ...{
      instructions: 'be terse',
      max_output_tokens: 9,
      metadata: { a: 'b' },
      parallel_tool_calls: false,
      temperature: 0.5,
    },
    ...{
      tools: [{ type: 'function', name: 'f', parameters: null }],
      tool_choice: 'required',
      top_p: 0.5,
      truncation: 'auto',
    },
    ...{ prompt_cache_key: 'k', safety_identifier: 's', user: 'u', service_tier: 'flex' },
  };
  expect(encode([], sent)).toMatchObject(sent);
  expect(encode([], { store: true, text: { verbosity: 'low' }, reasoning: { effort: 'low' } })).toMatchObject({
    ...{
      store: false,
      text: { verbosity: 'low', format: { type: 'text' } },
      reasoning: { effort: 'low', summary: null },
    },
  });
});

test("the tier that was really used, and a vendor's own data for those who asked", () => {
  const extensions = { 'bedrock-converse': { serviceTier: { type: 'flex' }, metrics: { latencyMs: 5 } } };
  expect(encode([], {}, { extensions })).toMatchObject({ service_tier: 'flex' });
  expect(encode([], { bedrock: {} }, { extensions }).bedrock).toEqual({ serviceTier: 'flex', latencyMs: 5 });
});

test('usage counts the cache as part of the input', () => {
  const usage = {
    inputTokens: 1,
    cacheReadTokens: 10,
    cacheWriteTokens: 100,
    outputTokens: 7,
    reasoningTokens: 2,
    totalTokens: 118,
  };
  expect(encode([], {}, { usage }).usage).toEqual({
    ...{ input_tokens: 111, input_tokens_details: { cache_write_tokens: 100, cached_tokens: 10 } },
    ...{ output_tokens: 7, output_tokens_details: { reasoning_tokens: 2 }, total_tokens: 118 },
  });
});

describe('output', () => {
  test("another family's reasoning is sealed with its text", () => {
    const { output } = encode([{ block: { type: 'reasoning', origin: 'claude' }, text: 'hm', signature: 'SIG' }]);
    const { encrypted_content, ...item } = output[0];
    expect(item).toEqual({
      id: 'rs_r1_0',
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: 'hm' }],
      content: [],
    });
    const sealed = unseal(encrypted_content);
    expect(sealed?.origin).toBe('claude');
    expect(JSON.parse(sealed?.value ?? '')).toEqual({ for: 'reasoning', text: 'hm', signature: 'SIG' });
  });

  test('reasoning without anything to carry is a summary, a signature of nobody is not sent', () => {
    const item = { id: 'rs_r1_0', type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }], content: [] };
    expect(encode([{ block: { type: 'reasoning' }, text: 'hm', signature: 'SIG' }]).output).toEqual([item]);
  });

  test('documents are cited as files', () => {
    const citations = [
      { title: 'Report', text: 'x', place: { in: 'pages', document: 1, start: 2, end: 3 } },
      { source: 'https://a.example', place: { in: 'search-result', result: 0, start: 0, end: 1 } },
      { text: 'from nowhere' },
    ] as const;
    expect(encode([{ block: { type: 'text' }, text: 'so', citations }]).output[0].content[0].annotations).toEqual([
      { type: 'file_citation', file_id: 'Report', filename: 'Report', index: 1 },
      { type: 'url_citation', url: 'https://a.example', title: '', start_index: 0, end_index: 2 },
    ]);
  });

  test('texts in a row are one message, of two phases two', () => {
    const phase = (word: string) => ({ extensions: { 'openai-responses': { phase: word } } });
    const said = (text: string): ResultBlock => ({ block: { type: 'text' }, text });
    const blocks = [said('a'), said(''), said('b'), { ...said('c'), ...phase('final_answer') }];
    expect(encode(blocks).output).toMatchObject([
      { id: 'msg_r1_0', content: [{ text: 'a' }, { text: 'b' }] },
      { id: 'msg_r1_1', phase: 'final_answer', content: [{ text: 'c' }] },
    ]);
  });

  test('only the last item of an answer that was cut is incomplete', () => {
    const blocks: ResultBlock[] = [
      { block: { type: 'text' }, text: 'a' },
      { block: { type: 'tool-call', id: 'c', name: 'f' }, text: '{"a' },
    ];
    const { status, output } = encode(blocks, {}, { reason: 'length' });
    expect([status, ...output.map((item: { status: string }) => item.status)]).toEqual([
      'incomplete',
      'completed',
      'incomplete',
    ]);
  });
});

describe('errors before the stream', () => {
  test.each([
    ['context-overflow', 400, { code: 'context_length_exceeded', param: 'input' }],
    ['model-not-found', 404, { code: 'model_not_found', param: 'model' }],
    ['rate-limited', 429, { code: 'rate_limit_exceeded', type: 'rate_limit_error' }],
  ] as const)('%s', (code, status, error) => {
    const encoded = openaiResponses.encodeError(new RouterError(code, 'x'));
    expect(encoded.status).toBe(status);
    expect(JSON.parse(encoded.body)).toMatchObject({ error });
  });

  test('a 429 says when to come back', () => {
    const { headers } = openaiResponses.encodeError(new RouterError('rate-limited', 'x', { retryAfterMs: 1500 }));
    expect(headers['retry-after']).toBe('2');
  });
});
