// Counting tokens: whom Bedrock counts for, and what is sent for it.
import type { ChatRequest, Provider } from '@turnout/core/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BedrockLocal, startBedrockLocal } from '../local/index.ts';
import { callOf, chatRequest, createHost } from '../test/fixture.ts';
import { configSchema } from './config.ts';
import bedrock from './index.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };
const ALIAS = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';

let local: BedrockLocal;
let provider: Provider;
const host = createHost();
beforeEach(async () => {
  local = await startBedrockLocal({ credentials: [KEYS] });
  provider = await create('geo');
});

function create(crossRegion: string) {
  const config = configSchema.parse({
    region: 'us-east-1',
    crossRegion,
    endpoint: local.url,
    auth: { mode: 'keys', ...KEYS },
    models: { mine: { id: ALIAS, base: 'anthropic.claude-sonnet-4-5-20250929-v1:0' }, unknown: { id: ALIAS } },
  });
  return bedrock.create(config, host);
}
afterEach(async () => {
  await provider.close?.();
  await local.close();
});

async function count(given: Partial<ChatRequest>, signal?: AbortSignal) {
  const { plan: _, ...call } = callOf({ resolution: {}, losses: [], wire: undefined } as never, signal);
  return provider.countTokens?.(chatRequest(given), call);
}

const SIGNAL = { name: 'set_signal', description: 'Sets a signal', schema: { type: 'object', properties: {} } };

describe('Bedrock counts', () => {
  it.each([
    ['anthropic.claude-sonnet-5', 'anthropic.claude-sonnet-5'],
    ['us.anthropic.claude-sonnet-5', 'anthropic.claude-sonnet-5'],
    ['global.anthropic.claude-opus-4-5-20251101-v1:0', 'anthropic.claude-opus-4-5-20251101-v1:0'],
    ['anthropic.claude-3-5-haiku-20241022-v1:0', 'anthropic.claude-3-5-haiku-20241022-v1:0'],
    ['mine', 'anthropic.claude-sonnet-4-5-20250929-v1:0'],
  ])('%s as the foundation model', async (model, bare) => {
    const counted = await count({ model });
    expect(counted).toEqual({ inputTokens: expect.any(Number) });
    expect(local.requests).toMatchObject([{ model: bare, operation: 'count-tokens', status: 200 }]);
  });

  it('everything that the model would read, and nothing else', async () => {
    await count({
      system: [{ type: 'text', text: 'Be brief.', cache: {} }],
      tools: [{ kind: 'function', ...SIGNAL }],
      maxTokens: 9000,
      temperature: 0.5,
      reasoning: { budget: 2048 },
      model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
    });
    const { body } = local.requests[0] ?? {};
    const { converse } = (body as { input: { converse: Record<string, unknown> } }).input;
    expect(converse).toMatchObject({
      messages: [{ role: 'user', content: [{ text: 'Hello' }] }],
      system: [{ text: 'Be brief.' }, { cachePoint: { type: 'default' } }],
      toolConfig: { tools: [{ toolSpec: { name: 'set_signal' } }] },
      additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 2048 } },
    });
    expect(Object.keys(converse).sort()).toEqual(['additionalModelRequestFields', 'messages', 'system', 'toolConfig']);
    expect(local.requests[0]?.status).toBe(200);
  });

  it('and its errors are told as of any call', async () => {
    const when = { operation: 'count-tokens' } as const;
    local.script({ kind: 'error', name: 'AccessDeniedException', message: 'User is not authorized', when });
    await expect(count({})).rejects.toMatchObject({ code: 'upstream-denied', message: /bedrock:CountTokens/ });
    local.script({ kind: 'error', name: 'ThrottlingException', when });
    await expect(count({})).rejects.toMatchObject({ code: 'rate-limited' });
    local.script({ kind: 'recorded', body: '{}', when });
    await expect(count({})).rejects.toMatchObject({ code: 'upstream-failed', message: /holds no count/ });
    local.script({ kind: 'stall', when });
    await expect(count({}, AbortSignal.timeout(20))).rejects.toMatchObject({ code: 'cancelled' });
  });
});

const NO_COUNT = { code: 'unsupported', message: /counts no tokens/ };

describe('no count', () => {
  it.each([
    'amazon.nova-pro-v1:0',
    'us.meta.llama3-3-70b-instruct-v1:0',
    'anthropic.claude-3-haiku-20240307-v1:0',
    'unknown',
  ])('for %s, without a call', async (model) => {
    await expect(count({ model })).rejects.toMatchObject(NO_COUNT);
    expect(local.requests).toHaveLength(0);
  });

  it.each(["The provided model doesn't support counting tokens.", 'The provided model identifier is invalid.'])(
    'where Bedrock turns out to have no count: %s',
    async (message) => {
      const when = { operation: 'count-tokens' } as const;
      local.script({ kind: 'error', name: 'ValidationException', message, when });
      await expect(count({})).rejects.toMatchObject(NO_COUNT);
      // Nothing is learnt from it: a chat goes where it went.
      const { resolution } = provider.plan(chatRequest(), { protocol: 'openai-chat', stream: false });
      expect(resolution.model).toBe('us.anthropic.claude-sonnet-5');
    },
  );

  it('and crossRegion auto learns nothing from it', async () => {
    provider = await create('auto');
    const model = 'anthropic.claude-sonnet-4-5-20250929-v1:0';
    const planned = () =>
      provider.plan(chatRequest({ model }), { protocol: 'openai-chat', stream: false }).resolution.model;
    const before = planned();
    const message = `Invocation of model ID ${model} with on-demand throughput isn’t supported.`;
    const when = { operation: 'count-tokens' } as const;
    local.script({ kind: 'error', name: 'ValidationException', message, when });
    await expect(count({ model })).rejects.toMatchObject(NO_COUNT);
    expect(planned()).toBe(before);
  });

  it('never for what could not be sent', async () => {
    await expect(count({ model: 'cohere.embed-v4:0' })).rejects.toMatchObject({ code: 'unsupported' });
  });
});
