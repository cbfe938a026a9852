import { expect, test } from 'vitest';
import type { ChatEvent, RelayEvent } from '../contract/index.ts';
import { peek } from './commit.ts';

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const START: ChatEvent = { type: 'start', id: 'a', model: 'm' };
const FINISH: ChatEvent = { type: 'finish', reason: 'stop', rawReason: 'end', usage };
const block = (type: 'text' | 'reasoning', index = 0): ChatEvent => ({ type: 'block-start', index, block: { type } });
const delta = (text: string, index = 0): ChatEvent => ({ type: 'block-delta', index, text });

async function* stream(...events: ChatEvent[]): AsyncGenerator<ChatEvent> {
  yield* events;
}

test.each<[string, ChatEvent[], number]>([
  ['text', [START, block('text'), delta(''), delta('a'), delta('b'), FINISH], 4],
  [
    'a tool call, before its arguments',
    [START, { type: 'block-start', index: 0, block: { type: 'tool-call', id: 't', name: 'n' } }, FINISH],
    2,
  ],
  ['redacted reasoning', [START, block('reasoning'), { type: 'block-end', index: 0, data: 'AA==' }, FINISH], 3],
  ['the end of an empty answer', [START, block('text'), { type: 'block-end', index: 0 }, FINISH], 4],
])('reads up to the first content: %s', async (_name, events, length) => {
  const opened = await peek(stream(...events));
  expect(opened.head).toEqual(events.slice(0, length));
  expect(opened.complete).toBe(length === events.length);
});

test('a stream that ends before content is incomplete', async () => {
  await expect(peek(stream(START, block('text')))).rejects.toMatchObject({ code: 'upstream-failed' });
});

test('does not wait forever for an answer made of empty deltas', async () => {
  async function* endless(): AsyncGenerator<ChatEvent> {
    yield START;
    yield block('text');
    for (;;) yield delta('');
  }
  expect((await peek(endless())).complete).toBe(false);
});

test('an answer that is passed on is looked at no further than 64 KiB', async () => {
  const bytes: RelayEvent = { type: 'bytes', bytes: new Uint8Array(8 * 1024) };
  async function* endless(): AsyncGenerator<RelayEvent> {
    for (;;) yield bytes;
  }
  expect((await peek(endless())).head).toHaveLength(8);
});
