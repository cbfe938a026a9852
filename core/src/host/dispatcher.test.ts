// `caFile`: what is trusted with it and without, and files that are none. Proxies: test/network.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDispatcher } from './dispatcher.ts';

// A certificate for localhost, valid nowhere else; made for these tests.
const certificate = fileURLToPath(new URL('./fixtures/localhost-test-only.pem', import.meta.url));
const pem = readFileSync(certificate, 'utf8');
const timeout = { connectMs: 2000, firstTokenMs: 0, idleMs: 0, totalMs: 0 };

let server: https.Server;
let url = '';
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'turnout-'));
  server = https.createServer({ key: pem, cert: pem }, (_request, response) => response.end('hello'));
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  url = `https://localhost:${(server.address() as AddressInfo).port}/`; // a server on a port has such an address
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true });
});

async function ask(caFile: string | undefined, dir: string): Promise<string> {
  const dispatcher = createDispatcher({ timeout, caFile }, dir);
  try {
    return await (await request(url, { dispatcher })).body.text();
  } finally {
    await dispatcher.destroy();
  }
}
const write = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return name;
};

describe('caFile', () => {
  it('is what makes a private authority trusted', async () => {
    await expect(ask(undefined, folder)).rejects.toThrow(/self-signed certificate/);
    expect(await ask(certificate, folder)).toBe('hello');
  });

  it('is found beside the YAML, and may hold several certificates and other text', async () => {
    const [own = ''] = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/s.exec(pem) ?? [];
    write('ours.pem', `# the office\r\n${own}\r\n\r\n# the same again\n${own}\n`);
    expect(await ask('ours.pem', folder)).toBe('hello');
  });

  it.each([
    ['none.pem', undefined, /none\.pem: no such file$/],
    ['.', undefined, /cannot be read$/],
    ['empty.pem', '', /there is no certificate in it/],
    ['key.pem', '-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----\n', /there is no certificate in it/],
    [
      'broken.pem',
      '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      /certificate 1 in it cannot be read/,
    ],
  ])('%s is refused at its key, without its text', (name, text, message) => {
    if (text !== undefined) write(name, text);
    const create = () => createDispatcher({ timeout, caFile: name }, folder);
    expect(create).toThrow(message);
    expect(create).toThrow(expect.objectContaining({ name: 'SettingError', path: ['caFile'] }));
    expect(create).not.toThrow(/BEGIN PRIVATE|AAAA/);
  });
});
