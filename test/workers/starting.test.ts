// How several workers begin, and how they end when nothing else is left.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { endPrograms, serveProgram } from '../reload/program.ts';
import { chat, workersOf } from './house.ts';
import { LOCAL_PLUGIN } from './plugin.ts';

vi.setConfig({ testTimeout: 30_000 });
const dir = mkdtempSync(join(tmpdir(), 'turnout-workers-'));
afterAll(async () => {
  await endPrograms();
  rmSync(dir, { recursive: true });
});
const bin = fileURLToPath(new URL('../../bin/turnout.ts', import.meta.url));
const mark = () => join(dir, randomUUID());

const yaml = (settings = '', server = 'port: 0') =>
  `server: { ${server}, workers: 2 }\nproviders: { local: { plugin: ./local.ts${settings} } }\n`;

/** Runs a command to its end. */
function run(command: string, text: string) {
  writeFileSync(join(dir, 'local.ts'), LOCAL_PLUGIN);
  writeFileSync(join(dir, 'turnout.yaml'), text);
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, command, '--config', 'turnout.yaml'], {
    cwd: dir,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

test('what is wrong at the start is said once, and nothing is left: a provider that refuses', () => {
  const { status, stdout, stderr } = run('serve', yaml(`, refuse: "${mark()}"`));
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^turnout\.yaml:2:21 {2}providers\.local: this one does not want to\n.*\n.*\n$/);
});

test('… a port that is taken', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port
  const { status, stdout, stderr } = run('serve', yaml('', `port: ${port}`));
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toBe(
    `turnout: cannot listen on 127.0.0.1 port ${port}: something else listens there; choose another with --port or server.port (0 picks a free one)\n`,
  );
  server.close();
});

test('… a worker that ends before it serves', () => {
  const { status, stdout, stderr } = run('serve', yaml(`, end: "${mark()}"`));
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(/^turnout: worker \d has ended \(signal SIGKILL\)\n$/);
});

test('check warns of limits that cannot be divided', () => {
  const { status, stderr } = run('check', yaml(', concurrency: { max: 1 }'));
  expect(status).toBe(0);
  expect(stderr).toContain('turnout.yaml:2:');
  expect(stderr).toContain(
    'providers.local.concurrency.max: warning: 1 cannot be divided among 2 workers: each takes 1, which makes 2',
  );
});

test('when nobody comes to serve any more, it gives up with exit code 1', async () => {
  const sign = mark();
  const program = await serveProgram(yaml(`, endsWith: "${sign}"`), { 'local.ts': LOCAL_PLUGIN });
  writeFileSync(sign, '');
  for (const pid of workersOf(program)) process.kill(pid, 'SIGKILL');
  expect(await program.ended).toEqual([1, null]);
  expect(program.stderr().match(/a worker has not come to serve/g)?.length).toBeGreaterThanOrEqual(5);
});

test('a second signal ends all at once, and when the primary is killed no worker stays', async () => {
  const streaming = async () => {
    const program = await serveProgram(yaml(), { 'local.ts': LOCAL_PLUGIN });
    const begun = Promise.withResolvers<void>();
    const stream = chat(program.url, 'words-1000', { stream: true, onBegin: begun.resolve });
    stream.catch(() => {}); // it breaks
    await begun.promise;
    return { program, workers: workersOf(program), stream };
  };
  const [one, other] = await Promise.all([streaming(), streaming()]);
  one.program.child.kill('SIGTERM');
  // Within a moment it is the same signal, sent by more than one.
  await wait(1_200);
  one.program.child.kill('SIGINT');
  other.program.child.kill('SIGKILL');
  expect(await one.program.ended).toEqual([1, null]);
  expect(await other.program.ended).toEqual([null, 'SIGKILL']);
  for (const { stream, workers } of [one, other]) {
    await expect(stream).rejects.toThrow();
    for (const pid of workers) await expect.poll(() => isAlive(pid)).toBe(false);
  }
});

/** One that has ended, and whose end nobody has asked for, is a zombie. */
function isAlive(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
