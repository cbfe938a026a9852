// The frames of ConverseStream, their headers and their checksums.
import { expect, test } from 'vitest';
import { type ChatEvent, type FinishEvent, RouterError } from '../../contract/index.ts';
import { FrameReader } from '../../wire/event-stream.ts';
import { bedrockConverse } from './index.ts';

const { echo } = bedrockConverse.decode({ messages: [] }, { headers: {}, model: 'claude', stream: true });
const context = { requestId: 'r', model: 'claude', createdS: 1, echo };
const finish: FinishEvent = {
  type: 'finish',
  reason: 'stop',
  rawReason: 'end_turn',
  usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 },
  extensions: { 'bedrock-converse': { metrics: { latencyMs: 7 } } },
};

/** Every frame as its headers and payload; the reader checks lengths and checksums. */
function framesOf(...written: readonly Uint8Array[]): [string | undefined, unknown][] {
  const reader = new FrameReader();
  const frames: [string | undefined, unknown][] = [];
  for (const bytes of written) reader.push(bytes);
  for (let frame = reader.next(); frame; frame = reader.next()) {
    const { messageType, eventType, exceptionType } = frame.headers;
    frames.push([messageType === 'event' ? eventType : `${messageType}: ${exceptionType}`, JSON.parse(frame.text())]);
  }
  reader.end();
  return frames;
}

function encode(...events: ChatEvent[]): [string | undefined, unknown][] {
  const encoder = bedrockConverse.createEncoder(context);
  return framesOf(...events.map((event) => encoder.push(event)));
}

test('a frame has the three headers of Bedrock', () => {
  const encoder = bedrockConverse.createEncoder(context);
  const bytes = Buffer.from(encoder.push({ type: 'start', id: 'up', model: 'wire' }));
  const headers = bytes.subarray(12, 12 + bytes.readUInt32BE(4)).toString('latin1');
  expect(headers.match(/:[a-z-]+/g)).toEqual([':event-type', ':content-type', ':message-type']);
  expect(headers).toContain('application/json');
});

test('text and reasoning have no start, a call has; a block without content is none', () => {
  expect(
    encode(
      { type: 'start', id: 'up', model: 'wire' },
      { type: 'block-start', index: 0, block: { type: 'text' } },
      { type: 'block-end', index: 0 },
      { type: 'block-start', index: 1, block: { type: 'reasoning', origin: 'claude' } },
      { type: 'block-end', index: 1, signature: 'only signed' },
      { type: 'block-start', index: 2, block: { type: 'text' } },
      { type: 'block-delta', index: 2, text: 'a"b', citation: { title: 'T' } },
      { type: 'block-end', index: 2 },
      { type: 'block-start', index: 3, block: { type: 'tool-call', id: 'c', name: 'f' } },
      { type: 'block-end', index: 3 },
      finish,
    ),
  ).toEqual([
    ['messageStart', { role: 'assistant' }],
    ['contentBlockDelta', { contentBlockIndex: 0, delta: { reasoningContent: { signature: 'only signed' } } }],
    ['contentBlockStop', { contentBlockIndex: 0 }],
    ['contentBlockDelta', { contentBlockIndex: 1, delta: { text: 'a"b' } }],
    ['contentBlockDelta', { contentBlockIndex: 1, delta: { citation: { title: 'T' } } }],
    ['contentBlockStop', { contentBlockIndex: 1 }],
    ['contentBlockStart', { contentBlockIndex: 2, start: { toolUse: { toolUseId: 'c', name: 'f' } } }],
    ['contentBlockStop', { contentBlockIndex: 2 }],
    ['messageStop', { stopReason: 'end_turn' }],
    ['metadata', { usage: { inputTokens: 3, outputTokens: 5, totalTokens: 8 }, metrics: { latencyMs: 7 } }],
  ]);
});

test('what the vendor itself ran, and an image in pieces that are whole bytes', () => {
  const data = 'AAAA'.repeat(1_500_000);
  const frames = encode(
    { type: 'start', id: 'up', model: 'wire' },
    { type: 'block-start', index: 0, block: { type: 'tool-call', id: 's', name: 'search', server: true } },
    { type: 'block-delta', index: 0, text: '{"q":1}' },
    { type: 'block-end', index: 0 },
    { type: 'block-start', index: 1, block: { type: 'tool-result', id: 's', server: true } },
    { type: 'block-delta', index: 1, text: '{"hits":1}' },
    { type: 'block-end', index: 1 },
    { type: 'block-start', index: 2, block: { type: 'media', mediaType: 'image/png' } },
    { type: 'block-end', index: 2, data },
  );
  expect(frames.slice(1, 7).map(([, payload]) => payload)).toEqual([
    { contentBlockIndex: 0, start: { toolUse: { toolUseId: 's', name: 'search', type: 'server_tool_use' } } },
    { contentBlockIndex: 0, delta: { toolUse: { input: '{"q":1}' } } },
    { contentBlockIndex: 0 },
    { contentBlockIndex: 1, start: { toolResult: { toolUseId: 's', type: 'search_result', status: 'success' } } },
    { contentBlockIndex: 1, delta: { toolResult: [{ json: { hits: 1 } }] } },
    { contentBlockIndex: 1 },
  ]);
  const pieces = frames.slice(8, -1).map(([, payload]) => Object(payload).delta.image.source.bytes);
  expect(pieces.length).toBe(2);
  expect(pieces.every((piece) => piece.length % 4 === 0)).toBe(true);
  expect(pieces.join('') === data).toBe(true);
});

test('an event that makes no bytes, and silence', () => {
  const encoder = bedrockConverse.createEncoder(context);
  expect(encoder.push({ type: 'block-start', index: 0, block: { type: 'text' } })).toHaveLength(0);
  expect(encoder.heartbeat).toHaveLength(0);
});

test.each([
  ['rate-limited', 'throttlingException'],
  ['upstream-failed', 'modelStreamErrorException'],
  ['upstream-timeout', 'modelStreamErrorException'],
  ['upstream-denied', 'modelStreamErrorException'],
  ['overloaded', 'serviceUnavailableException'],
  ['content-blocked', 'validationException'],
  ['internal', 'internalServerException'],
] as const)('%s ends a stream as %s', (code, type) => {
  const encoder = bedrockConverse.createEncoder(context);
  const error = new RouterError(code, 'arn:aws:secret', { publicMessage: 'no luck' });
  expect(framesOf(encoder.fail(error))).toEqual([[`exception: ${type}`, { message: 'no luck' }]]);
});

test('an answer that breaks the grammar is a failure, not a frame', () => {
  const encoder = bedrockConverse.createEncoder(context);
  expect(() => encoder.push({ type: 'block-delta', index: 4, text: 'x' })).toThrow(RouterError);
});
