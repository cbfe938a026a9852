// `turnout plugin new`: what it makes is right as it stands, outside of this repository too, and it overwrites nothing.
import { execFile } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test, vi } from 'vitest';
import { run as runHere } from '../../core/src/cli/index.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'turnout-new-')));
afterAll(() => rmSync(dir, { recursive: true }));

/** Runs a Node program in a folder, to its end. */
async function run(cwd: string, ...args: string[]): Promise<{ code: number; text: string }> {
  // A test inside of a test: without this, node:test would speak to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  return new Promise((done) => {
    execFile(process.execPath, args, { cwd, env }, (error, stdout, stderr) => {
      done({ code: Number(error?.code ?? 0), text: `${stdout}${stderr}` });
    });
  });
}

const turnout = (...args: string[]) => run(dir, join(root, 'bin', 'turnout.ts'), ...args);

/** What `npm install` would put there. */
function link(folder: string): void {
  const packages = { '@turnout/core': 'core', zod: 'core/node_modules/zod', '@types/node': 'node_modules/@types/node' };
  for (const [name, place] of Object.entries(packages)) {
    mkdirSync(join(folder, 'node_modules', name, '..'), { recursive: true });
    symlinkSync(join(root, place), join(folder, 'node_modules', name));
  }
}

test('the package passes the kit, has sound types, and is sound in a router', async () => {
  const { code, text } = await turnout('plugin', 'new', 'my-parrot-2');
  expect({ code, text }).toMatchObject({ code: 0, text: expect.stringContaining('npm test') });
  const folder = join(dir, 'turnout-plugin-my-parrot-2');
  link(folder);
  const kit = await run(folder, '--test', '--test-reporter=spec', 'src/**/*.test.ts');
  expect(kit.text).toMatch(/✔ my-parrot-2: status 429 with Retry-After is rate-limited/);
  expect(kit.text).toMatch(/^. fail 0$/m);
  expect(kit.code).toBe(0);
  expect(await run(folder, join(root, 'node_modules/typescript/bin/tsc'), '--noEmit')).toEqual({ code: 0, text: '' });
  expect(await turnout('check', '--config', join(folder, 'turnout.yaml'))).toEqual({
    code: 0,
    text: `${join(folder, 'turnout.yaml')}: ok, 1 provider, 1 route\n`,
  });
  // Built, it is what the others install.
  expect(await run(folder, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json')).toEqual({
    code: 0,
    text: '',
  });
  expect(readdirSync(join(folder, 'dist')).filter((file) => file.endsWith('.js'))).toEqual([
    'answer.js',
    'failure.js',
    'index.js',
    'lines.js',
    'request.js',
  ]);
  writeFileSync(
    join(dir, 'whole.yaml'),
    'providers:\n  p: { plugin: ./turnout-plugin-my-parrot-2, url: "http://localhost", apiKey: x }\n',
  );
  expect((await turnout('check', '--config', 'whole.yaml')).text).toBe('whole.yaml: ok, 1 provider, 0 routes\n');
});

test('its manifest and its files bear the new name, and no other', async () => {
  await turnout('plugin', 'new', '@acme/plugin-llm', '--dir', 'elsewhere');
  const folder = join(dir, 'elsewhere');
  const core = JSON.parse(readFileSync(join(root, 'core/package.json'), 'utf8'));
  expect(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))).toMatchObject({
    name: '@acme/plugin-llm',
    type: 'module',
    dependencies: { zod: core.dependencies.zod },
    peerDependencies: { '@turnout/core': `^${core.version}` },
  });
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.includes('.'));
  expect(files).toContain('turnout.yaml');
  const texts = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  expect(texts.filter((text) => /parrot/i.test(text))).toEqual([]);
  expect(readFileSync(join(folder, 'turnout.yaml'), 'utf8')).toContain('${LLM_API_KEY:-');
  expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('plugin: "@acme/plugin-llm"');
});

test('nothing is overwritten', async () => {
  mkdirSync(join(dir, 'used'));
  writeFileSync(join(dir, 'used/notes.txt'), 'mine');
  mkdirSync(join(dir, 'fresh'));
  expect(await turnout('plugin', 'new', 'acme', '--dir', 'used')).toEqual({
    code: 1,
    text: `turnout: ${join(dir, 'used')} is not empty: nothing was written\n`,
  });
  expect(readdirSync(join(dir, 'used'))).toEqual(['notes.txt']);
  expect((await turnout('plugin', 'new', 'acme', '--dir', 'used/notes.txt')).text).toMatch(
    /is there already, and is no folder/,
  );
  expect((await turnout('plugin', 'new', 'acme', '--dir', 'fresh')).code).toBe(0);
});

test.each([
  [['new'], /takes one NAME/],
  [['new', 'Acme'], /"Acme" is no name for a plugin/],
  [['new', '../acme'], /is no name for a plugin/],
  [['new', 'a--b'], /is no name for a plugin/],
  [['new', '@acme/'], /is no name for a plugin/],
  [['new', '1st'], /is no name for a plugin/],
  [['new', 'a'.repeat(61)], /at most 60 in all/],
  [['new', 'echo'], /"echo" is a plugin that comes with Turnout/],
  [['new', 'turnout-plugin-echo'], /"echo" is a plugin that comes with Turnout/],
  [['new', 'route'], /targets use that word for routes/],
  [['new', 'a', 'b'], /there is only "plugin new NAME"/],
  [[], /there is only "plugin new NAME"/],
  [['old', 'acme'], /there is only "plugin new NAME"/],
])('plugin %j is refused', async (args, message) => {
  const said: string[] = [];
  vi.spyOn(console, 'error').mockImplementation((line) => said.push(line));
  const before = readdirSync(root);
  expect(await runHere(['plugin', ...args], { home: join(root, 'bin'), env: {} })).toBe(1);
  vi.restoreAllMocks();
  expect(said.join('\n')).toMatch(message);
  expect(readdirSync(root)).toEqual(before);
});
