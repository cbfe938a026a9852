// The program as a user runs it: in a process of its own, with its output and its exit code.
import { type ChildProcess, type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/turnout.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'turnout-cli-'));
// Also those of a test that has failed half way.
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(dir, { recursive: true });
});

const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
write('good.yaml', 'providers: { echo: {} }\nroutes: { parrot: echo/any, "p-*": echo/* }\n');
write('bad.yaml', 'providers:\n  echo: { volume: 11 }\nroutes: { parrot: ecko/any }\nserver: { prot: 1 }\n');

function start(...args: string[]): ChildProcessWithoutNullStreams {
  const child = spawn(process.execPath, [bin, ...args], { cwd: dir, env: { PATH: process.env.PATH ?? '', HOME: dir } });
  children.push(child);
  return child;
}

/** Runs to the end. */
async function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = start(...args);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, stdout, stderr };
}

test('--help, with and without a command, exits 0', async () => {
  for (const args of [['--help'], ['serve', '--help']]) {
    const { code, stdout, stderr } = await run(...args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/turnout serve [\s\S]*turnout check [\s\S]*turnout explain [\s\S]*--version/);
  }
});

test.each([
  ['an unknown command', ['dance'], /there is no command "dance"/],
  ['an unknown option', ['check', '--confg', 'x'], /--confg/],
  ['no file', ['check'], /--config FILE is missing/],
  ['a file that is not there', ['check', '--config', 'none.yaml'], /none\.yaml/],
  ['a port that is none', ['serve', '--config', 'good.yaml', '--port', '99999'], /not a port number/],
  ['explain without a model', ['explain', '--config', 'good.yaml'], /one model name/],
  ['explain of an unknown model', ['explain', 'parot', '--config', 'good.yaml'], /close names: parrot/],
  ['a word too many', ['check', '--config', 'good.yaml', 'bad.yaml'], /check takes no "bad.yaml"/],
  ['a log that is not there', ['explain', '--replay', 'none.log', '--config', 'good.yaml'], /none\.log .*no such file/],
  ['a log that is a folder', ['explain', '--replay', '.', '--config', 'good.yaml'], /it is a folder/],
  [
    'a request that is not there',
    ['explain', '--request', 'no.json', '--config', 'good.yaml'],
    /no\.json .*no such file/,
  ],
])('%s: to stderr, exit 1', async (_name, args, message) => {
  const { code, stdout, stderr } = await run(...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
});

test('check: ok, or everything that is wrong, by the name the user gave', async () => {
  expect(await run('check', '--config', 'good.yaml')).toEqual({
    code: 0,
    stdout: 'good.yaml: ok, 1 provider, 2 routes\n',
    stderr: '',
  });
  const { code, stderr } = await run('check', '--config', 'bad.yaml');
  expect(code).toBe(1);
  expect(stderr).toBe(
    [
      'bad.yaml:2:11  providers.echo.volume: unknown key',
      '      2 |   echo: { volume: 11 }',
      '        |           ^^^^^^',
      'bad.yaml:3:19  routes.parrot: unknown provider, did you mean "echo"?',
      '      3 | routes: { parrot: ecko/any }',
      '        |                   ^^^^^^^^',
      'bad.yaml:4:11  server.prot: unknown key, did you mean "port"?',
      '      4 | server: { prot: 1 }',
      '        |           ^^^^',
      '',
    ].join('\n'),
  );
});

test('a provider whose create() throws is an error at its line', async () => {
  write(
    'throws.ts',
    "export default { name: 'throws', contract: 1, config: { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } }, create() { throw new Error('no such region'); } };",
  );
  write('throws.yaml', 'providers:\n  echo: {}\n  far:\n    plugin: ./throws.ts\n');
  const { code, stderr } = await run('check', '--config', 'throws.yaml');
  expect(code).toBe(1);
  expect(stderr).toMatch(/^throws\.yaml:\d:\d+ {2}providers\.far: no such region\n/);
});

/** A log of so many kinds of requests, and what `explain` makes of it. */
function replayed(file: string, models: readonly string[]): string[] {
  const lines = models.map((model) => JSON.stringify({ model, protocol: 'openai-chat', status: 200, msg: 'request' }));
  const text = lines.join('\n');
  writeFileSync(join(dir, file), file.endsWith('.gz') ? gzipSync(text) : text);
  return ['explain', '--config', 'good.yaml', '--replay', file];
}
const many = Array.from({ length: 3_000 }, (_, at) => `p-${at}`);

describe('what is printed', () => {
  test('reaches a slow reader to its end', async () => {
    const child = start(...replayed('many.log', many), '--json');
    await once(child.stdout, 'readable');
    // Longer than it takes to say all of it; the pipe holds 64 KiB.
    await new Promise((later) => setTimeout(later, 1_500));
    const chunks = await child.stdout.toArray();
    expect(JSON.parse(Buffer.concat(chunks).toString()).groups).toHaveLength(many.length);
  });

  test('to a reader that leaves ends in silence', async () => {
    const child = start(...replayed('many.log', many), '--json');
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    const [code] = await once(child, 'close');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('holds nothing that a terminal would obey', async () => {
    const args = replayed('evil.log', ['\u001b[2J\u009b31m\u202e\r\nforged']);
    const shown = '\\u001b[2J\\u009b31m\\u202e\\u000d\\u000aforged (no key, openai-chat)';
    expect((await run(...args)).stdout).toContain(shown);
    const { stdout } = await run(...args, '--json');
    expect(stdout).not.toMatch(/(?!\n)[\p{Cc}\p{Bidi_Control}]/u);
    expect(JSON.parse(stdout).groups[0].model).toBe('\u001b[2J\u009b31m\u202e\r\nforged');
    expect((await run('explain', '--config', '\u001b[2J.yaml', 'x')).stderr).toContain('\\u001b[2J.yaml');
  });
});

test('a log may be compressed', async () => {
  const { stdout } = await run(...replayed('old.log.gz', ['p-1', 'nope']));
  expect(stdout).toContain('2 requests of 2 kinds');
  write('no.log.gz', 'not compressed');
  const { code, stderr } = await run('explain', '--config', 'good.yaml', '--replay', 'no.log.gz');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'turnout: no.log.gz cannot be read: it is no whole gzip file\n',
  });
});

test('explain, as text and as JSON', async () => {
  const text = await run('explain', 'p-7', '--config', 'good.yaml');
  expect(text.code).toBe(0);
  expect(text.stdout).toMatch(/^p-7: .*"p-\*".*good\.yaml:2\)\.?\n[\s\S]*\n {2}1\. echo\/7\n/);
  const json = await run('explain', 'parrot', '--config', 'good.yaml', '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ route: 'parrot', line: 2, targets: [{ target: 'echo/any' }] });
});

describe('serve', () => {
  async function serving(...args: string[]) {
    const child = start('serve', '--config', 'good.yaml', ...args);
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    await expect.poll(() => stdout, { timeout: 10_000 }).toMatch(/\n/);
    return { child, url: /listening on (\S+)/.exec(stdout)?.[1] ?? '', output: () => stdout };
  }
  const ask = (url: string) =>
    fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'parrot', messages: [{ role: 'user', content: 'hello' }] }),
    });

  test('prints one line on stdout, answers, and ends cleanly at SIGTERM', async () => {
    const { child, url, output } = await serving('--port', '0');
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    expect((await ask(url)).status).toBe(200);
    child.kill('SIGTERM');
    expect(await once(child, 'close')).toEqual([0, null]);
    expect(output()).toBe(`turnout listening on ${url}\n`);
    // The log, gathered before it is written, is not lost at the end.
    expect(
      stderr
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toMatchObject([{ msg: 'request', status: 200 }]);
  });

  test('a signal that comes twice at once is one signal: what runs finishes', async () => {
    write(
      'slow.ts',
      `export default { name: 'slow', contract: 1, config: { '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } },
        create: () => ({
          plan: (request) => ({ resolution: { model: request.model, endpoint: 'none', auth: 'none', reasons: [] }, losses: [], wire: undefined }),
          generate: async (request) => {
            await new Promise((later) => setTimeout(later, 600));
            return { id: 'a', model: request.model, blocks: [{ block: { type: 'text' }, text: 'done' }], finish: { type: 'finish', reason: 'stop', rawReason: 'end', usage: { inputTokens: 1, outputTokens: 1, totalTokens: 2 } } };
          },
          async *stream() {},
        }) };`,
    );
    write('slow.yaml', 'providers: { slow: { plugin: ./slow.ts } }\nroutes: { parrot: slow/any }\n');
    const child = start('serve', '--config', 'slow.yaml', '--port', '0');
    let stdout = '';
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    await expect.poll(() => stdout, { timeout: 10_000 }).toMatch(/\n/);
    const asking = ask(/listening on (\S+)/.exec(stdout)?.[1] ?? '');
    await new Promise((later) => setTimeout(later, 200));
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGTERM'] as const) child.kill(signal);
    expect((await asking).status).toBe(200);
    expect(await once(child, 'close')).toEqual([0, null]);
  });

  test.skipIf(!existsSync('/dev/full'))('a log that cannot be written does not stop the service', async () => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [bin, 'serve', '--config', 'good.yaml', '--port', '0'], {
      cwd: dir,
      env: { PATH: process.env.PATH ?? '' },
      stdio: ['ignore', 'pipe', full],
    });
    children.push(child);
    let stdout = '';
    child.stdout?.on('data', (chunk) => {
      stdout += chunk;
    });
    await expect.poll(() => stdout, { timeout: 10_000 }).toMatch(/\n/);
    const url = /listening on (\S+)/.exec(stdout)?.[1] ?? '';
    for (let n = 0; n < 4; n++) {
      expect((await ask(url)).status).toBe(200);
      // Beyond the time for which lines are gathered, so that each is tried and fails.
      await new Promise((later) => setTimeout(later, 300));
    }
    child.kill('SIGTERM');
    await once(child, 'close');
    closeSync(full);
  });

  test('a port in use is said in words', async () => {
    const taken = createServer();
    await new Promise<void>((ready) => taken.listen(0, '127.0.0.1', ready));
    const { port } = taken.address() as { port: number };
    const { code, stderr } = await run('serve', '--config', 'good.yaml', '--port', String(port));
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot listen on 127\.0\.0\.1 port \d+: something else listens there/);
    taken.close();
  });
});
