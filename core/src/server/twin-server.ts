// HTTP/1.1 and HTTP/2 on one port: in the clear a connection's first bytes tell which, over TLS its ALPN. The AWS SDK for JavaScript
// speaks HTTP/2 with prior knowledge to any http:// endpoint (3.1164, 2026-11).
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import http2, { type Http2ServerRequest, type Http2ServerResponse, type ServerHttp2Session } from 'node:http2';
import https from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions, TLSSocket } from 'node:tls';

export type Listener = (
  incoming: IncomingMessage | Http2ServerRequest,
  outgoing: ServerResponse | Http2ServerResponse,
) => void;

export interface TwinServer {
  /** The one that listens, for both. */
  readonly server: http.Server;
  /** The certificate of connections to come. Only for a server that began with one. */
  renew(tls: SecureContextOptions): void;
  /** Stops accepting, lets what runs finish, and after `limitMs` cuts off the rest. Resolves when every connection is gone. */
  drain(limitMs: number): Promise<void>;
}

/** How long a client may take, in milliseconds. */
export interface Limits {
  /** From the connection, or the end of the request before, to the end of a head. */
  readonly headMs: number;
  /** To the end of a body. */
  readonly bodyMs: number;
  /** A connection without requests is kept open for this long. */
  readonly idleMs: number;
}

/** `idleMs` is longer than the 60 s for which load balancers keep idle connections, so that they close first. */
const LIMITS: Limits = { headMs: 30_000, bodyMs: 5 * 60_000, idleMs: 65_000 };

const HEAD_BYTES_MAX = 32 * 1024;

const http1Options = ({ headMs, bodyMs, idleMs }: Limits): http.ServerOptions => ({
  headersTimeout: headMs,
  requestTimeout: bodyMs,
  keepAliveTimeout: idleMs,
  connectionsCheckingInterval: headMs,
  maxHeaderSize: HEAD_BYTES_MAX,
});

const HTTP2_OPTIONS: http2.ServerOptions = {
  settings: {
    maxHeaderListSize: HEAD_BYTES_MAX,
    // What one connection may have open at a time; a client that wants more opens another.
    maxConcurrentStreams: 256,
    // A stream's body may be ahead of us by this much.
    initialWindowSize: 256 * 1024,
  },
  maxHeaderListPairs: 128,
  // Of headers, bodies and answers under way on one connection, in megabytes.
  maxSessionMemory: 64,
  maxSessionInvalidFrames: 100,
  maxSessionRejectedStreams: 100,
  maxSettings: 16,
  maxOutstandingPings: 10,
};
/** What all bodies of one HTTP/2 connection together may be ahead of us by. */
const SESSION_WINDOW_BYTES = 4 * 1024 * 1024;
/** How often a draining server looks for connections that have become idle. */
const SWEEP_MS = 50;

/** How every HTTP/2 connection begins (RFC 9113, 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface TwinServerOptions {
  readonly limits?: Limits;
  /** With it, TLS is spoken, and nothing else. */
  readonly tls?: SecureContextOptions | undefined;
}

/** Not listening yet. */
export function createTwinServer(listener: Listener, { limits = LIMITS, tls }: TwinServerOptions = {}): TwinServer {
  /** Connections without a request yet: node does not count them as idle. */
  const unused = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const first: Listener = (incoming, outgoing) => {
    unused.delete(incoming.socket);
    listener(incoming, outgoing);
  };
  const secure = tls && https.createServer({ ...http1Options(limits), ...tlsOptions(limits), ...tls }, first);
  const server = secure ?? http.createServer(http1Options(limits), first);
  const second = http2.createServer(HTTP2_OPTIONS, (incoming, outgoing) => {
    limitBody(incoming, limits.bodyMs);
    // One name for it in all that follows, and this one counts (RFC 9113, 8.3.1).
    incoming.headers.host = incoming.authority;
    listener(incoming, outgoing);
  });
  second.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    closeIdle(session, limits.idleMs);
    // A connection that broke has no other answer than its end.
    session.on('error', () => session.destroy());
  });

  // Node's own way of taking a connection: the HTTP/1.1 server goes on keeping its books of those it is given.
  const ready = secure ? 'secureConnection' : 'connection';
  const [accept] = server.listeners(ready);
  server.removeAllListeners(ready);
  const take = (socket: Socket, isHttp2: boolean) => {
    if (!isHttp2) return void accept?.call(server, socket);
    unused.delete(socket);
    // Else a client's end of the connection would be no end of its requests: HTTP/1.1 keeps its sockets half open.
    socket.allowHalfOpen = false;
    second.emit('connection', socket);
  };
  server.on(ready, (socket: Socket | TLSSocket) => {
    unused.add(socket);
    socket.once('close', () => unused.delete(socket));
    if ('alpnProtocol' in socket) take(socket, socket.alpnProtocol === 'h2');
    else sniff(socket, limits.headMs, (isHttp2) => take(socket, isHttp2));
  });
  const greeting = secure ? watchGreetings(secure) : new Map<string, Socket>();
  return {
    server,
    renew: (renewed) => secure?.setSecureContext(renewed),
    drain: (limitMs) => drain(server, { unused, greeting, sessions }, limitMs),
  };
}

const tlsOptions = ({ headMs }: Limits) => ({ ALPNProtocols: ['h2', 'http/1.1'], handshakeTimeout: headMs });

/** The connections whose TLS has not begun, by where they come from: the socket that TLS makes of one does not tell from which. Over a
 * Unix socket they all come from the same place, and only the latest is known. */
function watchGreetings(server: https.Server): ReadonlyMap<string, Socket> {
  const greeting = new Map<string, Socket>();
  const placeOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on('connection', (socket: Socket) => {
    const place = placeOf(socket);
    greeting.set(place, socket);
    socket.once('close', () => {
      if (greeting.get(place) === socket) greeting.delete(place);
    });
  });
  server.on('secureConnection', (socket) => greeting.delete(placeOf(socket)));
  return greeting;
}

/** Waits for the first bytes, puts them back, and says what they begin. */
function sniff(socket: Socket, limitMs: number, decided: (isHttp2: boolean) => void): void {
  let head: Buffer = Buffer.alloc(0);
  const drop = () => socket.destroy();
  // Not the socket's own timer: each byte of a slow client would start that anew.
  const late = setTimeout(drop, limitMs);
  const forget = () => clearTimeout(late);
  const look = () => {
    const chunk: Buffer | null = socket.read();
    if (chunk === null) return;
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    const length = Math.min(head.length, PREFACE.length);
    const isPreface = head.subarray(0, length).equals(PREFACE.subarray(0, length));
    if (isPreface && length < PREFACE.length) return;
    forget();
    socket.off('readable', look).off('error', drop).off('end', drop).off('close', forget);
    socket.unshift(head);
    decided(isPreface);
  };
  socket.on('readable', look).on('error', drop).on('end', drop).on('close', forget);
}

/** A body's time, as `requestTimeout` has it for HTTP/1.1. */
function limitBody(incoming: Http2ServerRequest, limitMs: number): void {
  const { stream } = incoming;
  if (stream.endAfterHeaders) return;
  const late = setTimeout(() => stream.close(http2.constants.NGHTTP2_CANCEL), limitMs);
  const clear = () => clearTimeout(late);
  incoming.once('end', clear);
  stream.once('close', clear);
}

/** Closes a connection on which nothing happens; an answer that is slow is something. */
function closeIdle(session: ServerHttp2Session, idleMs: number): void {
  let streams = 0;
  session.on('stream', (stream) => {
    streams++;
    stream.once('close', () => streams--);
  });
  session.on('timeout', () => {
    if (streams === 0) session.close();
  });
  // Every frame starts it anew.
  session.setTimeout(idleMs);
}

interface Connections {
  readonly unused: ReadonlySet<Socket>;
  readonly greeting: ReadonlyMap<string, Socket>;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

function drain(server: http.Server, { unused, greeting, sessions }: Connections, limitMs: number): Promise<void> {
  return new Promise((done) => {
    for (const socket of [...unused, ...greeting.values()]) socket.destroy();
    // Keep-alive sockets become idle one by one as their requests end.
    const sweep = setInterval(() => server.closeIdleConnections(), SWEEP_MS);
    const kill = setTimeout(() => {
      server.closeAllConnections();
      for (const session of sessions) session.destroy();
    }, limitMs);
    server.close(() => {
      clearInterval(sweep);
      clearTimeout(kill);
      done();
    });
    server.closeIdleConnections();
    // GOAWAY: open streams finish, and the client knows that it has to go elsewhere.
    for (const session of sessions) session.close();
  });
}
