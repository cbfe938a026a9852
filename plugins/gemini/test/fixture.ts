// What this plugin's tests share: providers on gemini-local or on a scripted upstream, requests made short.
import type {
  Call,
  ChatEvent,
  ChatRequest,
  ChatResult,
  EmbedRequest,
  EmbedResult,
  Plan,
  PlanCall,
  Protocol,
  Provider,
} from '@turnout/core/contract';
import { createTestHost, type TestHost } from '@turnout/core/testing';
import { configSchema } from '../src/config.ts';
import type { ChatWire } from '../src/echo.ts';
import plugin from '../src/index.ts';
import type { GenerateBody } from '../src/wire.ts';

export const KEY = 'AIzaSyTestTestTestTestTestTestTestTest0';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export interface Bench {
  readonly provider: Provider;
  readonly host: TestHost;
}

/** A provider with these settings of the YAML. */
export async function createBench(settings: object): Promise<Bench> {
  const host = createTestHost('gemini');
  return { host, provider: await plugin.create(configSchema.parse({ apiKey: KEY, ...settings }), host) };
}

/** A request with one user message, and whatever is given. */
export const chatRequest = (given: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'gemini-3.8-flash',
  system: [],
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  tools: [],
  ...given,
});

export const callOf = (plan: Plan, signal: AbortSignal = new AbortController().signal): Call => ({
  ...{ id: 'call-1', signal, deadline: Date.now() + 60_000, plan, log: silent },
});

export const idle = { signal: new AbortController().signal, log: silent };

export const planOf = (
  provider: Provider,
  request: ChatRequest,
  protocol: Protocol = 'openai-chat',
  more: Partial<PlanCall> = {},
): Plan => provider.plan(request, { protocol, stream: true, ...more });

/** The body that a plan sends. */
export const bodyOf = (plan: Plan): GenerateBody => (plan.wire as ChatWire).body; // every chat's plan of this plugin has it

/** What a plan loses, as `field:action`. */
export const lossesOf = (plan: Plan): string[] => plan.losses.map(({ field, action }) => `${field}:${action}`);

/** All events of the answer to a request. */
export async function streamed(provider: Provider, request: ChatRequest, signal?: AbortSignal): Promise<ChatEvent[]> {
  const all: ChatEvent[] = [];
  for await (const event of provider.stream(request, callOf(planOf(provider, request), signal))) all.push(event);
  return all;
}

/** The same, not streamed. */
export async function generated(provider: Provider, request: ChatRequest): Promise<ChatResult> {
  if (provider.generate === undefined) throw new Error('the provider has no generate');
  return provider.generate(request, callOf(planOf(provider, request)));
}

/** Embeddings, planned and made. */
export async function embedded(provider: Provider, request: EmbedRequest): Promise<EmbedResult> {
  if (provider.embeddings === undefined) throw new Error('the provider has no embeddings');
  return provider.embeddings.embed(request, callOf(provider.embeddings.plan(request, {})));
}
