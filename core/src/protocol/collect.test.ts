// Events add up to the whole answer, and broken sequences fail.
import { expect, test } from 'vitest';
import type { ChatEvent, FinishEvent } from '../contract/index.ts';
import { collect, createCollector } from './collect.ts';

const usage = { inputTokens: 3, outputTokens: 5, totalTokens: 8 };
const finish: FinishEvent = { type: 'finish', reason: 'stop', rawReason: 'end_turn', usage };
const start: ChatEvent = { type: 'start', id: 'up-1', model: 'wire-model', usage: { inputTokens: 3 } };

async function* stream(...events: ChatEvent[]): AsyncGenerator<ChatEvent> {
  yield* events;
}

test('interleaved blocks come out in the order in which they began', async () => {
  const result = await collect(
    stream(
      start,
      { type: 'block-start', index: 4, block: { type: 'reasoning', origin: 'claude' }, extensions: { a: { one: 1 } } },
      { type: 'block-start', index: 1, block: { type: 'text' } },
      { type: 'block-delta', index: 1, text: 'Hel', citation: { source: 'u' } },
      { type: 'block-delta', index: 4, text: 'thin' },
      { type: 'block-delta', index: 1, text: 'lo' },
      { type: 'block-end', index: 1 },
      { type: 'block-delta', index: 4, text: 'king' },
      { type: 'block-end', index: 4, signature: 'sig', extensions: { a: { two: 2 }, b: { three: 3 } } },
      { type: 'block-start', index: 2, block: { type: 'media', mediaType: 'image/png' } },
      { type: 'block-end', index: 2, data: 'AAAA' },
      finish,
    ),
  );
  expect(result).toEqual({
    id: 'up-1',
    model: 'wire-model',
    finish,
    blocks: [
      {
        block: { type: 'reasoning', origin: 'claude' },
        text: 'thinking',
        signature: 'sig',
        extensions: { a: { one: 1, two: 2 }, b: { three: 3 } },
      },
      { block: { type: 'text' }, text: 'Hello', citations: [{ source: 'u' }] },
      { block: { type: 'media', mediaType: 'image/png' }, text: '', data: 'AAAA' },
    ],
  });
});

test('a stream that ends without finish is upstream-failed and keeps the usage it had', async () => {
  await expect(collect(stream(start))).rejects.toMatchObject({ code: 'upstream-failed', usage: { inputTokens: 3 } });
  await expect(collect(stream())).rejects.toMatchObject({ code: 'upstream-failed', usage: undefined });
});

test('a finish inside a block is upstream-failed', async () => {
  const events = stream(start, { type: 'block-start', index: 0, block: { type: 'text' } }, finish);
  await expect(collect(events)).rejects.toMatchObject({ code: 'upstream-failed', usage });
});

test.each<[string, ChatEvent[]]>([
  ['a delta of a block that never began', [start, { type: 'block-delta', index: 0, text: 'x' }]],
  ['an end of a block that never began', [start, { type: 'block-end', index: 0 }]],
  [
    'a delta after the end of its block',
    [
      start,
      { type: 'block-start', index: 0, block: { type: 'text' } },
      { type: 'block-end', index: 0 },
      { type: 'block-delta', index: 0, text: 'x' },
    ],
  ],
  [
    'an index used twice',
    [
      start,
      { type: 'block-start', index: 0, block: { type: 'text' } },
      { type: 'block-end', index: 0 },
      { type: 'block-start', index: 0, block: { type: 'text' } },
    ],
  ],
])('refuses %s', (_, events) => {
  const collector = createCollector();
  expect(() => {
    for (const event of events) collector.push(event);
  }).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
});

test('an error of the stream passes through', async () => {
  async function* broken(): AsyncGenerator<ChatEvent> {
    yield start;
    throw new Error('socket gone');
  }
  await expect(collect(broken())).rejects.toThrow('socket gone');
});
