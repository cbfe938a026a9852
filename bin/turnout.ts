#!/usr/bin/env node
// The program: core's command line with the built-in plugins at hand. Without arguments it is the quickstart.
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '@turnout/core/cli';

const home = dirname(fileURLToPath(import.meta.url));
const [, , ...argv] = process.argv;

// Started by scripts/run.mjs: when that is gone, however it ended, this ends too.
if (process.channel) {
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

// Without a command it is the quickstart, which takes a port.
if (argv.length === 0 || argv[0]?.startsWith('--port')) {
  const { quickstart } = await import('./quickstart.ts');
  process.exit(await quickstart(argv, { home, env: process.env }));
} else {
  process.exit(await run(argv, { home, env: process.env }));
}
