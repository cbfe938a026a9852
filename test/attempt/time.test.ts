// One deadline for a request: the operator's, or the client's own where that is shorter; whatever the protocol, over sockets.
import http from 'node:http';
import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { RouterError } from '../../core/src/contract/index.ts';
import { begin, hang, say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';
import { CHATS, COUNTS, type Door, EMBEDDINGS } from './doors.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const DEADLINE = 'x-turnout-deadline-ms';
const ending: (() => unknown)[] = [];
const saying = (text: string) =>
  async function* () {
    yield* say(text);
  };
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function house(settings = '', more = ''): Promise<House> {
  const opened = await openHouse(
    `providers:\n  alpha: { plugin: "${plugin}"${settings} }\n  beta: { plugin: "${plugin}" }\n${more}routes: { only: alpha/m, both: { targets: [alpha/m, beta/m] } }\n`,
  );
  ending.push(() => opened.close());
  return opened;
}

const knock = (opened: House, door: Door, headers: Record<string, string>, more: object = {}, model = 'only') =>
  opened.post(door.path(model), { ...door.body(model), ...more }, headers);

/** An upstream that takes every request and says nothing. */
async function silentServer(): Promise<string> {
  const server = http.createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((ready) => server.once('listening', ready));
  ending.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`; // it listens on a host and a port
}

describe("a client's own deadline", () => {
  test.each([...CHATS, ...COUNTS, EMBEDDINGS])('is read at every door: $name', async (door) => {
    const opened = await house();
    const response = await knock(opened, door, { [DEADLINE]: '2s' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(DEADLINE);
  });

  test.each(CHATS)('ends a request that is not answered in time, and its upstream: $name', async (door) => {
    let signal: AbortSignal | undefined;
    script('alpha', (_request, call) => {
      signal = call.signal;
      expect(call.deadline - Date.now()).toBeLessThanOrEqual(500);
      return (async function* () {
        yield* begin();
        await hang(call);
      })();
    });
    script('beta', saying('never'));
    const opened = await house();
    const response = await knock(opened, door, { [DEADLINE]: '500' }, {}, 'both');
    expect(response.status).toBe(504);
    expect(await response.text()).toContain('within 500 ms');
    expect(signal?.aborted).toBe(true);
    const line = await opened.line(response.headers.get('x-request-id') ?? '');
    expect(line.fields.attempts).toHaveLength(1);
  });

  test('ends a stream that has begun, with an error and not cleanly', async () => {
    script('alpha', (_request, call) =>
      (async function* () {
        yield* begin();
        yield { type: 'block-delta', index: 0, text: 'one' } as const;
        await hang(call);
      })(),
    );
    const opened = await house();
    const [chat] = CHATS;
    if (!chat) throw new Error('there is no chat');
    const text = await (await knock(opened, chat, { [DEADLINE]: '600' }, { stream: true })).text();
    expect(text).toContain('one');
    expect(text).toContain('"error"');
    expect(text).not.toContain('[DONE]');
  });

  test.each(COUNTS)('ends a count: $name', async (door) => {
    script('alpha', { stream: saying('no'), countTokens: () => new Promise(() => {}) });
    const opened = await house();
    expect((await knock(opened, door, { [DEADLINE]: '200' })).status).toBe(504);
  });

  test('ends a request for embeddings', async () => {
    const opened = await openHouse(
      `providers: { openai: { baseUrl: "${await silentServer()}", apiKey: k } }\nroutes: { only: openai/embedder }\n`,
    );
    ending.push(() => opened.close());
    expect((await knock(opened, EMBEDDINGS, { [DEADLINE]: '200' })).status).toBe(504);
  });

  test('is read over HTTP/2 too', async () => {
    script('alpha', (_request, call) =>
      (async function* () {
        yield* begin();
        await hang(call);
      })(),
    );
    const session = http2.connect((await house()).url);
    ending.push(() => session.destroy());
    const statusFor = (deadline: string) =>
      new Promise<number>((done, refuse) => {
        const stream = session.request({
          ':method': 'POST',
          ':path': '/v1/chat/completions',
          'content-type': 'application/json',
          [DEADLINE]: deadline,
        });
        stream.on('response', (head) => done(Number(head[':status'])));
        stream.on('error', refuse);
        stream.resume();
        stream.end(JSON.stringify(CHATS[0]?.body('only')));
      });
    expect(await statusFor('soon')).toBe(400);
    expect(await statusFor('200')).toBe(504);
  });

  test('that leaves no time for a call is told so, and nobody is called', async () => {
    let calls = 0;
    script('alpha', () => {
      calls++;
      return saying('no')();
    });
    const opened = await house();
    const response = await opened.post('/v1/chat/completions', CHATS[0]?.body('only'), { [DEADLINE]: '20' });
    expect(response.status).toBe(504);
    expect(calls).toBe(0);
    expect(response.headers.get('x-turnout-attempts')).toBe('0');
  });

  test('does not count against a target that was slower than one client had time', async () => {
    const opened = await house(', breaker: { failures: 1 }');
    script('alpha', (_request, call) =>
      (async function* () {
        yield* begin();
        await hang(call);
      })(),
    );
    expect((await opened.post('/v1/chat/completions', CHATS[0]?.body('only'), { [DEADLINE]: '200' })).status).toBe(504);
    script('alpha', saying('well'));
    expect((await opened.post('/v1/chat/completions', CHATS[0]?.body('only'))).status).toBe(200);
  });
});

describe('timeout.total', () => {
  const silent = () =>
    script('alpha', {
      streams: false,
      stream: (_request, call) =>
        (async function* () {
          yield* begin();
          await hang(call);
        })(),
    });

  test("of one provider ends its calls; the next target still has its own provider's", async () => {
    silent();
    script('beta', saying('here'));
    const opened = await house(', timeout: { total: 300ms }');
    const response = await opened.post('/v1/chat/completions', CHATS[0]?.body('both'));
    expect(response.status).toBe(200);
    expect(response.headers.get('x-turnout-target')).toBe('beta/m');
    const { fields } = await opened.line(response.headers.get('x-request-id') ?? '');
    expect(fields.attempts).toMatchObject([{ target: 'alpha/m', code: 'upstream-timeout' }, { target: 'beta/m' }]);
  });

  test('without a word from the target is its failure, where nothing else bounds a call that does not stream', async () => {
    silent();
    const opened = await house(', timeout: { total: 300ms }, breaker: { failures: 1 }');
    expect((await opened.post('/v1/chat/completions', CHATS[0]?.body('only'))).status).toBe(504);
    const after = await opened.post('/v1/chat/completions', CHATS[0]?.body('only'));
    expect(after.status).toBe(503);
    expect(after.headers.get('retry-after')).toBe('30');
  });

  test('leaves no time for another try: the last real failure is told at once', async () => {
    let calls = 0;
    script('alpha', () => {
      calls++;
      throw new RouterError('overloaded', 'busy', { retryAfterMs: 5_000 });
    });
    const opened = await house(', timeout: { total: 2s }');
    const response = await opened.post('/v1/chat/completions', CHATS[0]?.body('only'));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(calls).toBe(1);
  });
});

describe('the queue of a provider', () => {
  const one = ', concurrency: { max: 1, queue: 1 }, retry: { attempts: 1 }, breaker: { failures: 1 }';

  /** Answers when it is let. */
  function held(): { release(): void; asked(): number } {
    let calls = 0;
    let release = () => {};
    const open = new Promise<void>((done) => {
      release = done;
    });
    script('alpha', () =>
      (async function* () {
        calls++;
        await open;
        yield* say('held');
      })(),
    );
    return { release: () => release(), asked: () => calls };
  }

  test('full: 503 with Retry-After at once; another target is asked at once; neither says anything of the target', async () => {
    const gate = held();
    script('beta', saying('free'));
    const opened = await house(one);
    const inside = opened.post('/v1/chat/completions', CHATS[0]?.body('only'));
    await expect.poll(gate.asked).toBe(1);
    const knocking = [0, 1].map(() => {
      const leaving = new AbortController();
      const answer = opened.post('/v1/chat/completions', CHATS[0]?.body('only'), {}, leaving.signal);
      return { leaving, answer };
    });
    // One of them has to wait, and the other is told at once.
    const full = await Promise.race(knocking.map(({ answer }) => answer));
    expect(full.status).toBe(503);
    expect(full.headers.get('retry-after')).toBe('1');
    const other = await opened.post('/v1/chat/completions', CHATS[0]?.body('both'));
    expect(other.headers.get('x-turnout-target')).toBe('beta/m');
    // A client that leaves makes room in the queue.
    for (const { leaving } of knocking) leaving.abort();
    const left = await Promise.allSettled(knocking.map(({ answer }) => answer));
    expect(left.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect.poll(() => opened.log.some(({ fields }) => fields.code === 'cancelled')).toBe(true);
    const next = opened.post('/v1/chat/completions', CHATS[0]?.body('only'));
    await new Promise((later) => setTimeout(later, 50));
    gate.release();
    expect((await inside).status).toBe(200);
    expect((await next).status).toBe(200);
  });

  test('counts toward the deadline, and that is no failure of the target', async () => {
    const gate = held();
    const opened = await house(one);
    const inside = opened.post('/v1/chat/completions', CHATS[0]?.body('only'));
    await expect.poll(gate.asked).toBe(1);
    const late = await opened.post('/v1/chat/completions', CHATS[0]?.body('only'), { [DEADLINE]: '150' });
    expect(late.status).toBe(504);
    expect(gate.asked()).toBe(1);
    gate.release();
    expect((await inside).status).toBe(200);
    expect((await opened.post('/v1/chat/completions', CHATS[0]?.body('only'))).status).toBe(200);
  });

  test('is turned away when the target is taken out meanwhile', async () => {
    let calls = 0;
    let fail = () => {};
    const failed = new Promise<never>((_, refuse) => {
      fail = () => refuse(new RouterError('upstream-failed', 'down'));
    });
    failed.catch(() => {});
    script('alpha', () =>
      (async function* () {
        calls++;
        await failed;
        yield* say('never');
      })(),
    );
    script('beta', saying('here'));
    const opened = await house(', concurrency: { max: 1, queue: 9 }, retry: { attempts: 1 }, breaker: { failures: 1 }');
    const inside = opened.post('/v1/chat/completions', CHATS[0]?.body('only'));
    await expect.poll(() => calls).toBe(1);
    const waiting = [0, 1, 2].map(() => opened.post('/v1/chat/completions', CHATS[0]?.body('only')));
    const others = [0, 1].map(() => opened.post('/v1/chat/completions', CHATS[0]?.body('both')));
    await new Promise((later) => setTimeout(later, 100));
    fail();
    expect((await inside).status).toBe(502);
    for (const response of await Promise.all(waiting)) {
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '30']);
    }
    for (const response of await Promise.all(others)) {
      expect(response.headers.get('x-turnout-target')).toBe('beta/m');
    }
    expect(calls).toBe(1);
  });
});
