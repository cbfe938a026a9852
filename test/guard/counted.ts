// A router in a process of its own that counts what it does: promises, timers, listeners, writes to sockets. Asked over IPC.
import { createHook } from 'node:async_hooks';
import { Socket } from 'node:net';

/** What is counted; none of it depends on the machine. */
export interface Counts {
  /** Each is at least one hop through the queue of microtasks, and garbage. */
  promises: number;
  timers: number;
  /** Of AbortSignals. */
  listeners: number;
  /** To sockets, the client's and the upstream's: a system call each. */
  writes: number;
}

const counts: Counts = { promises: 0, timers: 0, listeners: 0, writes: 0 };

createHook({
  init(_id, type) {
    if (type === 'PROMISE') counts.promises++;
    else if (type === 'Timeout') counts.timers++;
  },
}).enable();

/** Counts the calls of a method of node's own, and leaves it as it is. */
function counting(prototype: object, name: string, count: keyof Counts): void {
  const method = Reflect.get(prototype, name);
  const counted = function (this: unknown, ...args: unknown[]): unknown {
    counts[count]++;
    return method.apply(this, args);
  };
  Reflect.set(prototype, name, counted);
}
counting(EventTarget.prototype, 'addEventListener', 'listeners');
counting(Socket.prototype, '_write', 'writes');
counting(Socket.prototype, '_writev', 'writes');

// Only now, so that nothing of it is missed.
const { openHouse } = await import('../house.ts');
const house = await openHouse(process.argv[2] ?? '');
process.on('message', (word) => {
  if (word === 'figures') process.send?.(counts);
  else void house.close().then(() => process.disconnect());
});
process.send?.(house.url);
