// Knowledge 4.2, data residency: what may leave a geography is refused before anything is sent.
import { RouterError } from '@turnout/core/contract';
import { describe, expect, it } from 'vitest';
import { candidatePrefixes, GEOGRAPHIES, type Geography } from './geography.ts';
import { ProfileKnowledge } from './profiles.ts';
import { type ResolveSettings, resolveTarget } from './resolve.ts';

const SONNET = 'anthropic.claude-sonnet-5';
const account = '123456789012';
const arn = (region: string, rest: string) => `arn:aws:bedrock:${region}:${account}:${rest}`;
const foundation = (region: string) => `arn:aws:bedrock:${region}::foundation-model/${SONNET}`;

const settings = (residency: Geography, region: string, given: Partial<ResolveSettings> = {}): ResolveSettings => ({
  region,
  regionSource: 'the config',
  crossRegion: 'off',
  endpoint: undefined,
  models: {},
  residency,
  ...given,
});

function refusalOf(act: () => unknown): RouterError | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (RouterError.is(error)) return error;
    throw error;
  }
}

// Residency, region, id, and whether it stays.
const CASES: readonly (readonly [Geography, string, string, boolean])[] = [
  ['eu', 'eu-west-1', SONNET, true],
  ['eu', 'eu-west-1', `eu.${SONNET}`, true],
  ['eu', 'eu-west-1', `us.${SONNET}`, false],
  ['eu', 'eu-west-1', `global.${SONNET}`, false],
  // A prefix of tomorrow, and a new model without one.
  ['eu', 'eu-west-1', `mx.${SONNET}`, false],
  ['eu', 'eu-west-1', 'acme.new-model-v1:0', true],
  ['eu', 'eu-west-1', 'openai.gpt-5.9-new', true],
  ['eu', 'eu-west-1', 'ai21.jamba-1.5-large-v1:0', true],
  // A prefix and a vendor of tomorrow.
  ['eu', 'eu-west-1', 'kr.newvendor.model-v1', false],
  ['eu', 'eu-west-1', 'KR.newvendor.model-v1', false],
  ['eu', 'eu-west-1', 'global.new-vendor.model-v1', false],
  ['eu', 'eu-west-1', 'eu.new-vendor.model-v1', true],
  // Ids of the account's own resources.
  ['eu', 'eu-west-1', 'abc123def456', false],
  ['eu', 'eu-west-1', 'amazon.titan/abc123def456', false],
  ['eu', 'eu-west-1', foundation('eu-central-1'), true],
  ['eu', 'eu-west-1', foundation('us-east-1'), false],
  ['eu', 'eu-west-1', arn('eu-west-1', `inference-profile/eu.${SONNET}`), true],
  ['eu', 'eu-west-1', arn('eu-west-1', `inference-profile/global.${SONNET}`), false],
  ['eu', 'eu-west-1', arn('eu-west-1', 'provisioned-model/abc'), true],
  ['eu', 'eu-west-1', arn('us-east-1', 'provisioned-model/abc'), false],
  ['eu', 'eu-west-1', arn('eu-west-1', 'imported-model/abc'), true],
  ['eu', 'eu-west-1', arn('eu-west-1', 'custom-model-deployment/abc'), true],
  ['eu', 'eu-west-1', `arn:aws:sagemaker:eu-west-1:${account}:endpoint/mine`, true],
  // Where these lead is not in the ARN.
  ['eu', 'eu-west-1', arn('eu-west-1', 'application-inference-profile/abc'), false],
  ['eu', 'eu-west-1', arn('eu-west-1', 'prompt-router/abc'), false],
  ['eu', 'eu-west-1', arn('eu-west-1', 'default-prompt-router/anthropic.claude:1'), false],
  ['eu', 'eu-west-1', arn('eu-west-1', 'prompt/ABC:1'), false],
  ['apac', 'ap-northeast-1', `jp.${SONNET}`, true],
  ['apac', 'ap-southeast-2', `au.${SONNET}`, true],
  ['apac', 'ap-south-1', `in.${SONNET}`, true],
  ['jp', 'ap-northeast-1', `apac.${SONNET}`, false],
  ['jp', 'ap-northeast-3', `jp.${SONNET}`, true],
  ['jp', 'ap-northeast-1', foundation('ap-northeast-2'), false],
  ['au', 'ap-southeast-4', `au.${SONNET}`, true],
  ['au', 'ap-southeast-2', foundation('ap-southeast-1'), false],
  ['ca', 'ca-central-1', `us.${SONNET}`, false],
  ['ca', 'ca-west-1', `ca.${SONNET}`, true],
  ['in', 'ap-south-2', `in.${SONNET}`, true],
  ['us', 'us-west-2', `us.${SONNET}`, true],
  ['us', 'us-west-2', `us-gov.${SONNET}`, false],
  ['us-gov', 'us-gov-west-1', `us-gov.${SONNET}`, true],
  ['us-gov', 'us-gov-west-1', `us.${SONNET}`, false],
];

it.each(CASES)('%s in %s: %s stays: %s', (residency, region, id, stays) => {
  const refusal = refusalOf(() => resolveTarget(id, settings(residency, region)));
  if (stays) return expect(refusal).toBeUndefined();
  expect(refusal).toMatchObject({ code: 'unsupported', message: expect.stringContaining(`residency ${residency}: `) });
});

describe.each([arn('eu-west-1', 'application-inference-profile/abc'), 'abc123def456', 'kr.newvendor.model-v1'])(
  'what an operator can say about %s',
  (id) => {
    it.each([
      ['a profile that stays', `eu.${SONNET}`, true],
      ['a profile that leaves', `global.${SONNET}`, false],
      ['a foundation model inside', foundation('eu-west-1'), true],
      ['a foundation model outside', foundation('us-east-1'), false],
      ["a system profile's ARN", arn('eu-west-1', `inference-profile/eu.${SONNET}`), true],
      ['only the model', SONNET, false],
    ])('%s', (_what, base, stays) => {
      const given = settings('eu', 'eu-west-1', { models: { mine: { id, base } } });
      expect(refusalOf(() => resolveTarget('mine', given)) === undefined).toBe(stays);
    });
  },
);

describe('what an operator can say about an ARN', () => {
  const id = arn('eu-west-1', 'application-inference-profile/abc');
  it('is asked for in the message', () => {
    const refusal = refusalOf(() => resolveTarget(id, settings('eu', 'eu-west-1')));
    // The account id is for the log only.
    expect(refusal?.message).toContain(account);
    expect(refusal?.publicMessage).not.toContain(account);
    expect(refusal?.message).toMatch(/list it under models with the base .* or set discover: true; nothing was sent/);
  });
});

describe('what the account says', () => {
  const id = arn('eu-west-1', 'application-inference-profile/abc');
  const knowing = (regions: readonly string[]): ProfileKnowledge => {
    const knowledge = new ProfileKnowledge(true);
    const profile = { base: SONNET, regions };
    knowledge.setDiscovered('eu-west-1', {
      byName: new Map([
        [id, profile],
        ['abc123def456', profile],
        [`eu.${SONNET}`, profile],
      ]),
      prefixes: new Map([[SONNET, ['eu']]]),
    });
    return knowledge;
  };
  it.each([
    [['eu-west-1', 'eu-north-1'], true],
    [['eu-west-1', 'us-east-1'], false],
    // A global profile.
    [['eu-west-1', ''], false],
  ])('destinations %j stay: %s', (regions, stays) => {
    for (const name of [id, 'abc123def456', `eu.${SONNET}`]) {
      const act = () => resolveTarget(name, settings('eu', 'eu-west-1'), {}, knowing(regions));
      expect(refusalOf(act) === undefined).toBe(stays);
    }
  });
});

describe('what the account is still to say', () => {
  const awaiting = new ProfileKnowledge(true);
  const named = (id: string) => () => resolveTarget(id, settings('eu', 'eu-west-1', { allowArns: true }), {}, awaiting);

  it('is asked in a region inside only', () => {
    const abroad = arn('us-east-1', 'application-inference-profile/abc');
    expect(refusalOf(named(abroad))?.message).toContain('the region us-east-1 is outside');
  });

  it.each([arn('eu-west-1', 'application-inference-profile/abc'), 'abc123def456'])('of %s is not promised', (id) => {
    const { awaitsDiscovery, reasons } = named(id)();
    expect(awaitsDiscovery).toBe(true);
    expect(reasons.join()).not.toContain('nothing of this call leaves it');
    expect(reasons).toContain('residency eu: the account is asked where this leads before anything is sent');
  });
});

it.each(GEOGRAPHIES)('crossRegion within %s adds no profile that leaves it', (residency) => {
  for (const region of [
    'us-east-1',
    'us-gov-west-1',
    'ca-central-1',
    'eu-west-1',
    'ap-northeast-1',
    'ap-southeast-2',
    'ap-south-1',
    'ap-east-1',
  ]) {
    for (const crossRegion of ['geo', 'global', 'auto'] as const) {
      for (const prefix of candidatePrefixes(crossRegion, region, residency)) {
        const refused = refusalOf(() => resolveTarget(`${prefix}.${SONNET}`, settings(residency, region)));
        expect(refused?.message ?? '').not.toContain('the profile');
      }
    }
  }
});

it('a region of ca falls back to no profile of the US', () => {
  const target = resolveTarget(SONNET, settings('ca', 'ca-central-1', { crossRegion: 'geo' }));
  expect(target.id).toBe(SONNET);
  expect(target.reasons.join()).toContain('no profile ca is known');
  expect(target.reasons.join()).toContain('residency ca: nothing of this call leaves it');
});
