// The moving average that least-latency chooses by, on a clock of the test's own.
import { describe, expect, test } from 'vitest';
import { type ErrorCode, RouterError } from '../contract/index.ts';
import { firstTokenShareMs, Latencies, Latency, noteLatencyOfFailure } from './latency.ts';

function answer(latency: Latency, ms: number, nowMs: number): void {
  latency.begin();
  latency.answered(ms, nowMs);
}

describe('the average', () => {
  test('is the first answer', () => {
    const latency = new Latency();
    expect(latency.averageMs).toBeUndefined();
    answer(latency, 300, 1_000);
    expect(latency.averageMs).toBe(300);
  });

  test('jumps to a slower answer, and comes down with time only', () => {
    const latency = new Latency();
    answer(latency, 300, 0);
    answer(latency, 3_000, 1);
    expect(latency.averageMs).toBe(3_000);
    answer(latency, 300, 2);
    expect(latency.averageMs).toBeGreaterThan(2_990);
    answer(latency, 300, 10_002);
    // 1/e of the way is left.
    expect(latency.averageMs).toBeCloseTo(300 + 2_700 * Math.exp(-1), -1);
    answer(latency, 300, 200_000);
    expect(latency.averageMs).toBeCloseTo(300, 3);
  });

  test('of whole answers is what their beginning may have taken, whatever their length', () => {
    const whole = (tokens: number) => 500 + tokens * 10;
    expect(firstTokenShareMs(whole(0), 0)).toBe(500);
    for (const tokens of [1, 10, 100, 1_000, 100_000]) {
      expect(firstTokenShareMs(whole(tokens), tokens)).toBeGreaterThan(400);
      expect(firstTokenShareMs(whole(tokens), tokens)).toBeLessThan(600);
    }
    expect(firstTokenShareMs(100, -5)).toBe(100);
  });
});

describe('the score', () => {
  test('is nothing for a target nobody knows, until it is asked', () => {
    const latency = new Latency();
    expect(latency.score(0)).toBe(0);
    latency.begin();
    expect(latency.score(0)).toBe(10_000);
    latency.begin();
    expect(latency.score(0)).toBe(20_000);
  });

  test('of a target that was asked and left before it answered is a guess, or as long as it was silent', () => {
    const latency = new Latency();
    latency.begin();
    latency.left(5, 0);
    expect(latency.score(0)).toBe(1_000);
    const silent = new Latency();
    silent.begin();
    silent.left(30_000, 0);
    expect(silent.score(0)).toBe(30_000);
  });

  test('grows with the requests that wait for their first token', () => {
    const latency = new Latency();
    answer(latency, 300, 0);
    expect(latency.score(0)).toBe(300);
    latency.begin();
    latency.begin();
    expect(latency.waiting).toBe(2);
    expect(latency.score(0)).toBe(900);
    latency.answered(300, 0);
    expect(latency.score(0)).toBe(600);
  });

  test('is forgiven as time passes and requests pass it over: neither alone is enough', () => {
    const latency = new Latency();
    answer(latency, 8_000, 0);
    expect(latency.score(3_600_000)).toBe(8_000);
    for (let n = 0; n < 1_000; n++) latency.pass();
    expect(latency.score(0)).toBe(8_000);
    expect(latency.score(10_000)).toBeCloseTo(8_000 / Math.E);
    expect(latency.score(100_000)).toBeLessThan(1);
    // What is measured again starts again.
    answer(latency, 8_000, 100_000);
    expect(latency.score(200_000)).toBe(8_000);
  });

  test('never falls below nothing when the clock stands still or goes back', () => {
    const latency = new Latency();
    answer(latency, 300, 5_000);
    for (let n = 0; n < 50; n++) latency.pass();
    expect(latency.score(4_000)).toBe(300);
  });
});

describe('a failure', () => {
  const fail = (latency: Latency, code: ErrorCode, ms: number, own?: true): void => {
    latency.begin();
    noteLatencyOfFailure(latency, new RouterError(code, 'x', own ? { own } : {}), ms, 0);
    expect(latency.waiting).toBe(0);
  };

  test.each([
    'overloaded',
    'upstream-failed',
    'upstream-timeout',
    'upstream-denied',
    'rate-limited',
    'model-not-found',
  ] as const)('%s that comes at once does not look fast', (code) => {
    const latency = new Latency();
    answer(latency, 300, 0);
    fail(latency, code, 2);
    expect(latency.averageMs).toBe(10_000);
  });

  test('counts in full when it took longer', () => {
    const latency = new Latency();
    fail(latency, 'upstream-timeout', 120_000);
    expect(latency.averageMs).toBe(120_000);
  });

  test.each([
    'cancelled',
    'invalid-request',
    'content-blocked',
    'context-overflow',
    'unsupported',
    'internal',
  ] as const)('%s says nothing of how fast a target is', (code) => {
    const latency = new Latency();
    answer(latency, 300, 0);
    fail(latency, code, 2);
    expect(latency.averageMs).toBe(300);
  });

  test('of ours says nothing either', () => {
    const latency = new Latency();
    answer(latency, 300, 0);
    fail(latency, 'overloaded', 2, true);
    expect(latency.averageMs).toBe(300);
  });

  test.each(['cancelled', 'upstream-timeout'] as const)(
    '%s after a long silence says how slow it is at least',
    (code) => {
      const latency = new Latency();
      answer(latency, 300, 0);
      fail(latency, code, 30_000, true);
      expect(latency.averageMs).toBe(30_000);
    },
  );

  test('of a target that has never answered does not leave it the first to be asked', () => {
    const latency = new Latency();
    fail(latency, 'unsupported', 2);
    expect(latency.score(0)).toBe(1_000);
  });
});

test('latencies are made when a route asks for them, and are bounded', () => {
  const latencies = new Latencies();
  expect(latencies.get('m')).toBeUndefined();
  expect(latencies.remember('m')).toBe(latencies.get('m'));
  for (let n = 0; n < 25_000; n++) latencies.remember(`m${n}`);
  expect(latencies.get('m24999')).toBeDefined();
  expect(latencies.get('m15000')).toBeDefined();
  expect(latencies.get('m14999')).toBeUndefined();
});
