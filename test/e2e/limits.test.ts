// The limits of a key over real sockets: refused in the client's own words, told in every answer's head, and given back on every way out.
import { once } from 'node:events';
import http2 from 'node:http2';
import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import OpenAI from 'openai';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Call, ChatEvent, Usage } from '../../core/src/contract/index.ts';
import { RouterError } from '../../core/src/contract/index.ts';
import { begin, FINISH, hang, say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});
let calls = 0;
beforeEach(() => {
  calls = 0;
  script('alpha', async function* () {
    calls++;
    yield* say('ok');
  });
});

const KEY = 'key-of-the-team';
async function house(limits: string, more = ''): Promise<House> {
  const opened = await openHouse(
    `keys: [{ name: team, key: ${KEY}, limits: ${limits} }]
providers: { alpha: { plugin: "${plugin}", retry: { attempts: 1 } } }
routes: { main: alpha/m1, short: { targets: [alpha/m2], defaults: { maxTokens: 40 } } }
${more}`,
    { key: KEY },
  );
  ending.push(() => opened.close());
  return opened;
}

/** An answer up to its first words. */
function* started(): Generator<ChatEvent> {
  yield* begin();
  yield { type: 'block-delta', index: 0, text: 'some words' };
}

const CHAT = '/v1/chat/completions';
/** Two tokens of text and four of a message: an estimate of 6. */
const ask = (more: object = {}) => ({
  model: 'main',
  messages: [{ role: 'user' as const, content: 'hi there' }],
  ...more,
});
const remaining = (response: Response) => Number(response.headers.get('x-ratelimit-remaining-tokens'));

/** What is left of the tokens, by the head of a request that takes none. */
async function tokensLeft(opened: House): Promise<number> {
  const response = await opened.post(CHAT, { model: 'no such model' });
  expect(response.status).toBe(400);
  return remaining(response);
}

/** Waits until the log has so many lines of requests. */
async function settled(opened: House, requests: number): Promise<void> {
  await expect.poll(() => opened.log.filter(({ message }) => message === 'request').length).toBe(requests);
}

describe('a request too many is a 429', () => {
  test('of OpenAI', async () => {
    const opened = await house('{ rpm: 2 }');
    for (const left of ['1', '0']) {
      const response = await opened.post(CHAT, ask());
      expect(response.status).toBe(200);
      expect(response.headers.get('x-ratelimit-limit-requests')).toBe('2');
      expect(response.headers.get('x-ratelimit-remaining-requests')).toBe(left);
      expect(response.headers.get('x-ratelimit-reset-requests')).toMatch(/^(1m[01]s|59s)$/);
      expect(response.headers.has('x-ratelimit-limit-tokens')).toBe(false);
    }
    const response = await opened.post(CHAT, ask());
    expect(response.status).toBe(429);
    expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(response.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(await response.json()).toEqual({
      error: {
        message: 'this key may make 2 requests a minute',
        type: 'rate_limit_error',
        param: null,
        code: 'rate_limit_exceeded',
      },
    });
    await expect(opened.openai.chat.completions.create(ask())).rejects.toThrow(OpenAI.RateLimitError);
    expect(calls).toBe(2);
    const line = await opened.line(response.headers.get('x-request-id') ?? '');
    expect(line.fields).toMatchObject({ key: 'team', status: 429, code: 'rate-limited' });
  });

  test('of Anthropic, with its own headers', async () => {
    const opened = await house('{ rpm: 1, tpm: 5000 }');
    const client = new Anthropic({ baseURL: opened.url, apiKey: KEY, maxRetries: 0 });
    const body = { model: 'main', max_tokens: 100, messages: [{ role: 'user' as const, content: 'hi' }] };
    const { response } = await client.messages.create(body).withResponse();
    const head = Object.fromEntries([...response.headers].filter(([name]) => name.includes('ratelimit')));
    expect(head).toEqual({
      'anthropic-ratelimit-requests-limit': '1',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      'anthropic-ratelimit-tokens-limit': '5000',
      'anthropic-ratelimit-tokens-remaining': '4895',
      'anthropic-ratelimit-tokens-reset': expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
    const resetMs = Date.parse(head['anthropic-ratelimit-requests-reset'] ?? '') - Date.now();
    expect(resetMs).toBeGreaterThan(50_000);
    expect(resetMs).toBeLessThan(62_000);
    const refused: unknown = await client.messages.create(body).catch((error) => error);
    expect(refused).toBeInstanceOf(Anthropic.RateLimitError);
    expect(refused).toMatchObject({
      status: 429,
      error: { type: 'error', error: { type: 'rate_limit_error', message: 'this key may make 1 request a minute' } },
    });
    // Counts are requests too.
    await expect(client.messages.countTokens({ model: 'main', messages: body.messages })).rejects.toThrow(
      Anthropic.RateLimitError,
    );
  });

  test('of AWS: ThrottlingException', async () => {
    const opened = await house('{ rpm: 1 }');
    const aws = new BedrockRuntimeClient({
      region: 'eu-north-1',
      endpoint: opened.url,
      token: { token: KEY },
      authSchemePreference: ['httpBearerAuth'],
      maxAttempts: 1,
      requestHandler: new NodeHttpHandler(),
    });
    const command = new ConverseCommand({ modelId: 'main', messages: [{ role: 'user', content: [{ text: 'hi' }] }] });
    await aws.send(command);
    await expect(aws.send(command)).rejects.toMatchObject({
      name: 'ThrottlingException',
      message: 'this key may make 1 request a minute',
      $metadata: { httpStatusCode: 429 },
    });
    aws.destroy();
  });

  test('of Responses and of embeddings', async () => {
    const opened = await house('{ rpm: 1 }');
    expect((await opened.post('/v1/responses', { model: 'main', input: 'hi' })).status).toBe(200);
    for (const [path, body] of [
      ['/v1/responses', { model: 'main', input: 'hi' }],
      ['/v1/embeddings', { model: 'main', input: 'hi' }],
    ] as const) {
      const response = await opened.post(path, body);
      expect(response.status).toBe(429);
      expect(response.headers.get('x-ratelimit-limit-requests')).toBe('1');
      expect(await response.json()).toMatchObject({ error: { code: 'rate_limit_exceeded' } });
    }
  });
});

describe('after a 429 with a short Retry-After', () => {
  test.each(['OpenAI', 'Anthropic'])('the SDK of %s comes back by itself', async (vendor) => {
    const opened = await house('{ concurrent: 1 }');
    let free: () => void = () => {};
    script('alpha', async function* () {
      if (calls++ === 0) await new Promise<void>((done) => (free = done));
      yield* say('ok');
    });
    const first = opened.post(CHAT, ask());
    await expect.poll(() => calls).toBe(1);
    const openai = new OpenAI({ baseURL: `${opened.url}/v1`, apiKey: KEY, maxRetries: 1 });
    const anthropic = new Anthropic({ baseURL: opened.url, apiKey: KEY, maxRetries: 1 });
    const second: Promise<unknown> =
      vendor === 'OpenAI'
        ? openai.chat.completions.create(ask())
        : anthropic.messages.create({ ...ask(), max_tokens: 10 });
    await settled(opened, 1);
    free();
    expect(await second).toMatchObject(vendor === 'OpenAI' ? { object: 'chat.completion' } : { type: 'message' });
    expect((await first).status).toBe(200);
    expect(opened.log.map(({ fields }) => fields.status)).toEqual([429, 200, 200]);
  });
});

describe('tokens', () => {
  const answering = (usage: Usage) =>
    script('alpha', async function* () {
      calls++;
      yield* begin();
      yield { type: 'block-delta', index: 0, text: 'ok' };
      yield { type: 'block-end', index: 0 };
      yield { ...FINISH, type: 'finish', usage } as typeof FINISH; // the spread of a union of events
    });

  test('are reserved from the request and settled from the usage, streamed or not', async () => {
    const opened = await house('{ tpm: 10000 }');
    answering({ inputTokens: 100, outputTokens: 50, totalTokens: 4350, cacheReadTokens: 4000, cacheWriteTokens: 200 });
    const whole = await opened.post(CHAT, ask({ max_tokens: 1000 }));
    // The head of the whole answer goes before the settlement.
    expect(remaining(whole)).toBe(10_000 - 1006);
    await whole.text();
    await settled(opened, 1);
    const streamed = await opened.post(CHAT, ask({ stream: true }));
    expect(remaining(streamed)).toBe(10_000 - 350 - 1030);
    await streamed.text();
    await settled(opened, 2);
    expect(await tokensLeft(opened)).toBe(10_000 - 2 * 350);
  });

  test('reserved for an answer: what the client asks for, else what the route says', async () => {
    const opened = await house('{ tpm: 10000 }');
    expect(remaining(await opened.post(CHAT, ask({ model: 'short' })))).toBe(10_000 - 46);
    expect(remaining(await opened.post(CHAT, ask({ model: 'short', max_tokens: 2 })))).toBe(10_000 - 7 - 8);
  });

  test('what does not fit in has to wait, and what never fits is told so', async () => {
    const opened = await house('{ tpm: 2000 }');
    answering({ inputTokens: 1000, outputTokens: 500, totalTokens: 1500 });
    await (await opened.post(CHAT, ask({ max_tokens: 100 }))).text();
    const later = await opened.post(CHAT, ask({ max_tokens: 600 }));
    expect(later.status).toBe(429);
    expect(Number(later.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(await later.json()).toMatchObject({ error: { message: 'this key may use 2000 tokens a minute' } });
    const never = await opened.post(CHAT, ask({ max_tokens: 32_000 }));
    expect(never.status).toBe(429);
    expect(await never.json()).toMatchObject({
      error: {
        message: expect.stringContaining(
          'may take 32006 tokens (about 6 in, up to 32000 out), and this key may use 2000',
        ),
      },
    });
    expect((await opened.post(CHAT, ask({ max_tokens: 100 }))).status).toBe(200);
    expect(calls).toBe(2);
  });

  test('of a failure are given back, but for those it has told of', async () => {
    const opened = await house('{ tpm: 10000 }');
    script('alpha', async function* () {
      yield* begin();
      throw new RouterError('upstream-failed', 'broken');
    });
    expect((await opened.post(CHAT, ask())).status).toBe(502);
    expect(await tokensLeft(opened)).toBe(10_000);
    script('alpha', async function* () {
      yield* started();
      throw new RouterError('upstream-failed', 'broken', { usage: { inputTokens: 70, outputTokens: 7 } });
    });
    const streamed = await opened.post(CHAT, ask({ stream: true }));
    expect(await streamed.text()).toContain('"error"');
    await settled(opened, 3);
    expect(await tokensLeft(opened)).toBe(10_000 - 77);
  });

  test('of who leaves before the usage is known stay reserved', async () => {
    const opened = await house('{ tpm: 10000 }');
    script('alpha', async function* (_request, call) {
      yield* started();
      await hang(call);
    });
    const leaving = new AbortController();
    const response = await opened.post(CHAT, ask({ stream: true, max_tokens: 500 }), {}, leaving.signal);
    await response.body?.getReader().read();
    leaving.abort();
    await settled(opened, 1);
    expect(await tokensLeft(opened)).toBe(10_000 - 506);
  });

  test('of who sets a time that is too short stay reserved too: the vendor has worked', async () => {
    const opened = await house('{ tpm: 10000 }');
    script('alpha', async function* (_request, call) {
      yield* started();
      await hang(call);
    });
    const late = await opened.post(CHAT, ask({ max_tokens: 500 }), { 'x-turnout-deadline-ms': '300' });
    expect(late.status).toBe(504);
    expect(await tokensLeft(opened)).toBe(10_000 - 506);
  });

  test('of who leaves a long answer before its usage is known: as many as were sent, at the least', async () => {
    const opened = await house('{ tpm: 10000 }');
    script('alpha', async function* (_request, call) {
      yield* started();
      for (let n = 1; n < 3000; n++) yield { type: 'block-delta', index: 0, text: ' word' };
      await hang(call);
    });
    const leaving = new AbortController();
    const response = await opened.post(CHAT, ask({ stream: true }), {}, leaving.signal);
    const reader = response.body?.getReader();
    let text = '';
    while (text.split(' word').length < 3000) text += Buffer.from((await reader?.read())?.value ?? []);
    leaving.abort();
    await settled(opened, 1);
    const left = await tokensLeft(opened);
    expect(left).toBeGreaterThan(10_000 - 3100);
    expect(left).toBeLessThanOrEqual(10_000 - 3000);
  });

  test('of embeddings count, those of a count do not', async () => {
    const opened = await house('{ tpm: 100 }');
    const counted = await opened.post('/v1/messages/count_tokens', {
      model: 'main',
      messages: [{ role: 'user', content: 'x'.repeat(4000) }],
    });
    expect(await counted.json()).toEqual({ input_tokens: 1004 });
    expect(counted.headers.get('anthropic-ratelimit-tokens-remaining')).toBe('100');
    const large = await opened.post('/v1/embeddings', { model: 'main', input: ['x'.repeat(404)] });
    expect(large.status).toBe(429);
    // No embeddings here: a failure, of which everything is given back.
    expect((await opened.post('/v1/embeddings', { model: 'main', input: ['x'.repeat(400)] })).status).toBe(400);
    expect(await tokensLeft(opened)).toBe(100);
  });
});

describe('places', () => {
  test('are given back once, whatever the end', async () => {
    const opened = await house('{ concurrent: 1 }');
    const hanging = async function* (_request: unknown, call: Call) {
      calls++;
      yield* started();
      await hang(call);
    };
    let requests = 0;
    const ends: Record<string, () => Promise<unknown>> = {
      answered: async () => (await opened.post(CHAT, ask())).text(),
      streamed: async () => (await opened.post(CHAT, ask({ stream: true }))).text(),
      'not JSON': () => opened.post(CHAT, '{'),
      'unknown model': () => opened.post(CHAT, ask({ model: 'nobody' })),
      'left in the middle of a stream': async () => {
        script('alpha', hanging);
        const leaving = new AbortController();
        const response = await opened.post(CHAT, ask({ stream: true }), {}, leaving.signal);
        await response.body?.getReader().read();
        leaving.abort();
      },
      'left before the answer': async () => {
        script('alpha', hanging);
        const leaving = new AbortController();
        const before = calls;
        const asked = opened.post(CHAT, ask(), {}, leaving.signal).catch(() => 'left');
        await expect.poll(() => calls).toBe(before + 1);
        leaving.abort();
        await asked;
      },
      'left over HTTP/2, by the stream and by the connection': async () => {
        script('alpha', hanging);
        for (const how of ['stream', 'connection']) {
          const session = http2.connect(opened.url);
          const head = {
            ':method': 'POST',
            ':path': CHAT,
            authorization: `Bearer ${KEY}`,
            'content-type': 'application/json',
          };
          const stream = session.request(head).on('error', () => {});
          stream.end(JSON.stringify(ask({ stream: true })));
          const [answer] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]; // of node
          expect(answer[':status'], how).toBe(200);
          if (how === 'stream') stream.close(http2.constants.NGHTTP2_CANCEL);
          else session.destroy();
          await settled(opened, ++requests);
          session.destroy();
        }
        requests--;
      },
      'broken before the answer': async () => {
        script('alpha', () => {
          throw new RouterError('upstream-failed', 'broken');
        });
        await (await opened.post(CHAT, ask())).text();
      },
      'broken after its begin': async () => {
        script('alpha', async function* () {
          yield* started();
          throw new RouterError('upstream-failed', 'broken');
        });
        await (await opened.post(CHAT, ask({ stream: true }))).text();
      },
    };
    for (const [name, end] of Object.entries(ends)) {
      await end();
      await settled(opened, ++requests);
      script('alpha', async function* () {
        yield* say('ok');
      });
      expect((await opened.post(CHAT, ask())).status, name).toBe(200);
      await settled(opened, ++requests);
    }
    // And no place too many: while one is taken, there is none.
    script('alpha', hanging);
    const leaving = new AbortController();
    const response = await opened.post(CHAT, ask({ stream: true }), {}, leaving.signal);
    await response.body?.getReader().read();
    const refused = await opened.post(CHAT, ask());
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toMatchObject({
      error: { message: 'this key may have 1 request running at a time' },
    });
    leaving.abort();
  });
});

test('what an upstream says of its own limits is not passed on to a key with limits, and is to one without', async () => {
  const relay = {
    async *stream() {
      yield* say('never asked');
    },
    relay: async () => ({
      headers: {
        'content-type': 'application/json',
        'x-ratelimit-remaining-requests': '4999',
        'x-ratelimit-limit-tokens': '800000',
        'openai-processing-ms': '7',
      },
      events: (async function* () {
        yield { type: 'bytes' as const, bytes: Buffer.from('{"id":"x"}'), content: true as const };
        yield FINISH as Extract<typeof FINISH, { type: 'finish' }>; // it is one
      })(),
    }),
  };
  script('alpha', relay);
  const limited = await (await house('{ rpm: 5 }')).post(CHAT, ask());
  expect(limited.headers.get('x-ratelimit-remaining-requests')).toBe('4');
  expect(limited.headers.has('x-ratelimit-limit-tokens')).toBe(false);
  expect(limited.headers.get('openai-processing-ms')).toBe('7');
  const open = await openHouse(`providers: { alpha: { plugin: "${plugin}" } }\nroutes: { main: alpha/m1 }\n`);
  ending.push(() => open.close());
  const unlimited = await open.post(CHAT, ask());
  expect(unlimited.headers.get('x-ratelimit-remaining-requests')).toBe('4999');
});

test('a reload keeps what has been used, by a key that has other limits then, too', async () => {
  const yaml = (limits: string) =>
    `keys: [{ name: team, key: ${KEY}, limits: ${limits} }]\nproviders: { alpha: { plugin: "${plugin}" } }\nroutes: { main: alpha/m1 }\n`;
  const opened = await openHouse(yaml('{ rpm: 3 }'), { key: KEY });
  ending.push(() => opened.close());
  const left = async () => (await opened.post(CHAT, ask())).headers.get('x-ratelimit-remaining-requests');
  expect(await left()).toBe('2');
  await opened.live.reload();
  expect(await left()).toBe('1');
  opened.rewrite(yaml('{ rpm: 4, concurrent: 9 }'));
  await opened.live.reload();
  expect(await left()).toBe('1');
  expect((await opened.post(CHAT, ask())).status).toBe(200);
  expect((await opened.post(CHAT, ask())).status).toBe(429);
});

test('a key without limits has no such headers', async () => {
  const opened = await openHouse(
    `keys: [{ name: free, key: ${KEY} }]\nproviders: { alpha: { plugin: "${plugin}" } }\nroutes: { main: alpha/m1 }\n`,
    { key: KEY },
  );
  ending.push(() => opened.close());
  const response = await opened.post(CHAT, ask());
  expect([...response.headers.keys()].filter((name) => name.includes('ratelimit'))).toEqual([]);
});
