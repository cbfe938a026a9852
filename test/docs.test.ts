// What the documents show is run: the plugin of CONTRIBUTING, the YAML of README.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import OpenAI from 'openai';
import { afterAll, expect, test } from 'vitest';
import { loadRouter } from '../core/src/cli/index.ts';
import { SILENT } from '../core/src/observe/index.ts';
import { listen } from '../core/src/server/index.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
// Inside the repository, so that the plugin finds its imports as one beside a user's installed Turnout does.
const dir = join(root, 'out', 'docs');
mkdirSync(dir, { recursive: true });
afterAll(() => rmSync(dir, { recursive: true }));

/** The fenced blocks of one language, without their indentation. */
function blocks(file: string, language: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  return [...text.matchAll(new RegExp(`^( *)\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].map(
    ([, indent = '', body = '']) => body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

const load = (file: string, env: NodeJS.ProcessEnv) => loadRouter(file, { home: join(root, 'bin'), env }, SILENT);

test('the provider of CONTRIBUTING works as it stands there', async () => {
  const [source = ''] = blocks('CONTRIBUTING.md', 'ts');
  const [yaml = ''] = blocks('CONTRIBUTING.md', 'yaml');
  writeFileSync(join(dir, 'parrot.ts'), source);
  writeFileSync(join(dir, 'parrot.yaml'), yaml);
  const statuses = [429, 200];
  const service = http.createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      response.writeHead(statuses.shift() ?? 200, { 'retry-after': '0' });
      response.end(JSON.stringify({ text: `${JSON.parse(body).prompt.join(' ')}!` }));
    });
  });
  await new Promise<void>((ready) => service.listen(0, '127.0.0.1', ready));
  const { port } = service.address() as AddressInfo;
  const router = await load(join(dir, 'parrot.yaml'), { PARROT_URL: `http://127.0.0.1:${port}/` });
  const listening = await listen(router, { host: '127.0.0.1', port: 0 });
  const openai = new OpenAI({ baseURL: `${listening.url}/v1`, apiKey: 'x', maxRetries: 0 });
  const { data, response } = await openai.chat.completions
    .create({ model: 'polly', messages: [{ role: 'user', content: 'Hello' }], seed: 1 })
    .withResponse();
  expect(data.choices[0]?.message.content).toBe('Hello!');
  expect(response.headers.get('x-turnout-attempts')).toBe('2');
  await listening.close();
  await router.close();
  service.close();
});

test('the YAML of README is sound', async () => {
  const shown = blocks('README.md', 'yaml');
  expect(shown.length).toBeGreaterThan(0);
  for (const [position, yaml] of shown.entries()) {
    const file = join(dir, `readme-${position}.yaml`);
    writeFileSync(file, yaml);
    const router = await load(file, { TEAM_A_KEY: 'a-key-of-team-a' });
    await router.close();
  }
});

test('the script of README starts a bedrock-local', async () => {
  const script = blocks('README.md', 'js').find((block) => block.includes('startBedrockLocal')) ?? '';
  writeFileSync(join(dir, 'local.mjs'), `${script}\nexport const { url } = local;\n`);
  const { url } = await import(join(dir, 'local.mjs'));
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  await expect(fetch(url)).rejects.toThrow();
});

test('README has no hole left', () => {
  expect(readFileSync(join(root, 'README.md'), 'utf8')).not.toMatch(/@@\w*@@/);
});
