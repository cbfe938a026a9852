// A router from YAML text for a test that calls nobody.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll } from 'vitest';
import { loadRouter } from '../../core/src/cli/index.ts';
import type { Router } from '../../core/src/host/index.ts';

export const home = fileURLToPath(new URL('../../bin', import.meta.url));

const dir = mkdtempSync(join(tmpdir(), 'turnout-explain-'));
const routers: Router[] = [];
afterAll(async () => {
  for (const router of routers) await router.close();
  rmSync(dir, { recursive: true });
});

/** Writes a file of the test's folder; its path. */
export function write(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

/** Closed after the tests of the file. */
export async function load(yaml: string): Promise<Router> {
  const router = await loadRouter(write('turnout.yaml', yaml), { home, env: {} });
  routers.push(router);
  return router;
}

/** What was printed, without the name of a folder that is another one each time. */
export const plain = (text: string): string => text.replaceAll(`${dir}/`, '');
