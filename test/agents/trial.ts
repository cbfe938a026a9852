// One agent in one mode: started, told to read a file, and judged by what it says and by Turnout's log.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Mode } from './agent.ts';
import { answerWith, fileWith, type Sight, think } from './brain.ts';
import { endLeftovers, type Ran, runChild } from './child.ts';
import { type LoggedRequest, openGateway } from './gateway.ts';
import type { Model } from './upstream.ts';

const TIMEOUT_MS = 90_000;

const PROMPT = 'read hello.txt and say the word in it';

export interface Verdict {
  /** Why it failed; none: it passed. */
  readonly faults: readonly string[];
  /** How many requests Turnout answered. */
  readonly requests: number;
  readonly ms: number;
  /** The agent has sent the model's signed reasoning back. */
  readonly reasoned: boolean;
  /** What the agent printed, and what Turnout logged, for a run that failed. Holds no key. */
  readonly output: string;
}

/** Runs a program in a mode. Nothing is left of it: no process, no file. Rejects when it is stopped. */
export async function tryMode(program: string, mode: Mode, model: Model, stop: AbortSignal): Promise<Verdict> {
  // Its real path: agents compare paths as they get them from the system.
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'turnout-agent-')));
  try {
    return await play(program, mode, model, { folder, stop });
  } finally {
    await endLeftovers(join(folder, 'home'));
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

async function play(
  program: string,
  mode: Mode,
  model: Model,
  { folder, stop }: { readonly folder: string; readonly stop: AbortSignal },
): Promise<Verdict> {
  const home = join(folder, 'home');
  const cwd = join(folder, 'work');
  const word = randomBytes(6).toString('hex');
  const hello = join(cwd, 'hello.txt');
  write(join(home, 'tmp', '.keep'), '');
  write(hello, fileWith(word));
  const key = `sk-${randomBytes(16).toString('hex')}`;
  const keyPair = { accessKeyId: 'TURNOUTAGENT', secretAccessKey: randomBytes(20).toString('hex') };
  let reasoned = false;
  const mind = (sight: Sight) => {
    reasoned ||= sight.signed;
    return think(sight, hello);
  };
  const gateway = await openGateway({ folder, key, keyPair, model, mind });
  const setUp = mode.setUp({ url: gateway.url, key, keyPair, prompt: PROMPT, home });
  for (const [path, text] of Object.entries(setUp.files ?? {})) write(join(home, path), text);
  const startMs = performance.now();
  const runs: Ran[] = [];
  let log: readonly LoggedRequest[];
  try {
    for (const argv of [setUp.before, setUp.argv]) {
      if (argv) runs.push(await runChild(program, argv, { home, cwd, env: setUp.env, timeoutMs: TIMEOUT_MS, stop }));
    }
  } finally {
    log = await gateway.close();
  }
  // The shorter first: what is printed of it is cut.
  const texts = [...log.map((line) => JSON.stringify(line)), ...runs.flatMap(({ stderr, stdout }) => [stderr, stdout])];
  const output = texts.filter((text) => text !== '').join('\n');
  return {
    faults: [
      ...judge(runs, log, mode, word),
      ...(mode.replays && model.reasons && !reasoned ? ['the signed reasoning did not come back'] : []),
    ],
    requests: log.length,
    reasoned,
    ms: performance.now() - startMs,
    output: output.replaceAll(key, '<key>').replaceAll(keyPair.secretAccessKey, '<secret>'),
  };
}

/** What is wrong with a run. */
function judge(runs: readonly Ran[], log: readonly LoggedRequest[], mode: Mode, word: string): string[] {
  const ended = runs.flatMap(({ code }) =>
    code === 0 ? [] : [code === undefined ? `no end within ${TIMEOUT_MS / 1000} s` : `exit code ${code}`],
  );
  const said = runs.at(-1)?.stdout.includes(answerWith(word));
  const refused = log.filter(({ status }) => status !== 200);
  const foreign = new Set(log.map(({ protocol }) => protocol).filter((protocol) => protocol !== mode.protocol));
  return [
    ...ended,
    ...(said ? [] : ['the answer is not in its output']),
    // The tool call, and the answer to its result.
    ...(log.length < 2 ? [`${log.length} requests in Turnout's log, expected at least 2`] : []),
    ...refused.map(({ status, error }) => `a request got ${status}: ${error ?? 'no error in the log'}`),
    ...[...foreign].map((protocol) => `a request came over ${protocol}`),
  ];
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
