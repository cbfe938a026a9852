// An agent as a child process: an environment built from nothing, no network but this machine's, and nothing left behind.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Ran {
  /** -1 when a signal ended it or it did not start; undefined when its time was over. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** The longest output that is kept of each stream. */
const OUTPUT_CHARS_MAX = 1024 * 1024;

export interface Isolation {
  /** Its HOME, with `tmp` in it. Also how its processes are known: by this path in their environment. */
  readonly home: string;
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly timeoutMs: number;
  /** Ends it before its time. */
  readonly stop: AbortSignal;
}

/** Runs a program to its end, or to the end of its time, in a process group of its own. Rejects when it is stopped. */
export async function runChild(program: string, args: readonly string[], isolation: Isolation): Promise<Ran> {
  const child = spawn(program, args, {
    cwd: isolation.cwd,
    env: { ...bareEnv(isolation.home), ...isolation.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] = (output[name] + text).slice(-OUTPUT_CHARS_MAX);
    });
  }
  const late = AbortSignal.timeout(isolation.timeoutMs);
  try {
    // `exit`, not `close`: a daemon of the agent's may hold the pipes.
    const [code] = await once(child, 'exit', { signal: AbortSignal.any([late, isolation.stop]) });
    return { code: code ?? -1, ...(await settled(output)) };
  } catch (error) {
    if (isolation.stop.aborted) throw error;
    if (late.aborted) return { code: undefined, ...output };
    // It could not be started at all.
    return { code: -1, ...output, stderr: String(error) };
  } finally {
    if (child.pid !== undefined) end(-child.pid);
  }
}

/** What was written right before the exit may still be in the pipes. */
async function settled(output: { stdout: string; stderr: string }): Promise<{ stdout: string; stderr: string }> {
  let length = -1;
  while (length !== output.stdout.length + output.stderr.length) {
    length = output.stdout.length + output.stderr.length;
    await sleep(50);
  }
  return output;
}

/** A proxy that nothing listens at: whatever is not on this machine is out of reach. Both spellings, because each is read
 * by somebody. */
const NOWHERE = 'http://127.0.0.1:9';
const NEAR = '127.0.0.1,localhost';

function bareEnv(home: string): Record<string, string> {
  return {
    PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
    HOME: home,
    TMPDIR: `${home}/tmp`,
    TERM: 'dumb',
    LANG: 'C.UTF-8',
    HTTP_PROXY: NOWHERE,
    HTTPS_PROXY: NOWHERE,
    NO_PROXY: NEAR,
    http_proxy: NOWHERE,
    https_proxy: NOWHERE,
    no_proxy: NEAR,
  };
}

/** Ends what the agent has left running outside its group: a hub, a language server. They are found where the system shows
 * environments in /proc; elsewhere only the group is ended. */
export async function endLeftovers(home: string): Promise<void> {
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const left = leftovers(home);
    if (left.length === 0) return;
    for (const pid of left) end(pid);
    await sleep(20);
  }
}

/** One that is being ended may still start another. */
const ROUNDS_MAX = 50;

function leftovers(home: string): number[] {
  const mark = `\0HOME=${home}\0`;
  return names('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => `\0${read(`/proc/${pid}/environ`)}`.includes(mark))
    .map(Number);
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no Linux
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return ''; // gone by now, or somebody else's
  }
}

/** A process, or a group by its negative number. */
function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // gone by itself
  }
}
