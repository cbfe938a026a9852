import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { RouterError } from '../contract/index.ts';
import { type Group, orderedGroup } from '../routing/index.ts';
import type { Client } from './client.ts';
import { setDeadline } from './deadline.ts';
import type { RouteTarget } from './journey.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

// Of a target, a deadline reads its provider's limit alone; of a client, these.
const target = (totalMs: number) => ({ upstream: { config: { timeout: { totalMs } } } }) as RouteTarget;
const clientWith = (header?: string | string[], agoMs = 0) => {
  const ended: RouterError[] = [];
  const incoming = { headers: header === undefined ? {} : { 'x-turnout-deadline-ms': header } } as Client['incoming'];
  return {
    ended,
    incoming,
    arrivedMs: performance.now() - agoMs,
    end: (reason: RouterError) => void ended.push(reason),
  };
};
const groupOf = (...targets: RouteTarget[]): Group<RouteTarget> => orderedGroup(targets);

describe('timeout.total', () => {
  test('of the whole request is the longest of the targets it may reach; each of them keeps its own', () => {
    const [short, long, nested, fallback] = [target(1_000), target(2_000), target(3_000), target(4_000)];
    const inner = { ...groupOf(nested), onContextOverflow: groupOf(fallback) };
    const group = { ...groupOf(short, long), choices: [...groupOf(short, long).choices, { weight: 1, group: inner }] };
    const deadline = setDeadline(clientWith(), { group });
    const nowMs = performance.now();
    expect(deadline.atMs - nowMs).toBe(4_000);
    expect([short, long, nested, fallback].map((one) => deadline.endOf(one) - nowMs)).toEqual([1e3, 2e3, 3e3, 4e3]);
    deadline.clear();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('counts from the arrival of the request, and ends it', () => {
    const client = clientWith(undefined, 400);
    setDeadline(client, { group: groupOf(target(1_000)) });
    vi.advanceTimersByTime(599);
    expect(client.ended).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(client.ended).toMatchObject([
      { code: 'upstream-timeout', own: true, message: 'no complete answer within 1000 ms' },
    ]);
  });
});

describe('x-turnout-deadline-ms', () => {
  test('asks for less, of every target', () => {
    const client = clientWith('300');
    const [short, long] = [target(200), target(1_000)];
    const deadline = setDeadline(client, { group: groupOf(short, long) });
    const nowMs = performance.now();
    expect([deadline.atMs, deadline.endOf(short), deadline.endOf(long)].map((at) => at - nowMs)).toEqual([
      300, 200, 300,
    ]);
    vi.advanceTimersByTime(300);
    expect(client.ended[0]?.message).toBe('no complete answer within 300 ms, as x-turnout-deadline-ms asked');
  });

  test('cannot ask for more', () => {
    const deadline = setDeadline(clientWith('999999999999999'), { group: groupOf(target(1_000)) });
    expect(deadline.atMs - performance.now()).toBe(1_000);
    deadline.clear();
  });

  test('that has passed before the body was there', () => {
    const client = clientWith('300', 500);
    setDeadline(client, { group: groupOf(target(1_000)) });
    vi.advanceTimersByTime(1);
    expect(client.ended).toHaveLength(1);
  });

  test.each(['', '0', '-5', '1.5', '1e3', ' 5', '5ms', '5, 6', '٣', '1'.repeat(16), 'NaN', 'Infinity'])(
    '%j is no number of milliseconds',
    (value) => {
      expect(() => setDeadline(clientWith(value), { group: groupOf(target(1_000)) })).toThrow(
        expect.objectContaining({ code: 'invalid-request', status: 400, field: 'x-turnout-deadline-ms' }),
      );
      expect(vi.getTimerCount()).toBe(0);
    },
  );
});
