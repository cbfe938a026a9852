// The stream of Responses: every event in order, every item in full, and never a clean end after a failure.
import { describe, expect, test } from 'vitest';
import { type Block, type ChatEvent, type FinishEvent, RouterError } from '../../contract/index.ts';
import type { AnswerContext } from '../protocol.ts';
import { openaiResponses, type ResponsesEcho } from './index.ts';
import { ToolNames } from './tool-names.ts';

const names = new ToolNames([]);
names.add('mail', 'send');
names.addSearch();
const context: AnswerContext<ResponsesEcho> = {
  requestId: 'r1',
  model: 'alias',
  createdS: 7,
  echo: { settings: { tools: [], store: false }, names, asked: {} },
};

const start: ChatEvent = { type: 'start', id: 'up', model: 'wire' };
const finish = (reason: FinishEvent['reason'] = 'stop'): FinishEvent => ({
  type: 'finish',
  reason,
  rawReason: reason,
  usage: { inputTokens: 3, outputTokens: 5, totalTokens: 10, cacheReadTokens: 2, reasoningTokens: 1 },
});
const block = (
  index: number,
  opened: Block,
  deltas: readonly string[],
  end: Partial<ChatEvent> = {},
  extensions = {},
): ChatEvent[] => [
  { type: 'block-start', index, block: opened, extensions },
  ...deltas.map((text): ChatEvent => ({ type: 'block-delta', index, text })),
  // The overrides are an end's own members.
  { type: 'block-end', index, ...end } as ChatEvent,
];

type Read = { readonly type: string; readonly [field: string]: unknown };

/** The events as a client reads them, which checks names and numbers. */
function read(sse: string, from = 0): Read[] {
  const frames = sse.split('\n\n');
  expect(frames.pop()).toBe('');
  return frames.map((frame, index) => {
    const match = /^event: (.*)\ndata: (.*)$/.exec(frame);
    const { sequence_number, ...event } = JSON.parse(match?.[2] ?? '');
    expect([event.type, sequence_number]).toEqual([match?.[1], from + index]);
    return event;
  });
}
function stream(events: readonly ChatEvent[]): Read[] {
  const encoder = openaiResponses.createEncoder(context);
  return read(events.map((event) => encoder.push(event)).join(''));
}
const inside = (events: readonly Read[]): Read[] => events.slice(2, -1);

test('text: the whole life of a message', () => {
  const events = stream([start, ...block(0, { type: 'text' }, ['Hel', '', 'lo "you"\n']), finish()]);
  const place = { item_id: 'msg_r1_0', output_index: 0, content_index: 0 };
  const part = { type: 'output_text', annotations: [], logprobs: [], text: 'Hello "you"\n' };
  const item = { id: 'msg_r1_0', type: 'message', status: 'completed', role: 'assistant', content: [part] };
  const response = {
    ...{ id: 'resp_r1', object: 'response', created_at: 7, model: 'alias', tools: [], store: false },
    ...{ output: [], status: 'in_progress', error: null, incomplete_details: null, usage: null, service_tier: 'auto' },
  };
  expect(events).toEqual([
    { type: 'response.created', response },
    { type: 'response.in_progress', response },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
    { type: 'response.output_text.delta', ...place, logprobs: [], delta: 'Hel' },
    { type: 'response.output_text.delta', ...place, logprobs: [], delta: 'lo "you"\n' },
    { type: 'response.output_text.done', ...place, logprobs: [], text: 'Hello "you"\n' },
    { type: 'response.content_part.done', ...place, part },
    { type: 'response.output_item.done', output_index: 0, item },
    {
      type: 'response.completed',
      response: {
        ...response,
        ...{ status: 'completed', output: [item] },
        usage: {
          ...{ input_tokens: 5, input_tokens_details: { cache_write_tokens: 0, cached_tokens: 2 } },
          ...{ output_tokens: 5, output_tokens_details: { reasoning_tokens: 1 }, total_tokens: 10 },
        },
      },
    },
  ]);
});

test('reasoning: a summary, and what signs it when it is done', () => {
  const events = stream([
    start,
    ...block(0, { type: 'reasoning', origin: 'openai' }, ['h', 'm'], { signature: 'gAAA' }),
    finish(),
  ]);
  const place = { item_id: 'rs_r1_0', output_index: 0, summary_index: 0 };
  const item = {
    id: 'rs_r1_0',
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: 'hm' }],
    content: [],
    encrypted_content: 'gAAA',
  };
  expect(inside(events)).toEqual([
    {
      type: 'response.output_item.added',
      output_index: 0,
      item: { id: 'rs_r1_0', type: 'reasoning', summary: [], content: [] },
    },
    { type: 'response.reasoning_summary_part.added', ...place, part: { type: 'summary_text', text: '' } },
    { type: 'response.reasoning_summary_text.delta', ...place, delta: 'h' },
    { type: 'response.reasoning_summary_text.delta', ...place, delta: 'm' },
    { type: 'response.reasoning_summary_text.done', ...place, text: 'hm' },
    { type: 'response.reasoning_summary_part.done', ...place, part: { type: 'summary_text', text: 'hm' } },
    { type: 'response.output_item.done', output_index: 0, item },
  ]);
});

test('calls: a function of a namespace without input, and free text', () => {
  const events = stream([
    start,
    ...block(0, { type: 'tool-call', id: 'c1', name: 'mail__send' }, []),
    ...block(1, { type: 'tool-call', id: 'c2', name: 'patch', custom: true }, ['*** ', 'Begin']),
    finish('tool-calls'),
  ]);
  const call = { id: 'fc_r1_0', type: 'function_call', call_id: 'c1', name: 'send', namespace: 'mail' };
  const custom = { id: 'ctc_r1_1', type: 'custom_tool_call', call_id: 'c2', name: 'patch' };
  const [first, second] = [
    { item_id: 'fc_r1_0', output_index: 0 },
    { item_id: 'ctc_r1_1', output_index: 1 },
  ];
  expect(inside(events)).toEqual([
    { type: 'response.output_item.added', output_index: 0, item: { ...call, status: 'in_progress', arguments: '' } },
    { type: 'response.function_call_arguments.delta', ...first, delta: '{}' },
    { type: 'response.function_call_arguments.done', ...first, arguments: '{}' },
    { type: 'response.output_item.done', output_index: 0, item: { ...call, status: 'completed', arguments: '{}' } },
    { type: 'response.output_item.added', output_index: 1, item: { ...custom, status: 'in_progress', input: '' } },
    { type: 'response.custom_tool_call_input.delta', ...second, delta: '*** ' },
    { type: 'response.custom_tool_call_input.delta', ...second, delta: 'Begin' },
    { type: 'response.custom_tool_call_input.done', ...second, input: '*** Begin' },
    {
      type: 'response.output_item.done',
      output_index: 1,
      item: { ...custom, status: 'completed', input: '*** Begin' },
    },
  ]);
});

describe('messages', () => {
  const types = (events: readonly ChatEvent[]) =>
    inside(stream([start, ...events, finish()])).map(({ type }) => type.slice('response.'.length));

  test('texts in a row are parts of one message, with citations and refusals', () => {
    const cited = { title: 'A', place: { in: 'web', url: 'https://a.example' } } as const;
    const events = inside(
      stream([
        start,
        { type: 'block-start', index: 0, block: { type: 'text' } },
        { type: 'block-delta', index: 0, text: '', citation: cited },
        { type: 'block-delta', index: 0, text: 'so' },
        { type: 'block-end', index: 0 },
        ...block(1, { type: 'text' }, ['no'], {}, { 'openai-chat': { refusal: true } }),
        finish('refusal'),
      ]),
    );
    const annotation = { type: 'url_citation', url: 'https://a.example', title: 'A', start_index: 0, end_index: 2 };
    const place = { item_id: 'msg_r1_0', output_index: 0 };
    expect(events.slice(2)).toMatchObject([
      { type: 'response.output_text.delta', ...place, content_index: 0 },
      { type: 'response.output_text.annotation.added', ...place, content_index: 0, annotation_index: 0, annotation },
      { type: 'response.output_text.done', ...place, content_index: 0, text: 'so' },
      {
        type: 'response.content_part.done',
        ...place,
        content_index: 0,
        part: { text: 'so', annotations: [annotation] },
      },
      { type: 'response.content_part.added', ...place, content_index: 1, part: { type: 'refusal', refusal: '' } },
      { type: 'response.refusal.delta', ...place, content_index: 1, delta: 'no' },
      { type: 'response.refusal.done', ...place, content_index: 1, refusal: 'no' },
      { type: 'response.content_part.done', ...place, content_index: 1, part: { type: 'refusal', refusal: 'no' } },
      {
        type: 'response.output_item.done',
        item: { status: 'completed', content: [{ text: 'so', annotations: [annotation] }, { refusal: 'no' }] },
      },
    ]);
  });

  test('of two phases are two', () => {
    const phase = (word: string) => ({ 'openai-responses': { phase: word } });
    const events = [
      ...block(0, { type: 'text' }, ['a'], {}, phase('commentary')),
      ...block(1, { type: 'text' }, ['b'], {}, phase('final_answer')),
    ];
    const items = stream([start, ...events, finish()]).filter(({ type }) => type === 'response.output_item.done');
    expect(items).toMatchObject([{ item: { phase: 'commentary' } }, { item: { phase: 'final_answer' } }]);
  });

  test('signed text ends its message, and an item behind it carries the signature', () => {
    const events = [
      ...block(0, { type: 'text', origin: 'gemini' }, ['a'], { signature: 'S' }),
      ...block(1, { type: 'text' }, ['b']),
    ];
    const life = [
      'output_item.added',
      'content_part.added',
      'output_text.delta',
      'output_text.done',
      'content_part.done',
      'output_item.done',
    ];
    expect(types(events)).toEqual([...life, 'output_item.added', 'output_item.done', ...life]);
  });

  test('what says nothing is not shown, and does not part what stands around it', () => {
    const events = [
      ...block(0, { type: 'text' }, ['a']),
      ...block(1, { type: 'text' }, ['']),
      ...block(2, { type: 'reasoning' }, []),
      ...block(3, { type: 'tool-call', id: 's', name: 'web_search', server: true, origin: 'claude' }, ['{}'], {
        signature: 'S',
      }),
      ...block(4, { type: 'tool-result', id: 's', server: true }, ['found']),
      ...block(5, { type: 'media', mediaType: 'audio/wav' }, [], { data: 'AAAA' }),
      ...block(6, { type: 'text' }, ['b']),
    ];
    expect(types(events).filter((type) => type === 'output_item.added')).toHaveLength(1);
  });
});

test('a search that the client does comes in one piece', () => {
  const search = (...deltas: string[]) =>
    inside(
      stream([start, ...block(0, { type: 'tool-call', id: 'c', name: 'tool_search' }, deltas), finish('tool-calls')]),
    );
  const item = { id: 'tsc_r1_0', type: 'tool_search_call', call_id: 'c', execution: 'client' };
  expect(search('{"query":', '"mail"}')).toEqual([
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', arguments: {} } },
    {
      type: 'response.output_item.done',
      output_index: 0,
      item: { ...item, status: 'completed', arguments: { query: 'mail' } },
    },
  ]);
  expect(search('["mail"')).toMatchObject([{}, { item: { arguments: {} } }]);
});

test('images, and items that OpenAI made itself', () => {
  const item = { type: 'web_search_call', id: 'ws_1', status: 'completed', action: { type: 'search', query: 'q' } };
  const extensions = { 'openai-responses': { web_search_call: item } };
  const events = inside(
    stream([
      start,
      ...block(0, { type: 'media', mediaType: 'image/png' }, [], { data: 'AAAA' }),
      ...block(1, { type: 'tool-call', id: 'ws_1', name: 'web_search_call', server: true }, [], { extensions }),
      finish(),
    ]),
  );
  const image = { id: 'ig_r1_0', type: 'image_generation_call', output_format: 'png' };
  expect(events).toEqual([
    { type: 'response.output_item.added', output_index: 0, item: { ...image, status: 'in_progress', result: null } },
    { type: 'response.output_item.done', output_index: 0, item: { ...image, status: 'completed', result: 'AAAA' } },
    { type: 'response.output_item.added', output_index: 1, item },
    { type: 'response.output_item.done', output_index: 1, item },
  ]);
});

test('blocks that interleave are told one after the other', () => {
  const [one, two] = [
    block(0, { type: 'text' }, ['a', 'b']),
    block(1, { type: 'tool-call', id: 'c', name: 'f' }, ['{', '}']),
  ];
  const mixed = one.flatMap((event, index) => [event, ...(two[index] ? [two[index]] : [])]);
  expect(stream([start, ...mixed, finish()])).toEqual(stream([start, ...one, ...two, finish()]));
});

test.each([
  ['length', 'response.incomplete', { reason: 'max_output_tokens' }, 'incomplete'],
  ['content-filter', 'response.incomplete', { reason: 'content_filter' }, 'incomplete'],
  ['refusal', 'response.incomplete', { reason: 'content_filter' }, 'incomplete'],
  ['pause', 'response.completed', null, 'completed'],
  ['other', 'response.completed', null, 'completed'],
] as const)('%s ends with %s', (reason, type, incomplete_details, status) => {
  const events = stream([start, ...block(0, { type: 'text' }, ['a']), finish(reason)]);
  expect(events.at(-1)).toMatchObject({ type, response: { status, incomplete_details, output: [{ status }] } });
});

describe('a failure', () => {
  const failing = (error: RouterError, events: readonly ChatEvent[]) => {
    const encoder = openaiResponses.createEncoder(context);
    const sent = events.map((event) => encoder.push(event)).join('');
    return read(sent + encoder.fail(error)).at(-2);
  };
  const begun = [
    start,
    ...block(0, { type: 'tool-call', id: 'c', name: 'f' }, ['{}']),
    ...block(1, { type: 'text' }, ['a']).slice(0, 2),
  ];

  test('in the middle holds what was done, and is no clean end', () => {
    const error = new RouterError('upstream-failed', 'account 123 is broken', {
      publicMessage: 'it broke',
      usage: { outputTokens: 4 },
    });
    expect(failing(error, begun)).toMatchObject({
      type: 'response.failed',
      response: {
        ...{ id: 'resp_r1', status: 'failed', error: { code: 'server_error', message: 'it broke' } },
        ...{ output: [{ call_id: 'c', status: 'completed' }], usage: { output_tokens: 4, total_tokens: 4 } },
      },
    });
  });

  test('is told once more, in the event for which SDKs throw', () => {
    const encoder = openaiResponses.createEncoder(context);
    const events = read(encoder.push(start) + encoder.fail(new RouterError('upstream-failed', 'it "broke"')));
    const detail = { code: 'server_error', message: 'it "broke"', param: null };
    expect(events.at(-1)).toEqual({ type: 'error', ...detail, error: { type: 'server_error', ...detail } });
  });

  test('says when to come back where Codex reads it', () => {
    const error = new RouterError('rate-limited', 'Too many requests.', { retryAfterMs: 1200 });
    expect(failing(error, begun)).toMatchObject({
      response: { error: { code: 'rate_limit_exceeded', message: 'Too many requests. Please try again in 2s.' } },
    });
  });

  test.each([
    ['context-overflow', 'context_length_exceeded'],
    ['content-blocked', 'invalid_prompt'],
    ['overloaded', 'server_error'],
    ['internal', 'server_error'],
  ] as const)('%s is %s', (code, word) => {
    expect(failing(new RouterError(code, 'x'), begun)).toMatchObject({ response: { error: { code: word } } });
  });

  test('before anything else still begins as a stream does', () => {
    const encoder = openaiResponses.createEncoder(context);
    expect(read(encoder.fail(new RouterError('internal', 'x'))).map(({ type }) => type)).toEqual([
      'response.created',
      'response.in_progress',
      'response.failed',
      'error',
    ]);
  });
});

test('a failure behind relayed events does not begin the answer again', () => {
  const encoder = openaiResponses.createEncoder({ ...context, relayed: true });
  const events = read(encoder.fail(new RouterError('upstream-failed', 'it broke')), 1_000_000_000);
  expect(events).toMatchObject([{ type: 'response.failed', response: { status: 'failed' } }, { type: 'error' }]);
});

test('an answer that ends inside a block is no answer', () => {
  const encoder = openaiResponses.createEncoder(context);
  encoder.push(start);
  encoder.push({ type: 'block-start', index: 0, block: { type: 'text' } });
  expect(() => encoder.push(finish())).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
});
