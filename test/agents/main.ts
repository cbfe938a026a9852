// Real coding agents as clients of a real Turnout: node test/agents/main.ts [--only claude-code]
import { parseArgs } from 'node:util';
import type { Agent, Mode } from './agent.ts';
import { claude, nova } from './bedrock-models.ts';
import { claudeCode } from './claude-code.ts';
import { cline } from './cline.ts';
import { codex } from './codex.ts';
import { cache, install } from './install.ts';
import { gpt } from './openai-models.ts';
import { opencode } from './opencode.ts';
import { qwenCode } from './qwen-code.ts';
import { tryMode } from './trial.ts';
import type { Model } from './upstream.ts';
import { VERSIONS } from './versions.ts';

const AGENTS: readonly Agent[] = [claudeCode, codex, opencode, cline, qwenCode];

const MODELS: readonly Model[] = [claude, nova, gpt];

/** The longest output of a failed run that is printed. */
const OUTPUT_BYTES_MAX = 4096;

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true } } });
const unknown = values.only?.filter((name) => AGENTS.every((agent) => agent.name !== name)) ?? [];
if (unknown.length > 0) {
  console.error(`--only takes ${AGENTS.map(({ name }) => name).join(', ')}, not ${unknown.join(', ')}`);
  process.exit(1);
}

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stopping.abort(new Error(signal)));

const counts = { passed: 0, failed: 0, missing: 0 };
console.log(`agents are installed in ${cache}`);
try {
  for (const agent of AGENTS.filter(({ name }) => values.only?.includes(name) ?? true)) await tryAgent(agent);
} catch (error) {
  console.error(stopping.signal.aborted ? 'stopped' : error);
  process.exitCode = 1;
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.missing} missing`);
if (counts.failed > 0) process.exitCode = 1;

async function tryAgent(agent: Agent): Promise<void> {
  const installed = await install(agent);
  if ('missing' in installed) {
    counts.missing += 1;
    console.log(`missing: ${agent.name} ${VERSIONS[agent.package]}: ${installed.missing}`);
    return;
  }
  for (const mode of agent.modes) {
    for (const model of MODELS) await tryOnce(installed.program, agent, mode, model);
  }
}

async function tryOnce(program: string, agent: Agent, mode: Mode, model: Model): Promise<void> {
  stopping.signal.throwIfAborted();
  const { faults, requests, reasoned, ms, output } = await tryMode(program, mode, model, stopping.signal);
  const passed = faults.length === 0;
  counts[passed ? 'passed' : 'failed'] += 1;
  const columns = [
    passed ? 'ok  ' : 'FAIL',
    `${agent.name} ${VERSIONS[agent.package]}`.padEnd(19),
    mode.name.padEnd(23),
    model.name.padEnd(16),
    `text+tool${reasoned ? '+reasoning' : ''}`.padEnd(20),
    `${requests} requests`,
    `${(ms / 1000).toFixed(1)} s`,
  ];
  console.log(columns.join(' '));
  if (passed) return;
  for (const fault of faults) console.log(`     ${fault}`);
  console.log(Buffer.from(output).subarray(0, OUTPUT_BYTES_MAX).toString().replace(/^/gm, '     | '));
}
