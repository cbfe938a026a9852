// No secret is ever printed: whatever is wrong with the file, and wherever it breaks.
// biome-ignore-all lint/suspicious/noTemplateCurlyInString: variables of the file, not of templates
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Plugin } from '../contract/index.ts';
import type { ConfigError } from './error.ts';
import { loadConfig } from './load.ts';
import { looksSecret, looksSecretList } from './secret-name.ts';

const dir = mkdtempSync(join(tmpdir(), 'turnout-secret-'));
afterAll(() => rmSync(dir, { recursive: true }));

/** Quotes what it is given, as a careless plugin does. */
const plugin: Plugin = {
  name: 'careless',
  contract: 1,
  config: z.strictObject({
    region: z
      .string()
      .superRefine((value, context) => context.addIssue({ code: 'custom', message: `no region "${value}"` })),
    apiKey: z
      .string()
      .superRefine((value, context) =>
        context.addIssue({ code: 'custom', message: `bad ${JSON.stringify({ value })}` }),
      ),
    auth: z.strictObject({ mode: z.string(), accessKeyId: z.number(), secretAccessKey: z.number() }),
    password: z.string().max(1),
  }),
  create: () => {
    throw new Error('never created');
  },
};

let count = 0;
async function printed(text: string, env: NodeJS.ProcessEnv): Promise<string> {
  count += 1;
  const file = join(dir, `${count}.yaml`);
  writeFileSync(file, text);
  const loading = loadConfig(file, {
    env,
    builtIns: ['careless'],
    loadPlugin: async (name) => {
      if (name !== 'careless') throw new Error(`no plugin ${name}`);
      return { plugin, path: 'careless.ts' };
    },
  });
  const error = await loading.then(
    () => undefined,
    (failure: ConfigError) => failure,
  );
  rmSync(file);
  return error === undefined ? '' : `${error.message}\n${JSON.stringify(error.issues)}`;
}

const file = (secret: readonly string[]): string => `server: { host: "\${HOST}", port: "\${PORT}", drain: "\${DRAIN}" }
keys:
  - { name: team, key: "${secret[0]}", models: [5] }
  - name: other
    key: ${secret[1]}
    sha256: ${secret[2]} # was key: ${secret[3]}
providers:
  careless:
    region: \${REGION}
    apiKey: ${secret[4]}
    auth: { mode: keys, accessKeyId: ${secret[5]}, secretAccessKey: '${secret[6]}', sessionToken: \${SESSION} }
    password: |
      ${secret[7]}
    headers: { x-api-key: "${secret[8]}", x-tenant: "\${TENANT}é" }
  second: { plugin: "\${PLUGIN}", auth: ${secret[9]}, apikey: "\${UNSET:-${secret[10]}}" }
routes:
  a: "\${TARGET}"
  b: { targets: ["\${TARGET}/x"], reasoning: "\${REASONING}" }
`;
const NAMES = ['HOST', 'PORT', 'DRAIN', 'REGION', 'SESSION', 'TENANT', 'PLUGIN', 'TARGET', 'REASONING'];

const secretText = fc
  .tuple(fc.stringMatching(/^[a-zA-Z]$/), fc.stringMatching(/^[a-zA-Z0-9+/=_. -]{11,30}[a-z]$/))
  .map((parts) => parts.join(''));
const breaking = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  how: fc.constantFrom('delete', 'insert', 'replace', 'delete-line', 'repeat-line', 'cut'),
  with: fc.constantFrom(...'{}[]:,"\'#&*!|>%@ \n\t-?=x$', ': ', ' #', '\n  '),
});

function broken(text: string, { at, how, with: inserted }: { at: number; how: string; with: string }): string {
  const index = Math.min(text.length - 1, Math.floor(at * text.length));
  const lineStart = text.lastIndexOf('\n', index - 1) + 1;
  const lineEnd = text.indexOf('\n', index) + 1;
  if (how === 'delete') return text.slice(0, index) + text.slice(index + 1);
  if (how === 'insert') return text.slice(0, index) + inserted + text.slice(index);
  if (how === 'replace') return text.slice(0, index) + inserted + text.slice(index + 1);
  if (how === 'cut') return text.slice(0, index);
  if (how === 'delete-line') return text.slice(0, lineStart) + text.slice(lineEnd);
  return text.slice(0, lineEnd) + text.slice(lineStart);
}

/** The same as JSON, which has its own ways to break. */
const asJson = (secret: readonly string[]): string =>
  JSON.stringify(
    {
      keys: [
        { name: 'a', key: secret[0], models: [5] },
        secret[1],
        { name: 'b', sha256: secret[2] },
        { name: 'c', secretAccessKey: secret[10] },
      ],
      providers: {
        careless: { region: '${REGION}', apiKey: secret[4], auth: { mode: 5, secretAccessKey: secret[6] } },
        second: { plugin: '${PLUGIN}', password: secret[7], apikye: secret[8], headers: { cookie: secret[9] } },
      },
      routes: { a: '${TARGET}' },
    },
    null,
    2,
  );

describe('secrets', () => {
  it.each([
    ['YAML', file],
    ['JSON', asJson],
  ])('are never printed, wherever the %s breaks', async (_form, write) => {
    let complaints = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(secretText, { minLength: 20, maxLength: 20 }),
        fc.array(breaking, { maxLength: 3 }),
        async (secrets, breaks) => {
          const env = Object.fromEntries(NAMES.map((name, index) => [name, secrets[11 + index]]));
          const text = breaks.reduce(broken, write(secrets));
          const output = await printed(text, env);
          if (output !== '') complaints += 1;
          for (const secret of secrets) {
            if (output.includes(secret)) expect.fail(`${secret} is in:\n${output}\n--- of:\n${text}`);
          }
        },
      ),
      { seed: 7, numRuns: 400 },
    );
    expect(complaints).toBe(400);
  });

  it('do not hide what is wrong beside them', async () => {
    const text = 'keys:\n  - { name: team, key: "correct horse", modells: [a] }\n  - { name: other, key: ${KEY} }\n';
    expect(await printed(text, {})).toContain('  - { name: ***, key: ${KEY} }\n');
    const parsed = await printed(`${text.replace('${KEY}', '"${KEY}"')}providers: {}\n`, {});
    expect(parsed).toContain('  - { name: team, key: "***", modells: [***] }\n');
    expect(parsed).toContain('  - { name: other, key: "${KEY}" }\n');
  });

  it('are known by their shape where no key names them', async () => {
    const shapes = {
      prefixed: 'sk-abcdefghijkl',
      token: 'ghp_abcdefghijklmnop',
      hexadecimal: 'deadbeef'.repeat(4),
      mixed: 'aB3'.repeat(8),
      url: 'https://user:horse@example.com',
      comment: 'x # the password is horse',
      mention: 'apiKey:horse',
    };
    for (const [name, shape] of Object.entries(shapes)) {
      const output = await printed(`providers: {}\nroutes:\n  ${name}: ${shape}\n`, {});
      expect(output, name).not.toMatch(/horse|abcdefgh|deadbeef|aB3/);
      expect(output, name).toContain(name);
    }
  });
});

describe('names', () => {
  it.each([
    ...['key', 'apiKey', 'api_key', 'API-KEY', 'apikey', 'secretAccessKey', 'accessKeyId', 'sessionToken', 'token'],
    ...['password', 'passwd', 'sha256', 'clientSecret', 'x-api-key', 'Authorization', 'cookie', 'credentials'],
    // Misspelt: these are what errors are about.
    ...['kee', 'apiKy', 'apikye', 'secretAccesKye', 'passwrod', 'tokn', 'secert', 'sesionToken'],
  ])('%s is secret', (name) => expect(looksSecret(name)).toBe(true));

  it.each([
    ...['name', 'region', 'endpoint', 'models', 'maxTokens', 'firstToken', 'plugin', 'profile', 'server', 'routes'],
    ...['retry', 'targets', 'budget', 'keys', 'tokens', 'mode', 'id', 'base', 'admin', ''],
  ])('%s is not', (name) => expect(looksSecret(name)).toBe(false));

  it('of lists make their items secret', () => {
    expect(looksSecretList('keys')).toBe(true);
    expect(looksSecretList('maxTokens')).toBe(false);
    expect(looksSecretList('models')).toBe(false);
  });
});

it('a key that was pasted into ${…} is no reference, and is masked', async () => {
  const text = "providers:\n  a: { plugin: careless, region: x, apiKey: '${s3cr3t-Value-0042}', password: p }\n";
  expect(await printed(text, {})).not.toContain('Value-0042');
});

it('an external id is a secret', () => {
  expect(looksSecret('externalId')).toBe(true);
});
