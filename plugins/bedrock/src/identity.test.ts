// Whose credentials these are: what STS is asked, and what is made of its answers.
import { afterEach, describe, expect, it } from 'vitest';
import { createHost, startUpstream, type Upstream } from '../test/fixture.ts';
import { findIdentity } from './identity.ts';

const KEY = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'a-secret-key', sessionToken: 'a-session-token' };
const ARN = 'arn:aws:sts::123456789012:assumed-role/trains/signalman';

let upstream: Upstream | undefined;
const host = createHost();
afterEach(async () => {
  await upstream?.close();
  upstream = undefined;
});

async function ask(status: number, answer: string, kind: 'keys' | 'bearer' = 'keys') {
  upstream = await startUpstream((response) => response.writeHead(status).end(answer));
  const identity = kind === 'keys' ? ({ kind, key: KEY } as const) : ({ kind, token: 'a-secret-token' } as const);
  return findIdentity(host, identity, { region: 'eu-west-1', endpoint: upstream.url }, new AbortController().signal);
}

describe('findIdentity', () => {
  it('gives the ARN', async () => {
    const answer = { GetCallerIdentityResponse: { GetCallerIdentityResult: { Account: '123456789012', Arn: ARN } } };
    expect(await ask(200, JSON.stringify(answer))).toEqual({ ok: true, what: 'identity', detail: ARN });
    const [request] = upstream?.seen ?? [];
    expect(request).toMatchObject({ method: 'POST', url: '/', body: 'Action=GetCallerIdentity&Version=2011-06-15' });
    expect(request?.headers.authorization).toMatch(/Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/sts\/aws4_request/);
    expect(request?.headers['x-amz-security-token']).toBe(KEY.sessionToken);
  });

  it('a refusal is a cross', async () => {
    const answer = { Error: { Code: 'InvalidClientTokenId', Message: 'The security token is invalid' } };
    expect(await ask(403, JSON.stringify(answer))).toEqual({
      ok: false,
      what: 'identity',
      detail: 'STS refuses the credentials: InvalidClientTokenId: The security token is invalid',
    });
    expect((await ask(403, '<html>')).detail).toBe('STS refuses the credentials: HTTP 403');
  });

  it.each([
    [500, '{}'],
    [200, 'oops'],
    [200, '{"GetCallerIdentityResponse":{}}'],
  ])('what says nothing is neither: %i %s', async (status, answer) => {
    const finding = await ask(status, answer);
    expect(finding).toMatchObject({ ok: true, skipped: true, detail: expect.stringMatching(/^not known: /) });
  });

  it('nor is a STS that is not there', async () => {
    const identity = { kind: 'keys', key: KEY } as const;
    const where = { region: 'eu-west-1', endpoint: 'http://127.0.0.1:1' };
    expect(await findIdentity(host, identity, where, new AbortController().signal)).toEqual({
      ok: true,
      skipped: true,
      what: 'identity',
      detail: 'not known: bedrock: 127.0.0.1:1: nothing listens there: check endpoint, region and proxy (ECONNREFUSED)',
    });
  });

  it('an API key is not asked about', async () => {
    expect(await ask(200, '{}', 'bearer')).toMatchObject({ ok: true, skipped: true });
    expect(upstream?.seen).toHaveLength(0);
  });
});
