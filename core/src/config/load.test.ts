// The whole pipeline: what comes out of files that are right, and of plugins with schemas of any make.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the file, not of templates
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inspect } from 'node:util';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Plugin } from '../contract/index.ts';
import type { Config } from './config.ts';
import { ConfigError, formatIssues } from './error.ts';
import { loadConfig } from './load.ts';
import type { ReadFiles } from './read.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnout-load-'));
afterAll(() => rmSync(dir, { recursive: true }));

const pluginOf = (config: StandardSchemaV1): Plugin => ({
  name: 'acme',
  contract: 1,
  config,
  create: () => {
    throw new Error('never created');
  },
});
const open = pluginOf(z.looseObject({}));

interface Room {
  readonly env?: NodeJS.ProcessEnv;
  readonly plugin?: Plugin;
  readonly loaded?: string[];
}

let count = 0;
const write = (text: string | Uint8Array): string => {
  count += 1;
  const file = join(dir, `${count}.yaml`);
  writeFileSync(file, text);
  return file;
};

const load = (text: string | Uint8Array, { env = {}, plugin = open, loaded }: Room = {}): Promise<Config> =>
  loadConfig(write(text), {
    env,
    loadPlugin: async (name, from) => {
      loaded?.push(`${name} from ${from}`);
      return { plugin, path: `/plugins/${name}.ts` };
    },
  });

/** What is printed, without the file's name. */
async function complaint(text: string | Uint8Array, room: Room = {}): Promise<string> {
  const error = await load(text, room).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(error instanceof ConfigError)) throw error ?? new Error('nothing is wrong with this file');
  return error.message.replaceAll(/\S*\d+\.yaml/g, 'turnout.yaml');
}

const settings = async (text: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> =>
  (await load(`providers:\n  acme:\n${text.replaceAll(/^/gm, '    ')}`, { env })).providers[0]?.settings;

describe('defaults', () => {
  it('are those of the design', async () => {
    const config = await load('providers: { acme: {} }');
    expect(config.server).toEqual({
      host: '127.0.0.1',
      port: 4180,
      workers: 1,
      bodyLimitBytes: 33_554_432,
      drainMs: 30_000,
      watch: false,
      metrics: 'key',
      cors: [],
    });
    expect(config).toMatchObject({ keys: [], routes: [], direct: true, strict: false, media: { urls: true } });
    expect(config.providers).toEqual([
      {
        name: 'acme',
        plugin: open,
        pluginPath: '/plugins/acme.ts',
        settings: {},
        written: {},
        retry: { attempts: 4, minDelayMs: 250, maxDelayMs: 20_000 },
        timeout: { connectMs: 5000, firstTokenMs: 120_000, idleMs: 60_000, totalMs: 900_000 },
        breaker: { failures: 5, rate: 0.5, windowMs: 30_000, cooldownMs: 30_000 },
        concurrency: { max: 2000, queue: 1000 },
        headers: {},
      },
    ]);
    expect(config.dir).toBe(dir);
    expect(dirname(config.file)).toBe(dir);
  });

  it('are frozen', async () => {
    const config = await load('providers: { acme: {} }\nroutes: { a: acme/x }');
    const parts = [config, config.server, config.routes, config.routes[0], config.routes[0]?.targets, config.providers];
    expect(parts.every((part) => Object.isFrozen(part))).toBe(true);
    expect(Object.isFrozen(config.providers[0]?.retry)).toBe(true);
  });
});

describe('values', () => {
  it('have units', async () => {
    const config = await load(`server: { port: 0, bodyLimit: 512KiB, drain: 0s }
providers:
  acme:
    retry: { attempts: 1, minDelay: 1s, maxDelay: 1m }
    timeout: { connect: 500ms, total: 1h }
    breaker: { rate: 12.5% }
    concurrency: { queue: 0 }
    headers: { X-Team: " search ", x-b: "" }
`);
    expect(config.server).toMatchObject({ port: 0, bodyLimitBytes: 524_288, drainMs: 0 });
    expect(config.providers[0]).toMatchObject({
      retry: { attempts: 1, minDelayMs: 1000, maxDelayMs: 60_000 },
      timeout: { connectMs: 500, firstTokenMs: 120_000, totalMs: 3_600_000 },
      breaker: { rate: 0.125 },
      concurrency: { max: 2000, queue: 0 },
      headers: { 'x-team': 'search', 'x-b': '' },
    });
    expect((await load('server: { bodyLimit: 4096 }\nproviders: { acme: {} }')).server.bodyLimitBytes).toBe(4096);
  });

  it('of keys are hashes', async () => {
    const config = await load(
      `server: { host: 0.0.0.0 }
keys:
  - { name: a, key: "\${KEY}", models: ["x*"] }
  - { name: b, sha256: ${'Ab'.repeat(32)}, admin: true }
providers: { acme: {} }
`,
      { env: { KEY: 'correct-horse' } },
    );
    const sha256 = createHash('sha256').update('correct-horse').digest();
    expect(config.keys).toEqual([
      { name: 'a', sha256, admin: false, models: ['x*'] },
      { name: 'b', sha256: Buffer.from('ab'.repeat(32), 'hex'), admin: true },
    ]);
    expect(JSON.stringify(config)).not.toContain('correct-horse');
  });

  it('of key pairs keep the secret where nothing prints it', async () => {
    const { keys } = await load(
      'keys: [{ name: a, accessKeyId: TURNOUTTEAMA, secretAccessKey: "${KEY}" }]\nproviders: { acme: {} }\n',
      { env: { KEY: 'correct-horse' } },
    );
    const [key] = keys;
    expect(key).toMatchObject({ name: 'a', admin: false, pair: { accessKeyId: 'TURNOUTTEAMA' } });
    expect(key && 'pair' in key && key.pair.secretAccessKey()).toBe('correct-horse');
    expect(inspect(keys, { depth: null, showHidden: true }) + JSON.stringify(keys)).not.toContain('correct-horse');
  });

  it('of routes keep the order and the names of the file', async () => {
    const config = await load(`providers: { 7: { plugin: acme }, acme: {} }
routes:
  b: acme/1
  10: acme/2
  9: acme/3
  1.0: acme/4
  "gpt-*": acme/*
  anthropic/claude:5: 7/x/y:z
  constructor: acme/5
  think: { targets: [acme/x, 7/y], reasoning: off, defaults: { maxTokens: 5, temperature: 0, topP: 1 } }
  more: { targets: [acme/x], reasoning: { budget: 1 } }
  most: { targets: [acme/x], reasoning: { effort: max } }
`);
    expect(config.providers.map(({ name }) => name)).toEqual(['7', 'acme']);
    expect(config.routes.map(({ name, line }) => `${line} ${name}`)).toEqual([
      '3 b',
      '4 10',
      '5 9',
      '6 1.0',
      '7 gpt-*',
      '8 anthropic/claude:5',
      '9 constructor',
      '10 think',
      '11 more',
      '12 most',
    ]);
    expect(config.routes[5]?.targets).toEqual([{ provider: '7', model: 'x/y:z', weight: 1 }]);
    expect(config.routes[7]).toEqual({
      settings: {},
      name: 'think',
      line: 10,
      targets: [
        { provider: 'acme', model: 'x', weight: 1 },
        { provider: '7', model: 'y', weight: 1 },
      ],
      strategy: 'ordered',
      resume: false,
      reasoning: 'off',
      defaults: { maxTokens: 5, temperature: 0, topP: 1 },
    });
    expect(config.routes.slice(8).map(({ reasoning }) => reasoning)).toEqual([{ budget: 1 }, { effort: 'max' }]);
  });

  it('may be JSON, with a byte order mark or Windows line ends', async () => {
    const json = '{"providers": {"acme": {"a": [1, true, null, "x"]}}, "strict": true}';
    expect((await load(json)).providers[0]?.settings).toEqual({ a: [1, true, null, 'x'] });
    expect((await load(`\ufeff${json}`)).strict).toBe(true);
    expect((await load('strict: true\r\nproviders:\r\n  acme:\r\n    a: x\r\n')).providers[0]?.settings).toEqual({
      a: 'x',
    });
  });

  it('may be repeated with aliases', async () => {
    expect(await settings('a: &a { b: [1, 2] }\nc: *a\nd: [*a, *a]')).toEqual({
      a: { b: [1, 2] },
      c: { b: [1, 2] },
      d: [{ b: [1, 2] }, { b: [1, 2] }],
    });
  });

  it('may be left out of a provider that needs none', async () => {
    expect((await load('providers:\n  acme:\n')).providers[0]?.settings).toEqual({});
  });
});

describe('what was read', () => {
  it('is kept, and can take the place of the disk', async () => {
    const secret = join(dir, 'kept-secret.txt');
    writeFileSync(secret, 'first\n');
    const file = write('providers: { acme: { a: "${file:kept-secret.txt}" } }');
    const files: ReadFiles = new Map();
    const options = { env: {}, loadPlugin: async () => ({ plugin: open, path: '/plugins/acme.ts' }), files };
    const before = await loadConfig(file, options);
    expect([...files.keys()]).toEqual([file, secret]);
    writeFileSync(file, 'nonsense');
    rmSync(secret);
    const again = await loadConfig(file, options);
    expect(again.providers).toEqual(before.providers);
    expect(again.sources).toEqual(before.sources);
    expect(again.providers[0]?.settings).toEqual({ a: 'first' });
  });
});

describe('variables', () => {
  it('become what YAML makes of them, unless they are quoted', async () => {
    const env = {
      N: '5',
      T: 'true',
      NULL: '~',
      HEX: '0x10',
      F: '1e3',
      E: '',
      S: 'a: b # c',
      DATE: '2020-01-01',
      OCT: '010',
    };
    const text = Object.keys(env).flatMap((name) => [`${name}: \${${name}}`, `q${name}: "\${${name}}"`]);
    expect(await settings(text.join('\n'), env)).toEqual({
      N: 5,
      qN: '5',
      T: true,
      qT: 'true',
      NULL: null,
      qNULL: '~',
      HEX: 16,
      qHEX: '0x10',
      F: 1000,
      qF: '1e3',
      E: null,
      qE: '',
      S: 'a: b # c',
      qS: 'a: b # c',
      DATE: '2020-01-01',
      qDATE: '2020-01-01',
      OCT: 10,
      qOCT: '010',
    });
  });

  it('are replaced in one pass, in values only', async () => {
    const env = { A: '${B}', B: 'no', P: '80' };
    const text =
      'a: ${A}\n"${B}": x\nb: http://h:${P}/${NONE:-d}\nc: $${B}${B}\nd: $B $ {B}\ne: "${NONE:-}"\nf: ${E:-5}\ng: |\n  ${P}\n  two\nh: "x${P}\n  y"';
    expect(await settings(text, { ...env, E: '' })).toEqual({
      a: '${B}',
      '${B}': 'x',
      b: 'http://h:80/d',
      c: '${B}no',
      d: '$B $ {B}',
      e: '',
      f: 5,
      g: '80\ntwo\n',
      h: 'x80 y',
    });
  });

  it('cannot become structure', async () => {
    const env = { EVIL: 'x\nadmin: true', MORE: '{ a: 1 }', TAIL: '", b: "' };
    expect(await settings('a: ${EVIL}\nb: ${MORE}\nc: "${TAIL}"', env)).toEqual({
      a: env.EVIL,
      b: env.MORE,
      c: env.TAIL,
    });
  });

  it('do not come from a prototype', async () => {
    expect(await complaint('providers: { acme: { a: "${constructor}" } }')).toContain('constructor is not set');
  });

  it('may be files, relative to the config', async () => {
    writeFileSync(join(dir, 'secret.txt'), 'from-a-file\n');
    writeFileSync(join(dir, 'two-lines.txt'), 'a\r\n\r\n');
    writeFileSync(join(dir, 'large.txt'), 'x'.repeat(70_000));
    writeFileSync(join(dir, 'binary.txt'), Uint8Array.of(0xff, 0xfe));
    expect(await settings(`a: "\${file:secret.txt}"\nb: "\${file:${dir}/two-lines.txt}"`)).toEqual({
      a: 'from-a-file',
      b: 'a\r\n',
    });
    const found = await complaint(
      'providers: { acme: { a: "${file:large.txt}", b: "${file:.}", c: "${file:binary.txt}", d: "${file:}" } }',
    );
    expect(found).toContain('large.txt is larger than 65536 bytes');
    expect(found).toContain('is not a file');
    expect(found).toContain('binary.txt cannot be read: it is not UTF-8 text');
  });

  it('that are misspelt have a suggestion', async () => {
    const found = await complaint('providers: { acme: { a: "${TEAM_KYE}" } }', { env: { TEAM_KEY: 'x' } });
    expect(found).toContain('the environment variable TEAM_KYE is not set, did you mean "TEAM_KEY"?');
  });
});

describe('plugins', () => {
  it('are loaded once each, from the folder of the file', async () => {
    const loaded: string[] = [];
    const text = 'providers: { acme: {}, two: { plugin: acme }, three: { plugin: ./mine.ts } }';
    const config = await load(text, { loaded });
    expect(loaded.toSorted()).toEqual([`./mine.ts from ${dir}`, `acme from ${dir}`]);
    expect(config.providers.map(({ pluginPath }) => pluginPath)).toEqual([
      '/plugins/acme.ts',
      '/plugins/acme.ts',
      '/plugins/./mine.ts.ts',
    ]);
  });

  it('get their own keys only, and give back what they like', async () => {
    const plugin = pluginOf(z.strictObject({ a: z.string().transform((text) => text.length) }));
    const config = await load('providers: { acme: { a: four, headers: { x-a: b }, retry: { attempts: 2 } } }', {
      plugin,
    });
    expect(config.providers[0]).toMatchObject({ settings: { a: 4 }, headers: { 'x-a': 'b' }, retry: { attempts: 2 } });
  });

  it('may check with any library, and later', async () => {
    const plugin = pluginOf({
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: async (value) => {
          await Promise.resolve();
          return {
            issues: [{ message: `bad ${JSON.stringify(value)}`, path: [{ key: 'a' }, 'b'] }, { message: 'worse' }],
          };
        },
      },
    });
    expect(
      await complaint('providers:\n  acme:\n    a: { b: 5 }\n', { plugin }),
    ).toBe(`turnout.yaml:2:3  providers.acme: worse
      2 |   acme:
        |   ^^^^
turnout.yaml:3:13  providers.acme.a.b: bad {"a":{"b":5}}
      3 |     a: { b: 5 }
        |             ^`);
  });

  it('with a JSON schema of another library have suggestions too', async () => {
    const schema = {
      $defs: { inner: { type: 'object', properties: { colour: { type: 'string' } }, additionalProperties: false } },
      properties: { list: { type: 'array', items: { $ref: '#/$defs/inner' } } },
    };
    const config: StandardSchemaV1 = {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => ({ issues: [{ message: 'never', path: ['list', 0, 'color'] }] }),
        jsonSchema: { input: () => schema, output: () => schema },
      } as StandardSchemaV1.Props, // the spec has the JSON side in a type of its own
    };
    const found = await complaint('providers:\n  acme:\n    list: [{ color: red }]\n', { plugin: pluginOf(config) });
    expect(found).toBe(`turnout.yaml:3:14  providers.acme.list.0.color: unknown key, did you mean "colour"?
      3 |     list: [{ color: red }]
        |              ^^^^^`);
  });

  it('whose schema throws, or has no JSON form, are reported like any other', async () => {
    const throwing = pluginOf({
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: () => {
          throw new Error('no such thing as sk-live-0123456789');
        },
      },
    });
    const text = 'providers:\n  acme: { apiKey: sk-live-0123456789 }\n';
    expect(await complaint(text, { plugin: throwing })).toContain(
      'turnout.yaml:2:3  providers.acme: the plugin cannot check its settings: no such thing as ***\n',
    );
    const unrepresentable = pluginOf(
      z.strictObject({ a: z.custom((value) => value === 1).optional(), b: z.date().optional() }),
    );
    expect(await complaint('providers: { acme: { a: 2, c: 1, retri: {} } }', { plugin: unrepresentable })).toMatch(
      /acme\.a: .*\n.*\n.*\n.*acme\.c: unknown key\n.*\n.*\n.*acme\.retri: unknown key, did you mean "retry"\?/,
    );
  });
});

describe('consequences', () => {
  it('of a value that is not known are not reported', async () => {
    const plugin = pluginOf(
      z.strictObject({
        auth: z.discriminatedUnion('mode', [
          z.strictObject({ mode: z.literal('a') }),
          z.strictObject({ mode: z.literal('b') }),
        ]),
        list: z.array(z.string()).min(1),
      }),
    );
    const text = `keys: [{ name: a, key: "\${NOPE}" }]
providers:
  acme: { auth: { mode: "\${NOPE}" }, list: ["\${NOPE}"] }
routes: { a: "\${NOPE}", b: { targets: ["\${NOPE}"], reasoning: { budget: "\${NOPE}" } } }
`;
    const lines = (await complaint(text, { plugin })).split('\n').filter((line) => line.startsWith('turnout.yaml'));
    expect(lines.map((line) => line.replace(/^\S+ +/, ''))).toEqual(
      [
        'keys.0.key',
        'providers.acme.auth.mode',
        'providers.acme.list.0',
        'routes.a',
        'routes.b.targets.0',
        'routes.b.reasoning.budget',
      ].map((path) => `${path}: the environment variable NOPE is not set`),
    );
  });

  it('of a misspelt key are not reported', async () => {
    const plugin = pluginOf(z.strictObject({ region: z.string() }));
    const found = await complaint('providers: { acme: { regio: x } }\nkeys: [{ name: a, kee: abcdefgh }]', { plugin });
    expect(found.match(/turnout\.yaml/g)).toHaveLength(2);
    const both = await complaint('providers: { acme: { other: x } }', { plugin });
    expect(both).toContain('acme.region: missing, expected a string');
    expect(both).toContain('acme.other: unknown key\n');
  });

  it('of broken providers are not looked for in routes', async () => {
    expect(await complaint('providers: "${NOPE}"\nroutes: { a: acme/x }')).not.toContain('unknown provider');
  });
});

describe('later errors', () => {
  it('have their place in the file', async () => {
    const config = await load('providers:\n  acme:\n    auth: { mode: x }\n    apiKey: "${KEY}"\n', {
      env: { KEY: 'very-secret' },
    });
    const at = (path: (string | number)[]): string =>
      formatIssues([config.issue(path, 'no profile "very-secret"\nat all')]).replace(/\S*\d+\.yaml/, 'turnout.yaml');
    expect(
      at(['providers', 'acme', 'auth', 'mode']),
    ).toBe(`turnout.yaml:3:19  providers.acme.auth.mode: no profile "***" at all
      3 |     auth: { mode: x }
        |                   ^`);
    expect(at(['providers', 'acme', 'region'])).toMatch(/^turnout.yaml:2:3 {2}providers.acme.region: /);
    expect(at(['providers', 'acme'])).toMatch(/^turnout.yaml:2:3 {2}providers.acme: /);
    expect(at([])).toMatch(/^turnout.yaml:1:1 {2}no profile/);
  });
});

describe('files that cannot be read', () => {
  const fail = async (file: string): Promise<string> => {
    const loading = loadConfig(file, { env: {}, loadPlugin: async () => ({ plugin: open, path: '' }) });
    return loading.then(
      () => 'read',
      (error: ConfigError) => error.message.replace(dir, ''),
    );
  };

  it('say why', async () => {
    mkdirSync(join(dir, 'folder'));
    expect(await fail(join(dir, 'none.yaml'))).toBe('/none.yaml  cannot be read: no such file');
    expect(await fail(join(dir, 'folder'))).toBe('/folder  cannot be read: it is a folder');
    expect(await complaint(Uint8Array.of(0x61, 0xff))).toBe('turnout.yaml  cannot be read: it is not UTF-8 text');
    expect(await complaint(`# ${'x'.repeat(1_048_576)}`)).toBe('turnout.yaml  cannot be used: it is larger than 1 MiB');
  });
});

describe('large nonsense', () => {
  // Each of these took minutes with an expression that looks back or ahead too far; the test's own time limit notices.
  it.each([
    ['open variables', '${'.repeat(200_000)],
    ['open defaults', `a: @${'${a:-'.repeat(100_000)}`],
    ['variables in a flow map', 'server: { port: ${A} }\n'.repeat(5000)],
    ['brackets', `a: ${'{a: '.repeat(50_000)}`],
    ['prefixes of keys', `a: @${'sk-'.repeat(100_000)}`],
  ])('of %s is refused', async (_name, text) => {
    expect(await complaint(text)).toMatch(/^turnout\.yaml:1:\d+ /);
  });
});
