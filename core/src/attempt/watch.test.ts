import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Watch } from './watch.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('ends a silence with upstream-timeout that names what was missing', () => {
  const watch = new Watch(new AbortController().signal);
  watch.expect('first token', 1_000);
  vi.advanceTimersByTime(900);
  watch.touch();
  vi.advanceTimersByTime(900);
  expect(watch.signal.aborted).toBe(false);
  vi.advanceTimersByTime(200);
  expect(watch.signal.reason).toMatchObject({ code: 'upstream-timeout', message: 'no first token within 1000 ms' });
});

test('while paused any silence is allowed', () => {
  const watch = new Watch(new AbortController().signal);
  watch.expect('further event', 1_000);
  watch.pause();
  vi.advanceTimersByTime(60_000);
  expect(watch.signal.aborted).toBe(false);
});

test('passes its parent on, and leaves neither timer nor listener behind', () => {
  const parent = new AbortController();
  const watch = new Watch(parent.signal);
  const other = new Watch(parent.signal);
  other.expect('first token', 1_000);
  other.end();
  other.expect('further event', 1_000);
  parent.abort(new Error('client gone'));
  expect(watch.signal.reason).toEqual(new Error('client gone'));
  expect(other.signal.aborted).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
  expect(() => new Watch(parent.signal)).toThrow('client gone');
});
