// The certificate of the router itself: what is wrong with it is said at its line of the file.
import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ConfigError } from '../config/index.ts';
import { loadConfig } from '../config/index.ts';
import { createPluginLoader } from '../host/index.ts';
import { readTls } from './tls.ts';

const home = fileURLToPath(new URL('../../../bin', import.meta.url));
// A certificate for localhost with its key in one file, valid nowhere else; made for tests.
const fixture = readFileSync(new URL('../host/fixtures/localhost-test-only.pem', import.meta.url), 'utf8');
const DAY_MS = 24 * 60 * 60_000;

const dir = mkdtempSync(join(tmpdir(), 'turnout-tls-'));
afterAll(() => rmSync(dir, { recursive: true }));
beforeAll(() => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const locked = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' } as const;
  const [certificate = '', key = ''] = [
    /-+BEGIN CERT.+END CERTIFICATE-+/s,
    /-+BEGIN [A-Z ]*PRIVATE.+END [A-Z ]*KEY-+/s,
  ].map((part) => part.exec(fixture)?.[0]);
  const files = {
    'one.pem': certificate,
    'sub dir.pem': certificate,
    'one.key': key,
    'two.key': privateKey.export({ type: 'pkcs8', format: 'pem' }),
    'locked.key': privateKey.export(locked),
    'empty.pem': 'nothing\n',
    'bad.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
    'bad.key': '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
});

/** As on a day within the certificate's time, or before or after it. */
async function read(cert: string, key: string, day: 'before' | 'within' | 'after' = 'within') {
  const file = join(dir, 'turnout.yaml');
  writeFileSync(file, `providers: { echo: {} }\nserver:\n  tls:\n    cert: ${cert}\n    key: ${key}\n`);
  const config = await loadConfig(file, { env: {}, loadPlugin: createPluginLoader(home) });
  const { validFrom, validTo } = new X509Certificate(fixture);
  const fromMs = Date.parse(validFrom);
  return readTls(
    config,
    { before: fromMs - DAY_MS, within: fromMs + DAY_MS, after: Date.parse(validTo) + DAY_MS }[day],
  );
}

test('a certificate with its key', async () => {
  const found = await read('sub dir.pem', join(dir, 'one.key'));
  expect(found?.options).toMatchObject({ minVersion: 'TLSv1.2' });
  expect(found?.options.cert).toContain('BEGIN CERTIFICATE');
  expect(found?.warnings).toEqual([]);
  expect(found?.files).toEqual([join(dir, 'sub dir.pem'), join(dir, 'one.key')]);
});

test('one that is out of its time is a warning', async () => {
  const place = { line: 4, path: 'server.tls.cert' };
  expect((await read('one.pem', 'one.key', 'after'))?.warnings).toMatchObject([
    { ...place, message: expect.stringMatching(/one\.pem: the certificate has expired on \w+/) },
  ]);
  expect((await read('one.pem', 'one.key', 'before'))?.warnings).toMatchObject([
    { ...place, message: expect.stringMatching(/one\.pem: the certificate is not valid before \w+/) },
  ]);
});

test.each([
  ['none.pem', 'one.key', 4, 'server.tls.cert', 'none.pem: no such file'],
  ['.', 'one.key', 4, 'server.tls.cert', ': it is a folder'],
  ['empty.pem', 'one.key', 4, 'server.tls.cert', 'there is no certificate in it: expected PEM'],
  ['one.key', 'one.pem', 4, 'server.tls.cert', 'are "cert" and "key" the wrong way round?'],
  ['bad.pem', 'one.key', 4, 'server.tls.cert', 'the certificate in it cannot be read'],
  ['one.pem', 'none.key', 5, 'server.tls.key', 'none.key: no such file'],
  ['one.pem', 'empty.pem', 5, 'server.tls.key', 'there is no private key in it'],
  ['one.pem', 'bad.key', 5, 'server.tls.key', 'the private key in it cannot be read'],
  ['one.pem', 'locked.key', 5, 'server.tls.key', 'the key in it has a passphrase'],
  ['one.pem', 'two.key', 5, 'server.tls.key', 'it is not the key of the certificate in'],
])('%s with %s', async (cert, key, line, path, words) => {
  const error: ConfigError = await read(cert, key).then(
    () => expect.fail('it was taken'),
    (thrown) => thrown,
  );
  expect(error.name).toBe('ConfigError');
  expect(error.issues[0]).toMatchObject({ line, path, message: expect.stringContaining(words) });
  // Where a file is is no secret, unlike what is in it.
  expect(error.issues[0]?.excerpt).toContain(line === 4 ? cert : key);
});

test('both files are looked at', async () => {
  await expect(read('none.pem', 'none.key')).rejects.toMatchObject({ issues: [{ line: 4 }, { line: 5 }] });
});

test('a key in place of its path is not shown', async () => {
  const secret = 'MIGHAgEAMBMGByqGSM49';
  const error: ConfigError = await read('one.pem', `"-----BEGIN PRIVATE KEY-----\\n${secret}\\n"`).catch(
    (thrown) => thrown,
  );
  expect(error.message).toContain('server.tls.key');
  expect(error.message).not.toContain(secret);
});
