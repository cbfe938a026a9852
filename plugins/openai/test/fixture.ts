// What this plugin's tests share: a host over undici, a provider on a server of loopback, requests made short.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Call, ChatEvent, ChatRequest, ChatResult, Host, Plan, Protocol, Provider } from '@turnout/core/contract';
import { createRequest } from '@turnout/core/plugin';
import { Agent } from 'undici';
import { configSchema } from '../src/config.ts';
import plugin from '../src/index.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A host whose connections `close` ends. `redirect`: what goes to this origin goes to that one instead. */
export function createHost(
  headers: Record<string, string> = {},
  redirect?: { readonly from: string; readonly to: string },
): Host & { close(): Promise<void> } {
  const dispatcher = new Agent({ connect: { timeout: 2000 } });
  const place = (url: string): string => (redirect === undefined ? url : url.replace(redirect.from, redirect.to));
  const request = createRequest(dispatcher);
  return {
    ...{ name: 'openai', dir: '/', log: silent, headers, request: (url, options) => request(place(url), options) },
    close: () => dispatcher.destroy(),
  };
}

/** A provider with these settings of the YAML. */
export async function createProvider(settings: object, host: Host): Promise<Provider> {
  return plugin.create(configSchema.parse(settings), host);
}

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Upstream {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** Cuts what is open. */
  close(): Promise<void>;
}

/** A server on loopback that answers as told. */
export async function startUpstream(answer: (response: ServerResponse, seen: SeenRequest) => void): Promise<Upstream> {
  const seen: SeenRequest[] = [];
  const server = createServer(async (incoming, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const { method = '', url = '', headers } = incoming;
    const one = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
    seen.push(one);
    answer(response, one);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has this kind of address.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A request with one user message, and whatever is given. */
export const chatRequest = (given: Partial<ChatRequest> = {}): ChatRequest => ({
  model: 'gpt-4o-mini',
  system: [],
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  tools: [],
  ...given,
});

export const callOf = (plan: Plan, signal: AbortSignal = new AbortController().signal): Call => ({
  ...{ id: 'call-1', signal, deadline: Date.now() + 60_000, plan, log: silent },
});

export const idle = { signal: new AbortController().signal, log: silent };

export const planOf = (provider: Provider, request: ChatRequest, protocol: Protocol = 'openai-chat'): Plan =>
  provider.plan(request, { protocol, stream: true });

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

/** What of events a test looks at: blocks with their whole text, and how it ended. */
export function summaryOf(events: readonly ChatEvent[]) {
  const blocks = new Map<number, Record<string, unknown> & { text: string }>();
  for (const event of events) {
    if (event.type === 'block-start')
      blocks.set(event.index, {
        ...event.block,
        ...(event.extensions ? { extensions: event.extensions } : {}),
        text: '',
      });
    else if (event.type === 'block-delta') {
      const block = blocks.get(event.index);
      if (block === undefined) continue;
      block.text += event.text;
      if (event.citation) block.citations = [...((block.citations as unknown[]) ?? []), event.citation];
    } else if (event.type === 'block-end' && event.data !== undefined) {
      const block = blocks.get(event.index);
      if (block !== undefined) block.data = event.data;
    }
  }
  const finish = events.find((event) => event.type === 'finish');
  return { blocks: [...blocks.values()], reason: finish?.reason, rawReason: finish?.rawReason, usage: finish?.usage };
}
