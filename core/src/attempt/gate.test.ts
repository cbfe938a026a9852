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
