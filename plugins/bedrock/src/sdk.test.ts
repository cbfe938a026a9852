// The AWS SDK is the oracle: what it sends for an input is what this plugin sends for the same body.
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import type { ChatRequest } from '@turnout/core/contract';
import { Signer } from '@turnout/core/wire';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { chatRequest, createHost } from '../test/fixture.ts';
import { createAuth } from './auth.ts';
import { createClient } from './client.ts';
import type { Operation } from './error.ts';
import { shapeRequest } from './request.ts';
import { resolveTarget } from './resolve.ts';

/** What the SDK adds and we do not: who is calling, and how often it tried. The length is the transport's to say. */
const DELIBERATE = ['amz-sdk-invocation-id', 'amz-sdk-request', 'content-length', 'user-agent', 'x-amz-user-agent'];
/** What we add: the SDK leaves the kind of answer to the path. */
const OURS = ['accept'];

interface Sent {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}
type Key = { accessKeyId: string; secretAccessKey: string; sessionToken?: string };

async function sentBySdk(
  endpoint: string,
  region: string,
  operation: Operation,
  input: ConverseCommandInput,
  credentials: Key | string,
): Promise<Sent> {
  let sent: Sent | undefined;
  const client = new BedrockRuntimeClient({
    region,
    endpoint,
    maxAttempts: 1,
    ...(typeof credentials === 'string'
      ? { authSchemePreference: ['httpBearerAuth'], token: { token: credentials } }
      : { authSchemePreference: ['sigv4'], credentials }),
    requestHandler: {
      handle: async (request: {
        method: string;
        protocol: string;
        hostname: string;
        port?: number;
        path: string;
        headers: Record<string, string>;
        body: unknown;
      }) => {
        const { method, protocol, hostname, port, path, headers, body } = request;
        const text = body instanceof Uint8Array ? Buffer.from(body).toString('utf8') : String(body);
        const lowerCase = Object.fromEntries(
          Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]),
        );
        sent = {
          method,
          url: `${protocol}//${hostname}${port ? `:${port}` : ''}${path}`,
          headers: lowerCase,
          body: text,
        };
        throw new Error('captured');
      },
    },
  });
  const sending: Promise<unknown> =
    operation === 'converse' ? client.send(new ConverseCommand(input)) : client.send(new ConverseStreamCommand(input));
  await sending.catch(() => {});
  client.destroy();
  if (sent === undefined) throw new Error('the SDK sent nothing');
  return sent;
}

async function sentByUs(
  endpoint: string | undefined,
  region: string,
  operation: Operation,
  request: ChatRequest,
  credentials: Key | string,
) {
  let sent: Sent | undefined;
  const capture = async (url: string, { method, headers, body }: Omit<Sent, 'url'>): Promise<never> => {
    sent = { method, url, headers, body };
    throw new Error('captured');
  };
  // Only the one form of undici's overloads that the client uses.
  const host = { ...createHost(), request: capture as unknown as ReturnType<typeof createHost>['request'] };
  const auth = createAuth(
    typeof credentials === 'string' ? { mode: 'api-key', apiKey: credentials } : { mode: 'keys', ...credentials },
    { host, region, variant: {} },
  );
  const settings = { region, regionSource: 'the test', crossRegion: 'off', endpoint, models: {} } as const;
  const target = resolveTarget(request.model, settings);
  const { body } = shapeRequest(request, target);
  await createClient(host, auth)
    .send(target, operation, body, new AbortController().signal)
    .catch(() => {});
  if (sent === undefined) throw new Error('nothing was sent');
  return { sent, body, target };
}

/** The same input as the SDK takes it: bytes instead of base64. */
const toInput = (body: unknown): unknown =>
  JSON.parse(JSON.stringify(body), (key, value) =>
    key === 'bytes' || key === 'redactedContent' ? Buffer.from(value, 'base64') : value,
  );

const png = Buffer.from('89504e470d0a1a0a0000000d49484452ff', 'hex').toString('base64');
const REQUESTS: readonly (readonly [string, ChatRequest])[] = [
  ['text', chatRequest()],
  [
    'text beyond ASCII',
    chatRequest({
      model: 'amazon.nova-pro-v1:0',
      messages: [{ role: 'user', parts: [{ type: 'text', text: 'Grüße 👋\u2028"\\' }] }],
    }),
  ],
  [
    'an application profile',
    chatRequest({ model: "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a'b(c)*!" }),
  ],
  [
    'a profile with every setting',
    chatRequest({
      model: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
      temperature: 0.5,
      topK: 3,
      stop: ['X'],
      maxTokens: 12,
      system: [{ type: 'text', text: 'Be brief', cache: { ttl: '1h' } }],
    }),
  ],
  [
    'media, tools and reasoning',
    chatRequest({
      model: 'anthropic.claude-sonnet-4-5-20250929-v1:0',
      reasoning: { budget: 2000 },
      tools: [
        {
          kind: 'function',
          name: 'look',
          description: 'Looks.',
          schema: { type: 'object', properties: { where: { type: 'string' } } },
          cache: {},
        },
      ],
      messages: [
        {
          role: 'user',
          parts: [
            { type: 'media', mediaType: 'image/png', data: png },
            { type: 'media', mediaType: 'application/pdf', data: png, name: 'a.pdf' },
          ],
        },
        {
          role: 'assistant',
          parts: [
            { type: 'reasoning', text: 'hm', signature: 'c2ln', origin: 'claude' },
            { type: 'reasoning', data: 'QUJD', origin: 'claude' },
            { type: 'tool-call', id: 't', name: 'look', input: '{"where":"here","n":[1,null,true,{"x":1.5}]}' },
          ],
        },
        {
          role: 'user',
          parts: [{ type: 'tool-result', id: 't', parts: [{ type: 'text', text: 'nothing' }], error: true }],
        },
      ],
    }),
  ],
  [
    'structured output',
    chatRequest({
      model: 'qwen.qwen3-32b-v1:0',
      output: { schema: { type: 'object' }, name: 'x' },
      reasoning: { effort: 'high' },
    }),
  ],
];
const ENDPOINTS = [undefined, 'http://127.0.0.1:8080', 'https://gateway.example/a/b'] as const;
const KEYS: readonly Key[] = [
  { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' },
  { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 's', sessionToken: 'tok/en+=' },
];

const without = (headers: Record<string, string>, names: readonly string[]) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name) && name !== 'authorization'));

afterEach(() => vi.useRealTimers());

describe.each(['converse', 'converse-stream'] as const)('%s', (operation) => {
  it.each(REQUESTS)('of %s is what the SDK sends', async (_name, request) => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 10, 23, 5, 9, 0) });
    for (const endpoint of ENDPOINTS) {
      for (const credentials of [...KEYS, 'api-key']) {
        const ours = await sentByUs(endpoint, 'us-east-1', operation, request, credentials);
        // The input's type is the SDK's own; what does not fit it is dropped on the way, and the test fails.
        const input = { ...(toInput(ours.body) as object), modelId: ours.target.id } as ConverseCommandInput;
        const theirs = await sentBySdk(ours.target.endpoint, 'us-east-1', operation, input, credentials);
        expect(ours.sent.method).toBe(theirs.method);
        expect(ours.sent.url).toBe(theirs.url);
        expect(JSON.parse(ours.sent.body)).toEqual(JSON.parse(theirs.body));

        const host = new URL(theirs.url).host;
        expect({ ...without(ours.sent.headers, [...OURS, 'x-amz-content-sha256']), host }).toEqual(
          without(theirs.headers, [...DELIBERATE, 'x-amz-content-sha256']),
        );
        if (typeof credentials === 'string') {
          expect(ours.sent.headers.authorization).toBe(theirs.headers.authorization);
          continue;
        }
        // The SDK's own signature comes out of our signer for what the SDK signed.
        const signedNames = /SignedHeaders=([^,]+)/.exec(theirs.headers.authorization ?? '')?.[1]?.split(';') ?? [];
        const ourNames = /SignedHeaders=([^,]+)/.exec(ours.sent.headers.authorization ?? '')?.[1]?.split(';') ?? [];
        expect(ourNames.filter((name) => !OURS.includes(name))).toEqual(
          signedNames.filter((name) => !DELIBERATE.includes(name)),
        );
        const headers = Object.fromEntries(
          signedNames.filter((name) => name !== 'host').map((name) => [name, theirs.headers[name] ?? '']),
        );
        const again = new Signer({ region: 'us-east-1', service: 'bedrock' }).sign(
          { method: 'POST', host, path: new URL(theirs.url).pathname, headers, body: theirs.body },
          credentials,
        );
        expect(again.authorization).toBe(theirs.headers.authorization);
        // And what we sent is signed as the SDK would have signed it.
        const {
          authorization,
          'x-amz-date': _date,
          'x-amz-content-sha256': _hash,
          'x-amz-security-token': _token,
          ...rest
        } = ours.sent.headers;
        const { hostname, pathname } = new URL(ours.sent.url);
        expect(hostname).toBe(new URL(theirs.url).hostname);
        const recomputed = new Signer({ region: 'us-east-1', service: 'bedrock' }).sign(
          { method: 'POST', host, path: pathname, headers: rest, body: ours.sent.body },
          credentials,
        );
        expect(recomputed.authorization).toBe(authorization);
      }
    }
  });
});

it('the environment does not redirect what the config says', async () => {
  vi.stubEnv('AWS_ENDPOINT_URL_BEDROCK_RUNTIME', 'http://127.0.0.1:1');
  vi.stubEnv('AWS_BEARER_TOKEN_BEDROCK', 'env-key');
  const { sent } = await sentByUs(undefined, 'eu-west-1', 'converse', chatRequest(), KEYS[0] ?? 'none');
  vi.unstubAllEnvs();
  expect(sent.url).toMatch(/^https:\/\/bedrock-runtime\.eu-west-1\.amazonaws\.com\/model\//);
  expect(sent.headers.authorization).toMatch(/^AWS4-HMAC-SHA256/);
});
