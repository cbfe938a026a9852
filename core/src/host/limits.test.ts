// The limits of a key, by a clock that the test turns.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LimitsConfig } from '../config/config.ts';
import { RouterError } from '../contract/index.ts';
import { createKeyRing } from './keys.ts';
import { createLimits, Meter, type Pass } from './limits.ts';
import { SlidingMinute } from './sliding-minute.ts';

let nowMs = 1_000_000;
const limitsOf = (config: LimitsConfig, meter = new Meter()) => createLimits(config, meter, () => nowMs);

/** What a refusal says, and for how long. */
function refused(ask: () => unknown): { readonly message: string; readonly afterMs: number | undefined } {
  try {
    ask();
  } catch (error) {
    if (!RouterError.is(error) || error.code !== 'rate-limited') throw error;
    expect(error.status).toBe(429);
    return { message: error.message, afterMs: error.retryAfterMs };
  }
  throw new Error('it was let in');
}

describe('a sliding minute', () => {
  test('never lets through more than its limit within any 60 seconds', () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), fc.integer({ min: 1, max: 9 })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(steps, fc.integer({ min: 9, max: 40 }), (all, limit) => {
        const minute = new SlidingMinute();
        const taken: { atMs: number; amount: number }[] = [];
        let atMs = 0;
        for (const [waitMs, amount] of all) {
          atMs += waitMs;
          if (minute.used(atMs) + amount > limit) {
            // Then it says when: not before, and at that time indeed.
            const afterMs = minute.untilMs(atMs, limit - amount);
            expect(afterMs).toBeGreaterThan(0);
            expect(afterMs).toBeLessThanOrEqual(60_250);
            atMs += afterMs;
          }
          expect(minute.used(atMs) + amount).toBeLessThanOrEqual(limit);
          minute.add(atMs, amount);
          taken.push({ atMs, amount });
        }
        for (const { atMs: from } of taken) {
          const within = taken.filter((one) => one.atMs >= from && one.atMs < from + 60_000);
          expect(within.reduce((sum, one) => sum + one.amount, 0)).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });

  test('holds at the edge of the clock’s minute', () => {
    const minute = new SlidingMinute();
    minute.add(59_990, 100);
    expect(minute.used(60_010)).toBe(100);
    expect(minute.used(119_990)).toBe(100);
    expect(minute.used(120_250)).toBe(0);
  });

  test('gives back into the slot it came from, and nothing once that has left', () => {
    const minute = new SlidingMinute();
    const early = minute.add(0, 50);
    minute.add(30_000, 10);
    minute.amend(30_000, early, -20);
    expect(minute.used(30_000)).toBe(40);
    minute.amend(61_000, early, -20);
    expect(minute.used(61_000)).toBe(10);
    minute.amend(61_000, early, 5);
    expect(minute.used(61_000)).toBe(15);
    expect(minute.used(119_000)).toBe(5);
    expect(minute.used(1e9)).toBe(0);
  });
});

describe('rpm', () => {
  test('so many requests, then a wait until the oldest is a minute old', () => {
    const limits = limitsOf({ rpm: 3 });
    for (let n = 0; n < 3; n++) {
      limits.enter().leave();
      nowMs += 10_000;
    }
    const { message, afterMs = 0 } = refused(() => limits.enter());
    expect(message).toBe('this key may make 3 requests a minute');
    expect(afterMs).toBeGreaterThan(30_000);
    expect(afterMs).toBeLessThanOrEqual(30_250);
    nowMs += afterMs;
    limits.enter();
    refused(() => limits.enter());
  });

  test('what is refused is not counted', () => {
    const limits = limitsOf({ rpm: 1 });
    limits.enter();
    for (let n = 0; n < 100; n++) {
      refused(() => limits.enter());
      nowMs += 600;
    }
    nowMs += 250;
    limits.enter();
  });
});

describe('tpm', () => {
  test('is reserved before and settled after: given back, or charged', () => {
    const limits = limitsOf({ tpm: 1000 });
    const left = () => limits.standings().tokens?.remaining;
    const first = limits.enter();
    first.reserve({ input: 100, output: 400 });
    expect(left()).toBe(500);
    first.settle({ inputTokens: 90, outputTokens: 10 });
    expect(left()).toBe(900);
    const second = limits.enter();
    second.reserve({ input: 100, output: 100 });
    second.settle({ inputTokens: 100, outputTokens: 750 });
    expect(left()).toBe(50);
    const { message, afterMs } = refused(() => limits.enter().reserve({ input: 1, output: 100 }));
    expect(message).toBe('this key may use 1000 tokens a minute');
    expect(afterMs).toBeGreaterThan(59_000);
  });

  test('cache writes count and cache reads do not', () => {
    const limits = limitsOf({ tpm: 1000 });
    const pass = limits.enter();
    pass.reserve({ input: 500, output: 0 });
    pass.settle({ inputTokens: 10, outputTokens: 20, cacheReadTokens: 5000, cacheWriteTokens: 300, totalTokens: 5330 });
    expect(limits.standings().tokens?.remaining).toBe(670);
  });

  test('without a settlement the reservation stands, and after one it is settled', () => {
    const limits = limitsOf({ tpm: 1000 });
    const pass = limits.enter();
    pass.reserve({ input: 100, output: 200 });
    pass.leave();
    expect(limits.standings().tokens?.remaining).toBe(700);
    pass.settle({});
    pass.settle({ inputTokens: 500 });
    expect(limits.standings().tokens?.remaining).toBe(1000);
  });

  test('counts that are none do no harm', () => {
    const limits = limitsOf({ tpm: 1000 });
    for (const inputTokens of [Number.NaN, Number.POSITIVE_INFINITY, -1e9]) {
      const pass = limits.enter();
      pass.reserve({ input: 10, output: 10 });
      pass.settle({ inputTokens });
    }
    expect(limits.standings().tokens?.remaining).toBe(1000);
  });

  test('a request that is larger than all of it says so, and does not cost a request', () => {
    const limits = limitsOf({ tpm: 1000, rpm: 1 });
    const pass = limits.enter();
    const { message } = refused(() => pass.reserve({ input: 200, output: 32_000 }));
    pass.leave();
    expect(message).toBe(
      'this request may take 32200 tokens (about 200 in, up to 32000 out), and this key may use 1000 a minute: ask for fewer tokens, or shorten the prompt',
    );
    limits.enter().reserve({ input: 200, output: 800 });
  });

  test('an answer of fewer tokens than none makes no room', () => {
    const limits = limitsOf({ tpm: 1000 });
    limits.enter().reserve({ input: 600, output: -1e9 });
    expect(limits.standings().tokens?.remaining).toBe(400);
  });

  test('is nobody’s business without it', () => {
    const pass = limitsOf({ rpm: 5 }).enter();
    expect(pass.countsTokens).toBe(false);
    pass.reserve({ input: 1e12, output: 0 });
  });
});

describe('concurrent', () => {
  test('so many at a time; a place is given back once', () => {
    const limits = limitsOf({ concurrent: 2 });
    const passes: Pass[] = [limits.enter(), limits.enter()];
    expect(refused(() => limits.enter())).toEqual({
      message: 'this key may have 2 requests running at a time',
      afterMs: 1000,
    });
    passes[0]?.leave();
    passes[0]?.leave();
    limits.enter();
    refused(() => limits.enter());
  });
});

test('what limits there are is what there is to say', () => {
  const limits = limitsOf({ rpm: 10, concurrent: 1 });
  expect(limits.standings()).toEqual({ requests: { limit: 10, remaining: 10, resetMs: 0 } });
  nowMs = Math.ceil(nowMs / 250) * 250;
  limits.enter();
  expect(limits.standings()).toEqual({ requests: { limit: 10, remaining: 9, resetMs: 60_250 } });
});

describe('a reload', () => {
  const keyOf = (limits: LimitsConfig) => ({ name: 'team', admin: false, sha256: Buffer.alloc(32), limits });

  test('keeps what a key has used, whatever its limits are now', () => {
    const before = createKeyRing([keyOf({ rpm: 2, tpm: 1000 })]);
    const meter = before.meters.get('team');
    const after = createKeyRing([keyOf({ rpm: 5, concurrent: 1 }), { ...keyOf({ rpm: 1 }), name: 'new' }], before);
    expect(after.meters.get('team')).toBe(meter);
    expect([...after.meters.keys()]).toEqual(['team', 'new']);
  });

  test('counts the requests of both configurations together', () => {
    const meter = new Meter();
    const old = limitsOf({ concurrent: 2 }, meter).enter();
    const young = limitsOf({ concurrent: 1 }, meter);
    refused(() => young.enter());
    old.leave();
    young.enter();
  });
});
