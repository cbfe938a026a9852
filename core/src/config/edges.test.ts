// Limits of keys, origins of pages, and Unix sockets: what is taken, and what is wrong at which place.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import type { Config } from './config.ts';
import type { ConfigError } from './error.ts';
import { loadConfig } from './load.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnout-config-'));
afterAll(() => rmSync(dir, { recursive: true }));
const plugin = {
  name: 'acme',
  contract: 1 as const,
  config: z.strictObject({}),
  create: () => {
    throw new Error('never created');
  },
};
function load(text: string): Promise<Config> {
  const file = join(dir, 'turnout.yaml');
  writeFileSync(file, `providers: { acme: {} }\n${text}`);
  return loadConfig(file, { env: {}, loadPlugin: async () => ({ plugin, path: 'acme.ts' }) });
}
const issues = (text: string) =>
  load(text).then(
    () => expect.fail('it was taken'),
    (error: ConfigError) => error.issues.map(({ line, path, message }) => `${line} ${path}: ${message}`),
  );

test('limits of keys of both kinds, each of them alone too', async () => {
  const { keys } = await load(`keys:
  - { name: a, key: key-of-a-1, limits: { rpm: 1 } }
  - { name: b, accessKeyId: ABCD, secretAccessKey: secret-of-b, limits: { tpm: 1000, concurrent: 2 } }
  - { name: c, key: key-of-c-1 }
`);
  expect(keys.map(({ limits }) => limits)).toEqual([{ rpm: 1 }, { tpm: 1000, concurrent: 2 }, undefined]);
});

test('limits that are none', async () => {
  expect(
    await issues(`keys:
  - { name: a, key: key-of-a-1, limits: { rpm: 0, tpm: 1.5, concurent: 1 } }
  - { name: b, key: key-of-b-1, limits: {} }
`),
  ).toEqual([
    '3 keys.0.limits.rpm: expected at least 1',
    '3 keys.0.limits.tpm: expected a whole number, got a number',
    '3 keys.0.limits.concurent: unknown key, did you mean "concurrent"?',
    '4 keys.1.limits: needs "rpm", "tpm" or "concurrent"',
  ]);
});

test('origins are kept as browsers send them', async () => {
  const { server } = await load(
    'server: { cors: ["https://App.Example:443", "http://localhost:3000", "app://obsidian.md", "http://a.example:80"] }\n',
  );
  expect(server.cors).toEqual([
    'https://app.example',
    'http://localhost:3000',
    'app://obsidian.md',
    'http://a.example',
  ]);
});

test('any origin only with keys', async () => {
  expect(await issues('server:\n  cors:\n    - "*"\n')).toEqual([
    '4 server.cors.0: without "keys" every web page that is open on this machine could spend your account: add "keys", or list the origins that may call',
  ]);
  expect((await load('server: { cors: ["*"] }\nkeys: [{ name: a, key: key-of-a-1 }]\n')).server.cors).toEqual(['*']);
});

test('a Unix socket needs no keys, and its path is seen from the file’s folder', async () => {
  expect((await load('server: { host: "unix:run/turnout.sock" }\n')).server.host).toBe(`unix:${dir}/run/turnout.sock`);
  expect((await load('server: { host: "unix:/run/turnout.sock" }\n')).server.host).toBe('unix:/run/turnout.sock');
  expect(await issues('server: { host: "unix:" }\n')).toEqual([
    '2 server.host: expected the path of a socket after "unix:", such as unix:/run/turnout.sock',
  ]);
  expect(await issues(`server: { host: "unix:/${'x'.repeat(107)}" }\n`)).toEqual([
    '2 server.host: the path of the socket has 108 bytes, and the system takes at most 107: choose a shorter one',
  ]);
});

test('limits are shown where they are wrong, and the key beside them is not', async () => {
  const error: ConfigError = await load('keys: [{ name: a, key: key-of-a-1, limits: { rpm: -3 } }]\n').catch(
    (thrown) => thrown,
  );
  expect(error.issues[0]?.excerpt).toContain('rpm: -3');
  expect(error.issues[0]?.excerpt).not.toContain('key-of-a-1');
});
