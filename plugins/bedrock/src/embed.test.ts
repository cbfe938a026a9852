// Section 12: embeddings. Which family a name means, what its answers may look like, where the counts come from.
import type { EmbedRequest, Provider } from '@turnout/core/contract';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type BedrockLocal, startBedrockLocal } from '../local/index.ts';
import { callOf, createHost } from '../test/fixture.ts';
import { configSchema } from './config.ts';
import bedrock from './index.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' };
const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc';
const COHERE = 'cohere.embed-multilingual-v3';

let local: BedrockLocal;
let provider: Provider;
const host = createHost();

async function create(settings: object): Promise<Provider> {
  const given = { region: 'us-east-1', endpoint: local.url, auth: { mode: 'keys', ...KEYS }, ...settings };
  return bedrock.create(configSchema.parse(given), host);
}
beforeEach(async () => {
  local = await startBedrockLocal({ credentials: [KEYS], resources: { [PROFILE]: COHERE } });
  provider = await create({ models: { mine: { id: PROFILE, base: COHERE }, nameless: { id: PROFILE } } });
});
afterEach(async () => {
  await provider.close?.();
  await local.close();
});

/** Plan and call, as core makes them. */
async function embed(given: Partial<EmbedRequest>) {
  const { embeddings } = provider;
  if (embeddings === undefined) throw new Error('the plugin has no embeddings');
  const request = { model: COHERE, input: ['one'], ...given };
  const plan = embeddings.plan(request, {});
  const result = await embeddings.embed(request, callOf(plan));
  return { ...result, losses: plan.losses, resolution: plan.resolution };
}

describe('which model is meant', () => {
  it.each([
    ['cohere.embed-english-v3', 'cohere.embed-english-v3', 1024],
    ['cohere.embed-v4:0', 'cohere.embed-v4:0', 1536],
    ['eu.cohere.embed-v4:0', 'eu.cohere.embed-v4:0', 1536],
    ['mine', PROFILE, 1024],
    ['arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0', undefined, 1024],
  ])('%s', async (model, wireId, length) => {
    if (model.startsWith('eu.')) provider = await create({ region: 'eu-west-1' });
    const { embeddings, model: answered } = await embed({ model });
    expect(embeddings[0]).toHaveLength(length);
    expect(answered).toBe(wireId ?? model);
    expect(local.requests[0]).toMatchObject({ operation: 'invoke', model: wireId ?? model });
  });

  it('crossRegion adds the profile', async () => {
    provider = await create({ crossRegion: 'global' });
    const { model, resolution } = await embed({ model: 'cohere.embed-v4:0' });
    expect(model).toBe('global.cohere.embed-v4:0');
    expect(resolution).toMatchObject({ model, region: 'us-east-1', auth: 'keys', known: true });
    expect(resolution.reasons).toContain('it makes embeddings: ask it at /v1/embeddings');
  });

  it.each([
    ['amazon.nova-pro-v1:0', 'makes no embeddings'],
    ['no.such-model', 'makes no embeddings'],
    ['twelvelabs.marengo-embed-2-7-v1:0', 'makes no embeddings'],
    ['nameless', 'set models.<alias>.base'],
  ])('%s makes none', async (model, message) => {
    await expect(embed({ model })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(message),
    });
    expect(local.requests).toHaveLength(0);
  });
});

describe('the answer', () => {
  const recorded = (body: object, tokens?: string) =>
    local.script({
      kind: 'recorded',
      body: { json: body },
      ...(tokens !== undefined && { headers: { 'x-amzn-bedrock-input-token-count': tokens } }),
    });

  it.each([
    ['a list of vectors', { embeddings: [[1, 2]] }],
    ['vectors by type', { embeddings: { float: [[1, 2]], int8: [[3, 4]] } }],
  ])('of Cohere: %s, counted in the header', async (_what, body) => {
    recorded(body, '7');
    expect(await embed({})).toMatchObject({ model: COHERE, embeddings: [[1, 2]], inputTokens: 7, losses: [] });
  });

  it("a model's own count goes before the header, and no count is none", async () => {
    recorded({ embedding: [1], inputTextTokenCount: 3 }, '9');
    expect((await embed({ model: 'amazon.titan-embed-text-v1' })).inputTokens).toBe(3);
    recorded({ embedding: [1] });
    expect((await embed({ model: 'amazon.titan-embed-text-v1' })).inputTokens).toBe(0);
  });

  it.each([{ embeddings: [] }, { embeddings: [[1], [2]] }, { embeddings: [[]] }, { embeddings: { int8: [[1]] } }, {}])(
    'is refused where it holds no such vectors: %j',
    async (body) => {
      recorded(body);
      await expect(embed({})).rejects.toMatchObject({ code: 'upstream-failed' });
    },
  );

  it('names what is lost', async () => {
    const extensions = { 'openai-embeddings': { normalize: true, mood: 'good' }, bedrock: { latency: 'optimized' } };
    const { losses } = await embed({ user: 'u', dimensions: 7, extensions });
    expect(losses.map(({ field, action }) => `${field}:${action}`).sort()).toEqual([
      'bedrock.latency:dropped',
      'dimensions:dropped',
      'mood:dropped',
      'normalize:dropped',
      'user:dropped',
    ]);
    expect((await embed({ dimensions: 1024 })).losses).toEqual([]);
    const guarded = embed({ extensions: { bedrock: { guardrail: {} } } });
    await expect(guarded).rejects.toMatchObject({ code: 'unsupported', field: 'bedrock.guardrail' });
  });

  it('a refusal names the IAM action', async () => {
    local.script({ kind: 'error', name: 'AccessDeniedException', message: 'no' });
    await expect(embed({})).rejects.toMatchObject({ code: 'upstream-denied', message: /bedrock:InvokeModel\b/ });
  });
});
