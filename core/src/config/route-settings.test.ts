// Settings of routes for plugins: checked by the plugin's own schema, with places, and only where the plugin is used.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the file, not of templates
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Plugin } from '../contract/index.ts';
import type { Config } from './config.ts';
import { ConfigError } from './error.ts';
import { configJsonSchema } from './json-schema.ts';
import { loadConfig } from './load.ts';
import { PluginNotFoundError } from './provider.ts';
import { isRecord } from './schema-keys.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnout-route-settings-'));
afterAll(() => rmSync(dir, { recursive: true }));

const pluginOf = (name: string, extensions?: Plugin['extensions']): Plugin => ({
  name,
  contract: 1,
  config: z.looseObject({}),
  ...(extensions && { extensions }),
  create: () => {
    throw new Error('never created');
  },
});
const SHARED = z.strictObject({ deep: z.boolean() }).meta({ id: 'shared' });
const PLUGINS = [
  pluginOf(
    'acme',
    z.strictObject({ level: z.int().default(3), tier: z.enum(['fast', 'cheap']).optional(), part: SHARED.optional() }),
  ),
  pluginOf('plain'),
  pluginOf('broken', {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: () => {
        throw new Error('out of order');
      },
    },
  }),
];
const HEAD = `providers:
  acme: {}
  second: { plugin: acme }
  plain: {}
  broken: {}
routes:
`;

let count = 0;
async function load(routes: string, more = ''): Promise<Config> {
  count += 1;
  const file = join(dir, `${count}.yaml`);
  writeFileSync(file, HEAD.replace('routes:', `${more}routes:`) + routes);
  return loadConfig(file, {
    env: { LEVEL: '7' },
    loadPlugin: async (name) => {
      const plugin = PLUGINS.find((one) => one.name === name);
      if (!plugin) throw new PluginNotFoundError(`there is no plugin "${name}"`);
      return { plugin, path: name };
    },
  });
}

const issues = async (routes: string, more = '') => {
  const error = await load(routes, more).catch((reason: unknown) => reason);
  if (!(error instanceof ConfigError)) throw error;
  return error.issues.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
};

describe('settings of a route for a plugin', () => {
  it.each([
    ['{ targets: [acme/x], acme: { level: 5, tier: fast } }', { acme: { level: 5, tier: 'fast' } }],
    ['{ targets: [plain/x, second/x], acme: { level: "${LEVEL}" } }', undefined],
    ['{ targets: [second/x], acme: { level: ${LEVEL} } }', undefined],
    ['{ targets: [acme/x], acme: }', { acme: { level: 3 } }],
    ['{ targets: [acme/x] }', {}],
    ['acme/x', {}],
  ])('%s', async (route, settings) => {
    // A variable inside { } needs quotes, and with quotes it is text: both are errors of the file itself.
    if (settings === undefined) await expect(load(`  a: ${route}\n`)).rejects.toThrow(ConfigError);
    else expect((await load(`  a: ${route}\n`)).routes[0]?.settings).toEqual(settings);
  });

  it('are under the name of the plugin, whatever the provider is called', async () => {
    const config = await load('  a:\n    targets: [second/x]\n    acme:\n      level: ${LEVEL}\n');
    expect(config.routes[0]?.settings).toEqual({ acme: { level: 7 } });
    expect(Object.isFrozen(config.routes[0]?.settings)).toBe(true);
  });
});

describe('what is wrong with them is said at its place', () => {
  it.each([
    ['an unknown key', '{ level: 1, teir: fast }', '9:23 routes.a.acme.teir: unknown key, did you mean "tier"?'],
    ['a bad value', '{ tier: fats }', '9:19 routes.a.acme.tier: expected one of fast, cheap, did you mean "fast"?'],
    ['no map', 'fast', '9:11 routes.a.acme: expected a map, got a string'],
  ])('%s', async (_name, written, said) => {
    const found = await issues(`  a:\n    targets: [acme/x]\n    acme: ${written}\n`);
    expect(found).toEqual([said]);
  });

  it.each([
    ['acm: {}', 'routes.a.acm: unknown key, did you mean "acme"?'],
    ['defalts: {}', 'routes.a.defalts: unknown key, did you mean "defaults"?'],
    ['plain: {}', 'routes.a.plain: the plugin "plain" has no settings that a route could make'],
    ['other: {}', 'routes.a.other: unknown key'],
  ])('%s', async (written, said) => {
    expect(await issues(`  a:\n    targets: [acme/x, plain/x]\n    ${written}\n`)).toEqual([`9:5 ${said}`]);
  });

  it('a plugin that no target uses', async () => {
    expect(await issues('  a:\n    targets: [plain/x]\n    acme: {}\n')).toEqual([
      '9:5 routes.a.acme: no target of this route uses the plugin "acme"',
    ]);
  });

  it('a schema that throws', async () => {
    expect(await issues('  a:\n    targets: [broken/x]\n    broken: {}\n')).toEqual([
      '9:5 routes.a.broken: the plugin "broken" cannot check this: out of order',
    ]);
  });

  it('settings for a plugin that cannot be loaded are not reported besides', async () => {
    const text = '  a:\n    targets: [gone/x]\n    gone: { any: thing }\n    defalts: {}\n';
    expect((await issues(text, '  gone: {}\n')).map((issue) => issue.replace(/^\S+ /, ''))).toEqual([
      'providers.gone: cannot load the plugin: there is no plugin "gone"; name its plugin with "plugin: …"',
      'routes.a.defalts: unknown key, did you mean "defaults"?',
    ]);
  });

  it('targets that are wrong are reported once', async () => {
    expect(await issues('  a:\n    targets: [acmee/x]\n    acme: { level: 1 }\n')).toEqual([
      '8:15 routes.a.targets.0: unknown provider, did you mean "acme"?',
    ]);
  });
});

it('are in the schema for editors, where the plugin takes any', () => {
  const schema = configJsonSchema(PLUGINS);
  const definitions = isRecord(schema.definitions) ? schema.definitions : {};
  expect(Object.keys(definitions)).toEqual(expect.arrayContaining(['route.acme', 'route.acme.shared', 'route.broken']));
  expect(Object.keys(definitions)).not.toContain('route.plain');
  expect(JSON.stringify(definitions['route.acme'])).toContain('#/definitions/route.acme.shared');
  expect(JSON.stringify(schema.properties)).toContain('#/definitions/route.acme"');
});
