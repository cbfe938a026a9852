// Programs for the test of the packages: run to their end, or kept running until the test is over.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { delimiter, dirname } from 'node:path';

/** A Node, by the path of its binary. */
export interface Node {
  readonly path: string;
  readonly version: string;
}

const PATIENCE_MS = 120_000;
const running = new Set<ChildProcess>();

/** What the npm or pnpm that runs this has set for its own script. */
const OUTER = /^(?:npm_(?:config_(?:call|package)|lifecycle_.*|package_.*|command|execpath)|INIT_CWD)$/i;

function environment(node: Node, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !OUTER.test(name));
  const PATH = `${dirname(node.path)}${delimiter}${process.env.PATH ?? ''}`;
  return { ...Object.fromEntries(own), PATH, ...more };
}

/** Runs a program in a folder; what it printed. Throws an Error with all of it when it fails. */
export async function run(node: Node, cwd: string, command: readonly string[]): Promise<string> {
  const [file = '', ...args] = command;
  return new Promise((done, refuse) => {
    const options = { cwd, env: environment(node), timeout: PATIENCE_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else refuse(new Error(`${command.join(' ')} in ${cwd}: ${error.message}\n${stdout}\n${stderr}`));
    });
  });
}

/** Starts a program that listens; the first URL that it prints. `stopAll` ends it. */
export async function listening(
  node: Node,
  cwd: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<string> {
  const [file = '', ...args] = command;
  const child = spawn(file, args, { cwd, env: environment(node, env), stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  let printed = '';
  return new Promise((found, refuse) => {
    const look = (piece: Buffer): void => {
      printed += piece.toString('utf8');
      const url = /listen(?:s|ing) on (http:\S+)/.exec(printed)?.[1];
      if (url !== undefined) found(url);
    };
    child.stdout.on('data', look);
    child.stderr.on('data', look);
    child.once('exit', (code) => refuse(new Error(`${command.join(' ')} ended with ${code}:\n${printed}`)));
  });
}

/** Ends what `listening` has started, as a supervisor does. Throws an Error when one did not end cleanly. */
export async function stopAll(): Promise<void> {
  for (const child of running) {
    running.delete(child);
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    const [code, signal] = await once(child, 'exit');
    // A program without a handler ends by the signal.
    if (code !== 0 && signal !== 'SIGTERM')
      throw new Error(`${child.spawnargs.join(' ')} ended with ${code ?? signal}`);
  }
}

/** One question to a router; the answer's text. Throws an Error for any other status than 200. */
export async function ask(url: string, model: string, content: string): Promise<string> {
  const answer = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages: [{ role: 'user', content }] }),
  });
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`${model}: status ${answer.status}: ${body}`);
  const { choices } = JSON.parse(body) as { choices: { message: { content: string } }[] }; // a chat completion
  return choices[0]?.message.content ?? '';
}
