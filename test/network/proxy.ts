// A proxy on loopback that keeps what it was asked for: tunnels (CONNECT), and requests forwarded in the clear.
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import https from 'node:https';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { pem } from './servers.ts';

export interface Proxy {
  readonly url: string;
  /** `host:port` of each tunnel that was asked for. */
  readonly tunnels: readonly string[];
  /** The address of each request that was forwarded. */
  readonly forwarded: readonly string[];
  /** What the tunnels' users authenticated with. */
  readonly credentials: readonly string[];
  close(): Promise<void>;
}

export interface ProxyOptions {
  /** Where a tunnel ends instead; by default where it was meant to. */
  readonly leadTo?: (authority: string) => string;
  /** Speaks TLS itself, with the test certificate. */
  readonly tls?: boolean;
}

export async function startProxy({
  leadTo = (authority) => authority,
  tls = false,
}: ProxyOptions = {}): Promise<Proxy> {
  const credentials: string[] = [];
  const tunnels: string[] = [];
  const forwarded: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket)).on('error', () => socket.destroy());
  };
  const forward = (incoming: IncomingMessage, response: ServerResponse): void => {
    const target = incoming.url ?? '';
    forwarded.push(target);
    const { method, headers } = incoming;
    const outgoing = request(target, { method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    incoming.pipe(outgoing);
  };
  const server = tls ? https.createServer({ key: pem, cert: pem }, forward) : createServer(forward);
  server.on('connection', keep);
  server.on('connect', (incoming, socket: Socket) => {
    const authority = incoming.url ?? '';
    tunnels.push(authority);
    credentials.push(incoming.headers['proxy-authorization'] ?? '');
    const { hostname, port } = new URL(`http://${leadTo(authority)}`);
    const upstream = connect(Number(port), hostname, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    keep(upstream);
    upstream.on('close', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    // A server that listens on a port has this kind of address.
    url: `${tls ? 'https://localhost' : 'http://127.0.0.1'}:${(server.address() as AddressInfo).port}`,
    tunnels,
    forwarded,
    credentials,
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
