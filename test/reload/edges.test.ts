// Where the router listens: TLS whose certificate is reloaded, Unix sockets, and what cannot change before a restart.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import http2 from 'node:http2';
import https from 'node:https';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { loadLive } from '../../core/src/cli/index.ts';
import type { Live } from '../../core/src/host/index.ts';
import { SILENT } from '../../core/src/observe/index.ts';
import { type Listening, listen } from '../../core/src/server/index.ts';
import { endPrograms, serveProgram } from './program.ts';

const home = fileURLToPath(new URL('../../bin', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'turnout-edges-'));
afterAll(() => rmSync(dir, { recursive: true }));
const open: { live: Live; listening: Listening }[] = [];
afterEach(async () => {
  for (const { live, listening } of open.splice(0)) {
    await listening.close();
    await live.close();
  }
  await endPrograms();
});

const file = join(dir, 'turnout.yaml');
const write = (server: string, rest = '') =>
  writeFileSync(file, `providers: { echo: {} }\nserver: { ${server} }\n${rest}`);

/** What the file says, listened for where it says, or at `host`. */
async function serveFile(host?: string): Promise<{ live: Live; listening: Listening }> {
  const live = await loadLive(file, { home, env: {} }, SILENT);
  const listening = await listen(live, { host: host ?? live.router.config.server.host, port: 0 });
  open.push({ live, listening });
  return { live, listening };
}

async function textOf(request: http.ClientRequest): Promise<{ status: number | undefined; text: string }> {
  const [answer] = (await once(request.end(), 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode, text };
}

const openssl = spawnSync('openssl', ['version']).status === 0;
if (!openssl) console.log('skipped: there is no openssl to make certificates with');

describe.skipIf(!openssl)('TLS', () => {
  /** Makes a certificate for localhost with its key, under these names. */
  function certify(name: string, subject: string): string {
    const [cert, key] = [join(dir, `${name}.pem`), join(dir, `${name}.key`)];
    const made = spawnSync('openssl', [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', `/CN=${subject}`, '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', cert],
    ]);
    expect(made.status).toBe(0);
    return cert;
  }
  const TLS = 'port: 0, tls: { cert: ./one.pem, key: ./one.key }';
  const trusting = { rejectUnauthorized: false, servername: 'localhost' };
  /** Who a new connection meets. */
  async function subjectAt(port: number): Promise<unknown> {
    const socket = tls.connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], ...trusting });
    await once(socket, 'secureConnect');
    expect(socket.alpnProtocol).toBe('h2');
    const { subject } = socket.getPeerCertificate();
    socket.destroy();
    return subject?.CN;
  }

  test('HTTP/2 by ALPN, HTTP/1.1 without it, and nothing in the clear', async () => {
    certify('one', 'first');
    write(TLS);
    const { listening } = await serveFile();
    expect(listening.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    const { port } = listening;
    const whole = await textOf(https.request({ port, host: '127.0.0.1', path: '/healthz', ...trusting, agent: false }));
    expect(whole).toEqual({ status: 200, text: '{"status":"ok"}' });
    const session = http2.connect(listening.url, trusting);
    const body = JSON.stringify({ model: 'echo/x', messages: [{ role: 'user', content: 'over two' }] });
    const stream = session.request({
      ':method': 'POST',
      ':path': '/v1/chat/completions',
      'content-type': 'application/json',
      // Without keys only a name of this machine is served.
      ':authority': `localhost:${port}`,
    });
    stream.end(body);
    let text = '';
    for await (const chunk of stream) text += chunk;
    expect(session.alpnProtocol).toBe('h2');
    expect(text).toContain('over two');
    session.close();
    const plain = http.request({ port, host: '127.0.0.1', path: '/healthz', agent: false }).end();
    await expect(once(plain, 'response')).rejects.toThrow();
  });

  test('a reload swaps the certificate for connections to come, and leaves the others alone', async () => {
    certify('one', 'first');
    write(TLS);
    const { live, listening } = await serveFile();
    const { port } = listening;
    const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });
    const ask = () => textOf(https.request({ port, host: '127.0.0.1', path: '/healthz', ...trusting, agent }));
    const [early] = (await Promise.all([
      once(agent, 'free').then(([socket]) => [socket as tls.TLSSocket]), // what https.Agent keeps
      ask(),
    ])) as unknown as [[tls.TLSSocket], unknown];
    expect(await subjectAt(port)).toBe('first');
    certify('one', 'second');
    await live.reload();
    expect(await subjectAt(port)).toBe('second');
    expect((await ask()).status).toBe(200);
    expect(early[0].getPeerCertificate().subject.CN).toBe('first');
    agent.destroy();

    writeFileSync(join(dir, 'one.pem'), 'nonsense');
    await expect(live.reload()).rejects.toMatchObject({ issues: [{ line: 2, path: 'server.tls.cert' }] });
    expect([live.version, await subjectAt(port)]).toEqual([2, 'second']);
  });

  test('a greeting that is never finished does not hold a shutdown up', async () => {
    certify('one', 'first');
    write(TLS);
    const { listening } = await serveFile();
    const silent = net.connect(listening.port, '127.0.0.1');
    const greeting = net.connect(listening.port, '127.0.0.1');
    for (const socket of [silent, greeting]) socket.on('error', () => {});
    await Promise.all([once(silent, 'connect'), once(greeting, 'connect')]);
    greeting.write(Buffer.from([0x16, 0x03, 0x01]));
    const idle = tls.connect({ port: listening.port, host: '127.0.0.1', ...trusting });
    await once(idle, 'secureConnect');
    const closed = [silent, greeting, idle].map((socket) => once(socket, 'close'));
    await listening.close();
    await Promise.all(closed);
  });

  test('a changed file is noticed where the configuration is watched', async () => {
    const [cert, key] = [join(dir, 'watched.pem'), join(dir, 'watched.key')];
    certify('watched', 'first');
    const program = await serveProgram(
      `providers: { echo: {} }\nserver: { port: 0, watch: true, tls: { cert: "${cert}", key: "${key}" } }\n`,
    );
    expect(program.url).toMatch(/^https:/);
    const port = Number(new URL(program.url).port);
    expect(await subjectAt(port)).toBe('first');
    await new Promise((later) => setTimeout(later, 1_000));
    certify('watched', 'second');
    await program.says(/"version":2,/);
    expect(await subjectAt(port)).toBe('second');
  });
});

describe('a Unix socket', () => {
  const path = join(dir, 't.sock');
  const ask = () =>
    textOf(http.request({ socketPath: path, path: '/healthz', headers: { host: 'localhost' }, agent: false }));

  test('is listened on by its owner alone, and is gone at the end', async () => {
    write(`host: "unix:${path}"`);
    const { listening } = await serveFile();
    expect(listening.url).toBe(`unix:${path}`);
    expect((await ask()).status).toBe(200);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await listening.close();
    expect(existsSync(path)).toBe(false);
  });

  test('with keys the group may connect too', async () => {
    write(`host: "unix:${path}"`, 'keys: [{ name: a, key: a-key-of-sixteen }]\n');
    await serveFile();
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  test('a reload cannot take the keys away from one that the group reaches', async () => {
    write(`host: "unix:${path}"`, 'keys: [{ name: a, key: a-key-of-sixteen }]\n');
    const { live } = await serveFile();
    write(`host: "unix:${path}"`);
    await expect(live.reload()).rejects.toMatchObject({
      issues: [
        { path: 'server.host', message: expect.stringMatching(/t\.sock until it is restarted: without "keys"/) },
      ],
    });
    expect(live.router.keys.required).toBe(true);
  });

  test('what a dead process has left is replaced; what is alive, or no socket, is not', async () => {
    const program = await serveProgram(`providers: { echo: {} }\nserver: { host: "unix:${path}" }\n`);
    expect(program.stdout()).toBe(`turnout listening on unix:${path}\n`);
    write(`host: "unix:${path}"`);
    await expect(serveFile()).rejects.toThrow(`cannot listen on unix:${path}: something else listens there`);
    expect((await ask()).status).toBe(200);
    program.child.kill('SIGKILL');
    await program.ended;
    expect(existsSync(path)).toBe(true);
    const { listening } = await serveFile();
    expect((await ask()).status).toBe(200);
    await listening.close();
    writeFileSync(path, 'precious');
    await expect(serveFile()).rejects.toThrow('or the file is no socket');
    expect(statSync(path).size).toBe(8);
    rmSync(path);
  });
});

test('a relative file stays the same one wherever the process goes', async () => {
  write('port: 0');
  const stood = process.cwd();
  process.chdir(dir);
  try {
    const live = await loadLive('turnout.yaml', { home, env: {} }, SILENT);
    process.chdir(tmpdir());
    write('port: 0, drain: 7s');
    expect(await live.reload()).toMatchObject({ version: 2, file: 'turnout.yaml' });
    expect(live.router.config).toMatchObject({ dir, server: { drainMs: 7_000 } });
    await live.close();
  } finally {
    process.chdir(stood);
  }
});

describe('what a reload cannot do', () => {
  const warningsOf = async (live: Live) =>
    (await live.reload()).warnings.map(({ path, message }) => `${path}: ${message}`);

  test('another host, another port, TLS: said each time, until the file says again what is', async () => {
    write('host: 127.0.0.1, port: 0');
    const { live, listening } = await serveFile();
    write('host: 127.0.0.2, port: 0');
    const moved = ['server.host: warning: the router goes on listening on 127.0.0.1: takes effect after a restart'];
    expect(await warningsOf(live)).toEqual(moved);
    expect(await warningsOf(live)).toEqual(moved);
    expect((await fetch(`${listening.url}/healthz`)).status).toBe(200);
    write('host: 127.0.0.1, port: 4199');
    expect(await warningsOf(live)).toEqual([expect.stringMatching(/^server\.port: warning: .*port 0: .*restart$/)]);
    write('host: 127.0.0.1, port: 0, drain: 1s, bodyLimit: 1KiB');
    expect(await warningsOf(live)).toEqual([]);
    const large = { method: 'POST', headers: { 'content-type': 'application/json' }, body: `"${'x'.repeat(2_000)}"` };
    expect((await fetch(`${listening.url}/v1/chat/completions`, large)).status).toBe(413);
  });

  test('open a router that the network reaches, whatever host the file names then', async () => {
    const keys = 'keys: [{ name: a, key: a-key-of-sixteen }]\n';
    write('host: 0.0.0.0, port: 0', keys);
    const { live } = await serveFile();
    write('host: 0.0.0.0, port: 0');
    await expect(live.reload()).rejects.toMatchObject({ issues: [{ path: 'server.host', line: 2 }] });
    write('host: 127.0.0.1, port: 0');
    await expect(live.reload()).rejects.toMatchObject({
      issues: [{ path: 'server.host', message: expect.stringMatching(/listens on 0\.0\.0\.0 until it is restarted/) }],
    });
    expect(live.router.keys.required).toBe(true);
  });
});
