// Providers are created together and closed together, whatever their plugins do.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Config } from '../config/config.ts';
import { ConfigError } from '../config/index.ts';
import { loadConfig } from '../config/load.ts';
import type { Plugin, Provider } from '../contract/index.ts';
import { createRouter } from './router.ts';

const SILENT = { debug() {}, info() {}, warn() {}, error() {} };
const PATIENCE_MS = 50;
const never = new Promise<never>(() => {});

const provider = (close: Provider['close'] & {}): Provider => ({
  plan: () => {
    throw new Error('never asked');
  },
  stream: () => {
    throw new Error('never asked');
  },
  close,
});

/** A checked configuration of providers that are made so. */
async function configOf(creates: Readonly<Record<string, Plugin['create']>>): Promise<Config> {
  const dir = mkdtempSync(join(tmpdir(), 'turnout-router-'));
  const file = join(dir, 'turnout.yaml');
  writeFileSync(
    file,
    `providers:\n${Object.keys(creates)
      .map((name) => `  ${name}: {}\n`)
      .join('')}`,
  );
  const loadPlugin = async (name: string) => {
    const create = creates[name];
    if (create === undefined) throw new Error(`no plugin ${name}`);
    return { plugin: { name, contract: 1 as const, config: z.strictObject({}), create }, path: name };
  };
  const config = await loadConfig(file, { env: {}, loadPlugin });
  rmSync(dir, { recursive: true });
  return config;
}

async function refusal(config: Config): Promise<string[]> {
  const error = await createRouter(config, SILENT, { patienceMs: PATIENCE_MS }).then(
    () => undefined,
    (failure: unknown) => failure,
  );
  if (!(error instanceof ConfigError)) throw error ?? new Error('nothing was refused');
  return error.issues.map(({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`);
}

test('providers are closed in reverse, once, also after one that fails to', async () => {
  const closed: string[] = [];
  const closing = (name: string) => () => provider(async () => void closed.push(name));
  const warnings: string[] = [];
  const log = { ...SILENT, warn: (_: object, message: string) => void warnings.push(message) };
  const config = await configOf({
    a: closing('a'),
    b: () => provider(() => Promise.reject(new Error('stuck'))),
    c: () => provider(() => never),
    d: closing('d'),
  });
  const router = await createRouter(config, log, { patienceMs: PATIENCE_MS });
  await router.close();
  await router.close();
  expect(closed).toEqual(['d', 'a']);
  expect(new Set(warnings)).toEqual(new Set(['a provider did not close cleanly']));
});

test('a create that never ends is given up, and closed when it ends after all', async () => {
  const closed: string[] = [];
  let end = (_: Provider): void => {};
  const late = new Promise<Provider>((resolve) => {
    end = resolve;
  });
  const config = await configOf({
    a: () => provider(async () => void closed.push('a')),
    b: () => never,
    c: () => late,
    d: () => {
      throw new Error('no such region');
    },
  });
  expect(await refusal(config)).toEqual([
    '3:6 providers.b: create() of plugin "b" has not ended within 50 ms',
    '4:6 providers.c: create() of plugin "c" has not ended within 50 ms',
    '5:6 providers.d: no such region',
  ]);
  expect(closed).toEqual(['a']);
  end(provider(async () => void closed.push('c')));
  await expect.poll(() => closed).toEqual(['a', 'c']);
});

test('what is thrown is one line, whatever it is', async () => {
  const throwing = (value: unknown) => (): never => {
    throw value;
  };
  const config = await configOf({
    a: throwing(new TypeError()),
    b: throwing(undefined),
    c: throwing(' \n'),
    d: throwing(new Error('one\ntwo')),
  });
  expect(await refusal(config)).toEqual([
    '2:6 providers.a: TypeError',
    '3:6 providers.b: undefined',
    '4:6 providers.c: create() threw an empty text',
    '5:6 providers.d: one',
  ]);
});
