// Section 3.1: every way to sign in, against servers on loopback; and that nothing in the environment overrules the YAML.
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { verify } from '@turnout/core/wire';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type AwsHome, createAwsHome, type Sts, startSts, stubHostileEnvironment } from '../test/aws.ts';
import { callOf, chatRequest, createHost, type SeenRequest, startUpstream, type Upstream } from '../test/fixture.ts';
import { createAuth } from './auth.ts';
import type { AuthConfig, SourceConfig } from './auth-config.ts';
import { configSchema } from './config.ts';
import { listProfiles } from './control-plane.ts';
import plugin from './index.ts';

const closers: (() => unknown)[] = [];
let home: AwsHome;
beforeEach(() => {
  home = createAwsHome();
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  home.remove();
});

function hostOf() {
  const host = { ...createHost(), dir: home.folder };
  closers.push(() => host.close());
  return host;
}
async function upstreamOf(answer: (response: ServerResponse, seen: SeenRequest) => void): Promise<Upstream> {
  const upstream = await startUpstream(answer);
  closers.push(() => upstream.close());
  return upstream;
}
async function stsOf(): Promise<Sts> {
  const sts = await startSts();
  closers.push(() => sts.close());
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
  return sts;
}
const load = (config: AuthConfig, region = 'us-east-1') =>
  createAuth(config, { host: hostOf(), region, variant: {} }).load(region);
const json = (response: ServerResponse, value: unknown): void => {
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(value));
};
const HOUR_MS = 3_600_000;
const inAnHour = () => new Date(Date.now() + HOUR_MS).toISOString();
const remote = (id: string) => ({ AccessKeyId: id, SecretAccessKey: 'S', Token: 'T', Expiration: inAnHour() });

const ROLE = 'arn:aws:iam::123456789012:role/bedrock';
const OTHER_ROLE = 'arn:aws:iam::210987654321:role/hub';
const keys: SourceConfig = { mode: 'keys', accessKeyId: 'KS', secretAccessKey: 'SS' };

/** An SSO portal, and a session of it that was begun an hour ago. */
async function beginSso(): Promise<Upstream> {
  const portal = await upstreamOf((response, { headers }) => {
    const accessKeyId = headers['x-amz-sso_bearer_token'] === 'fresh' ? 'KSSO2' : 'KSSO1';
    const roleCredentials = { accessKeyId, secretAccessKey: 'S', sessionToken: 'T', expiration: Date.now() + HOUR_MS };
    json(response, { roleCredentials });
  });
  vi.stubEnv('AWS_ENDPOINT_URL_SSO', portal.url);
  writeSsoToken('token');
  home.write(
    'config',
    '[profile corp]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n' +
      '[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n',
  );
  return portal;
}
function writeSsoToken(accessToken: string): void {
  const name = createHash('sha1').update('corp').digest('hex');
  home.write(`.aws/sso/cache/${name}.json`, JSON.stringify({ accessToken, expiresAt: inAnHour() }));
}

describe('section 3.1: role', () => {
  it('is assumed with the name, id and duration of the YAML, by the STS of the region', async () => {
    const sts = await stsOf();
    const settings = { externalId: 'e-1', sessionName: 'team-a', duration: 7200 };
    const found = await load({ mode: 'role', roleArn: ROLE, ...settings, source: keys }, 'eu-central-1');
    expect(found).toMatchObject({
      kind: 'keys',
      key: { accessKeyId: 'KR1', secretAccessKey: 'SR', sessionToken: 'TR' },
    });
    expect(sts.calls).toMatchObject([
      {
        Action: 'AssumeRole',
        RoleArn: ROLE,
        RoleSessionName: 'team-a',
        ExternalId: 'e-1',
        DurationSeconds: '7200',
        signedBy: 'KS',
        region: 'eu-central-1',
      },
    ]);
  });

  it('has a session name and an hour by default, and no external id', async () => {
    const sts = await stsOf();
    await load({ mode: 'role', roleArn: ROLE, source: keys });
    expect(sts.calls[0]).toMatchObject({ RoleSessionName: 'turnout', DurationSeconds: '3600' });
    expect(sts.calls[0]).not.toHaveProperty('ExternalId');
  });

  it.each<[string, SourceConfig | undefined, string[], () => unknown]>([
    ['the default chain', undefined, ['KE'], () => stubKeys('KE')],
    ['the default chain, said', { mode: 'default' }, ['KE'], () => stubKeys('KE')],
    ['a profile', { mode: 'profile', profile: 'dev' }, ['KP'], () => writeProfile('dev', 'KP')],
    ['another role', { mode: 'role', roleArn: OTHER_ROLE, source: keys }, ['KS', 'KR1'], () => {}],
    [
      'a role behind a role',
      { mode: 'role', roleArn: OTHER_ROLE, source: { mode: 'role', roleArn: OTHER_ROLE, source: keys } },
      ['KS', 'KR1', 'KR2'],
      () => {},
    ],
    [
      'a web identity',
      { mode: 'web-identity', roleArn: OTHER_ROLE, tokenFile: 'token' },
      ['', 'KR1'],
      () => home.write('token', 'jwt'),
    ],
  ])('is reached from %s', async (_name, source, signers, prepare) => {
    const sts = await stsOf();
    prepare();
    await load({ mode: 'role', roleArn: ROLE, ...(source === undefined ? {} : { source }) });
    expect(sts.calls.map(({ signedBy }) => signedBy)).toEqual(signers);
    expect(sts.calls.at(-1)?.RoleArn).toBe(ROLE);
  });
});

const stubKeys = (id: string) => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', id);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'S');
};
const writeProfile = (name: string, id: string) =>
  home.write('credentials', `[${name}]\naws_access_key_id = ${id}\naws_secret_access_key = S\n`);

describe('section 3.1: web-identity', () => {
  it('trades the token of the file, beside the YAML, for a session; a new token is read', async () => {
    const sts = await stsOf();
    home.write('run/token', 'jwt-1');
    const auth = createAuth(
      { mode: 'web-identity', roleArn: ROLE, tokenFile: 'run/token', sessionName: 'ci' },
      { host: hostOf(), region: 'us-east-1', variant: {} },
    );
    const first = await auth.load('us-east-1');
    expect(first).toMatchObject({ key: { accessKeyId: 'KR1' }, expiration: expect.any(Date) });
    home.write('run/token', 'jwt-2');
    auth.forget(first);
    await auth.load('us-east-1');
    const call = { Action: 'AssumeRoleWithWebIdentity', RoleArn: ROLE, RoleSessionName: 'ci', signedBy: '' };
    expect(sts.calls).toMatchObject([
      { ...call, WebIdentityToken: 'jwt-1' },
      { ...call, WebIdentityToken: 'jwt-2' },
    ]);
  });
});

describe('section 3.1: the default chain', () => {
  it('finds the keys of a container (ECS, EKS pod identity)', async () => {
    const upstream = await upstreamOf((response) => json(response, remote('KC')));
    vi.stubEnv('AWS_CONTAINER_CREDENTIALS_FULL_URI', `${upstream.url}/creds`);
    home.write('pod-token', 'let-me-in');
    vi.stubEnv('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE', home.at('pod-token'));
    const found = await load({ mode: 'default' });
    expect(found).toMatchObject({ key: { accessKeyId: 'KC', sessionToken: 'T' }, expiration: expect.any(Date) });
    expect(upstream.seen[0]).toMatchObject({ url: '/creds', headers: { authorization: 'let-me-in' } });
  });

  it('finds the role of an instance (IMDSv2)', async () => {
    const upstream = await upstreamOf((response, { method, url, headers }) => {
      if (method === 'PUT') response.end('imds-token');
      else if (headers['x-aws-ec2-metadata-token'] !== 'imds-token') response.writeHead(401).end();
      else if (url.endsWith('/security-credentials/')) response.end('node-role');
      else if (url.endsWith('/node-role')) json(response, { Code: 'Success', ...remote('KI') });
      else response.writeHead(404).end();
    });
    vi.stubEnv('AWS_EC2_METADATA_DISABLED', undefined);
    vi.stubEnv('AWS_EC2_METADATA_SERVICE_ENDPOINT', upstream.url);
    expect(await load({ mode: 'default' })).toMatchObject({ key: { accessKeyId: 'KI' }, expiration: expect.any(Date) });
  });

  it('finds a web identity (EKS service account)', async () => {
    const sts = await stsOf();
    home.write('token', 'jwt');
    vi.stubEnv('AWS_WEB_IDENTITY_TOKEN_FILE', home.at('token'));
    vi.stubEnv('AWS_ROLE_ARN', ROLE);
    expect(await load({ mode: 'default' }, 'us-west-2')).toMatchObject({ key: { accessKeyId: 'KR1' } });
    expect(sts.calls).toMatchObject([{ RoleArn: ROLE, WebIdentityToken: 'jwt' }]);
  });

  it('finds the profile of AWS_PROFILE', async () => {
    writeProfile('dev', 'KP');
    vi.stubEnv('AWS_PROFILE', 'dev');
    expect(await load({ mode: 'default' })).toMatchObject({ key: { accessKeyId: 'KP' } });
  });
});

describe('section 3.1: profile', () => {
  it('with credential_process runs it', async () => {
    home.write('answer', JSON.stringify({ Version: 1, AccessKeyId: 'KX', SecretAccessKey: 'S' }));
    home.write('config', `[profile run]\ncredential_process = cat ${home.at('answer')}\n`);
    expect(await load({ mode: 'profile', profile: 'run' })).toMatchObject({ key: { accessKeyId: 'KX' } });
  });

  it('with SSO asks the portal in the region of the session, not in that of the models', async () => {
    const portal = await beginSso();
    const auth = createAuth({ mode: 'profile', profile: 'corp' }, { host: hostOf(), region: 'us-east-1', variant: {} });
    const first = await auth.load('us-east-1');
    expect(first).toMatchObject({ key: { accessKeyId: 'KSSO1' }, expiration: expect.any(Date) });
    expect(portal.seen[0]).toMatchObject({
      url: '/federation/credentials?role_name=R&account_id=123456789012',
      headers: { 'x-amz-sso_bearer_token': 'token' },
    });
    // `aws sso login` in another window: section 14.
    writeSsoToken('fresh');
    auth.forget(first);
    expect(await auth.load('us-east-1')).toMatchObject({ key: { accessKeyId: 'KSSO2' } });
  });

  it('with aws login takes its session', async () => {
    const session = 'arn:aws:iam::123456789012:user/x';
    const accessToken = {
      accessKeyId: 'KL',
      secretAccessKey: 'S',
      sessionToken: 'T',
      accountId: '123456789012',
      expiresAt: inAnHour(),
    };
    const token = { accessToken, clientId: 'c', refreshToken: 'r', dpopKey: 'unused before a refresh' };
    home.write(`login/${createHash('sha256').update(session).digest('hex')}.json`, JSON.stringify(token));
    vi.stubEnv('AWS_LOGIN_CACHE_DIRECTORY', home.at('login'));
    home.write('config', `[profile web]\nlogin_session = ${session}\n`);
    expect(await load({ mode: 'profile', profile: 'web' })).toMatchObject({ key: { accessKeyId: 'KL' } });
  });

  it.each([
    ['source_profile', 'source_profile = base\nexternal_id = e-1\nduration_seconds = 1800', 'KP', 'AssumeRole'],
    ['web_identity_token_file', 'web_identity_token_file = TOKEN', '', 'AssumeRoleWithWebIdentity'],
  ])('with a role and %s assumes it', async (_name, lines, signedBy, Action) => {
    const sts = await stsOf();
    writeProfile('base', 'KP');
    home.write('token', 'jwt');
    home.write('config', `[profile r]\nrole_arn = ${ROLE}\n${lines.replace('TOKEN', home.at('token'))}\n`);
    expect(await load({ mode: 'profile', profile: 'r' })).toMatchObject({ key: { accessKeyId: 'KR1' } });
    expect(sts.calls).toMatchObject([{ Action, RoleArn: ROLE, signedBy }]);
    if (Action === 'AssumeRole') expect(sts.calls[0]).toMatchObject({ ExternalId: 'e-1', DurationSeconds: '1800' });
  });
});

describe('section 0, rule 2: nothing in the environment overrules the YAML', () => {
  const modes: readonly { auth: AuthConfig; sent: string | RegExp; sts?: readonly object[] }[] = [
    { auth: { mode: 'keys', accessKeyId: 'KS', secretAccessKey: 'SS' }, sent: 'KS' },
    { auth: { mode: 'profile', profile: 'dev' }, sent: 'KP' },
    {
      auth: { mode: 'profile', profile: 'assuming' },
      sent: 'KR1',
      sts: [{ RoleArn: ROLE, signedBy: 'KP', region: 'us-west-2' }],
    },
    { auth: { mode: 'profile', profile: 'sso' }, sent: 'KSSO' },
    {
      auth: { mode: 'role', roleArn: ROLE, source: keys },
      sent: 'KR1',
      sts: [{ RoleArn: ROLE, RoleSessionName: 'turnout', signedBy: 'KS', region: 'us-west-2' }],
    },
    {
      auth: { mode: 'web-identity', roleArn: ROLE, tokenFile: 'token' },
      sent: 'KR1',
      sts: [{ RoleArn: ROLE, RoleSessionName: 'turnout', WebIdentityToken: 'jwt', signedBy: '' }],
    },
    { auth: { mode: 'api-key', apiKey: 'from-the-yaml' }, sent: 'Bearer from-the-yaml' },
    { auth: { mode: 'api-key', generate: true, source: keys }, sent: /^Bearer bedrock-api-key-/ },
  ];

  it.each(modes)('with $auth', async ({ auth, sent, sts: expected = [] }) => {
    const sts = await stsOf();
    const portal = await beginSso();
    home.write('token', 'jwt');
    home.write('credentials', '[dev]\naws_access_key_id = KP\naws_secret_access_key = S\n');
    home.write(
      'config',
      `[profile assuming]\nrole_arn = ${ROLE}\nsource_profile = dev\n` +
        '[profile sso]\nsso_session = corp\nsso_account_id = 123456789012\nsso_role_name = R\n' +
        '[sso-session corp]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n',
    );
    const nowhere = await upstreamOf((response) => response.writeHead(500).end());
    stubHostileEnvironment(nowhere.url);
    const bedrock = await upstreamOf((response) => json(response, {}));
    const settings = configSchema.parse({ region: 'us-west-2', auth: { mode: 'default' }, endpoint: bedrock.url });
    const provider = await plugin.create({ ...settings, auth }, hostOf());
    const request = chatRequest();
    // The answer has nothing in it: only what was sent is looked at.
    await provider
      .generate?.(request, callOf(provider.plan(request, { protocol: 'openai-chat', stream: false })))
      .catch(() => {});

    expect(nowhere.seen).toEqual([]);
    expect(bedrock.seen).toHaveLength(1);
    expect(sts.calls).toMatchObject(expected);
    expect(portal.seen).toHaveLength(sent === 'KSSO' ? 1 : 0);
    const authorization = bedrock.seen[0]?.headers.authorization ?? '';
    if (sent instanceof RegExp) expect(authorization).toMatch(sent);
    else if (sent.startsWith('Bearer')) expect(authorization).toBe(sent);
    else expect(authorization).toMatch(new RegExp(`Credential=${sent}\\d?/\\d{8}/us-west-2/bedrock/aws4_request`));
    // The signature is good with the secret of the YAML's own credentials.
    const [, accessKeyId = ''] = /Credential=([^/]+)/.exec(authorization) ?? [];
    if (accessKeyId === 'KS') {
      const [seen] = bedrock.seen;
      if (seen === undefined) throw new Error('nothing was sent');
      const lookup = () => ({ accessKeyId, secretAccessKey: 'SS' });
      expect(verify({ ...seen, target: seen.url }, { lookup, service: 'bedrock' })).toMatchObject({ ok: true });
    }
  });

  it.each<[string, AuthConfig, RegExp]>([
    ['keys', { mode: 'keys', accessKeyId: 'KS', secretAccessKey: 'SS' }, /Credential=KS\/\d{8}\/us-west-2\/bedrock\//],
    ['an API key', { mode: 'api-key', apiKey: 'from-the-yaml' }, /^Bearer from-the-yaml$/],
  ])('not for the control plane either, with %s', async (_name, config, authorization) => {
    const nowhere = await upstreamOf((response) => response.writeHead(500).end());
    stubHostileEnvironment(nowhere.url);
    const control = await upstreamOf((response) => json(response, { inferenceProfileSummaries: [] }));
    const host = hostOf();
    const auth = createAuth(config, { host, region: 'us-west-2', variant: {} });
    const place = { region: 'us-west-2', endpoint: control.url };
    expect(await listProfiles(host, auth, place, new AbortController().signal)).toEqual([]);
    expect(nowhere.seen).toEqual([]);
    for (const { headers } of control.seen) expect(headers.authorization).toMatch(authorization);
    expect(control.seen.length).toBeGreaterThan(0);
  });
});
