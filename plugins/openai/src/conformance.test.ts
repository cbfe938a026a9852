// The kit, for both of OpenAI's APIs.
import { testProvider } from '@turnout/core/testing';
import { describe, test } from 'vitest';
import openai from './index.ts';

const SSE = { 'content-type': 'text/event-stream' };
const JSON_HEADERS = { 'content-type': 'application/json' };
const TOOLS = [{ kind: 'function', name: 'get_weather', schema: { type: 'object', properties: {} } }] as const;

const CHAT_USAGE = {
  ...{ prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  ...{ prompt_tokens_details: { cached_tokens: 4 }, completion_tokens_details: { reasoning_tokens: 2 } },
};

const chunks = (deltas: readonly object[], finish_reason: string) => {
  const chunk = (value: object) =>
    `data: ${JSON.stringify({ id: 'c1', object: 'chat.completion.chunk', model: 'm', ...value })}\n\n`;
  const said = deltas.map((delta) => chunk({ choices: [{ index: 0, delta, finish_reason: null }] }));
  const end = [chunk({ choices: [{ index: 0, delta: {}, finish_reason }] }), chunk({ choices: [], usage: CHAT_USAGE })];
  return { headers: SSE, body: [...said, ...end, 'data: [DONE]\n\n'].join('') };
};
const completion = (message: object, finish_reason: string) => ({
  headers: JSON_HEADERS,
  body: JSON.stringify({
    id: 'c1',
    object: 'chat.completion',
    model: 'm',
    choices: [{ index: 0, message, finish_reason }],
    usage: CHAT_USAGE,
  }),
});

const call = (args: string) => [
  { index: 0, id: 'call_1', type: 'function', function: { name: 'get_weather', arguments: args } },
];
const more = (args: string) => [{ index: 0, function: { arguments: args } }];

describe('chat completions', () =>
  testProvider(
    {
      plugin: openai,
      config: (url) => ({ baseUrl: `${url}/v1`, apiKey: 'sk-a-test-key' }),
      model: 'm',
      fixtures: [
        {
          name: 'text in two pieces, with letters of two bytes',
          streamed: chunks([{ role: 'assistant', content: '' }, { content: 'Grüß ' }, { content: 'Gott' }], 'stop'),
          whole: completion({ role: 'assistant', content: 'Grüß Gott' }, 'stop'),
        },
        {
          name: 'reasoning, then a tool call',
          request: { tools: TOOLS },
          streamed: chunks(
            [
              { reasoning_content: 'Wea' },
              { reasoning_content: 'ther' },
              { tool_calls: call('{"city":') },
              { tool_calls: more('"Oslo"}') },
            ],
            'tool_calls',
          ),
          whole: completion(
            { role: 'assistant', content: null, reasoning_content: 'Weather', tool_calls: call('{"city":"Oslo"}') },
            'tool_calls',
          ),
        },
      ],
    },
    test,
  ));

const USAGE = {
  ...{ input_tokens: 11, output_tokens: 7, total_tokens: 18 },
  ...{ input_tokens_details: { cached_tokens: 4 }, output_tokens_details: { reasoning_tokens: 2 } },
};
const RESPONSE = {
  id: 'resp_1',
  object: 'response',
  model: 'gpt-5',
  error: null,
  incomplete_details: null,
  service_tier: 'default',
};

const completed = (output: readonly object[]) => ({ ...RESPONSE, status: 'completed', output, usage: USAGE });
const events = (said: readonly (readonly [type: string, members: object])[], output: readonly object[]) => ({
  headers: SSE,
  body: [
    ['response.created', { response: { ...RESPONSE, status: 'in_progress', output: [], usage: null } }] as const,
    ...said,
    ['response.completed', { response: completed(output) }] as const,
  ]
    .map(([type, members]) => `event: ${type}\ndata: ${JSON.stringify({ type, ...members })}\n\n`)
    .join(''),
});

const TEXT = {
  id: 'msg_1',
  type: 'message',
  status: 'completed',
  role: 'assistant',
  phase: 'final_answer',
  content: [{ type: 'output_text', text: 'Grüß Gott', annotations: [] }],
};
const THOUGHT = {
  id: 'rs_1',
  type: 'reasoning',
  summary: [
    { type: 'summary_text', text: 'One' },
    { type: 'summary_text', text: 'Two' },
  ],
  encrypted_content: 'gAAAAAseal',
};
const CALL = {
  id: 'fc_1',
  type: 'function_call',
  status: 'completed',
  call_id: 'call_1',
  name: 'get_weather',
  arguments: '{"city":"Oslo"}',
};
const FREE = {
  id: 'ctc_1',
  type: 'custom_tool_call',
  status: 'completed',
  call_id: 'call_2',
  name: 'patch',
  input: 'raw "text"',
};
const SEARCH = { id: 'ws_1', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'x' } };
const at = (output_index: number, more: object = {}) => ({ output_index, ...more });

describe('Responses', () =>
  testProvider(
    {
      plugin: openai,
      config: (url) => ({ baseUrl: `${url}/v1`, apiKey: 'sk-a-test-key', api: 'responses' }),
      model: 'gpt-5',
      fixtures: [
        {
          name: 'text in two pieces, with letters of two bytes',
          streamed: events(
            [
              ['response.output_item.added', at(0, { item: { ...TEXT, content: [] } })],
              ['response.content_part.added', at(0, { content_index: 0, part: { type: 'output_text', text: '' } })],
              ['response.output_text.delta', at(0, { content_index: 0, delta: 'Grüß ' })],
              ['response.output_text.delta', at(0, { content_index: 0, delta: 'Gott' })],
              ['response.output_text.done', at(0, { content_index: 0, text: 'Grüß Gott' })],
              ['response.output_item.done', at(0, { item: TEXT })],
            ],
            [TEXT],
          ),
          whole: { headers: JSON_HEADERS, body: JSON.stringify(completed([TEXT])) },
        },
        {
          name: 'signed reasoning of two paragraphs, a search of OpenAI’s own, a tool call and one of free text',
          request: { tools: [...TOOLS, { kind: 'custom', name: 'patch' }] },
          streamed: events(
            [
              ['response.output_item.added', at(0, { item: { ...THOUGHT, summary: [] } })],
              ['response.reasoning_summary_text.delta', at(0, { summary_index: 0, delta: 'On' })],
              ['response.reasoning_summary_text.delta', at(0, { summary_index: 0, delta: 'e' })],
              ['response.reasoning_summary_text.delta', at(0, { summary_index: 1, delta: 'Two' })],
              ['response.output_item.done', at(0, { item: THOUGHT })],
              ['response.output_item.added', at(1, { item: { ...SEARCH, status: 'in_progress' } })],
              ['response.output_item.done', at(1, { item: SEARCH })],
              ['response.output_item.added', at(2, { item: { ...CALL, arguments: '' } })],
              ['response.function_call_arguments.delta', at(2, { delta: '{"city":' })],
              ['response.function_call_arguments.delta', at(2, { delta: '"Oslo"}' })],
              ['response.output_item.done', at(2, { item: CALL })],
              ['response.output_item.added', at(3, { item: { ...FREE, input: '' } })],
              ['response.custom_tool_call_input.delta', at(3, { delta: 'raw "text"' })],
              ['response.output_item.done', at(3, { item: FREE })],
            ],
            [THOUGHT, SEARCH, CALL, FREE],
          ),
          whole: { headers: JSON_HEADERS, body: JSON.stringify(completed([THOUGHT, SEARCH, CALL, FREE])) },
        },
      ],
    },
    test,
  ));
