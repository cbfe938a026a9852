// A whole answer as JSON.
import { expect, test } from 'vitest';
import type { ResultBlock } from '../../contract/index.ts';
import { messageOf } from './encode.ts';

const context = { requestId: 'r1', model: 'alias', createdS: 1, echo: { names: new Map<string, string>() } };
const finish = {
  type: 'finish',
  reason: 'tool-calls',
  rawReason: 'tool_use',
  usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
} as const;
const written = (...blocks: ResultBlock[]): string => messageOf({ id: 'up', model: 'wire', blocks, finish }, context);

test('a message', () => {
  expect(
    JSON.parse(
      written(
        { block: { type: 'reasoning', origin: 'claude' }, text: 'hm', signature: 's' },
        { block: { type: 'text' }, text: 'x' },
        { block: { type: 'text' }, text: '' },
        {
          block: { type: 'tool-call', id: 't', name: 'f' },
          text: '{"a":1}',
          extensions: { 'anthropic-messages': { caller: { type: 'direct' } } },
        },
      ),
    ),
  ).toEqual({
    id: 'msg_r1',
    type: 'message',
    role: 'assistant',
    model: 'alias',
    content: [
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'text', text: 'x' },
      { type: 'tool_use', id: 't', name: 'f', caller: { type: 'direct' }, input: { a: 1 } },
    ],
    stop_reason: 'tool_use',
    stop_sequence: null,
    stop_details: null,
    usage: {
      input_tokens: 3,
      cache_creation_input_tokens: 0,
      cache_read_input_tokens: 0,
      cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
      output_tokens: 5,
    },
  });
});

test.each([
  ['', '{}'],
  [' \n', '{}'],
  ['{"a": 1.0, "b": 12345678901234567890}', '{"a": 1.0, "b": 12345678901234567890}'],
  ['[1]', '[1]'],
  ['{"cut": "of', '"{\\"cut\\": \\"of"'],
])('the input %j is written %s', (text, json) => {
  expect(written({ block: { type: 'tool-call', id: 't', name: 'f' }, text })).toContain(`"input":${json}}`);
});

test('an answer of nothing has no content', () => {
  expect(JSON.parse(written())).toMatchObject({ content: [] });
});

test('a block that only Anthropic has is as it was', () => {
  const compaction = { type: 'compaction', content: 'so far' };
  const extensions = { 'anthropic-messages': { compaction } };
  expect(JSON.parse(written({ block: { type: 'text' }, text: 'so far', extensions })).content).toEqual([compaction]);
});
