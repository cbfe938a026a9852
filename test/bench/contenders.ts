// Who is compared: the floor, Turnout as a user with some history runs it, and Portkey's gateway from npm.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Server, startServer } from './process.ts';
import * as work from './workload.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const FLOOR_FILE = here('./floor.mjs');

export const startStub = (): Promise<Server> => startServer([here('./stub.ts')]);
export const startFloor = (stubUrl: string): Promise<Server> => startServer([FLOOR_FILE, stubUrl]);

/** Starts Turnout from its sources with its log in a file. */
export const startTurnout = (config: string, stderr: number): Promise<Server> =>
  startServer([here('../../bin/turnout.ts'), 'serve', '--config', config], { stderr });

/** Writes a file as a user with some history has it: 20 keys, 200 aliases, breakers and timers as they are by default. */
export function writeConfig(dir: string, stubUrl: string, workers = 1): string {
  const keys = Array.from({ length: work.KEYS }, (_, n) => `  - { name: team-${n}, key: bench-key-${n} }`);
  const routes = Array.from({ length: work.ROUTES }, (_, n) => `  alias-${n}: bedrock/anthropic.claude-sonnet-5`);
  const file = join(dir, `bench-${workers}.yaml`);
  const bedrock = (name: string, path: string) => `  ${name}:
    plugin: bedrock
    region: us-east-1
    endpoint: ${stubUrl}${path}
    auth: { mode: keys, accessKeyId: AKIDEXAMPLE, secretAccessKey: bench-secret }`;
  writeFileSync(
    file,
    [
      `server: { port: 0, workers: ${workers} }`,
      'keys:',
      ...keys,
      'providers:',
      bedrock('bedrock', ''),
      bedrock('slow', '/paced'),
      `  openai: { apiKey: bench-key, baseUrl: "${stubUrl}/v1" }`,
      'routes:',
      ...routes,
      `  ${work.ALIAS.paced}: slow/anthropic.claude-sonnet-5`,
      `  ${work.ALIAS.openai}: openai/any-model`,
      '',
    ].join('\n'),
  );
  return file;
}

/** The newest on npm, with the versions of hono that its own lockfile has: with newer ones every stream of it is a 500. */
const PORTKEY = {
  name: 'portkey-for-the-bench',
  private: true,
  dependencies: { '@portkey-ai/gateway': '1.15.2' },
  overrides: { hono: '4.9.7', '@hono/node-server': '1.13.5' },
};

export const PORTKEY_NAME = `Portkey ${PORTKEY.dependencies['@portkey-ai/gateway']}`;

/** Installs it once into a cache folder outside the repository, and starts it. Undefined when it cannot be had. */
export async function startPortkey(stderr: number): Promise<Server | undefined> {
  const dir = join(homedir(), '.cache', 'turnout-bench', 'portkey');
  const program = join(dir, 'node_modules/@portkey-ai/gateway/build/start-server.js');
  try {
    if (!existsSync(program)) {
      mkdirSync(dir, { recursive: true });
      writeFileSync(join(dir, 'package.json'), JSON.stringify(PORTKEY));
      execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: dir, stdio: 'pipe' });
    }
  } catch (error) {
    console.log(
      `Portkey is left out: ${error instanceof Error ? error.message.split('\n')[0] : 'it cannot be installed'}`,
    );
    return undefined;
  }
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  return startServer([program, '--headless', `--port=${port}`], { stderr, ready: /Ready for connections/, url });
}

/** A port that nobody uses now: Portkey takes no 0. */
function freePort(): Promise<number> {
  return new Promise((found, refuse) => {
    const probe = createServer();
    probe.once('error', refuse);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (typeof address === 'object' && address ? found(address.port) : refuse(new Error('no port'))));
    });
  });
}
