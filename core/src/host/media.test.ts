import { readFileSync } from 'node:fs';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RouterError } from '../contract/index.ts';
import { createMediaFetcher, isPublicAddress, type MediaFetcher } from './media.ts';

// A certificate for localhost, valid nowhere else; made for these tests.
const pem = readFileSync(new URL('./fixtures/localhost-test-only.pem', import.meta.url), 'utf8');
const PICTURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 1, 2, 3]);
const never = new AbortController().signal;
const plenty = () => ({ bytesLeft: 1_000_000 });

let server: https.Server;
let base: string;
let hits = 0;
const open: MediaFetcher[] = [];

beforeAll(async () => {
  server = https.createServer({ key: pem, cert: pem }, (request, response) => {
    hits++;
    const path = request.url ?? '';
    const [, kind, value] = path.split('/');
    if (kind === 'picture') response.writeHead(200, { 'content-type': 'image/png; charset=x' }).end(PICTURE);
    else if (kind === 'large') response.writeHead(200).end(Buffer.alloc(Number(value)));
    else if (kind === 'status') response.writeHead(Number(value)).end('secret body');
    else if (kind === 'hop' && Number(value) > 0) {
      response.writeHead(302, { location: `/hop/${Number(value) - 1}` }).end();
    } else if (kind === 'hop') response.writeHead(302, { location: '/picture' }).end();
    else if (kind === 'to') response.writeHead(302, { location: decodeURIComponent(value ?? '') }).end();
    else response.writeHead(200); // never ends
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  base = `https://localhost:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  for (const fetcher of open) await fetcher.close();
  server.closeAllConnections();
  server.close();
});

function fetcher(options: Parameters<typeof createMediaFetcher>[0] = {}): MediaFetcher {
  const made = createMediaFetcher({ isAllowed: () => true, ca: pem, ...options });
  open.push(made);
  return made;
}

test('fetches bytes and their type', async () => {
  expect(await fetcher().fetch(`${base}/picture`, never, plenty())).toEqual({
    mediaType: 'image/png',
    data: PICTURE.toString('base64'),
  });
});

test('media that are too large together are refused', async () => {
  const budget = { bytesLeft: 10 };
  await fetcher().fetch(`${base}/picture`, never, budget);
  await expect(fetcher().fetch(`${base}/picture`, never, budget)).rejects.toThrow('too large together');
});

test('follows three redirects and no more', async () => {
  expect((await fetcher().fetch(`${base}/hop/2`, never, plenty())).mediaType).toBe('image/png');
  await expect(fetcher().fetch(`${base}/hop/3`, never, plenty())).rejects.toThrow('more than 3 redirects');
});

test.each([
  ['too large', '/large/2000', 'larger than 1000 bytes'],
  ['not found', '/status/404', 'status 404'],
  ['a redirect to another scheme', `/to/${encodeURIComponent('http://localhost/x')}`, 'only https'],
  ['a redirect to nowhere', `/to/${encodeURIComponent('http://[')}`, 'no URL'],
  ['a redirect with credentials', `/to/${encodeURIComponent('https://u:p@localhost/x')}`, 'credentials'],
  ['an answer that never ends', '/stall', 'not fetched'],
])('refuses %s', async (_name, path, message) => {
  const limited = fetcher({ limits: { bytesMax: 1_000, timeoutMs: 300 } });
  await expect(limited.fetch(`${base}${path}`, never, plenty())).rejects.toMatchObject({
    code: 'invalid-request',
    message: expect.stringContaining(message),
  });
});

test.each(['http://example.com/a.png', 'file:///etc/passwd', 'https://user:password@example.com/', 'not a url'])(
  'refuses %s without connecting, and without quoting more than the host',
  async (url) => {
    const error: Error = await fetcher()
      .fetch(url, never, plenty())
      .then(
        () => new Error('fetched'),
        (reason) => reason,
      );
    expect(error).toMatchObject({ code: 'invalid-request' });
    expect(error.message).not.toContain('password');
    expect(error.message).not.toContain('a.png');
  },
);

describe('addresses that are not public', () => {
  const PRIVATE = [
    '127.0.0.1',
    '127.8.9.1',
    '10.0.0.1',
    '172.16.3.4',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '255.255.255.255',
    '198.18.0.1',
    '::',
    '::1',
    'fe80::1',
    'fd00::1',
    'fc00::1',
    'ff02::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
    '2002:7f00:1::',
    '64:ff9b:1::7f00:1',
    '::7f00:1',
    '::a9fe:a9fe',
    '4000::1',
    'not an address',
  ];
  test.each(PRIVATE)('%s', (address) => expect(isPublicAddress(address)).toBe(false));
  test.each(['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'])('%s is', (address) =>
    expect(isPublicAddress(address)).toBe(true),
  );

  test('are refused as literals, as names, and as the aim of a redirect', async () => {
    const guarded = fetcher({ isAllowed: isPublicAddress });
    const before = hits;
    const { port } = server.address() as AddressInfo;
    const urls = [`https://127.0.0.1:${port}/picture`, `https://[::1]:${port}/picture`, `${base}/picture`];
    for (const url of [...urls, 'https://2130706433/', 'https://0x7f.1/', 'https://127.1/']) {
      await expect(guarded.fetch(url, never, plenty()), url).rejects.toThrow(/not public/);
    }
    expect(hits).toBe(before);
    // The first address is allowed, the redirect's is not.
    const first = fetcher({ isAllowed: (address) => address === '127.0.0.1' || address === '::1' });
    const away = `${base}/to/${encodeURIComponent('https://169.254.169.254/latest/meta-data')}`;
    await expect(first.fetch(away, never, plenty())).rejects.toThrow(/not public/);
  });
});

test('who ends the fetch says why', async () => {
  const controller = new AbortController();
  const reason = new RouterError('cancelled', 'the client has left');
  const fetching = fetcher().fetch(`${base}/stall`, controller.signal, plenty());
  controller.abort(reason);
  await expect(fetching).rejects.toBe(reason);
});

test('a client that leaves ends the fetch', async () => {
  const controller = new AbortController();
  const fetching = fetcher().fetch(`${base}/stall`, controller.signal, plenty());
  controller.abort();
  await expect(fetching).rejects.toMatchObject({ code: 'invalid-request' });
});
