// What the documents show is run: the commands of CONTRIBUTING, the YAML of README.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { loadRouter } from '../core/src/cli/index.ts';
import { SILENT } from '../core/src/observe/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
// Inside the repository, where what CONTRIBUTING makes finds its imports.
const dir = join(root, 'out', 'docs');
mkdirSync(dir, { recursive: true });
afterAll(() => rmSync(dir, { recursive: true }));

/** The fenced blocks of one language, without their indentation. */
function blocks(file: string, language: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
    ([, indent = '', body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

const load = (file: string, env: NodeJS.ProcessEnv) => loadRouter(file, { home: join(root, 'bin'), env }, SILENT);

describe('CONTRIBUTING', () => {
  const shell = blocks('CONTRIBUTING.md', 'sh').join('').trim().split('\n');
  const background: ChildProcess[] = [];
  afterAll(() => {
    // Each is the first of a group of its own: npm's children end with it.
    for (const { pid } of background) if (pid !== undefined) process.kill(-pid, 'SIGTERM');
  });

  test('a provider from nothing: every command, in its order', { timeout: 120_000 }, async () => {
    const [service, router] = [await freePort(), await freePort()];
    const { NODE_TEST_CONTEXT: _, ...outer } = process.env;
    const env = { ...outer, PORT: String(service), ACME_URL: `http://127.0.0.1:${service}/v1/generate` };
    const printed: Record<string, string> = {};
    for (const line of shell) {
      const command = line.replaceAll('out/acme', 'out/docs/acme').replaceAll('4180', String(router));
      if (command.endsWith(' &')) {
        const port = command.includes('serve') ? router : service;
        background.push(
          spawn('bash', ['-c', command.slice(0, -2)], { cwd: root, env, stdio: 'ignore', detached: true }),
        );
        await expect.poll(() => isOpen(port), { timeout: 30_000 }).toBe(true);
      } else {
        const { stdout } = await promisify(execFile)('bash', ['-c', command], { cwd: root, env });
        printed[line] = stdout;
      }
    }
    const said = (word: RegExp) => Object.entries(printed).find(([line]) => word.test(line))?.[1];
    expect(said(/plugin new/)).toMatch(/a provider called "acme"/);
    expect(said(/^npm test/)).toMatch(/fail 0/);
    expect(said(/ check /)).toMatch(/ok, 1 provider, 1 route/);
    expect(said(/ explain /)).toMatch(/acme\/grey/);
    expect(JSON.parse(said(/^curl/) ?? '')).toMatchObject({
      model: 'polly',
      choices: [{ message: { content: 'Hello there' }, finish_reason: 'stop' }],
    });
  });

  test('the tests of the kit that it names are there', () => {
    const kit = readFileSync(join(root, 'core/src/testing/conformance.ts'), 'utf8');
    const table = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8').match(/^ *\| `src\/.*$/gm) ?? [];
    const named = table.flatMap((row) =>
      [...(row.split('|')[3] ?? '').matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
    );
    expect(named.length).toBeGreaterThan(8);
    expect(named.filter((name) => !name.startsWith('status ') && !kit.includes(name))).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo; // it listens on a port
  await new Promise((closed) => server.close(closed));
  return port;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test.each([
  'README.md',
  'docs/bedrock.md',
  'docs/clients.md',
  'docs/observability.md',
  'docs/operations.md',
  'docs/routing.md',
])('the YAML of %s is sound', async (document) => {
  const shown = blocks(document, 'yaml');
  expect(shown.length).toBeGreaterThan(0);
  for (const [position, yaml] of shown.entries()) {
    const file = join(dir, `${position}.yaml`);
    writeFileSync(file, yaml);
    const router = await load(file, { TEAM_A_KEY: 'a-key-of-team-a', TEAM_A_SECRET: 'a-secret-of-team-a' });
    await router.close();
  }
});

test('no link between the documents leads nowhere', () => {
  const documents = [
    'README.md',
    'ARCHITECTURE.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/bedrock.md',
    'docs/clients.md',
    'docs/observability.md',
    'docs/operations.md',
    'docs/routing.md',
  ];
  const broken = documents.flatMap((document) => {
    const links = [...readFileSync(join(root, document), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)];
    const found = links.map(([, link = '']) => join(root, document, '..', link));
    return found.filter((file) => !existsSync(file));
  });
  expect(broken).toEqual([]);
});

test('the script of README starts a bedrock-local', async () => {
  const script = blocks('README.md', 'js').find((block) => block.includes('startBedrockLocal')) ?? '';
  writeFileSync(join(dir, 'local.mjs'), `${script}\nexport const { url } = local;\n`);
  const { url } = await import(join(dir, 'local.mjs'));
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  await expect(fetch(url)).rejects.toThrow();
});

test('README has no hole left', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).not.toMatch(/@@\w*@@/);
});
