// How a client's request travels: over HTTP/1.1 or HTTP/2, told in the same few words.
import http from 'node:http';
import http2, { type ClientHttp2Session } from 'node:http2';

export interface Post {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  /** All of it together. */
  readonly bytes: number;
}

/** What becomes of one request. `closed` comes last, and once. */
export interface Listener {
  head(status: number, headers: Readonly<Record<string, unknown>>): void;
  data(chunk: Buffer): void;
  /** `clean`: the answer ended as whole. */
  closed(clean: boolean, fault?: string): void;
}

/** One request on its way. */
export interface Trip {
  write(text: string): void;
  end(text: string): void;
  /** The client leaves. */
  leave(): void;
  pause(): void;
  resume(): void;
}

export interface Transport {
  send(post: Post, listener: Listener): Trip;
  close(): void;
}

/** Far beyond every timeout of the router: what is silent for so long never ends. */
const SILENCE_MS_MAX = 60_000;
const SILENCE = `nothing came for ${SILENCE_MS_MAX} ms`;

/** At most `connections` at a time, kept alive. */
export function overHttp1(url: string, connections: number): Transport {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  return {
    send({ path, headers, bytes }, listener) {
      let response: http.IncomingMessage | undefined;
      const request = http.request(url + path, {
        method: 'POST',
        agent,
        headers: { ...headers, 'content-length': bytes },
      });
      request.setTimeout(SILENCE_MS_MAX, () => request.destroy(new Error(SILENCE)));
      // Before the answer: refused, or cut off without a word. Within it, `close` follows.
      request.once('error', (error) => response ?? listener.closed(false, `no answer: ${error.message}`));
      request.once('response', (incoming) => {
        response = incoming;
        listener.head(incoming.statusCode ?? 0, incoming.headers);
        incoming.on('data', (chunk: Buffer) => listener.data(chunk)).on('error', () => {});
        incoming.once('close', () => listener.closed(incoming.complete));
      });
      return {
        write: (text) => void request.write(text),
        end: (text) => void request.end(text),
        leave: () => void request.destroy(),
        pause: () => void response?.pause(),
        resume: () => void response?.resume(),
      };
    },
    close: () => agent.destroy(),
  };
}

/** All over one connection, or over another once that is closed. */
export function overHttp2(url: string): Transport {
  let session: ClientHttp2Session | undefined;
  const connected = (): ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) {
      session = http2.connect(url);
      // Its requests hear of it.
      session.on('error', () => {});
    }
    return session;
  };
  return {
    send({ path, headers, bytes }, listener) {
      const stream = connected().request({ ':method': 'POST', ':path': path, ...headers, 'content-length': bytes });
      let answered = false;
      let whole = false;
      let fault: string | undefined;
      stream.setTimeout(SILENCE_MS_MAX, () => stream.destroy(new Error(SILENCE)));
      stream.once('response', ({ ':status': status = 0, ...told }) => {
        answered = true;
        listener.head(status, told);
      });
      stream.on('data', (chunk: Buffer) => listener.data(chunk));
      stream.once('end', () => {
        whole = true;
      });
      stream.once('error', (error) => {
        fault = error.message;
      });
      stream.once('close', () => {
        const clean = whole && stream.rstCode === http2.constants.NGHTTP2_NO_ERROR;
        if (answered) listener.closed(clean);
        else listener.closed(false, `no answer: ${fault ?? `code ${stream.rstCode}`}`);
      });
      return {
        write: (text) => void stream.write(text),
        end: (text) => void stream.end(text),
        leave: () => stream.close(http2.constants.NGHTTP2_CANCEL),
        pause: () => void stream.pause(),
        resume: () => void stream.resume(),
      };
    },
    close: () => session?.destroy(),
  };
}
