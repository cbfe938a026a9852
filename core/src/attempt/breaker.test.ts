import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Admission, Breaker, type BreakerTurn } from './breaker.ts';
import { type BreakerChange, Breakers } from './breakers.ts';

const CONFIG = { failures: 3, rate: 0.5, windowMs: 10_000, cooldownMs: 5_000 };

/** One that was opened at 0 with this many failures. */
function opened(config = CONFIG): Breaker {
  const breaker = new Breaker(config);
  for (let n = 0; n < config.failures; n++) breaker.failure(0);
  return breaker;
}

test('opens after failures in a row, lets one probe through after the cool-down, closes on its success', () => {
  const breaker = new Breaker(CONFIG);
  for (let at = 0; at < 3; at++) {
    expect(breaker.admit(at)).toBe('yes');
    breaker.failure(at);
  }
  expect(breaker.admit(100)).toBe('no');
  expect(breaker.waitMs(100)).toBe(4_902);
  expect(breaker.state(5_003)).toBe('half-open');
  expect(breaker.isOpenTo(5_003)).toBe(true);
  expect(breaker.admit(5_003)).toBe('probe');
  expect(breaker.admit(5_004)).toBe('no');
  expect(breaker.isOpenTo(5_004)).toBe(false);
  breaker.success(5_005, 'probe');
  expect(breaker.admit(5_006)).toBe('yes');
  expect(breaker.state(5_006)).toBe('closed');
});

describe('a probe', () => {
  test('that fails opens it for another cool-down; one that says nothing lets the next through', () => {
    const breaker = opened();
    expect(breaker.admit(5_000)).toBe('probe');
    breaker.failure(5_001, 'probe');
    expect(breaker.admit(6_000)).toBe('no');
    expect(breaker.admit(10_001)).toBe('probe');
    breaker.release(10_001);
    expect(breaker.admit(10_002)).toBe('probe');
  });

  test('that hangs blocks the target for one cool-down', () => {
    const breaker = opened();
    expect(breaker.admit(5_000)).toBe('probe');
    expect(breaker.admit(9_999)).toBe('no');
    expect(breaker.admit(10_000)).toBe('probe');
    // The first one ends at last, without a verdict: that is not the end of the second.
    breaker.release(5_000);
    expect(breaker.admit(10_001)).toBe('no');
    breaker.success(10_002, 'probe');
    expect(breaker.state(10_002)).toBe('closed');
  });

  test('that was given up and fails late does not keep it open for longer', () => {
    const breaker = opened();
    breaker.admit(5_000);
    breaker.admit(10_000);
    breaker.failure(10_001, 'probe');
    breaker.failure(12_000, 'probe');
    expect(breaker.admit(15_001)).toBe('probe');
  });

  test('is not judged by calls from before', () => {
    const breaker = opened();
    breaker.success(100);
    expect(breaker.state(100)).toBe('open');
    breaker.admit(5_000);
    breaker.success(5_001);
    expect(breaker.state(5_001)).toBe('half-open');
    breaker.failure(5_002);
    expect(breaker.admit(5_003)).toBe('no');
    breaker.success(5_004, 'probe');
    expect(breaker.state(5_004)).toBe('closed');
  });
});

test('a success between failures starts the count anew', () => {
  const breaker = new Breaker({ ...CONFIG, rate: 1 });
  for (const _ of Array(50)) {
    breaker.failure(1);
    breaker.failure(1);
    breaker.success(1);
  }
  expect(breaker.admit(2)).toBe('yes');
});

describe('the rate', () => {
  const fill = (breaker: Breaker, pairs: number, atMs: number) => {
    for (let pair = 0; pair < pairs; pair++) {
      breaker.success(atMs);
      breaker.failure(atMs);
    }
  };

  test('opens it, but only from 20 calls within the window', () => {
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

  test('forgets the failures that have left the window, and all of them when it closes', () => {
    const breaker = new Breaker({ ...CONFIG, failures: 100 });
    for (let n = 0; n < 12; n++) breaker.failure(0);
    for (let n = 0; n < 10; n++) breaker.success(5_000);
    for (let n = 0; n < 9; n++) breaker.failure(10_500);
    expect(breaker.state(10_500)).toBe('closed');
    fill(breaker, 5, 10_600);
    expect(breaker.state(10_600)).toBe('closed');
    for (let n = 0; n < 5; n++) breaker.failure(10_600);
    expect(breaker.state(10_600)).toBe('open');
    expect(breaker.admit(15_600)).toBe('probe');
    breaker.success(15_600, 'probe');
    breaker.failure(15_601);
    expect(breaker.state(15_601)).toBe('closed');
  });

  test('is of all calls of the window, also of those before the first failure', () => {
    const breaker = new Breaker(CONFIG);
    for (let n = 0; n < 1_000; n++) breaker.success(n);
    fill(breaker, 100, 1_000);
    expect(breaker.state(1_001)).toBe('closed');
  });

  test('moves with the window: a burst is found wherever it lies, and forgotten after it', () => {
    for (let startMs = 0; startMs < 20_000; startMs += 500) {
      const breaker = new Breaker({ ...CONFIG, failures: 100 });
      for (let n = 0; n < 10; n++) fill(breaker, 1, startMs + n * 800);
      expect(breaker.state(startMs + 8_000)).toBe('open');
      const later = new Breaker({ ...CONFIG, failures: 100 });
      fill(later, 9, startMs);
      fill(later, 9, startMs + 10_000);
      expect(later.state(startMs + 10_000)).toBe('closed');
    }
  });
});

describe('a cool-down', () => {
  test('is not a failure', () => {
    const breaker = new Breaker(CONFIG);
    breaker.coolDown(0, 1_000);
    expect(breaker.admit(999)).toBe('no');
    expect(breaker.state(999)).toBe('cooling-down');
    expect(breaker.tripped).toBe(false);
    expect(breaker.waitMs(400)).toBe(600);
    expect(breaker.admit(1_000)).toBe('yes');
  });

  test('is never made shorter, and holds back a probe too', () => {
    const breaker = opened();
    breaker.coolDown(1, 9_000);
    breaker.coolDown(2, 8_000);
    expect(breaker.admit(8_999)).toBe('no');
    expect(breaker.waitMs(2)).toBe(8_998);
    expect(breaker.admit(9_000)).toBe('probe');
  });
});

test('who comes back is crowded until it has answered some', () => {
  const breaker = opened();
  breaker.admit(5_000);
  breaker.success(5_000, 'probe');
  expect(['yes', 'yes', 'crowded'].map(() => breaker.admit(5_001))).toEqual(['yes', 'yes', 'crowded']);
  breaker.success(5_002);
  expect(['yes', 'yes', 'crowded'].map(() => breaker.admit(5_003))).toEqual(['yes', 'yes', 'crowded']);
  expect(breaker.isOpenTo(5_004)).toBe(true);
  expect(breaker.admit(10_000)).toBe('yes');
});

describe('whatever happens', () => {
  const LEGAL = new Set([
    'closed → open',
    'open → half-open',
    'half-open → open',
    'half-open → closed',
    'closed → cooling-down',
  ]);
  type Act = {
    readonly waitMs: number;
    readonly act: 'ask' | 'ok' | 'fail' | 'leave' | 'pause';
    readonly pick: number;
  };
  const acts = fc.array(
    fc.record<Act>({
      waitMs: fc.integer({ min: 0, max: 4_000 }),
      act: fc.constantFrom('ask', 'ask', 'ok', 'fail', 'fail', 'leave', 'pause'),
      pick: fc.nat(),
    }),
    { maxLength: 200 },
  );

  test('only legal turns, one probe at a time, nobody let in before the time that was told', () => {
    fc.assert(
      fc.property(acts, (script) => {
        const turns: BreakerTurn[] = [];
        const breaker = new Breaker(CONFIG, (turn) => turns.push(turn));
        const running: { admission: Admission; atMs: number }[] = [];
        let nowMs = 1;
        let coolUntilMs = 0;
        for (const { waitMs, act, pick } of script) {
          nowMs += waitMs;
          const before = breaker.state(nowMs);
          const toldMs = breaker.waitMs(nowMs);
          if (act === 'ask') {
            const isOpenTo = breaker.isOpenTo(nowMs);
            const admission = breaker.admit(nowMs);
            expect(admission !== 'no').toBe(isOpenTo);
            if (admission === 'no') continue;
            expect(toldMs).toBe(0);
            expect(nowMs).toBeGreaterThanOrEqual(coolUntilMs);
            expect(before).toBe(admission === 'probe' ? 'half-open' : 'closed');
            const young = running.filter((one) => one.admission === 'probe' && nowMs - one.atMs < CONFIG.cooldownMs);
            if (admission === 'probe') expect(young).toEqual([]);
            running.push({ admission, atMs: nowMs });
            continue;
          }
          if (act === 'pause') {
            coolUntilMs = Math.max(coolUntilMs, nowMs + (pick % 8_000));
            breaker.coolDown(nowMs, nowMs + (pick % 8_000));
            continue;
          }
          const [call] = running.splice(pick % Math.max(1, running.length), 1);
          if (!call) continue;
          if (act === 'ok') breaker.success(nowMs, call.admission);
          else if (act === 'fail') breaker.failure(nowMs, call.admission);
          else if (call.admission === 'probe') breaker.release(call.atMs);
        }
        let state = 'closed';
        for (const { from, to } of turns) {
          expect(LEGAL).toContain(`${from} → ${to}`);
          // A cool-down ends by itself.
          if (state !== 'cooling-down') expect(from).toBe(state);
          else expect(from).toBe('closed');
          state = to;
        }
      }),
    );
  });

  test('a target that answers again is asked again', () => {
    fc.assert(
      fc.property(acts, (script) => {
        const breaker = new Breaker(CONFIG);
        let nowMs = 1;
        for (const { waitMs, act, pick } of script) {
          nowMs += waitMs;
          if (act === 'ask') breaker.admit(nowMs);
          else if (act === 'pause') breaker.coolDown(nowMs, nowMs + (pick % 8_000));
          else if (act !== 'leave') breaker[act === 'ok' ? 'success' : 'failure'](nowMs);
        }
        nowMs += 20_000;
        breaker.success(nowMs, breaker.admit(nowMs));
        expect(breaker.state(nowMs)).toBe('closed');
      }),
    );
  });
});

describe('the breakers of a provider', () => {
  test('a target that has neither answered nor failed is not remembered, and the memory is bounded', () => {
    const breakers = new Breakers(CONFIG);
    expect(breakers.get('m')).toBeUndefined();
    for (let n = 0; n < 25_000; n++) breakers.of({ model: `m${n}` }).failure(n);
    expect(breakers.get('m24999')).toBeDefined();
    expect(breakers.get('m0')).toBeUndefined();
    expect([...breakers.all()]).toHaveLength(10_000);
  });

  test('tell whose health has changed, why, and until when', () => {
    const changes: BreakerChange[] = [];
    const breakers = new Breakers(CONFIG, (change) => changes.push(change));
    const breaker = breakers.of({ model: 'm', member: 'eu' });
    expect(breakers.of({ model: 'm', member: 'eu' })).toBe(breaker);
    expect(breakers.of({ model: 'm', errand: 'count' })).not.toBe(breakers.of({ model: 'm' }));
    breaker.coolDown(0, 50);
    breaker.coolDown(1, 60);
    for (let n = 0; n < 4; n++) breaker.failure(100);
    breaker.admit(6_000);
    breaker.success(6_000, 'probe');
    expect(changes.map(({ patient, ...turn }) => ({ ...patient, ...turn }))).toEqual([
      {
        ...{ model: 'm', member: 'eu', from: 'closed', to: 'cooling-down', untilMs: 50 },
        reason: 'the upstream asked for a pause',
      },
      { model: 'm', member: 'eu', from: 'closed', to: 'open', untilMs: 5_100, reason: '3 failures in a row' },
      { ...{ model: 'm', member: 'eu', from: 'open', to: 'half-open' }, reason: expect.stringContaining('one call') },
      { model: 'm', member: 'eu', from: 'half-open', to: 'closed', reason: 'it answers again' },
    ]);
  });
});
