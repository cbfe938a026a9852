// What this plugin's tests share: a host over undici, a fake upstream on loopback, requests and frames made short.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import type { Call, ChatEvent, ChatRequest, Host, Plan, RelayCall } from '@turnout/core/contract';
import { createRequest } from '@turnout/core/plugin';
import { encodeFrame } from '@turnout/core/wire';
import { Agent } from 'undici';
import type { BedrockClient } from '../src/client.ts';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** A host whose connections `close` ends. */
export function createHost(headers: Record<string, string> = {}): Host & { close(): Promise<void> } {
  const dispatcher = new Agent({ connect: { timeout: 2000 } });
  return {
    name: 'bedrock',
    dir: '/',
    log: silent,
    request: createRequest(dispatcher),
    headers,
    close: () => dispatcher.destroy(),
  };
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
    const request = { method, url, headers, body: Buffer.concat(chunks).toString('utf8') };
    seen.push(request);
    answer(response, request);
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
  model: 'anthropic.claude-sonnet-5',
  system: [],
  messages: [{ role: 'user', parts: [{ type: 'text', text: 'Hello' }] }],
  tools: [],
  ...given,
});

export const callOf = (plan: Plan, signal: AbortSignal = new AbortController().signal): Call => ({
  id: 'call-1',
  signal,
  deadline: Date.now() + 60_000,
  plan,
  log: silent,
});

export const relayCallOf = (plan: Plan, answerModel: string, signal?: AbortSignal): RelayCall => ({
  ...callOf(plan, signal),
  answerModel,
});

export const eventFrame = (type: string, payload: unknown): Buffer =>
  encodeFrame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  );
export const exceptionFrame = (type: string, payload: unknown): Buffer =>
  encodeFrame(
    { ':exception-type': type, ':content-type': 'application/json', ':message-type': 'exception' },
    JSON.stringify(payload),
  );

/** A client that gives these bytes as the answer, whatever is asked. */
export function clientOf(chunks: Iterable<Uint8Array>): BedrockClient {
  const body = Readable.from(chunks);
  return {
    send: async () => ({ requestId: 'aws-1', headers: {}, body }),
    errorContext: ({ id, region, endpoint, row }, operation) => ({
      provider: 'bedrock',
      model: id,
      region,
      endpoint,
      operation,
      row,
    }),
  };
}

/** All events of an answer. */
export async function collectEvents(events: AsyncIterable<ChatEvent>): Promise<ChatEvent[]> {
  const all: ChatEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}
