// A command of the program for a test: run in this process against a bedrock-local, with what it prints kept.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BedrockLocal, startBedrockLocal } from '@turnout/plugin-bedrock/local';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { run } from '../core/src/cli/index.ts';

export const KEYS = { accessKeyId: 'LOCALACCESSKEY', secretAccessKey: 'local-secret-not-a-real-one' };
export const quickstart = fileURLToPath(new URL('../config/quickstart.yaml', import.meta.url));
const home = fileURLToPath(new URL('../bin', import.meta.url));

export interface Command {
  /** Started afresh for each test. */
  readonly local: BedrockLocal;
  /** What the program prints, with the free port replaced, and its exit code. */
  run(...argv: string[]): Promise<{ text: string; code: number }>;
  /** Writes a config file; its path. */
  write(yaml: string): string;
}

/** For the tests of the file that calls it. */
export function commandUnderTest(): Command {
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
  return {
    get local() {
      return local;
    },
    run: async (...argv) => {
      const lines: string[] = [];
      vi.spyOn(console, 'log').mockImplementation((line) => lines.push(line));
      vi.spyOn(console, 'error').mockImplementation((line) => lines.push(line));
      const code = await run(argv, { home, env: { BEDROCK_LOCAL_URL: local.url } });
      return { text: lines.join('\n').replaceAll(new URL(local.url).host, 'LOCAL'), code };
    },
    write: (yaml) => {
      const file = join(dir, 'turnout.yaml');
      writeFileSync(file, yaml);
      return file;
    },
  };
}
