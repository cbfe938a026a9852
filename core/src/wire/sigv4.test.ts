// What verify refuses and says, and that it takes whatever Signer signs.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALGORITHM, computeSignature, scopeOf } from './signature.ts';
import { Signer, type SigningKey, type SignRequest, type VerifyOptions, type VerifyRequest, verify } from './sigv4.ts';

fc.configureGlobal({ seed: 20261123 });

const key = { accessKeyId: 'TURNOUTTEAMA', secretAccessKey: 'wJalr/secret+KEY' };
const now = new Date('2026-11-23T05:09:07.500Z');
const signer = new Signer({ region: 'us-east-1', service: 'bedrock' });
const unsigned: SignRequest = {
  method: 'POST',
  host: '127.0.0.1:4180',
  path: '/model/claude%3A1/converse',
  headers: { 'content-type': 'application/json' },
  body: '{"messages":[]}',
};
const options: VerifyOptions = {
  lookup: (accessKeyId) => (accessKeyId === key.accessKeyId ? key : undefined),
  service: 'bedrock',
  now,
};

function sign(
  change: Partial<SignRequest> = {},
  credentials: SigningKey = key,
): VerifyRequest & { headers: Record<string, string> } {
  const request = { ...unsigned, ...change };
  const headers = { ...request.headers, host: request.host, ...signer.sign(request, credentials, now) };
  const target = request.query === undefined ? request.path : `${request.path}?${request.query}`;
  return { method: request.method, target, headers, body: request.body };
}

/** The reason, or `ok`. */
function check(request: VerifyRequest, more: Partial<VerifyOptions> = {}): string {
  const result = verify(request, { ...options, ...more });
  if (result.ok) return 'ok';
  expect(result.message).not.toContain(key.secretAccessKey);
  expect(result.message).not.toMatch(/[0-9a-f]{16}/);
  return result.reason;
}

const withHeaders = (headers: VerifyRequest['headers']): VerifyRequest => {
  const request = sign();
  return { ...request, headers: { ...request.headers, ...headers } };
};

describe('Signer', () => {
  test('returns what must be added, and nothing else', () => {
    expect(Object.keys(signer.sign(unsigned, key, now)).sort()).toEqual([
      'authorization',
      'x-amz-content-sha256',
      'x-amz-date',
    ]);
    const session = { ...key, sessionToken: 'token' };
    expect(signer.sign(unsigned, session, now)).toMatchObject({ 'x-amz-security-token': 'token' });
    expect(signer.sign(unsigned, { ...key, sessionToken: '' }, now)).not.toHaveProperty('x-amz-security-token');
  });

  test('a body of bytes is signed as the text that it encodes', () => {
    const text = '{"text":"Grüße 🚂"}';
    const bytes = new TextEncoder().encode(text);
    expect(signer.sign({ ...unsigned, body: bytes }, key, now)).toEqual(
      signer.sign({ ...unsigned, body: text }, key, now),
    );
  });

  test('does not mix up keys, days, regions or services', () => {
    const signature = (region: string, service: string, secretAccessKey: string, date: string): string | undefined => {
      const added = new Signer({ region, service }).sign(unsigned, { ...key, secretAccessKey }, new Date(date));
      return added.authorization?.slice(-64);
    };
    const signAll = (): (string | undefined)[] => [
      signature('us-east-1', 'bedrock', 'a', '2026-11-23'),
      signature('us-east-2', 'bedrock', 'a', '2026-11-23'),
      signature('us-east-1', 'bedrock-mantle', 'a', '2026-11-23'),
      signature('us-east-1', 'bedrock', 'b', '2026-11-23'),
      signature('us-east-1', 'bedrock', 'a', '2026-11-24'),
    ];
    const first = signAll();
    expect(new Set(first).size).toBe(first.length);
    // More than are remembered, so that the second round makes every key again.
    for (let index = 0; index < 200; index++) signature(`region-${index}`, 'bedrock', 'a', '2026-11-23');
    expect(signAll()).toEqual(first);
  });
});

describe('verify', () => {
  test('takes whatever Signer signs, and only with its own key', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 12 }).map((drawn) => drawn.toWellFormed());
    const path = fc.array(text.map(encodeURIComponent)).map((segments) => `/${segments.join('/')}`);
    const query = fc
      .array(fc.tuple(text, text))
      .map((pairs) =>
        pairs.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join('&'),
      );
    const headers = fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,8}$/), fc.stringMatching(/^[ -~]{0,20}$/));
    fc.assert(
      fc.property(path, query, headers, text, (drawnPath, drawnQuery, drawnHeaders, body) => {
        const request = sign({ path: drawnPath, query: drawnQuery, headers: drawnHeaders, body });
        expect(check(request)).toBe('ok');
        expect(check(request, { lookup: () => ({ ...key, secretAccessKey: 'other' }) })).toBe('signature');
      }),
    );
  });

  test('never throws, whatever arrives', () => {
    const anything = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('%', '%zz', '/a?%&x=%E0%A4%A'));
    const { authorization, 'x-amz-date': date } = sign().headers;
    fc.assert(
      fc.property(anything, anything, anything, (target, header, body) => {
        const near = { host: header, 'x-amz-date': date, authorization };
        expect(check({ method: 'POST', target, headers: { authorization: header }, body })).toMatch(
          /missing|malformed/,
        );
        expect(check({ method: 'POST', target, headers: near, body })).not.toBe('ok');
      }),
    );
  });

  test('names the region that was signed for, and refuses another than the one asked for', () => {
    expect(verify(sign(), options)).toEqual({ ok: true, accessKeyId: key.accessKeyId, region: 'us-east-1' });
    expect(check(sign(), { region: 'us-east-1' })).toBe('ok');
    expect(check(sign(), { region: 'eu-west-1' })).toBe('scope');
    expect(check(sign(), { service: 'bedrock-mantle' })).toBe('scope');
  });

  test.each([undefined, '', 'Bearer sk-abc', 'Basic YTpi'])('no signature: %s', (authorization) => {
    expect(check(withHeaders({ authorization }))).toBe('missing');
  });

  test.each([
    ['another algorithm', 'AWS4-HMAC-SHA256 ', 'AWS4-ECDSA-P256-SHA256 '],
    ['a short signature', /.$/, ''],
    ['an upper-case signature', /Signature=.*$/, `Signature=${'A'.repeat(64)}`],
    ['a scope part too few', '/us-east-1/', '/'],
    ['no signed headers', /SignedHeaders=[^,]+/, 'SignedHeaders='],
    ['unsorted signed headers', 'content-type;host', 'host;content-type'],
    ['a signed header twice', 'host;', 'host;host;'],
    ['an upper-case signed header', 'SignedHeaders=content-type', 'SignedHeaders=Content-Type'],
  ])('malformed: %s', (_, from, to) => {
    const authorization = sign().headers.authorization?.replace(from, to);
    expect(check(withHeaders({ authorization }))).toBe('malformed');
  });

  test('takes commas without spaces', () => {
    const authorization = sign().headers.authorization?.replaceAll(', ', ',');
    expect(check(withHeaders({ authorization }))).toBe('ok');
  });

  test('two Authorization headers are malformed', () => {
    const { authorization = '' } = sign().headers;
    expect(check(withHeaders({ authorization: [authorization, authorization] }))).toBe('malformed');
  });

  test.each([undefined, '', '2026-11-23T05:09:07Z', '20261123T050907', '20261123T050907+0'])('date %s', (date) => {
    const reason = check(withHeaders({ 'x-amz-date': date }));
    expect(reason).toBe('malformed');
  });

  test('the allowed skew can be set, and an invalid clock allows nothing', () => {
    const late = new Date(now.getTime() + 60_000);
    expect(check(sign(), { now: late, skewMsMax: 61_000 })).toBe('ok');
    expect(check(sign(), { now: late, skewMsMax: 60_000 })).toBe('expired');
    expect(check(sign(), { now: new Date(Number.NaN) })).toBe('expired');
  });

  test('just before midnight the scope is still of the day of x-amz-date', () => {
    const midnight = new Date('2026-11-24T00:00:00Z');
    const before = new Date(midnight.getTime() - 60_000);
    const headers = { host: unsigned.host, ...unsigned.headers, ...signer.sign(unsigned, key, before) };
    expect(check({ ...sign(), headers }, { now: midnight })).toBe('ok');
  });

  test('host and every x-amz-* header must be signed', () => {
    expect(check(withHeaders({ 'x-amz-extra': '1' }))).toBe('unsigned-header');
    expect(check(withHeaders({ 'x-amz-extra': undefined }))).toBe('ok');
    expect(check(withHeaders({ 'x-amzn-trace-id': '1', 'user-agent': 'x' }))).toBe('ok');
    const authorization = sign().headers.authorization?.replace('host;', '');
    expect(check(withHeaders({ authorization }))).toBe('unsigned-header');
  });

  test('over HTTP/2 the authority may be signed in place of host, and must have arrived', () => {
    const { host: _, ...headers } = sign().headers;
    const names = [':authority', 'content-type', 'x-amz-content-sha256', 'x-amz-date'];
    const arrived = { ...headers, ':authority': unsigned.host };
    const bodyHash = headers['x-amz-content-sha256'] ?? '';
    const place = { amzDate: headers['x-amz-date'] ?? '', region: 'us-east-1', service: 'bedrock' };
    const signable = { method: 'POST', path: unsigned.path, query: '', headers: arrived, names, bodyHash, ...place };
    const scope = `${key.accessKeyId}/${scopeOf(place)}`;
    const signature = computeSignature(signable, key.secretAccessKey);
    const authorization = `${ALGORITHM} Credential=${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    const request = { ...sign(), headers: { ...arrived, authorization } };
    expect(check(request)).toBe('ok');
    expect(check({ ...request, headers: { ...request.headers, ':authority': 'elsewhere' } })).toBe('signature');
    expect(check({ ...request, headers: { ...request.headers, ':authority': undefined } })).toBe('signature');
  });

  test('a signed header must have arrived, also one with the name of a property that every object has', () => {
    const empty = sign({ headers: { 'content-type': '' } });
    expect(check(empty)).toBe('ok');
    expect(check({ ...empty, headers: { ...empty.headers, 'content-type': undefined } })).toBe('signature');
    const authorization = sign().headers.authorization?.replace('content-type;', 'constructor;content-type;');
    expect(check(withHeaders({ authorization }))).toBe('signature');
  });

  test('a repeated header is joined by commas, as AWS joins it', () => {
    const request = sign({ headers: { 'x-amz-tag': 'a,b  c' } });
    expect(check({ ...request, headers: { ...request.headers, 'x-amz-tag': ['a', 'b c'] } })).toBe('ok');
  });

  test.each(['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', '', 'A'.repeat(64)])('body hash %s', (value) => {
    expect(check(withHeaders({ 'x-amz-content-sha256': value }))).toBe('body-hash');
  });

  test('another body is refused, with its right hash too', () => {
    expect(check({ ...sign(), body: '{}' })).toBe('body-hash');
    const bodyHash = createHash('sha256').update('{}').digest('hex');
    expect(check({ ...withHeaders({ 'x-amz-content-sha256': bodyHash }), body: '{}' })).toBe('signature');
  });

  test.each([
    'X-Amz-Signature=abc',
    'a=b&x-amz-signature=abc',
    'X-Amz%2DSignature=abc',
    'X-Amz-Credential=a',
    'a&X-Amz-Algorithm=AWS4-HMAC-SHA256',
  ])('query %s', (query) => {
    expect(check(sign({ query }))).toBe('query-signature');
    expect(check({ method: 'POST', target: `/?${query}`, headers: {}, body: '' })).toBe('query-signature');
  });

  test('a key with a session token is good only with it', () => {
    const session = { ...key, sessionToken: 'right' };
    const lookup = () => session;
    expect(check(sign({}, session), { lookup })).toBe('ok');
    expect(check(sign({}, { ...key, sessionToken: 'wrong' }), { lookup })).toBe('session-token');
    expect(check(sign(), { lookup })).toBe('session-token');
    expect(check(sign({}, session))).toBe('ok');
  });
});
