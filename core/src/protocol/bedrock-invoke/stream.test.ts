// The chunks of InvokeModelWithResponseStream.
import { expect, test } from 'vitest';
import { type ChatEvent, RouterError } from '../../contract/index.ts';
import { FrameReader } from '../../wire/event-stream.ts';
import { collect } from '../collect.ts';
import { bedrockInvoke } from './index.ts';

const body = { anthropic_version: 'bedrock-2023-05-31', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] };
const { echo } = bedrockInvoke.decode(body, { headers: {}, model: 'claude', stream: true });
const context = { requestId: 'r', model: 'claude', createdS: 1, echo };

/** The JSON in every chunk. */
function chunksOf(written: readonly Uint8Array[]): { type?: string }[] {
  const reader = new FrameReader();
  for (const bytes of written) reader.push(bytes);
  const chunks: { type?: string }[] = [];
  for (let frame = reader.next(); frame; frame = reader.next()) {
    expect(frame.headers).toMatchObject({ messageType: 'event', eventType: 'chunk' });
    chunks.push(JSON.parse(Buffer.from(JSON.parse(frame.text()).bytes, 'base64').toString()));
  }
  reader.end();
  return chunks;
}

const events: readonly ChatEvent[] = [
  { type: 'start', id: 'up', model: 'wire' },
  { type: 'block-start', index: 0, block: { type: 'text' } },
  { type: 'block-delta', index: 0, text: 'Grüß Gott 👋' },
  { type: 'block-end', index: 0 },
  {
    type: 'finish',
    reason: 'stop',
    rawReason: 'end_turn',
    usage: { inputTokens: 3, outputTokens: 5, totalTokens: 15, cacheReadTokens: 7, cacheWriteTokens: 0 },
  },
];

test("Messages' events in frames, the last one with Bedrock's own counts", () => {
  const encoder = bedrockInvoke.createEncoder(context);
  const chunks = chunksOf(events.map((event) => encoder.push(event)));
  expect(chunks.map(({ type }) => type)).toEqual([
    'message_start',
    'content_block_start',
    'content_block_delta',
    'content_block_stop',
    'message_delta',
    'message_stop',
  ]);
  expect(chunks[2]).toMatchObject({ delta: { type: 'text_delta', text: 'Grüß Gott 👋' } });
  const { invocationLatency, firstByteLatency, ...counts } = Object(chunks.at(-1))['amazon-bedrock-invocationMetrics'];
  expect(counts).toEqual({
    inputTokenCount: 3,
    outputTokenCount: 5,
    cacheReadInputTokenCount: 7,
    cacheWriteInputTokenCount: 0,
  });
  expect(firstByteLatency >= 0 && invocationLatency >= firstByteLatency).toBe(true);
});

test('a timeout has an exception of its own here', () => {
  const encoder = bedrockInvoke.createEncoder(context);
  const reader = new FrameReader();
  // One kind of bytes an answer: frames.
  reader.push(encoder.fail(new RouterError('upstream-timeout', 'no luck')));
  const frame = reader.next();
  expect(frame?.headers).toMatchObject({ messageType: 'exception', exceptionType: 'modelTimeoutException' });
  expect(frame?.text()).toBe('{"message":"no luck"}');
  expect(encoder.heartbeat).toHaveLength(0);
});

test('the head of a whole answer counts tokens, as Bedrock does; that of a stream says what is in the chunks', async () => {
  const result = await collect(
    (async function* () {
      yield* events;
    })(),
  );
  expect(bedrockInvoke.answerHeaders(result, context)).toEqual({
    'x-amzn-bedrock-input-token-count': '3',
    'x-amzn-bedrock-output-token-count': '5',
    'x-amzn-bedrock-cache-read-input-token-count': '7',
    'x-amzn-bedrock-cache-write-input-token-count': '0',
    'x-amzn-bedrock-invocation-latency': expect.stringMatching(/^\d+$/),
  });
  expect(bedrockInvoke.answerHeaders(undefined, context)).toEqual({
    'x-amzn-bedrock-content-type': 'application/json',
  });
});
