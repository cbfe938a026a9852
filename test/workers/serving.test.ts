// `server.workers` with real processes: what is asked of one is answered for all.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the file, not of templates
import { randomUUID } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { endPrograms, type Program, serveProgram } from '../reload/program.ts';
import { type Answer, askAround, chat, linesOf, metric, request, said, workersOf } from './house.ts';
import { LOCAL_PLUGIN } from './plugin.ts';

// Each program is three processes, and the machine may be busy.
vi.setConfig({ testTimeout: 30_000 });
afterAll(endPrograms);
const FILES = { 'local.ts': LOCAL_PLUGIN, 'secret.txt': 'first' };
const mark = () => join(tmpdir(), `turnout-workers-${randomUUID()}`);

const yaml = (settings = '', server = '') =>
  `server: { port: 0, workers: 2${server} }
providers: { local: { plugin: ./local.ts, secret: "\${file:secret.txt}"${settings}, retry: { attempts: 1 }, breaker: { failures: 100 } } }
`;

interface Reload {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function reload(program: Program, text: string): Promise<Reload> {
  program.write('turnout.yaml', text);
  const { status, text: answer } = await request(program.url, '/admin/reload');
  return { status, body: JSON.parse(answer) };
}

describe('two workers', () => {
  let started: Promise<Program> | undefined;
  const running = () => {
    started ??= serveProgram(yaml(), FILES);
    return started;
  };

  test('both serve on the one port, and say in each line which they are', async () => {
    const program = await running();
    expect(program.stdout().match(/listening/g)).toHaveLength(1);
    const pids = await askAround(program.url);
    expect(pids).toEqual(new Set(workersOf(program)));
    expect(pids.size).toBe(2);
    const workers = () => linesOf(program).flatMap(({ worker, msg }) => (msg === 'request' ? [worker] : []));
    await expect.poll(() => new Set(workers())).toEqual(new Set([1, 2]));
  });

  test('any of them tells what all have counted, and what each process costs', async () => {
    const { url } = await running();
    const before = await metric(url, 'turnout_requests_total');
    await askAround(url, 8);
    for (let asked = 0; asked < 3; asked++) {
      await expect.poll(() => metric(url, 'turnout_requests_total')).toBe(before + 8);
    }
    expect(await metric(url, 'gen_ai_server_request_duration_seconds_count')).toBe(before + 8);
    expect(await metric(url, 'turnout_config_version')).toBe(1);
    for (const worker of ['1', '2', 'primary']) {
      expect(await metric(url, 'process_resident_memory_bytes', `worker="${worker}"`)).toBeGreaterThan(1e6);
    }
  });

  test('explain says how the breaker of a target stands in each', async () => {
    const { url } = await running();
    // Each over a connection of its own: they are given to the workers in turn.
    for (let n = 0; n < 4; n++) expect((await chat(url, 'fail')).status).toBeGreaterThanOrEqual(500);
    const { text } = await request(url, '/admin/explain', { body: { model: 'local/fail' } });
    const { workers } = JSON.parse(text);
    expect(workers).toMatchObject([
      { worker: 1, targets: [{ target: 'local/fail', breaker: { state: 'closed', failures: expect.any(Number) } }] },
      { worker: 2, targets: [{ target: 'local/fail', breaker: { state: 'closed', failures: expect.any(Number) } }] },
    ]);
  });

  test('a reload is in force in all of them when it is answered, with secrets that were read once', async () => {
    const program = await running();
    program.write('secret.txt', 'second');
    expect(await reload(program, yaml())).toEqual({
      status: 200,
      body: {
        version: 2,
        file: expect.stringMatching(/turnout\.yaml$/),
        providers: { kept: [], created: ['local'], closed: ['local'] },
        warnings: [],
      },
    });
    const answers = await Promise.all(Array.from({ length: 6 }, () => chat(program.url, 'secret')));
    expect(answers.map(said)).toEqual(Array.from({ length: 6 }, () => 'second'));
    expect(await metric(program.url, 'turnout_config_version')).toBe(2);
  });

  test('when one of them refuses, none has changed, and the place of the error is told', async () => {
    const program = await running();
    program.write('secret.txt', 'third');
    const refused = await reload(program, yaml(`, refuse: "${mark()}"`));
    expect(refused).toMatchObject({
      status: 422,
      body: {
        error: { code: 'invalid_configuration' },
        issues: [{ line: 2, path: 'providers.local', message: 'this one does not want to' }],
      },
    });
    const broken = await reload(program, `${yaml()}nonsense: 1\n`);
    expect(broken).toMatchObject({ status: 422, body: { issues: [{ line: 3, path: 'nonsense' }] } });
    const answers = await Promise.all(Array.from({ length: 6 }, () => chat(program.url, 'secret')));
    expect(new Set(answers.map(said))).toEqual(new Set(['second']));
    expect(await metric(program.url, 'turnout_config_version')).toBe(2);
    expect(await metric(program.url, 'turnout_config_reload_failures_total')).toBe(2);
    expect(await metric(program.url, 'turnout_config_last_reload_successful')).toBe(0);
  });

  test('what only a restart can change is said, or refused where the workers would differ', async () => {
    const program = await running();
    expect(await reload(program, yaml().replace('workers: 2', 'workers: 3'))).toMatchObject({
      status: 200,
      body: { warnings: [{ path: 'server.workers' }] },
    });
    const { key, cert } = { key: 'key.pem', cert: 'cert.pem' };
    expect(await reload(program, yaml('', `, tls: { cert: ${cert}, key: ${key} }`))).toMatchObject({
      status: 422,
      body: { issues: [{ path: 'server.tls' }] },
    });
    expect(workersOf(program)).toHaveLength(2);
  });

  test('one that dies while it builds the next refuses it for all, and is replaced with what is at work', async () => {
    const program = await running();
    const before = workersOf(program);
    // Not asked of a worker: it might be the one.
    program.write('turnout.yaml', yaml(`, note: new, end: "${mark()}"`));
    program.child.kill('SIGHUP');
    await program.says(/turnout: nothing has changed: worker \d has ended \(signal SIGKILL\)\nturnout: not reloaded/);
    await program.says(/taken the place/);
    expect(workersOf(program).filter((pid) => !before.includes(pid))).toHaveLength(1);
    expect(await askAround(program.url)).toEqual(new Set(workersOf(program)));
    const answers = await Promise.all(Array.from({ length: 6 }, () => chat(program.url, 'secret')));
    expect(new Set(answers.map(said))).toEqual(new Set(['third']));
  });

  test('one that is killed is replaced, gets the version at work, and the others go on meanwhile', async () => {
    const program = await running();
    // A stream at each.
    let begun = 0;
    const ask = () => chat(program.url, 'words-60', { stream: true, onBegin: () => begun++ });
    const streams = [ask(), ask()];
    await expect.poll(() => begun).toBe(2);
    const [first = 0, second = 0] = workersOf(program);
    const total = await metric(program.url, 'turnout_requests_total');
    const since = program.stderr().length;
    process.kill(first, 'SIGKILL');
    const ends = await Promise.allSettled(streams);
    const whole = ends.filter((end) => end.status === 'fulfilled' && end.value.text.match(/word /g)?.length === 60);
    expect(whole).toHaveLength(1);
    await program.says(/a worker has ended.*\n[\s\S]*taken the place/, since);
    expect(program.stderr().slice(since)).toContain('signal SIGKILL');
    const served = await askAround(program.url);
    expect(served.size).toBe(2);
    expect(served).toContain(second);
    // What the one had counted that is no more is still there.
    expect(await metric(program.url, 'turnout_requests_total')).toBeGreaterThanOrEqual(total);
    // The version goes on from where it was, everywhere.
    const version = await metric(program.url, 'turnout_config_version');
    expect((await reload(program, yaml())).body.version).toBe(version + 1);
    const answers = await Promise.all(Array.from({ length: 6 }, () => chat(program.url, 'secret')));
    expect(new Set(answers.map(said))).toEqual(new Set(['third']));
  });

  test('reloads under load cost no request', async () => {
    const program = await running();
    let over = false;
    const answers: string[] = [];
    const clients = Array.from({ length: 4 }, async () => {
      while (!over) {
        const { status, text } = await chat(program.url, 'words-2', { stream: true });
        answers.push(`${status} ${text.match(/word /g)?.length} ${/\[DONE\]\s*$/.test(text)}`);
      }
    });
    const versions: unknown[] = [];
    for (let n = 0; n < 10; n++) versions.push((await reload(program, yaml(`, note: ${n}`))).body.version);
    over = true;
    await Promise.all(clients);
    expect(new Set(answers)).toEqual(new Set(['200 2 true']));
    expect(versions).toEqual(versions.map((_, n) => Number(versions[0]) + n));
  });

  test('SIGTERM lets the streams of both come to their end, and the exit code is 0', async () => {
    const program = await running();
    let begun = 0;
    const ask = () => chat(program.url, 'words-50', { stream: true, onBegin: () => begun++ });
    const streams = Promise.all(Array.from({ length: 6 }, ask));
    await expect.poll(() => begun).toBe(6);
    const workers = workersOf(program);
    // As a supervisor does: everybody gets it, and it is handled once.
    for (const pid of [program.child.pid ?? 0, ...workers]) process.kill(pid, 'SIGTERM');
    for (const { status, text } of await streams) {
      expect(status).toBe(200);
      expect(text.match(/word /g)).toHaveLength(50);
      expect(text).toMatch(/\[DONE\]\s*$/);
    }
    expect(await program.ended).toEqual([0, null]);
    await expect(chat(program.url, 'pid')).rejects.toThrow(/ECONNREFUSED/);
    // All that was written by three processes is there, in whole lines.
    const lines = program
      .stderr()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('turnout: '));
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
  });
});

test('limits of keys and the concurrency of providers are divided', async () => {
  const limited = { authorization: 'Bearer some-long-key' };
  const free = { authorization: 'Bearer another-long-key' };
  const program = await serveProgram(
    `server: { host: "unix:./turnout.sock", workers: 2 }
keys:
  - { name: a, key: some-long-key, limits: { rpm: 7 } }
  - { name: b, key: another-long-key }
providers: { local: { plugin: ./local.ts, secret: x, concurrency: { max: 3, queue: 0 }, retry: { attempts: 1 } } }
`,
    FILES,
  );
  const { url, dir } = program;
  // The permissions are those that a single process gives its socket: there are keys, so the user's group may connect.
  expect(url).toBe(`unix:${join(dir, 'turnout.sock')}`);
  expect(statSync(join(dir, 'turnout.sock')).mode & 0o777).toBe(0o660);
  // One after the other they are given to the workers in turn: five to each, of which one lets four in, and the other three.
  const statuses: number[] = [];
  for (let n = 0; n < 10; n++) statuses.push((await chat(url, 'pid', { headers: limited })).status);
  expect(statuses.toSorted()).toEqual([...Array(7).fill(200), ...Array(3).fill(429)]);
  // Two at a time at the one worker, one at the other.
  const streams: Promise<Answer>[] = [];
  for (let n = 0; n < 6; n++) {
    const begun = Promise.withResolvers<void>();
    streams.push(chat(url, 'words-40', { headers: free, stream: true, onBegin: begun.resolve }));
    await begun.promise;
  }
  const ends = (await Promise.all(streams)).map(({ status }) => status);
  expect(ends.toSorted()).toEqual([200, 200, 200, 503, 503, 503]);
  program.child.kill('SIGTERM');
  expect(await program.ended).toEqual([0, null]);
  expect(() => statSync(join(dir, 'turnout.sock'))).toThrow(/ENOENT/);
});

test('TLS, and a file that is watched: each change is one reload for all, and a hang-up is another', async () => {
  const pem = readFileSync(new URL('../../core/src/host/fixtures/localhost-test-only.pem', import.meta.url), 'utf8');
  const text = (secret: string) =>
    `server: { port: 0, workers: 2, watch: true, tls: { cert: both.pem, key: both.pem } }
providers: { local: { plugin: ./local.ts, secret: ${secret} } }
`;
  const program = await serveProgram(text('first'), { ...FILES, 'both.pem': pem });
  expect(program.url).toMatch(/^https:/);
  expect((await askAround(program.url)).size).toBe(2);
  program.write('turnout.yaml', text('second'));
  await program.says(/configuration reloaded/);
  const answers = await Promise.all(Array.from({ length: 6 }, () => chat(program.url, 'secret')));
  expect(new Set(answers.map(said))).toEqual(new Set(['second']));
  program.child.kill('SIGHUP');
  await expect.poll(() => metric(program.url, 'turnout_config_version')).toBe(3);
  const reloads = () => linesOf(program).filter(({ msg }) => msg === 'configuration reloaded').length;
  await expect.poll(reloads).toBe(2);
});
