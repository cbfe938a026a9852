// A collector of OpenTelemetry's: takes spans over OTLP/HTTP, on loopback, and keeps them for a test.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { bytesIn, type Message, messagesIn, numberIn, readMessage, textIn } from './protobuf.ts';

export type AttributeValue = string | boolean | number | AttributeValue[];

export interface CaughtSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string;
  readonly name: string;
  /** 2: server, 3: client. */
  readonly kind: number;
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  /** 2: error. */
  readonly status: number;
  readonly statusMessage: string;
  readonly resource: Readonly<Record<string, AttributeValue>>;
}

export interface Collector {
  readonly url: string;
  readonly spans: CaughtSpan[];
  readonly requests: { readonly path: string; readonly headers: http.IncomingHttpHeaders }[];
  /** All that was sent, as it came. */
  readonly bodies: Buffer[];
  /** What it answers; 200 at first. */
  status: number;
  close(): Promise<void>;
}

export async function startCollector(): Promise<Collector> {
  const caught: Pick<Collector, 'spans' | 'requests' | 'bodies'> & { status: number } = {
    spans: [],
    requests: [],
    bodies: [],
    status: 200,
  };
  const server = http.createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const sent = Buffer.concat(chunks);
      const body = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      caught.requests.push({ path: incoming.url ?? '', headers: incoming.headers });
      caught.bodies.push(body);
      if (caught.status === 200) caught.spans.push(...readSpans(body));
      outgoing.writeHead(caught.status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo; // it listens on a port
  return Object.assign(caught, {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  });
}

/** The field numbers are those of opentelemetry-proto's trace.proto. */
function readSpans(body: Buffer): CaughtSpan[] {
  return messagesIn(readMessage(body), 1).flatMap((resourceSpans) => {
    const resource = readAttributes(messagesIn(resourceSpans, 1)[0] ?? new Map(), 1);
    const spans = messagesIn(resourceSpans, 2).flatMap((scope) => messagesIn(scope, 2));
    return spans.map((span): CaughtSpan => {
      const status = messagesIn(span, 15)[0] ?? new Map();
      return {
        traceId: hexIn(span, 1),
        spanId: hexIn(span, 2),
        parentId: hexIn(span, 4),
        name: textIn(span, 5),
        kind: numberIn(span, 6),
        startMs: timeIn(span, 7),
        endMs: timeIn(span, 8),
        attributes: readAttributes(span, 9),
        status: numberIn(status, 3),
        statusMessage: textIn(status, 2),
        resource,
      };
    });
  });
}

const hexIn = (message: Message, field: number): string => bytesIn(message, field)[0]?.toString('hex') ?? '';

const timeIn = (message: Message, field: number): number =>
  Number(bytesIn(message, field)[0]?.readBigUInt64LE() ?? 0n) / 1e6;

function readAttributes(message: Message, field: number): Record<string, AttributeValue> {
  return Object.fromEntries(
    messagesIn(message, field).map((pair) => [textIn(pair, 1), readValue(messagesIn(pair, 2)[0] ?? new Map())]),
  );
}

function readValue(value: Message): AttributeValue {
  if (value.has(2)) return numberIn(value, 2) === 1;
  if (value.has(3)) return numberIn(value, 3);
  if (value.has(4)) return bytesIn(value, 4)[0]?.readDoubleLE() ?? Number.NaN;
  const list = messagesIn(value, 5)[0];
  return list ? messagesIn(list, 1).map(readValue) : textIn(value, 1);
}
