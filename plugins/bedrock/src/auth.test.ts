// Credentials: each mode, how long they are kept, and what is said when there are none.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RouterError } from '@turnout/core/contract';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startUpstream } from '../test/fixture.ts';
import { createAuth } from './auth.ts';

let folder = '';
const at = (name: string) => join(folder, name);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-'));
  for (const name of Object.keys(process.env).filter((key) => key.startsWith('AWS_'))) vi.stubEnv(name, undefined);
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', at('config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', at('credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const profile = (name: string) => createAuth({ mode: 'profile', profile: name }, 'bedrock', 'us-east-1');
const byDefault = () => createAuth({ mode: 'default' }, 'bedrock', 'us-east-1');
const failureOf = async (auth: { load(): Promise<unknown> }): Promise<RouterError> => {
  const thrown = await auth.load().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!RouterError.is(thrown)) throw new Error(`no RouterError: ${String(thrown)}`);
  return thrown;
};

describe('fixed credentials', () => {
  it('are at hand at once and cannot be renewed', () => {
    // Even with another token in the environment.
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'env-key');
    const keys = createAuth(
      { mode: 'keys', accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
      'bedrock',
      'us-east-1',
    );
    expect(keys.current()).toEqual({
      kind: 'keys',
      key: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    });
    expect(keys.refreshable).toBe(false);
    expect(createAuth({ mode: 'api-key', apiKey: 'k' }, 'bedrock', 'us-east-1').current()).toEqual({
      kind: 'bearer',
      token: 'k',
    });
  });
});

describe('a profile', () => {
  it('is read from the shared files, kept, and read again once forgotten', async () => {
    writeFileSync(at('credentials'), '[dev]\naws_access_key_id = K1\naws_secret_access_key = S1\n');
    const auth = profile('dev');
    expect(auth.current()).toBeUndefined();
    const first = await auth.load();
    expect(first).toMatchObject({ kind: 'keys', key: { accessKeyId: 'K1', secretAccessKey: 'S1' } });
    writeFileSync(
      at('credentials'),
      '[dev]\naws_access_key_id = K2\naws_secret_access_key = S2\naws_session_token = T2\n',
    );
    expect(auth.current()).toBe(first);
    auth.forget(first);
    expect(auth.current()).toBeUndefined();
    const second = await auth.load();
    expect(second).toMatchObject({ key: { accessKeyId: 'K2', sessionToken: 'T2' } });
    // A late verdict on the first ones does not touch them.
    auth.forget(first);
    expect(auth.current()).toBe(second);
  });

  it('with a life is asked once by all who wait, and again shortly before its end', async () => {
    const process = (accessKeyId: string, lifeMs: number) => {
      const expiration = new Date(Date.now() + lifeMs).toISOString();
      writeFileSync(
        at('answer'),
        JSON.stringify({ Version: 1, AccessKeyId: accessKeyId, SecretAccessKey: 's', Expiration: expiration }),
      );
    };
    writeFileSync(
      at('config'),
      `[profile run]\ncredential_process = sh -c "echo x >> ${at('count')}; cat ${at('answer')}"\n`,
    );
    process('K1', 3_600_000);
    const auth = profile('run');
    const [one, other] = await Promise.all([auth.load(), auth.load()]);
    expect(one).toBe(other);
    expect(readFileSync(at('count'), 'utf8')).toBe('x\n');
    expect(auth.current()).toBe(one);

    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 56 * 60_000 });
    expect(auth.current()).toBeUndefined();
    // What cannot be renewed is good until its end …
    rmSync(at('answer'));
    expect(await auth.load()).toBe(one);
    // … and no longer.
    vi.setSystemTime(Date.now() + 5 * 60_000);
    expect((await failureOf(auth)).code).toBe('upstream-denied');
    process('K2', 60_000);
    expect(await auth.load()).toMatchObject({ key: { accessKeyId: 'K2' } });
    // A life shorter than the usual margin is used for half of it.
    expect(auth.current()).toBeDefined();
    vi.setSystemTime(Date.now() + 31_000);
    expect(auth.current()).toBeUndefined();
  });

  it('that does not exist says so', async () => {
    const error = await failureOf(profile('nope'));
    expect(error.code).toBe('upstream-denied');
    expect(error.message).toMatch(
      /^bedrock: no AWS credentials with auth mode profile nope: .*nope.*aws sso login --profile nope/s,
    );
    expect(error.publicMessage).toMatch(/^bedrock: no AWS credentials with auth mode profile nope \(/);
    expect(error.publicMessage).not.toContain('Could not resolve');
  });

  it('whose SSO session is over says how to begin a new one', async () => {
    const sso = 'sso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n';
    writeFileSync(
      at('config'),
      `[profile sso]\n${sso}[sso-session corp]\nsso_start_url = https://x.example\nsso_region = us-east-1\n`,
    );
    expect((await failureOf(profile('sso'))).message).toMatch(/run: aws sso login --profile sso\)$/);
  });
});

describe('the default chain', () => {
  it('takes the API key of the environment first, trimmed, blank as absent', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'KE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'SE');
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', ' key ');
    expect(byDefault().current()).toEqual({ kind: 'bearer', token: 'key' });
    expect(byDefault().name).toContain('AWS_BEARER_TOKEN_BEDROCK');
    vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', ' ');
    expect(await byDefault().load()).toMatchObject({ kind: 'keys', key: { accessKeyId: 'KE' } });
  });

  it('finds the credentials of a container', async () => {
    const upstream = await startUpstream((response) => {
      response.setHeader('content-type', 'application/json');
      response.end(
        JSON.stringify({
          AccessKeyId: 'KC',
          SecretAccessKey: 'SC',
          Token: 'TC',
          Expiration: new Date(Date.now() + 3_600_000).toISOString(),
        }),
      );
    });
    try {
      vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${upstream.url}/creds`);
      vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN', 'let-me-in');
      const auth = byDefault();
      expect(await auth.load()).toMatchObject({ key: { accessKeyId: 'KC', sessionToken: 'TC' } });
      expect(auth.current()?.expiration).toBeInstanceOf(Date);
      expect(upstream.seen[0]).toMatchObject({ url: '/creds', headers: { authorization: 'let-me-in' } });
    } finally {
      await upstream.close();
    }
  });

  it('that finds nothing says what to set, to the operator', async () => {
    const error = await failureOf(byDefault());
    expect(error).toMatchObject({
      code: 'upstream-denied',
      publicMessage: expect.stringMatching(/^bedrock: no AWS credentials with auth mode default \(set auth/),
    });
    expect(error.message).toMatch(/auth mode default: .*AWS_ACCESS_KEY_ID/s);
    // And looks again the next time.
    const auth = byDefault();
    await failureOf(auth);
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'KE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'SE');
    expect(await auth.load()).toMatchObject({ key: { accessKeyId: 'KE' } });
  });
});
