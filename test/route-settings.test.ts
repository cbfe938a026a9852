// What a route sets for a plugin and its target has no place for: nobody's request is at fault, so `check` says it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';
import { loadRouter } from '../core/src/cli/index.ts';
import { SILENT } from '../core/src/observe/index.ts';
import { explain, routeWarnings } from '../core/src/server/index.ts';

const home = fileURLToPath(new URL('../bin', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'turnout-route-settings-'));
afterAll(() => rmSync(dir, { recursive: true }));

const YAML = `providers:
  aws:
    plugin: bedrock
    region: us-east-1
    auth: { mode: keys, accessKeyId: a, secretAccessKey: b }
  echo: {}
routes:
  fast:
    targets: [aws/anthropic.claude-sonnet-4-5-20250929-v1:0]
    bedrock:
      latency: optimized
      guardrail: { id: gr1, version: 1 }
      keyTag: caller
  mixed:
    targets: [aws/amazon.nova-pro-v1:0, echo/echo]
    bedrock:
      guardrail: { id: gr1, version: 1 }
strict: true
`;

test('is a warning at its line, no refusal under strict, and seen in explain', async () => {
  const file = join(dir, 'turnout.yaml');
  writeFileSync(file, YAML);
  const router = await loadRouter(file, { home, env: {} }, SILENT);
  expect(routeWarnings(router).map(({ line, path, message }) => ({ line, path, message }))).toEqual([
    {
      line: 11,
      path: 'routes.fast.bedrock.latency',
      message: expect.stringMatching(/^warning: aws\/anthropic.*no latency-optimised variant$/),
    },
    {
      line: 16,
      path: 'routes.mixed.bedrock',
      message: 'warning: echo/echo does not get this: it is no target of the plugin "bedrock"',
    },
  ]);
  const [target] = explain(router, { model: 'fast' }, { name: 'team-a', admin: true, mayUse: () => true }).targets;
  expect(target?.error).toBeUndefined();
  expect(target?.resolution?.reasons).toEqual(
    expect.arrayContaining(['the guardrail gr1, version 1, checks request and answer', 'tagged with caller']),
  );
});
