// Half a character is never told.
import { expect, test } from 'vitest';
import type { ChatEvent } from '../contract/index.ts';
import { InOrder } from './in-order.ts';
import { openaiChat } from './openai-chat/index.ts';
import { WholeCharacters } from './whole-characters.ts';

test.each([
  [
    ['a\ud83d', '\ude00b'],
    ['a', '\u{1f600}b', ''],
  ],
  [
    ['\ud83d', '', '\ude00'],
    ['', '', '\u{1f600}', ''],
  ],
  [
    ['\ud83d', '\ude00\ud83d', '\ude00'],
    ['', '\u{1f600}', '\u{1f600}', ''],
  ],
  [['a\ud83d'], ['a', '\ufffd']],
  [
    ['plain', 'é\u{1f600}'],
    ['plain', 'é\u{1f600}', ''],
  ],
])('%j', (pieces, told) => {
  const characters = new WholeCharacters();
  expect([...pieces.map((piece) => characters.take(piece)), characters.end()]).toEqual(told);
});

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const cut: readonly ChatEvent[] = [
  { type: 'start', id: 'x', model: 'm' },
  { type: 'block-start', index: 0, block: { type: 'text' } },
  { type: 'block-start', index: 1, block: { type: 'tool-call', id: 'c', name: 'f' } },
  { type: 'block-delta', index: 0, text: 'a\ud83d' },
  { type: 'block-delta', index: 1, text: '{"a":"\ud83d' },
  { type: 'block-delta', index: 0, text: '\ude00' },
  { type: 'block-delta', index: 1, text: '\ude00"}' },
  { type: 'block-end', index: 1 },
  { type: 'block-delta', index: 0, text: '\ud83d' },
  { type: 'block-end', index: 0 },
  { type: 'finish', reason: 'tool-calls', rawReason: 'tool_use', usage },
];

test('in blocks one after the other, interleaved as they may come', () => {
  const texts = ['', ''];
  const order = new InOrder((event) => {
    if (event.type !== 'block-delta') return;
    expect(event.text.isWellFormed()).toBe(true);
    texts[event.index] += event.text;
  });
  for (const event of cut) order.push(event);
  expect(texts).toEqual(['a\u{1f600}\ufffd', '{"a":"\u{1f600}"}']);
});

test('in the lanes of chat', () => {
  const { echo } = openaiChat.decode({ model: 'm', messages: [{ role: 'user', content: 'hi' }] });
  const encoder = openaiChat.createEncoder({ requestId: 'r', model: 'm', createdS: 1, echo });
  const out = cut.map((event) => encoder.push(event)).join('');
  expect(out).not.toMatch(/\\ud[89a-f]/);
  expect(out).toContain('\u{1f600}');
  expect(out).toContain('\ufffd');
});
