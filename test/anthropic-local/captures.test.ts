// What client programs have sent to Anthropic's API (the corpus): planned for each generation of Claude, relayed or rebuilt, all of it
// is taken by anthropic-local.
import type { ChatRequest, Plan, Provider } from '@turnout/core/contract';
import { RouterError } from '@turnout/core/contract';
import { createTestHost } from '@turnout/core/testing';
import anthropic from '@turnout/plugin-anthropic';
import { startAnthropicLocal } from '@turnout/plugin-anthropic/local';
import { afterAll, describe, expect, it } from 'vitest';
import { anthropicCount, anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import { hasClientTraffic, readClientTraffic } from '../corpus/client-traffic.ts';

const MODELS = [
  'claude-sonnet-4-5',
  'claude-opus-4-6',
  'claude-sonnet-5',
  'claude-opus-5-5',
  'claude-3-5-haiku-latest',
];

const all = readClientTraffic().filter(({ path }) => /\/v1\/messages(\/count_tokens)?(\?|$)/.test(path));
/** Threads are refused by the router itself: Anthropic alone keeps them. */
const traffic = all.filter(({ body }) => !('thread' in body));
const isCount = (path: string): boolean => path.includes('count_tokens');

const local = await startAnthropicLocal();
const host = createTestHost('anthropic');
const provider: Provider = await anthropic.create(
  { baseUrl: local.url, apiKey: 'local-key', authToken: undefined, version: '2023-06-01', betas: [] },
  host,
);
afterAll(async () => {
  await host.close();
  await local.close();
});

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const callOf = (plan: Plan) => ({
  ...{ id: 'c', signal: new AbortController().signal, deadline: Date.now() + 60_000, plan, log: silent },
});

async function send(request: ChatRequest, plan: Plan): Promise<string> {
  if (!plan.relay) return (await provider.generate?.(request, callOf(plan)))?.finish.rawReason ?? '';
  const answer = await provider.relay?.(request, { ...callOf(plan), answerModel: 'alias' });
  let reason = '';
  for await (const event of answer?.events ?? []) if (event.type === 'finish') reason = event.rawReason;
  return reason;
}

describe.skipIf(!hasClientTraffic)('what clients have sent', () => {
  it('is there', () => {
    expect(traffic.length).toBeGreaterThan(80);
  });

  it.each(traffic.filter(({ path }) => !isCount(path)))('$name', async ({ body, headers }) => {
    for (const model of MODELS) {
      const { request, stream } = anthropicMessages.decode({ ...body, model }, { headers });
      for (const protocol of ['anthropic-messages', 'openai-chat'] as const) {
        const plan = provider.plan(request, { protocol, stream, body });
        const reason = await send(request, plan).catch((error) => {
          throw RouterError.is(error)
            ? new Error(`${model}: ${plan.relay ? 'relayed' : 'rebuilt'}: ${error.message}`)
            : error;
        });
        expect(reason).not.toBe('');
      }
    }
  });

  it.each(traffic.filter(({ path }) => isCount(path)))('$name is counted', async ({ body, headers }) => {
    const { request } = anthropicCount.decode({ ...body, model: 'claude-sonnet-5' }, { headers });
    const count = await provider.countTokens?.(request, {
      ...{ id: 'c', signal: new AbortController().signal, deadline: Date.now() + 60_000, log: silent },
    });
    expect(count?.inputTokens).toBeGreaterThan(0);
    expect(count?.estimated).toBeUndefined();
  });
});
