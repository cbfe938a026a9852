// What a client sees of the router itself, whatever provider is behind it: the official SDK and plain requests, over sockets.
import http from 'node:http';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { APIError, AuthenticationError, NotFoundError, PermissionDeniedError } from 'openai';
import { afterEach, describe, expect, test } from 'vitest';
import { type ErrorCode, RouterError } from '../../core/src/contract/index.ts';
import { begin, FINISH, hang, say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const houses: House[] = [];

/** Two scripted providers with short times, and what a test adds. */
async function house(extra = '', key?: string, settings = ''): Promise<House> {
  const provider = (name: string) =>
    `  ${name}: { plugin: "${plugin}", timeout: { firstToken: 1s, idle: 1s, total: 15s }, retry: { attempts: 1 }${settings} }\n`;
  const yaml = `providers:\n${provider('alpha')}${provider('beta')}routes:\n  main: { targets: [alpha/m1, beta/m2] }\n  only: alpha/m1\n  "team-*": alpha/*\n${extra}`;
  const opened = await openHouse(yaml, key === undefined ? {} : { key });
  houses.push(opened);
  return opened;
}
afterEach(async () => {
  for (const opened of houses.splice(0)) await opened.close();
});

const ask = (model: string) => ({ model, messages: [{ role: 'user' as const, content: 'hi' }] });
const askStream = (model: string) => ({ ...ask(model), stream: true as const });

async function* failing(code: ErrorCode, options = {}): AsyncGenerator<never> {
  throw new RouterError(code, `${code} it is`, options);
  // biome-ignore lint/correctness/noUnreachable: an async generator needs one
  yield* [];
}

describe('an answer', () => {
  test('not streamed, with the headers of every answer', async () => {
    script('alpha', async function* () {
      yield* say('one two three');
    });
    const { openai } = await house();
    const { data, response } = await openai.chat.completions.create(ask('main')).withResponse();
    expect(data.choices[0]?.message.content).toBe('one two three');
    expect(data.model).toBe('main');
    expect(data.usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-turnout-target': 'alpha/m1',
      'x-turnout-attempts': '1',
      'x-turnout-overhead-ms': expect.stringMatching(/^\d+\.\d\d$/),
    });
  });

  test('streamed, through the SDK helper', async () => {
    script('alpha', async function* () {
      yield* say('one two three');
    });
    const { openai } = await house();
    const stream = openai.chat.completions.stream({ ...ask('main'), stream_options: { include_usage: true } });
    const completion = await stream.finalChatCompletion();
    expect(completion.choices[0]?.message.content).toBe('one two three');
    expect(completion.usage?.total_tokens).toBe(7);
  });

  test('leaves one log line, without prompt or answer', async () => {
    script('alpha', async function* () {
      yield* say('the secret answer');
    });
    const opened = await house();
    const body = { ...askStream('main'), messages: [{ role: 'user', content: 'the secret prompt' }] };
    const response = await opened.post('/v1/chat/completions', body);
    await response.text();
    const line = await opened.line(response.headers.get('x-request-id') ?? '');
    expect(line.fields).toMatchObject({
      protocol: 'openai-chat',
      key: 'anybody',
      model: 'main',
      route: 'main',
      target: 'alpha/m1',
      stream: true,
      status: 200,
      attempts: [{ target: 'alpha/m1' }],
      usage: { totalTokens: 7 },
    });
    expect(JSON.stringify(opened.log)).not.toContain('secret');
  });
});

describe('the next target', () => {
  test.each<[ErrorCode]>([['rate-limited'], ['upstream-failed'], ['upstream-denied'], ['model-not-found']])(
    'is asked after %s, streamed and not',
    async (code) => {
      script('alpha', () => failing(code));
      script('beta', async function* () {
        yield* say('from beta');
      });
      const { openai } = await house();
      const whole = await openai.chat.completions.create(ask('main')).withResponse();
      expect(whole.data.choices[0]?.message.content).toBe('from beta');
      const streamed = await openai.chat.completions.create(askStream('main')).withResponse();
      for (const { headers } of [whole.response, streamed.response]) {
        expect(headers.get('x-turnout-target')).toBe('beta/m2');
        expect(Number(headers.get('x-turnout-attempts'))).toBeGreaterThanOrEqual(1);
      }
    },
  );

  test('is asked when a stream breaks before its first content', async () => {
    script('alpha', async function* () {
      yield* begin();
      throw new RouterError('upstream-failed', 'cut');
    });
    script('beta', async function* () {
      yield* say('from beta');
    });
    const { openai } = await house();
    const completion = await openai.chat.completions.stream(ask('main')).finalChatCompletion();
    expect(completion.choices[0]?.message.content).toBe('from beta');
  });

  test('is asked when the first token does not come', async () => {
    script('alpha', async function* (_request, call) {
      yield* begin();
      await hang(call);
    });
    script('beta', async function* () {
      yield* say('from beta');
    });
    const { openai } = await house();
    const completion = await openai.chat.completions.stream(ask('main')).finalChatCompletion();
    expect(completion.choices[0]?.message.content).toBe('from beta');
  });

  test('is not asked when the first does not stream: its first token is its last', async () => {
    script('alpha', {
      streams: false,
      stream: async function* () {
        await new Promise((resolve) => setTimeout(resolve, 1500));
        yield* say('whole');
      },
    });
    const { openai } = await house();
    const stream = await openai.chat.completions.create(askStream('main'));
    let text = '';
    for await (const { choices } of stream) text += choices[0]?.delta.content ?? '';
    expect(text).toBe('whole');
  });

  test('is not asked for a request that is wrong', async () => {
    script('alpha', () => failing('invalid-request'));
    const { openai } = await house();
    await expect(openai.chat.completions.create(ask('main'))).rejects.toMatchObject({ status: 400 });
  });
});

describe('after the first byte', () => {
  const broken = {
    'a failure': async function* () {
      yield* begin();
      yield { type: 'block-delta', index: 0, text: 'half' } as const;
      throw new RouterError('upstream-failed', 'the line was cut');
    },
    'an end without finish': async function* () {
      yield* begin();
      yield { type: 'block-delta', index: 0, text: 'half' } as const;
    },
    'a silence': async function* (_request: unknown, call: Parameters<typeof hang>[0]) {
      yield* begin();
      yield { type: 'block-delta', index: 0, text: 'half' } as const;
      await hang(call);
    },
  };
  test.each(Object.entries(broken))('%s is told inside the stream, and is no clean end', async (_name, stream) => {
    script('alpha', stream as never); // the three generators differ in what they yield
    const opened = await house();
    const response = await opened.post('/v1/chat/completions', askStream('main'));
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(text).toContain('"half"');
    expect(text).toMatch(/data: \{"error":\{.*\}\}\n\n$/);
    expect(text).not.toContain('[DONE]');
    let seen = '';
    await expect(async () => {
      for await (const chunk of await opened.openai.chat.completions.create({ ...ask('main'), stream: true })) {
        seen += chunk.choices[0]?.delta.content ?? '';
      }
    }).rejects.toThrow(APIError);
    expect(seen).toBe('half');
  });
});

describe('a client that leaves', () => {
  const leave = async (opened: House, stream: boolean, afterMs: number) => {
    const controller = new AbortController();
    const asking = opened.post('/v1/chat/completions', { ...ask('only'), stream }, {}, controller.signal);
    asking.then((response) => response.text()).catch(() => {});
    await new Promise((later) => setTimeout(later, afterMs));
    controller.abort();
  };

  test.each([
    ['before the head', true, false],
    ['in the middle of a stream', true, true],
    ['without a stream', false, false],
  ])('%s: the upstream is aborted', async (_name, stream, begun) => {
    let reason: unknown;
    const aborted = new Promise<void>((done) => {
      script('alpha', async function* (_request, call) {
        call.signal.addEventListener('abort', () => {
          reason = call.signal.reason;
          done();
        });
        yield* begin();
        if (begun) yield { type: 'block-delta', index: 0, text: 'x' };
        await hang(call);
      });
    });
    const opened = await house();
    await leave(opened, stream, 100);
    await aborted;
    expect(reason).toMatchObject({ code: 'cancelled' });
  });

  test('during the wait before a retry: nobody is asked again', async () => {
    let calls = 0;
    script('alpha', () => {
      calls++;
      return failing('overloaded', { retryAfterMs: 300 });
    });
    const opened = await house('', undefined, '');
    const slow = await openHouse(
      `providers:\n  alpha: { plugin: "${plugin}", retry: { attempts: 4, minDelay: 300ms } }\nroutes: { only: alpha/m }\n`,
    );
    houses.push(slow);
    await leave(slow, true, 100);
    await new Promise((later) => setTimeout(later, 500));
    expect(calls).toBe(1);
    expect(opened.log).toEqual([]);
  });
});

test('a slow reader stops the reading of the upstream', async () => {
  let produced = 0;
  const piece = 'x'.repeat(16 * 1024);
  script('alpha', async function* () {
    yield* begin();
    for (; produced < 2_000; produced++) yield { type: 'block-delta', index: 0, text: piece };
    yield { type: 'block-end', index: 0 };
    yield FINISH;
  });
  const opened = await house();
  const body = JSON.stringify(askStream('only'));
  const { hostname, port } = new URL(opened.url);
  const socket = net.connect(Number(port), hostname);
  socket.write(
    `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  );
  socket.pause();
  // The producer stops by itself: its count stands still while nobody reads, for longer than the idle limit.
  let before = -1;
  while (before !== produced) {
    before = produced;
    await new Promise((later) => setTimeout(later, 1_400));
  }
  expect(produced).toBeGreaterThan(0);
  expect(produced).toBeLessThan(1_500);
  let text = '';
  socket.on('data', (chunk) => {
    text = (text + chunk.toString('latin1')).slice(-100);
  });
  socket.resume();
  await expect.poll(() => text).toContain('[DONE]');
  socket.destroy();
  expect(produced).toBe(2_000);
});

test('a burst, a pause, and more: a socket that drained meanwhile is not waited for', async () => {
  script('alpha', async function* () {
    yield* begin();
    for (let n = 0; n < 50; n++) yield { type: 'block-delta', index: 0, text: '汉'.repeat(800) };
    await new Promise((later) => setTimeout(later, 300));
    for (let n = 0; n < 3; n++) {
      yield { type: 'block-delta', index: 0, text: `after ${n}` };
      await new Promise((later) => setTimeout(later, 50));
    }
    yield { type: 'block-end', index: 0 };
    yield FINISH;
  });
  const opened = await house();
  const text = await (await opened.post('/v1/chat/completions', askStream('only'))).text();
  expect(text).toContain('after 2');
  expect(text).toContain('[DONE]');
});

describe('what holds a place at a provider', () => {
  const ONE = (times: string) =>
    `providers:\n  alpha: { plugin: "${plugin}", concurrency: { max: 1, queue: 0 }, timeout: { ${times} }, retry: { attempts: 1 } }\nroutes: { only: alpha/m }\n`;
  const isFree = async (opened: House) => {
    script('alpha', async function* () {
      yield* say('free');
    });
    await expect
      .poll(async () => (await opened.post('/v1/chat/completions', ask('only'))).status, { timeout: 5_000 })
      .toBe(200);
  };

  test('not a client that does not read, beyond the deadline', async () => {
    const opened = await openHouse(ONE('total: 500ms'));
    houses.push(opened);
    script('alpha', async function* () {
      yield* begin();
      for (;;) yield { type: 'block-delta', index: 0, text: 'x'.repeat(16_384) };
    });
    const { hostname, port } = new URL(opened.url);
    const body = JSON.stringify(askStream('only'));
    const socket = net.connect(Number(port), hostname).pause();
    socket.on('error', () => {});
    socket.write(
      `POST /v1/chat/completions HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await expect
      .poll(async () => (await opened.post('/v1/chat/completions', ask('only'))).status, { timeout: 2_000 })
      .toBe(503);
    await isFree(opened);
    socket.destroy();
  });

  test.each([
    ['before the first token, streamed', true, 'firstToken: 200ms'],
    ['at all', false, 'total: 300ms'],
  ])('not a plugin that does not hear the signal: %s', async (_name, stream, times) => {
    const opened = await openHouse(ONE(times));
    houses.push(opened);
    script('alpha', async function* () {
      yield* begin();
      await new Promise(() => {});
    });
    const response = await opened.post('/v1/chat/completions', { ...ask('only'), stream });
    expect(response.status).toBe(504);
    await isFree(opened);
  });

  test('nor what a plugin holds when its answer is given up half way', async () => {
    let freed = false;
    script('alpha', async function* () {
      try {
        yield* begin();
        yield { type: 'block-delta', index: 0, text: 'a' };
        yield { type: 'block-delta', index: 7, text: 'of no block' };
        yield FINISH;
      } finally {
        freed = true;
      }
    });
    const opened = await house();
    const text = await (await opened.post('/v1/chat/completions', askStream('only'))).text();
    expect(text).toContain('"error"');
    await expect.poll(() => freed).toBe(true);
  });
});

test("the deadline's end of requests that wait is no failure of the target", async () => {
  const opened = await openHouse(
    `providers:\n  alpha: { plugin: "${plugin}", concurrency: { max: 1, queue: 100 }, timeout: { total: 400ms }, retry: { attempts: 1 }, breaker: { failures: 2 } }\nroutes: { only: alpha/m }\n`,
  );
  houses.push(opened);
  script('alpha', async function* () {
    await new Promise((later) => setTimeout(later, 150));
    yield* say('slowly');
  });
  const statuses = await Promise.all(
    Array.from({ length: 8 }, async () => (await opened.post('/v1/chat/completions', ask('only'))).status),
  );
  expect(new Set(statuses)).toEqual(new Set([200, 504]));
  expect((await opened.post('/v1/chat/completions', ask('only'))).status).toBe(200);
});

describe('bad requests', () => {
  test.each<[string, unknown, number, RegExp]>([
    ['malformed JSON', '{"model": "main", "messages": [', 400, /not valid JSON/],
    ['an empty body', '', 400, /not valid JSON/],
    ['no model', { messages: [{ role: 'user', content: 'x' }] }, 400, /model/],
    ['no messages', { model: 'main' }, 400, /messages/],
    ['a list', [], 400, /object/],
    ['an unknown model', ask('mian'), 404, /close names: main/],
    ['a name that is a path', ask('alpha/../secrets'), 400, /model/],
  ])('%s', async (_name, body, status, message) => {
    const opened = await house();
    const response = await opened.post('/v1/chat/completions', body);
    expect(response.status).toBe(status);
    const { error } = (await response.json()) as { error: { message: string; type: string } };
    expect(error.message).toMatch(message);
    expect(error.type).toBe('invalid_request_error');
    expect(response.headers.get('x-request-id')).toBeTruthy();
  });

  test('an unknown model, through the SDK', async () => {
    const { openai } = await house();
    const error = await openai.chat.completions.create(ask('nothing-like-it')).catch((reason) => reason);
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error.code).toBe('model_not_found');
  });

  test('a body over the limit: 413, announced or not, and the connection ends', async () => {
    const opened = await house('server: { bodyLimit: 64KiB }\n');
    const big = { ...ask('main'), pad: 'x'.repeat(100_000) };
    expect((await opened.post('/v1/chat/completions', big)).status).toBe(413);
    const chunked = await new Promise<http.IncomingMessage>((done, refuse) => {
      const request = http.request(
        `${opened.url}/v1/chat/completions`,
        { method: 'POST', headers: { 'content-type': 'application/json', 'transfer-encoding': 'chunked' } },
        done,
      );
      request.on('error', refuse);
      request.end(JSON.stringify(big));
    });
    expect(chunked.statusCode).toBe(413);
    expect(chunked.headers.connection).toBe('close');
    chunked.resume();
  });

  test('a compressed body: 415', async () => {
    const opened = await house();
    const response = await opened.post('/v1/chat/completions', ask('main'), { 'content-encoding': 'gzip' });
    expect(response.status).toBe(415);
  });

  test('a Host header that is none: 400 with words', async () => {
    const opened = await house();
    const answer = await new Promise<{ status: number | undefined; body: string }>((done, refuse) => {
      http
        .get(`${opened.url}/v1/models`, { headers: { host: 'a b' } }, (response) => {
          let body = '';
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('end', () => done({ status: response.statusCode, body }));
        })
        .on('error', refuse);
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('Host header');
  });

  test('an unknown path: 404', async () => {
    const opened = await house();
    expect((await opened.post('/v1/nothing', {})).status).toBe(404);
  });

  test('a provider that fails to parse an answer: nothing of the answer is in the log', async () => {
    script('alpha', async function* () {
      yield* begin();
      JSON.parse('my PIN is 1234');
    });
    const opened = await house();
    const response = await opened.post('/v1/chat/completions', ask('only'));
    expect(response.status).toBe(500);
    const line = await opened.line(response.headers.get('x-request-id') ?? '');
    expect(line.fields.error).toBe('SyntaxError');
    expect(JSON.stringify(opened.log)).not.toContain('PIN');
  });

  test('a name of a megabyte is refused, and not repeated', async () => {
    const opened = await house('keys: [{ name: t, key: key-of-the-team, models: ["a*b*c"] }]\n', 'key-of-the-team');
    const response = await opened.post('/v1/chat/completions', ask('abc'.repeat(300_000)));
    expect(response.status).toBe(400);
    expect((await response.text()).length).toBeLessThan(2_000);
    expect(JSON.stringify(opened.log).length).toBeLessThan(4_000);
  });

  test('a byte order mark is passed over', async () => {
    script('alpha', async function* () {
      yield* say('ok');
    });
    const opened = await house();
    expect((await opened.post('/v1/chat/completions', `\ufeff${JSON.stringify(ask('only'))}`)).status).toBe(200);
  });

  test('a provider that breaks: 500 without its words', async () => {
    script('alpha', async function* () {
      yield* begin();
      throw new TypeError('cannot read the secret of undefined');
    });
    const opened = await house();
    const response = await opened.post('/v1/chat/completions', ask('only'));
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });
});

describe('keys', () => {
  const KEYS = `keys:
  - { name: team, key: key-of-the-team, models: ["main", "team-*"] }
  - { name: boss, key: key-of-the-boss, admin: true }
`;

  test('a wrong key is 401, a model it may not use 403, in the shapes of the SDK', async () => {
    script('alpha', async function* () {
      yield* say('ok');
    });
    const wrong = await house(KEYS, 'a-wrong-key');
    await expect(wrong.openai.chat.completions.create(ask('main'))).rejects.toThrow(AuthenticationError);
    const team = await house(KEYS, 'key-of-the-team');
    expect((await team.openai.chat.completions.create(ask('main'))).choices[0]?.message.content).toBe('ok');
    await expect(team.openai.chat.completions.create(ask('only'))).rejects.toThrow(PermissionDeniedError);
    const line = team.log.find(({ fields }) => fields.status === 200);
    expect(line?.fields.key).toBe('team');
    expect(JSON.stringify(team.log)).not.toContain('key-of-the-team');
  });

  test('the model list is filtered by key', async () => {
    const names = async (key: string) => {
      const { openai } = await house(KEYS, key);
      const list: string[] = [];
      for await (const model of openai.models.list()) list.push(model.id);
      return list;
    };
    expect(await names('key-of-the-team')).toEqual(['main', 'team-one', 'team-two']);
    expect(await names('key-of-the-boss')).toEqual([
      'main',
      'only',
      'team-one',
      'alpha/one',
      'team-two',
      'alpha/two',
      'beta/one',
      'beta/two',
    ]);
    const { openai } = await house(KEYS, 'key-of-the-team');
    expect((await openai.models.retrieve('team-one')).id).toBe('team-one');
    await expect(openai.models.retrieve('only')).rejects.toThrow(NotFoundError);
  });

  test('admin paths need an admin key', async () => {
    script('alpha', async function* () {
      yield* say('ok');
    });
    const team = await house(KEYS, 'key-of-the-team');
    expect((await team.post('/admin/explain', { model: 'main' })).status).toBe(403);
    const boss = await house(KEYS, 'key-of-the-boss');
    const response = await boss.post('/admin/explain', { model: 'main' });
    expect(await response.json()).toMatchObject({
      route: 'main',
      targets: [{ target: 'alpha/m1' }, { target: 'beta/m2' }],
    });
  });
});

describe('without keys, safe by default', () => {
  const get = (url: string, headers: http.OutgoingHttpHeaders) =>
    new Promise<number | undefined>((done, refuse) => {
      http.get(url, { headers }, (response) => done(response.resume().statusCode)).on('error', refuse);
    });

  test.each<[string, http.OutgoingHttpHeaders, number]>([
    ['a loopback host', {}, 200],
    ['localhost', { host: 'localhost:4180' }, 200],
    ['another host name (DNS rebinding)', { host: 'evil.example' }, 403],
    ['a host name that only begins like one', { host: 'localhost.evil.example' }, 403],
    ['a page of this machine', { origin: 'http://localhost:3000' }, 200],
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['a page without an origin', { origin: 'null' }, 403],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('%s', async (_name, headers, status) => {
    const opened = await house();
    expect(await get(`${opened.url}/v1/models`, headers)).toBe(status);
  });

  test('a refusal leaves its line in the log, and has the headers of every answer', async () => {
    const opened = await house();
    const response = await opened.post('/v1/chat/completions', ask('main'), { origin: 'https://evil.example' });
    expect(response.status).toBe(403);
    expect(response.headers.get('x-turnout-attempts')).toBe('0');
    const line = await opened.line(response.headers.get('x-request-id') ?? '');
    expect(line.fields).toMatchObject({ status: 403, code: 'forbidden' });
  });

  test('a body that is not JSON by its type: 415', async () => {
    const opened = await house();
    const response = await opened.post('/v1/chat/completions', ask('main'), { 'content-type': 'text/plain' });
    expect(response.status).toBe(415);
  });
});

describe('losses', () => {
  const lossy = {
    losses: () => [
      { field: 'topP', action: 'dropped' as const, reason: 'no such knob' },
      { field: 'odd, näme', action: 'approximated' as const, reason: 'test' },
    ],
    stream: async function* () {
      yield* say('ok');
    },
  };

  test('are listed in a header and the log by the names of the client', async () => {
    script('alpha', lossy);
    const opened = await house();
    const response = await opened.post('/v1/chat/completions', ask('only'));
    expect(response.headers.get('x-turnout-losses')).toBe('top_p:dropped, odd%2C%20n%C3%A4me:approximated');
    const line = await opened.line(response.headers.get('x-request-id') ?? '');
    expect(line.fields.losses).toMatchObject([{ field: 'top_p' }, {}]);
  });

  test('with strict, a lossy target is unsupported and the next is asked', async () => {
    script('alpha', lossy);
    script('beta', async function* () {
      yield* say('from beta');
    });
    const opened = await house('strict: true\n');
    const response = await opened.post('/v1/chat/completions', ask('main'));
    expect(response.headers.get('x-turnout-target')).toBe('beta/m2');
    // Only who was really asked counts.
    expect(response.headers.get('x-turnout-attempts')).toBe('1');
    const refused = await opened.post('/v1/chat/completions', ask('only'));
    expect(refused.headers.get('x-turnout-attempts')).toBe('0');
    expect(refused.status).toBe(400);
    expect(await refused.text()).toContain('top_p (no such knob)');
  });
});

describe('the end', () => {
  test('what runs finishes, new requests are refused, the providers are closed', async () => {
    let closed = 0;
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    const slow = {
      stream: async function* () {
        yield* begin();
        yield { type: 'block-delta', index: 0, text: 'a' } as const;
        await held;
        yield { type: 'block-delta', index: 0, text: 'b' } as const;
        yield { type: 'block-end', index: 0 } as const;
        yield FINISH;
      },
      close: () => {
        closed++;
      },
    };
    script('alpha', slow);
    script('beta', slow);
    const opened = await house();
    houses.pop();
    const response = await opened.post('/v1/chat/completions', askStream('only'));
    const closing = opened.close();
    await expect(opened.post('/v1/chat/completions', ask('only'))).rejects.toThrow();
    release();
    expect(await response.text()).toContain('[DONE]');
    await closing;
    expect(closed).toBe(2);
  });

  test('a connection that was opened in advance does not hold it up', async () => {
    const opened = await house();
    houses.pop();
    const { hostname, port } = new URL(opened.url);
    const socket = net.connect(Number(port), hostname);
    await new Promise((open) => socket.once('connect', open));
    // One round trip, so that the server has seen the connection too.
    await fetch(`${opened.url}/healthz`);
    // Far below the drain time of 30 s, else the test's own limit ends it.
    await opened.close();
    socket.destroy();
  });

  test('after the drain time the rest is ended with an error', async () => {
    script('alpha', async function* (_request, call) {
      yield* begin();
      yield { type: 'block-delta', index: 0, text: 'a' };
      await hang(call);
    });
    const opened = await openHouse(
      `server: { drain: 100ms }\nproviders:\n  alpha: { plugin: "${plugin}" }\nroutes: { only: alpha/m }\n`,
    );
    const response = await opened.post('/v1/chat/completions', askStream('only'));
    const text = response.text();
    await opened.close();
    expect(await text).toMatch(/"error".*shutting down/);
  });
});

test('health: alive always, ready when one provider can be used', async () => {
  const opened = await house();
  expect((await fetch(`${opened.url}/healthz`)).status).toBe(200);
  const ready = await fetch(`${opened.url}/readyz`);
  expect(ready.status).toBe(200);
  expect(await ready.json()).toMatchObject({ ready: true, providers: { alpha: { ok: true, findings: [] } } });
});

test('health, to who shows no admin key: nothing about endpoints and credentials', async () => {
  const opened = await house('keys: [{ name: boss, key: key-of-the-boss, admin: true }]\n', 'key-of-the-boss');
  const plain = await fetch(`${opened.url}/readyz`);
  expect(await plain.json()).toEqual({ ready: true, providers: { alpha: { ok: true }, beta: { ok: true } } });
  const known = await fetch(`${opened.url}/readyz`, { headers: { authorization: 'Bearer key-of-the-boss' } });
  expect(await known.json()).toMatchObject({ providers: { alpha: { findings: [] } } });
});

test('beyond the concurrency of a provider: 503 at once, with Retry-After, and no harm to its breaker', async () => {
  script('alpha', async function* (_request, call) {
    yield* begin();
    yield { type: 'block-delta', index: 0, text: 'a' };
    await hang(call);
  });
  const opened = await house('', undefined, ', concurrency: { max: 1, queue: 0 }, breaker: { failures: 1 }');
  const controller = new AbortController();
  await opened.post('/v1/chat/completions', askStream('only'), {}, controller.signal);
  const refused = await opened.post('/v1/chat/completions', ask('only'));
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('1');
  controller.abort();
  script('alpha', async function* () {
    yield* say('free again');
  });
  await expect.poll(async () => (await opened.post('/v1/chat/completions', ask('only'))).status).toBe(200);
});
