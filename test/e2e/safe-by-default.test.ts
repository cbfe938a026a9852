// "Safe by default", sentence by sentence in the order of the design: each test is called by what it holds.
import crypto, { createHash, createHmac } from 'node:crypto';
import dns from 'node:dns';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import net, { type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createMediaFetcher } from '../../core/src/host/index.ts';
import { startFakeUpstream } from '../../core/src/testing/index.ts';
import { Signer, type SigningKey } from '../../core/src/wire/index.ts';
import { say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});
/** How often the model has been asked: what costs money. */
let asked = 0;
beforeEach(() => {
  asked = 0;
  script('alpha', {
    async *stream() {
      asked++;
      yield* say('ok');
    },
    countTokens: async () => {
      asked++;
      return { inputTokens: 1 };
    },
  });
});

async function open(yaml: string, key?: string): Promise<House> {
  const opened = await openHouse(yaml, key === undefined ? {} : { key });
  ending.push(() => opened.close());
  return opened;
}
const scripted = (before = '', key?: string) =>
  open(`${before}providers: { alpha: { plugin: "${plugin}" } }\nroutes: { main: alpha/m1, other: alpha/m2 }\n`, key);

interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string;
}
interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** Exactly these headers: `fetch` and browsers would not let a test send some of them. */
function send(url: string, { method = 'POST', path, headers = {}, body = '' }: Sent): Promise<Answer> {
  return new Promise((done, refuse) => {
    const { hostname, port } = new URL(url);
    const request = http.request({ hostname, port, method, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    request.on('error', refuse).end(body);
  });
}

const JSON_TYPE = { 'content-type': 'application/json' };
const CHAT = '/v1/chat/completions';
const MESSAGES = [{ role: 'user', content: 'hi' }];
const body = (more: object = {}) => JSON.stringify({ model: 'main', messages: MESSAGES, max_tokens: 99, ...more });
const CONVERSE = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'hi' }] }] });

/** Everything that costs money, and what only reads. */
const COSTLY: readonly Sent[] = [
  { path: CHAT, body: body() },
  { path: '/v1/responses', body: JSON.stringify({ model: 'main', input: 'hi' }) },
  { path: '/v1/embeddings', body: JSON.stringify({ model: 'main', input: 'hi' }) },
  { path: '/v1/messages', body: body() },
  { path: '/v1/messages/count_tokens', body: JSON.stringify({ model: 'main', messages: MESSAGES }) },
  { path: '/model/main/converse', body: CONVERSE },
  {
    path: '/bedrock/model/main/invoke',
    body: JSON.stringify({ messages: MESSAGES, max_tokens: 9, anthropic_version: 'bedrock-2023-05-31' }),
  },
];
const OPERATORS: readonly Sent[] = [
  { method: 'GET', path: '/admin/routes' },
  { path: '/admin/explain', body: JSON.stringify({ model: 'main' }) },
  { path: '/admin/reload', body: '' },
  { method: 'GET', path: '/metrics' },
];
const LISTS: readonly Sent[] = [
  { method: 'GET', path: '/v1/models' },
  { method: 'GET', path: '/v1/models/main' },
];
const EVERYTHING = [...COSTLY, ...OPERATORS, ...LISTS];

/** The statuses of all paths, asked with these headers. */
async function statuses(
  opened: House,
  headers: http.OutgoingHttpHeaders,
  paths: readonly Sent[] = EVERYTHING,
): Promise<number[]> {
  const answers = paths.map((sent) => send(opened.url, { ...sent, headers: { ...JSON_TYPE, ...headers } }));
  return [...new Set((await Promise.all(answers)).map(({ status }) => status))];
}

describe('without keys', () => {
  test.each([
    'evil.example',
    'evil.example:4180',
    'localhost.evil.example',
    'localhost.',
    'notlocalhost',
    '127.0.0.1.evil.example',
    '0.0.0.0',
    '10.0.0.5',
    '[::ffff:127.0.0.1]',
    '[fe80::1]',
    'evil.example#@localhost',
    'evil.example/@localhost',
    'localhost/x',
    'user@localhost',
    'localhost:80@evil.example',
  ])('the Host header must be a loopback name: not %s', async (host) => {
    const opened = await scripted();
    // What is no host at all is a 400 of the framework's.
    for (const status of await statuses(opened, { host })) expect([400, 403]).toContain(status);
    expect(asked).toBe(0);
  });

  test.each(['localhost', 'LOCALHOST:4180', 'api.localhost', '127.0.0.1', '127.9.9.9:1', '[::1]', '[::1]:4180'])(
    'the Host header must be a loopback name: %s is one',
    async (host) => {
      const opened = await scripted();
      expect(await statuses(opened, { host }, LISTS)).toEqual([200]);
      expect(await statuses(opened, { host }, COSTLY.slice(0, 1))).toEqual([200]);
    },
  );

  test('the Host header must be a loopback name: none, two, or a target that names another', async () => {
    const opened = await scripted();
    const { port } = new URL(opened.url);
    const statusOf = async (head: string) => {
      const socket = net.connect(Number(port), '127.0.0.1');
      ending.push(() => socket.destroy());
      socket.write(`${head}\r\nConnection: close\r\n\r\n`);
      const [first] = (await once(socket, 'data')) as [Buffer]; // of a socket without an encoding
      return Number(first.toString().split(' ')[1]);
    };
    expect(await statusOf('GET /v1/models HTTP/1.0')).toBe(400);
    expect(await statusOf('GET /v1/models HTTP/1.1')).toBe(400);
    expect(await statusOf('GET /v1/models HTTP/1.1\r\nHost: localhost\r\nHost: evil.example')).toBe(400);
    expect(await statusOf('GET http://localhost/v1/models HTTP/1.1\r\nHost: evil.example')).toBe(403);
    expect(await statusOf('GET /v1/models HTTP/1.1\r\nHost: localhost')).toBe(200);
  });

  test('the Host header must be a loopback name: over HTTP/2 the authority, whatever is called host beside it', async () => {
    const opened = await scripted();
    const session = http2.connect(opened.url);
    ending.push(() => session.destroy());
    const statusOf = async (headers: http2.OutgoingHttpHeaders) => {
      const stream = session.request({ ':path': '/v1/models', ...headers }).resume();
      const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]; // of node
      return head[':status'];
    };
    expect(await statusOf({ ':authority': 'evil.example' })).toBe(403);
    expect(await statusOf({ ':authority': 'evil.example', host: 'localhost' })).toBe(403);
    expect(await statusOf({ ':authority': 'localhost:4180' })).toBe(200);
  });

  test.each<http.OutgoingHttpHeaders>([
    { origin: 'https://evil.example' },
    { origin: 'http://localhost.evil.example' },
    { origin: 'http://evil.example:4180' },
    { origin: 'null' },
    { origin: 'file://' },
    { origin: '' },
    { origin: 'localhost' },
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'http://localhost:3000', 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  ])('a foreign `Origin` or `Sec-Fetch-Site: cross-site` is 403: %j', async (headers) => {
    const opened = await scripted();
    expect(await statuses(opened, headers)).toEqual([403]);
    expect(asked).toBe(0);
  });

  test('a foreign `Origin` or `Sec-Fetch-Site: cross-site` is 403: a browser’s question beforehand is not answered either', async () => {
    const opened = await scripted();
    const headers = {
      origin: 'https://evil.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type',
      'access-control-request-private-network': 'true',
    };
    for (const { path } of EVERYTHING) {
      const answer = await send(opened.url, { method: 'OPTIONS', path, headers });
      expect(answer.status).toBe(405);
      expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });

  test.each<http.OutgoingHttpHeaders>([
    { origin: 'http://localhost:3000' },
    { origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-site' },
    { 'sec-fetch-site': 'none' },
    { 'sec-fetch-site': 'same-origin' },
  ])('what this machine itself asks is served: %j', async (headers) => {
    const opened = await scripted();
    expect(await statuses(opened, headers, [...LISTS, ...COSTLY.slice(0, 1)])).toEqual([200]);
  });

  test.each([
    undefined,
    '',
    'text/plain',
    'text/plain; application/json',
    'text/plain;charset=application/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=application/json',
    'application/json, text/plain',
    'application/jsonp',
    'xapplication/json',
  ])('bodies must be JSON: no web page can spend the user’s account: %s', async (type) => {
    const opened = await scripted();
    const headers = type === undefined ? {} : { 'content-type': type };
    for (const sent of COSTLY) {
      expect((await send(opened.url, { ...sent, headers })).status, sent.path).toBe(415);
    }
    expect(asked).toBe(0);
  });
});

describe('with keys', () => {
  const KEYS = `keys:
  - { name: team, key: key-of-the-team, models: [main] }
  - { name: boss, key: key-of-the-boss, admin: true }
`;
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

  test('/admin, /ui and /metrics need an admin key', async () => {
    const opened = await scripted(KEYS);
    expect(await statuses(opened, {}, OPERATORS)).toEqual([401]);
    expect(await statuses(opened, bearer('another'), OPERATORS)).toEqual([401]);
    expect(await statuses(opened, bearer('key-of-the-team'), OPERATORS)).toEqual([403]);
    expect(await statuses(opened, bearer('key-of-the-boss'), OPERATORS)).toEqual([200]);
    // There is no page for operators yet, so nobody sees one.
    expect((await send(opened.url, { method: 'GET', path: '/ui', headers: bearer('key-of-the-boss') })).status).toBe(
      404,
    );
  });

  test('/admin, /ui and /metrics need an admin key: however the path is written', async () => {
    const opened = await scripted(KEYS);
    for (const path of [
      '//admin/routes',
      '/admin//routes',
      '/./admin/routes',
      '/v1/../admin/routes',
      '/ADMIN/routes',
      '/admin/routes/',
      '/%61dmin/routes',
      '/admin/routes?key=key-of-the-boss',
      '/admin/routes%3f',
      '/metrics;x',
      '/metrics/',
    ]) {
      expect([401, 404], path).toContain((await send(opened.url, { method: 'GET', path })).status);
    }
  });

  test('`server.metrics: open` opts out', async () => {
    const opened = await scripted(`${KEYS}server: { metrics: open }\n`);
    expect((await send(opened.url, { method: 'GET', path: '/metrics' })).status).toBe(200);
    expect(await statuses(opened, {}, OPERATORS.slice(0, 3))).toEqual([401]);
  });

  test('a key calls what it may, and nobody calls without one', async () => {
    const opened = await scripted(KEYS);
    expect(await statuses(opened, {}, [...COSTLY.slice(0, 5), ...LISTS])).toEqual([401]);
    // AWS answers so to every credential that it does not take.
    expect(await statuses(opened, {}, COSTLY.slice(5))).toEqual([403]);
    const other = COSTLY.map((sent) => ({
      ...sent,
      path: sent.path.replace('main', 'other'),
      body: sent.body?.replace('"main"', '"other"') ?? '',
    }));
    expect(await statuses(opened, bearer('key-of-the-team'), other)).toEqual([403]);
    expect(asked).toBe(0);
    const list = await send(opened.url, { method: 'GET', path: '/v1/models', headers: bearer('key-of-the-team') });
    expect(JSON.parse(list.text).data.map(({ id }: { id: string }) => id)).toEqual(['main']);
    expect(await statuses(opened, bearer('key-of-the-team'), COSTLY.slice(0, 1))).toEqual([200]);
  });

  // What a near miss would tell is about a digest, which nobody can aim.
  test('a key is found by its digest, and what was found is compared in constant time', async () => {
    const opened = await scripted(KEYS);
    const real = crypto.timingSafeEqual;
    let compared = 0;
    crypto.timingSafeEqual = (one, other) => {
      compared++;
      return real(one, other);
    };
    syncBuiltinESMExports();
    try {
      const keys: readonly (readonly [key: string, status: number, comparisons: number])[] = [
        ['key-of-the-team', 200, 1],
        ['key-of-the-boss', 200, 1],
        ['key-of-the-tean', 401, 0],
        ['key-of-nobody', 401, 0],
      ];
      for (const [key, status, comparisons] of keys) {
        compared = 0;
        const answer = await send(opened.url, { method: 'GET', path: '/v1/models', headers: bearer(key) });
        expect([answer.status, compared], key).toEqual([status, comparisons]);
      }
    } finally {
      crypto.timingSafeEqual = real;
      syncBuiltinESMExports();
    }
  });
});

test('only the socket’s address counts, never X-Forwarded-For', async () => {
  const opened = await scripted();
  const local = {
    forwarded: 'for=127.0.0.1;host=localhost;proto=http',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-host': 'localhost',
    'x-forwarded-server': 'localhost',
    'x-real-ip': '127.0.0.1',
    'x-original-host': 'localhost',
    'x-host': 'localhost',
    via: '1.1 localhost',
  };
  // They open no door …
  expect(await statuses(opened, { ...local, host: 'evil.example' })).toEqual([403]);
  expect(await statuses(opened, { ...local, origin: 'https://evil.example' })).toEqual([403]);
  // … and close none.
  const foreign = Object.fromEntries(
    Object.entries(local).map(([name, text]) => [name, text.replace(/127.0.0.1|localhost/g, '203.0.113.9')]),
  );
  expect(await statuses(opened, foreign, LISTS)).toEqual([200]);
  // And no path may be put in the place of the one that was asked for.
  const rewritten = {
    'x-original-url': '/admin/routes',
    'x-rewrite-url': '/admin/routes',
    'x-http-method-override': 'GET',
  };
  const keyed = await scripted('keys: [{ name: team, key: key-of-the-team }]\n');
  const answer = await send(keyed.url, { method: 'GET', path: '/healthz', headers: rewritten });
  expect(answer.text).toBe('{"status":"ok"}');
});

describe('towards upstreams', () => {
  const KEY = 'key-of-the-client-team';
  /** As many headers as a client, a proxy or an attacker could think of. */
  const CLIENT: http.OutgoingHttpHeaders = {
    authorization: `Bearer ${KEY}`,
    'x-api-key': KEY,
    'proxy-authorization': 'Basic client-proxy',
    cookie: 'session=client-cookie',
    connection: 'keep-alive, x-client-hop',
    'x-client-hop': 'client-hop',
    'keep-alive': 'timeout=client',
    te: 'trailers',
    trailer: 'x-client-trailer',
    'x-goog-api-key': 'client-goog',
    'api-key': 'client-azure',
    'openai-organization': 'client-org',
    'openai-project': 'client-project',
    'x-amz-security-token': 'client-token',
    'x-amz-date': '20200101T000000Z-client',
    'x-amz-target': 'client-target',
    'x-amz-content-sha256': 'client-hash',
    'x-forwarded-for': 'client-address',
    forwarded: 'for=client',
    'user-agent': 'client-agent',
    'x-request-id': 'client-id',
    'x-turnout-anything': 'client-anything',
    traceparent: '00-client',
    referer: 'http://localhost/client-page',
    'accept-language': 'client-language',
    'x-stainless-os': 'client-os',
    'x-amzn-bedrock-accept': 'client-accept',
    'anthropic-beta': 'client-beta-2026-01-01',
    'anthropic-version': '2023-06-01',
    'openai-beta': 'client-openai-beta',
  };
  /** What each plugin sends; everything else would be somebody else's. */
  const OWN: Readonly<Record<string, { readonly settings: string; readonly headers: RegExp }>> = {
    openai: {
      settings: 'apiKey: key-of-openai, baseUrl: "URL/v1"',
      headers: /^(?:accept|accept-encoding|authorization|content-type)$/,
    },
    anthropic: {
      settings: 'apiKey: key-of-anthropic, baseUrl: "URL"',
      headers: /^(?:accept|accept-encoding|anthropic-beta|anthropic-version|content-type|x-api-key)$/,
    },
    gemini: {
      settings: 'apiKey: key-of-gemini, baseUrl: "URL"',
      headers: /^(?:accept|accept-encoding|content-type|x-goog-api-key)$/,
    },
    bedrock: {
      settings:
        'region: us-east-1, endpoint: "URL", auth: { mode: keys, accessKeyId: AKIDLOCAL, secretAccessKey: local-secret }',
      headers: /^(?:accept|authorization|content-type|x-amz-content-sha256|x-amz-date)$/,
    },
  };
  /** Of the connection to the upstream itself. */
  const CONNECTION = /^(?:connection|content-length|host|transfer-encoding)$/;

  test.each(Object.keys(OWN))(
    'client headers go upstream only by allow-list; hop-by-hop and credentials never: %s',
    async (name) => {
      const upstream = await startFakeUpstream();
      ending.push(() => upstream.close());
      upstream.answer({ status: 400, headers: { 'content-type': 'application/json' }, body: '{"message":"no"}' });
      const { settings = '', headers = /^$/ } = OWN[name] ?? {};
      const model = name === 'bedrock' ? 'anthropic.claude-sonnet-4-5-20250929-v1:0' : 'claude-some-model';
      const opened = await open(
        `keys: [{ name: team, key: ${KEY} }]
providers: { ${name}: { ${settings.replaceAll('URL', upstream.url)}, retry: { attempts: 1 }, breaker: { failures: 100 } } }
routes: { main: "${name}/${model}" }
`,
      );
      for (const sent of COSTLY) await send(opened.url, { ...sent, headers: { ...JSON_TYPE, ...CLIENT } });
      expect(upstream.asked.length).toBeGreaterThan(3);
      for (const { path, headers: arrived } of upstream.asked) {
        for (const [header, value] of Object.entries(arrived)) {
          if (CONNECTION.test(header)) continue;
          expect(header, path).toMatch(headers);
          // The one that may go on: Anthropic's name of a feature, from its own clients to itself.
          if (header === 'anthropic-beta') expect(value).toBe('client-beta-2026-01-01');
          else expect(String(value), `${path} ${header}`).not.toMatch(/client/);
        }
        expect(arrived.connection).not.toContain('x-client-hop');
      }
    },
  );
});

describe('at Bedrock', () => {
  const AUTH = 'auth: { mode: keys, accessKeyId: LOCALACCESSKEY, secretAccessKey: local-secret }';
  const CLAUDE = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0';
  const KEY = 'key-of-the-team';
  const ARN = 'arn:aws:bedrock:us-west-2:999999999999:application-inference-profile/abc';
  let local: BedrockLocal;
  async function bedrock(
    options: { region?: string; settings?: string; routes?: string; keys?: boolean } = {},
  ): Promise<House> {
    const { region = 'us-east-1', settings = '', routes = '', keys = true } = options;
    local = await startBedrockLocal({
      credentials: [{ accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret' }],
      region,
      resources: { [ARN]: 'anthropic.claude-sonnet-4-5-20250929-v1:0' },
    });
    ending.push(() => local.close());
    return open(
      `${keys ? `keys: [{ name: team, key: ${KEY} }]\n` : ''}providers: { bedrock: { region: ${region}, endpoint: "${local.url}", ${AUTH}, retry: { attempts: 1 }${settings} } }
routes:
  plain: bedrock/${CLAUDE}
${routes}`,
      KEY,
    );
  }
  const claude = { max_tokens: 99, messages: MESSAGES };
  /** The same question in each of the protocols, with what each client could add to it. */
  const questions = (
    model: string,
    more: { chat?: object; converse?: object; invoke?: http.OutgoingHttpHeaders } = {},
  ): Sent[] => {
    const encoded = encodeURIComponent(model);
    return [
      { path: CHAT, body: JSON.stringify({ model, ...claude, ...more.chat }) },
      { path: '/v1/messages', body: JSON.stringify({ model, ...claude }) },
      { path: '/v1/responses', body: JSON.stringify({ model, input: 'hi' }) },
      { path: `/model/${encoded}/converse`, body: JSON.stringify({ ...JSON.parse(CONVERSE), ...more.converse }) },
      {
        path: `/model/${encoded}/converse-stream`,
        body: JSON.stringify({ ...JSON.parse(CONVERSE), ...more.converse }),
      },
      {
        path: `/model/${encoded}/invoke`,
        body: JSON.stringify({ ...claude, anthropic_version: 'bedrock-2023-05-31' }),
        headers: more.invoke ?? {},
      },
    ];
  };
  const askAll = (opened: House, all: readonly Sent[]) =>
    Promise.all(
      all.map((sent) =>
        send(opened.url, { ...sent, headers: { ...JSON_TYPE, authorization: `Bearer ${KEY}`, ...sent.headers } }),
      ),
    );
  /** What a request said of these, whether in a body of Converse or in the headers of InvokeModel. */
  const said = () =>
    local.requests.map(({ body, headers }) => {
      const { guardrailConfig, requestMetadata, serviceTier } = body as Record<string, unknown>; // a body of Converse
      return JSON.stringify({
        guardrail: guardrailConfig ?? headers['x-amzn-bedrock-guardrailidentifier'],
        metadata: requestMetadata ?? headers['x-amzn-bedrock-request-metadata'],
        tier: serviceTier ?? headers['x-amzn-bedrock-service-tier'],
      });
    });
  const MINE = {
    chat: {
      bedrock: { guardrail: { id: 'mine', version: '9' }, requestMetadata: { app: 'mine', run: '7' } },
      guardrailConfig: { guardrailIdentifier: 'mine', guardrailVersion: '9' },
    },
    converse: {
      guardrailConfig: { guardrailIdentifier: 'mine', guardrailVersion: '9' },
      requestMetadata: { app: 'mine', run: '7' },
    },
    invoke: {
      'x-amzn-bedrock-guardrailidentifier': 'mine',
      'x-amzn-bedrock-guardrailversion': '9',
      'x-amzn-bedrock-request-metadata': '{"app":"mine","run":"7"}',
    },
  };

  test('operator settings win over the client’s for guardrail and request metadata', async () => {
    const routes = `  guarded:
    targets: [bedrock/${CLAUDE}]
    bedrock: { guardrail: { id: ours, version: 2 }, requestMetadata: { app: ours } }
`;
    const opened = await bedrock({ routes });
    const answers = await askAll(opened, questions('guarded', MINE));
    expect(answers.map(({ status }) => status)).toEqual(Array(answers.length).fill(200));
    expect(local.requests).toHaveLength(answers.length);
    for (const one of said()) {
      expect(one).toContain('ours');
      expect(one).not.toContain('mine');
    }
  });

  test('operator settings win over the client’s for region', async () => {
    const opened = await bedrock();
    const region = { 'x-amz-region': 'us-west-2', 'x-amzn-bedrock-region': 'us-west-2', 'aws-region': 'us-west-2' };
    const all = questions('plain', { chat: { region: 'us-west-2', bedrock: { region: 'us-west-2' } } });
    const answers = await askAll(
      opened,
      all.map((sent) => ({ ...sent, headers: { ...sent.headers, ...region } })),
    );
    // Of a client that may not choose one, whatever it says: bedrock-local takes signatures for its own region only.
    for (const { status, text } of answers) expect([200, 400], text).toContain(status);
    expect(local.requests.length).toBeGreaterThanOrEqual(answers.length - 1);
    for (const { headers } of local.requests) expect(headers.authorization).toContain('/us-east-1/bedrock/');
  });

  test('operator settings win over the client’s for residency', async () => {
    const opened = await bedrock({
      region: 'eu-west-1',
      settings: ', residency: eu',
      routes: `  world: bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0\n`,
    });
    for (const model of [
      'plain',
      'world',
      `bedrock/${CLAUDE}`,
      'bedrock/global.anthropic.claude-sonnet-4-5-20250929-v1:0',
    ]) {
      for (const { status, text } of await askAll(opened, questions(model))) {
        expect(status, text).toBe(400);
        expect(text).toContain('residency eu');
      }
    }
    expect(local.requests).toHaveLength(0);
  });

  test('the service tier only within the route’s `allow`', async () => {
    const routes = `  tiered:
    targets: [bedrock/${CLAUDE}]
    bedrock: { serviceTier: { use: default, allow: [flex] } }
`;
    const opened = await bedrock({ routes });
    const asking = (tier: string) => ({
      chat: { bedrock: { serviceTier: tier } },
      converse: { serviceTier: { type: tier } },
      invoke: { 'x-amzn-bedrock-service-tier': tier },
    });
    for (const [model, tier] of [
      ['plain', 'priority'],
      ['tiered', 'priority'],
      ['tiered', 'reserved'],
    ] as const) {
      await askAll(opened, questions(model, asking(tier)));
      expect(said().join(), `${model} ${tier}`).not.toContain(tier);
    }
    await askAll(
      opened,
      questions('tiered', asking('flex')).filter(({ path }) => path.endsWith('converse')),
    );
    expect(said().at(-1)).toContain('flex');
  });

  test('with keys, an ARN from a client is taken only if listed under `models` or with `allowArns: true`', async () => {
    const names = [`bedrock/${ARN}`, `any-${ARN}`];
    const routes = '  "any-*": "bedrock/*"\n';
    const opened = await bedrock({ routes });
    for (const name of names) {
      for (const { status, text } of await askAll(opened, questions(name))) {
        expect(status, text).toBe(403);
        expect(text).toContain('allowArns: true');
      }
    }
    const more = [
      { path: '/v1/embeddings', body: JSON.stringify({ model: names[0], input: 'hi' }) },
      { path: '/v1/messages/count_tokens', body: JSON.stringify({ model: names[0], messages: MESSAGES }) },
      {
        path: `/model/${encodeURIComponent(names[0] ?? '')}/count-tokens`,
        body: JSON.stringify({ input: { converse: JSON.parse(CONVERSE) } }),
      },
    ];
    for (const { status, text } of await askAll(opened, more)) expect(status, text).toBe(403);
    expect(local.requests).toHaveLength(0);
    for (const settings of [
      ', allowArns: true',
      `, models: { mine: { id: "${ARN}", base: anthropic.claude-sonnet-4-5-20250929-v1:0 } }`,
    ]) {
      const allowing = await bedrock({ region: 'us-west-2', settings, routes });
      const answers = await askAll(allowing, questions(names[0] ?? ''));
      expect(answers.map(({ status }) => status)).toEqual(Array(answers.length).fill(200));
      expect(new Set(local.requests.map(({ model }) => model))).toEqual(new Set([ARN]));
    }
  });

  test('`residency` checks every final id, on relay too', async () => {
    const opened = await bedrock({
      region: 'us-east-1',
      settings: `, residency: us, allowArns: true, models: { away: { id: "arn:aws:bedrock:eu-west-1:999999999999:application-inference-profile/abc", base: anthropic.claude-sonnet-4-5-20250929-v1:0 }, roaming: { id: "global.anthropic.claude-sonnet-4-5-20250929-v1:0" } }`,
    });
    expect((await askAll(opened, questions('plain'))).map(({ status }) => status)).toEqual(Array(6).fill(200));
    const before = local.requests.length;
    for (const name of [
      'bedrock/away',
      'bedrock/roaming',
      'bedrock/eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
      'bedrock/arn:aws:bedrock:eu-west-1:999999999999:application-inference-profile/abc',
    ]) {
      for (const { status, text } of await askAll(opened, questions(name)))
        expect([status, text], name).toEqual([400, expect.stringContaining('residency')]);
    }
    expect(local.requests).toHaveLength(before);
  });
});

describe('fetchMedia', () => {
  // A certificate for localhost with its key in one file, valid nowhere else; made for tests.
  const pem = readFileSync(new URL('../../core/src/host/fixtures/localhost-test-only.pem', import.meta.url), 'utf8');
  let hits: string[] = [];
  let base = '';
  let port = 0;
  beforeEach(async () => {
    hits = [];
    const server = https.createServer({ key: pem, cert: pem }, ({ url = '', headers }, response) => {
      hits.push(`${url} ${Object.keys(headers).sort().join()}`);
      const left = /^\/hop\/(\d+)$/.exec(url)?.[1];
      const to = /^\/to\/(.+)$/.exec(url)?.[1];
      if (left !== undefined && left !== '0')
        response.writeHead(302, { location: `/hop/${Number(left) - 1}`, 'set-cookie': 'a=b' }).end();
      else if (to !== undefined) response.writeHead(302, { location: decodeURIComponent(to) }).end();
      else response.writeHead(200, { 'content-type': 'image/png' }).end('picture');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    ({ port } = server.address() as AddressInfo); // it listens on a port
    base = `https://localhost:${port}`;
    ending.push(() => {
      server.closeAllConnections();
      server.close();
    });
  });
  const fetcher = (isAllowed: (address: string) => boolean = (address) => address === '127.0.0.1') => {
    const media = createMediaFetcher({ ca: pem, isAllowed });
    ending.push(() => media.close());
    return media;
  };
  const never = new AbortController().signal;
  const plenty = () => ({ bytesLeft: 1e6 });

  /** What the router makes of an image at this URL: nothing, and nobody is asked. */
  async function refusal(url: string): Promise<string> {
    const opened = await scripted();
    const content = [{ type: 'image_url', image_url: { url } }];
    const answer = await send(opened.url, {
      path: CHAT,
      headers: JSON_TYPE,
      body: body({ messages: [{ role: 'user', content }] }),
    });
    expect(answer.status, url).toBe(400);
    expect(asked).toBe(0);
    expect(hits).toEqual([]);
    return answer.text;
  }

  test.each([
    'http://example.com/x.png',
    'ftp://example.com/x',
    'file:///etc/passwd',
    'gopher://127.0.0.1/',
    's3://bucket/key',
  ])('https only: not %s', async (url) => {
    expect(await refusal(url)).not.toContain('passwd');
  });

  test('the checked address is the one connected to', async () => {
    const real = dns.lookup;
    let lookups = 0;
    // A name that changes its mind, as for DNS rebinding: allowed at first, an address within the house from then on.
    const turning = (_name: string, _options: unknown, done: (error: null, found: dns.LookupAddress[]) => void) => {
      lookups++;
      done(null, [{ address: lookups === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 }]);
    };
    // The cast: one of the overloads, the only one that is called.
    dns.lookup = turning as typeof dns.lookup;
    syncBuiltinESMExports();
    try {
      const media = fetcher();
      expect((await media.fetch(`${base}/a`, never, plenty())).mediaType).toBe('image/png');
      expect(lookups).toBe(1);
      const fresh = fetcher();
      await expect(fresh.fetch(`${base}/b`, never, plenty())).rejects.toThrow(/not public/);
      expect(lookups).toBe(2);
    } finally {
      dns.lookup = real;
      syncBuiltinESMExports();
    }
    expect(hits).toHaveLength(1);
  });

  test('the checked address is the one connected to: of a name with several, all must be allowed', async () => {
    const real = dns.lookup;
    const both = (_name: string, _options: unknown, done: (error: null, found: dns.LookupAddress[]) => void) =>
      done(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '169.254.169.254', family: 4 },
      ]);
    // The cast: one of the overloads, the only one that is called.
    dns.lookup = both as typeof dns.lookup;
    syncBuiltinESMExports();
    try {
      await expect(fetcher().fetch(`${base}/a`, never, plenty())).rejects.toThrow(/not public/);
    } finally {
      dns.lookup = real;
      syncBuiltinESMExports();
    }
    expect(hits).toEqual([]);
  });

  test.each([
    [
      'loopback',
      [
        '127.0.0.1',
        '127.255.0.1',
        '[::1]',
        'localhost',
        '2130706433',
        '0x7f000001',
        '0177.0.0.1',
        '127.1',
        '127.0.0.1.',
      ],
    ],
    ['private', ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.0.1', '0xa000001']],
    ['link-local', ['169.254.169.254', '[fe80::1]', '2852039166', '[fe80::a9fe:a9fe]']],
    ['CGNAT', ['100.64.0.1', '100.127.255.254']],
    ['multicast', ['224.0.0.1', '239.1.1.1', '[ff02::1]']],
    ['unspecified', ['0.0.0.0', '[::]', '0', '0.1.2.3']],
    ['ULA', ['[fc00::1]', '[fd00:ec2::254]']],
    ['mapped', ['[::ffff:127.0.0.1]', '[::ffff:a9fe:a9fe]', '[::127.0.0.1]', '[::ffff:0:127.0.0.1]']],
    ['NAT64', ['[64:ff9b::7f00:1]', '[64:ff9b:1::a9fe:a9fe]', '[2002:7f00:1::]', '[2001:0:4136:e378::1]']],
    [
      'otherwise reserved',
      ['255.255.255.255', '240.0.0.1', '198.18.0.1', '192.0.2.1', '[2001:db8::1]', '[100::1]', '[4000::1]'],
    ],
  ])(
    'no loopback, private, link-local, CGNAT, multicast, unspecified, ULA, mapped or NAT64 address: %s',
    async (_kind, hosts) => {
      for (const host of hosts) expect(await refusal(`https://${host}:${port}/x`), host).toContain('not public');
    },
  );

  test('at most 3 redirects each checked again', async () => {
    const media = fetcher();
    expect((await media.fetch(`${base}/hop/3`, never, plenty())).mediaType).toBe('image/png');
    await expect(media.fetch(`${base}/hop/4`, never, plenty())).rejects.toThrow('more than 3 redirects');
    for (const [to, words] of [
      ['http://example.com/', 'only https'],
      ['https://169.254.169.254/latest/meta-data', 'not public'],
      ['https://[::1]/', 'not public'],
      ['//10.0.0.1/', 'not public'],
      [`https://u:p@localhost:${port}/hop/0`, 'credentials'],
    ] as const) {
      await expect(media.fetch(`${base}/to/${encodeURIComponent(to)}`, never, plenty()), to).rejects.toThrow(words);
    }
  });

  test('no credentials', async () => {
    expect(await refusal('https://user:secret@example.com/x.png')).not.toContain('secret');
    await fetcher().fetch(`${base}/hop/1`, never, plenty());
    // Neither anybody's key nor what the page before has set.
    for (const hit of hits) expect(hit.split(' ')[1]).toBe('accept,connection,host');
  });
});

describe('SigV4 from clients', () => {
  const PAIR = { accessKeyId: 'TURNOUTTEAMA', secretAccessKey: 'secret-of-the-aws-team' };
  const KEYS = `keys:
  - { name: aws, accessKeyId: ${PAIR.accessKeyId}, secretAccessKey: ${PAIR.secretAccessKey} }
  - { name: other, accessKeyId: TURNOUTTEAMB, secretAccessKey: another-secret-entirely }
  - { name: boss, key: key-of-the-boss, admin: true }
`;
  let opened: House;
  beforeEach(async () => {
    opened = await scripted(KEYS);
  });

  type Signed = Required<Omit<Sent, 'headers'>> & { readonly headers: Readonly<Record<string, string>> };
  interface SignOptions {
    readonly key?: SigningKey;
    readonly secondsAgo?: number;
    readonly service?: string;
    readonly path?: string;
    readonly headers?: Record<string, string>;
  }
  function sign({
    key = PAIR,
    secondsAgo = 0,
    service = 'bedrock',
    path = '/model/main/converse',
    headers = {},
  }: SignOptions = {}): Signed {
    const { host } = new URL(opened.url);
    const own = { ...JSON_TYPE, 'x-amz-meta': 'one', ...headers };
    const date = new Date(Date.now() - secondsAgo * 1000);
    const added = new Signer({ region: 'eu-north-1', service }).sign(
      { method: 'POST', host, path, headers: own, body: CONVERSE },
      key,
      date,
    );
    return { method: 'POST', path, headers: { ...own, host, ...added }, body: CONVERSE };
  }
  async function expectRefused(...all: Sent[]): Promise<void> {
    for (const sent of all) {
      const { status, text } = await send(opened.url, sent);
      expect(status, text).toBe(403);
    }
    expect(asked).toBe(0);
  }
  const changed = (sent: Signed, headers: Record<string, string>): Sent => ({
    ...sent,
    headers: { ...sent.headers, ...headers },
  });
  const edited = (sent: Signed, from: string | RegExp, to: string): Sent => {
    const authorization = sent.headers.authorization?.replace(from, to) ?? '';
    expect(authorization).not.toBe(sent.headers.authorization);
    return changed(sent, { authorization });
  };

  test('a sound one is taken', async () => {
    expect((await send(opened.url, sign())).status).toBe(200);
    expect((await send(opened.url, sign({ path: '/bedrock/model/main/converse' }))).status).toBe(200);
  });

  test('|now − x-amz-date| ≤ 5 min', async () => {
    for (const secondsAgo of [290, -290]) expect((await send(opened.url, sign({ secondsAgo }))).status).toBe(200);
    asked = 0;
    await expectRefused(sign({ secondsAgo: 302 }), sign({ secondsAgo: -302 }), sign({ secondsAgo: 86_400 }));
  });

  test('scope date and service `bedrock` checked', async () => {
    await expectRefused(
      sign({ service: 'sts' }),
      sign({ service: 'bedrock-runtime' }),
      edited(sign(), '/bedrock/', '/sts/'),
      edited(sign(), /\/\d{8}\//, '/20200101/'),
      edited(sign(), 'aws4_request', 'aws5_request'),
      edited(sign(), 'eu-north-1', 'us-east-1'),
    );
  });

  test('host and every x-amz-* header signed', async () => {
    await expectRefused(
      edited(sign(), 'host;', ''),
      edited(sign(), ';x-amz-meta', ''),
      changed(sign(), { 'x-amz-more': 'not signed' }),
      changed(sign(), { 'X-Amz-Meta': 'two' }),
      changed(sign(), { host: 'localhost' }),
      changed(sign(), { 'x-amz-security-token': 'one more' }),
    );
  });

  test('body hash compared', async () => {
    const sent = sign();
    const other = CONVERSE.replace('hi', 'ho');
    await expectRefused(
      { ...sent, body: other },
      { ...sent, body: `${CONVERSE} ` },
      { ...sent, body: '' },
      { ...changed(sent, { 'x-amz-content-sha256': createHash('sha256').update(other).digest('hex') }), body: other },
    );
  });

  /** A sound signature over this word in the place of the body's hash, from AWS's own description (SigV4, 2026). */
  function signOver(payload: string): Sent {
    const { headers } = sign();
    const rest: Record<string, string> = { ...headers, 'x-amz-content-sha256': payload };
    delete rest.authorization;
    const names = Object.keys(rest).sort();
    const lines = names.map((name) => `${name}:${rest[name]}`);
    const canonical = ['POST', '/model/main/converse', '', ...lines, '', names.join(';'), payload].join('\n');
    const at = rest['x-amz-date'] ?? '';
    const scope = `${at.slice(0, 8)}/eu-north-1/bedrock/aws4_request`;
    const text = ['AWS4-HMAC-SHA256', at, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
    let secret: string | Buffer = `AWS4${PAIR.secretAccessKey}`;
    for (const part of [...scope.split('/'), text]) secret = createHmac('sha256', secret).update(part).digest();
    const signature = secret.toString('hex');
    const authorization = `AWS4-HMAC-SHA256 Credential=${PAIR.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return { path: '/model/main/converse', headers: { ...rest, authorization }, body: CONVERSE };
  }

  test('query signatures and UNSIGNED-PAYLOAD refused', async () => {
    const sound = signOver(createHash('sha256').update(CONVERSE).digest('hex'));
    expect((await send(opened.url, sound)).status).toBe(200);
    asked = 0;
    const { path, headers, body: text } = sign();
    const query = `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${PAIR.accessKeyId}&X-Amz-Signature=${'0'.repeat(64)}`;
    const { authorization: _signature, ...unsigned } = headers;
    await expectRefused(
      { path: `${path}?${query}`, headers: unsigned, body: text },
      { path: `${path}?${query}`, headers, body: text },
      ...['UNSIGNED-PAYLOAD', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'].map(signOver),
    );
  });

  test('canonical path from the raw target', async () => {
    const sent = sign();
    await expectRefused(
      { ...sent, path: '/model/other/converse' },
      { ...sent, path: '/model/%6dain/converse' },
      { ...sent, path: '/model/main/converse-stream' },
      { ...sent, path: '/bedrock/model/main/converse' },
      { ...sent, path: '/model/main/converse?x=1' },
    );
  });

  test('constant-time compare', async () => {
    const real = crypto.timingSafeEqual;
    const compared: number[] = [];
    crypto.timingSafeEqual = (one, other) => {
      compared.push(one.byteLength);
      return real(one, other);
    };
    syncBuiltinESMExports();
    try {
      const counts: number[] = [];
      const wrong = { ...PAIR, secretAccessKey: 'a-wrong-secret-entirely' };
      for (const key of [PAIR, { accessKeyId: 'TURNOUTTEAMB', secretAccessKey: 'another-secret-entirely' }, wrong]) {
        compared.length = 0;
        await send(opened.url, sign({ key }));
        counts.push(compared.length);
      }
      // Both access key ids, the body's hash where it is claimed, and the signature: as many for each.
      expect(new Set(counts.slice(0, 2)).size).toBe(1);
      expect(counts[2]).toBeGreaterThanOrEqual(3);
    } finally {
      crypto.timingSafeEqual = real;
      syncBuiltinESMExports();
    }
  });

  test('one kind of credential a request', async () => {
    await expectRefused(
      changed(sign(), { 'x-api-key': 'key-of-the-boss' }),
      changed(sign(), { 'x-api-key': PAIR.accessKeyId }),
    );
    const { port } = new URL(opened.url);
    const two = await fetchRaw(Number(port), [
      'Authorization: Bearer key-of-the-boss',
      'Authorization: Bearer another',
    ]);
    expect(two).toContain('400');
    for (const path of [CHAT, '/v1/messages', '/admin/explain']) {
      expect((await send(opened.url, sign({ path }))).status).toBe(401);
      const different = { ...JSON_TYPE, authorization: 'Bearer key-of-the-boss', 'x-api-key': 'another-key' };
      expect((await send(opened.url, { path, headers: different, body: body() })).status).toBe(401);
    }
    expect(asked).toBe(0);
  });

  async function fetchRaw(port: number, headers: readonly string[]): Promise<string> {
    const socket = net.connect(port, '127.0.0.1');
    ending.push(() => socket.destroy());
    socket.write(`GET /v1/models HTTP/1.1\r\nHost: localhost\r\n${headers.join('\r\n')}\r\n\r\n`);
    const [first] = (await once(socket, 'data')) as [Buffer]; // of a socket without an encoding
    return first.toString().split('\r\n')[0] ?? '';
  }
});
