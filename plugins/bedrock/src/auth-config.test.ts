// The `auth` key: what each mode takes, and where it is refused.
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { authSchema } from './auth-config.ts';

const roleArn = 'arn:aws:iam::123456789012:role/team/bedrock';
const keys = { mode: 'keys', accessKeyId: 'a', secretAccessKey: 'b' };
const issuesOf = (value: unknown): string[] =>
  (authSchema.safeParse(value).error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);

describe('section 3.1: auth', () => {
  it.each([
    [{ mode: 'role', roleArn }],
    [{ mode: 'role', roleArn: 'arn:aws-us-gov:iam::123456789012:role/x', externalId: 'a:b/c', sessionName: 'a.b@c' }],
    [{ mode: 'role', roleArn, source: { mode: 'role', roleArn, source: { mode: 'role', roleArn, source: keys } } }],
    [{ mode: 'web-identity', roleArn, tokenFile: '/var/run/token' }],
    [{ mode: 'api-key', apiKey: 'k' }],
    [{ mode: 'api-key', generate: true }],
    [{ mode: 'api-key', generate: true, source: { mode: 'profile', profile: 'dev' } }],
  ])('takes %j', (value) => expect(authSchema.parse(value)).toEqual(value));

  it.each([
    ['15m', 900],
    ['900s', 900],
    ['12h', 43_200],
  ])('a duration of %s is %d seconds', (duration, seconds) =>
    expect(authSchema.parse({ mode: 'role', roleArn, duration })).toMatchObject({ duration: seconds }),
  );

  it.each([
    [{ mode: 'rol' }, /^mode: expected mode: default \| keys \| profile \| role \| web-identity \| api-key$/],
    [{ mode: 'role' }, /^roleArn: /],
    [{ mode: 'role', roleArn: 'bedrock' }, /^roleArn: expected the ARN of a role/],
    [{ mode: 'role', roleArn: 'arn:aws:iam::123456789012:user/x' }, /^roleArn: /],
    [{ mode: 'role', roleArn, duration: '14m' }, /^duration: expected a duration from 15m to 12h$/],
    [{ mode: 'role', roleArn, duration: '13h' }, /^duration: /],
    [{ mode: 'role', roleArn, duration: 3600 }, /^duration: /],
    [
      { mode: 'role', roleArn, duration: '2h', source: { mode: 'role', roleArn } },
      /^duration: a role assumed from a role lasts 1h at most$/,
    ],
    [{ mode: 'role', roleArn, sessionName: 'a b' }, /^sessionName: /],
    [{ mode: 'role', roleArn, externalId: '' }, /^externalId: /],
    [{ mode: 'role', roleArn, source: { mode: 'role', roleArn, source: { mode: 'nope' } } }, /^source\.source\.mode: /],
    // An API key signs nothing, so that no role can be assumed with it.
    [
      { mode: 'role', roleArn, source: { mode: 'api-key', apiKey: 'k' } },
      /^source\.mode: expected mode: default \| keys \| profile \| role \| web-identity$/,
    ],
    [{ mode: 'web-identity', roleArn }, /^tokenFile: /],
    [{ mode: 'api-key' }, /^: needs "apiKey", or generate: true$/],
    [{ mode: 'api-key', apiKey: 'k', generate: true }, /^generate: only one of/],
    [{ mode: 'api-key', apiKey: 'k', source: keys }, /^source: only with generate: true$/],
    [{ mode: 'api-key', generate: false }, /^generate: /],
  ])('refuses %j', (value, issue) => expect(issuesOf(value)).toEqual([expect.stringMatching(issue)]));

  it('describes every key of every mode for the editor', () => {
    const schema = z.toJSONSchema(authSchema, { io: 'input', target: 'draft-07' });
    const keysOf = (node: unknown): [string, unknown][] => {
      if (typeof node !== 'object' || node === null) return [];
      const own = 'properties' in node ? Object.entries(node.properties as object) : []; // JSON Schema's shape
      return [...own, ...Object.values(node).flatMap(keysOf)];
    };
    const all = keysOf(schema).filter(([key]) => key !== 'mode');
    expect(all.length).toBeGreaterThan(15);
    for (const [key, value] of all)
      expect([key, JSON.stringify(value)]).toEqual([key, expect.stringMatching(/description|\$ref/)]);
  });
});
