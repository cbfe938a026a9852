// Section 5, end to end: which addresses a provider contacts, through which proxy, trusting whom.
import { createHash, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { run } from '../../core/src/cli/index.ts';
import { type House, openHouse } from '../house.ts';
import { startProxy } from './proxy.ts';
import { certificateFile, startBedrock, startSts } from './servers.ts';

const closers: (() => Promise<void>)[] = [];
beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^AWS_|_proxy$/i.test(name)) vi.stubEnv(name, undefined);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  for (const close of closers.splice(0).reverse()) await close();
});
async function opened<T extends { close(): Promise<void> }>(opening: Promise<T>): Promise<T> {
  const room = await opening;
  closers.push(() => room.close());
  return room;
}

const KEYS = '{ mode: keys, accessKeyId: KY, secretAccessKey: S }';
const ROLE = `{ mode: role, roleArn: "arn:aws:iam::123456789012:role/x", source: ${KEYS} }`;
const yaml = (endpoint: string, auth: string, settings = '') => `providers:
  bedrock:
    region: us-east-1
    endpoint: ${endpoint}
    auth: ${auth}
    retry: { attempts: 1 }
${settings}routes: { claude: bedrock/anthropic.claude-sonnet-5 }
`;
const request = { model: 'claude', messages: [{ role: 'user' as const, content: 'Hi' }] };

/** One call whole and one streamed. */
async function callTwice({ openai }: House): Promise<void> {
  const whole = await openai.chat.completions.create(request);
  expect(whole.choices[0]?.message.content).toBe('Hello');
  const streamed = await openai.chat.completions.stream(request).finalChatCompletion();
  expect(streamed.choices[0]?.message.content).toBe('Hello');
}

/** `host:port` of every connection that this process opens from now on. */
function tapConnections(): string[] {
  const targets: string[] = [];
  const original = Socket.prototype.connect;
  vi.spyOn(Socket.prototype, 'connect').mockImplementation(function (this: Socket, ...given: unknown[]) {
    // Node hands on its normalised arguments as one array.
    const [options] = (Array.isArray(given[0]) ? given[0] : given) as [{ host?: string; port?: number; path?: string }];
    targets.push(options.path ?? `${options.host ?? 'localhost'}:${options.port}`);
    // The arguments go through as they came.
    return original.apply(this, given as Parameters<typeof original>);
  });
  return targets;
}

describe('with an endpoint set', () => {
  test.each([
    ['keys', KEYS],
    ['an API key', '{ mode: api-key, apiKey: k }'],
    ['a generated API key', `{ mode: api-key, generate: true, source: ${KEYS} }`],
  ])('no other host is contacted for inference, with %s', async (_name, auth) => {
    const bedrock = await opened(startBedrock());
    const house = await opened(openHouse(yaml(`${bedrock.url}/some/prefix`, auth)));
    const targets = tapConnections();
    await callTwice(house);
    // What remains are the test's own requests to the router.
    const router = new URL(house.url).host;
    expect(new Set(targets.filter((target) => target !== router))).toEqual(new Set([`localhost:${bedrock.port}`]));
    expect(bedrock.seen.map(({ path }) => path)).toEqual([
      '/some/prefix/model/anthropic.claude-sonnet-5/converse',
      '/some/prefix/model/anthropic.claude-sonnet-5/converse-stream',
    ]);
  });

  test('a role is assumed at STS, and nothing else is contacted', async () => {
    const bedrock = await opened(startBedrock());
    const sts = await opened(startSts());
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    const house = await opened(openHouse(yaml(bedrock.url, ROLE)));
    const targets = tapConnections();
    await callTwice(house);
    const router = new URL(house.url).host;
    expect(new Set(targets.filter((target) => target !== router))).toEqual(
      new Set([`localhost:${bedrock.port}`, `localhost:${sts.port}`]),
    );
    expect(sts.seen).toHaveLength(1);
    expect(bedrock.seen[0]?.authorization).toContain('Credential=KSESSION1/');
  });
});

describe('a proxy in the environment', () => {
  test('tunnels Bedrock and STS alike', async () => {
    const [bedrock, sts, proxy] = [
      await opened(startBedrock(true)),
      await opened(startSts(true)),
      await opened(startProxy()),
    ];
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', new URL(proxy.url).hostname);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    const house = await opened(openHouse(yaml(bedrock.url, ROLE, `    caFile: ${certificateFile}\n`)));
    await callTwice(house);
    expect([...proxy.tunnels].sort()).toEqual([`localhost:${bedrock.port}`, `localhost:${sts.port}`].sort());
    expect(proxy.forwarded).toEqual([]);
    expect([bedrock.seen.length, sts.seen.length]).toEqual([2, 1]);
  });

  test('may itself speak TLS, with a name and a password', async () => {
    const [bedrock, proxy] = [await opened(startBedrock(true)), await opened(startProxy({ tls: true }))];
    vi.stubEnv('HTTPS_PROXY', proxy.url.replace('//', '//user:p%40ss@'));
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    await callTwice(await opened(openHouse(yaml(bedrock.url, KEYS, `    caFile: ${certificateFile}\n`))));
    expect(new Set(proxy.tunnels)).toEqual(new Set([`localhost:${bedrock.port}`]));
    expect(proxy.credentials[0]).toBe(`Basic ${Buffer.from('user:p@ss').toString('base64')}`);
  });

  test('forwards what is asked in the clear', async () => {
    const [bedrock, sts, proxy] = [await opened(startBedrock()), await opened(startSts()), await opened(startProxy())];
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    const house = await opened(openHouse(yaml(bedrock.url, ROLE)));
    await callTwice(house);
    const { origin } = new URL(bedrock.url);
    expect(proxy.forwarded).toEqual([
      `${sts.url}/`,
      `${origin}/model/anthropic.claude-sonnet-5/converse`,
      `${origin}/model/anthropic.claude-sonnet-5/converse-stream`,
    ]);
  });

  test.each(['localhost', 'example.com, localhost', '*'])('is passed by with NO_PROXY=%s', async (hosts) => {
    const [bedrock, sts, proxy] = [await opened(startBedrock()), await opened(startSts()), await opened(startProxy())];
    vi.stubEnv('HTTP_PROXY', proxy.url);
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', `${hosts},127.0.0.1`);
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    await callTwice(await opened(openHouse(yaml(bedrock.url, ROLE))));
    expect([...proxy.tunnels, ...proxy.forwarded]).toEqual([]);
    expect([bedrock.seen.length, sts.seen.length]).toEqual([2, 1]);
  });

  test.each([
    ['Bedrock', KEYS, '', 'bedrock-runtime.us-east-1.amazonaws.com:443'],
    ['Bedrock with FIPS', KEYS, '    fips: true\n', 'bedrock-runtime-fips.us-east-1.amazonaws.com:443'],
    ['Bedrock over IPv6', KEYS, '    dualStack: true\n', 'bedrock-runtime.us-east-1.api.aws:443'],
    ['STS', ROLE, '', 'sts.us-east-1.amazonaws.com:443'],
    ['STS with FIPS', ROLE, '    fips: true\n', 'sts-fips.us-east-1.amazonaws.com:443'],
    // In the region of the session, not in that of the models.
    ['SSO', '{ mode: profile, profile: corp }', '', 'portal.sso.eu-west-1.amazonaws.com:443'],
    ['SSO, to renew its session', '{ mode: profile, profile: old }', '', 'oidc.eu-west-1.amazonaws.com:443'],
    ['aws login, to renew its session', '{ mode: profile, profile: web }', '', 'eu-west-2.signin.aws.amazon.com:443'],
  ])('is asked for the public endpoint of %s by name', async (_name, auth, settings, authority) => {
    const folder = signedInHome();
    const proxy = await opened(startProxy({ leadTo: () => '127.0.0.1:9' })); // the discard port: nobody is there
    vi.stubEnv('HTTPS_PROXY', proxy.url);
    vi.stubEnv('NO_PROXY', '127.0.0.1');
    const text = yaml('', auth, settings).replace(/ +endpoint: .*\n/, '');
    const house = await opened(openHouse(text));
    await expect(house.openai.chat.completions.create(request)).rejects.toMatchObject({ status: 502 });
    expect(new Set(proxy.tunnels)).toEqual(new Set([authority]));
    rmSync(folder, { recursive: true });
  });
});

/** A home with profiles that are signed in: `corp` by SSO, `old` by SSO an hour too long ago, `web` by aws login, likewise. */
function signedInHome(): string {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-'));
  const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
  const write = (cache: string, algorithm: string, name: string, token: object): void => {
    const directory = join(folder, '.aws', cache);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `${createHash(algorithm).update(name).digest('hex')}.json`), JSON.stringify(token));
  };
  const renewal = { clientId: 'c', clientSecret: 's', refreshToken: 'r' };
  write('sso/cache', 'sha1', 'corp', { accessToken: 'token', expiresAt: inMs(3_600_000) });
  write('sso/cache', 'sha1', 'old', { accessToken: 'token', expiresAt: inMs(-3_600_000), ...renewal });
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const session = {
    accessKeyId: 'K',
    secretAccessKey: 'S',
    sessionToken: 'T',
    accountId: '1',
    expiresAt: inMs(-60_000),
  };
  const dpopKey = privateKey.export({ type: 'sec1', format: 'pem' });
  write('login/cache', 'sha256', 'me', { accessToken: session, ...renewal, dpopKey, signInRegion: 'eu-west-2' });
  const sso = (name: string) =>
    `[profile ${name}]\nsso_session = ${name}\nsso_account_id = 123456789012\nsso_role_name = R\n` +
    `[sso-session ${name}]\nsso_start_url = https://corp.example/start\nsso_region = eu-west-1\n`;
  writeFileSync(join(folder, 'config'), `${sso('corp')}${sso('old')}[profile web]\nlogin_session = me\n`);
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  return folder;
}

describe('caFile', () => {
  test('is trusted for Bedrock and STS alike, and nobody else is', async () => {
    const [bedrock, sts] = [await opened(startBedrock(true)), await opened(startSts(true))];
    vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
    await callTwice(await opened(openHouse(yaml(bedrock.url, ROLE, `    caFile: ${certificateFile}\n`))));
    expect([bedrock.seen.length, sts.seen.length]).toEqual([2, 1]);
    const strangers = await opened(openHouse(yaml(bedrock.url, KEYS)));
    await expect(strangers.openai.chat.completions.create(request)).rejects.toMatchObject({ status: 502 });
    expect(bedrock.seen).toHaveLength(2);
  });
});

test('section 14: a session that AWS calls expired is rebuilt, and the request is answered', async () => {
  let over = '';
  const bedrock = await opened(startBedrock(false, (authorization) => over !== '' && authorization.includes(over)));
  const sts = await opened(startSts());
  vi.stubEnv('AWS_ENDPOINT_URL_STS', sts.url);
  const house = await opened(openHouse(yaml(bedrock.url, ROLE)));
  await callTwice(house);
  over = 'KSESSION1/';
  const answer = await house.post('/v1/chat/completions', request);
  expect([answer.status, answer.headers.get('x-turnout-attempts')]).toEqual([200, '2']);
  await answer.arrayBuffer();
  expect(sts.seen).toHaveLength(2);
  // No session that lasts: one more try, and then the truth.
  over = 'KSESSION';
  const refusal = await house.post('/v1/chat/completions', request);
  expect([refusal.status, refusal.headers.get('x-turnout-attempts')]).toEqual([502, '2']);
  expect(await refusal.text()).toMatch(/expired/);
});

test('section 5: check prints what looks wrong with an endpoint at its place, and passes', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'turnout-'));
  const file = join(folder, 'turnout.yaml');
  writeFileSync(file, yaml('https://vpce-xxx.bedrock.us-east-1.vpce.amazonaws.com', KEYS));
  const printed: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((text) => printed.push(String(text)));
  vi.spyOn(console, 'log').mockImplementation((text) => printed.push(String(text)));
  const home = fileURLToPath(new URL('../../bin', import.meta.url));
  expect(await run(['check', '--config', file], { home, env: {} })).toBe(0);
  expect(printed.join('\n')).toMatch(
    /turnout\.yaml:4:15 {2}providers\.bedrock\.endpoint: warning: vpce-xxx.*control plane.*bedrock-runtime.*\n.*\n.*\^\^\^/,
  );
  rmSync(folder, { recursive: true });
});

describe('a provider without credentials', () => {
  const both = (url: string) => `providers:
  good: { plugin: bedrock, region: us-east-1, endpoint: ${url}, auth: ${KEYS} }
  broken: { plugin: bedrock, region: us-east-1, endpoint: ${url}, auth: { mode: profile, profile: nobody }, retry: { attempts: 1 } }
routes:
  claude: good/anthropic.claude-sonnet-5
  lost: broken/anthropic.claude-sonnet-5
  either: { targets: [broken/anthropic.claude-sonnet-5, good/anthropic.claude-sonnet-5] }
`;

  test('does not keep the router from starting; /readyz names it, the other one answers', async () => {
    vi.stubEnv('AWS_CONFIG_FILE', '/nowhere/config');
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', '/nowhere/credentials');
    const bedrock = await opened(startBedrock());
    const house = await opened(openHouse(both(bedrock.url)));
    const ready = await fetch(`${house.url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toMatchObject({
      providers: {
        good: { ok: true },
        broken: {
          ok: false,
          findings: expect.arrayContaining([
            expect.objectContaining({
              ok: false,
              what: 'credentials',
              detail: expect.stringMatching(/profile nobody/),
            }),
          ]),
        },
      },
    });
    await callTwice(house);
    const error = await house.openai.chat.completions.create({ ...request, model: 'lost' }).catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 502 });
    expect(error.message).toMatch(/profile nobody/);
    const answer = await house.openai.chat.completions.create({ ...request, model: 'either' });
    expect(answer.choices[0]?.message.content).toBe('Hello');
  });
});
