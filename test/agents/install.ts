// Installs the agents, each in a folder of its own outside the repository, once.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Agent } from './agent.ts';
import { VERSIONS } from './versions.ts';

/** They are big (1.7 GB in all), and none of the repository's business. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'turnout-agents');

export interface Installed {
  /** The path of its program. */
  readonly program: string;
}

/** What is missing, and why. */
export interface Missing {
  readonly missing: string;
}

const INSTALL_TIMEOUT_MS = 300_000;

/** Finds the agent's program, or installs it with npm as this machine has it configured. */
export async function install(agent: Agent): Promise<Installed | Missing> {
  const version = VERSIONS[agent.package];
  const folder = join(cache, `${agent.name}@${version}`);
  const program = join(folder, 'node_modules', '.bin', agent.bin);
  if (existsSync(program)) return { program };
  // Beside its place and then moved there: a folder that exists is a whole one.
  const draft = `${folder}.${process.pid}`;
  try {
    await mkdir(draft, { recursive: true });
    await writeFile(join(draft, 'package.json'), '{ "private": true }\n');
    await npm(['install', '--save-exact', '--prefix', draft, `${agent.package}@${version}`], draft);
    await rm(folder, { recursive: true, force: true });
    await rename(draft, folder);
    if (existsSync(program)) return { program };
    return { missing: `${agent.package}@${version} brings no program "${agent.bin}" for this machine` };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** In `cwd`, because npm takes `name@version` for a folder where there is one of that name. */
async function npm(args: readonly string[], cwd: string): Promise<void> {
  const child = spawn('npm', args, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: INSTALL_TIMEOUT_MS,
    shell: process.platform === 'win32',
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const [code] = await once(child, 'close');
  if (code === 0) return;
  const errors = said.split('\n').filter((line) => line.startsWith('npm error') && !line.includes('complete log'));
  throw new Error(`npm ended with ${code ?? 'a signal'}: ${errors.slice(0, 4).join(' ').slice(0, 400)}`);
}
