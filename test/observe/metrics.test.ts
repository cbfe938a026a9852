// /metrics: who may see it, what it counts, and that no client makes it grow.
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { RouterError } from '../../core/src/contract/index.ts';
import { FINISH, hang, say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';
import { readExposition, type Sample } from './exposition.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const open: House[] = [];
afterAll(async () => {
  for (const house of open) await house.close();
});

async function house(yaml: string, key?: string): Promise<House> {
  const opened = await openHouse(yaml, key === undefined ? {} : { key });
  open.push(opened);
  return opened;
}

async function scrape({ url }: House, headers: Record<string, string> = {}): Promise<Sample[]> {
  const response = await fetch(`${url}/metrics`, { headers });
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  return readExposition(await response.text());
}

/** The value of the one sample with these labels, and perhaps others. */
function figure(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  if (found.length !== 1) throw new Error(`${found.length} of ${name} ${JSON.stringify(labels)}`);
  return found[0]?.value ?? Number.NaN;
}

const ask = (model: string, stream = false) => ({ model, stream, messages: [{ role: 'user', content: 'hi' }] });
async function* failing(error: RouterError): AsyncGenerator<never> {
  throw error;
  // biome-ignore lint/correctness/noUnreachable: an async generator needs one
  yield* [];
}

describe('what is counted', () => {
  let samples: Sample[];
  beforeAll(async () => {
    const opened = await house(`
providers:
  alpha: { plugin: "${plugin}", retry: { attempts: 2, minDelay: 10ms, maxDelay: 10ms }, breaker: { failures: 3 } }
  beta: { plugin: "${plugin}" }
routes: { main: { targets: [alpha/m1, beta/m2] }, only: alpha/m1 }
`);
    script('alpha', {
      stream: () => failing(new RouterError('overloaded', 'no', { upstream: { status: 503 } })),
    });
    script('beta', {
      losses: () => [{ field: 'topP', action: 'dropped', reason: 'no' }],
      stream: async function* () {
        for (const event of say('one two three')) {
          yield event === FINISH
            ? {
                ...FINISH,
                usage: { inputTokens: 3, outputTokens: 4, totalTokens: 57, cacheReadTokens: 50, reasoningTokens: 2 },
              }
            : event;
        }
      },
    });
    for (const stream of [true, false]) await (await opened.post('/v1/chat/completions', ask('main', stream))).text();
    await opened.post('/v1/chat/completions', ask('nowhere'));
    await opened.post('/v1/chat/completions', ask('beta/direct'));
    await opened.post('/v1/messages', { model: 'only' });
    await vi.waitUntil(() => opened.log.filter(({ message }) => message === 'request').length === 5);
    samples = await scrape(opened);
  });

  test('requests, by protocol, route, provider, status and error', () => {
    const requests = samples.filter(({ name }) => name === 'turnout_requests_total');
    expect(requests.map(({ labels, value }) => [...Object.values(labels), value].join(' '))).toEqual([
      'openai-chat chat main beta 2xx 2',
      'openai-chat chat 4xx model-not-found 1',
      'openai-chat chat (direct) beta 2xx 1',
      'anthropic-messages chat 4xx invalid-request 1',
    ]);
  });

  test('tries, by target and outcome', () => {
    const attempts = (labels: Record<string, string>) => figure(samples, 'turnout_attempts_total', labels);
    expect(attempts({ target: 'alpha/m1', code: 'overloaded' })).toBe(3);
    expect(attempts({ target: 'beta/m2', code: 'ok' })).toBe(2);
    expect(figure(samples, 'turnout_wait_seconds_total', { target: 'alpha/m1' })).toBeGreaterThan(0);
  });

  test('durations and tokens, by the names of OpenTelemetry', () => {
    const main = { gen_ai_operation_name: 'chat', gen_ai_provider_name: 'scripted', gen_ai_request_model: 'main' };
    expect(figure(samples, 'gen_ai_server_request_duration_seconds_count', main)).toBe(2);
    expect(figure(samples, 'gen_ai_server_request_duration_seconds_bucket', { ...main, le: '+Inf' })).toBe(2);
    expect(figure(samples, 'gen_ai_server_time_to_first_token_seconds_count', main)).toBe(1);
    expect(figure(samples, 'gen_ai_server_time_per_output_token_seconds_count', main)).toBe(1);
    const m2 = { ...main, gen_ai_request_model: 'm2' };
    expect(figure(samples, 'gen_ai_client_operation_duration_seconds_count', m2)).toBe(2);
    const m1 = { ...main, gen_ai_request_model: 'm1', error_type: 'overloaded' };
    expect(figure(samples, 'gen_ai_client_operation_duration_seconds_count', m1)).toBe(3);
    expect(figure(samples, 'gen_ai_client_token_usage_sum', { ...m2, gen_ai_token_type: 'input' })).toBe(106);
    expect(figure(samples, 'gen_ai_client_token_usage_sum', { ...m2, gen_ai_token_type: 'output' })).toBe(8);
    const bounds = samples.filter(
      ({ name, labels }) => name === 'gen_ai_client_token_usage_bucket' && labels.gen_ai_token_type === 'input',
    );
    expect(bounds.slice(0, 15).map(({ labels }) => labels.le)).toEqual(
      [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864, '+Inf'].map(String),
    );
    const values = bounds.slice(0, 15).map(({ value }) => value);
    expect(values).toEqual(values.toSorted((a, b) => a - b));
  });

  test('tokens by kind, losses by field, the router’s own time', () => {
    const tokens = (type: string) =>
      figure(samples, 'turnout_tokens_total', { route: 'main', target: 'beta/m2', type });
    expect(['input', 'output', 'cache_read', 'reasoning'].map(tokens)).toEqual([6, 8, 100, 4]);
    expect(figure(samples, 'turnout_losses_total', { field: 'top_p', action: 'dropped' })).toBe(3);
    expect(figure(samples, 'turnout_overhead_seconds_count', { protocol: 'openai-chat' })).toBe(4);
  });

  test('the state of this moment', () => {
    expect(figure(samples, 'turnout_requests_running')).toBe(0);
    expect(figure(samples, 'turnout_breaker_state', { target: 'alpha/m1' })).toBe(3);
    expect(figure(samples, 'turnout_breaker_state', { target: 'beta/m2' })).toBe(0);
    expect(figure(samples, 'turnout_provider_calls_running', { provider: 'alpha' })).toBe(0);
    expect(figure(samples, 'turnout_config_version')).toBe(1);
    expect(figure(samples, 'process_resident_memory_bytes')).toBeGreaterThan(1e6);
  });
});

test('what runs and what waits', async () => {
  const opened = await house(`
providers: { alpha: { plugin: "${plugin}", concurrency: { max: 1, queue: 5 } } }
routes: { main: alpha/m1 }
`);
  script('alpha', async function* (_request, call) {
    await hang(call);
    yield FINISH;
  });
  const leaving = new AbortController();
  const asked = [1, 2, 3].map(() =>
    opened.post('/v1/chat/completions', ask('main'), {}, leaving.signal).catch(() => undefined),
  );
  const names = ['turnout_requests_running', 'turnout_provider_calls_running', 'turnout_provider_calls_waiting'];
  const figureList = async () => {
    const samples = await scrape(opened);
    return names.map((name) => figure(samples, name));
  };
  await expect.poll(figureList).toEqual([3, 1, 2]);
  leaving.abort();
  await Promise.all(asked);
  await expect.poll(figureList).toEqual([0, 0, 0]);
});

test('reloads: what was counted stays, and one that was refused shows', async () => {
  const yaml = (route: string) => `providers: { alpha: { plugin: "${plugin}" } }\nroutes: { ${route}: alpha/m1 }\n`;
  const opened = await house(yaml('before'));
  script('alpha', async function* () {
    yield* say('one');
  });
  const names = ['config_version', 'config_last_reload_successful', 'config_reload_failures_total'];
  const reloads = async () => {
    const samples = await scrape(opened);
    return names.map((name) => figure(samples, `turnout_${name}`));
  };
  await (await opened.post('/v1/chat/completions', ask('before'))).text();
  expect(await reloads()).toEqual([1, 1, 0]);
  opened.rewrite('providers: { alpha: { plugin: none } }');
  await expect(opened.live.reload()).rejects.toThrow();
  expect(await reloads()).toEqual([1, 0, 1]);
  opened.rewrite(yaml('after'));
  await opened.live.reload();
  expect(await reloads()).toEqual([2, 1, 1]);
  await (await opened.post('/v1/chat/completions', ask('after'))).text();
  const samples = await scrape(opened);
  for (const route of ['before', 'after']) expect(figure(samples, 'turnout_requests_total', { route })).toBe(1);
});

test('a name that a client makes up is no label before somebody has answered to it', async () => {
  const opened = await house(`
providers: { alpha: { plugin: "${plugin}" }, beta: { plugin: "${plugin}" } }
routes: { "star-*": alpha/* }
`);
  script('alpha', async function* () {
    yield* say('one');
  });
  script('beta', () => failing(new RouterError('invalid-request', 'no')));
  for (const model of ['star-1', 'star-1', 'beta/1', 'beta/2', 'no-such-1', 'no-such-2']) {
    await (await opened.post('/v1/chat/completions', ask(model))).text();
  }
  const samples = await scrape(opened);
  const attempts = samples.filter(({ name }) => name === 'turnout_attempts_total');
  expect(attempts.map(({ labels, value }) => [labels.target, value])).toEqual([
    ['alpha/1', 2],
    ['beta/other', 2],
  ]);
  expect(figure(samples, 'turnout_requests_total', { code: 'model-not-found' })).toBe(2);
  expect(samples.filter(({ labels }) => Object.values(labels).some((value) => /no-such|beta\/\d/.test(value)))).toEqual(
    [],
  );
});

describe('who may see it', () => {
  const PROVIDERS = 'providers: { echo: {} }\n';
  const KEYS = 'keys: [{ name: team, key: key-of-the-team }, { name: ops, key: key-of-the-operator, admin: true }]\n';
  const status = async ({ url }: House, headers: Record<string, string> = {}) =>
    (await fetch(`${url}/metrics`, { headers })).status;

  test('without keys, the programs of this machine', async () => {
    const opened = await house(PROVIDERS);
    expect(await status(opened)).toBe(200);
    expect(await status(opened, { origin: 'https://page.example' })).toBe(403);
    expect(await status(opened, { 'sec-fetch-site': 'cross-site' })).toBe(403);
  });

  test('with keys, an administrator', async () => {
    const opened = await house(PROVIDERS + KEYS);
    expect(await status(opened)).toBe(401);
    expect(await status(opened, { authorization: 'Bearer key-of-the-team' })).toBe(403);
    expect(await status(opened, { authorization: 'Bearer key-of-the-operator' })).toBe(200);
  });

  test('with metrics: open, everybody', async () => {
    const opened = await house(`server: { metrics: open }\n${PROVIDERS}${KEYS}`);
    expect(await status(opened)).toBe(200);
  });
});
