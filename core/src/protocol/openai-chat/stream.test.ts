// The bytes of streamed answers.
import { describe, expect, test } from 'vitest';
import { type Block, type ChatEvent, type FinishReason, RouterError, type Usage } from '../../contract/index.ts';
import type { ChatEcho } from './decode.ts';
import { openaiChat } from './index.ts';

const usage: Usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };
const start: ChatEvent = { type: 'start', id: 'up', model: 'wire' };
const finish = (reason: FinishReason = 'stop'): ChatEvent => ({ type: 'finish', reason, rawReason: 'raw', usage });
const begin = (index: number, block: Block, extensions = {}): ChatEvent => ({
  type: 'block-start',
  index,
  block,
  extensions,
});
const delta = (index: number, text: string): ChatEvent => ({ type: 'block-delta', index, text });
const end = (index: number, carried: object = {}): ChatEvent => ({ type: 'block-end', index, ...carried });
const call = (id: string, extra: object = {}): Block => ({ type: 'tool-call', id, name: `tool-${id}`, ...extra });

const encoderFor = (echo: Partial<ChatEcho> = {}) =>
  openaiChat.createEncoder({
    requestId: 'req-1',
    model: 'alias "x"',
    createdS: 1_790_000_000,
    echo: { includeUsage: false, legacyFunctions: false, names: new Map(), asked: {}, ...echo },
  });

/** The deltas of an answer, without the frame of their chunks. */
function deltasOf(events: ChatEvent[], echo?: Partial<ChatEcho>): unknown[] {
  const encoder = encoderFor(echo);
  const data = [start, ...events]
    .map((event) => encoder.push(event))
    .join('')
    .split('\n\n')
    .filter((line) => line !== '' && line !== 'data: [DONE]');
  return data.map((line) => {
    const { choices, ...frame } = JSON.parse(line.slice('data: '.length));
    expect(frame).toMatchObject({
      id: 'chatcmpl-req-1',
      object: 'chat.completion.chunk',
      created: 1_790_000_000,
      model: 'alias "x"',
    });
    const [choice] = choices;
    return choice ? (choice.finish_reason ?? choice.delta) : frame.usage;
  });
}

const role = { role: 'assistant', content: '' };

test('every byte of a plain answer', () => {
  const encoder = encoderFor();
  const frame = '"id":"chatcmpl-req-1","object":"chat.completion.chunk","created":1790000000,"model":"alias \\"x\\""';
  const chunk = (inside: string, reason: string) =>
    `data: {${frame},"choices":[{"index":0,"delta":{${inside}},"finish_reason":${reason}}]}\n\n`;
  expect(encoder.push(start)).toBe(chunk('"role":"assistant","content":""', 'null'));
  expect(encoder.push(begin(0, { type: 'text' }))).toBe('');
  expect(encoder.push(delta(0, 'Hi "there"\n\u2028'))).toBe(chunk('"content":"Hi \\"there\\"\\n\u2028"', 'null'));
  expect(encoder.push(delta(0, ''))).toBe('');
  expect(encoder.push(end(0))).toBe('');
  expect(encoder.push(finish())).toBe(`${chunk('', '"stop"')}data: [DONE]\n\n`);
});

test('usage is the last chunk, and null before it, when the client asked for it', () => {
  const encoder = encoderFor({ includeUsage: true });
  expect(encoder.push(start)).toMatch(/"finish_reason":null}],"usage":null}\n\n$/);
  const [last, usageChunk, done, rest] = encoder.push(finish('length')).split('\n\n');
  expect(last).toMatch(/"delta":{},"finish_reason":"length"}],"usage":null}$/);
  expect(JSON.parse(usageChunk?.slice('data: '.length) ?? '')).toEqual({
    id: 'chatcmpl-req-1',
    object: 'chat.completion.chunk',
    created: 1_790_000_000,
    model: 'alias "x"',
    choices: [],
    usage: { prompt_tokens: 3, completion_tokens: 5, total_tokens: 8, prompt_tokens_details: { cached_tokens: 0 } },
  });
  expect([done, rest]).toEqual(['data: [DONE]', '']);
});

test('tool calls: identity first, then fragments, {} for an empty one', () => {
  const events = [
    begin(7, call('a')),
    delta(7, '{"x"'),
    delta(7, ':1}'),
    end(7),
    begin(8, call('b')),
    end(8),
    begin(9, call('c', { custom: true })),
    delta(9, '*** Begin'),
    end(9),
    begin(10, call('d', { custom: true })),
    end(10),
    finish('tool-calls'),
  ];
  expect(deltasOf(events)).toEqual([
    role,
    { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'tool-a', arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{"x"' } }] },
    { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
    { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'tool-b', arguments: '' } }] },
    { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
    { tool_calls: [{ index: 2, id: 'c', type: 'custom', custom: { name: 'tool-c', input: '' } }] },
    { tool_calls: [{ index: 2, custom: { input: '*** Begin' } }] },
    { tool_calls: [{ index: 3, id: 'd', type: 'custom', custom: { name: 'tool-d', input: '' } }] },
    'tool_calls',
  ]);
});

test('kinds flow beside each other, blocks of one kind one after the other', () => {
  const events = [
    begin(0, call('a')),
    begin(1, call('b')),
    begin(2, { type: 'text' }),
    begin(3, { type: 'text' }),
    delta(1, '{"b":'),
    delta(0, '{'),
    delta(3, 'world'),
    delta(2, 'hello '),
    delta(1, '1}'),
    end(1),
    delta(0, '}'),
    end(0),
    end(3),
    end(2),
    finish('tool-calls'),
  ];
  expect(deltasOf(events)).toEqual([
    role,
    { tool_calls: [{ index: 0, id: 'a', type: 'function', function: { name: 'tool-a', arguments: '' } }] },
    { tool_calls: [{ index: 0, function: { arguments: '{' } }] },
    { content: 'hello ' },
    { tool_calls: [{ index: 0, function: { arguments: '}' } }] },
    { tool_calls: [{ index: 1, id: 'b', type: 'function', function: { name: 'tool-b', arguments: '' } }] },
    { tool_calls: [{ index: 1, function: { arguments: '{"b":1}' } }] },
    { content: 'world' },
    'tool_calls',
  ]);
});

test('what is held back is bounded', () => {
  const encoder = encoderFor();
  encoder.push(start);
  encoder.push(begin(0, { type: 'text' }));
  encoder.push(begin(1, { type: 'text' }));
  const half = 'x'.repeat(512 * 1024);
  expect(encoder.push(delta(1, half))).toBe('');
  expect(encoder.push(delta(1, half))).toBe('');
  expect(() => encoder.push(delta(1, 'x'))).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
});

test('what was held back and sent no longer counts', () => {
  const encoder = encoderFor();
  encoder.push(start);
  const large = 'x'.repeat(1024 * 1024);
  for (let index = 0; index < 6; index += 2) {
    encoder.push(begin(index, { type: 'text' }));
    encoder.push(begin(index + 1, { type: 'text' }));
    encoder.push(delta(index + 1, large));
    expect(encoder.push(end(index))).toContain(large);
    encoder.push(end(index + 1));
  }
});

test('reasoning, then once at the end what must come back', () => {
  const events = [
    begin(0, { type: 'reasoning', origin: 'claude' }),
    delta(0, 'let '),
    delta(0, 'me see'),
    end(0, { signature: 'c2ln' }),
    begin(1, { type: 'reasoning', redacted: true, origin: 'claude' }),
    end(1, { data: 'ZGF0YQ==' }),
    begin(2, { type: 'text' }),
    delta(2, 'yes'),
    end(2),
    finish(),
  ];
  expect(deltasOf(events)).toEqual([
    role,
    { reasoning_content: 'let ' },
    { reasoning_content: 'me see' },
    { content: 'yes' },
    {
      reasoning_details: [
        { type: 'reasoning.text', index: 0, text: 'let me see', signature: 'tn1.claude.YzJsbg' },
        { type: 'reasoning.encrypted', index: 1, data: 'tn1.claude.WkdGMFlRPT0' },
      ],
    },
    'stop',
  ]);
});

test('images come once, before the end', () => {
  const image = { type: 'media', mediaType: 'image/png' } as const;
  expect(
    deltasOf([begin(0, image), end(0, { data: 'AAAA' }), begin(1, image), end(1, { data: 'BBBB' }), finish()]),
  ).toEqual([
    role,
    {
      images: [
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,BBBB' } },
      ],
    },
    'stop',
  ]);
});

test('refusals, and tools that the server runs', () => {
  const events = [
    begin(0, call('s', { server: true })),
    delta(0, '{}'),
    end(0),
    begin(1, { type: 'tool-result', id: 's', server: true }),
    delta(1, 'found'),
    end(1),
    begin(2, { type: 'text' }, { 'openai-chat': { refusal: true } }),
    delta(2, 'I cannot'),
    end(2),
    finish('refusal'),
  ];
  expect(deltasOf(events)).toEqual([role, { refusal: 'I cannot' }, 'stop']);
});

test('a client of legacy functions reads the first call as function_call', () => {
  const events = [begin(0, call('a')), delta(0, '{"x":1}'), end(0), begin(1, call('b')), end(1), finish('tool-calls')];
  expect(deltasOf(events, { legacyFunctions: true })).toEqual([
    role,
    { function_call: { name: 'tool-a', arguments: '' } },
    { function_call: { arguments: '{"x":1}' } },
    'function_call',
  ]);
});

describe('broken answers', () => {
  test('a failure is an error event, and no end', () => {
    const text = encoderFor().fail(
      new RouterError('upstream-timeout', 'secret', { publicMessage: 'the upstream fell silent' }),
    );
    expect(text).toBe(
      'data: {"error":{"message":"the upstream fell silent","type":"server_error","param":null,"code":"upstream_timeout"}}\n\n',
    );
  });

  test.each<[string, ChatEvent[]]>([
    ['a delta of no block', [start, delta(0, 'x')]],
    ['an end of no block', [start, end(0)]],
    ['a finish inside a block', [start, begin(0, { type: 'text' }), finish()]],
  ])('%s is upstream-failed', (_, events) => {
    const encoder = encoderFor();
    expect(() => {
      for (const event of events) encoder.push(event);
    }).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
  });

  test('the heartbeat is a comment', () => {
    expect(encoderFor().heartbeat).toBe(': ping\n\n');
    expect(openaiChat.streamContentType).toBe('text/event-stream; charset=utf-8');
  });
});
