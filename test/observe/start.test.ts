// What a start loads: nothing of OpenTelemetry unless the environment asks for it, and nothing for metrics until somebody asks.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { startCollector } from './collector.ts';

const program = fileURLToPath(new URL('../../bin/turnout.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'turnout-start-'));
afterAll(() => rmSync(dir, { recursive: true }));

const config = join(dir, 'turnout.yaml');
writeFileSync(config, 'server: { port: 0 }\nproviders: { echo: {} }\nroutes: { main: echo/echo }\n');
// Writes down every module as it is found, required ones too.
const witness = join(dir, 'witness.mjs');
writeFileSync(
  witness,
  `import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
registerHooks({
  resolve(name, context, next) {
    const found = next(name, context);
    appendFileSync(process.env.LOADED, found.url + '\\n');
    return found;
  },
});
`,
);

interface Run {
  readonly loaded: string;
  readonly log: readonly Record<string, unknown>[];
  readonly code: unknown;
}

/** Serves one request and what else is asked for, and ends. */
async function run(name: string, env: NodeJS.ProcessEnv, visit?: (url: string) => Promise<void>): Promise<Run> {
  const loaded = join(dir, name);
  const { OTEL_EXPORTER_OTLP_ENDPOINT: _, ...outer } = process.env;
  const child = spawn(process.execPath, ['--import', witness, program, 'serve', '--config', config], {
    env: { ...outer, ...env, LOADED: loaded },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString();
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer]; // the listening line
  const url = /http:\S+/.exec(line.toString())?.[0] ?? '';
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'main', messages: [{ role: 'user', content: 'hi' }] }),
  });
  expect(response.status).toBe(200);
  await response.text();
  await visit?.(url);
  child.kill('SIGTERM');
  const [code] = await once(child, 'close');
  return {
    loaded: readFileSync(loaded, 'utf8'),
    log: log
      .trim()
      .split('\n')
      .map((text) => JSON.parse(text)),
    code,
  };
}

test('without the environment nothing of it is loaded', { timeout: 20_000 }, async () => {
  const { loaded, log, code } = await run('plain', {}, async (url) => {
    const model = 'x"}\n{"level":30,"msg":"forged"}\r\u001b[1A';
    const body = JSON.stringify({ model, messages: [] });
    await fetch(`${url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
  });
  expect(loaded).toMatch(/core\/src\/observe\/observer\.ts/);
  expect(loaded).not.toMatch(/opentelemetry|prom-client|observe\/span/);
  // A line each: what a client sends cannot make another.
  expect(log).toMatchObject([
    { msg: 'request', status: 200, target: 'echo/echo' },
    { msg: 'request', status: 400, code: 'invalid-request' },
  ]);
  expect(code).toBe(0);
});

test('with it, spans are sent before the process ends; metrics come with the first scrape', {
  timeout: 20_000,
}, async () => {
  const collector = await startCollector();
  const { loaded, log, code } = await run('traced', { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url }, async (url) => {
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/turnout_requests_total\{.*route="main".*\} 1\n/);
  });
  expect(loaded).toMatch(/@opentelemetry\/sdk-trace/);
  expect(loaded).toMatch(/prom-client/);
  expect(collector.spans.map(({ name }) => name).sort()).toEqual(['chat echo', 'chat main']);
  expect(log[0]?.traceId).toBe(collector.spans[0]?.traceId);
  expect(code).toBe(0);
  await collector.close();
});

test('a collector that is away does not hold the end up', { timeout: 20_000 }, async () => {
  const { code } = await run('away', { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  expect(code).toBe(0);
});
