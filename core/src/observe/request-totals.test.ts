// What requests add up to, and that no client makes it grow.
import { expect, test } from 'vitest';
import { RouterError } from '../contract/index.ts';
import { type RequestRecord, startRecord } from './record.ts';
import { type Providers, RequestTotals } from './request-totals.ts';

const providers: Providers = {
  config: { routes: [{ targets: [{ provider: 'acme', model: '*', weight: 1 }] }] },
  upstreams: new Map([
    ['acme', { provider: { vendor: 'acme.ai' }, config: { plugin: { name: 'acme-plugin' } } }],
    ['plain', { provider: {}, config: { plugin: { name: 'plain-plugin' } } }],
  ]),
};

function ended(target: string, error?: RouterError): RequestRecord {
  const code = error && { code: error.code, error };
  return {
    ...startRecord({ id: 'r', operation: 'chat', protocol: 'openai-chat', idHeader: undefined }),
    ...(error ? { error } : { target }),
    route: 'star-*',
    status: error?.status ?? 200,
    stream: true,
    firstTokenMs: 10,
    totalMs: 100,
    overheadMs: 1,
    usage: { inputTokens: 1, outputTokens: 2 },
    losses: [{ field: `field_${target}`.replace('/', '_'), action: 'dropped', reason: 'r' }],
    tries: [{ target, startMs: 0, ms: 10, waitMs: 1, ...code }],
  };
}

const sizes = (totals: RequestTotals) => totals.families.map((family) => [...family].length);

test('whatever names clients choose, the number of series has a bound', () => {
  const totals = new RequestTotals();
  for (let n = 0; n < 2_000; n++) totals.add(ended(`acme/${n}`), providers);
  const before = sizes(totals);
  for (let n = 2_000; n < 20_000; n++) {
    totals.add(ended(`acme/${n}`), providers);
    totals.add(ended(`acme/bad-${n}`, new RouterError('unsupported', 'no')), providers);
  }
  // The failures are new, once.
  const grown = sizes(totals).reduce((sum, size, family) => sum + size - (before[family] ?? 0), 0);
  expect(grown).toBeLessThan(10);
  expect(Math.max(...sizes(totals))).toBeLessThan(1_000);
});

test('a provider goes by its vendor’s name, or by its plugin’s', () => {
  const totals = new RequestTotals();
  for (const target of ['acme/m', 'plain/m', 'gone/m']) totals.add(ended(target), providers);
  const calls = totals.families.find(({ name }) => name === 'gen_ai_client_operation_duration_seconds');
  expect([...(calls ?? [])].map(({ labels }) => labels.gen_ai_provider_name)).toEqual([
    'acme.ai',
    'plain-plugin',
    'gone',
  ]);
});

test('the try that answered lasts to the end of the answer, and fails with it', () => {
  const totals = new RequestTotals();
  const broken = new RouterError('upstream-failed', 'cut');
  const record = { ...ended('acme/m'), startMs: 0, error: broken };
  totals.add(record, providers);
  const calls = totals.families.find(({ name }) => name === 'gen_ai_client_operation_duration_seconds');
  const [only] = [...(calls ?? [])];
  expect(only?.labels.error_type).toBe('upstream-failed');
  expect(only?.series).toMatchObject({ sum: expect.closeTo(0.1) });
});

test('a count of tokens uses none of them', () => {
  const totals = new RequestTotals();
  totals.add({ ...ended('acme/m'), operation: 'count_tokens' }, providers);
  totals.add(ended('acme/m'), providers);
  const tokens = totals.families.find(({ name }) => name === 'turnout_tokens_total');
  expect([...(tokens ?? [])].map(({ labels, series }) => [labels.type, series])).toEqual([
    ['input', { value: 1 }],
    ['output', { value: 2 }],
  ]);
});
