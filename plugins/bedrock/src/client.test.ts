// Section 14 and 1.6: what a refused signature teaches the client, over real sockets.
import type { ServerResponse } from 'node:http';
import { RouterError } from '@turnout/core/contract';
import { readBytes } from '@turnout/core/plugin';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AwsHome, createAwsHome } from '../test/aws.ts';
import { createHost, type SeenRequest, startUpstream, type Upstream } from '../test/fixture.ts';
import { createAuth } from './auth.ts';
import type { AuthConfig, SourceConfig } from './auth-config.ts';
import { type BedrockClient, createClient } from './client.ts';
import { resolveTarget } from './resolve.ts';

const closers: (() => unknown)[] = [];
let home: AwsHome;
beforeEach(() => {
  home = createAwsHome();
});
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
  home.remove();
});

const keys: SourceConfig = { mode: 'keys', accessKeyId: 'KS', secretAccessKey: 'SS' };

async function clientOf(
  auth: AuthConfig,
  answer: (response: ServerResponse, seen: SeenRequest) => unknown,
): Promise<{ upstream: Upstream; send: () => ReturnType<BedrockClient['send']>; refused: () => Promise<RouterError> }> {
  const upstream = await startUpstream(answer);
  const host = createHost();
  closers.push(
    () => upstream.close(),
    () => host.close(),
  );
  const client = createClient(host, createAuth(auth, { host, region: 'us-east-1', variant: {} }));
  const target = resolveTarget('anthropic.claude-sonnet-5', {
    region: 'us-east-1',
    regionSource: 'the test',
    crossRegion: 'off',
    endpoint: upstream.url,
    models: {},
  });
  const send = () => client.send(target, 'converse', {}, new AbortController().signal);
  const refused = async () => {
    const thrown = await send().then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!RouterError.is(thrown)) throw new Error(`no RouterError: ${String(thrown)}`);
    return thrown;
  };
  return { upstream, send, refused };
}

const refuse = (response: ServerResponse, name: string, message: string, headers: object = {}): void => {
  response.writeHead(403, { 'content-type': 'application/json', 'x-amzn-errortype': name, ...headers });
  response.end(JSON.stringify({ message }));
};
const signedAtMs = ({ headers }: SeenRequest): number => {
  const [, year, month, day, hours, minutes, seconds] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date'])) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`);
};

describe('section 1.6: a clock that is wrong', () => {
  const HOUR_MS = 3_600_000;

  it.each([
    ['behind', HOUR_MS, 'InvalidSignatureException', 'Signature not yet current: …'],
    ['ahead', -HOUR_MS, 'InvalidSignatureException', 'Signature expired: …'],
    ['ahead, in other words', -2 * HOUR_MS, 'RequestTimeTooSkewed', 'The difference is too large'],
  ])('%s is learnt from the answer, and the next try is signed by it', async (_name, offsetMs, name, message) => {
    const { upstream, send, refused } = await clientOf(keys, (response, seen) => {
      const serverMs = Date.now() + offsetMs;
      const date = new Date(serverMs).toUTCString();
      if (Math.abs(signedAtMs(seen) - serverMs) > 300_000) refuse(response, name, message, { date });
      else response.writeHead(200, { date }).end('{}');
    });
    expect(await refused()).toMatchObject({ code: 'upstream-denied', again: true });
    await readBytes((await send()).body, 1024);
    await readBytes((await send()).body, 1024);
    expect(upstream.seen).toHaveLength(3);
  });

  it.each([
    ['is not what AWS says', new Date().toUTCString()],
    ['cannot be learnt', 'tomorrow'],
  ])('that %s is not tried again', async (_name, date) => {
    const { refused } = await clientOf(keys, (response) =>
      refuse(response, 'InvalidSignatureException', 'Signature expired: …', { date }),
    );
    const error = await refused();
    expect(error.again).toBeFalsy();
    expect(error.message).toContain('the clock of this machine is wrong');
  });

  it('refuses all calls that were signed before it was learnt: each is tried again', async () => {
    const serverMs = () => Date.now() + HOUR_MS / 3;
    const waiting: ServerResponse[] = [];
    const { send, refused } = await clientOf(keys, (response, seen) => {
      const headers = { date: new Date(serverMs()).toUTCString() };
      if (Math.abs(signedAtMs(seen) - serverMs()) < 300_000) return response.writeHead(200, headers).end('{}');
      if (waiting.push(response) < 5) return;
      for (const each of waiting) refuse(each, 'InvalidSignatureException', 'Signature expired: …', headers);
    });
    const errors = await Promise.all(Array.from({ length: 5 }, refused));
    expect(errors.map(({ again }) => again)).toEqual([true, true, true, true, true]);
    await readBytes((await send()).body, 1024);
  });

  it('is learnt once: the same refusal again is final', async () => {
    const date = new Date(Date.now() + HOUR_MS).toUTCString();
    const { refused } = await clientOf(keys, (response) =>
      refuse(response, 'InvalidSignatureException', 'Signature expired: …', { date }),
    );
    expect((await refused()).again).toBe(true);
    expect((await refused()).again).toBeFalsy();
  });
});

describe('section 14: credentials that AWS calls stale', () => {
  const write = (id: string) =>
    home.write('credentials', `[dev]\naws_access_key_id = ${id}\naws_secret_access_key = S\n`);
  const stale: readonly [string, string][] = [
    ['ExpiredTokenException', 'The security token included in the request is expired'],
    ['UnrecognizedClientException', 'The security token included in the request is invalid.'],
    ['AccessDeniedException', 'The security token included in the request is expired'],
  ];

  it.each(stale)('%s of a session in use: one more try with a new one', async (name, message) => {
    write('K1');
    let revoked = false;
    const { upstream, send, refused } = await clientOf({ mode: 'profile', profile: 'dev' }, (response, seen) => {
      if (revoked && seen.headers.authorization?.includes('Credential=K1/')) refuse(response, name, message);
      else response.end('{}');
    });
    await readBytes((await send()).body, 1024);
    revoked = true;
    write('K2');
    expect(await refused()).toMatchObject({ code: 'upstream-denied', again: true });
    await readBytes((await send()).body, 1024);
    expect(upstream.seen.at(-1)?.headers.authorization).toContain('Credential=K2/');
  });

  it.each(stale)('%s of fixed keys is final', async (name, message) => {
    const { refused } = await clientOf(keys, (response) => refuse(response, name, message));
    expect((await refused()).again).toBeFalsy();
  });

  it('a generated API key that is refused is made anew, a fixed one is not', async () => {
    const answer = (response: ServerResponse) =>
      refuse(response, 'AccessDeniedException', 'Authentication failed: Please make sure your API Key is valid.');
    const generated = await clientOf({ mode: 'api-key', generate: true, source: keys }, answer);
    expect((await generated.refused()).again).toBe(true);
    const fixed = await clientOf({ mode: 'api-key', apiKey: 'k' }, answer);
    expect((await fixed.refused()).again).toBeFalsy();
  });

  it('a missing permission is final', async () => {
    write('K1');
    const { refused } = await clientOf({ mode: 'profile', profile: 'dev' }, (response) =>
      refuse(response, 'AccessDeniedException', 'User is not authorized to perform: bedrock:InvokeModel'),
    );
    expect((await refused()).again).toBeFalsy();
  });
});

describe('a refusal of something in front of Bedrock', () => {
  it.each([
    [400, 'unsupported', 400],
    [401, 'upstream-denied', 502],
    [403, 'upstream-denied', 502],
    [404, 'upstream-denied', 502],
    [407, 'upstream-denied', 502],
    [408, 'upstream-timeout', 504],
    [413, 'invalid-request', 413],
    [429, 'rate-limited', 429],
    [431, 'unsupported', 400],
    [502, 'upstream-failed', 502],
  ] as const)('%s is %s, and names the endpoint to the operator only', async (answered, code, status) => {
    const { upstream, refused } = await clientOf(keys, (response) =>
      response.writeHead(answered, { 'content-type': 'text/html' }).end('<html>nginx at 10.0.0.7</html>'),
    );
    const error = await refused();
    expect(error).toMatchObject({ code, status, again: false, upstream: { status: answered } });
    expect(error.message).toContain(upstream.url);
    expect(error.publicMessage).toMatch(/in front of Bedrock/);
    expect(error.publicMessage).not.toMatch(/127\.0\.0\.1|10\.0\.0\.7/);
  });
});
