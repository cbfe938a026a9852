import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { createKeyRing } from './keys.ts';

const sha256 = (key: string) => createHash('sha256').update(key).digest();
const ring = createKeyRing([
  { name: 'team-a', sha256: sha256('key-of-team-a'), admin: false, models: ['claude*', 'exact', 'a*z.*'] },
  { name: 'boss', sha256: sha256('key-of-the-boss'), admin: true },
]);

test.each([
  [{ authorization: 'Bearer key-of-team-a' }, 'team-a'],
  [{ authorization: 'bearer  key-of-team-a ' }, 'team-a'],
  [{ 'x-api-key': 'key-of-the-boss' }, 'boss'],
  [{ authorization: 'Bearer key-of-team-a', 'x-api-key': 'key-of-team-a' }, 'team-a'],
])('finds the caller of %o', (headers, name) => {
  expect(ring.identify(headers).name).toBe(name);
});

test.each([
  {},
  { authorization: 'Bearer wrong' },
  { authorization: 'Bearer' },
  { authorization: 'Basic key-of-team-a' },
  { authorization: 'key-of-team-a' },
  { 'x-api-key': '' },
  { 'x-api-key': 'key-of-team-a ' },
  // One that is there but wrong is not made good by the other.
  { authorization: 'Bearer wrong', 'x-api-key': 'key-of-the-boss' },
  { authorization: 'Bearer key-of-team-a', 'x-api-key': 'key-of-the-boss' },
  { authorization: 'Basic key-of-team-a', 'x-api-key': 'key-of-team-a' },
  { authorization: 'AWS4-HMAC-SHA256 Credential=x', 'x-api-key': 'key-of-team-a' },
])('refuses %o', (headers) => {
  expect(() => ring.identify(headers)).toThrow(expect.objectContaining({ code: 'unauthenticated', status: 401 }));
});

test('a key may use the models that its globs name', () => {
  const { mayUse } = ring.identify({ 'x-api-key': 'key-of-team-a' });
  expect(['claude', 'claude-x/y', 'exact', 'abz.c'].filter(mayUse)).toEqual(['claude', 'claude-x/y', 'exact', 'abz.c']);
  expect(['gpt', 'exactly', 'xclaude', 'abzc', ''].filter(mayUse)).toEqual([]);
  expect(ring.identify({ 'x-api-key': 'key-of-the-boss' }).mayUse('anything')).toBe(true);
});

test('a glob takes no longer for a name made to be nearly right', () => {
  const { mayUse } = createKeyRing([
    { name: 'x', sha256: sha256('key-x'), admin: false, models: ['*claude*sonnet*latest*x', 'ab*ab', '*'.repeat(50)] },
  ]).identify({ 'x-api-key': 'key-x' });
  expect(mayUse('claudesonnetlatest'.repeat(20_000))).toBe(true);
  const narrow = createKeyRing([
    { name: 'y', sha256: sha256('key-y'), admin: false, models: ['*claude*sonnet*latest*x', 'ab*ab'] },
  ]).identify({ 'x-api-key': 'key-y' });
  expect(narrow.mayUse('claudesonnetlatest'.repeat(20_000))).toBe(false);
  expect(narrow.mayUse('aclaude-sonnet-latest-x')).toBe(true);
  expect(['ab', 'aba', 'abab', 'ab-ab'].filter((name) => narrow.mayUse(name))).toEqual(['abab', 'ab-ab']);
});

test('without keys any credential is accepted and ignored', () => {
  const open = createKeyRing([]);
  expect(open.required).toBe(false);
  expect(open.identify({ authorization: 'Bearer whatever' }).mayUse('x')).toBe(true);
});
