// The two commands of a fresh machine: `npm start` and `npm test`. Dependency-free and runnable by Node 18, because it is
// what finds the Node and the packages that everything else needs. npx is used only to find binaries, never to run the
// server: a SIGTERM to npx kills npx and orphans its child.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const NODE_MIN = [22, 19];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const cache = join(root, 'node_modules', '.cache');

// npx tells its children about its own call through these; a nested npx would die on them (EUSAGE).
const env = { ...process.env };
delete env.npm_config_call;
delete env.npm_config_package;

const enough = (version) => {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
};

/** The path of a Node that runs TypeScript as it is: this one, the one found last time, or Node 24 through npx. */
function findNode() {
  if (enough(process.versions.node)) return process.execPath;
  const memo = join(cache, 'turnout-node-path');
  if (existsSync(memo)) {
    const path = readFileSync(memo, 'utf8').trim();
    if (existsSync(path)) return path;
  }
  console.error(
    `turnout: Node ${process.versions.node} is older than ${NODE_MIN.join('.')}; finding Node 24 through npx`,
  );
  const path = npx(['--package=node@24', '-c', 'node -p process.execPath'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
    .trim()
    .split('\n')
    .at(-1);
  mkdirSync(cache, { recursive: true });
  writeFileSync(memo, `${path}\n`);
  return path;
}

function npx(args, options) {
  return execFileSync('npx', ['--yes', ...args], { cwd: root, env, shell: process.platform === 'win32', ...options });
}

/** Installs when there is nothing installed, or the lock file is newer than what is. */
function install() {
  const lock = join(root, 'pnpm-lock.yaml');
  const done = join(root, 'node_modules', '.modules.yaml');
  if (existsSync(done) && statSync(done).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error('turnout: installing packages (once)');
  npx(['pnpm@12', 'install', '--frozen-lockfile', '--prefer-offline'], {
    stdio: ['ignore', 2, 2],
    env: { ...env, CI: 'true' },
  });
  // pnpm leaves .modules.yaml alone when nothing changed, and then every start would install again.
  if (existsSync(done)) writeFileSync(done, readFileSync(done));
}

const [command, ...args] = process.argv.slice(2);
const programs = {
  start: () => [join(root, 'bin', 'turnout.ts'), ...args],
  test: () => [join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args],
};
if (!Object.hasOwn(programs, command ?? '')) {
  console.error('usage: node scripts/run.mjs start|test [arguments]');
  process.exit(1);
}

try {
  install();
} catch (error) {
  console.error(`turnout: the packages could not be installed: ${error.message}`);
  process.exit(1);
}
const node = findNode();
const child = spawn(node, programs[command](), {
  // `npm start` changes to the package's folder; INIT_CWD is where the user stands, and --config is relative to that.
  cwd: command === 'start' ? (process.env.INIT_CWD ?? process.cwd()) : root,
  // The channel says nothing; that it closes tells the server that we are gone, however we ended.
  stdio: command === 'start' ? ['inherit', 'inherit', 'inherit', 'ipc'] : 'inherit',
  env: { ...env, PATH: `${dirname(node)}${delimiter}${env.PATH ?? ''}` },
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
// npm runs this through a shell, and what ends npm may end neither the shell nor us. That one of them is gone is the word.
if (process.env.npm_lifecycle_event !== undefined) {
  const ancestors = [process.ppid, ...parentOf(process.ppid)];
  const orphaned = setInterval(() => {
    if (process.ppid === ancestors[0] && ancestors.every(isAlive)) return;
    clearInterval(orphaned);
    child.kill('SIGTERM');
  }, 200);
  orphaned.unref();
}

/** The parent of a process, where the system tells it in /proc. */
function parentOf(pid) {
  try {
    // The name may hold spaces and brackets; the parent is the second field after its last closing bracket.
    return [Number(readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1])].filter(
      (parent) => parent > 1,
    );
  } catch {
    return [];
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

child.on('error', (error) => {
  console.error(`turnout: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
