// `turnout serve` as a process of its own, for tests of signals and of the watched file.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/turnout.ts', import.meta.url));

export interface Program {
  readonly child: ChildProcess;
  /** As it was printed. */
  readonly url: string;
  /** The folder of the file, `turnout.yaml`; the process stands in another. */
  readonly dir: string;
  stdout(): string;
  stderr(): string;
  write(name: string, text: string): void;
  /** Waits until stderr has what is looked for, from `since` on. */
  says(what: RegExp, since?: number): Promise<string>;
  /** How the process has ended. */
  readonly ended: Promise<[code: number | null, signal: NodeJS.Signals | null]>;
}

const programs: Program[] = [];

/** Starts it with a file of this text, and waits until it listens. */
export async function serveProgram(yaml: string, files: Readonly<Record<string, string>> = {}): Promise<Program> {
  const dir = mkdtempSync(join(tmpdir(), 'turnout-serve-'));
  const write = (name: string, text: string) => writeFileSync(join(dir, name), text);
  for (const [name, text] of Object.entries({ ...files, 'turnout.yaml': yaml })) write(name, text);
  // Relative to where the process stands, one folder above.
  const config = join(dir.slice(dirname(dir).length + 1), 'turnout.yaml');
  const child = spawn(process.execPath, [bin, 'serve', '--config', config], {
    cwd: dirname(dir),
    env: { PATH: process.env.PATH ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close') as Program['ended']; // the two arguments of `close`
  await expect.poll(() => stdout + (child.exitCode === null ? '' : stderr), { timeout: 10_000 }).toMatch(/\n/);
  const url = /listening on (\S+)/.exec(stdout)?.[1];
  if (url === undefined) throw new Error(`it did not listen: ${stderr}`);
  const says: Program['says'] = async (what, since = 0) => {
    await expect.poll(() => stderr.slice(since), { timeout: 5_000 }).toMatch(what);
    return stderr.slice(since);
  };
  const program = { child, url, dir, stdout: () => stdout, stderr: () => stderr, write, says, ended };
  programs.push(program);
  return program;
}

/** Ends all that a test has started. */
export async function endPrograms(): Promise<void> {
  for (const { child, ended, dir } of programs.splice(0)) {
    child.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  }
}
