// Which target is asked first, over real sockets: weights, turns, latency, stickiness.
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { inTurn, openStation, type Station, seedChance, stopClock, tally, together } from './station.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

describe('shares and turns', () => {
  let station: Station;
  beforeEach(async () => {
    station = await openStation(`  weighted:
    targets: [{ target: up/a, weight: 70 }, { target: up/b, weight: 20 }, { target: up/c, weight: 10 }]
    strategy: weighted
  round: { targets: [up/a, up/b, up/c], strategy: round-robin }
  outer-round: { targets: [route/round] }
  canary:
    targets: [{ target: route/round, weight: 9 }, { target: up/new, weight: 1 }]
    strategy: weighted
`);
  });
  afterEach(() => station.close());

  const threeSigma = (share: number, times: number) => 3 * Math.sqrt(times * share * (1 - share));

  test('a weighted route splits its requests within three sigma', async () => {
    seedChance(42);
    const times = 500;
    const counts = tally(await together(times, (n) => station.ask('weighted', `${n}`)));
    for (const [target, share] of Object.entries({ 'up/a': 0.7, 'up/b': 0.2, 'up/c': 0.1 })) {
      expect(Math.abs((counts[target] ?? 0) - share * times)).toBeLessThan(threeSigma(share, times));
    }
  });

  test('a target that fails leaves its share to the others, in proportion', async () => {
    seedChance(43);
    station.local.script({ kind: 'error', status: 500, when: { model: 'a' }, times: 'always' });
    const times = 300;
    const counts = tally(await together(times, (n) => station.ask('weighted', `${n}`)));
    station.local.reset();
    expect(counts['up/a']).toBeUndefined();
    expect(Math.abs((counts['up/b'] ?? 0) - (times * 2) / 3)).toBeLessThan(threeSigma(2 / 3, times));
  });

  test('a round goes on whoever asks and whatever the name it is reached by', async () => {
    const first = await station.ask('round', 'hello');
    const answers = [first, ...(await inTurn(5, (n) => station.ask(n % 2 ? 'round' : 'outer-round', 'hello')))];
    expect(answers.slice(3)).toEqual(answers.slice(0, 3));
    expect(new Set(answers).size).toBeGreaterThan(1);
  });

  test('a route is one choice of another, with all that it leads to', async () => {
    seedChance(44);
    const counts = tally(await inTurn(200, (n) => station.ask('canary', `${n}`)));
    expect(Math.abs((counts['up/new'] ?? 0) - 20)).toBeLessThan(threeSigma(0.1, 200));
    expect(Object.keys(counts).length).toBeGreaterThan(2);
  });
});

describe('least-latency', () => {
  let station: Station;
  let clock: ReturnType<typeof stopClock>;
  /** How long each model takes until it answers, in milliseconds. */
  let delays: Record<string, number>;

  beforeEach(async () => {
    station = await openStation(`  quick: { targets: [up/a, up/b], strategy: least-latency }
  only-a: up/a
`);
    clock = stopClock();
    delays = { a: 300, b: 500 };
    const take = ({ model }: { readonly model: string }) => {
      clock.forward(delays[model] ?? 0);
      return undefined;
    };
    station.local.script(...Array.from({ length: 300 }, () => take));
  });
  afterEach(() => station.close());

  test.each([
    ['streamed', { body: { stream: true } }],
    ['whole', {}],
  ])(
    'leaves a target that has become slow within 20 requests, and comes back once it has recovered: %s',
    async (_, how) => {
      const ask = () => station.ask('quick', 'hello', how);
      await inTurn(6, ask);
      expect(tally(await inTurn(10, ask))).toEqual({ 'up/a': 10 });

      delays.a = 6_000;
      const left = await inTurn(20, ask);
      expect(left[0]).toBe('up/a');
      expect(tally(left)).toEqual({ 'up/a': 1, 'up/b': 19 });

      delays.a = 300;
      const back = await inTurn(100, ask);
      // The other is not much slower, and has its chance every now and then.
      expect(tally(back.slice(-20))['up/a']).toBeGreaterThan(15);
    },
  );

  test('learns from the requests of every route', async () => {
    await inTurn(4, () => station.ask('quick', 'hello'));
    expect(await station.ask('quick', 'hello')).toBe('up/a');
    delays.a = 900;
    await station.ask('only-a', 'hello');
    expect(await station.ask('quick', 'hello')).toBe('up/b');
  });

  test('does not take a target that fails at once for a fast one', async () => {
    station.local.reset();
    station.local.script({ kind: 'error', status: 500, when: { model: 'a' } });
    expect(tally(await inTurn(5, () => station.ask('quick', 'hello')))).toEqual({ 'up/b': 5 });
    expect(tally(station.asked())).toEqual({ a: 1, b: 5 });
  });
});

describe('sticky', () => {
  const TARGETS = ['up/a', 'up/b', 'up/c', 'up/d'];
  const routes = (targets: readonly string[]) => `  by-prompt: { targets: [${targets}], strategy: sticky }
  by-user: { targets: [${targets}], strategy: sticky, sticky: user }
  by-header: { targets: [${targets}], strategy: sticky, sticky: { header: X-Session } }
`;
  let station: Station;
  beforeAll(async () => {
    station = await openStation(routes(TARGETS));
  });
  afterAll(() => station.close());

  const asUser = (user: string) => ({ body: { user } });

  test('all turns of a conversation go to one target, in whatever protocol', async () => {
    const targets = new Set<string>();
    const messages = [{ role: 'user', content: 'Which track for the night train?' }];
    for (let turn = 0; turn < 10; turn++) {
      for (const [path, more] of [
        ['/v1/chat/completions', { stream: turn % 2 === 0 }],
        ['/v1/messages', { max_tokens: 100 }],
      ] as const) {
        const answer = await station.house.post(path, { model: 'by-prompt', messages, ...more });
        await answer.text();
        targets.add(answer.headers.get('x-turnout-target') ?? '');
      }
      messages.push({ role: 'assistant', content: `Track ${turn}.` }, { role: 'user', content: 'Sure?' });
    }
    expect(targets.size).toBe(1);
  });

  test('conversations are spread', async () => {
    const counts = tally(await together(80, (n) => station.ask('by-prompt', `Conversation ${n}`)));
    for (const target of TARGETS) expect(counts[target]).toBeGreaterThan(5);
  });

  test('a header and a user are kept at one target, and without them nothing is', async () => {
    const session = { headers: { 'x-session': 'night' } };
    expect(new Set(await inTurn(10, (n) => station.ask('by-header', `${n}`, session))).size).toBe(1);
    expect(new Set(await inTurn(10, (n) => station.ask('by-user', `${n}`, asUser('ada')))).size).toBe(1);
    seedChance(45);
    expect(new Set(await inTurn(40, () => station.ask('by-header', 'hello'))).size).toBe(4);
  });

  test('a user of embeddings is one too', async () => {
    const answers = await inTurn(10, async (n) => {
      const body = { model: 'by-user', input: `${n}`, user: 'ada' };
      return (await station.house.post('/v1/embeddings', body)).headers.get('x-turnout-target');
    });
    expect(new Set(answers)).toEqual(new Set([await station.ask('by-user', 'hello', asUser('ada'))]));
  });

  test('1,000 users are spread, and a target that is removed moves only its own', async () => {
    const users = Array.from({ length: 1_000 }, (_, n) => `user-${n}`);
    const all = await together(users.length, (n) => station.ask('by-user', 'hello', asUser(users[n] ?? '')));
    const counts = tally(all);
    // 250 each, within four sigma.
    for (const target of TARGETS) expect(Math.abs((counts[target] ?? 0) - 250)).toBeLessThan(55);

    const fewer = await openStation(routes(TARGETS.filter((target) => target !== 'up/c')));
    try {
      const after = await together(250, (n) => fewer.ask('by-user', 'hello', asUser(users[n] ?? '')));
      const before = all.slice(0, after.length);
      const moved = before.filter((target, n) => target !== after[n]);
      expect(moved.length).toBe(tally(before)['up/c']);
      expect(new Set(moved)).toEqual(new Set(['up/c']));
      expect(new Set(after.filter((_, n) => before[n] === 'up/c')).size).toBe(3);
    } finally {
      await fewer.close();
    }
  });
});
