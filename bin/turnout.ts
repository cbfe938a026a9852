#!/usr/bin/env node
// The program: core's command line with the built-in plugins at hand. Without arguments it is the quickstart.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '@turnout/core/cli';

const home = dirname(fileURLToPath(import.meta.url));
const [, , ...argv] = process.argv;

if (argv.length === 0) {
  const { quickstart } = await import('./quickstart.ts');
  process.exitCode = await quickstart({ home, env: process.env });
} else {
  process.exitCode = await run(argv, { home, env: process.env });
}
