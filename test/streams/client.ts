// A client that does as it likes: it reads nothing, or leaves, over HTTP/1.1 or HTTP/2.
import { once } from 'node:events';
import http from 'node:http';
import http2 from 'node:http2';

export const VERSIONS = ['h1', 'h2'] as const;
export type Version = (typeof VERSIONS)[number];

export interface Reader {
  /** The status, once the head is there. Nothing of the body is read. */
  readonly head: Promise<number>;
  /** The next bytes of the body. */
  read(): Promise<unknown>;
  /** All of the body; the answer has to end properly. */
  whole(): Promise<Uint8Array>;
  leave(): void;
}

const HEADERS = { 'content-type': 'application/json' };

/** Sends a request. With `whole: false` its end is missing. */
export function send(version: Version, url: string, path: string, body: string, whole = true): Reader {
  return (version === 'h2' ? sendOver2 : sendOver1)(url, path, body, whole);
}

function sendOver1(url: string, path: string, body: string, whole: boolean): Reader {
  const request = http.request(url + path, { method: 'POST', headers: HEADERS, agent: false });
  // Ends are what the tests bring about.
  request.on('error', () => {});
  request.write(body);
  if (whole) request.end();
  let response: http.IncomingMessage | undefined;
  const head = once(request, 'response').then(([answer]) => {
    response = answer as http.IncomingMessage; // the event's one argument
    response.on('error', () => {}).pause();
    return response.statusCode ?? 0;
  });
  head.catch(() => {});
  return {
    head,
    read: async () => {
      await head;
      const data = once(response as http.IncomingMessage, 'data'); // set with the head
      response?.resume();
      return data;
    },
    whole: async () => {
      await head;
      return Buffer.concat(await (response as http.IncomingMessage).toArray()); // as above
    },
    leave: () => request.destroy(),
  };
}

function sendOver2(url: string, path: string, body: string, whole: boolean): Reader {
  const session = http2.connect(url);
  session.on('error', () => {});
  const stream = session.request({ ':method': 'POST', ':path': path, ...HEADERS });
  stream.on('error', () => {}).pause();
  stream.write(body);
  if (whole) stream.end();
  const head = once(stream, 'response').then(([answer]) => Number(answer[':status']));
  head.catch(() => {});
  return {
    head,
    read: async () => {
      const data = once(stream, 'data');
      stream.resume();
      return data;
    },
    whole: async () => {
      await head;
      const bytes = Buffer.concat(await stream.toArray());
      session.close();
      return bytes;
    },
    // Only the stream: the connection may hold others.
    leave: () => {
      stream.close(http2.constants.NGHTTP2_CANCEL);
      setTimeout(() => session.destroy(), 1_000).unref();
    },
  };
}
