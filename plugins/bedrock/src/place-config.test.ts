// The settings that say where requests may go: what agrees, and at which key a contradiction is an error.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { configSchema, resolveRegion } from './config.ts';

const issuesOf = (value: unknown): string[] =>
  (configSchema.safeParse(value).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

const pool = { 'us-east-1': 'http://127.0.0.1:1/', 'us-west-2': 'http://127.0.0.1:2' };
const regions = ['us-east-1', 'us-west-2'];
const profile = 'arn:aws:bedrock:eu-west-1:123456789012:application-inference-profile/abc';

describe('accepted', () => {
  it.each([
    [{ regions }],
    [{ regions, endpoints: pool }],
    // A gateway in front of several regions: the signature and the profile name the region.
    [{ regions, endpoint: 'https://gateway.example/bedrock' }],
    [{ region: 'eu-west-1', residency: 'eu', crossRegion: 'geo' }],
    [{ region: 'eu-west-1', residency: 'eu', crossRegion: 'auto' }],
    [{ region: 'eu-west-1', residency: 'eu', endpoint: 'https://gateway.example/bedrock' }],
    [{ region: 'eu-west-1', residency: 'eu', endpoint: 'https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com' }],
    [{ region: 'ap-northeast-1', residency: 'apac', crossRegion: 'jp' }],
    [{ regions: ['us-gov-west-1', 'us-gov-east-1'], residency: 'us-gov' }],
    [{ region: 'ca-central-1', crossRegion: 'us' }],
    [{ regions: ['us-east-1', 'eu-west-1'], crossRegion: 'eu' }],
    [
      {
        region: 'eu-west-1',
        residency: 'eu',
        discover: true,
        controlEndpoint: 'https://vpce-1.bedrock.eu-west-1.vpce.amazonaws.com',
      },
    ],
    [{ discover: true, controlEndpoint: 'https://vpce-1.bedrock.us-east-1.vpce.amazonaws.com' }],
    [{ models: { a: { id: profile, base: 'eu.anthropic.claude-sonnet-5', api: 'converse' } } }],
    [{ models: { a: { id: profile, base: 'arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-sonnet-5' } } }],
  ])('%j', (value) => expect(issuesOf(value)).toEqual([]));

  it('trailing slashes of endpoints go', () => {
    expect(configSchema.parse({ regions, endpoints: pool }).endpoints?.['us-east-1']).toBe('http://127.0.0.1:1');
  });
});

it.each([
  [{ regions: [] }, /^regions: /],
  [{ regions: ['mars'] }, /^regions\.0: expected an AWS region/],
  [{ regions: ['us-east-1', 'us-east-1'] }, /^regions\.1: us-east-1 is listed twice/],
  [{ region: 'us-east-1', regions }, /^regions: regions takes the place of region/],
  [{ regions, endpoint: 'https://x', endpoints: pool }, /^endpoints: endpoint is for every region/],
  [{ region: 'us-east-1', endpoints: pool }, /^endpoints: goes with regions/],
  [{ regions, endpoints: { 'us-east-1': 'https://x' } }, /^endpoints: has none for us-west-2/],
  [
    { regions: ['us-east-1'], endpoints: { 'us-east-1': 'https://x', mars: 'https://y' } },
    /^endpoints\.mars: expected/,
  ],
  [{ regions, endpoints: { ...pool, 'us-east-1': 'x' } }, /^endpoints\.us-east-1: expected a URL/],
  [{ controlEndpoint: 'https://x' }, /^controlEndpoint: is used by discover/],
  [{ residency: 'mars' }, /^residency: /],
  [{ residency: 'eu', region: 'us-east-1' }, /^region: us-east-1 is outside residency eu/],
  [{ residency: 'eu', regions: ['eu-west-1', 'us-east-1'] }, /^regions\.1: us-east-1 is outside/],
  [{ residency: 'jp', region: 'ap-northeast-2' }, /^region: /],
  [{ residency: 'us', region: 'us-gov-west-1' }, /^region: /],
  [
    { residency: 'eu', region: 'eu-west-1', endpoint: 'https://bedrock-runtime.us-east-1.amazonaws.com' },
    /^endpoint: us-east-1 is outside residency eu/,
  ],
  [
    {
      residency: 'us',
      regions,
      endpoints: { ...pool, 'us-west-2': 'https://vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com' },
    },
    /^endpoints\.us-west-2: eu-west-1 is outside residency us/,
  ],
  [{ residency: 'eu', crossRegion: 'global' }, /^crossRegion: the global profiles may send requests to any region/],
  [{ residency: 'jp', crossRegion: 'apac' }, /^crossRegion: the apac profiles may send requests elsewhere/],
  [{ residency: 'ca', crossRegion: 'us' }, /^crossRegion: /],
  [
    {
      residency: 'eu',
      region: 'eu-west-1',
      discover: true,
      controlEndpoint: 'https://bedrock.us-east-1.amazonaws.com',
    },
    /^controlEndpoint: us-east-1 is outside residency eu/,
  ],
  [{ region: 'us-east-1', crossRegion: 'eu' }, /^crossRegion: the eu profiles cannot be asked from us-east-1/],
  [{ regions, crossRegion: 'ca' }, /^crossRegion: the ca profiles cannot be asked from us-east-1 or us-west-2/],
  [{ region: 'us-gov-west-1', crossRegion: 'us' }, /^crossRegion: the us profiles cannot/],
  [{ region: 'sa-east-1', crossRegion: 'us' }, /^crossRegion: the us profiles cannot/],
  [
    { models: { a: { id: 'arn:aws:bedrock:nowhere' } } },
    /^models\.a\.id: "arn:aws:bedrock:nowhere" is not an ARN .*expected arn:aws/,
  ],
  [{ models: { a: { id: profile, base: profile } } }, /^models\.a\.base: this ARN names no model either/],
  [{ models: { a: { id: profile, base: 'arn:x' } } }, /^models\.a\.base: "arn:x" is not an ARN/],
  [{ models: { a: { id: profile, api: 'magic' } } }, /^models\.a\.api: /],
])('refused: %j', (value, message) => expect(issuesOf(value)).toEqual([expect.stringMatching(message)]));

describe('a region that is not from the config', () => {
  afterEach(() => void vi.unstubAllEnvs());

  it('is held to the residency too', async () => {
    vi.stubEnv('AWS_REGION', 'us-east-1');
    await expect(resolveRegion(configSchema.parse({ residency: 'eu' }))).rejects.toMatchObject({
      name: 'SettingError',
      path: ['residency'],
      message: 'us-east-1 is outside residency eu (the region is from AWS_REGION)',
    });
    expect(await resolveRegion(configSchema.parse({ residency: 'us' }))).toMatchObject({ region: 'us-east-1' });
  });

  it('is held to the profiles too', async () => {
    vi.stubEnv('AWS_REGION', 'us-east-1');
    await expect(resolveRegion(configSchema.parse({ crossRegion: 'eu' }))).rejects.toMatchObject({
      name: 'SettingError',
      path: ['crossRegion'],
      message: 'the eu profiles cannot be asked from us-east-1 (the region is from AWS_REGION)',
    });
  });

  it('is not looked for when there is a pool', async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    expect(await resolveRegion(configSchema.parse({ regions }))).toEqual({ region: 'us-east-1', source: 'the config' });
  });
});
