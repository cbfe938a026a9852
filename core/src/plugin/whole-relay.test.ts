import { expect, test } from 'vitest';
import { WholeRelay } from './whole-relay.ts';

const finish = {
  type: 'finish',
  reason: 'stop',
  rawReason: 'end',
  usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
} as const;
const bytes = Buffer.from('{}');

test.each([true, false])('its bytes, then its end; something to see: %s', async (content) => {
  const events: unknown[] = [];
  for await (const event of new WholeRelay(async () => ({ bytes, content, finish }))) events.push(event);
  expect(events).toStrictEqual([content ? { type: 'bytes', bytes, content } : { type: 'bytes', bytes }, finish]);
});

test('nothing is read before it is asked for, and nothing twice', async () => {
  let reads = 0;
  const relay = new WholeRelay(async () => {
    reads++;
    return { bytes, content: true, finish };
  });
  expect(reads).toBe(0);
  for (let event = 0; event < 4; event++) await relay.next();
  expect(reads).toBe(1);
  expect(await relay.next()).toEqual({ done: true, value: undefined });
});

test('what cannot be read is thrown, and that is the end', async () => {
  const relay = new WholeRelay(async () => {
    throw new Error('cut');
  });
  await expect(relay.next()).rejects.toThrow('cut');
  expect((await relay.next()).done).toBe(true);
});
