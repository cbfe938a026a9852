// Model names to wire ids: prefixes, ARNs, aliases, regions, endpoints.
import { describe, expect, it } from 'vitest';
import { listModels } from './models.ts';
import { createResolver, type ResolveSettings, resolveTarget } from './resolve.ts';

const settings = (given: Partial<ResolveSettings> = {}): ResolveSettings => ({
  region: 'us-east-1',
  regionSource: 'the config',
  crossRegion: 'off',
  endpoint: undefined,
  models: {},
  ...given,
});
const idOf = (name: string, given: Partial<ResolveSettings>) => resolveTarget(name, settings(given)).id;

const SONNET = 'anthropic.claude-sonnet-5';
const NOVA = 'amazon.nova-pro-v1:0';

describe('crossRegion', () => {
  it.each([
    ['off', 'us-east-1', SONNET, SONNET],
    ['geo', 'us-east-1', SONNET, `us.${SONNET}`],
    ['geo', 'eu-central-1', SONNET, `eu.${SONNET}`],
    ['geo', 'ap-northeast-1', SONNET, `jp.${SONNET}`],
    ['geo', 'ap-northeast-3', NOVA, `apac.${NOVA}`],
    ['geo', 'ap-northeast-2', NOVA, `apac.${NOVA}`],
    // Seoul is not in Japan, and Sonnet 5 has no apac profile.
    ['geo', 'ap-northeast-2', SONNET, SONNET],
    ['geo', 'ap-southeast-2', SONNET, `au.${SONNET}`],
    ['geo', 'ap-southeast-1', NOVA, `apac.${NOVA}`],
    ['geo', 'ap-south-1', 'openai.gpt-5.6-luna', 'in.openai.gpt-5.6-luna'],
    ['geo', 'ca-central-1', 'amazon.nova-lite-v1:0', 'ca.amazon.nova-lite-v1:0'],
    // `geo` keeps to the country, though AWS lets Canada use the profiles of the US: those are for who names them.
    ['geo', 'ca-central-1', SONNET, SONNET],
    ['global', 'ca-central-1', NOVA, NOVA],
    ['us', 'ca-central-1', SONNET, `us.${SONNET}`],
    ['geo', 'us-gov-west-1', 'openai.gpt-oss-20b-1:0', 'us-gov.openai.gpt-oss-20b-1:0'],
    ['geo', 'sa-east-1', SONNET, SONNET],
    ['geo', 'us-east-1', 'qwen.qwen3-32b-v1:0', 'qwen.qwen3-32b-v1:0'],
    ['global', 'us-east-1', SONNET, `global.${SONNET}`],
    ['global', 'sa-east-1', SONNET, `global.${SONNET}`],
    // Falls back to the geography …
    ['global', 'us-east-1', NOVA, `us.${NOVA}`],
    // … but the geography never to global.
    ['geo', 'us-east-1', 'anthropic.claude-sonnet-4-5-20250929-v1:0', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'],
    ['global', 'us-gov-west-1', SONNET, SONNET],
    ['eu', 'eu-west-1', SONNET, `eu.${SONNET}`],
    // Of a pool, the members that the profile cannot be asked from.
    ['eu', 'us-east-1', SONNET, SONNET],
    ['apac', 'ap-south-1', SONNET, SONNET],
    ['jp', 'ap-northeast-1', 'anthropic.claude-opus-4-5-20251101-v1:0', 'anthropic.claude-opus-4-5-20251101-v1:0'],
    // Partitions do not mix, and only the commercial one has global profiles.
    ['us', 'us-gov-west-1', SONNET, SONNET],
    ['us-gov', 'us-east-1', 'openai.gpt-oss-20b-1:0', 'openai.gpt-oss-20b-1:0'],
    ['us-gov', 'us-gov-east-1', 'openai.gpt-oss-20b-1:0', 'us-gov.openai.gpt-oss-20b-1:0'],
    ['geo', 'cn-north-1', SONNET, SONNET],
    ['global', 'cn-north-1', SONNET, SONNET],
    ['global', 'us-iso-east-1', SONNET, SONNET],
    ['geo', 'us-isob-east-1', SONNET, SONNET],
    ['global', 'eu-isoe-west-1', SONNET, SONNET],
    ['geo', 'eusc-de-east-1', SONNET, SONNET],
    ['global', 'eusc-de-east-1', SONNET, SONNET],
    // No global profile before Claude 4, whatever lists say.
    [
      'global',
      'us-east-1',
      'anthropic.claude-3-7-sonnet-20250219-v1:0',
      'us.anthropic.claude-3-7-sonnet-20250219-v1:0',
    ],
    ['auto', 'us-east-1', SONNET, SONNET],
  ] as const)('%s in %s: %s → %s', (crossRegion, region, name, id) => {
    expect(idOf(name, { crossRegion, region })).toBe(id);
  });

  it('leaves alone what is prefixed, an ARN, or not in the catalogue', () => {
    const names = [
      `eu.${SONNET}`,
      `global.${SONNET}`,
      'us.acme.new-model',
      'acme.new-model-v1:0',
      'arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-sonnet-5',
      'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc',
    ];
    for (const name of names) expect(idOf(name, { crossRegion: 'geo' })).toBe(name);
  });

  it('gives a reason for each decision', () => {
    const reasons = (name: string, given: Partial<ResolveSettings>) =>
      resolveTarget(name, settings(given)).reasons.join('; ');
    expect(reasons(SONNET, { crossRegion: 'geo' })).toMatch(/has the profile us/);
    expect(reasons(NOVA, { crossRegion: 'global' })).toMatch(/profile us, as it has no profile global/);
    expect(reasons('meta.llama4-scout-17b-instruct-v1:0', {})).toMatch(/profile only \(known profiles: us\)/);
    expect(reasons('acme.new', { crossRegion: 'geo' })).toMatch(/not in the catalogue/);
    expect(reasons(SONNET, { crossRegion: 'geo', region: 'sa-east-1' })).toMatch(/no geography of its own/);
    for (const [crossRegion, abroad] of [
      ['us', true],
      ['geo', false],
    ] as const) {
      const said = reasons('amazon.nova-lite-v1:0', { crossRegion, region: 'ca-central-1' });
      expect(said.includes('its answers come from outside the geography of ca-central-1')).toBe(abroad);
    }
    expect(reasons(SONNET, { regionSource: 'AWS_REGION' })).toMatch(/region us-east-1 is from AWS_REGION/);
  });
});

describe('ARNs and aliases', () => {
  const profile = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/a1b2c3';

  it("take the ARN's region for signing and the public endpoint, not for a custom one", () => {
    const target = resolveTarget(profile, settings());
    expect(target).toMatchObject({ region: 'eu-west-1', endpoint: 'https://bedrock-runtime.eu-west-1.amazonaws.com' });
    expect(target.path).toBe(
      '/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Aapplication-inference-profile%2Fa1b2c3',
    );
    const custom = resolveTarget(profile, settings({ endpoint: 'https://gw.example/bedrock' }));
    expect(custom).toMatchObject({ region: 'eu-west-1', endpoint: 'https://gw.example/bedrock' });
  });

  it.each([
    ['arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-6-v1', 'claude-4-6'],
    [
      'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:inference-profile/us-gov.anthropic.claude-3-7-sonnet-20250219-v1:0',
      'claude-3-7',
    ],
    ['arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1', 'claude-3'],
    ['arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc', 'unknown'],
    ['arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine', 'unknown'],
  ])('%s is of the family %s', (arn, family) => {
    expect(resolveTarget(arn, settings()).family.name).toBe(family);
  });

  it('an alias gives the id, and `base` the family of an ARN without a name', () => {
    const models = {
      mine: { id: profile, base: 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0' },
      short: { id: SONNET },
    };
    const target = resolveTarget('mine', settings({ models, crossRegion: 'geo' }));
    expect(target).toMatchObject({ id: profile, family: { name: 'claude-4-5' }, row: { outputTokensMax: 64_000 } });
    expect(resolveTarget('short', settings({ models, crossRegion: 'geo' })).id).toBe(`us.${SONNET}`);
    expect(resolveTarget(profile, settings()).reasons.join()).toMatch(/set models\.<alias>\.base/);
    // Not a name of the prototype's.
    expect(resolveTarget('constructor', settings({ models })).id).toBe('constructor');
  });

  it.each(['', '.', '..'])('refuses %j, which would change the path', (name) => {
    expect(() => resolveTarget(name, settings())).toThrow(expect.objectContaining({ code: 'model-not-found' }));
  });
});

describe('the length of a context at the end of a name', () => {
  it.each([
    [`${SONNET}[1m]`, SONNET],
    [`us.${SONNET}[1M]`, `us.${SONNET}`],
    ['anthropic.claude-3-sonnet-20240229-v1:0:28k', 'anthropic.claude-3-sonnet-20240229-v1:0'],
    [`${NOVA}:51k`, NOVA],
    ['anthropic.claude-haiku-4-5[1m]', 'anthropic.claude-haiku-4-5-20251001-v1:0'],
    ['mine[1m]', `eu.${SONNET}`],
  ])('is for the client only: %s', (name, id) => {
    const target = resolveTarget(name, settings({ models: { mine: { id: `eu.${SONNET}` } } }));
    expect(target.id).toBe(id);
    expect(target.reasons.join()).toMatch(/the suffix (\[1m\]|:28k|:51k) says how long a context may be/i);
  });

  it.each([NOVA, 'acme.model-v1:10', 'acme.model:k', 'acme.model-51k'])('is not %s', (name) => {
    expect(resolveTarget(name, settings()).id).toBe(name);
  });

  it('is kept in a name that the operator made', () => {
    const models = { 'mine[1m]': { id: SONNET } };
    expect(resolveTarget('mine[1m]', settings({ models })).reasons[0]).toBe(`mine[1m] is an alias of ${SONNET}`);
  });
});

it('a resolver answers the same as resolving anew', () => {
  const resolve = createResolver(settings({ crossRegion: 'geo' }));
  for (let n = 0; n < 1200; n++) resolve(`acme.model-${n}`);
  expect(resolve(SONNET)).toEqual(resolveTarget(SONNET, settings({ crossRegion: 'geo' })));
  expect(resolve(SONNET)).toBe(resolve(SONNET));
});

describe('listModels', () => {
  const list = (given: Partial<ResolveSettings>) =>
    listModels(settings(given), (name) => resolveTarget(name, settings(given))).map(({ id }) => id);

  it('names what works with the settings', () => {
    const bare = list({});
    expect(bare).toContain(SONNET);
    // Served through a profile only: by its prefix while crossRegion is off, by the bare id where it adds the prefix.
    expect(bare).toContain('us.meta.llama4-scout-17b-instruct-v1:0');
    expect(bare).not.toContain('meta.llama4-scout-17b-instruct-v1:0');
    expect(list({ crossRegion: 'geo' })).toContain('meta.llama4-scout-17b-instruct-v1:0');
    // No profile that a region in Europe may use.
    expect(list({ region: 'eu-west-1' }).some((id) => id.includes('llama4-scout'))).toBe(false);
  });

  it('leaves out what the residency refuses, and lists what any region of a pool has', () => {
    const models = { abroad: { id: `global.${SONNET}` }, mine: { id: `eu.${SONNET}` } };
    const eu = list({ region: 'eu-west-1', residency: 'eu', models });
    expect(eu).toContain('mine');
    expect(eu).not.toContain('abroad');
    expect(eu.filter((id) => /^(us|global|apac|jp)\./.test(id))).toEqual([]);
    const pool = list({ region: 'eu-west-1', regions: ['eu-west-1', 'us-east-1'] });
    expect(pool).toContain('us.meta.llama4-scout-17b-instruct-v1:0');
    expect(new Set(pool).size).toBe(pool.length);
    // `auto` finds the profile by itself.
    expect(list({ crossRegion: 'auto' })).toContain('meta.llama4-scout-17b-instruct-v1:0');
  });

  it('puts aliases first', () => {
    expect(list({ models: { mine: { id: SONNET } } })[0]).toBe('mine');
  });
});
