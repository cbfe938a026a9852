#!/usr/bin/env node
// The program: core's command line with the built-in plugins at hand. Without arguments it is the quickstart.
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Half of the time to the listening line is compiling: from the second start on it is read from here. In the user's own folder, since
// whoever may write there decides what runs; node's default is below the temporary folder of all. Where it cannot be written there is none.
enableCompileCache(join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'turnout', 'compiled'));
const { run } = await import('@turnout/core/cli');

const home = dirname(fileURLToPath(import.meta.url));
const [, , ...argv] = process.argv;

// Started by scripts/run.mjs: when that is gone, however it ended, this ends too.
if (process.channel) {
  process.channel.unref();
  process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
}

// Who reads what is printed may leave at any time: `| head` does.
const outputs = [process.stdout, process.stderr];
for (const output of outputs) output.on('error', () => {});

const code = await start();
// A pipe holds 64 KiB; what a slow reader has not taken would be lost.
await Promise.all(outputs.map((output) => new Promise((written) => output.write('', written))));
process.exit(code);

/** Without a command it is the quickstart, which takes a port. */
async function start(): Promise<number> {
  if (argv.length > 0 && !argv[0]?.startsWith('--port')) return run(argv, { home, env: process.env });
  const { quickstart } = await import('./quickstart.ts');
  return quickstart(argv, { home, env: process.env });
}
