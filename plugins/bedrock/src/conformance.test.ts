// The kit, for Bedrock: Converse's frames, and its whole answers.
import { testProvider } from '@turnout/core/testing';
import { test } from 'vitest';
import { eventFrame } from '../test/fixture.ts';
import bedrock from './index.ts';

const USAGE = { inputTokens: 11, outputTokens: 7, totalTokens: 18, cacheReadInputTokens: 0, cacheWriteInputTokens: 0 };
const HEADERS = { 'content-type': 'application/vnd.amazon.eventstream', 'x-amzn-requestid': 'aws-1' };
const JSON_HEADERS = { 'content-type': 'application/json', 'x-amzn-requestid': 'aws-1' };
const CALL = { toolUseId: 'tooluse_1', name: 'get_weather' };
const SIGNATURE = 'c2lnbmF0dXJl';

type Frame = readonly [type: string, payload: object];
const delta = (contentBlockIndex: number, delta: object): Frame => ['contentBlockDelta', { contentBlockIndex, delta }];
const stop = (contentBlockIndex: number): Frame => ['contentBlockStop', { contentBlockIndex }];
const ending = (stopReason: string): Frame[] => [
  ['messageStop', { stopReason }],
  ['metadata', { usage: USAGE, metrics: { latencyMs: 5 } }],
];

const streamed = (frames: readonly Frame[], stopReason: string) => ({
  headers: HEADERS,
  body: Buffer.concat(
    [['messageStart', { role: 'assistant' }] as const, ...frames, ...ending(stopReason)].map(([type, payload]) =>
      eventFrame(type, payload),
    ),
  ),
});
const whole = (content: readonly object[], stopReason: string) => ({
  headers: JSON_HEADERS,
  body: JSON.stringify({
    output: { message: { role: 'assistant', content } },
    stopReason,
    usage: USAGE,
    metrics: { latencyMs: 5 },
  }),
});

const tools = [{ kind: 'function', name: 'get_weather', schema: { type: 'object', properties: {} } }] as const;

testProvider(
  {
    plugin: bedrock,
    config: (url) => ({ region: 'us-east-1', endpoint: url, auth: { mode: 'api-key', apiKey: 'a-test-key' } }),
    model: 'anthropic.claude-sonnet-5',
    fixtures: [
      {
        name: 'text in two pieces, with letters of two bytes',
        streamed: streamed([delta(0, { text: 'Grüß ' }), delta(0, { text: 'Gott' }), stop(0)], 'end_turn'),
        whole: whole([{ text: 'Grüß Gott' }], 'end_turn'),
      },
      {
        name: 'signed reasoning, then a tool call',
        request: { tools, reasoning: { effort: 'low' } },
        streamed: streamed(
          [
            delta(0, { reasoningContent: { text: 'Weather' } }),
            delta(0, { reasoningContent: { signature: SIGNATURE } }),
            stop(0),
            ['contentBlockStart', { contentBlockIndex: 1, start: { toolUse: CALL } }],
            delta(1, { toolUse: { input: '{"city":' } }),
            delta(1, { toolUse: { input: '"Oslo"}' } }),
            stop(1),
          ],
          'tool_use',
        ),
        whole: whole(
          [
            { reasoningContent: { reasoningText: { text: 'Weather', signature: SIGNATURE } } },
            { toolUse: { ...CALL, input: { city: 'Oslo' } } },
          ],
          'tool_use',
        ),
      },
    ],
  },
  test,
);
