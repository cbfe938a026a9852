// The catalogue file as it is committed, and the two lookups on it.
import { describe, expect, it } from 'vitest';
import { findModel, MODELS, splitPrefix } from './catalogue.ts';

const PREFIXES = ['us-gov', 'us', 'eu', 'apac', 'jp', 'au', 'ca', 'in', 'global'];
const MEMBERS = [
  'id',
  'name',
  'kind',
  'contextTokensMax',
  'outputTokensMax',
  'profiles',
  'onDemand',
  'price',
  'profilePrices',
];
const ABILITIES = ['tools', 'images', 'reasoning', 'cache'];

describe('the catalogue', () => {
  it('holds bare ids only, sorted, each once, with known members of the right kind', () => {
    expect(MODELS.length).toBeGreaterThan(90);
    const ids = MODELS.map((model) => model.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect([...ids].sort()).toEqual(ids);
    for (const model of MODELS) {
      expect(splitPrefix(model.id)).toEqual({ base: model.id });
      expect(Object.keys(model).filter((key) => !MEMBERS.includes(key) && !ABILITIES.includes(key))).toEqual([]);
      expect(model.profiles.filter((prefix) => !PREFIXES.includes(prefix))).toEqual([]);
      for (const limit of [model.contextTokensMax, model.outputTokensMax]) {
        expect(limit === undefined || (Number.isInteger(limit) && limit > 0)).toBe(true);
      }
      expect(Object.keys(model.profilePrices ?? {}).filter((prefix) => !model.profiles.includes(prefix))).toEqual([]);
      for (const price of [model.price ?? [], ...Object.values(model.profilePrices ?? {})]) {
        expect(Object.values(price).every((dollars) => typeof dollars === 'number' && dollars >= 0)).toBe(true);
      }
    }
  });

  it('has prices by the million tokens, and models that make embeddings', () => {
    const nova = findModel('amazon.nova-2-lite-v1:0');
    expect(nova?.price).toEqual({ input: 0.33, output: 2.75, cacheRead: 0.0825, cacheWrite: 0.33 });
    expect(nova?.profilePrices?.global).toEqual({ input: 0.3, output: 2.5, cacheRead: 0.075, cacheWrite: 0.3 });
    expect(findModel('amazon.titan-embed-text-v1')).toMatchObject({
      kind: 'embedding',
      price: { input: 0.1, output: 0 },
    });
    expect(MODELS.filter(({ kind }) => kind === 'embedding').map(({ id }) => id)).toEqual([
      'amazon.nova-2-multimodal-embeddings-v1:0',
      'amazon.titan-embed-image-v1',
      'amazon.titan-embed-text-v1',
      'amazon.titan-embed-text-v2:0',
      'cohere.embed-english-v3',
      'cohere.embed-multilingual-v3',
      'cohere.embed-v4:0',
    ]);
  });

  it('says which bare ids may be sent', () => {
    expect(findModel('anthropic.claude-sonnet-5')).toMatchObject({ onDemand: true, outputTokensMax: 128_000 });
    expect(findModel('amazon.nova-lite-v1:0')?.profiles).toEqual(['apac', 'ca', 'eu', 'us']);
    // Refused in recorded traffic although lists have them.
    for (const id of ['meta.llama4-scout-17b-instruct-v1:0', 'anthropic.claude-opus-4-1-20250805-v1:0']) {
      expect(findModel(id)?.onDemand).toBe(false);
    }
    expect(findModel('anthropic.claude-3-5-sonnet-20240620-v1:0')).toMatchObject({ onDemand: true, profiles: ['us'] });
    expect(findModel('no.such-model')).toBeUndefined();
    expect(findModel('us.anthropic.claude-sonnet-5')).toBeUndefined();
  });
});

describe('splitPrefix', () => {
  it.each([
    ['us.anthropic.claude-sonnet-5', 'us', 'anthropic.claude-sonnet-5'],
    ['us-gov.openai.gpt-oss-20b-1:0', 'us-gov', 'openai.gpt-oss-20b-1:0'],
    ['global.amazon.nova-2-lite-v1:0', 'global', 'amazon.nova-2-lite-v1:0'],
    ['in.openai.gpt-5.6-luna', 'in', 'openai.gpt-5.6-luna'],
  ])('%s', (id, prefix, base) => expect(splitPrefix(id)).toEqual({ prefix, base }));

  it.each(['ai21.jamba-1-5-mini-v1:0', 'deepseek.v3.2', 'us.model', 'mx.some.model', 'eu.', ''])('%s stays', (id) =>
    expect(splitPrefix(id)).toEqual({ base: id }),
  );
});
