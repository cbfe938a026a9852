// Section 14: how long credentials are kept, when they are looked up again, and what is said when there are none.
import { readFileSync, rmSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { RouterError } from '@turnout/core/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AwsHome, createAwsHome, type Sts, startSts } from '../test/aws.ts';
import { createHost } from '../test/fixture.ts';
import { type Auth, createAuth } from './auth.ts';
import type { AuthConfig } from './auth-config.ts';

const REGION = 'us-east-1';
const HOUR_MS = 3_600_000;
const closers: (() => unknown)[] = [];
let home: AwsHome;
beforeEach(() => {
  home = createAwsHome();
});
afterEach(async () => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) await close();
  home.remove();
});

function authOf(config: AuthConfig): Auth {
  const host = { ...createHost(), dir: home.folder };
  closers.push(() => host.close());
  return createAuth(config, { host, region: REGION, variant: {} });
}
const profile = (name: string) => authOf({ mode: 'profile', profile: name });
const later = (ms: number) => vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
const settled = (auth: Auth) => auth.load(REGION);
async function stsOf(...given: Parameters<typeof startSts>): Promise<Sts> {
  const sts = await startSts(...given);
  closers.push(() => sts.close());
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
  return sts;
}
async function failureOf(auth: Auth): Promise<RouterError> {
  const thrown = await auth.load(REGION).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!RouterError.is(thrown)) throw new Error(`no RouterError: ${String(thrown)}`);
  return thrown;
}

describe('section 14: fixed credentials', () => {
  it('are at hand at once and cannot be renewed', () => {
    // Even with another token in the environment.
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'env-key');
    const keys = authOf({ mode: 'keys', accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' });
    expect(keys.current(REGION)).toEqual({
      kind: 'keys',
      key: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    });
    expect(keys.refreshable).toBe(false);
    expect(authOf({ mode: 'api-key', apiKey: 'k' }).current(REGION)).toEqual({ kind: 'bearer', token: 'k' });
  });

  it('of the environment: the API key first, trimmed, blank as absent', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'KE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'SE');
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', ' key ');
    const auth = authOf({ mode: 'default' });
    expect(auth.current(REGION)).toEqual({ kind: 'bearer', token: 'key' });
    expect(auth.name).toContain('AWS_BEARER_TOKEN_BEDROCK');
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', ' ');
    expect(await authOf({ mode: 'default' }).load(REGION)).toMatchObject({ kind: 'keys', key: { accessKeyId: 'KE' } });
  });
});

describe('section 14: credentials that are found', () => {
  it('are kept, and read again once AWS calls them stale', async () => {
    home.write('credentials', '[dev]\naws_access_key_id = K1\naws_secret_access_key = S1\n');
    const auth = profile('dev');
    expect(auth.current(REGION)).toBeUndefined();
    const first = await auth.load(REGION);
    expect(first).toMatchObject({ kind: 'keys', key: { accessKeyId: 'K1', secretAccessKey: 'S1' } });
    home.write('credentials', '[dev]\naws_access_key_id = K2\naws_secret_access_key = S2\naws_session_token = T2\n');
    expect(auth.current(REGION)).toBe(first);
    auth.forget(first);
    expect(auth.current(REGION)).toBeUndefined();
    const second = await auth.load(REGION);
    expect(second).toMatchObject({ key: { accessKeyId: 'K2', sessionToken: 'T2' } });
    // A late verdict on the first ones does not touch them.
    auth.forget(first);
    expect(auth.current(REGION)).toBe(second);
  });

  it('without an end are read again in the background: a file replaced between calls is seen', async () => {
    home.write('credentials', '[dev]\naws_access_key_id = K1\naws_secret_access_key = S1\n');
    const auth = profile('dev');
    const first = await auth.load(REGION);
    home.write('credentials', '[dev]\naws_access_key_id = K2\naws_secret_access_key = S2\n');
    later(6 * 60_000);
    expect(auth.current(REGION)).toBe(first);
    await settled(auth);
    expect(auth.current(REGION)).toMatchObject({ key: { accessKeyId: 'K2' } });
  });

  it('with an end are asked once by all who wait, renewed before it without a wait, and not used after it', async () => {
    const answer = (accessKeyId: string, lifeMs: number) => {
      const Expiration = new Date(Date.now() + lifeMs).toISOString();
      home.write('answer', JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: 's', Expiration }));
    };
    const script = `sh -c "echo x >> ${home.at('count')}; cat ${home.at('answer')}"`;
    home.write('config', `[profile run]\ncredential_process = ${script}\n`);
    const runs = () => readFileSync(home.at('count'), 'utf8').length / 2;
    answer('K1', HOUR_MS);
    const auth = profile('run');
    const [one, other] = await Promise.all([auth.load(REGION), auth.load(REGION)]);
    expect(one).toBe(other);
    expect(runs()).toBe(1);
    expect(auth.current(REGION)).toBe(one);

    later(56 * 60_000);
    rmSync(home.at('answer'));
    // What cannot be renewed is good until its end, and the next try waits …
    expect(auth.current(REGION)).toBe(one);
    expect(await settled(auth)).toBe(one);
    expect(runs()).toBe(2);
    expect(auth.current(REGION)).toBe(one);
    // Long enough for the script, if it had been started.
    await setTimeout(50);
    expect(runs()).toBe(2);
    // … and no longer.
    later(5 * 60_000);
    expect(auth.current(REGION)).toBeUndefined();
    expect((await failureOf(auth)).code).toBe('upstream-denied');
    answer('K2', 60_000);
    expect(await auth.load(REGION)).toMatchObject({ key: { accessKeyId: 'K2' } });
    // A life shorter than the usual margin is used for half of it.
    const before = runs();
    expect(auth.current(REGION)).toBeDefined();
    later(31_000);
    answer('K3', HOUR_MS);
    expect(auth.current(REGION)).toMatchObject({ key: { accessKeyId: 'K2' } });
    await settled(auth);
    expect(runs()).toBe(before + 1);
    expect(auth.current(REGION)).toMatchObject({ key: { accessKeyId: 'K3' } });
  });

  it('of a role are sessions: a new one before the old one ends', async () => {
    const sts = await stsOf();
    const roleArn = 'arn:aws:iam::123456789012:role/bedrock';
    const source = { mode: 'keys', accessKeyId: 'KS', secretAccessKey: 'SS' } as const;
    const auth = authOf({ mode: 'role', roleArn, source });
    expect(auth.name).toBe(`role ${roleArn}, from keys`);
    expect(await auth.load(REGION)).toMatchObject({ key: { accessKeyId: 'KR1' }, expiration: expect.any(Date) });
    later(56 * 60_000);
    expect(auth.current(REGION)).toMatchObject({ key: { accessKeyId: 'KR1' } });
    await settled(auth);
    expect(auth.current(REGION)).toMatchObject({ key: { accessKeyId: 'KR2' } });
    expect(sts.calls).toHaveLength(2);
  });
});

describe('section 3.2: generated API keys', () => {
  const source = { mode: 'keys', accessKeyId: 'KS', secretAccessKey: 'SS' } as const;
  const signedUrl = (identity: unknown): URL => {
    const { token } = identity as { token: string }; // The test has looked at its kind.
    return new URL(`https://${Buffer.from(token.replace(/^bedrock-api-key-/, ''), 'base64').toString('utf8')}`);
  };

  it('are made for the region of the call, kept, and made anew before they end', async () => {
    const auth = authOf({ mode: 'api-key', generate: true, source });
    expect(auth.name).toBe('api-key, generated from keys');
    const east = await auth.load('us-east-1');
    const west = await auth.load('us-west-2');
    expect([east.kind, west.kind]).toEqual(['bearer', 'bearer']);
    expect(signedUrl(east).searchParams.get('X-Amz-Credential')).toMatch(
      /^KS\/\d{8}\/us-east-1\/bedrock\/aws4_request$/,
    );
    expect(signedUrl(west).searchParams.get('X-Amz-Credential')).toContain('/us-west-2/');
    expect(signedUrl(east).searchParams.get('X-Amz-Expires')).toBe('43200');
    expect(auth.current('us-east-1')).toBe(east);
    expect(auth.current('us-west-2')).toBe(west);
    later(11.95 * HOUR_MS);
    expect(auth.current('us-east-1')).toBe(east);
    const renewed = await settled(auth);
    expect(renewed).not.toEqual(east);
    expect(auth.current('us-east-1')).toBe(renewed);
    auth.forget(renewed);
    expect(auth.current('us-east-1')).toBeUndefined();
  });

  it('end with the session that made them', async () => {
    await stsOf();
    const roleArn = 'arn:aws:iam::123456789012:role/bedrock';
    const auth = authOf({ mode: 'api-key', generate: true, source: { mode: 'role', roleArn, source } });
    const { kind, expiration } = await auth.load(REGION);
    expect(kind).toBe('bearer');
    expect(expiration?.getTime()).toBeLessThan(Date.now() + 1.1 * HOUR_MS);
    later(56 * 60_000);
    await settled(auth);
    expect(signedUrl(auth.current(REGION)).searchParams.get('X-Amz-Credential')).toMatch(/^KR2\//);
  });
});

describe('section 3.1: when there are none', () => {
  it('a profile that does not exist says so', async () => {
    const error = await failureOf(profile('nope'));
    expect(error.code).toBe('upstream-denied');
    expect(error.message).toMatch(
      /^bedrock: no AWS credentials with auth mode profile nope: .*nope.*aws sso login --profile nope/s,
    );
    expect(error.publicMessage).toMatch(/^bedrock: no AWS credentials with auth mode profile nope \(/);
    expect(error.publicMessage).not.toContain('Could not resolve');
  });

  it('an SSO session that is over says how to begin a new one', async () => {
    const sso = 'sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n';
    const session = '[sso-session corp]\nsso_start_url = https://x.example\nsso_region = us-east-1\n';
    home.write('config', `[profile sso]\n${sso}${session}`);
    expect((await failureOf(profile('sso'))).message).toMatch(/run: aws sso login --profile sso\)$/);
  });

  it('a session of `aws login` that is over says how to begin a new one', async () => {
    home.write('config', '[profile web]\nlogin_session = arn:aws:iam::123456789012:user/x\n');
    expect((await failureOf(profile('web'))).message).toMatch(/run: aws login --profile web\)$/);
  });

  it('a role that may not be assumed says what is missing, and keeps the account to the log', async () => {
    const message =
      'User: arn:aws:iam::123456789012:user/x is not authorized to perform: sts:AssumeRole on resource: r';
    await stsOf(() => ({ name: 'AccessDenied', message }));
    const roleArn = 'arn:aws:iam::123456789012:role/bedrock';
    const source = { mode: 'keys', accessKeyId: 'KS', secretAccessKey: 'SS' } as const;
    const error = await failureOf(authOf({ mode: 'role', roleArn, source }));
    expect(error.message).toContain(message);
    expect(error.publicMessage).toMatch(/trust policy.*sts:AssumeRole/);
    expect(error.publicMessage).not.toMatch(/123456789012/);
  });

  it('a token file that is not there says so', async () => {
    const roleArn = 'arn:aws:iam::123456789012:role/bedrock';
    const error = await failureOf(authOf({ mode: 'web-identity', roleArn, tokenFile: 'none' }));
    expect(error).toMatchObject({
      code: 'upstream-denied',
      message: expect.stringMatching(/ENOENT.*is tokenFile there/),
    });
  });

  it('a source that never answers is given up, and asked again the next time', async () => {
    home.write('config', `[profile slow]\ncredential_process = sh -c "echo x >> ${home.at('count')}; sleep 1"\n`);
    const auth = profile('slow');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const failing = failureOf(auth);
    await vi.advanceTimersByTimeAsync(60_000);
    expect((await failing).message).toContain('no answer within 60 s');
    vi.useRealTimers();
    home.write('config', '[profile slow]\naws_access_key_id = K1\naws_secret_access_key = S1\n');
    expect(await auth.load(REGION)).toMatchObject({ key: { accessKeyId: 'K1' } });
  });

  it('the default chain says what to set, to the operator, and looks again the next time', async () => {
    const auth = authOf({ mode: 'default' });
    const error = await failureOf(auth);
    expect(error).toMatchObject({
      code: 'upstream-denied',
      publicMessage: expect.stringMatching(/^bedrock: no AWS credentials with auth mode default \(set auth/),
    });
    expect(error.message).toMatch(/auth mode default: .*AWS_ACCESS_KEY_ID/s);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'KE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'SE');
    expect(await auth.load(REGION)).toMatchObject({ key: { accessKeyId: 'KE' } });
  });
});
