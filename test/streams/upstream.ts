// An upstream on loopback that writes what a test tells it, in the framing that it is asked in, and notices when it is left.
import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Framing, framingOf } from './framing.ts';

/** One request, as the upstream has it. */
export interface Asked {
  readonly framing: Framing;
  readonly path: string;
  readonly body: string;
  readonly streams: boolean;
  readonly outgoing: ServerResponse;
  /** Resolves when the connection, or its stream, is closed before the answer's end. */
  readonly left: Promise<void>;
  /** Bytes that the socket has taken. */
  readonly taken: number;
  write(bytes: Uint8Array | string): void;
}

export interface Upstream {
  readonly url: string;
  readonly asked: readonly Asked[];
  /** What every request is answered with from now on. */
  play(answer: (asked: Asked) => unknown): void;
  /** Resolves once there are that many requests. */
  reached(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startUpstream(): Promise<Upstream> {
  let answer: (asked: Asked) => unknown = () => {};
  const asked: Asked[] = [];
  const server = createServer(async (incoming, outgoing) => {
    const pieces: Buffer[] = [];
    await incoming.forEach((piece: Buffer) => void pieces.push(piece)).catch(() => {});
    const path = incoming.url ?? '';
    const body = Buffer.concat(pieces).toString('utf8');
    const streams = /stream$/.test(path) || /"stream":true/.test(body);
    let taken = 0;
    const left = new Promise<void>((leave) => outgoing.once('close', () => !outgoing.writableFinished && leave()));
    const framing = framingOf(path);
    const request: Asked = {
      ...{ framing, path, body, streams, outgoing, left },
      get taken() {
        return taken;
      },
      write: (bytes) => {
        if (!outgoing.headersSent) {
          outgoing.writeHead(200, { 'content-type': streams ? framing.contentType : 'application/json' });
        }
        outgoing.write(bytes, (error) => {
          if (!error) taken += bytes.length;
        });
      },
    };
    asked.push(request);
    server.emit('asked');
    await answer(request);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has this kind of address.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    play: (next) => {
      answer = next;
    },
    reached: async (count) => {
      while (asked.length < count) await once(server, 'asked');
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** Writes a whole streamed answer. */
export function tell({ framing, write, outgoing }: Asked, ...texts: readonly string[]): void {
  write(framing.head);
  for (const text of texts) write(framing.delta(text));
  write(framing.end);
  outgoing.end();
}

/** Writes the beginning of a streamed answer, and cuts the connection behind it. */
export async function breakOff({ framing, write, outgoing }: Asked, ...texts: readonly string[]): Promise<void> {
  write(framing.head);
  for (const text of texts) write(framing.delta(text));
  await new Promise((later) => setTimeout(later, 20));
  outgoing.destroy();
}
