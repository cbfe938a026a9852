// What core lends to a plugin, for tests: real connections, and answers that can be cut into two pieces anywhere.
import { Readable } from 'node:stream';
import { Agent } from 'undici';
import type { Host, Logger, UpstreamBody } from '../contract/index.ts';
import { createRequest, readBytes } from '../plugin/index.ts';

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
  const request = createRequest(dispatcher);
  const send: Host['request'] = async (url, options) => {
    const answer = await request(url, options);
    if (cut === undefined) return answer;
    return { ...answer, body: inTwo(await readBytes(answer.body, Number.POSITIVE_INFINITY), cut) };
  };
  return {
    name,
    dir: process.cwd(),
    log: SILENT,
    headers,
    request: send,
    cutAfter: (bytes) => {
      cut = bytes;
    },
    close: () => dispatcher.destroy(),
  };
}

function inTwo(body: Buffer, at: number): UpstreamBody {
  const pieces = [body.subarray(0, at), body.subarray(at)].filter((piece) => piece.length > 0);
  return Readable.from(pieces, { objectMode: false });
}
