// What this plugin's tests share: providers at a server of loopback, requests made short, answers collected.
import type {
  Call,
  ChatEvent,
  ChatRequest,
  FinishEvent,
  Host,
  Plan,
  PlanCall,
  Protocol,
  Provider,
} from '@turnout/core/contract';
import { checkGrammar } from '@turnout/core/testing';
import { configSchema } from '../src/config.ts';
import plugin from '../src/index.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A provider with these settings of the YAML. */
export async function createProvider(
  settings: object,
  host: Host,
): Promise<Required<Omit<Provider, 'members' | 'embeddings'>>> {
  // The plugin has all of these.
  return (await plugin.create(configSchema.parse(settings), host)) as Required<Provider>;
}

export const chatRequest = (over: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'claude-sonnet-4-5',
  system: [],
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  tools: [],
  ...over,
});

export const planCall = (over: Partial<PlanCall> = {}): PlanCall => ({
  protocol: 'openai-chat',
  stream: true,
  ...over,
});

export const planOf = (
  provider: Pick<Provider, 'plan'>,
  request: ChatRequest,
  protocol: Protocol = 'openai-chat',
): Plan => provider.plan(request, planCall({ protocol }));

export const callOf = (plan: Plan, signal: AbortSignal = new AbortController().signal): Call => ({
  id: 'call-1',
  deadline: Date.now() + 60_000,
  log: silent,
  ...{ signal, plan },
});

/** The body that a plan sends. */
export const bodyOf = (plan: Plan): Readonly<Record<string, unknown>> =>
  (plan.wire as { body: Readonly<Record<string, unknown>> }).body; // only the plugin's own tests read it

export const lossesOf = (plan: Plan): string[] => plan.losses.map(({ field }) => field);

export async function eventsOf(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const list: ChatEvent[] = [];
  for await (const event of checkGrammar(events)) list.push(event);
  return list;
}

export interface Relayed {
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly finish: FinishEvent | undefined;
  /** What had passed when the first content was told. */
  readonly beforeContent: string;
  readonly error: unknown;
}

/** A relayed answer, to its end or its failure. */
export async function relayed(
  provider: Pick<Required<Provider>, 'relay'>,
  request: ChatRequest,
  plan: Plan,
  answerModel: string,
): Promise<Relayed> {
  const { headers, events } = await provider.relay(request, { ...callOf(plan), answerModel });
  const pieces: Uint8Array[] = [];
  let finish: FinishEvent | undefined;
  let beforeContent: string | undefined;
  let error: unknown;
  try {
    for await (const event of events) {
      if (event.type === 'finish') finish = event;
      else {
        if (event.content) beforeContent ??= Buffer.concat(pieces).toString();
        pieces.push(event.bytes);
      }
    }
  } catch (thrown) {
    error = thrown;
  }
  const text = Buffer.concat(pieces).toString();
  return { headers, text, finish, error, beforeContent: beforeContent ?? text };
}
