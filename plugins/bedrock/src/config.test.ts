// The settings: what they accept, what they become, where the region comes from.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { configSchema, resolveRegion } from './config.ts';

const pathsOf = (value: unknown): string[] =>
  (configSchema.safeParse(value).error?.issues ?? []).map(({ path }) => path.join('.'));

describe('the schema', () => {
  it('has defaults for everything', () => {
    expect(configSchema.parse({})).toMatchObject({
      auth: { mode: 'default' },
      crossRegion: 'off',
      discover: false,
      allowArns: false,
      models: {},
    });
  });

  it('takes what the README shows', () => {
    const parsed = configSchema.parse({
      region: 'us-gov-west-1',
      auth: { mode: 'keys', accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
      crossRegion: true,
      endpoint: 'https://vpce-0abc.bedrock-runtime.us-east-1.vpce.amazonaws.com/prefix/',
      models: {
        mine: {
          id: 'arn:aws-us-gov:bedrock:us-gov-west-1:123456789012:application-inference-profile/abc',
          base: 'anthropic.claude-sonnet-5',
        },
      },
    });
    expect(parsed.crossRegion).toBe('geo');
    expect(parsed.endpoint).toBe('https://vpce-0abc.bedrock-runtime.us-east-1.vpce.amazonaws.com/prefix');
    expect(configSchema.parse({ crossRegion: false }).crossRegion).toBe('off');
    expect(configSchema.parse({ auth: { mode: 'api-key', apiKey: ' key\n' } }).auth).toEqual({
      mode: 'api-key',
      apiKey: 'key',
    });
    for (const region of [
      'us-east-1',
      'ap-southeast-4',
      'eusc-de-east-1',
      'us-isob-east-1',
      'cn-northwest-1',
      'mx-central-1',
    ]) {
      expect(pathsOf({ region })).toEqual([]);
    }
  });

  it.each([
    [{ region: 'us-east' }, 'region'],
    [{ region: 'US-EAST-1' }, 'region'],
    [{ regionn: 'us-east-1' }, ''],
    [{ auth: { mode: 'rol' } }, 'auth.mode'],
    [{ auth: {} }, 'auth.mode'],
    [{ auth: { mode: 'keys', accessKeyId: 'a' } }, 'auth.secretAccessKey'],
    [{ auth: { mode: 'profile' } }, 'auth.profile'],
    [{ auth: { mode: 'api-key', apiKey: '  ' } }, 'auth.apiKey'],
    [{ auth: { mode: 'default', profile: 'x' } }, 'auth'],
    [{ crossRegion: 'mars' }, 'crossRegion'],
    [{ endpoint: 'bedrock.example' }, 'endpoint'],
    [{ endpoint: 'ftp://x' }, 'endpoint'],
    [{ endpoint: 'https://user:secret@x' }, 'endpoint'],
    [{ endpoint: 'https://x/?a=1' }, 'endpoint'],
    [{ endpoint: 'https://x/#a' }, 'endpoint'],
    [{ fips: true, endpoint: 'https://x' }, 'fips'],
    [{ dualStack: true, endpoint: 'https://x' }, 'dualStack'],
    [{ models: { a: { base: 'x' } } }, 'models.a.id'],
  ])('refuses %j at %s', (value, path) => expect(pathsOf(value)).toEqual([path]));

  it('describes every key for the editor, and quotes no secret', () => {
    const schema = JSON.parse(JSON.stringify(z.toJSONSchema(configSchema, { io: 'input' })));
    for (const key of ['region', 'auth', 'crossRegion', 'endpoint', 'models']) {
      expect(schema.properties[key].description).toMatch(/\w+/);
    }
    const { error } = configSchema.safeParse({ endpoint: 'https://user:hunter2@x' });
    expect(JSON.stringify(error?.issues)).not.toContain('hunter2');
  });
});

describe('the region', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'turnout-'));
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });
  const regionOf = async (value: unknown) => (await resolveRegion(configSchema.parse(value))).region;
  const write = (name: string, text: string) => writeFileSync(join(folder, name), text);

  it('is the setting, else AWS_REGION, else that of the profile', async () => {
    write('config', '[default]\nregion = eu-west-3\n[profile dev]\nregion = eu-north-1\n');
    expect(await regionOf({})).toBe('eu-west-3');
    expect(await regionOf({ auth: { mode: 'profile', profile: 'dev' } })).toBe('eu-north-1');
    vi.stubEnv('AWS_PROFILE', 'dev');
    expect(await regionOf({})).toBe('eu-north-1');
    vi.stubEnv('AWS_REGION', ' eu-west-2 ');
    expect(await regionOf({})).toBe('eu-west-2');
    expect(await regionOf({ region: 'us-west-2' })).toBe('us-west-2');
    // Read again each time, and in the credentials file too.
    vi.stubEnv('AWS_REGION', '');
    write('config', '[default]\nregion = eu-central-2\n');
    write('credentials', '[dev]\nregion = sa-east-1\n');
    expect(await regionOf({})).toBe('sa-east-1');
  });

  it('that is missing or odd is an error at `region` that says what to do', async () => {
    const refusal = { name: 'SettingError', path: ['region'] };
    await expect(regionOf({})).rejects.toMatchObject({
      ...refusal,
      message: expect.stringMatching(/AWS_REGION.*profile "default"/),
    });
    vi.stubEnv('AWS_REGION', 'http://evil/');
    await expect(regionOf({})).rejects.toMatchObject({
      ...refusal,
      message: expect.stringContaining('AWS_REGION holds'),
    });
  });
});
