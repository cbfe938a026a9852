// `turnout models` as a user sees it: an aligned table, and JSON.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { run } from '../../core/src/cli/index.ts';

const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret-not-a-real-one' };
const home = fileURLToPath(new URL('../../bin', import.meta.url));
const quickstart = fileURLToPath(new URL('../../config/quickstart.yaml', import.meta.url));

let local: BedrockLocal;
let dir: string;
beforeEach(async () => {
  local = await startBedrockLocal({ credentials: [KEYS] });
  dir = mkdtempSync(join(tmpdir(), 'turnout-test-'));
});
afterEach(async () => {
  vi.restoreAllMocks();
  expect(local.open).toBe(0);
  await local.close();
  rmSync(dir, { recursive: true });
});

/** What the command prints, with the free port replaced, and its exit code. */
async function models(config: string, ...flags: string[]): Promise<{ text: string; code: number }> {
  const lines: string[] = [];
  vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line));
  vi.spyOn(console, 'error').mockImplementation((line) => lines.push(line));
  const env = { BEDROCK_LOCAL_URL: local.url };
  const code = await run(['models', ...flags, '--config', config], { home, env });
  return { text: lines.join('\n').replaceAll(new URL(local.url).host, 'LOCAL'), code };
}

function write(yaml: string): string {
  const file = join(dir, 'turnout.yaml');
  writeFileSync(file, yaml);
  return file;
}

test('a table for each provider', async () => {
  const { text, code } = await models(quickstart);
  const [bedrock = '', echo] = text.split('\n\n');
  const lines = bedrock.split('\n');
  const shown = lines.filter((line) =>
    /MODEL|claude-sonnet-5 |nova-pro|titan-embed-text-v1|embed-v4|deepseek.r1/.test(line),
  );
  expect(shown.map((line) => line.split(/ {2,}/))).toMatchInlineSnapshot(`
    [
      [
        "MODEL",
        "CONTEXT",
        "OUTPUT",
        "$/M IN",
        "$/M OUT",
        "ABILITIES",
        "NOTE",
      ],
      [
        "bedrock/amazon.nova-pro-v1:0",
        "300k",
        "10k",
        "0.80",
        "3.20",
        "tools images cache",
        "profiles: apac eu us; sent as us.amazon.nova-pro-v1:0",
      ],
      [
        "bedrock/amazon.titan-embed-text-v1",
        "8192",
        "0.10",
        "0.00",
        "embeddings",
      ],
      [
        "bedrock/anthropic.claude-sonnet-5",
        "1M",
        "128k",
        "2.20",
        "11.00",
        "tools images reasoning cache",
        "profiles: au eu global jp us; sent as us.anthropic.claude-sonnet-5",
      ],
      [
        "bedrock/cohere.embed-v4:0",
        "128k",
        "embeddings",
        "profiles: eu global us; sent as us.cohere.embed-v4:0",
      ],
      [
        "bedrock/deepseek.r1-v1:0",
        "128k",
        "32768",
        "1.35",
        "5.40",
        "reasoning",
        "profiles: us; sent as us.deepseek.r1-v1:0",
      ],
    ]
  `);
  expect(echo).toMatchInlineSnapshot(`
    "MODEL
    echo/echo"
  `);
  expect(lines.length).toBeGreaterThan(90);
  expect(code).toBe(0);
});

test('the price and the note are those of what is sent', async () => {
  const yaml = (crossRegion: string) => `providers:
  bedrock:
    region: us-east-1
    crossRegion: ${crossRegion}
    auth: { mode: keys, accessKeyId: a, secretAccessKey: b }
    models: { mine: { id: global.amazon.nova-2-lite-v1:0 } }
`;
  const row = async (crossRegion: string, id: string) => {
    const { text } = await models(write(yaml(crossRegion)), 'bedrock', '--json');
    const [{ models: list }] = JSON.parse(text).providers;
    return list.find((model: { id: string }) => model.id === id);
  };
  const nova = 'amazon.nova-2-lite-v1:0';
  expect(await row('off', nova)).toMatchObject({ price: { input: 0.33 }, note: 'profiles: eu global jp us' });
  expect(await row('global', nova)).toEqual({
    id: nova,
    name: 'Nova 2 Lite',
    inputTokensMax: 1_000_000,
    outputTokensMax: 65_535,
    price: { input: 0.3, output: 2.5, cacheRead: 0.075, cacheWrite: 0.3 },
    abilities: ['tools', 'images', 'reasoning', 'cache'],
    note: `profiles: eu global jp us; sent as global.${nova}`,
  });
  expect(await row('off', 'mine')).toMatchObject({ price: { input: 0.3 } });
});

test('one provider, or a word about those that there are', async () => {
  expect((await models(quickstart, 'echo')).text).toBe('MODEL\necho/echo');
  const { text, code } = await models(quickstart, 'bedrok');
  expect(text).toBe('turnout: there is no provider "bedrok" in the file: bedrock, echo');
  expect(code).toBe(1);
});
