// The processes of a bench: started, asked for their CPU time and memory, ended by pid.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Job, Played } from './load.ts';

/** Linux counts CPU time in ticks of 10 ms (USER_HZ, fixed at 100 for user space). */
const TICK_US = 10_000;

export interface Server {
  readonly url: string;
  /** From exec to the listening line, in milliseconds. */
  readonly startMs: number;
  /** User and system time so far, of the process and its children, in microseconds. */
  cpuUs(): number;
  /** Resident memory of the same, in MiB. */
  rssMiB(): number;
  stop(): Promise<void>;
}

export interface StartOptions {
  /** A file descriptor for its stderr. */
  readonly stderr?: number | 'inherit';
  /** What its line holds when it listens; the URL is the pattern's first group, or `url`. */
  readonly ready?: RegExp;
  readonly url?: string;
}

/** Starts a program and waits until it says that it listens. */
export async function startServer(args: readonly string[], options: StartOptions = {}): Promise<Server> {
  const { stderr = 'inherit', ready = /listening on (\S+)/ } = options;
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', stderr] });
  const url = await new Promise<string>((found, refuse) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = ready.exec(text);
      const said = options.url ?? match?.[1];
      if (match && said) found(said);
    });
    child.once('exit', (code) => refuse(new Error(`${args[0]} ended with ${code} before it listened`)));
  });
  const startMs = performance.now() - startedMs;
  const sum = (of: (pid: number) => number) => pidsOf(child).reduce((total, pid) => total + of(pid), 0);
  return {
    url,
    startMs,
    cpuUs: () => sum(cpuUs),
    rssMiB: () => sum(rssMiB),
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

/** A process and its children. */
function pidsOf({ pid = 0 }: ChildProcess): number[] {
  const tasks = readdirSync(`/proc/${pid}/task`);
  const children = tasks.flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' '));
  return [pid, ...children.filter((text) => text.trim() !== '').map(Number)];
}

function cpuUs(pid: number): number {
  // The name may hold spaces; the numbers start after its closing bracket: state is field 3, utime 14, stime 15.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

const rssMiB = (pid: number): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

export interface Player {
  play(job: Job): Promise<Played>;
  stop(): void;
}

/** The built-in generator. */
export function startLoad(): Player {
  const child = fork(fileURLToPath(new URL('./load.ts', import.meta.url)));
  return {
    play: async (job) => {
      const answer = once(child, 'message');
      child.send(job);
      return (await answer)[0] as Played; // load.ts sends nothing else
    },
    stop: () => child.kill('SIGTERM'),
  };
}
