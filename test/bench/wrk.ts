// wrk as the generator, where it is installed: it costs a tenth of what a generator in this runtime does, and so leaves the machine to
// what is measured. It cannot see pauses between events.
import { execFile, execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Job, Played } from './load.ts';

const SECONDS = 2;

/** Its version; undefined when it is not installed. */
export function wrkVersion(): string | undefined {
  try {
    execFileSync('wrk', ['--version'], { stdio: 'pipe' });
    return 'wrk';
  } catch (error) {
    // It prints its version and ends with 1.
    const { stdout } = error as { stdout?: Buffer };
    return /^wrk \S+/.exec(stdout?.toString() ?? '')?.[0];
  }
}

const long = (text: string): string => {
  let fence = '=';
  while (text.includes(`]${fence}]`)) fence += '=';
  return `[${fence}[${text}]${fence}]`;
};

/** A request as it stands on the wire, as a Lua expression. Written out: wrk itself would put the headers into another order each time it
 * is started, as no client does, and a server in this runtime learns each order anew. */
function luaRequest({ url, body, headers }: Job): string {
  const { host, pathname } = new URL(url);
  const lines = Object.entries({ host, ...headers, 'content-length': Buffer.byteLength(body) });
  const head = [`POST ${pathname} HTTP/1.1`, ...lines.map(([name, value]) => `${name}: ${value}`), '', ''];
  return `table.concat({ ${head.map(long).join(', ')} }, "\\r\\n") .. ${long(body)}`;
}

/** Loads a URL for two seconds. Throws when wrk fails. */
export async function playWrk(job: Job, dir: string): Promise<Played> {
  const script = join(dir, 'wrk.lua');
  writeFileSync(script, `local text = ${luaRequest(job)}\nrequest = function() return text end\n`);
  const { url, atOnce } = job;
  const args = ['-t1', `-c${atOnce}`, `-d${SECONDS}s`, '--timeout', '30s', '--latency', '-s', script, url];
  const { stdout } = await promisify(execFile)('wrk', args);
  const number = (pattern: RegExp): number => Number(pattern.exec(stdout)?.[1] ?? 0);
  const ms = (share: string): number => {
    const [, amount = '0', unit = 'ms'] = new RegExp(`${share}%\\s+([\\d.]+)(us|ms|s)`).exec(stdout) ?? [];
    return Number(amount) * { us: 0.001, ms: 1, s: 1000 }[unit as 'us' | 'ms' | 's']; // the pattern has no other
  };
  const errors = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1) ?? [];
  const lost = number(/Non-2xx or 3xx responses: (\d+)/) + errors.reduce((sum, count) => sum + Number(count), 0);
  return {
    ...{ requests: number(/(\d+) requests in/), seconds: SECONDS, lost },
    ...{ p50Ms: ms('50'), p99Ms: ms('99') },
  };
}
