// Who may call over which credential: keys, and AWS signatures checked over real sockets, with every signed part altered in turn.
import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { createAmazonBedrock } from '@ai-sdk/amazon-bedrock';
import { AnthropicBedrock } from '@anthropic-ai/bedrock-sdk';
import Anthropic from '@anthropic-ai/sdk';
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { generateText } from 'ai';
import { Anthropic as Anthropic0 } from 'anthropic-0';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Signer, type SigningKey } from '../../core/src/wire/index.ts';
import { say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const SECRET = 'secret/of+the=aws-team-0123456789';
const PAIR = { accessKeyId: 'TURNOUTTEAMA', secretAccessKey: SECRET };
const ARN = 'arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-5';
const KEYS = `keys:
  - { name: aws, accessKeyId: TURNOUTTEAMA, secretAccessKey: "\${SECRET}", models: [only, "arn:*"] }
  - { name: other, accessKeyId: TURNOUTTEAMB, secretAccessKey: another-secret-entirely }
  - { name: team, key: key-of-the-team }
  - { name: boss, key: key-of-the-boss, admin: true }
`;

let opened: House;
let asked: number;
const ending: (() => unknown)[] = [];
beforeEach(async () => {
  asked = 0;
  script('alpha', async function* () {
    asked++;
    yield* say('ok');
  });
  opened = await house(KEYS);
});
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
  expect(JSON.stringify(opened.log)).not.toContain(SECRET);
});

async function house(keys: string): Promise<House> {
  const found = await openHouse(
    `${keys}providers: { alpha: { plugin: "${plugin}" } }\nroutes: { only: alpha/m1, closed: alpha/m2, "${ARN}": alpha/m3 }\n`,
    { env: { SECRET } },
  );
  ending.push(() => found.close());
  return found;
}

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}
interface Answer {
  readonly status: number | undefined;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** As it is: the path and the headers of an altered request must arrive as they were altered. */
function send({ method, path, headers, body }: Sent, { url }: House = opened): Promise<Answer> {
  return new Promise((done, refuse) => {
    const { hostname, port } = new URL(url);
    const options = { host: hostname, port, method, path, headers, agent: false as const };
    const request = http.request(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => done({ status: response.statusCode, headers: response.headers, text }));
    });
    request.on('error', refuse);
    request.end(body);
  });
}

const BODY = JSON.stringify({ messages: [{ role: 'user', content: [{ text: 'hi' }] }] });

interface SignOptions {
  readonly key?: SigningKey;
  readonly secondsAgo?: number;
  readonly service?: string;
  readonly path?: string;
  readonly query?: string;
  /** As boto3, which does not send the body's hash. */
  readonly likeBoto?: true;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request as an AWS client would sign it for this house. */
function sign(options: SignOptions = {}, { url }: House = opened): Sent {
  const { key = PAIR, secondsAgo = 0, service = 'bedrock', path = '/model/only/converse', query, likeBoto } = options;
  const headers = { 'content-type': 'application/json', 'x-amz-meta': 'one', ...options.headers };
  const { host } = new URL(url);
  const date = new Date(Date.now() - secondsAgo * 1000);
  const request = { method: 'POST', host, path, query, headers, body: BODY };
  const added = new Signer({ region: 'eu-north-1', service }).sign(request, key, date);
  const target = query === undefined ? path : `${path}?${query}`;
  const sent = { method: 'POST', path: target, headers: { ...headers, host, ...added }, body: BODY };
  return likeBoto ? withoutHash(sent, key) : sent;
}

/** The same, signed without the header; made from AWS's own description of the canonical request (SigV4, 2026). */
function withoutHash(sent: Sent, key: SigningKey): Sent {
  const { 'x-amz-content-sha256': _hash, authorization: _signature, ...headers } = sent.headers;
  const names = Object.keys(headers).sort();
  const scope = `${headers['x-amz-date']?.slice(0, 8)}/eu-north-1/bedrock/aws4_request`;
  const canonical = [
    'POST',
    sent.path,
    '',
    ...names.map((name) => `${name}:${headers[name]}`),
    '',
    names.join(';'),
    createHash('sha256').update(sent.body).digest('hex'),
  ].join('\n');
  const text = [
    'AWS4-HMAC-SHA256',
    headers['x-amz-date'],
    scope,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  let secret: string | Buffer = `AWS4${key.secretAccessKey}`;
  for (const part of [...scope.split('/'), text]) secret = createHmac('sha256', secret).update(part).digest();
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${secret.toString('hex')}`;
  return { ...sent, headers: { ...headers, authorization } };
}

const INVALID = 'The security token included in the request is invalid.';

describe('a signed request', () => {
  test.each<[string, SignOptions]>([
    ['with the hash of its body', {}],
    ['without it, as boto3 sends', { likeBoto: true }],
    ['four minutes old', { secondsAgo: 4 * 60 }],
    ['four minutes early', { secondsAgo: -4 * 60 }],
    ['with a query', { query: 'b=2&a=1' }],
    ['below /bedrock', { path: '/bedrock/model/only/converse' }],
    ['for an ARN, encoded', { path: `/model/${encodeURIComponent(ARN)}/converse` }],
    ['for an ARN, half encoded', { path: `/model/${ARN.replace('/', '%2F')}/converse` }],
    ['for an ARN, not encoded', { path: `/model/${ARN}/converse` }],
    ['with a session token of no meaning here', { headers: { 'x-amz-security-token': 'any' } }],
  ])('%s is taken', async (_name, options) => {
    const answer = await send(sign(options));
    expect(answer.text).toContain('"ok"');
    expect(answer.status).toBe(200);
    const line = await opened.line(String(answer.headers['x-request-id']));
    expect(line.fields.key).toBe('aws');
    expect(answer.headers['x-amzn-requestid']).toBe(answer.headers['x-request-id']);
  });

  const header =
    (name: string, change: (value: string) => string) =>
    (sent: Sent): Sent => ({
      ...sent,
      headers: { ...sent.headers, [name]: change(sent.headers[name] ?? '') },
    });
  const authorization = (from: string | RegExp, to: string) =>
    header('authorization', (value) => {
      const changed = value.replace(from, to);
      expect(changed).not.toBe(value);
      return changed;
    });
  const lastDigit = (value: string) => value.slice(0, -1) + (value.endsWith('0') ? '1' : '0');
  const ALTERED: Readonly<Record<string, (sent: Sent) => Sent>> = {
    'the model': (sent) => ({ ...sent, path: '/model/closed/converse' }),
    'the model, by encoding': (sent) => ({ ...sent, path: '/model/%6Fnly/converse' }),
    'the operation': (sent) => ({ ...sent, path: '/model/only/converse-stream' }),
    'the prefix': (sent) => ({ ...sent, path: '/bedrock/model/only/converse' }),
    'the query': (sent) => ({ ...sent, path: `${sent.path}?x=1` }),
    'the body': (sent) => ({ ...sent, body: sent.body.replace('hi', 'ho') }),
    'the body, by a space': (sent) => ({ ...sent, body: `${sent.body} ` }),
    'the host': header('host', () => 'turnout.example'),
    'the content type': header('content-type', () => 'application/json; charset=utf-8'),
    'a header of its own': header('x-amz-meta', () => 'two'),
    'the date': header('x-amz-date', (value) => value.replace(/\d\dZ$/, value.endsWith('00Z') ? '01Z' : '00Z')),
    'the signature': header('authorization', lastDigit),
    'the key': authorization('TURNOUTTEAMA', 'TURNOUTTEAMB'),
    'the region': authorization('eu-north-1', 'us-east-1'),
    'the day of the scope': authorization(/\/\d{8}\//, '/20200101/'),
    'the service': authorization('/bedrock/', '/sts/'),
    'the end of the scope': authorization('aws4_request', 'aws5_request'),
    'the list of signed headers': authorization('content-type;host', 'host'),
    'the algorithm': authorization('AWS4-HMAC-SHA256', 'AWS4-HMAC-SHA512'),
    'a header more': header('x-amz-more', () => 'one'),
    'a session token more': header('x-amz-security-token', () => 'one'),
    'an API key more': header('x-api-key', () => 'key-of-the-boss'),
  };
  const HASH: Readonly<Record<string, (sent: Sent) => Sent>> = {
    'the hash of the body': header('x-amz-content-sha256', lastDigit),
    'the hash and the body': (sent) => {
      const body = sent.body.replace('hi', 'ho');
      return header('x-amz-content-sha256', () => createHash('sha256').update(body).digest('hex'))({ ...sent, body });
    },
    'the hash left unsigned': header('x-amz-content-sha256', () => 'UNSIGNED-PAYLOAD'),
    'the hash of a stream': header('x-amz-content-sha256', () => 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'),
  };
  test.each(Object.entries({ ...ALTERED, ...HASH }))('with %s altered is refused', async (_name, alter) => {
    await expectRefused(await send(alter(sign())));
  });
  test.each(Object.entries(ALTERED))('as boto3 signs, with %s altered is refused', async (_name, alter) => {
    await expectRefused(await send(alter(sign({ likeBoto: true }))));
  });

  async function expectRefused({ status, headers, text }: Answer): Promise<void> {
    expect(text).not.toMatch(/[0-9a-f]{32}/);
    expect(status).toBe(403);
    expect(headers['x-amzn-errortype']).toMatch(
      /^(?:UnrecognizedClient|InvalidSignature|IncompleteSignature)Exception$/,
    );
    expect(JSON.parse(text)).toEqual({ message: expect.any(String) });
    expect(asked).toBe(0);
    const line = await opened.line(String(headers['x-amzn-requestid']));
    expect(line.fields).toMatchObject({ code: 'unauthenticated', status: 403 });
    expect(line.fields.key).toBeUndefined();
  }

  test.each([5 * 60 + 2, 24 * 60 * 60, -5 * 60 - 2])('replayed after %i seconds is refused', async (secondsAgo) => {
    const answer = await send(sign({ secondsAgo }));
    await expectRefused(answer);
    expect(answer.headers['x-amzn-errortype']).toBe('InvalidSignatureException');
    expect(answer.text).toMatch(/Signature (?:expired|not yet current): \d{8}T\d{6}Z is (?:now earlier|still later)/);
  });

  test('by an unknown key and by a wrong secret: one answer', async () => {
    const unknown = await send(sign({ key: { ...PAIR, accessKeyId: 'TURNOUTTEAMX' } }));
    const wrong = await send(sign({ key: { ...PAIR, secretAccessKey: 'another-secret-entirely' } }));
    for (const answer of [unknown, wrong]) {
      await expectRefused(answer);
      expect(answer.headers['x-amzn-errortype']).toBe('UnrecognizedClientException');
      expect(JSON.parse(answer.text)).toEqual({ message: INVALID });
    }
  });

  test('in the query is refused', async () => {
    const { path, headers, body } = sign();
    const query = 'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=00&X-Amz-Credential=TURNOUTTEAMA';
    const { authorization: _, ...rest } = headers;
    const answer = await send({ method: 'POST', path: `${path}?${query}`, headers: rest, body });
    expect(answer.status).toBe(403);
    await expectRefused(await send({ method: 'POST', path: `${path}?${query}`, headers, body }));
  });

  test('for a model that its key may not use is AccessDenied', async () => {
    const answer = await send(sign({ path: '/model/closed/converse' }));
    expect(answer.status).toBe(403);
    expect(answer.headers['x-amzn-errortype']).toBe('AccessDeniedException');
  });

  test('is taken on the paths of the AWS API only', async () => {
    const paths = { POST: ['/v1/chat/completions', '/v1/messages'], GET: ['/v1/models', '/admin/routes'] };
    for (const [method, path] of Object.entries(paths).flatMap(([name, list]) => list.map((one) => [name, one]))) {
      const sent = sign({ path: path ?? '' });
      const answer = await send(method === 'GET' ? { ...sent, method, body: '' } : sent);
      expect(answer.status).toBe(401);
      expect(answer.text).toContain('signed requests');
    }
  });

  test('that is wrong by its head is refused before its body has come', async () => {
    const { host, port } = new URL(opened.url);
    const wrong = [
      sign({ key: { ...PAIR, secretAccessKey: 'another-secret-entirely' } }),
      sign({ key: { ...PAIR, accessKeyId: 'TURNOUTTEAMX' }, likeBoto: true }),
      sign({ secondsAgo: 600, likeBoto: true }),
    ];
    for (const { path, headers } of wrong) {
      const socket = net.connect(Number(port), host.split(':')[0]);
      ending.push(() => socket.destroy());
      const lines = Object.entries({ ...headers, 'content-length': '1000000' }).map(
        ([name, text]) => `${name}: ${text}`,
      );
      socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      const heard = await new Promise((first) => socket.once('data', (chunk) => first(chunk.toString())));
      expect(heard).toMatch(/^HTTP\/1\.1 403 /);
    }
  });

  test('over HTTP/2: the same', async () => {
    const session = http2.connect(opened.url);
    ending.push(() => session.destroy());
    const statusOf = ({ path, headers, body }: Sent) =>
      new Promise((done, refuse) => {
        const { host, ...rest } = headers;
        const stream = session.request({ ':method': 'POST', ':path': path, ':authority': host, ...rest });
        stream.on('response', (head) => done(head[':status'])).on('error', refuse);
        stream.resume().end(body);
      });
    expect(await statusOf(sign())).toBe(200);
    expect(await statusOf(sign({ path: `/model/${ARN.replace('/', '%2F')}/converse` }))).toBe(200);
    for (const alter of Object.values({ ...ALTERED, ...HASH })) {
      const sent = alter(sign());
      // What a client itself refuses to send with this length is no matter of ours.
      expect(await statusOf(sent)).toBe(403);
    }
    expect(asked).toBe(2);
  });
});

describe('without keys', () => {
  test('any credential is accepted and ignored, a signature too', async () => {
    const open = await house('');
    const wrong = sign({ key: { accessKeyId: 'ANY', secretAccessKey: 'any' }, secondsAgo: 10_000 }, open);
    expect((await send(wrong, open)).status).toBe(200);
    const { authorization: _, ...headers } = wrong.headers;
    expect((await send({ ...wrong, headers }, open)).status).toBe(200);
    const both = { ...headers, authorization: 'Bearer a', 'x-api-key': 'b' };
    expect((await send({ ...wrong, headers: both }, open)).status).toBe(200);
  });
});

describe('no credential and wrong ones, in the words of each protocol', () => {
  test.each([
    ['/v1/chat/completions', 401, { error: { code: 'invalid_api_key' } }],
    ['/v1/responses', 401, { error: { code: 'invalid_api_key' } }],
    ['/v1/messages', 401, { type: 'error', error: { type: 'authentication_error' } }],
    ['/v1/messages/count_tokens', 401, { type: 'error', error: { type: 'authentication_error' } }],
    ['/model/only/converse', 403, { message: expect.any(String) }],
    ['/model/only/invoke', 403, { message: expect.any(String) }],
    ['/model/only/count-tokens', 403, { message: expect.any(String) }],
    ['/anthropic/v1/models', 401, { type: 'error', error: { type: 'authentication_error' } }, 'GET'],
    ['/v1/models', 401, { error: { code: 'invalid_api_key' } }, 'GET'],
  ])('%s', async (path, status, body, method = 'POST') => {
    for (const headers of [{}, { authorization: 'Bearer wrong-key' }, { 'x-api-key': 'wrong-key' }]) {
      const typed = method === 'POST' ? { 'content-type': 'application/json', ...headers } : headers;
      const answer = await send({ method, path, headers: typed, body: method === 'POST' ? BODY : '' });
      expect(answer.status).toBe(status);
      expect(JSON.parse(answer.text)).toMatchObject(body);
    }
  });
});

describe('two of what there may be one of', () => {
  const TWICE: Readonly<Record<string, (host: string) => string[]>> = {
    keys: (host) => ['Host', host, 'Authorization', 'Bearer key-of-the-boss', 'authorization', 'Bearer wrong'],
    'a signature and a key': (host) => [
      ...['Host', host, 'Authorization', 'Bearer key-of-the-team'],
      ...['authorization', sign().headers.authorization ?? ''],
    ],
    hosts: (host) => ['Host', host, 'host', 'evil.example', 'Authorization', 'Bearer key-of-the-boss'],
  };
  test.each(
    Object.entries(TWICE).flatMap(([name, headers]) =>
      ['POST /v1/chat/completions', 'POST /model/only/converse', 'GET /v1/models'].map((line) => ({
        name,
        headers,
        line,
      })),
    ),
  )('$name, on $line', async ({ headers, line }) => {
    const [method, path] = line.split(' ');
    const { hostname, port, host } = new URL(opened.url);
    const typed = [...headers(host), 'content-type', 'application/json', 'content-length', '0'];
    const request = http.request({ host: hostname, port, method, path, headers: typed, agent: false });
    request.end();
    const [answer] = await once(request, 'response');
    expect(answer.statusCode).toBe(400);
    expect((await answer.toArray()).join('')).toMatch(/two (?:Host|Authorization) headers/);
  });
});

describe('the SDKs', () => {
  const aws = (config: BedrockRuntimeClientConfig) => {
    const client = new BedrockRuntimeClient({
      region: 'us-west-2',
      endpoint: opened.url,
      maxAttempts: 1,
      credentials: PAIR,
      ...config,
    });
    ending.push(() => client.destroy());
    return client;
  };
  const messages = [{ role: 'user' as const, content: [{ text: 'hi' }] }];
  const converse = (modelId = 'only') => new ConverseCommand({ modelId, messages });
  const HANDLERS: [string, () => BedrockRuntimeClientConfig][] = [
    ['HTTP/2, its default', () => ({})],
    ['HTTP/1.1', () => ({ requestHandler: new NodeHttpHandler() })],
  ];

  test.each(HANDLERS)('of AWS over %s: the right pair', async (_name, handler) => {
    const client = aws(handler());
    expect((await client.send(converse())).output?.message?.content?.[0]?.text).toBe('ok');
    expect((await client.send(converse(ARN))).output?.message?.content?.[0]?.text).toBe('ok');
    const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'only', messages }));
    let text = '';
    for await (const event of stream ?? []) text += event.contentBlockDelta?.delta?.text ?? '';
    expect(text).toBe('ok');
    const body = JSON.stringify({
      anthropic_version: 'bedrock-2023-05-31',
      max_tokens: 5,
      messages: [{ role: 'user', content: 'hi' }],
    });
    const invoked = await client.send(new InvokeModelCommand({ modelId: 'only', body }));
    expect(JSON.parse(invoked.body.transformToString()).content[0].text).toBe('ok');
    const counted = await client.send(new CountTokensCommand({ modelId: 'only', input: { converse: { messages } } }));
    expect(counted.inputTokens).toBeGreaterThan(0);
  });

  test.each(HANDLERS)('of AWS over %s: wrong pairs, and a clock that is wrong', async (_name, handler) => {
    const wrong = aws({ ...handler(), credentials: { ...PAIR, secretAccessKey: 'another-secret-entirely' } });
    const unknown = aws({ ...handler(), credentials: { ...PAIR, accessKeyId: 'TURNOUTTEAMX' } });
    for (const client of [wrong, unknown]) {
      await expect(client.send(converse())).rejects.toMatchObject({
        name: 'UnrecognizedClientException',
        message: INVALID,
        $metadata: { httpStatusCode: 403, requestId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
      });
    }
    const late = aws({ ...handler(), systemClockOffset: -10 * 60_000 });
    await expect(late.send(converse())).rejects.toMatchObject({ name: 'InvalidSignatureException' });
    // It has corrected its clock by the Date of the answer, as with AWS itself.
    expect((await late.send(converse())).stopReason).toBe('end_turn');
  });

  test.each(HANDLERS)('of AWS over %s: an API key', async (_name, handler) => {
    const bearer = (token: string) => aws({ ...handler(), token: { token }, authSchemePreference: ['httpBearerAuth'] });
    expect((await bearer('key-of-the-team').send(converse())).output?.message?.content?.[0]?.text).toBe('ok');
    await expect(bearer('a-wrong-key').send(converse())).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
  });

  const question = { model: 'only', max_tokens: 5, messages: [{ role: 'user' as const, content: 'hi' }] };
  const textOf = (message: Anthropic.Message) => message.content.map((block) => 'text' in block && block.text).join('');

  test('of Anthropic for Bedrock: pairs and keys', async () => {
    const client = (credential: object) =>
      new AnthropicBedrock({ baseURL: opened.url, awsRegion: 'us-west-2', maxRetries: 0, ...credential });
    const pair = { awsAccessKey: PAIR.accessKeyId, awsSecretKey: SECRET };
    for (const credential of [pair, { apiKey: 'key-of-the-team' }]) {
      expect(textOf(await client(credential).messages.create(question))).toBe('ok');
      const stream = client(credential).messages.stream(question);
      expect(textOf(await stream.finalMessage())).toBe('ok');
    }
    expect(textOf(await client(pair).messages.create({ ...question, model: ARN }))).toBe('ok');
    for (const credential of [{ ...pair, awsSecretKey: 'another-secret-entirely' }, { apiKey: 'a-wrong-key' }]) {
      await expect(client(credential).messages.create(question)).rejects.toMatchObject({ status: 403 });
    }
  });

  test('the one of Vercel: pairs and keys', async () => {
    const models = (credential: object) =>
      createAmazonBedrock({ baseURL: opened.url, region: 'us-west-2', ...credential });
    const pair = { accessKeyId: PAIR.accessKeyId, secretAccessKey: SECRET };
    const askIt = (credential: object, model = 'only') =>
      generateText({ model: models(credential)(model), prompt: 'hi', maxRetries: 0 });
    expect((await askIt(pair)).text).toBe('ok');
    expect((await askIt(pair, ARN)).text).toBe('ok');
    expect((await askIt({ apiKey: 'key-of-the-team' })).text).toBe('ok');
    const wrong = askIt({ ...pair, secretAccessKey: 'another-secret-entirely' });
    await expect(wrong).rejects.toMatchObject({ statusCode: 403 });
  });

  test('of Anthropic: both headers, alone and with the same key in both', async () => {
    const { url: baseURL } = opened;
    const given = [
      { apiKey: 'key-of-the-team', authToken: null },
      { apiKey: null, authToken: 'key-of-the-team' },
    ];
    for (const credential of given) {
      const options = { baseURL, maxRetries: 0, ...credential };
      expect(textOf(await new Anthropic(options).messages.create(question))).toBe('ok');
      const { content } = await new Anthropic0(options).messages.create(question);
      expect(content).toMatchObject([{ type: 'text', text: 'ok' }]);
    }
    const both = new Anthropic0({ baseURL, maxRetries: 0, apiKey: 'key-of-the-team', authToken: 'key-of-the-team' });
    expect((await both.messages.create(question)).content).toHaveLength(1);
    const two = new Anthropic0({ baseURL, maxRetries: 0, apiKey: 'key-of-the-team', authToken: 'key-of-the-boss' });
    await expect(two.messages.create(question)).rejects.toMatchObject({ status: 401 });
  });
});
