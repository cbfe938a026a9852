import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { createPluginLoader } from './plugin-loader.ts';
import { builtInPlugins } from './plugin-place.ts';

const home = fileURLToPath(new URL('../../../bin', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'turnout-loader-'));
afterAll(() => rmSync(dir, { recursive: true }));

const load = createPluginLoader(home);
const SCHEMA = "{ '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } }";

let count = 0;
function file(body: string): string {
  const name = `./plugin-${count++}.ts`;
  writeFileSync(join(dir, name), body);
  return name;
}

test('a built-in by its word, from any folder', async () => {
  const { plugin, path } = await load('echo', dir);
  expect(plugin.name).toBe('echo');
  expect(path).toMatch(/plugins\/echo\/src\/index\.ts$/);
  expect(builtInPlugins(home)).toEqual(expect.arrayContaining(['bedrock', 'echo', 'openai']));
});

test('a file beside the YAML, TypeScript as it is', async () => {
  const name = file(
    `const word: string = 'mine'; export default { name: word, contract: 1, config: ${SCHEMA}, create: () => ({}) };`,
  );
  expect((await load(name, dir)).plugin.name).toBe('mine');
});

test.each([
  ['a file that is not there', './nowhere.ts', /there is no file .*nowhere\.ts/],
  ['a word that is no plugin', 'bedrok', /no plugin "bedrok": looked for @turnout\/plugin-bedrok and bedrok/],
  ['a package that is not there', '@acme/llm-foo', /no plugin "@acme\/llm-foo"/],
  ['a package that is no plugin', 'yaml', /./],
])('%s', async (_name, word, message) => {
  await expect(load(word, dir)).rejects.toThrow(message);
});

test.each([
  ['nothing exported', 'export const x = 1;', /no default export/],
  ['no name', 'export default { contract: 1 };', /does not say its name/],
  ['another contract', "export default { name: 'old', contract: 2 };", /"old" speaks contract 2, this core speaks 1/],
  ['a contract in words', "export default { name: 'old', contract: '1' };", /"old" speaks contract "1", this core/],
  ['no contract', "export default { name: 'old' };", /speaks contract undefined/],
  ['no schema', "export default { name: 'x', contract: 1, create() {} };", /"x" has no config schema/],
  ['no Standard Schema', "export default { name: 'x', contract: 1, config: {} };", /config is not a Standard Schema/],
  ['no create', `export default { name: 'x', contract: 1, config: ${SCHEMA} };`, /has no create/],
  ['a module that throws', "throw new Error('broken at import');", /broken at import/],
])('a file with %s is refused', async (_name, body, message) => {
  await expect(load(file(body), dir)).rejects.toThrow(message);
});

test('a file that never ends its import is given up', async () => {
  const impatient = createPluginLoader(home, 50);
  await expect(impatient(file('await new Promise(() => {});'), dir)).rejects.toThrow(
    /plugin-\d+\.ts was not imported within 50 ms/,
  );
});
