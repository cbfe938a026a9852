import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChatEvent } from '../contract/index.ts';
import { collect } from './collect.ts';
import { InOrder } from './in-order.ts';

const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const start: ChatEvent = { type: 'start', id: 'a', model: 'm' };
const finish: ChatEvent = { type: 'finish', reason: 'stop', rawReason: 'end', usage };
const opens = (index: number): ChatEvent => ({ type: 'block-start', index, block: { type: 'text' } });
const says = (index: number, text: string): ChatEvent => ({ type: 'block-delta', index, text });
const ends = (index: number): ChatEvent => ({ type: 'block-end', index });

function ordered(events: readonly ChatEvent[]): ChatEvent[] {
  const given: ChatEvent[] = [];
  const inOrder = new InOrder((event) => given.push(event));
  for (const event of events) inOrder.push(event);
  return given;
}

/** Three blocks whose events come in any mixture that the grammar allows. */
const interleaved = fc
  .array(fc.array(fc.string({ maxLength: 3 }), { maxLength: 4 }), { maxLength: 4 })
  .chain((texts) => {
    const queues = texts.map((pieces, index) => [
      opens(index),
      ...pieces.map((piece) => says(index, piece)),
      ends(index),
    ]);
    const count = queues.reduce((sum, queue) => sum + queue.length, 0);
    return fc.array(fc.nat(), { minLength: count, maxLength: count }).map((picks) => {
      const left = queues.map((queue) => [...queue]);
      const mixed: ChatEvent[] = picks.map((pick) => {
        const alive = left.filter((queue) => queue.length > 0);
        // There are as many picks as events, so there is always one left to take.
        return alive[pick % alive.length]?.shift() as ChatEvent;
      });
      return [start, ...mixed, finish];
    });
  });

test('an answer in order passes as it is, event by event', () => {
  const events = [start, opens(3), says(3, 'a'), ends(3), opens(1), says(1, 'b'), ends(1), finish];
  expect(ordered(events)).toEqual(events);
});

test('whatever is interleaved: never more than one block is open, and the answer is the same', async () => {
  await fc.assert(
    fc.asyncProperty(interleaved, async (events) => {
      const given = ordered(events);
      let open: number | undefined;
      for (const event of given) {
        if (event.type === 'block-start') {
          expect(open).toBe(undefined);
          open = event.index;
        } else if (event.type === 'block-delta') expect(event.index).toBe(open);
        else if (event.type === 'block-end') {
          expect(event.index).toBe(open);
          open = undefined;
        }
      }
      const whole = (list: readonly ChatEvent[]) =>
        collect(
          (async function* () {
            yield* list;
          })(),
        );
      expect(await whole(given)).toEqual(await whole(events));
    }),
  );
});

test.each([
  ['a delta of a block that never began', [start, says(0, 'a')]],
  ['a block that begins twice', [start, opens(0), opens(0)]],
  ['a waiting block that begins twice', [start, opens(0), opens(1), opens(1)]],
  ['a delta after the end', [start, opens(0), opens(1), ends(1), says(1, 'a')]],
  ['a finish inside a block', [start, opens(0), finish]],
])('%s is the upstream’s failure', (_, events) => {
  expect(() => ordered(events)).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
});

test('what waits is bounded, and what has left no longer counts', () => {
  const piece = 'x'.repeat(300_000);
  const waits = [start, opens(0), opens(1), says(1, piece), says(1, piece), says(1, piece)];
  expect(() => ordered([...waits, says(1, piece)])).toThrow(expect.objectContaining({ code: 'upstream-failed' }));
  expect(ordered([...waits, ends(0), opens(2), says(2, piece), says(2, piece)])).toHaveLength(7);
});
