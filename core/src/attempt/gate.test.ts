import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Gate } from './gate.ts';

const never = new AbortController().signal;

test('lets max in, queues the next, and hands places on in order', async () => {
  const gate = new Gate({ max: 1, queue: 2 });
  expect(gate.tryEnter()).toBe(true);
  expect(gate.tryEnter()).toBe(false);
  const order: number[] = [];
  const first = gate.wait(never).then(() => order.push(1));
  const second = gate.wait(never).then(() => order.push(2));
  await expect(gate.wait(never)).rejects.toMatchObject({ code: 'overloaded' });
  gate.leave();
  await first;
  expect(order).toEqual([1]);
  gate.leave();
  await second;
  expect(gate.busy).toBe(1);
  gate.leave();
  expect(gate.busy).toBe(0);
  expect(gate.tryEnter()).toBe(true);
});

test('who gives up waiting frees its place in the queue', async () => {
  const gate = new Gate({ max: 1, queue: 1 });
  gate.tryEnter();
  const controller = new AbortController();
  const waiting = gate.wait(controller.signal);
  controller.abort(new Error('gone'));
  await expect(waiting).rejects.toThrow('gone');
  const next = gate.wait(never);
  gate.leave();
  await next;
  await expect(gate.wait(AbortSignal.abort(new Error('too late')))).rejects.toThrow('too late');
});

test('a full queue is told at once, with when to come again', async () => {
  const gate = new Gate({ max: 1, queue: 0 });
  gate.tryEnter();
  expect(gate.waiting).toBe(0);
  await expect(gate.wait(never)).rejects.toMatchObject({
    ...{ code: 'overloaded', status: 503, own: true, retryAfterMs: 1_000 },
    message: 'too many requests at once: 1 running and 0 waiting',
  });
});

test('whoever comes and goes: never more inside than may be, nobody is overtaken, no place is lost or given twice', async () => {
  const acts = fc.array(
    fc.record({ act: fc.constantFrom('come', 'come', 'finish', 'give up'), pick: fc.nat(), both: fc.boolean() }),
    { maxLength: 80 },
  );
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 4 }),
      fc.integer({ min: 0, max: 5 }),
      acts,
      async (max, queue, script) => {
        const gate = new Gate({ max, queue });
        const entered: number[] = [];
        const inside = new Set<number>();
        const waiting = new Map<number, AbortController>();
        const enter = (id: number) => {
          waiting.delete(id);
          entered.push(id);
          inside.add(id);
        };
        for (const [id, { act, pick, both }] of script.entries()) {
          if (act === 'come') {
            if (gate.tryEnter()) {
              expect(waiting.size).toBe(0);
              enter(id);
            } else {
              const isFull = waiting.size === queue;
              const controller = new AbortController();
              if (!isFull) waiting.set(id, controller);
              const turned = gate.wait(controller.signal).then(
                () => enter(id),
                (error: { code?: string }) => waiting.delete(id) || expect(error.code).toBe('overloaded'),
              );
              if (isFull) await turned;
            }
          } else if (act === 'finish') {
            const one = [...inside][pick % Math.max(1, inside.size)];
            // Also with the next in line leaving in the same moment.
            if (one !== undefined && inside.delete(one)) gate.leave();
            if (both) [...waiting.values()][0]?.abort(new Error('left'));
          } else [...waiting.values()][pick % Math.max(1, waiting.size)]?.abort(new Error('left'));
          await new Promise(setImmediate);
          expect(gate.busy).toBe(inside.size);
          expect(gate.waiting).toBe(waiting.size);
          expect(inside.size).toBeLessThanOrEqual(max);
          if (waiting.size > 0) expect(inside.size).toBe(max);
        }
        expect(entered).toEqual(entered.toSorted((one, other) => one - other));
      },
    ),
    { numRuns: 200 },
  );
});
