// The line of a request, and the header that says how long the router itself took.
import { fileURLToPath } from 'node:url';
import { startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterEach, describe, expect, test } from 'vitest';
import { RouterError } from '../../core/src/contract/index.ts';
import { FINISH, hang, say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function house(yaml: string, key?: string): Promise<House> {
  const opened = await openHouse(yaml, key === undefined ? {} : { key });
  open.unshift(opened);
  return opened;
}

const ask = { model: 'main', messages: [{ role: 'user', content: 'hi' }] };
async function fieldsOf(opened: House, response: Response): Promise<Record<string, unknown>> {
  await response.text();
  return (await opened.line(response.headers.get('x-request-id') ?? '')).fields;
}

describe('a line says what an answer cost', () => {
  const usage = { inputTokens: 1_000, outputTokens: 200, cacheReadInputTokens: 5_000, cacheWriteInputTokens: 400 };

  test('at Bedrock, where the catalogue has prices: those of the profile that was asked', async () => {
    const local = await startBedrockLocal();
    open.push(local);
    const opened = await house(`
providers:
  bedrock:
    region: us-east-1
    endpoint: ${local.url}
    auth: { mode: keys, accessKeyId: LOCALACCESSKEY, secretAccessKey: local-secret }
routes:
  main: bedrock/us.amazon.nova-lite-v1:0
  dear: bedrock/global.amazon.nova-2-lite-v1:0
`);
    local.script({ kind: 'answer', usage }, { kind: 'answer', usage });
    const fields = await fieldsOf(opened, await opened.post('/v1/chat/completions', ask));
    expect(fields).toMatchObject({
      operation: 'chat',
      usage: { inputTokens: 1_000, outputTokens: 200, cacheReadTokens: 5_000, cacheWriteTokens: 400 },
      // (1000 × 0.06 + 200 × 0.24 + 5000 × 0.015 + 400 × 0.06) / 1e6
      costUsd: 0.000207,
    });
    expect(fields.relayed).toBeUndefined();
    const converse = { messages: [{ role: 'user', content: [{ text: 'hi' }] }] };
    const relayed = await fieldsOf(opened, await opened.post('/model/dear/converse', converse));
    // (1000 × 0.3 + 200 × 2.5 + 5000 × 0.075 + 400 × 0.3) / 1e6
    expect(relayed).toMatchObject({ relayed: true, protocol: 'bedrock-converse', costUsd: 0.001295 });
    const metrics = await (await fetch(`${opened.url}/metrics`)).text();
    expect(metrics).toMatch(
      /turnout_cost_dollars_total\{route="main",target="bedrock\/us\.amazon\.nova-lite-v1:0"\} 0\.000207\n/,
    );
    expect(metrics).toMatch(/gen_ai_client_token_usage_sum\{[^}]*gen_ai_provider_name="aws\.bedrock"/);
  });

  test('and nothing where nobody knows', async () => {
    const opened = await house('providers: { echo: {} }\nroutes: { main: echo/echo }');
    const fields = await fieldsOf(opened, await opened.post('/v1/chat/completions', ask));
    expect(fields.costUsd).toBeUndefined();
  });
});

test('every attempt is there, with what came before it', async () => {
  const opened = await house(`
providers:
  alpha: { plugin: "${plugin}", retry: { attempts: 2, minDelay: 20ms, maxDelay: 20ms } }
  beta: { plugin: "${plugin}" }
routes: { main: { targets: [alpha/m1, beta/m2] } }
`);
  const upstream = { status: 503, name: 'Busy', requestId: 'up-1' };
  script('alpha', async function* () {
    throw new RouterError('overloaded', 'too much', { upstream });
    // biome-ignore lint/correctness/noUnreachable: an async generator needs one
    yield* [];
  });
  script('beta', async function* () {
    yield* say('one');
  });
  const response = await opened.post('/v1/chat/completions', { ...ask, stream: true });
  const fields = await fieldsOf(opened, response);
  const failed = {
    target: 'alpha/m1',
    code: 'overloaded',
    message: 'too much',
    status: 503,
    name: 'Busy',
    requestId: 'up-1',
  };
  expect(fields.attempts).toMatchObject([failed, { ...failed, waitMs: expect.any(Number) }, { target: 'beta/m2' }]);
  expect(fields).toMatchObject({ status: 200, finish: 'end', target: 'beta/m2', firstTokenMs: expect.any(Number) });
  expect(response.headers.get('x-turnout-attempts')).toBe('3');
});

describe('the router’s own time', () => {
  test('is not what was waited for between tries', async () => {
    const opened = await house(`
providers: { alpha: { plugin: "${plugin}", retry: { attempts: 3, minDelay: 300ms, maxDelay: 300ms } } }
routes: { main: alpha/m1 }
`);
    let calls = 0;
    script('alpha', async function* () {
      if (++calls < 3) throw new RouterError('overloaded', 'too much');
      yield* say('one');
    });
    const response = await opened.post('/v1/chat/completions', ask);
    const { waitedMs, overheadMs, firstByteMs, attempts } = await fieldsOf(opened, response);
    expect(calls).toBe(3);
    // What p-retry randomizes is never less than its minimum.
    expect(waitedMs).toBeGreaterThan(590);
    expect(overheadMs).toBeLessThan(Number(firstByteMs) - Number(waitedMs) + 0.02);
    expect(Number(response.headers.get('x-turnout-overhead-ms'))).toBeCloseTo(Number(overheadMs), 1);
    const waits = (attempts as { waitMs?: number }[]).map(({ waitMs = 0 }) => waitMs); // a list of objects of our own
    expect(waits.reduce((sum, wait) => sum + wait, 0)).toBeCloseTo(Number(waitedMs), 0);
  });

  test('nor for a place at the provider', async () => {
    const opened = await house(`
providers: { alpha: { plugin: "${plugin}", concurrency: { max: 1, queue: 1 } } }
routes: { main: alpha/m1 }
`);
    const began = Promise.withResolvers<void>();
    const free = Promise.withResolvers<void>();
    script('alpha', async function* () {
      began.resolve();
      await free.promise;
      yield* say('one');
    });
    const first = opened.post('/v1/chat/completions', ask);
    await began.promise;
    const second = opened.post('/v1/chat/completions', ask);
    await new Promise((later) => setTimeout(later, 200));
    free.resolve();
    await (await first).text();
    const fields = await fieldsOf(opened, await second);
    expect(fields.waitedMs).toBeGreaterThan(100);
    expect(fields.attempts).toMatchObject([{ target: 'alpha/m1', waitMs: fields.waitedMs }]);
    expect(fields.overheadMs).toBeLessThan(Number(fields.firstByteMs) - Number(fields.waitedMs) + 0.02);
  });

  test('is on every answer of inference, whoever is refused and why', async () => {
    const opened = await house(
      `
server: { bodyLimit: 1KiB }
keys: [{ name: team, key: key-of-the-team, models: [main, none] }]
providers: { alpha: { plugin: "${plugin}", retry: { attempts: 1 } } }
routes: { main: alpha/m1 }
`,
      'key-of-the-team',
    );
    script('alpha', async function* () {
      throw new RouterError('rate-limited', 'slower');
      // biome-ignore lint/correctness/noUnreachable: an async generator needs one
      yield* [];
    });
    const wrong = { authorization: 'Bearer wrong' };
    const chat = '/v1/chat/completions';
    const answers = await Promise.all([
      opened.post(chat, ask),
      opened.post(chat, ask, wrong),
      opened.post(chat, { ...ask, model: 'none' }),
      opened.post(chat, { ...ask, model: 'other' }),
      opened.post(chat, { ...ask, padding: 'x'.repeat(2_000) }),
      opened.post(chat, 'no JSON'),
      opened.post('/v1/messages', {}, wrong),
      opened.post('/model/main/converse', {}, wrong),
      opened.post('/model/main/no-such-thing', {}),
      opened.post('/v1/images/generations', {}),
      fetch(opened.url + chat),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([429, 401, 404, 403, 413, 400, 401, 403, 404, 404, 405]);
    for (const { headers } of answers) {
      expect(headers.get('x-turnout-overhead-ms')).toMatch(/^\d+\.\d\d$/);
      expect(headers.get('x-request-id')).toBeTruthy();
    }
  });
});

test('a client that leaves is told apart, and so is what it had until then', async () => {
  const opened = await house(`providers: { alpha: { plugin: "${plugin}" } }\nroutes: { main: alpha/m1 }`);
  script('alpha', async function* (_request, call) {
    await hang(call);
    yield FINISH;
  });
  const leaving = new AbortController();
  const asked = opened.post('/v1/chat/completions', ask, {}, leaving.signal).catch(() => undefined);
  await new Promise((later) => setTimeout(later, 50));
  leaving.abort();
  await asked;
  const lines = () => opened.log.filter(({ message }) => message === 'request');
  await expect.poll(() => lines().length).toBe(1);
  expect(lines()[0]).toMatchObject({ level: 'info', fields: { code: 'cancelled', attempts: [{ code: 'cancelled' }] } });
});
