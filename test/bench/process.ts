// The processes of a bench: started, asked for their CPU time and memory, ended by pid.
import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Job, Played } from './load.ts';

/** Linux counts CPU time in ticks of 10 ms (USER_HZ, fixed at 100 for user space). */
const TICK_US = 10_000;

export interface Server {
  readonly url: string;
  /** From exec to the listening line, in milliseconds. */
  readonly startMs: number;
  /** User and system time so far, in microseconds. */
  cpuUs(): number;
  /** Resident memory, in MiB. */
  rssMiB(): number;
  stop(): Promise<void>;
}

/** Starts a program that prints `… listening on URL`. Its stderr goes to a file descriptor. */
export async function startServer(args: readonly string[], stderr: number | 'inherit' = 'inherit'): Promise<Server> {
  const startedMs = performance.now();
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', stderr] });
  const url = await new Promise<string>((found, refuse) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = /listening on (\S+)/.exec(text);
      if (match?.[1]) found(match[1]);
    });
    child.once('exit', (code) => refuse(new Error(`${args[0]} ended with ${code} before it listened`)));
  });
  const startMs = performance.now() - startedMs;
  return {
    url,
    startMs,
    cpuUs: () => cpuUs(child),
    rssMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}

function cpuUs(child: ChildProcess): number {
  // The name may hold spaces; the numbers start after its closing bracket: state is field 3, utime 14, stime 15.
  const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

export interface Player {
  play(job: Job): Promise<Played>;
  stop(): void;
}

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
