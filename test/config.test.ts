// The files in config/: the schema is current, and every example passes with the plugins that ship with it.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import anthropic from '@turnout/plugin-anthropic';
import bedrock from '@turnout/plugin-bedrock';
import echo from '@turnout/plugin-echo';
import gemini from '@turnout/plugin-gemini';
import openai from '@turnout/plugin-openai';
import { describe, expect, it } from 'vitest';
import { type Config, loadConfig } from '../core/src/config/index.ts';
import { createRouter } from '../core/src/host/index.ts';
import { SILENT } from '../core/src/observe/index.ts';
import { createTable, resolve, targetsOf } from '../core/src/routing/index.ts';
import { routeWarnings } from '../core/src/server/index.ts';
import { schemaText } from '../scripts/write-schema.ts';

const folder = new URL('../config/', import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const env = {
  TEAM_A_KEY: 'a-key-of-team-a',
  ADMIN_KEY: 'a-key-of-the-operator',
  TEAM_B_SHA256: 'ab'.repeat(32),
  TEAM_C_SECRET: 'a-secret-of-team-c',
};

const load = (name: string): Promise<Config> =>
  loadConfig(fileURLToPath(new URL(name, folder)), {
    env,
    loadPlugin: async (plugin) => {
      const found = [anthropic, bedrock, echo, gemini, openai].find((one) => one.name === plugin);
      if (found === undefined) throw new Error(`there is no plugin "${plugin}"`);
      return { plugin: found, path: plugin };
    },
  });

it('config/schema.json is what `pnpm schema` writes', () => {
  expect(readFileSync(new URL('schema.json', folder), 'utf8')).toBe(schemaText());
});

describe.each(files)('config/%s', (name) => {
  it('passes, and every route leads somewhere', async () => {
    const config = await load(name);
    const table = createTable(config);
    const led = config.routes.map((route) => resolve(table, route.name.replace('*', 'any')));
    expect(led.length).toBeGreaterThan(0);
    expect(led.every((way) => way !== undefined && targetsOf(way.group).length > 0)).toBe(true);
  });
});

it.each(files)('config/%s sets nothing in vain', async (name) => {
  const router = await createRouter(await load(name), SILENT);
  const warnings = routeWarnings(router);
  await router.close();
  expect(warnings.map(({ path, message }) => `${path}: ${message}`)).toEqual([]);
});

it('config/turnout.yaml has the defaults it says it has', async () => {
  const full = await load('turnout.yaml');
  const least = await load('quickstart.yaml');
  const common = ({ retry, timeout, breaker, concurrency, headers }: Config['providers'][number]) => {
    return { retry, timeout, breaker, concurrency, headers };
  };
  expect(full.providers.map(common)).toEqual(least.providers.map(common));
  const { server, direct, strict, media } = least;
  expect(full).toMatchObject({ server, direct, strict, media });
});
