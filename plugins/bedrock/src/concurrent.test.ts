// Several calls as one: the order of the results, the bound, and what a failure does to the rest.
import { describe, expect, it } from 'vitest';
import { mapConcurrently } from './concurrent.ts';

const turn = () => new Promise<void>((next) => setImmediate(next));
const never = new AbortController().signal;

describe('mapConcurrently', () => {
  it.each([0, 1, 2, 7, 30])('%i items: results in order, at most three at a time', async (count) => {
    let running = 0;
    let most = 0;
    const items = Array.from({ length: count }, (_, i) => i);
    const results = await mapConcurrently(items, { max: 3, signal: never }, async (item) => {
      most = Math.max(most, ++running);
      for (let i = 0; i <= (item * 7) % 5; i++) await turn();
      running--;
      return item * 2;
    });
    expect(results).toEqual(items.map((item) => item * 2));
    expect(most).toBe(Math.min(3, count));
  });

  it('throws the first failure once all have ended, and begins no more', async () => {
    const begun: number[] = [];
    let running = 0;
    const failing = mapConcurrently([0, 1, 2, 3, 4], { max: 3, signal: never }, async (item, signal) => {
      begun.push(item);
      running++;
      try {
        await turn();
        if (item === 1) throw new Error('one is broken');
        await new Promise((_, refuse) => signal.addEventListener('abort', () => refuse(signal.reason)));
      } finally {
        await turn();
        running--;
      }
    });
    await expect(failing).rejects.toThrow('one is broken');
    expect(running).toBe(0);
    expect(begun).toEqual([0, 1, 2]);
  });

  it("hands on the caller's abort", async () => {
    const caller = new AbortController();
    const all = mapConcurrently([1, 2], { max: 2, signal: caller.signal }, async (_, signal) => {
      await new Promise((_, refuse) => signal.addEventListener('abort', () => refuse(signal.reason)));
    });
    caller.abort(new Error('gone'));
    await expect(all).rejects.toThrow('gone');
  });
});
