// The edges of the router: pages of other origins, TLS, Unix sockets, and the headers that the operator adds for upstreams.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { examine } from '../../core/src/server/index.ts';
import { type FakeUpstream, startFakeUpstream } from '../../core/src/testing/index.ts';
import { say, script } from '../fixtures/scripted-plugin.ts';
import { type House, type HouseOptions, openHouse } from '../house.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
// A certificate for localhost with its key in one file, valid nowhere else; made for tests.
const certificate = fileURLToPath(new URL('../../core/src/host/fixtures/localhost-test-only.pem', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'turnout-edges-'));
afterAll(() => rmSync(folder, { recursive: true }));

const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});
beforeEach(() => {
  script('alpha', async function* () {
    yield* say('some words');
  });
});

const KEY = 'key-of-the-team';
const KEYS = `keys: [{ name: team, key: ${KEY} }]\n`;
const APP = 'https://app.example.com';
const CHAT = '/v1/chat/completions';
const ask = (more: object = {}) => ({ model: 'main', messages: [{ role: 'user' as const, content: 'hi' }], ...more });

async function house(yaml: string, options: HouseOptions = {}): Promise<House> {
  const opened = await openHouse(`${yaml}providers: { alpha: { plugin: "${plugin}" } }\nroutes: { main: alpha/m1 }\n`, {
    key: KEY,
    ...options,
  });
  ending.push(() => opened.close());
  return opened;
}

interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** A request with exactly these headers: `fetch` would not send some of them. */
function send(url: string, options: https.RequestOptions, body?: object): Promise<Answer> {
  return new Promise((done, refuse) => {
    const request = (url.startsWith('https') ? https : http).request(url, { agent: false, ...options }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', refuse).end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const preflight = (opened: House, origin: string, headers: string, path = CHAT) =>
  send(opened.url + path, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': headers },
  });

describe('cors', () => {
  const CORS = `${KEYS}server: { cors: ["${APP}", "HTTPS://Other.example:443", "app://obsidian.md"] }\n`.replace(
    'HTTPS',
    'https',
  );

  test('a page may ask without a key whether it may call, and gets the headers that it wants to send', async () => {
    const opened = await house(CORS);
    const answer = await preflight(opened, APP, 'Authorization, content-type,x-stainless-os, ev il, x-ünder');
    expect(answer.status).toBe(204);
    expect(answer.text).toBe('');
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': APP,
      'access-control-allow-methods': 'GET, HEAD, POST',
      'access-control-allow-headers': 'authorization, content-type, x-stainless-os',
      vary: 'origin',
    });
    expect(answer.headers).not.toHaveProperty('access-control-allow-credentials');
    // Nobody has been asked, and nothing has been logged.
    expect(opened.log).toEqual([]);
  });

  test('over HTTP/2 as well', async () => {
    const opened = await house(CORS);
    const session = http2.connect(opened.url);
    const ask2 = async (headers: http2.OutgoingHttpHeaders, body?: object) => {
      const stream = session.request({ origin: APP, ':path': CHAT, ...headers });
      stream.end(body === undefined ? undefined : JSON.stringify(body));
      const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]; // of node
      stream.resume();
      await once(stream, 'close');
      return head;
    };
    const asked = await ask2({
      ':method': 'OPTIONS',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    });
    expect(asked).toMatchObject({ ':status': 204, 'access-control-allow-headers': 'authorization', vary: 'origin' });
    const head = { ':method': 'POST', authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };
    for (const stream of [false, true]) {
      expect(await ask2(head, ask({ stream }))).toMatchObject({ ':status': 200, 'access-control-allow-origin': APP });
    }
    session.close();
  });

  test('every answer to the page can be read by it: whole, streamed, errors of all kinds', async () => {
    const opened = await house(CORS);
    const from = { origin: APP };
    const answers = [
      await opened.post(CHAT, ask(), from),
      await opened.post(CHAT, ask({ stream: true }), from),
      await opened.post(CHAT, ask({ model: 'nobody' }), from),
      await opened.post(CHAT, '{', from),
      await opened.post(CHAT, ask(), { ...from, authorization: 'Bearer wrong' }),
      await opened.post('/v1/messages', ask(), { ...from, 'x-api-key': 'another' }),
      await opened.post('/nowhere', {}, from),
      await fetch(`${opened.url}/v1/models`, { headers: { ...from, authorization: `Bearer ${KEY}` } }),
      await fetch(`${opened.url}/healthz`, { headers: from }),
      await fetch(opened.url + CHAT, { headers: from }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 404, 400, 401, 401, 404, 200, 200, 405]);
    for (const answer of answers) {
      expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
      expect(answer.headers.get('access-control-expose-headers')).toBe('*');
      expect(answer.headers.get('vary')).toBe('origin');
      expect(answer.headers.has('access-control-allow-credentials')).toBe(false);
      await answer.text();
    }
  });

  test('the origins of a list are compared as browsers send them, and no others are like them', async () => {
    const opened = await house(CORS);
    for (const origin of [APP, 'https://other.example', 'app://obsidian.md']) {
      expect((await preflight(opened, origin, '')).headers['access-control-allow-origin']).toBe(origin);
    }
    for (const origin of [
      'http://app.example.com',
      `${APP}.evil.example`,
      `${APP}:8443`,
      'https://evil.example',
      'null',
    ]) {
      const asked = await preflight(opened, origin, 'authorization');
      expect(asked.status).toBe(405);
      const called = await opened.post(CHAT, ask(), { origin });
      // A key is a key, and the browser keeps the answer from the page.
      expect(called.status).toBe(200);
      for (const headers of [new Headers(asked.headers as Record<string, string>), called.headers]) {
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
        // What is kept of it on the way is for this origin only.
        expect(headers.get('vary')).toBe('origin');
      }
      await called.text();
    }
  });

  test('any origin, with keys', async () => {
    const opened = await house(`${KEYS}server: { cors: ["*"] }\n`);
    expect((await preflight(opened, 'null', 'x-api-key')).headers['access-control-allow-origin']).toBe('null');
    // What is no origin is not said again.
    for (const origin of ['http://\u00ff.example', 'a, b', 'x'.repeat(600)]) {
      const { status, headers } = await preflight(opened, origin, 'x-api-key');
      expect(status).toBe(405);
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
    const refused = await opened.post(CHAT, ask(), { origin: APP, authorization: 'Bearer wrong' });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(APP);
  });

  test('without keys: who is listed may call, any origin is an error of the file', async () => {
    const opened = await house(`server: { cors: ["${APP}"] }\n`);
    const page = (origin: string) => ({ origin, 'sec-fetch-site': 'cross-site', 'content-type': 'application/json' });
    const post = (headers: http.OutgoingHttpHeaders) => send(opened.url + CHAT, { method: 'POST', headers }, ask());
    expect((await post(page(APP))).status).toBe(200);
    const foreign = await post(page('https://evil.example'));
    expect(foreign.status).toBe(403);
    expect(foreign.headers).not.toHaveProperty('access-control-allow-origin');
    // A name that leads here does not make it a page of this machine.
    expect((await post({ ...page(APP), host: 'evil.example' })).status).toBe(403);
    // And what a page may send without asking first is no body.
    expect((await post({ ...page(APP), 'content-type': 'text/plain' })).status).toBe(415);
    await expect(house('server:\n  cors: ["https://a.example", "*"]\n')).rejects.toMatchObject({
      issues: [{ line: 2, column: 31, path: 'server.cors.1', message: expect.stringContaining('every web page') }],
    });
  });

  test.each([
    'https://a.example/',
    'https://a.example/path',
    '*.example.com',
    'https://*.example.com',
    'null',
    'a.example',
  ])('%s is no origin', async (origin) => {
    await expect(house(`${KEYS}server: { cors: ["${origin}"] }\n`)).rejects.toMatchObject({
      issues: [{ path: 'server.cors.0', message: expect.stringContaining('expected an origin') }],
    });
  });

  test('switched off: no word of it', async () => {
    const opened = await house(KEYS);
    const asked = await preflight(opened, APP, 'authorization');
    expect(asked.status).toBe(405);
    const called = await opened.post(CHAT, ask(), { origin: APP });
    const names = [...Object.keys(asked.headers), ...called.headers.keys()];
    expect(names.filter((name) => /^access-control|^vary$/.test(name))).toEqual([]);
  });

  test('whatever an upstream says of origins and of its host stays with it', async () => {
    script('alpha', {
      async *stream() {
        yield* say('never asked');
      },
      relay: async () => ({
        headers: {
          'content-type': 'application/json',
          'access-control-allow-origin': '*',
          'access-control-allow-credentials': 'true',
          'strict-transport-security': 'max-age=31536000; includeSubDomains',
          'alt-svc': 'h3=":443"',
          vary: 'x-own',
          'x-own': 'passed',
        },
        events: (async function* () {
          yield { type: 'bytes' as const, bytes: Buffer.from('{}'), content: true as const };
          yield {
            type: 'finish' as const,
            reason: 'stop' as const,
            rawReason: 'stop',
            usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 },
          };
        })(),
      }),
    });
    const opened = await house(CORS);
    const answer = await opened.post(CHAT, ask(), { origin: APP });
    expect(answer.headers.get('x-own')).toBe('passed');
    expect(answer.headers.get('access-control-allow-origin')).toBe(APP);
    expect(answer.headers.get('vary')).toBe('origin');
    for (const name of ['access-control-allow-credentials', 'strict-transport-security', 'alt-svc']) {
      expect(answer.headers.has(name), name).toBe(false);
    }
  });

  test('what the SDKs of the vendors send from a browser is allowed', async () => {
    const opened = await house(CORS);
    const seen: Headers[] = [];
    const spy: typeof fetch = (url, init) => {
      seen.push(new Headers(init?.headers));
      return fetch(url, init);
    };
    const openai = new OpenAI({
      ...{ baseURL: `${opened.url}/v1`, apiKey: KEY, organization: 'org', project: 'proj', maxRetries: 0 },
      ...{ dangerouslyAllowBrowser: true, fetch: spy },
    });
    await openai.chat.completions.create(ask());
    const anthropic = new Anthropic({
      ...{ baseURL: opened.url, apiKey: KEY, maxRetries: 0, dangerouslyAllowBrowser: true, fetch: spy },
    });
    await anthropic.messages.create({ ...ask(), max_tokens: 9 }, { headers: { 'anthropic-beta': 'x-2026-01-01' } });
    expect(seen).toHaveLength(2);
    for (const headers of seen) {
      // Those that a browser sends by itself are not asked for.
      const names = [...headers.keys()]
        .filter((name) => !['accept', 'content-length', 'user-agent'].includes(name))
        .sort();
      expect(names).toEqual(expect.arrayContaining(['content-type', 'x-stainless-lang']));
      const { headers: answer } = await preflight(opened, APP, names.join(','));
      expect(String(answer['access-control-allow-headers']).split(', ')).toEqual(names);
    }
    expect([...(seen[0]?.keys() ?? [])]).toEqual(expect.arrayContaining(['authorization', 'openai-organization']));
    expect([...(seen[1]?.keys() ?? [])]).toEqual(
      expect.arrayContaining(['anthropic-beta', 'anthropic-version', 'anthropic-dangerous-direct-browser-access']),
    );
  });
});

describe('tls', () => {
  const TLS = `${KEYS}server: { tls: { cert: "${certificate}", key: "${certificate}" } }\n`;
  const ca = readFileSync(certificate, 'utf8');
  const headers = { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' };

  test('is spoken with HTTP/1.1 and HTTP/2, and is all that is spoken', async () => {
    const opened = await house(TLS);
    expect(opened.url).toMatch(/^https:/);
    const answer = await send(opened.url + CHAT, { method: 'POST', headers, ca }, ask());
    expect(answer.status).toBe(200);
    const session = http2.connect(opened.url, { ca });
    const stream = session.request({ ':method': 'POST', ':path': CHAT, ...headers });
    stream.end(JSON.stringify(ask({ stream: true })));
    const [head] = (await once(stream, 'response')) as [http2.IncomingHttpHeaders]; // of node
    expect(head[':status']).toBe(200);
    let text = '';
    for await (const chunk of stream.setEncoding('utf8')) text += chunk;
    expect(text).toContain('[DONE]');
    session.close();
    await expect(
      send(opened.url.replace('https', 'http') + CHAT, { method: 'POST', headers }, ask()),
    ).rejects.toThrow();
  });

  test('from 1.2 on', async () => {
    const opened = await house(TLS);
    const port = Number(new URL(opened.url).port);
    const greet = async (version: tls.SecureVersion) => {
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        ca,
        minVersion: version,
        maxVersion: version,
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      const outcome = await Promise.race([
        once(socket, 'secureConnect').then(() => socket.getProtocol()),
        once(socket, 'error').then(([error]) => (error instanceof Error ? 'refused' : 'closed')),
      ]).catch(() => 'refused');
      socket.destroy();
      return outcome;
    };
    expect(await greet('TLSv1.1')).toBe('refused');
    expect(await greet('TLSv1.2')).toBe('TLSv1.2');
    expect(await greet('TLSv1.3')).toBe('TLSv1.3');
  });
});

describe('a Unix socket', () => {
  const socketPath = join(folder, 'turnout.sock');
  const open = (yaml = '') => house(`${yaml}server: { host: "unix:${socketPath}" }\n`, { asFiled: true });
  const post = (headers: http.OutgoingHttpHeaders, body: object = ask()) =>
    send(
      `http://localhost${CHAT}`,
      {
        method: 'POST',
        socketPath,
        headers: { 'content-type': 'application/json', ...headers },
      },
      body,
    );

  test('serves this machine’s own programs, by whatever name, without keys', async () => {
    const opened = await open();
    expect(opened.url).toBe(`unix:${socketPath}`);
    for (const host of ['localhost', 'turnout', 'd', 'api.example'])
      expect((await post({ host })).status, host).toBe(200);
    // For its own user only: nobody shows a key.
    expect(statSync(socketPath).mode & 0o777).toBe(0o600);
  });

  test('what a page would send is refused there too: something may stand in front of it', async () => {
    await open();
    expect((await post({ origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({ 'sec-fetch-site': 'cross-site' })).status).toBe(403);
    expect((await post({ 'content-type': 'text/plain' })).status).toBe(415);
  });

  test('with keys it wants one', async () => {
    await open(KEYS);
    expect((await post({})).status).toBe(401);
    expect((await post({ authorization: `Bearer ${KEY}` })).status).toBe(200);
  });

  test('curl', async () => {
    await open();
    let version = '';
    try {
      version = execFileSync('curl', ['--version'], { encoding: 'utf8' });
    } catch {
      return console.warn('skipped: there is no curl here');
    }
    expect(version).toContain('curl');
    // Not waited for in this process, which serves it.
    const { spawn } = await import('node:child_process');
    const curl = spawn('curl', ['-sS', '--unix-socket', socketPath, 'http://localhost/healthz']);
    let text = '';
    curl.stdout.on('data', (chunk) => {
      text += chunk;
    });
    expect(await once(curl, 'close')).toEqual([0, null]);
    expect(JSON.parse(text)).toEqual({ status: 'ok' });
  });

  test('a path is seen from the file’s folder', async () => {
    const opened = await house('server: { host: "unix:here.sock" }\n', { asFiled: true });
    expect(opened.url).toBe(`unix:${join(opened.live.router.config.dir, 'here.sock')}`);
  });

  test.each([
    ['unix:', 'expected the path of a socket after "unix:"'],
    [`unix:/${'x'.repeat(107)}`, 'the path of the socket has 108 bytes, and the system takes at most 107'],
    [`unix:/${'ü'.repeat(54)}`, 'the path of the socket has 109 bytes'],
  ])('%s is none', async (host, words) => {
    await expect(house(`server:\n  host: "${host}"\n`)).rejects.toMatchObject({
      issues: [{ line: 2, path: 'server.host', message: expect.stringContaining(words) }],
    });
  });
});

describe('headers of a provider', () => {
  const TOKEN = 'token-of-the-gateway-in-front';
  let upstream: FakeUpstream;
  beforeEach(async () => {
    upstream = await startFakeUpstream();
    ending.push(() => upstream.close());
  });
  const PROVIDERS: Readonly<Record<string, string>> = {
    openai: 'apiKey: key-of-openai, baseUrl: "URL/v1"',
    anthropic: 'apiKey: key-of-anthropic, baseUrl: "URL"',
    gemini: 'apiKey: key-of-gemini, baseUrl: "URL"',
    bedrock:
      'region: us-east-1, endpoint: "URL", controlEndpoint: "URL", discover: true, auth: { mode: keys, accessKeyId: AKIDLOCAL, secretAccessKey: local-secret }',
  };
  const open = async (name: string, headers: string) => {
    const settings = PROVIDERS[name]?.replaceAll('URL', upstream.url);
    const model = name === 'bedrock' ? 'anthropic.claude-sonnet-4-5-20250929-v1:0' : 'some-model';
    const opened = await openHouse(
      `providers: { ${name}: { ${settings}, headers: ${headers}, retry: { attempts: 1 }, breaker: { failures: 100 } } }
routes: { main: "${name}/${model}", vectors: "${name}/${name === 'bedrock' ? 'amazon.titan-embed-text-v2:0' : 'vectors'}" }
`,
    );
    ending.push(() => opened.close());
    return opened;
  };
  const HEADERS = `{ x-gateway-token: ${TOKEN}, x-team: red }`;

  test.each(Object.keys(PROVIDERS))(
    '%s sends them with every request; who echoes them is not repeated',
    async (name) => {
      const message = `the token "${TOKEN}" is not known here, red`;
      const body = name === 'bedrock' ? { message } : { error: { message, type: 'invalid_request_error' } };
      const headers = { 'content-type': 'application/json', 'x-amzn-errortype': 'ValidationException' };
      upstream.answer({ status: 400, headers, body: JSON.stringify(body) });
      const opened = await open(name, HEADERS);
      const counted = { model: 'main', messages: [{ role: 'user', content: 'hi' }] };
      const answers = [
        await opened.post(CHAT, ask({ max_tokens: 9 })),
        await opened.post(CHAT, ask({ stream: true, max_tokens: 9 })),
        await opened.post('/v1/responses', { model: 'main', input: 'hi' }),
        await opened.post('/v1/messages', ask({ max_tokens: 9 })),
        await opened.post('/v1/messages', ask({ max_tokens: 9, stream: true })),
        await opened.post('/model/main/converse', { messages: [{ role: 'user', content: [{ text: 'hi' }] }] }),
        await opened.post('/v1/messages/count_tokens', counted),
        await opened.post('/v1/embeddings', { model: 'vectors', input: 'hi' }),
        await fetch(`${opened.url}/v1/models`),
        await fetch(`${opened.url}/readyz`),
      ];
      const texts = await Promise.all(answers.map((answer) => answer.text()));
      expect(upstream.asked.length).toBeGreaterThanOrEqual(8);
      for (const { path, headers: sent } of upstream.asked) {
        expect(sent, path).toMatchObject({ 'x-gateway-token': TOKEN, 'x-team': 'red' });
      }
      // Clients read what is wrong, and not what was sent.
      expect(texts[0]).toMatch(/the token \\"\*\*\*\\" is not known here, red/);
      expect(texts.join('\n')).not.toContain(TOKEN);
      expect(JSON.stringify(opened.log)).not.toContain(TOKEN);
      const examined = JSON.stringify(await examine(opened.live.router, { call: true }));
      expect(examined).toContain('is not known here');
      expect(examined).not.toContain(TOKEN);
    },
  );

  test('nor who echoes them in the middle of a stream', async () => {
    const chunk = {
      id: 'c',
      object: 'chat.completion.chunk',
      created: 1,
      model: 'm',
      choices: [{ index: 0, delta: { content: 'some' } }],
    };
    const failure = { error: { message: `lost: ${TOKEN}`, type: 'server_error' } };
    upstream.answer({
      headers: { 'content-type': 'text/event-stream' },
      body: `data: ${JSON.stringify(chunk)}\n\ndata: ${JSON.stringify(failure)}\n\n`,
    });
    const opened = await open('openai', HEADERS);
    for (const path of [CHAT, '/v1/messages']) {
      const text = await (await opened.post(path, ask({ stream: true, max_tokens: 9 }))).text();
      expect(text).toContain('some');
      expect(text).toContain('lost: ***');
      expect(text).not.toContain(TOKEN);
    }
    expect(JSON.stringify(opened.log)).not.toContain(TOKEN);
  });

  test.each(['authorization', 'Host', 'content-length', 'transfer-encoding', 'connection', 'te', 'upgrade'])(
    'cannot set %s',
    async (header) => {
      await expect(open('openai', `{ "${header}": some-text }`)).rejects.toMatchObject({
        issues: [{ path: `providers.openai.headers.${header}`, message: 'the router or the plugin sets this header' }],
      });
    },
  );
});
