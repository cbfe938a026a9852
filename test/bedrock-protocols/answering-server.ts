// A tiny Bedrock of one answer: it decodes what a client sends, and answers with the codec's own bytes.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { type ChatEvent, type ChatRequest, RouterError } from '../../core/src/contract/index.ts';
import { bedrockConverse } from '../../core/src/protocol/bedrock-converse/index.ts';
import { bedrockCount, bedrockInvoke } from '../../core/src/protocol/bedrock-invoke/index.ts';
import { createCollector } from '../../core/src/protocol/collect.ts';
import type { EncodedError, Head, ProtocolCodec } from '../../core/src/protocol/protocol.ts';
import { readBedrockPath } from '../../core/src/wire/index.ts';

export interface AnsweringServer {
  readonly url: string;
  /** What the next requests are answered with; an error among the events breaks the answer there. */
  events: readonly (ChatEvent | RouterError)[];
  /** The last request as it was decoded. */
  request: ChatRequest | undefined;
  /** How many requests came. */
  count: number;
  close(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Written piece by piece, each in a turn of the event loop of its own. */
  readonly pieces: readonly (string | Uint8Array)[];
}

const ID = '7f3a';

export async function startAnsweringServer(): Promise<AnsweringServer> {
  const server: Server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk);
    answering.count++;
    const path = readBedrockPath((incoming.url ?? '').split('?')[0] ?? '');
    if (path === undefined) throw new Error(`no path of Bedrock's: ${incoming.url}`);
    const { operation } = path;
    const stream = operation.endsWith('stream');
    const head: Head = { headers: incoming.headers, model: decodeURIComponent(path.encodedModel), stream };
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const { status, headers, pieces } =
      operation === 'count-tokens'
        ? replyToCount(body, head, answering)
        : reply(operation.startsWith('converse') ? bedrockConverse : bedrockInvoke, body, head, answering);
    outgoing.writeHead(status, { 'x-amzn-requestid': ID, ...headers });
    for (const piece of pieces) {
      outgoing.write(piece);
      await setImmediate();
    }
    outgoing.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A listening TCP server has this form of address.
  const { port } = server.address() as AddressInfo;
  const answering: AnsweringServer = {
    url: `http://127.0.0.1:${port}`,
    events: [],
    request: undefined,
    count: 0,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return answering;
}

const refusal = ({ status, headers, body }: EncodedError): Reply => ({ status, headers, pieces: [body] });

/** What a decoder throws is told as the router tells it. */
function reply<Echo>(codec: ProtocolCodec<Echo>, body: unknown, head: Head, answering: AnsweringServer): Reply {
  try {
    const { request, echo, stream } = codec.decode(body, head);
    answering.request = request;
    const context = { requestId: ID, model: request.model, createdS: 1_790_000_000, echo };
    const [first] = answering.events;
    if (RouterError.is(first)) throw first;
    if (!stream) {
      const collector = createCollector();
      for (const event of answering.events) if (!RouterError.is(event)) collector.push(event);
      const whole = codec.encodeResult(collector.result(), context);
      return { status: 200, headers: { 'content-type': 'application/json' }, pieces: [whole] };
    }
    const encoder = codec.createEncoder(context);
    const pieces = answering.events.map((event) =>
      RouterError.is(event) ? encoder.fail(event, ID) : encoder.push(event),
    );
    return { status: 200, headers: { 'content-type': codec.streamContentType }, pieces };
  } catch (error) {
    return refusal(codec.encodeError(RouterError.from(error), ID));
  }
}

function replyToCount(body: unknown, head: Head, answering: AnsweringServer): Reply {
  try {
    answering.request = bedrockCount.decode(body, head).request;
    const pieces = [bedrockCount.encodeCount({ inputTokens: 42 })];
    return { status: 200, headers: { 'content-type': 'application/json' }, pieces };
  } catch (error) {
    return refusal(bedrockCount.encodeError(RouterError.from(error), ID));
  }
}
