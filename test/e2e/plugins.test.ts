// Other people's plugins, as a user meets them: files and packages of every kind, and what is printed of those that are no good.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/turnout.ts', import.meta.url));
const dir = realpathSync(mkdtempSync(join(tmpdir(), 'turnout-plugins-')));
afterAll(() => rmSync(dir, { recursive: true }));

const SCHEMA = "{ '~standard': { version: 1, vendor: 'x', validate: (value) => ({ value }) } }";
const PROVIDER = '{ plan() {}, async *stream() {} }';
const plugin = (name: string, create = `() => (${PROVIDER})`) =>
  `{ name: '${name}', contract: 1, config: ${SCHEMA}, create: ${create} }`;

function write(file: string, text: string): void {
  mkdirSync(dirname(join(dir, file)), { recursive: true });
  writeFileSync(join(dir, file), text);
}

/** A package in the YAML's node_modules. */
function installed(name: string, manifest: object, files: Record<string, string>): void {
  write(`node_modules/${name}/package.json`, JSON.stringify({ name, version: '1.0.0', ...manifest }));
  for (const [file, text] of Object.entries(files)) write(`node_modules/${name}/${file}`, text);
}

/** What `turnout check` says of a YAML, with the folder's own name taken out. */
async function check(yaml: string): Promise<{ code: number; text: string }> {
  write('turnout.yaml', yaml);
  return new Promise((done) => {
    execFile(process.execPath, [bin, 'check', '--config', 'turnout.yaml'], { cwd: dir }, (error, stdout, stderr) => {
      done({ code: Number(error?.code ?? 0), text: `${stdout}${stderr}`.replaceAll(dir, 'DIR').trimEnd() });
    });
  });
}

test('files of every kind, a folder, and packages of every kind', async () => {
  write('a.ts', `const name: string = 'a'; export default ${plugin('a')};`);
  write('b.mjs', `export default ${plugin('b')};`);
  // Some libraries' schemas are functions.
  write('c.js', `export default ${plugin('c').replace(SCHEMA, `Object.assign(() => {}, ${SCHEMA})`)};`);
  write('d.cjs', `module.exports = ${plugin('d')};`);
  write('folder/package.json', '{ "type": "module", "exports": "./main.js" }');
  write('folder/main.js', `export default ${plugin('e')};`);
  const module = `export default ${plugin('f')};`;
  installed('turnout-plugin-f', { type: 'module', exports: { '.': { import: './f.js' } } }, { 'f.js': module });
  installed('@acme/g', { main: 'g.js' }, { 'g.js': `module.exports = ${plugin('g')};` });
  const compiled = `Object.defineProperty(exports, '__esModule', { value: true }); exports.default = ${plugin('h')};`;
  installed('compiled', { exports: { '.': { require: './h.js' } } }, { 'h.js': compiled });
  const dual = { import: './yes.mjs', require: './no.cjs' };
  installed('dual', { exports: dual }, { 'yes.mjs': `export default ${plugin('i')};`, 'no.cjs': 'throw 1;' });
  installed('many', { exports: { './turnout': './j.mjs' } }, { 'j.mjs': `export default ${plugin('j')};` });
  installed('plain', {}, { 'lib/l.js': `module.exports = ${plugin('l')};` });
  // The vendor's own SDK has the name of a built-in: the built-in is meant.
  installed('echo', { main: 'x.js' }, { 'x.js': "throw new Error('nobody has named this');" });
  expect(
    await check(`providers:
  a: { plugin: ./a.ts }
  b: { plugin: ./b.mjs }
  c: { plugin: ./c.js }
  d: { plugin: ./d.cjs }
  e: { plugin: ./folder }
  f: { plugin: turnout-plugin-f }
  g: { plugin: "@acme/g" }
  h: { plugin: compiled }
  i: { plugin: dual }
  j: { plugin: many/turnout }
  k: { plugin: ${join(dir, 'b.mjs')} }
  l: { plugin: plain/lib/l }
  echo: {}
`),
  ).toEqual({ code: 0, text: 'turnout.yaml: ok, 13 providers, 0 routes' });
});

test('nothing is imported that the YAML does not name', async () => {
  const trace = (name: string) => `console.log('imported ${name}'); export default ${plugin(name)};`;
  write('named.mjs', trace('named'));
  write('unnamed.mjs', trace('unnamed'));
  write('package.json', '{ "dependencies": { "turnout-plugin-traced": "1", "@turnout/plugin-traced": "1" } }');
  for (const name of ['turnout-plugin-traced', '@turnout/plugin-traced']) {
    installed(name, { exports: './x.mjs' }, { 'x.mjs': trace(name) });
  }
  const { text } = await check('providers:\n  named: { plugin: ./named.mjs }\n  again: { plugin: ./named.mjs }\n');
  expect(text).toBe('imported named\nturnout.yaml: ok, 2 providers, 0 routes');
  rmSync(join(dir, 'package.json'));
});

/** What a module may lack, and what is printed of it after its place. */
const REFUSED: readonly (readonly [name: string, file: string, body: string, said: string])[] = [
  [
    'nothing exported',
    'nothing.mjs',
    'export const x = 1;',
    'plugin "./nothing.mjs" has no default export that is a plugin',
  ],
  [
    'a function',
    'function.mjs',
    'export default () => {};',
    'plugin "./function.mjs" has no default export that is a plugin',
  ],
  ['no name', 'nameless.mjs', 'export default { contract: 1 };', 'plugin "./nameless.mjs" does not say its name'],
  [
    'another contract',
    'old.mjs',
    "export default { name: 'old', contract: 2 };",
    'plugin "old" speaks contract 2, this core speaks 1',
  ],
  [
    'no contract',
    'older.mjs',
    "export default { name: 'older' };",
    'plugin "older" speaks contract undefined, this core speaks 1',
  ],
  [
    'no schema',
    'open.mjs',
    "export default { name: 'open', contract: 1, create() {} };",
    'plugin "open" has no config schema',
  ],
  [
    'another schema',
    'odd.mjs',
    "export default { name: 'odd', contract: 1, config: {}, create() {} };",
    'plugin "odd": config is not a Standard Schema',
  ],
  [
    'no create',
    'idle.mjs',
    `export default { name: 'idle', contract: 1, config: ${SCHEMA} };`,
    'plugin "idle" has no create()',
  ],
  [
    'a throw',
    'throws.mjs',
    "throw new Error('no such region\\nand more');",
    'DIR/throws.mjs threw while it was imported: no such region',
  ],
  ['a throw of a text', 'text.mjs', "throw 'out';", 'DIR/text.mjs threw "out" while it was imported'],
  ['a throw of nothing', 'null.mjs', 'throw null;', 'DIR/null.mjs threw null while it was imported'],
  [
    'broken JavaScript',
    'broken.mjs',
    'const x = 1;\nconst y = ;',
    "DIR/broken.mjs:2 cannot be read: Unexpected token ';'",
  ],
  ['broken CommonJS', 'broken.cjs', 'module.exports = {', 'DIR/broken.cjs:1 cannot be read: Unexpected end of input'],
  [
    'an import that is broken',
    'broken-import.mjs',
    "import './broken.mjs';",
    "a file that DIR/broken-import.mjs imports cannot be read: Unexpected token ';'",
  ],
  [
    'JSON that is broken, at its own doing',
    'parses.mjs',
    "JSON.parse('{');",
    "DIR/parses.mjs threw while it was imported: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
  ],
  [
    'broken TypeScript',
    'broken.ts',
    'const x: number = 1;\nconst y = ;',
    'DIR/broken.ts:2 cannot be read: Expression expected',
  ],
  [
    'TypeScript that must be built',
    'enum.ts',
    'enum A { B }',
    'DIR/enum.ts:1 cannot be read: TypeScript enum is not supported in strip-only mode',
  ],
  [
    'no such export',
    'named.mjs',
    "import { nope } from 'node:fs';",
    "DIR/named.mjs:1 cannot be read: The requested module 'node:fs' does not provide an export named 'nope'",
  ],
  [
    'a package that is missing',
    'lacks.mjs',
    "import 'no-such-package/x';",
    "Cannot find package 'no-such-package' imported from DIR/lacks.mjs; install it there: npm install no-such-package",
  ],
  [
    'a file that is missing',
    'lost.mjs',
    "import './gone.mjs';",
    "Cannot find module 'DIR/gone.mjs' imported from DIR/lost.mjs",
  ],
  ['no module', 'plugin.json', '{}', 'DIR/plugin.json is no module: expected a .ts, .js or .mjs file, not ".json"'],
];

test('everything that cannot be loaded is said at once, each at its place', async () => {
  const lines: string[] = [];
  const expected: string[] = [];
  for (const [, file, body, said] of REFUSED) {
    write(file, body);
    const word = `./${file}`;
    const line = `  p${lines.length}: { plugin: ${word} }`;
    expected.push(
      `turnout.yaml:${lines.length + 2}:${line.indexOf('./') + 1}  providers.p${lines.length}.plugin: cannot load the plugin: ${said}`,
      `${String(lines.length + 2).padStart(7)} | ${line}`,
      `        | ${' '.repeat(line.indexOf('./'))}${'^'.repeat(word.length)}`,
    );
    lines.push(line);
  }
  const { code, text } = await check(`providers:\n${lines.join('\n')}\n`);
  expect(text.split('\n')).toEqual(expected);
  expect(code).toBe(1);
});

test("schemas of any author's", async () => {
  const schemas = [
    "() => ({ issues: [{ message: 'not like this' }] })",
    "() => ({ issues: [{ message: 'no such host', path: [{ key: 'url' }] }] })",
    "() => { throw new Error('out of order') }",
    '() => undefined',
    '() => ({ issues: [] })',
    'async () => ({ issues: [null] })',
  ];
  for (const [index, validate] of schemas.entries()) {
    const config = `{ '~standard': { version: 1, vendor: 'x', validate: ${validate} } }`;
    write(
      `s${index}.mjs`,
      `export default { name: 's${index}', contract: 1, config: ${config}, create: () => (${PROVIDER}) };`,
    );
  }
  const lines = schemas.map((_, index) => `  p${index}: { plugin: ./s${index}.mjs, url: x }\n`);
  const { text } = await check(`providers:\n${lines.join('')}`);
  const silent = 'the plugin cannot check its settings: its schema answers with neither a value nor issues';
  expect(text.split('\n').filter((line) => line.startsWith('turnout.yaml'))).toEqual([
    'turnout.yaml:2:7  providers.p0: not like this',
    'turnout.yaml:3:32  providers.p1.url: no such host',
    'turnout.yaml:4:3  providers.p2: the plugin cannot check its settings: out of order',
    `turnout.yaml:5:3  providers.p3: ${silent}`,
    `turnout.yaml:6:3  providers.p4: ${silent}`,
    `turnout.yaml:7:3  providers.p5: ${silent}`,
  ]);
});

test('what is not there, and what was meant', async () => {
  write('parrot.ts', `export default ${plugin('parrot')};`);
  write('empty/readme.txt', '');
  installed('unbuilt', { exports: './dist/index.js' }, { 'index.ts': '' });
  installed('source', { exports: './index.ts' }, { 'index.ts': 'export default 1 as number;' });
  write('package.json', '{ "dependencies": { "@acme/llm-foo": "1", "turnout-plugin-bar": "1" } }');
  const { text } = await check(`providers:
  a: { plugin: ./parot.ts }
  b: { plugin: ./parrot }
  c: { plugin: parrot.ts }
  d: { plugin: ./far/away.ts }
  e: { plugin: ./empty }
  f: { plugin: ecko }
  g: { plugin: "@acme/lm-foo" }
  h: { plugin: bar }
  i: { plugin: nobody-knows-it }
  j: { plugin: unbuilt }
  k: { plugin: source }
  stranger: {}
`);
  rmSync(join(dir, 'package.json'));
  expect(text.split('\n').filter((line) => line.startsWith('turnout.yaml'))).toEqual([
    'turnout.yaml:2:16  providers.a.plugin: cannot load the plugin, did you mean "./parrot.ts"?',
    'turnout.yaml:3:16  providers.b.plugin: cannot load the plugin, did you mean "./parrot.ts"?',
    'turnout.yaml:4:16  providers.c.plugin: cannot load the plugin, did you mean "./parrot.ts"?',
    'turnout.yaml:5:16  providers.d.plugin: cannot load the plugin: there is no file DIR/far/away.ts',
    'turnout.yaml:6:16  providers.e.plugin: cannot load the plugin: DIR/empty is a folder without a package.json',
    'turnout.yaml:7:16  providers.f.plugin: cannot load the plugin, did you mean "echo"?',
    'turnout.yaml:8:16  providers.g.plugin: cannot load the plugin, did you mean "@acme/llm-foo"?',
    'turnout.yaml:9:16  providers.h.plugin: cannot load the plugin, did you mean "turnout-plugin-bar"?',
    'turnout.yaml:10:16  providers.i.plugin: cannot load the plugin: there is no plugin "nobody-knows-it": looked for @turnout/plugin-nobody-knows-it and nobody-knows-it from DIR',
    'turnout.yaml:11:16  providers.j.plugin: cannot load the plugin: DIR/node_modules/unbuilt exports ./dist/index.js, which does not exist: is the package built?',
    'turnout.yaml:12:16  providers.k.plugin: cannot load the plugin: DIR/node_modules/source/index.ts is TypeScript, of which Node runs nothing in node_modules: the package must be built to JavaScript',
    'turnout.yaml:13:3  providers.stranger: cannot load the plugin: there is no plugin "stranger": looked for @turnout/plugin-stranger and stranger from DIR; name its plugin with "plugin: …"',
  ]);
});

test('names that are taken: of providers, and of plugins', async () => {
  write('one.mjs', `export default ${plugin('same')};`);
  write('two.mjs', `export default ${plugin('same')};`);
  const { text } = await check(`providers:
  a: { plugin: ./one.mjs }
  b: { plugin: ./one.mjs }
  c: { plugin: ./two.mjs }
  a: { plugin: ./two.mjs }
`);
  expect(
    text,
  ).toBe(`turnout.yaml:4:16  providers.c.plugin: another plugin than that of providers.a, and both are called "same"
      4 |   c: { plugin: ./two.mjs }
        |                ^^^^^^^^^
turnout.yaml:5:3  providers.a: duplicate key
      5 |   a: { plugin: ./two.mjs }
        |   ^`);
});

test('what cannot be created is said at once, and what was built is closed again, the last first', async () => {
  const closing = `(_, host) => ({ ...${PROVIDER}, close() { console.log('closed ' + host.name); } })`;
  write('good.mjs', `export default ${plugin('good', closing)};`);
  write('bad.mjs', `export default ${plugin('bad', "() => { throw new Error('no such region\\nat all'); }")};`);
  write('late.mjs', `export default ${plugin('late', "async () => { throw 'never'; }")};`);
  write('none.mjs', `export default ${plugin('none', '() => {}')};`);
  write(
    'part.mjs',
    `export default ${plugin('part', "() => ({ plan() {}, close() { console.log('closed part'); } })")};`,
  );
  write('wrong.mjs', `export default ${plugin('wrong', `() => ({ ...${PROVIDER}, models: [] })`)};`);
  const pointing = "Object.assign(new Error('no such file'), { name: 'SettingError', path: ['file'] })";
  write('pointed.mjs', `export default ${plugin('pointed', `() => { throw ${pointing}; }`)};`);
  const { code, text } = await check(`providers:
  first: { plugin: ./good.mjs }
  bad: { plugin: ./bad.mjs }
  second: { plugin: ./good.mjs }
  late:
    plugin: ./late.mjs
  none: { plugin: ./none.mjs }
  part: { plugin: ./part.mjs }
  wrong: { plugin: ./wrong.mjs }
  far: { plugin: ./pointed.mjs, file: nowhere }
  third: { plugin: ./good.mjs }
`);
  expect(text).toBe(`closed part
closed third
closed second
closed first
turnout.yaml:3:8  providers.bad: no such region
      3 |   bad: { plugin: ./bad.mjs }
        |        ^^^^^^^^^^^^^^^^^^^^^
turnout.yaml:5:3  providers.late: never
      5 |   late:
        |   ^^^^
turnout.yaml:7:9  providers.none: create() returned undefined, not a provider
      7 |   none: { plugin: ./none.mjs }
        |         ^^^^^^^^^^^^^^^^^^^^^^
turnout.yaml:8:9  providers.part: create() returned something without stream()
      8 |   part: { plugin: ./part.mjs }
        |         ^^^^^^^^^^^^^^^^^^^^^^
turnout.yaml:9:10  providers.wrong: create() returned something whose models is no function
      9 |   wrong: { plugin: ./wrong.mjs }
        |          ^^^^^^^^^^^^^^^^^^^^^^^
turnout.yaml:10:39  providers.far.file: no such file
     10 |   far: { plugin: ./pointed.mjs, file: nowhere }
        |                                       ^^^^^^^`);
  expect(code).toBe(1);
});

test('what is wrong with the file and what cannot be created are said at once, in the order of the file', async () => {
  const loud = `(_, host) => { console.log('created ' + host.name); return { ...${PROVIDER}, close() { console.log('closed ' + host.name); } }; }`;
  write('loud.mjs', `export default ${plugin('loud', loud)};`);
  write('dear.mjs', `export default ${plugin('dear', "() => { throw new Error('no such region'); }")};`);
  const { code, text } = await check(`providers:
  a: { plugin: ./loud.mjs }
  b: { plugin: ./dear.mjs }
  c: { plugin: ./no-such-file.mjs }
  d: { plugin: ./loud.mjs, breaker: { rate: 150% } }
routes:
  x: e/y
`);
  expect(text).toBe(`created a
closed a
turnout.yaml:3:6  providers.b: no such region
      3 |   b: { plugin: ./dear.mjs }
        |      ^^^^^^^^^^^^^^^^^^^^^^
turnout.yaml:4:16  providers.c.plugin: cannot load the plugin: there is no file DIR/no-such-file.mjs
      4 |   c: { plugin: ./no-such-file.mjs }
        |                ^^^^^^^^^^^^^^^^^^
turnout.yaml:5:45  providers.d.breaker.rate: expected more than 0% and at most 100%
      5 |   d: { plugin: ./loud.mjs, breaker: { rate: 150% } }
        |                                             ^^^^
turnout.yaml:7:6  routes.x: unknown provider
      7 |   x: e/y
        |      ^^^`);
  expect(code).toBe(1);
});
