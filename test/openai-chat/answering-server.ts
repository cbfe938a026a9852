// A tiny server that answers chat completions with prepared text, cut as told, for the official SDK to read.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import OpenAI from 'openai';

export interface PreparedAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written piece by piece, each in a turn of the event loop of its own. */
  readonly pieces: readonly (string | Uint8Array)[];
}

export interface AnsweringServer {
  /** What the next requests are answered with. */
  answer: PreparedAnswer;
  /** The body of the last request. */
  lastBody: unknown;
  readonly client: OpenAI;
  close(): Promise<void>;
}

export async function startAnsweringServer(): Promise<AnsweringServer> {
  const server: Server = createServer(async (incoming, outgoing) => {
    const body: Buffer[] = [];
    for await (const chunk of incoming) body.push(chunk);
    answering.lastBody = JSON.parse(Buffer.concat(body).toString());
    const { status = 200, headers = {}, pieces } = answering.answer;
    outgoing.writeHead(status, headers);
    for (const piece of pieces) {
      outgoing.write(piece);
      await setImmediate();
    }
    outgoing.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has this form of address.
  const { port } = server.address() as AddressInfo;
  const answering: AnsweringServer = {
    answer: { pieces: [] },
    lastBody: undefined,
    client: new OpenAI({ baseURL: `http://127.0.0.1:${port}/v1`, apiKey: 'sk-test', maxRetries: 0 }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return answering;
}
