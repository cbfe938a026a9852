// A vendor's server for tests, on loopback: it answers what it is told, and remembers what it was asked.
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** What comes after the body: its proper end (default), the end of the connection, or nothing for ever. */
  readonly ending?: 'end' | 'cut' | 'stall';
}

export interface AskedRequest {
  readonly method: string;
  /** The request target as it came. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface FakeUpstream {
  /** `http://127.0.0.1:…` */
  readonly url: string;
  /** Oldest first. */
  readonly asked: readonly AskedRequest[];
  /** How many answers are under way. */
  readonly answering: number;
  /** How many connections are open. */
  readonly connections: number;
  /** What every request gets from now on. */
  answer(reply: Reply): void;
  /** Cuts what is open. */
  close(): Promise<void>;
}

/** Starts one that answers 501 until it is told what to answer. */
export async function startFakeUpstream(): Promise<FakeUpstream> {
  let reply: Reply = { status: 501, body: '' };
  let answering = 0;
  const asked: AskedRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer(async (incoming, outgoing) => {
    answering += 1;
    outgoing.once('close', () => {
      answering -= 1;
    });
    const pieces: Buffer[] = [];
    // A client that leaves while it sends is what some tests are about.
    await incoming.forEach((piece: Buffer) => void pieces.push(piece)).catch(() => {});
    const { method = '', url = '', headers } = incoming;
    asked.push({ method, path: url, headers, body: Buffer.concat(pieces).toString('utf8') });
    send(outgoing, reply);
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on a port has this kind of address.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    get answering() {
      return answering;
    },
    get connections() {
      return sockets.size;
    },
    answer: (next) => {
      reply = next;
    },
    close: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

function send(outgoing: ServerResponse, { status = 200, headers = {}, body, ending = 'end' }: Reply): void {
  outgoing.writeHead(status, headers);
  if (ending === 'end') outgoing.end(body);
  else if (ending === 'stall') outgoing.write(body);
  else outgoing.write(body, () => outgoing.destroy());
}
