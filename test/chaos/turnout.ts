// The router of a chaos run: inside this process, or the program as users run it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openHouse } from '../house.ts';

/** A line of its log. */
export interface Line {
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface Turnout {
  readonly url: string;
  /** All that has been written so far. */
  lines(): readonly Line[];
  /** Puts another configuration to work. Throws when that fails. */
  reload(yaml: string): Promise<void>;
  /** What is still going on in it, once nobody asks any more; empty: nothing. */
  busy(): readonly string[];
  /** Resident memory, in MiB. */
  rssMiB(): number;
  /** Ends it; its exit code, 0 inside this process. */
  close(): Promise<number>;
}

export async function openInside(yaml: string): Promise<Turnout> {
  const house = await openHouse(yaml);
  return {
    url: house.url,
    lines: () => house.log,
    async reload(next) {
      house.rewrite(next);
      await house.live.reload();
    },
    busy: () =>
      [...house.live.router.upstreams.values()].flatMap(({ name, gate }) =>
        gate.busy + gate.waiting === 0 ? [] : [`${name}: ${gate.busy} calls inside, ${gate.waiting} waiting`],
      ),
    rssMiB: () => process.memoryUsage.rss() / 1024 / 1024,
    close: async () => {
      await house.close();
      return 0;
    },
  };
}

const bin = fileURLToPath(new URL('../../bin/turnout.ts', import.meta.url));

export interface Outside extends Turnout {
  readonly child: ChildProcess;
  /** Its exit code, once it has ended; -1 when a signal ended it. */
  readonly ended: Promise<number>;
  /** Removes its files. */
  forget(): void;
}

/** In a process of its own. `files`: beside the configuration, by name. `env`: besides our own. */
export async function openOutside(
  yaml: string,
  files: Readonly<Record<string, string>> = {},
  env: NodeJS.ProcessEnv = {},
): Promise<Outside> {
  const dir = mkdtempSync(join(tmpdir(), 'turnout-chaos-'));
  const file = join(dir, 'turnout.yaml');
  writeFileSync(file, yaml);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text);
  const logFile = join(dir, 'log.ndjson');
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [bin, 'serve', '--config', file], {
    stdio: ['ignore', 'pipe', log],
    env: { ...process.env, ...env },
  });
  closeSync(log);
  const ended = once(child, 'exit').then(([code]) => Number(code ?? -1));
  const url = await listeningLine(child, logFile);
  const forget = () => rmSync(dir, { recursive: true, force: true });
  return {
    url,
    child,
    ended,
    forget,
    lines: () => readLog(logFile),
    async reload(next) {
      writeFileSync(file, next);
      const response = await fetch(`${url}/admin/reload`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      });
      if (!response.ok) throw new Error(`reload: ${response.status} ${await response.text()}`);
      await response.arrayBuffer();
    },
    busy: () => [],
    rssMiB: () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024,
    async close() {
      child.kill('SIGTERM');
      const code = await ended;
      forget();
      return code;
    },
  };
}

function listeningLine(child: ChildProcess, logFile: string): Promise<string> {
  return new Promise((found, refuse) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const match = /listening on (\S+)/.exec(text);
      if (match?.[1]) found(match[1]);
    });
    child.once('exit', (code) => refuse(new Error(`ended with ${code}: ${readFileSync(logFile, 'utf8')}`)));
  });
}

function readLog(file: string): Line[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line) => {
      // The last one may be half written.
      if (!line.endsWith('}')) return [];
      const { msg, ...fields } = JSON.parse(line);
      return [{ message: String(msg), fields }];
    });
}
