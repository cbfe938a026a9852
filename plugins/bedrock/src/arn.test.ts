// Knowledge 4.1: every form of ARN that Bedrock takes as a model id, and what is made of it.
import { describe, expect, it } from 'vitest';
import { parseArn } from './arn.ts';
import { poolMembers, type ResolveSettings, resolveTarget } from './resolve.ts';

const settings: ResolveSettings = {
  region: 'us-east-1',
  regionSource: 'the config',
  crossRegion: 'geo',
  endpoint: undefined,
  models: {},
};
const at = (rest: string, partition = 'aws', region = 'eu-west-1') => `arn:${partition}:bedrock:${region}:${rest}`;
const own = (rest: string) => at(`123456789012:${rest}`);

describe('4.1 forms', () => {
  // ARN, kind, family, API.
  it.each([
    [at(':foundation-model/anthropic.claude-opus-4-6-v1'), 'foundation-model', 'claude-4-6', undefined],
    [at(':foundation-model/amazon.nova-pro-v1:0'), 'foundation-model', 'nova', undefined],
    [own('inference-profile/eu.anthropic.claude-opus-4-6-v1'), 'inference-profile', 'claude-4-6', undefined],
    [own('application-inference-profile/1arbu5hu2sjr'), 'application-inference-profile', 'unknown', undefined],
    [own('provisioned-model/abc'), 'provisioned-model', 'unknown', undefined],
    [own('custom-model-deployment/abc'), 'custom-model-deployment', 'unknown', undefined],
    [own('imported-model/abc'), 'imported-model', 'unknown', 'invoke'],
    [own('default-prompt-router/anthropic.claude:1'), 'default-prompt-router', 'claude-3', undefined],
    [own('prompt-router/abc'), 'prompt-router', 'unknown', undefined],
    [own('prompt/ABCDEF1234:2'), 'prompt', 'unknown', undefined],
    ['arn:aws:sagemaker:eu-west-1:123456789012:endpoint/endpoint-quick-start-idr7y', 'endpoint', 'unknown', undefined],
    // A kind of tomorrow.
    [own('model-of-tomorrow/abc'), 'model-of-tomorrow', 'unknown', undefined],
  ])('%s', (arn, kind, family, api) => {
    expect(parseArn(arn)?.kind).toBe(kind);
    const target = resolveTarget(arn, settings);
    expect(target).toMatchObject({ id: arn, region: 'eu-west-1' });
    expect(target.endpoint).toBe('https://bedrock-runtime.eu-west-1.amazonaws.com');
    expect(target.path.split('/')).toHaveLength(3);
    expect(target.family.name).toBe(family);
    expect(target.api).toBe(api);
    expect(target.managedPrompt).toBe(kind === 'prompt' ? true : undefined);
  });

  it.each([
    ['aws-us-gov', 'us-gov-west-1', 'amazonaws.com'],
    ['aws-cn', 'cn-north-1', 'amazonaws.com.cn'],
    ['aws-iso-b', 'us-isob-east-1', 'sc2s.sgov.gov'],
    ['aws-eusc', 'eusc-de-east-1', 'amazonaws.eu'],
  ])('the partition %s', (partition, region, suffix) => {
    const target = resolveTarget(at(':foundation-model/anthropic.claude-sonnet-5', partition, region), settings);
    expect(target.endpoint).toBe(`https://bedrock-runtime.${region}.${suffix}`);
  });

  it('`base` says what is behind one that does not name its model, `api` how it is asked', () => {
    const id = own('provisioned-model/abc');
    for (const base of [
      'anthropic.claude-sonnet-5',
      'eu.anthropic.claude-sonnet-5',
      at(':foundation-model/anthropic.claude-sonnet-5'),
      own('inference-profile/eu.anthropic.claude-sonnet-5'),
    ]) {
      const target = resolveTarget('mine', { ...settings, models: { mine: { id, base, api: 'invoke' } } });
      expect(target).toMatchObject({ id, row: { id: 'anthropic.claude-sonnet-5' }, api: 'invoke' });
    }
    const imported = own('imported-model/abc');
    const converse = { ...settings, models: { mine: { id: imported, api: 'converse' as const } } };
    expect(resolveTarget('mine', converse).api).toBeUndefined();
  });

  it.each([
    'arn:',
    'arn:aws:bedrock:us-east-1',
    'arn:aws:bedrock:us-east-1:12345:provisioned-model/abc',
    'arn:aws:bedrock::123456789012:provisioned-model/abc',
    'arn:aws:bedrock:us-east-1:123456789012:provisioned-model',
    'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/',
    'arn:aws:bedrock:us-east-1::provisioned-model/abc',
    'arn:aws:bedrock:us-east-1:123456789012:foundation-model/abc',
    'arn:aws:s3:us-east-1:123456789012:bucket/abc',
    'arn:aws:bedrock:us-east-1:123456789012:endpoint/abc',
    'arn:aws:sagemaker:us-east-1:123456789012:model/abc',
    'arn:mars:bedrock:us-east-1::foundation-model/abc',
    'ARN:aws:bedrock:us-east-1::foundation-model/abc',
  ])('%s is refused with the form that was expected', (arn) => {
    expect(() => resolveTarget(arn, settings)).toThrow(
      expect.objectContaining({
        code: 'model-not-found',
        message: expect.stringContaining('expected arn:aws:bedrock:REGION:ACCOUNT:KIND/ID'),
      }),
    );
  });
});

describe('an ARN that a client names', () => {
  const arn = own('application-inference-profile/abc');
  const refused = expect.objectContaining({ code: 'forbidden', message: expect.stringContaining('allowArns: true') });

  it('is refused unless the operator has listed it, or allows all', () => {
    expect(() => resolveTarget(arn, settings, { direct: true })).toThrow(refused);
    expect(resolveTarget(arn, settings).id).toBe(arn);
    expect(resolveTarget(arn, { ...settings, allowArns: true }, { direct: true }).id).toBe(arn);
    const models = { mine: { id: arn, base: 'anthropic.claude-sonnet-5' } };
    expect(resolveTarget('mine', { ...settings, models }, { direct: true }).id).toBe(arn);
    // Listed, it has its base too.
    const listed = resolveTarget(arn, { ...settings, models }, { direct: true });
    expect(listed).toMatchObject({ id: arn, row: { id: 'anthropic.claude-sonnet-5' } });
    expect(() => resolveTarget(`${arn}d`, { ...settings, models }, { direct: true })).toThrow(refused);
  });
});

describe('an id without a provider, as AWS gives its own resources', () => {
  const refused = expect.objectContaining({ code: 'forbidden', message: expect.stringContaining('allowArns: true') });

  it.each(['abc123def456', 'abc123def456:1', 'amazon.titan/abc123def456'])(
    "%s is a client's to name as an ARN is",
    (id) => {
      expect(() => resolveTarget(id, settings, { direct: true })).toThrow(refused);
      expect(resolveTarget(id, settings)).toMatchObject({ id, family: { name: 'unknown' } });
      expect(resolveTarget(id, { ...settings, allowArns: true }, { direct: true }).id).toBe(id);
      const models = { mine: { id, base: 'anthropic.claude-sonnet-5' } };
      for (const name of ['mine', id]) {
        const target = resolveTarget(name, { ...settings, models }, { direct: true });
        expect(target).toMatchObject({ id, row: { id: 'anthropic.claude-sonnet-5' } });
      }
    },
  );

  it('may be a model whose provider was left out', () => {
    expect(() => resolveTarget('claude-sonnet-5', settings, { direct: true })).toThrow(
      expect.objectContaining({ message: expect.stringContaining('near it are anthropic.claude-sonnet-5') }),
    );
  });
});

describe('a pool', () => {
  const regions = ['us-east-1', 'us-west-2', 'eu-west-1'];
  const arn = own('application-inference-profile/abc');
  const pool = { ...settings, regions, models: { mine: { id: arn } } };
  it.each([
    ['anthropic.claude-sonnet-5', regions],
    ['acme.new', regions],
    // An ARN's region wins.
    [arn, ['eu-west-1']],
    ['mine', ['eu-west-1']],
    [at(':foundation-model/anthropic.claude-sonnet-5', 'aws', 'sa-east-1'), ['sa-east-1']],
    // A profile can be asked from its geography.
    ['us.anthropic.claude-sonnet-5', ['us-east-1', 'us-west-2']],
    ['eu.anthropic.claude-sonnet-5', ['eu-west-1']],
    ['global.anthropic.claude-sonnet-5', regions],
    ['jp.anthropic.claude-sonnet-5', regions],
    // `plan` says what is wrong.
    ['arn:broken', regions],
  ])('asks for %s at %j', (name, members) => expect(poolMembers(name, pool)).toEqual(members));

  it('has no members where one region is set', () => expect(poolMembers('x.y', settings)).toEqual([]));

  it.each([
    ['us-west-2', 'us.anthropic.claude-sonnet-5'],
    ['eu-west-1', 'eu.anthropic.claude-sonnet-5'],
  ])('asks the member %s by its own profile', (member, id) => {
    const target = resolveTarget('anthropic.claude-sonnet-5', pool, { member });
    expect(target).toMatchObject({ id, region: member });
    expect(target.endpoint).toBe(`https://bedrock-runtime.${member}.amazonaws.com`);
    expect(target.reasons.join()).toContain(`region ${member} is a member of the pool`);
  });

  it('has its own endpoints, and asks nowhere else', () => {
    const endpoints = { 'us-east-1': 'https://a', 'us-west-2': 'https://b', 'eu-west-1': 'https://c' };
    expect(resolveTarget(arn, { ...pool, endpoints }).endpoint).toBe('https://c');
    const elsewhere = at(':foundation-model/anthropic.claude-sonnet-5', 'aws', 'sa-east-1');
    expect(() => resolveTarget(elsewhere, { ...pool, endpoints })).toThrow(
      expect.objectContaining({ code: 'unsupported', message: 'endpoints has none for the region sa-east-1' }),
    );
  });
});
