// A file that is wrong changes nothing, and what is wrong with it is said: to who asks over HTTP, at SIGHUP and to who only writes it.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';
import { endPrograms, serveProgram } from './program.ts';

const houses: House[] = [];
afterEach(async () => {
  for (const opened of houses.splice(0)) await opened.close();
  await endPrograms();
});

const GOOD = 'providers: { echo: {} }\nroutes: { parrot: echo/one }\n';
const OTHER = 'providers: { echo: {} }\nroutes: { parrot: echo/one, lory: echo/two }\n';
const BAD = 'providers: { echo: {} }\nroutes:\n  parrot: ecko/one\n  lory: { target: echo/two }\n';
const ISSUES = [
  { line: 3, column: 11, path: 'routes.parrot' },
  { line: 4, column: 11, path: 'routes.lory.target' },
];
const PRINTED =
  /turnout\.yaml:3:11 {2}routes\.parrot: .*\n +3 \| {3}parrot: ecko\/one\n.*\^+\n.*turnout\.yaml:4:11 {2}routes\.lory\.target: /;

const chat = (url: string, model: string, headers = {}) =>
  fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'hello' }] }),
  });
const statusOf = async (url: string, model: string) => (await chat(url, model)).status;

test('over HTTP: the version and what has become of the providers, or every issue with its place', async () => {
  const opened = await openHouse(GOOD);
  houses.push(opened);
  const reload = () => fetch(`${opened.url}/admin/reload`, { method: 'POST' });
  const before = opened.live.router;
  opened.rewrite(BAD);
  const refused = await reload();
  expect(refused.status).toBe(422);
  const body = (await refused.json()) as { error: { message: string }; issues: { excerpt: string }[] };
  expect(body.issues).toMatchObject(ISSUES);
  expect(body.issues[0]?.excerpt).toMatch(/3 \| {3}parrot: ecko\/one\n.*\^/);
  expect(body.error.message).toMatch(/nothing has changed.*turnout\.yaml:3:11 routes\.parrot: .*and 1 more/);
  expect(opened.live.router).toBe(before);
  expect(opened.log.at(-1)).toMatchObject({ level: 'error', fields: { issues: ISSUES } });
  expect(await statusOf(opened.url, 'parrot')).toBe(200);

  opened.rewrite(OTHER);
  const taken = await reload();
  expect([taken.status, await taken.json()]).toMatchObject([
    200,
    {
      version: 2,
      file: expect.stringMatching(/turnout\.yaml$/),
      providers: { kept: ['echo'], created: [], closed: [] },
    },
  ]);
  expect(await statusOf(opened.url, 'lory')).toBe(200);
  expect(opened.log.findLast(({ message }) => message === 'configuration reloaded')?.fields).toMatchObject({
    version: 2,
  });
});

test('only an administrator may reload', async () => {
  const keys = 'keys: [{ name: boss, key: the-admin-key-1, admin: true }, { name: guest, key: a-guest-key-12345 }]\n';
  const opened = await openHouse(GOOD + keys);
  houses.push(opened);
  const reload = async (key: string) =>
    (await fetch(`${opened.url}/admin/reload`, { method: 'POST', headers: { 'x-api-key': key } })).status;
  expect([await reload('nobody'), await reload('a-guest-key-12345'), await reload('the-admin-key-1')]).toEqual([
    401, 403, 200,
  ]);
  // Without keys no web page may either.
  const open = await openHouse(GOOD);
  houses.push(open);
  const foreign = { method: 'POST', headers: { origin: 'https://evil.example' } };
  expect((await fetch(`${open.url}/admin/reload`, foreign)).status).toBe(403);
  expect(open.live.version).toBe(1);
});

test('a key that a reload has removed is refused from the next request on', async () => {
  const file = (names: string[]) =>
    `${GOOD}keys: [${names.map((name) => `{ name: ${name}, key: key-of-${name}-12345 }`).join(', ')}]\n`;
  const opened = await openHouse(file(['one', 'two']));
  houses.push(opened);
  const ask = async (name: string) =>
    (await chat(opened.url, 'parrot', { 'x-api-key': `key-of-${name}-12345` })).status;
  expect([await ask('one'), await ask('two')]).toEqual([200, 200]);
  opened.rewrite(file(['two']));
  await opened.live.reload();
  expect([await ask('one'), await ask('two')]).toEqual([401, 200]);
});

test('at SIGHUP: printed as at the start, from wherever the process stands', async () => {
  const program = await serveProgram(GOOD);
  program.write('turnout.yaml', BAD);
  program.child.kill('SIGHUP');
  const said = await program.says(/nothing has changed\n/);
  expect(said).toMatch(PRINTED);
  // The file is called as it was on the command line.
  expect(said).toMatch(/^turnout-serve-\w+\/turnout\.yaml:3:11/m);
  await program.says(/"msg":"configuration not reloaded: nothing has changed"/);
  expect(await statusOf(program.url, 'parrot')).toBe(200);
  program.write('turnout.yaml', OTHER);
  program.child.kill('SIGHUP');
  await program.says(/"version":2.*"msg":"configuration reloaded"/);
  expect(await statusOf(program.url, 'lory')).toBe(200);
});

test('a watched file: written, replaced, or changed behind a link', async () => {
  const watched = (yaml: string) => `${yaml}server: { watch: true, port: 0 }\n`;
  const program = await serveProgram(watched(GOOD));
  let seen = 0;
  const reloaded = async (version: number) => {
    await program.says(new RegExp(`"version":${version},.*"msg":"configuration reloaded"`), seen);
    seen = program.stderr().length;
  };
  program.write('turnout.yaml', watched(OTHER));
  await reloaded(2);
  expect(await statusOf(program.url, 'lory')).toBe(200);

  program.write('turnout.yaml', watched(BAD));
  expect(await program.says(/nothing has changed\n/, seen)).toMatch(PRINTED);
  seen = program.stderr().length;
  expect(await statusOf(program.url, 'lory')).toBe(200);

  // What it waits for comes later.
  program.write('turnout.yaml', watched(GOOD).replace('echo: {}', `echo: { headers: { x: "\${file:secret}" } }`));
  await program.says(/secret cannot be read: no such file[\s\S]*nothing has changed\n/, seen);
  program.write('secret', 'one');
  await reloaded(3);

  // As many editors do.
  program.write('new.yaml', watched(GOOD));
  renameSync(join(program.dir, 'new.yaml'), join(program.dir, 'turnout.yaml'));
  await reloaded(4);

  // As a Kubernetes ConfigMap is: turnout.yaml → ..data/turnout.yaml, and ..data → another folder at each change.
  const turn = (name: string, yaml: string) => {
    const folder = join(program.dir, name);
    mkdirSync(folder);
    writeFileSync(join(folder, 'turnout.yaml'), yaml);
    symlinkSync(name, join(program.dir, '..tmp'));
    renameSync(join(program.dir, '..tmp'), join(program.dir, '..data'));
  };
  turn('..2026_1', watched(OTHER));
  rmSync(join(program.dir, 'turnout.yaml'));
  symlinkSync('..data/turnout.yaml', join(program.dir, 'turnout.yaml'));
  await reloaded(5);
  turn('..2026_2', watched(GOOD));
  await reloaded(6);
  expect(await statusOf(program.url, 'lory')).toBe(404);

  // And no more once the file says so.
  turn('..2026_3', `${OTHER}server: { port: 0 }\n`);
  await reloaded(7);
  turn('..2026_4', `${GOOD}server: { port: 0 }\n`);
  await new Promise((later) => setTimeout(later, 1_200));
  expect(program.stderr().slice(seen)).not.toContain('configuration');
});

test('a watched file that is wrong is tried once, whatever is wrong with it', async () => {
  const watched = (yaml: string) => `${yaml}server: { watch: true, port: 0 }\n`;
  const program = await serveProgram(watched(GOOD));
  const trials = () => program.stderr().match(/nothing has changed\n/g)?.length ?? 0;
  const wrong = [
    () => program.write('turnout.yaml', 'providers: {'),
    () => rmSync(join(program.dir, 'turnout.yaml')),
    () => program.write('turnout.yaml', watched(GOOD.replace('echo: {}', 'echo: { caFile: ./none.pem }'))),
  ];
  for (const [done, act] of wrong.entries()) {
    act();
    await expect.poll(trials, { timeout: 5_000 }).toBe(done + 1);
    await new Promise((later) => setTimeout(later, 700));
    expect(trials()).toBe(done + 1);
  }
  program.write('turnout.yaml', watched(OTHER));
  await program.says(/"version":2,.*"msg":"configuration reloaded"/);
});
