// What core lends to a plugin, for tests: real connections, and answers that can be cut into two pieces anywhere.
import { Readable } from 'node:stream';
import { Agent, type Dispatcher, request } from 'undici';
import type { Host, Logger } from '../contract/index.ts';

export interface TestHost extends Host {
  /** From now on every answer's body comes in two pieces, cut after so many bytes; undefined: as it comes. */
  cutAfter(bytes: number | undefined): void;
  /** Ends all connections. */
  close(): Promise<void>;
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** `name` is the provider's in the YAML. */
export function createTestHost(name: string, headers: Readonly<Record<string, string>> = {}): TestHost {
  const dispatcher = new Agent({ connect: { timeout: 2_000 }, headersTimeout: 0, bodyTimeout: 0 });
  let cut: number | undefined;
  const send = async (url: string | URL, options: object = {}): Promise<Dispatcher.ResponseData> => {
    const answer = await request(url, { ...options, dispatcher });
    if (cut === undefined) return answer;
    const body = Buffer.from(await answer.body.arrayBuffer());
    return Object.assign(answer, { body: inTwo(body, cut) });
  };
  return {
    name,
    dir: process.cwd(),
    log: SILENT,
    headers,
    // undici's overloads are not expressible over one implementation; the options pass through unchanged.
    request: send as typeof request,
    cutAfter: (bytes) => {
      cut = bytes;
    },
    close: () => dispatcher.destroy(),
  };
}

/** The body as undici gives it, as far as a plugin may use it: read piece by piece, or whole by one of these. */
function inTwo(body: Buffer, at: number): Dispatcher.ResponseData['body'] {
  const pieces = [body.subarray(0, at), body.subarray(at)].filter((piece) => piece.length > 0);
  const stream = Readable.from(pieces, { objectMode: false });
  const whole = {
    text: async () => body.toString('utf8'),
    json: async () => JSON.parse(body.toString('utf8')),
    bytes: async () => new Uint8Array(body),
    arrayBuffer: async () => new Uint8Array(body).buffer,
    dump: async () => void stream.destroy(),
  };
  // What undici's body has besides is for browsers.
  return Object.assign(stream, whole) as unknown as Dispatcher.ResponseData['body'];
}
