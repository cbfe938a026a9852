import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { RouterError } from '../contract/index.ts';
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

describe('who is to blame for a deadline', () => {
  const over = new RouterError('upstream-timeout', 'no complete answer within 5000 ms', { own: true });
  /** How the call failed after `live`, with a patience of a second. */
  const failureAfter = (live: (watch: Watch) => void, reason: RouterError = over): RouterError => {
    const parent = new AbortController();
    const watch = new Watch(parent.signal, { patienceMs: 1_000 });
    live(watch);
    parent.abort(reason);
    const failure = watch.failureOf(new Error('aborted'));
    watch.end(failure);
    expect(vi.getTimerCount()).toBe(0);
    return failure;
  };

  test('the target, after a silence of all its patience', () => {
    const failure = failureAfter((watch) => {
      watch.ask();
      vi.advanceTimersByTime(1_000);
    });
    expect(failure).toMatchObject({ code: 'upstream-timeout', own: false, message: over.message });
  });

  test.each<[string, (watch: Watch) => void]>([
    [
      'after a shorter silence',
      (watch) => {
        watch.ask();
        vi.advanceTimersByTime(999);
      },
    ],
    ['while the call waits for its place', () => vi.advanceTimersByTime(60_000)],
    [
      'in the midst of an answer',
      (watch) => {
        watch.ask();
        watch.expect('further event', 20_000);
        for (let n = 0; n < 20; n++) {
          vi.advanceTimersByTime(600);
          watch.touch();
        }
      },
    ],
    [
      'while its own client does not read',
      (watch) => {
        watch.ask();
        watch.expect('further event', 5_000);
        watch.pause();
        vi.advanceTimersByTime(60_000);
      },
    ],
  ])('nobody %s', (_when, live) => {
    expect(failureAfter(live)).toBe(over);
  });

  test('and a client that leaves is never a failure', () => {
    const gone = new RouterError('cancelled', 'the client has left');
    const failure = failureAfter((watch) => {
      watch.ask();
      vi.advanceTimersByTime(60_000);
    }, gone);
    expect(failure).toBe(gone);
  });
});

test("ends at the provider's own limit where that is before the request's", () => {
  const watch = new Watch(new AbortController().signal, { patienceMs: 1_000, endMs: performance.now() + 3_000 });
  watch.ask();
  watch.expect('further event', 60_000);
  vi.advanceTimersByTime(2_000);
  watch.touch();
  vi.advanceTimersByTime(1_000);
  expect(watch.signal.reason).toMatchObject({ code: 'upstream-timeout', own: true });
  watch.end();
  const early = new Watch(new AbortController().signal, { endMs: performance.now() + 3_000 });
  early.end();
  expect(vi.getTimerCount()).toBe(0);
});
