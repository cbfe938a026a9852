// Bedrock and STS as small servers on loopback, in the clear or with the test certificate.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import http, { type IncomingMessage, type ServerResponse } from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { encodeFrame } from '@turnout/core/wire';

/** A certificate for localhost and 127.0.0.1, with its key; it is its own authority. */
export const certificateFile = fileURLToPath(
  new URL('../../core/src/host/fixtures/localhost-test-only.pem', import.meta.url),
);
export const pem = readFileSync(certificateFile, 'utf8');

export interface LoopbackServer {
  /** With the name `localhost`, which the certificate has. */
  readonly url: string;
  readonly port: number;
  /** What was asked for, and who signed. */
  readonly seen: readonly { readonly path: string; readonly authorization: string }[];
  close(): Promise<void>;
}

async function start(
  tls: boolean,
  answer: (path: string, body: string, response: ServerResponse, authorization: string) => void,
): Promise<LoopbackServer> {
  const seen: LoopbackServer['seen'][number][] = [];
  const listener = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const path = incoming.url ?? '';
    const { authorization = '' } = incoming.headers;
    seen.push({ path, authorization });
    answer(path, Buffer.concat(chunks).toString('utf8'), response, authorization);
  };
  const server = tls ? https.createServer({ key: pem, cert: pem }, listener) : http.createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // a server that listens on a port has this kind of address
  return {
    url: `http${tls ? 's' : ''}://localhost:${port}`,
    port,
    seen,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const event = (type: string, payload: object): Buffer =>
  encodeFrame(
    { ':event-type': type, ':content-type': 'application/json', ':message-type': 'event' },
    JSON.stringify(payload),
  );
const usage = { inputTokens: 1, outputTokens: 1, totalTokens: 2 };
const STREAM = Buffer.concat([
  event('messageStart', { role: 'assistant' }),
  event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Hello' } }),
  event('contentBlockStop', { contentBlockIndex: 0 }),
  event('messageStop', { stopReason: 'end_turn' }),
  event('metadata', { usage }),
]);
const WHOLE = JSON.stringify({
  output: { message: { role: 'assistant', content: [{ text: 'Hello' }] } },
  stopReason: 'end_turn',
  usage,
});

/** Says hello, whole or streamed; not to a session that is `over`. */
export const startBedrock = (tls = false, over?: (authorization: string) => boolean): Promise<LoopbackServer> =>
  start(tls, (path, _body, response, authorization) => {
    if (over?.(authorization)) {
      response.writeHead(403, { 'content-type': 'application/json', 'x-amzn-errortype': 'ExpiredTokenException' });
      response.end('{"message":"The security token included in the request is expired"}');
      return;
    }
    const streamed = path.endsWith('/converse-stream');
    response.setHeader('content-type', streamed ? 'application/vnd.amazon.eventstream' : 'application/json');
    response.end(streamed ? STREAM : WHOLE);
  });

/** Gives everyone a session: `KSESSION1`, `KSESSION2` … */
export const startSts = (tls = false): Promise<LoopbackServer> => {
  let sessions = 0;
  return start(tls, (_path, body, response) => {
    sessions += 1;
    const action = new URLSearchParams(body).get('Action');
    const end = new Date(Date.now() + 3_600_000).toISOString();
    response.setHeader('content-type', 'text/xml');
    response.end(
      `<${action}Response><${action}Result><Credentials><AccessKeyId>KSESSION${sessions}</AccessKeyId><SecretAccessKey>S</SecretAccessKey>` +
        `<SessionToken>T</SessionToken><Expiration>${end}</Expiration></Credentials></${action}Result></${action}Response>`,
    );
  });
};
