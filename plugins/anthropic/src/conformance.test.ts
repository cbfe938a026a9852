// The kit, for Anthropic: Messages' events, and its whole answers.
import { testProvider } from '@turnout/core/testing';
import { test } from 'vitest';
import anthropic from './index.ts';

const MODEL = 'claude-sonnet-4-5';
const USAGE = {
  ...{ input_tokens: 11, cache_creation_input_tokens: 5, cache_read_input_tokens: 3, service_tier: 'standard' },
  cache_creation: { ephemeral_5m_input_tokens: 1, ephemeral_1h_input_tokens: 4 },
};
const LAST = { ...USAGE, output_tokens: 27, output_tokens_details: { thinking_tokens: 9 } };
const HEAD = { id: 'msg_1', type: 'message', role: 'assistant', model: MODEL };
const HEADERS = { 'content-type': 'text/event-stream; charset=utf-8' };

type Event = readonly [type: string, fields: object];
const start = (index: number, content_block: object): Event => ['content_block_start', { index, content_block }];
const delta = (index: number, type: string, fields: object): Event => [
  'content_block_delta',
  { index, delta: { type, ...fields } },
];
const stop = (index: number): Event => ['content_block_stop', { index }];

const streamed = (events: readonly Event[], end: object) => ({
  headers: HEADERS,
  body: [
    ['message_start', { message: { ...HEAD, content: [], stop_reason: null, usage: { ...USAGE, output_tokens: 1 } } }],
    ['ping', {}],
    ...events,
    ['message_delta', { delta: { stop_sequence: null, ...end }, usage: LAST }],
    ['message_stop', {}],
  ]
    .map(([type, fields]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...(fields as object) })}\n\n`)
    .join(''),
});
const whole = (content: readonly object[], end: object) => ({
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ ...HEAD, content, stop_sequence: null, ...end, usage: LAST }),
});

const tools = [{ kind: 'function', name: 'get_weather', schema: { type: 'object', properties: {} } }] as const;
const CALL = { type: 'tool_use', id: 'toolu_1', name: 'get_weather' };
const SEARCH = { type: 'server_tool_use', id: 'srvtoolu_1', name: 'web_search' };
const FOUND = {
  type: 'web_search_tool_result',
  tool_use_id: 'srvtoolu_1',
  content: [{ type: 'web_search_result', title: 'Oslo', url: 'https://oslo.test', encrypted_content: 'e' }],
};
const CITATION = {
  type: 'web_search_result_location',
  ...{ cited_text: 'Rain', url: 'https://oslo.test', title: 'Oslo', encrypted_index: 'i' },
};

testProvider(
  {
    plugin: anthropic,
    config: (url) => ({ baseUrl: url, apiKey: 'a-test-key' }),
    model: MODEL,
    fixtures: [
      {
        name: 'text in two pieces, with letters of two bytes',
        streamed: streamed(
          [
            start(0, { type: 'text', text: '' }),
            delta(0, 'text_delta', { text: 'Grüß ' }),
            delta(0, 'text_delta', { text: 'Gott 👋' }),
            stop(0),
          ],
          { stop_reason: 'end_turn' },
        ),
        whole: whole([{ type: 'text', text: 'Grüß Gott 👋' }], { stop_reason: 'end_turn' }),
      },
      {
        name: 'signed and redacted thinking, then two tool calls',
        request: { tools, reasoning: { effort: 'low' } },
        streamed: streamed(
          [
            start(0, { type: 'thinking', thinking: '', signature: '' }),
            delta(0, 'thinking_delta', { thinking: 'Weather' }),
            delta(0, 'signature_delta', { signature: 'c2ln' }),
            stop(0),
            start(1, { type: 'redacted_thinking', data: 'aGlkZGVu' }),
            stop(1),
            start(2, { ...CALL, input: {} }),
            delta(2, 'input_json_delta', { partial_json: '' }),
            delta(2, 'input_json_delta', { partial_json: '{"city":' }),
            delta(2, 'input_json_delta', { partial_json: '"Oslo","id":12345678901234567890}' }),
            stop(2),
            start(3, { ...CALL, id: 'toolu_2', input: {} }),
            delta(3, 'input_json_delta', { partial_json: '' }),
            stop(3),
          ],
          { stop_reason: 'tool_use' },
        ),
        whole: {
          ...whole(
            [
              { type: 'thinking', thinking: 'Weather', signature: 'c2ln' },
              { type: 'redacted_thinking', data: 'aGlkZGVu' },
              { ...CALL, input: { city: 'Oslo', id: 'BIG' } },
              { ...CALL, id: 'toolu_2', input: {} },
            ],
            { stop_reason: 'tool_use' },
          ),
          body: whole(
            [
              { type: 'thinking', thinking: 'Weather', signature: 'c2ln' },
              { type: 'redacted_thinking', data: 'aGlkZGVu' },
              { ...CALL, input: { city: 'Oslo', id: 'BIG' } },
              { ...CALL, id: 'toolu_2', input: {} },
            ],
            { stop_reason: 'tool_use' },
          ).body.replace('"BIG"', '12345678901234567890'),
        },
      },
      {
        name: 'a search by Anthropic, and a text that cites it',
        streamed: streamed(
          [
            start(0, { ...SEARCH, input: {} }),
            delta(0, 'input_json_delta', { partial_json: '{"query":"oslo"}' }),
            stop(0),
            start(1, FOUND),
            stop(1),
            start(2, { type: 'text', text: '', citations: [] }),
            delta(2, 'citations_delta', { citation: CITATION }),
            delta(2, 'text_delta', { text: 'It rains.' }),
            stop(2),
            start(3, { type: 'of_2027', words: '' }),
            delta(3, 'of_2027_delta', { words: 'later' }),
            stop(3),
          ],
          { stop_reason: 'pause_turn', container: { id: 'c' } },
        ),
      },
    ],
  },
  test,
);
