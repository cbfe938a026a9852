// The HTTP server of a local vendor: requests are remembered, answers are played, faults and departures are told apart.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { discard, parseBody, readBody } from './body.ts';
import { play } from './play.ts';
import type { Playback } from './playback.ts';
import { type LocalRequest, type OpenRequest, openRequest } from './record.ts';
import type { LocalEntry, Script, StepOptions } from './script.ts';

/** What every local server can be told. */
export interface LocalOptions<Operation extends string, Step extends StepOptions<Operation>> {
  /** Default 127.0.0.1. Another address opens the server to the network. */
  readonly host?: string | undefined;
  /** Default 0: a free one. */
  readonly port?: number | undefined;
  readonly script?: readonly LocalEntry<Operation, Step>[] | undefined;
  /** How fast answers stream. Default: at once. */
  readonly tokensPerSecond?: number | undefined;
  /** The longest body accepted. Default 25,000,000. */
  readonly bodyBytesMax?: number | undefined;
  /** How many requests are remembered. Default 1,000. */
  readonly requestsMax?: number | undefined;
}

/** What every local server can do. */
export interface LocalServer<Operation extends string, Step extends StepOptions<Operation>> {
  /** `http://127.0.0.1:4181` */
  readonly url: string;
  /** What clients take as their base URL: `url` and the vendor's path. */
  readonly baseUrl: string;
  readonly port: number;
  /** The latest requests, oldest first. */
  readonly requests: readonly LocalRequest<Operation>[];
  /** How many answers are under way. */
  readonly open: number;
  /** Appends to the script. */
  script(...entries: LocalEntry<Operation, Step>[]): void;
  /** Forgets the script, the requests and what the vendor keeps. */
  reset(): void;
  /** Ends everything, also answers under way. Idempotent. */
  close(): Promise<void>;
}

/** What makes a local server one vendor's. */
export interface LocalVendor<Operation extends string, Step extends StepOptions<Operation>> {
  readonly script: Script<Operation, Step>;
  /** What the base URL of its clients has behind the host, e.g. `/v1`. Default nothing. */
  readonly basePath?: string | undefined;
  /** The headers of every answer: its request id. */
  headers(): Readonly<Record<string, string>>;
  /** How a request is answered. Fills in the record's operation and model. What it throws goes to `refuse`. */
  decide(record: OpenRequest<Operation>, body: Buffer): Playback;
  /** The answer to what was thrown. */
  refuse(error: unknown): Playback;
  /** What is thrown for a body that is too long. */
  tooLarge(bytesMax: number): Error;
  reset?(): void;
}

const BODY_BYTES_MAX = 25_000_000;
const REQUESTS_MAX = 1000;

/** Starts a local server. Rejects when the port is taken. */
export async function startLocal<Operation extends string, Step extends StepOptions<Operation>>(
  vendor: LocalVendor<Operation, Step>,
  options: LocalOptions<Operation, Step>,
): Promise<LocalServer<Operation, Step>> {
  const { bodyBytesMax = BODY_BYTES_MAX, requestsMax = REQUESTS_MAX } = options;
  const requests: OpenRequest<Operation>[] = [];
  const closing = new AbortController();
  let open = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const record = openRequest<Operation>(request);
    requests.push(record);
    if (requests.length > requestsMax) requests.shift();
    open += 1;
    const closed = new AbortController();
    const stop = (): void => closed.abort();
    closing.signal.addEventListener('abort', stop, { once: true });
    let cut = false;
    response.once('close', () => {
      open -= 1;
      record.finished = response.writableFinished && !cut;
      record.aborted = !record.finished && !cut && !closing.signal.aborted;
      closing.signal.removeEventListener('abort', stop);
      closed.abort();
    });
    for (const [name, value] of Object.entries(vendor.headers())) response.setHeader(name, value);
    let playback: Playback;
    try {
      const body = await readBody(request, bodyBytesMax, () => vendor.tooLarge(bodyBytesMax));
      record.body = parseBody(body);
      playback = vendor.decide(record, body);
    } catch (error) {
      if (closed.signal.aborted) return;
      playback = vendor.refuse(error);
      if (!request.readableEnded) discard(request, response);
    }
    record.status = playback.status;
    cut = playback.end === 'cut';
    await play(response, playback, closed.signal);
  }

  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  await listen(server, options.port ?? 0, options.host ?? '127.0.0.1');
  const { port, address, family } = server.address() as AddressInfo; // a TCP server has one
  let ending: Promise<void> | undefined;
  const url = `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
  return {
    url,
    baseUrl: `${url}${vendor.basePath ?? ''}`,
    port,
    requests,
    get open() {
      return open;
    },
    script: (...entries) => vendor.script.add(entries),
    reset() {
      vendor.script.clear();
      vendor.reset?.();
      requests.length = 0;
    },
    close() {
      closing.abort();
      ending ??= new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return ending;
    },
  };
}

const listen = (server: Server, port: number, host: string): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
