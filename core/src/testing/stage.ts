// One test of the kit on its stage: a fake upstream, a host over real connections, and the provider between them.
import {
  type Call,
  type ChatRequest,
  type ChatResult,
  type Plan,
  type PlanCall,
  type Provider,
  RouterError,
} from '../contract/index.ts';
import { collect } from '../protocol/collect.ts';
import { checkGrammar } from './grammar.ts';
import { createTestHost, type TestHost } from './host.ts';
import type { Fixture, Subject } from './subject.ts';
import { type FakeUpstream, type Reply, startFakeUpstream } from './upstream.ts';

const CALL_MS = 60_000;
const SILENT = { debug() {}, info() {}, warn() {}, error() {} };

/** What a test plays with. */
export interface Stage {
  readonly subject: Subject<unknown>;
  readonly upstream: FakeUpstream;
  readonly host: TestHost;
  readonly provider: Provider;
}

/** Runs one test with an upstream, a host and a provider of its own. */
export async function onStage<Config>(subject: Subject<Config>, body: (stage: Stage) => Promise<void>): Promise<void> {
  const upstream = await startFakeUpstream();
  const host = createTestHost(subject.plugin.name);
  let provider: Provider | undefined;
  try {
    provider = await subject.plugin.create(await settingsOf(subject, subject.config(upstream.url)), host);
    // The kit hands settings to the plugin's own schema and nowhere else.
    await body({ subject: subject as unknown as Subject<unknown>, upstream, host, provider });
  } finally {
    await provider?.close?.();
    await host.close();
    await upstream.close();
  }
}

async function settingsOf<Config>({ plugin }: Subject<Config>, config: unknown): Promise<Config> {
  const checked = await plugin.config['~standard'].validate(config);
  if (checked.issues) throw new Error(`the kit's settings are refused: ${checked.issues[0]?.message}`);
  return checked.value;
}

/** The smallest request, and what the fixture puts on top of it. */
export const requestOf = ({ model }: Pick<Subject<unknown>, 'model'>, fixture: Fixture | undefined): ChatRequest => ({
  system: [],
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  tools: [],
  ...fixture?.request,
  model,
});

export const planCall = (stream: boolean): PlanCall => ({ protocol: 'openai-chat', stream });

export const callOf = (plan: Plan, signal: AbortSignal = new AbortController().signal): Call => ({
  id: 'kit',
  signal,
  deadline: Date.now() + CALL_MS,
  plan,
  log: SILENT,
});

/** Reads a fixture's streamed answer to its end, checking its grammar. */
export async function read(stage: Stage, fixture: Fixture): Promise<ChatResult> {
  if (fixture.streamed) stage.upstream.answer(fixture.streamed);
  const request = requestOf(stage.subject, fixture);
  const plan = stage.provider.plan(request, planCall(true));
  return collect(checkGrammar(stage.provider.stream(request, callOf(plan))));
}

/** What reading fails of; undefined when it does not. */
export async function failureOf(stage: Stage, fixture: Fixture, reply: Reply): Promise<RouterError | undefined> {
  try {
    await read(stage, { ...fixture, streamed: reply });
    return undefined;
  } catch (error) {
    if (RouterError.is(error)) return error;
    throw error;
  }
}
