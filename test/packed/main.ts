// The packages as they are published: packed, installed from their tarballs outside of the workspace, and used there by each Node that
// we promise. `pnpm test:packed` [22 24 …]: prints one line for each Node, exits 1 when something does not hold.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, listening, type Node, run, stopAll } from './program.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NODES = ['22.19.0', '22', '24', '26'];
const HERE: Node = { path: process.execPath, version: process.versions.node };

interface Packed {
  readonly name: string;
  readonly tarball: string;
}

function expect(holds: boolean, message: string): asserts holds {
  if (!holds) throw new Error(message);
}

const read = (file: string) => JSON.parse(readFileSync(file, 'utf8'));

/** Packs core, every plugin and the program itself. */
async function packAll(to: string): Promise<Packed[]> {
  const plugins = readdirSync(join(root, 'plugins')).map((name) => join('plugins', name));
  const folders = ['core', ...plugins, '.'].filter(
    (folder) => folder === '.' || existsSync(join(root, folder, 'src/index.ts')),
  );
  const packed: Packed[] = [];
  for (const folder of folders) {
    const before = new Set(readdirSync(to));
    const built = join(root, folder, 'dist');
    const wasBuilt = existsSync(built);
    try {
      await run(HERE, join(root, folder), ['npx', '--yes', 'pnpm@12', 'pack', '--pack-destination', to]);
    } finally {
      if (!wasBuilt) rmSync(built, { recursive: true, force: true });
    }
    const [tarball] = readdirSync(to).filter((file) => !before.has(file));
    expect(tarball !== undefined, `nothing was packed in ${folder}`);
    packed.push({ name: read(join(root, folder, 'package.json')).name, tarball: join(to, tarball) });
  }
  return packed;
}

/** The Node of a version, found through npx. */
async function nodeOf(version: string): Promise<Node> {
  const print = 'process.execPath + " " + process.versions.node';
  const out = await run(HERE, tmpdir(), ['npx', '--yes', `--package=node@${version}`, '-c', `node -p '${print}'`]);
  const [path = '', exact = ''] = (out.trim().split('\n').at(-1) ?? '').split(' ');
  return { path, version: exact };
}

/** Installs tarballs into a folder that has nothing to do with the workspace. */
async function install(node: Node, folder: string, tarballs: readonly string[]): Promise<void> {
  const flags = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'];
  await run(node, folder, ['npm', 'install', ...flags, ...tarballs]);
}

/** Every file that a package's manifest promises is there, can be imported, and nothing of our tests came along. */
async function checkExports(node: Node, folder: string, { name }: Packed): Promise<number> {
  const home = join(folder, 'node_modules', name);
  const { exports = {}, bin = {} } = read(join(home, 'package.json'));
  const targets: string[] = [...Object.values<{ types: string; default: string }>(exports), bin].flatMap(Object.values);
  for (const target of targets)
    expect(existsSync(join(home, target)), `${name} promises ${target}, which is not packed`);
  const files = readdirSync(home, { recursive: true, encoding: 'utf8' });
  const tests = files.filter((file) => /\.test\.\w+$/.test(file) && !/^scaffold|node_modules/.test(file));
  expect(tests.length === 0, `${name} is packed with tests: ${tests.join(', ')}`);
  for (const path of Object.keys(exports)) {
    await run(node, folder, ['node', '--input-type=module', '-e', `await import(${JSON.stringify(join(name, path))})`]);
  }
  return targets.length;
}

/** Runs node:test files and counts what passed. */
async function kit(node: Node, folder: string, command: readonly string[]): Promise<number> {
  const printed = await run(node, folder, command);
  const count = (word: string) => Number(new RegExp(`^. ${word} (\\d+)$`, 'm').exec(printed)?.[1] ?? Number.NaN);
  expect(count('fail') === 0 && count('pass') > 2, printed);
  return count('pass');
}

const ECHO_KIT = `import { test } from 'node:test';
import echo from '@turnout/plugin-echo';
import { testProvider } from '@turnout/core/testing';

testProvider({ plugin: echo, config: () => ({}), model: 'echo', fixtures: [{ name: 'an echo' }] }, test);
`;

/** The packed openai-local, as a program. */
const OPENAI_LOCAL = `import { startOpenaiLocal } from '@turnout/plugin-openai/local';

const { url } = await startOpenaiLocal();
console.log('openai-local listens on ' + url);
`;

const YAML = `providers:
  echo: {}
  openai: { baseUrl: "\${OPENAI_URL}" }
  acme: { plugin: turnout-plugin-acme, url: "\${ACME_URL}/v1/generate", apiKey: none-needed }
routes:
  parrot: echo/echo
  polly: acme/grey
  gpt: openai/gpt-4o-mini
`;

/** Makes a plugin with the installed program, tests it, packs it. */
async function scaffold(
  node: Node,
  folder: string,
  packed: readonly Packed[],
): Promise<{ tests: number; tarball: string }> {
  await run(node, folder, ['npx', 'turnout', 'plugin', 'new', 'acme']);
  const plugin = join(folder, 'turnout-plugin-acme');
  await install(
    node,
    plugin,
    packed.map(({ tarball }) => tarball),
  );
  const tests = await kit(node, plugin, ['npm', 'test', '--silent']);
  await run(node, plugin, ['npm', 'run', 'types']);
  await run(node, plugin, ['npm', 'run', 'check']);
  await run(node, plugin, ['npm', 'pack', '--silent']);
  return { tests, tarball: join(plugin, 'turnout-plugin-acme-0.1.0.tgz') };
}

/** Everything with one Node; the line that tells of it. */
async function checkNode(node: Node, work: string, packed: readonly Packed[]): Promise<string> {
  const folder = join(work, `node-${node.version}`);
  mkdirSync(folder);
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await install(
    node,
    folder,
    packed.map(({ tarball }) => tarball),
  );
  let targets = 0;
  for (const one of packed) targets += await checkExports(node, folder, one);

  writeFileSync(join(folder, 'echo.test.js'), ECHO_KIT);
  const echoTests = await kit(node, folder, ['node', '--test', 'echo.test.js']);
  const acme = await scaffold(node, folder, packed);
  await install(node, folder, [acme.tarball]);

  writeFileSync(join(folder, 'turnout.yaml'), YAML);
  const service = ['node', join('turnout-plugin-acme', 'src', 'service.ts')];
  const ACME_URL = await listening(node, folder, service, { PORT: '0' });
  writeFileSync(join(folder, 'openai-local.js'), OPENAI_LOCAL);
  const local = await listening(node, folder, ['node', 'openai-local.js']);
  const env = { ACME_URL, OPENAI_URL: `${local.replace(/\/v1$/, '')}/v1` };
  const bin = join(folder, 'node_modules', '.bin', 'turnout');
  const router = await listening(node, folder, [bin, 'serve', '--config', 'turnout.yaml', '--port', '0'], env);
  const quickstart = await listening(node, folder, [bin, '--port', '0']);
  const said = 'Hello railway';
  expect((await ask(router, 'parrot', said)) === said, 'echo does not echo');
  expect((await ask(router, 'polly', said)) === said, 'the plugin that was made does not answer');
  expect((await ask(quickstart, 'claude', said)) !== '', 'the quickstart does not answer');
  expect((await ask(router, 'gpt', said)) !== '', 'openai does not answer');
  await stopAll();
  const variables = Object.entries(env).map((entry) => entry.join('='));
  const checked = await run(node, folder, ['env', ...variables, bin, 'check', '--config', 'turnout.yaml']);
  return `${packed.length} tarballs, ${targets} exported files, kit of echo ${echoTests} and of a new plugin ${acme.tests} passed, serve and the quickstart answer; ${checked.trim()}`;
}

/** Prints what holds and what does not; the exit code. */
async function main(versions: readonly string[]): Promise<number> {
  const work = mkdtempSync(join(tmpdir(), 'turnout-packed-'));
  let code = 0;
  const attempt = async (what: string, body: () => Promise<void>): Promise<void> => {
    try {
      await body();
    } catch (error) {
      code = 1;
      console.log(`${what}: FAILED: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  let packed: readonly Packed[] = [];
  await attempt('packing', async () => {
    packed = await packAll(work);
  });
  for (const version of packed.length > 0 ? versions : []) {
    await attempt(`node ${version}`, async () => {
      const node = await nodeOf(version);
      console.log(`node v${node.version}: ${await checkNode(node, work, packed)}`);
    });
    await attempt(`node ${version}, its end`, stopAll);
  }
  rmSync(work, { recursive: true });
  return code;
}

const wanted = process.argv.slice(2);
process.exit(await main(wanted.length > 0 ? wanted : NODES));
