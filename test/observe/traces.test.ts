// Traces: what the environment asks for is sent to a collector, and a collector that is away disturbs nobody.
import { fileURLToPath } from 'node:url';
import { afterEach, expect, test, vi } from 'vitest';
import { RouterError } from '../../core/src/contract/index.ts';
import { begin, hang, say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';
import { type Collector, startCollector } from './collector.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
  vi.unstubAllEnvs();
});

async function collector(): Promise<Collector> {
  const started = await startCollector();
  open.push(started);
  return started;
}

async function house(env: Readonly<Record<string, string>>): Promise<House> {
  for (const [name, value] of Object.entries({ OTEL_BSP_SCHEDULE_DELAY: '20', ...env })) vi.stubEnv(name, value);
  const opened = await openHouse(`
providers:
  alpha: { plugin: "${plugin}", retry: { attempts: 2, minDelay: 10ms, maxDelay: 10ms } }
  beta: { plugin: "${plugin}" }
routes: { main: { targets: [alpha/m1, beta/m2] } }
`);
  open.unshift(opened);
  return opened;
}

const ask = { model: 'main', stream: true, messages: [{ role: 'user', content: 'hi' }] };
const failing = () =>
  (async function* () {
    throw new RouterError('overloaded', 'too much', { upstream: { status: 503, name: 'Busy', requestId: 'up-7' } });
    // biome-ignore lint/correctness/noUnreachable: an async generator needs one
    yield* [];
  })();

test('a span for the request and one for each upstream try, below the client’s own', async () => {
  const { url, spans, requests } = await collector();
  const { post, line } = await house({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=rail',
    OTEL_SERVICE_NAME: 'points',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
  });
  script('alpha', failing);
  script('beta', async function* () {
    yield* say('one two');
  });
  const response = await post('/v1/chat/completions', ask, { traceparent: `00-${TRACE}-${SPAN}-01` });
  await response.text();
  await expect.poll(() => spans.length).toBe(4);

  const [server, ...others] = spans.filter(({ kind }) => kind === 2);
  expect(others).toEqual([]);
  expect(server).toMatchObject({
    traceId: TRACE,
    parentId: SPAN,
    name: 'chat main',
    status: 0,
    attributes: {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'scripted',
      'gen_ai.request.model': 'main',
      'gen_ai.request.stream': true,
      'gen_ai.response.model': 'm2',
      'gen_ai.response.finish_reasons': ['end'],
      'gen_ai.usage.input_tokens': 3,
      'gen_ai.usage.output_tokens': 4,
      'http.response.status_code': 200,
      'turnout.route': 'main',
      'turnout.target': 'beta/m2',
      'turnout.key': 'anybody',
      'turnout.request.id': response.headers.get('x-request-id'),
    },
    resource: { 'service.name': 'points', 'deployment.environment': 'test' },
  });
  const calls = spans.filter(({ kind }) => kind === 3).sort((a, b) => a.startMs - b.startMs);
  expect(calls.map(({ name }) => name)).toEqual(['chat m1', 'chat m1', 'chat m2']);
  expect(calls.map(({ parentId }) => parentId)).toEqual(Array(3).fill(server?.spanId));
  expect(calls[0]).toMatchObject({
    traceId: TRACE,
    status: 2,
    statusMessage: 'too much',
    attributes: {
      'error.type': 'overloaded',
      'http.response.status_code': 503,
      'turnout.upstream.error': 'Busy',
      'turnout.upstream.request_id': 'up-7',
    },
  });
  expect(calls[2]).toMatchObject({ status: 0, attributes: { 'gen_ai.usage.output_tokens': 4 } });
  expect(calls[2]?.attributes).not.toHaveProperty('error.type');
  for (const { startMs, endMs } of spans) expect(endMs).toBeGreaterThanOrEqual(startMs);
  expect(Math.abs((server?.startMs ?? 0) - Date.now())).toBeLessThan(60_000);

  expect(requests[0]).toMatchObject({ path: '/v1/traces', headers: { 'x-tenant': 'rail' } });
  expect((await line(response.headers.get('x-request-id') ?? '')).fields.traceId).toBe(TRACE);
});

test('the spans of a client that leaves end once, and are sent before the process ends', async () => {
  const { url, spans } = await collector();
  const { post, log, close } = await house({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${url}/elsewhere`,
    OTEL_BSP_SCHEDULE_DELAY: '60000',
  });
  script('alpha', async function* (_request, call) {
    yield* begin();
    yield { type: 'block-delta', index: 0, text: 'half' };
    await hang(call);
  });
  const leaving = new AbortController();
  const response = await post('/v1/chat/completions', ask, {}, leaving.signal);
  await response.body?.getReader().read();
  leaving.abort();
  await expect.poll(() => log.filter(({ message }) => message === 'request').length).toBe(1);
  expect(spans).toEqual([]);
  open.shift();
  await close();
  expect(spans.map(({ kind, attributes }) => [kind, attributes['error.type']])).toEqual([
    [3, 'cancelled'],
    [2, 'cancelled'],
  ]);
  expect(log.find(({ message }) => message === 'request')?.fields.traceId).toBe(spans[0]?.traceId);
});

test.each([
  ['always_off', '', 0],
  ['traceidratio', '0', 0],
  ['always_on', '', 6],
  ['parentbased_always_off', '', 2],
])('OTEL_TRACES_SAMPLER=%s %s', async (sampler, arg, count) => {
  const { url, spans } = await collector();
  const { post, close } = await house({
    OTEL_EXPORTER_OTLP_ENDPOINT: url,
    OTEL_TRACES_SAMPLER: sampler,
    OTEL_TRACES_SAMPLER_ARG: arg,
  });
  script('alpha', async function* () {
    yield* say('one');
  });
  // One that no client samples, one that a client does not sample, one that a client does.
  for (const traceparent of ['none', `00-${TRACE}-${SPAN}-00`, `00-${TRACE}-${SPAN}-01`]) {
    await (await post('/v1/chat/completions', ask, { traceparent })).text();
  }
  open.shift();
  await close();
  expect(spans).toHaveLength(count);
});

test('a collector that is away, or refuses, is a line in the log and nothing else', async () => {
  const refusing = await collector();
  refusing.status = 400;
  for (const url of ['http://127.0.0.1:9', refusing.url]) {
    const { post, log, close } = await house({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_TIMEOUT: '200' });
    script('alpha', async function* () {
      yield* say('one');
    });
    for (let n = 0; n < 3; n++) {
      const response = await post('/v1/chat/completions', ask);
      expect(response.status).toBe(200);
      await response.text();
    }
    const complaints = () => log.filter(({ message }) => message === 'spans could not be sent');
    await expect.poll(() => complaints().length, { timeout: 5_000 }).toBe(1);
    open.shift();
    await close();
    expect(complaints()).toHaveLength(1);
    expect(log.filter(({ message }) => message === 'request').map(({ level }) => level)).toEqual(Array(3).fill('info'));
  }
});
