// What stands between the router and a sound vendor, and changes its answers: events that say something else, bytes that are none.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { encodeFrame, FrameReader } from '../../core/src/wire/index.ts';
import { cutAnywhere, mutateBytes, mutateJson } from './mutate.ts';
import { Random } from './random.ts';

export interface Vandal {
  readonly url: string;
  /** From now on the answers are changed, by this seed; undefined: passed on as they are. */
  vandalise(seed: number | undefined): void;
  close(): Promise<void>;
}

/** In front of a vendor at `url`. */
export async function startVandal(url: string): Promise<Vandal> {
  let seed: number | undefined;
  const agent = new http.Agent({ keepAlive: true });
  const server = http.createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.once('end', () => {
      const onward = http.request(url + incoming.url, { agent, method: incoming.method, headers: incoming.headers });
      onward.once('response', (response) => void answer(response, outgoing, seed));
      onward.once('error', () => outgoing.destroy());
      onward.end(Buffer.concat(chunks));
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as AddressInfo; // a server that listens on a port has this kind of address
  return {
    url: `http://127.0.0.1:${port}`,
    vandalise: (chosen) => {
      seed = chosen;
    },
    close: () =>
      new Promise((done) => {
        agent.destroy();
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  response: http.IncomingMessage,
  outgoing: http.ServerResponse,
  seed: number | undefined,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  const { 'content-length': _, 'transfer-encoding': __, connection: ___, ...headers } = response.headers;
  const status = response.statusCode ?? 502;
  if (seed === undefined) {
    outgoing.writeHead(status, headers).end(bytes);
    return;
  }
  const random = new Random(seed, 'vandal');
  const type = String(headers['content-type']);
  const changed = random.chance(0.85) ? changeInside(random, type, bytes) : mutateBytes(random, bytes);
  const others: Readonly<Record<string, string>> = {
    'content-type': random.pick(['text/plain', 'application/json', 'text/event-stream', '']),
  };
  outgoing.writeHead(random.chance(0.95) ? status : random.pick([201, 204, 299, 302, 404, 418, 500, 529, 599]), {
    ...headers,
    ...(random.chance(0.05) && others),
  });
  for (const piece of cutAnywhere(random, changed)) {
    outgoing.write(piece);
    if (random.chance(0.2)) await setImmediate();
  }
  if (random.chance(0.05)) outgoing.destroy();
  else outgoing.end();
}

/** The JSON of one or a few of its events is another. */
function changeInside(random: Random, type: string, bytes: Buffer): Buffer {
  if (type.includes('amazon.eventstream')) return changeFrames(random, bytes);
  if (type.includes('event-stream')) return changeEvents(random, bytes.toString());
  try {
    return Buffer.from(JSON.stringify(mutateJson(random, JSON.parse(bytes.toString()))) ?? '');
  } catch {
    return mutateBytes(random, bytes);
  }
}

/** Leaves out, repeats or moves one of them now and then. */
function shuffle<T>(random: Random, items: readonly T[]): T[] {
  const index = random.integer(items.length);
  const item = items.slice(index, index + 1);
  switch (random.integer(5)) {
    case 0:
      return items.toSpliced(index, 1);
    case 1:
      return items.toSpliced(random.integer(items.length + 1), 0, ...item);
    case 2:
      return items.slice(0, index);
    default:
      return [...items];
  }
}

function changeEvents(random: Random, text: string): Buffer {
  const events = shuffle(random, text.split('\n\n')).map((event) =>
    random.chance(0.7)
      ? event
      : event.replace(/^data: ?(\{.*)$/m, (line, json: string) => {
          const changed = JSON.stringify(mutateJson(random, JSON.parse(json)));
          return changed === undefined ? line : `data: ${changed}`;
        }),
  );
  return Buffer.from(events.join('\n\n'));
}

function changeFrames(random: Random, bytes: Buffer): Buffer {
  const reader = new FrameReader();
  reader.push(bytes);
  const frames: Buffer[] = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    const headers = Object.fromEntries([...frame.headers.all].map(([name, value]) => [name, String(value)]));
    const kept = random.chance(0.7);
    const payload = kept ? frame.text() : (JSON.stringify(mutateJson(random, JSON.parse(frame.text()))) ?? '');
    frames.push(encodeFrame(kept || random.chance(0.8) ? headers : { ...headers, ':event-type': 'later' }, payload));
  }
  return Buffer.concat(shuffle(random, frames));
}
