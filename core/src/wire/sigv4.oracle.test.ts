// Our signatures against AWS's: the published vectors, and what the AWS SDK signs.
import { existsSync, readFileSync } from 'node:fs';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { buildQueryString, HttpRequest } from '@smithy/core/protocols';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Signer, type SigningKey, verify } from './sigv4.ts';

fc.configureGlobal({ seed: 20261123 });

const file = new URL('../../../../shared/corpus/sigv4/aws-signing-test-suite-v4.json', import.meta.url);

/** Vectors whose rules are not those of header signatures for Bedrock. */
const EXCLUDED: Readonly<Record<string, string>> = {
  'get-relative-relative-unnormalized': 'paths as sent are the rule of S3 only',
  'get-relative-unnormalized': 'paths as sent are the rule of S3 only',
  'get-slash-dot-slash-unnormalized': 'paths as sent are the rule of S3 only',
  'get-slash-pointless-dot-unnormalized': 'paths as sent are the rule of S3 only',
  'get-slash-unnormalized': 'paths as sent are the rule of S3 only',
  'get-slashes-unnormalized': 'paths as sent are the rule of S3 only',
  'post-sts-header-after': 'its session token is not signed, which verify refuses (tested below)',
};

interface Vector {
  readonly 'context.json': {
    readonly credentials: { access_key_id: string; secret_access_key: string; token?: string };
    readonly region: string;
    readonly service: string;
    readonly sign_body: boolean;
    readonly timestamp: string;
  };
  readonly 'header-signed-request.txt': string;
}

/** A request as text: lines that begin with a space go on with the header before them. */
function parseRequest(text: string) {
  const [head = '', ...rest] = text.split('\n\n');
  const [requestLine = '', ...lines] = head.split(/\n(?!\s)/);
  const target = requestLine.slice(requestLine.indexOf(' ') + 1, requestLine.lastIndexOf(' '));
  const headers: Record<string, string[]> = {};
  for (const line of lines) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    headers[name] = [...(headers[name] ?? []), line.slice(line.indexOf(':') + 1)];
  }
  return { method: requestLine.slice(0, requestLine.indexOf(' ')), target, headers, body: rest.join('\n\n') };
}

describe.skipIf(!existsSync(file))('published vectors', () => {
  const cases: Record<string, Vector> = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).cases : {};
  const read = (vector: Vector) => {
    const { credentials, region, service, timestamp } = vector['context.json'];
    const { access_key_id: accessKeyId, secret_access_key: secretAccessKey, token: sessionToken } = credentials;
    const key: SigningKey = { accessKeyId, secretAccessKey, sessionToken };
    const request = parseRequest(vector['header-signed-request.txt']);
    return { request, key, options: { lookup: () => key, region, service, now: new Date(timestamp) } };
  };

  test('there are 38, and those left out are among them', () => {
    expect(Object.keys(cases)).toHaveLength(38);
    expect(Object.keys(cases)).toEqual(expect.arrayContaining(Object.keys(EXCLUDED)));
  });

  test.each(Object.entries(cases).filter(([name]) => EXCLUDED[name] === undefined))('%s', (_, vector) => {
    const { request, key, options } = read(vector);
    expect(verify(request, options)).toEqual({ ok: true, accessKeyId: key.accessKeyId, region: options.region });
    expect(verify({ ...request, method: 'PUT' }, options)).toMatchObject({ reason: 'signature' });
    expect(verify({ ...request, body: `${request.body} ` }, options)).toMatchObject({ ok: false });
  });

  test.each(Object.entries(cases).filter(([, vector]) => vector['context.json'].sign_body))(
    '%s, signed',
    (_, vector) => {
      const { request, key, options } = read(vector);
      const { host, authorization, 'x-amz-date': date, 'x-amz-content-sha256': bodyHash, ...rest } = request.headers;
      const headers = Object.fromEntries(Object.entries(rest).map(([name, values]) => [name, values.join()]));
      const sent = { method: request.method, host: String(host), path: request.target, headers, body: request.body };
      expect(new Signer(options).sign(sent, key, options.now)).toEqual({
        authorization: String(authorization),
        'x-amz-date': String(date),
        'x-amz-content-sha256': String(bodyHash),
      });
    },
  );

  test('a session token added after signing is refused', () => {
    const vector = cases['post-sts-header-after'];
    const { request, options } = read(vector ?? expect.fail('no such vector'));
    expect(verify(request, options)).toMatchObject({ ok: false, reason: 'unsigned-header' });
    const { 'x-amz-security-token': _, ...headers } = request.headers;
    const key = { ...options.lookup(), sessionToken: undefined };
    expect(verify({ ...request, headers }, { ...options, lookup: () => key })).toMatchObject({ ok: true });
  });
});

describe('the AWS SDK', () => {
  const now = new Date('2026-11-23T05:09:07.089Z');
  beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now }));
  afterEach(() => void vi.useRealTimers());

  const key = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' };
  const session = { ...key, sessionToken: 'FwoGZXIvYXdzEPT//////////wEaDExample+/==' };
  const options = { service: 'bedrock', region: 'eu-central-1' };
  type Change = (request: HttpRequest) => void;

  /** What the SDK would send. `change` alters the request before it is signed. */
  async function capture(
    credentials: SigningKey,
    send: (client: BedrockRuntimeClient) => Promise<unknown>,
    change: Change = () => {},
  ): Promise<HttpRequest> {
    let captured: HttpRequest | undefined;
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const client = new BedrockRuntimeClient({
      region: options.region,
      credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
      authSchemePreference: ['sigv4'],
      maxAttempts: 1,
      requestHandler: {
        handle: async (request: HttpRequest) => {
          captured = request;
          throw new Error('not sent');
        },
      },
    });
    client.middlewareStack.add(
      (next) => (args) => {
        if (HttpRequest.isInstance(args.request)) change(args.request);
        return next(args);
      },
      { step: 'build', priority: 'low' },
    );
    await expect(send(client)).rejects.toThrow('not sent');
    return captured ?? expect.fail('the SDK sent nothing');
  }

  /** Our signature over the same headers. */
  function signLikeSdk(request: HttpRequest, credentials: SigningKey): Record<string, string> {
    const added = ['host', 'x-amz-date', 'x-amz-content-sha256', 'x-amz-security-token'];
    const names = /SignedHeaders=([^,]+)/.exec(request.headers.authorization ?? '')?.[1]?.split(';') ?? [];
    const own = names.filter((name) => !added.includes(name)).map((name) => [name, request.headers[name] ?? '']);
    const { method, path, body } = request;
    const query = buildQueryString(request.query);
    const host = request.headers.host ?? '';
    return new Signer(options).sign({ method, host, path, query, headers: Object.fromEntries(own), body }, credentials);
  }

  function expectSame(request: HttpRequest, credentials: SigningKey): void {
    const added = signLikeSdk(request, credentials);
    expect(request.headers).toMatchObject(added);
    expect(added.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20261123\/eu-central-1\/bedrock\//);
    const query = buildQueryString(request.query);
    const target = query === '' ? request.path : `${request.path}?${query}`;
    const { method, headers, body } = request;
    const verified = verify({ method, target, headers, body }, { ...options, lookup: () => credentials });
    expect(verified).toEqual({ ok: true, accessKeyId: key.accessKeyId, region: options.region });
  }

  const messages = [{ role: 'user' as const, content: [{ text: 'Grüße, 世界 🚂' }] }];
  const models = [
    'amazon.nova-lite-v1:0',
    'eu.anthropic.claude-sonnet-4-5-20250929-v1:0',
    'arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/abc-1.2',
    'arn:aws:sagemaker:eu-central-1:123456789012:endpoint/a_b~c',
    "odd'id!(with)*every@thing+ 1%2F",
  ];
  describe.each([
    ['a plain key', key],
    ['a session', session],
  ])('%s', (_, credentials) => {
    test.each(models)('signs Converse of %s alike', async (modelId) => {
      expectSame(
        await capture(credentials, (client) => client.send(new ConverseCommand({ modelId, messages }))),
        credentials,
      );
    });
    test.each(models)('signs ConverseStream of %s alike', async (modelId) => {
      const request = await capture(credentials, (client) =>
        client.send(new ConverseStreamCommand({ modelId, messages })),
      );
      expectSame(request, credentials);
    });
    test.each(models)('signs InvokeModel of %s alike', async (modelId) => {
      const body = Uint8Array.from({ length: 512 }, (__, index) => index);
      const request = await capture(credentials, (client) => client.send(new InvokeModelCommand({ modelId, body })));
      expectSame(request, credentials);
    });
  });

  test('is accepted by verify as it is, and refused once any signed part is changed', async () => {
    const modelId = 'eu.amazon.nova-lite-v1:0';
    const sent = await capture(session, (client) => client.send(new ConverseCommand({ modelId, messages })));
    const request = { method: sent.method, target: sent.path, headers: sent.headers, body: sent.body };
    const check = (change: Partial<typeof request>, more: object = {}) =>
      verify(
        { ...request, ...change },
        { ...options, lookup: (id) => (id === key.accessKeyId ? session : undefined), ...more },
      );
    expect(check({})).toMatchObject({ ok: true });

    const signed = /SignedHeaders=([^,]+)/.exec(sent.headers.authorization ?? '')?.[1]?.split(';') ?? [];
    expect(signed).toEqual(expect.arrayContaining(['content-type', 'host', 'x-amz-date', 'x-amz-security-token']));
    for (const name of signed) {
      const { [name]: value = '', ...others } = sent.headers;
      expect(check({ headers: { ...others, [name]: `${value}0` } }), name).toMatchObject({ ok: false });
      expect(check({ headers: others }), name).toMatchObject({ ok: false });
    }
    expect(check({ method: 'PUT' })).toMatchObject({ reason: 'signature' });
    expect(check({ target: request.target.replace('nova-lite', 'nova-pro') })).toMatchObject({ reason: 'signature' });
    expect(check({ target: request.target.replace('%3A', ':') })).toMatchObject({ reason: 'signature' });
    expect(check({ target: `${request.target}?a=b` })).toMatchObject({ reason: 'signature' });
    expect(check({ body: Buffer.concat([request.body, Buffer.from(' ')]) })).toMatchObject({ reason: 'body-hash' });

    const { authorization = '' } = sent.headers;
    const claim = (from: string | RegExp, to: string, more: object = {}) =>
      check({ headers: { ...sent.headers, authorization: authorization.replace(from, to) } }, more);
    expect(claim('AKIDEXAMPLE', 'AKIDOTHER')).toMatchObject({ reason: 'unknown-key' });
    expect(claim('/20261123/', '/20261122/')).toMatchObject({ reason: 'scope' });
    expect(claim('/eu-central-1/', '/us-east-1/')).toMatchObject({ reason: 'scope' });
    expect(claim('/eu-central-1/', '/us-east-1/', { region: undefined })).toMatchObject({ reason: 'signature' });
    expect(claim('/bedrock/', '/s3/')).toMatchObject({ reason: 'scope' });
    expect(claim('/aws4_request', '/aws5_request')).toMatchObject({ reason: 'scope' });
    expect(claim('content-type;', '')).toMatchObject({ reason: 'signature' });
    expect(claim(/.$/, authorization.endsWith('0') ? '1' : '0')).toMatchObject({ reason: 'signature' });

    const at = (minutes: number, milliseconds = 0) => new Date(now.getTime() - 89 + minutes * 60_000 + milliseconds);
    expect(check({}, { now: at(5) })).toMatchObject({ ok: true });
    expect(check({}, { now: at(5, 1) })).toMatchObject({ reason: 'expired' });
    expect(check({}, { now: at(-5) })).toMatchObject({ ok: true });
    expect(check({}, { now: at(-5, -1) })).toMatchObject({ reason: 'expired' });
  });

  test('signs any path, query and header alike', async () => {
    const escaped = fc
      .string({ unit: 'grapheme', maxLength: 8 })
      .map((text) => encodeURIComponent(text.toWellFormed()));
    const segment = fc.oneof(
      escaped,
      fc.constantFrom('', '.', '..', 'a:b', 'a@b', "(!*')", '%3A', '%2F', '%252F', '~'),
    );
    const path = fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`);
    const text = fc.string({ unit: 'grapheme', maxLength: 8 }).map((drawn) => drawn.toWellFormed());
    const name = text.filter((drawn) => drawn !== '__proto__');
    const query = fc.dictionary(name, fc.oneof(text, fc.array(text, { minLength: 1, maxLength: 3 })), {
      maxKeys: 4,
      noNullPrototype: true,
    });
    const header = fc.stringMatching(/^[ -~\t]{0,20}$/);
    await fc.assert(
      fc.asyncProperty(path, query, header, header, async (drawnPath, drawnQuery, one, other) => {
        const request = await capture(
          session,
          (client) => client.send(new ConverseCommand({ modelId: 'm', messages })),
          (sent) => {
            sent.path = drawnPath;
            sent.query = drawnQuery;
            sent.headers['x-amz-one'] = one;
            sent.headers.other = other;
          },
        );
        expect(request.path).toBe(drawnPath);
        expectSame(request, session);
      }),
      { numRuns: 150 },
    );
  });
});
