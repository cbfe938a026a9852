import { expect, test } from 'vitest';
import { Breaker, Breakers } from './breaker.ts';

const CONFIG = { failures: 3, rate: 0.5, windowMs: 10_000, cooldownMs: 5_000 };

test('opens after failures in a row, lets one probe through after the cool-down, closes on its success', () => {
  const breaker = new Breaker(CONFIG);
  for (let at = 0; at < 3; at++) {
    expect(breaker.admit(at)).toBe('yes');
    breaker.failure(at);
  }
  expect(breaker.admit(100)).toBe('no');
  expect(breaker.waitMs(100)).toBe(4_902);
  expect(breaker.state(5_003)).toBe('half-open');
  expect(breaker.admit(5_003)).toBe('probe');
  expect(breaker.admit(5_004)).toBe('no');
  breaker.success(5_005);
  expect(breaker.admit(5_006)).toBe('yes');
  expect(breaker.state(5_006)).toBe('closed');
});

test('a failed probe opens it for another cool-down; a released one lets the next probe through', () => {
  const breaker = new Breaker({ ...CONFIG, failures: 1 });
  breaker.failure(0);
  expect(breaker.admit(5_000)).toBe('probe');
  breaker.failure(5_001);
  expect(breaker.admit(6_000)).toBe('no');
  expect(breaker.admit(10_001)).toBe('probe');
  breaker.release();
  expect(breaker.admit(10_002)).toBe('probe');
});

test('a success between failures starts the count anew', () => {
  const breaker = new Breaker(CONFIG);
  for (const _ of Array(5)) {
    breaker.failure(1);
    breaker.failure(1);
    breaker.success(1);
  }
  expect(breaker.admit(2)).toBe('yes');
});

test('opens at the failure rate, but only from 20 calls within one window', () => {
  const fill = (breaker: Breaker, pairs: number, atMs: number) => {
    for (let pair = 0; pair < pairs; pair++) {
      breaker.success(atMs);
      breaker.failure(atMs);
    }
  };
  const busy = new Breaker(CONFIG);
  fill(busy, 9, 1);
  expect(busy.admit(2)).toBe('yes');
  fill(busy, 1, 3);
  expect(busy.admit(4)).toBe('no');

  const slow = new Breaker(CONFIG);
  fill(slow, 9, 1);
  fill(slow, 9, 20_000);
  expect(slow.admit(20_001)).toBe('yes');
});

test('a cool-down is not a failure', () => {
  const breaker = new Breaker(CONFIG);
  breaker.coolDown(1_000);
  expect(breaker.admit(999)).toBe('no');
  expect(breaker.waitMs(400)).toBe(600);
  expect(breaker.admit(1_000)).toBe('yes');
});

test('a target without a history is not remembered, and the memory is bounded', () => {
  const breakers = new Breakers(CONFIG);
  expect(breakers.get('m')).toBeUndefined();
  for (let n = 0; n < 25_000; n++) breakers.remember(`m${n}`).failure(n);
  expect(breakers.get('m24999')).toBeDefined();
  expect(breakers.get('m0')).toBeUndefined();
});
