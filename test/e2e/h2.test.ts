// HTTP/1.1 and cleartext HTTP/2 on one port: the same answers, the same limits, and nobody's upstream left running.
import http from 'node:http';
import http2 from 'node:http2';
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  InvokeModelCommand,
} from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { afterEach, describe, expect, test } from 'vitest';
import { begin, FINISH, hang, say, script } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';

const plugin = fileURLToPath(new URL('../fixtures/scripted-plugin.ts', import.meta.url));
const ending: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ending.splice(0).reverse()) await end();
});

async function house(extra = '', settings = ''): Promise<House> {
  const opened = await openHouse(
    `${extra}providers: { alpha: { plugin: "${plugin}"${settings} } }\nroutes: { only: alpha/m1 }\n`,
  );
  ending.push(() => opened.close());
  return opened;
}

function connect({ url }: House): http2.ClientHttp2Session {
  const session = http2.connect(url);
  // Ends are what some tests bring about.
  session.on('error', () => {});
  ending.push(() => session.destroy());
  return session;
}

interface Answer {
  readonly status: number;
  readonly headers: http2.IncomingHttpHeaders;
  readonly text: string;
}

const JSON_POST = { ':method': 'POST', 'content-type': 'application/json' };

function ask(session: http2.ClientHttp2Session, headers: http2.OutgoingHttpHeaders, body?: string): Promise<Answer> {
  return new Promise((done, refuse) => {
    const stream = session.request(headers);
    let head: http2.IncomingHttpHeaders = {};
    let text = '';
    stream.setEncoding('utf8');
    stream.on('response', (received) => {
      head = received;
    });
    stream.on('data', (chunk) => {
      text += chunk;
    });
    stream.on('end', () => done({ status: Number(head[':status']), headers: head, text }));
    stream.on('error', refuse);
    stream.end(body);
  });
}

const chat = (stream: boolean) =>
  JSON.stringify({ model: 'only', stream, messages: [{ role: 'user', content: 'hi' }] });
const CHAT = { ...JSON_POST, ':path': '/v1/chat/completions' };

const sayHello = () =>
  script('alpha', async function* () {
    yield* say('one two three');
  });

describe('the same port', () => {
  test('serves chat over HTTP/2, streamed and not, many at a time', async () => {
    sayHello();
    const opened = await house();
    const session = connect(opened);
    const whole = await ask(session, CHAT, chat(false));
    expect(whole.status).toBe(200);
    expect(JSON.parse(whole.text).choices[0].message.content).toBe('one two three');
    expect(whole.headers['x-turnout-target']).toBe('alpha/m1');
    const streamed = await Promise.all(Array.from({ length: 50 }, () => ask(session, CHAT, chat(true))));
    for (const { text } of streamed) expect(text).toMatch(/"one ".*data: \[DONE\]\n\n$/s);
    // And HTTP/1.1 all the while.
    expect((await opened.post('/v1/chat/completions', chat(false))).status).toBe(200);
  });

  test('whatever pieces the first bytes come in', async () => {
    const { url } = await house();
    const { hostname, port } = new URL(url);
    const talk = async (pieces: readonly string[], until: string) => {
      const socket = net.connect(Number(port), hostname);
      ending.push(() => socket.destroy());
      let heard = '';
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
      });
      for (const piece of pieces) {
        socket.write(Buffer.from(piece, 'latin1'));
        await new Promise((later) => setTimeout(later, 20));
      }
      await expect.poll(() => heard).toContain(until);
    };
    const get = 'GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n';
    await talk([...get.slice(0, 6), get.slice(6)], 'HTTP/1.1 200 OK');
    await talk(['P', 'OST /v1/nothing HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n'], 'HTTP/1.1 404 ');
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    // Length 0, type SETTINGS: what a server has to begin with, its own and the acknowledgement of ours.
    const settings = '\x00\x00\x00\x04\x00\x00\x00\x00\x00';
    await talk(['PRI', ' * HTTP/2.0\r\n\r', preface.slice(17), settings], '\x00\x00\x00\x04\x01\x00\x00\x00\x00');
  });

  test('a client that sends its request and its end at once', async () => {
    const { hostname, port } = new URL((await house()).url);
    const socket = net.connect({ port: Number(port), host: hostname, allowHalfOpen: true });
    ending.push(() => socket.destroy());
    socket.end('GET /healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n');
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk.toString('latin1');
    });
    await new Promise((closed) => socket.once('close', closed));
    expect(heard).toMatch(/^HTTP\/1\.1 200 OK.*"ok"/s);
  });

  test('a body of many megabytes arrives as it was sent, over both', async () => {
    let characters = 0;
    script('alpha', async function* (request) {
      const [part] = request.messages[0]?.parts ?? [];
      characters = part?.type === 'text' ? part.text.length : 0;
      yield* say('ok');
    });
    const opened = await house();
    const body = JSON.stringify({ model: 'only', messages: [{ role: 'user', content: 'x'.repeat(20_000_000) }] });
    expect((await opened.post('/v1/chat/completions', body)).status).toBe(200);
    expect(characters).toBe(20_000_000);
    characters = 0;
    expect((await ask(connect(opened), CHAT, body)).status).toBe(200);
    expect(characters).toBe(20_000_000);
  });

  test('the AWS SDK, with its own HTTP/2 handler and with the one of HTTP/1.1', async () => {
    sayHello();
    const { url } = await house();
    for (const requestHandler of [undefined, new NodeHttpHandler()]) {
      const client = new BedrockRuntimeClient({
        region: 'us-east-1',
        endpoint: url,
        maxAttempts: 1,
        credentials: { accessKeyId: 'any', secretAccessKey: 'any' },
        ...(requestHandler && { requestHandler }),
      });
      ending.push(() => client.destroy());
      const messages = [{ role: 'user' as const, content: [{ text: 'x'.repeat(300_000) }] }];
      const { output, $metadata } = await client.send(new ConverseCommand({ modelId: 'only', messages }));
      expect(output?.message?.content?.[0]?.text).toBe('one two three');
      expect($metadata.requestId).toMatch(/^[0-9a-f-]{36}$/);
      const { stream } = await client.send(new ConverseStreamCommand({ modelId: 'only', messages }));
      let text = '';
      for await (const event of stream ?? []) text += event.contentBlockDelta?.delta?.text ?? '';
      expect(text).toBe('one two three');
      // It says `application/octet-stream` of this body.
      const claude = {
        anthropic_version: 'bedrock-2023-05-31',
        max_tokens: 5,
        messages: [{ role: 'user', content: 'hi' }],
      };
      const { body } = await client.send(new InvokeModelCommand({ modelId: 'only', body: JSON.stringify(claude) }));
      expect(JSON.parse(body.transformToString()).content[0].text).toBe('one two three');
    }
  });

  test('headers of one connection only stay out of HTTP/2, and a body that is too large is told so', async () => {
    sayHello();
    const opened = await house('server: { bodyLimit: 1KiB }\n');
    const session = connect(opened);
    const warned: Error[] = [];
    const hear = (warning: Error) => warned.push(warning);
    process.on('warning', hear);
    ending.push(() => process.off('warning', hear));
    const refused = await ask(session, CHAT, chat(false).padEnd(5_000));
    expect(refused.status).toBe(413);
    expect(refused.headers.connection).toBeUndefined();
    const nowhere = await ask(session, { ...JSON_POST, ':path': '/v1/nothing' }, 'x'.repeat(1_000_000));
    expect(nowhere.status).toBe(404);
    expect(nowhere.text).toContain('there is no POST /v1/nothing');
    expect((await ask(session, CHAT, chat(false))).status).toBe(200);
    expect(warned).toEqual([]);
  });
});

describe('safe by default, over HTTP/2', () => {
  test.each<[string, http2.OutgoingHttpHeaders, number]>([
    ['a loopback authority', {}, 200],
    ['another authority', { ':authority': 'evil.example' }, 403],
    ['another authority behind a loopback Host', { ':authority': 'evil.example', host: '127.0.0.1' }, 403],
    ['a foreign page', { origin: 'https://evil.example' }, 403],
    ['a cross-site fetch', { 'sec-fetch-site': 'cross-site' }, 403],
  ])('%s', async (_name, headers, status) => {
    const session = connect(await house());
    expect((await ask(session, { ':path': '/v1/models', ...headers })).status).toBe(status);
  });
});

describe('a client that leaves', () => {
  /** A stream that says one word and then waits; resolves `left` with what its signal was aborted with. */
  function scriptWaiting(words: readonly string[]): { readonly left: Promise<unknown>; readonly began: Promise<void> } {
    let tell = (_reason: unknown) => {};
    let begun = () => {};
    const left = new Promise<unknown>((done) => {
      tell = done;
    });
    const began = new Promise<void>((done) => {
      begun = done;
    });
    script('alpha', async function* (_request, call) {
      call.signal.addEventListener('abort', () => tell(call.signal.reason));
      begun();
      yield* begin();
      for (const text of words) yield { type: 'block-delta', index: 0, text } as const;
      await hang(call);
    });
    return { left, began };
  }

  test.each([
    ['before the first content, streamed', true, []],
    ['before the first content, whole', false, []],
    ['in the middle of the stream', true, ['half']],
  ] as const)('%s: the upstream is aborted, and the other streams go on', async (_name, stream, words) => {
    const { left, began } = scriptWaiting(words);
    const opened = await house();
    const session = connect(opened);
    const leaving = session.request(CHAT);
    leaving.on('error', () => {});
    leaving.end(chat(stream));
    await began;
    if (words.length > 0) await new Promise((first) => leaving.once('data', first));
    leaving.close(http2.constants.NGHTTP2_CANCEL);
    expect(await left).toMatchObject({ code: 'cancelled' });
    await expect
      .poll(() => opened.log.filter(({ message }) => message === 'request'))
      .toMatchObject([{ level: 'info', fields: { code: 'cancelled' } }]);
    sayHello();
    expect((await ask(session, CHAT, chat(true))).text).toContain('[DONE]');
  });

  test('with its connection: the same', async () => {
    const { left, began } = scriptWaiting(['half']);
    const session = connect(await house());
    const leaving = session.request(CHAT);
    leaving.on('error', () => {});
    leaving.end(chat(true));
    await began;
    session.destroy();
    expect(await left).toMatchObject({ code: 'cancelled' });
  });

  test('in the middle of its body, which might be taken for a whole one: nobody is asked', async () => {
    let asked = 0;
    script('alpha', async function* () {
      asked++;
      yield* say('ok');
    });
    const opened = await house();
    const { hostname, port, host } = new URL(opened.url);
    const socket = net.connect(Number(port), hostname);
    ending.push(() => socket.destroy());
    // Written by hand: node's client never resets a stream without ending its body first.
    const [DATA, HEADERS, RST_STREAM, SETTINGS, END_HEADERS] = [0, 1, 3, 4, 4];
    const frame = (type: number, flags: number, stream: number, payload: Buffer) => {
      const head = Buffer.alloc(9);
      head.writeUIntBE(payload.length, 0, 3);
      head.writeUInt8(type, 3);
      head.writeUInt8(flags, 4);
      head.writeUInt32BE(stream, 5);
      return Buffer.concat([head, payload]);
    };
    // HPACK: two whole fields of the static table, then three of its names with values of our own.
    const field = (name: readonly number[], value: string) =>
      Buffer.from([...name, value.length, ...Buffer.from(value)]);
    const head = Buffer.concat([
      Buffer.from([0x83, 0x86]),
      field([0x04], CHAT[':path']),
      field([0x01], host),
      field([0x0f, 0x10], 'application/json'),
    ]);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    socket.write(frame(SETTINGS, 0, 0, Buffer.alloc(0)));
    socket.write(frame(HEADERS, END_HEADERS, 1, head));
    socket.write(frame(DATA, 0, 1, Buffer.from(chat(false))));
    await new Promise((later) => setTimeout(later, 50));
    socket.write(frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, http2.constants.NGHTTP2_CANCEL])));
    await expect.poll(() => opened.log.map(({ fields }) => fields.code)).toEqual(['cancelled']);
    expect(asked).toBe(0);
  });

  test('after its answer: nothing is aborted', async () => {
    const signals: AbortSignal[] = [];
    script('alpha', async function* (_request, call) {
      signals.push(call.signal);
      yield* say('ok');
    });
    const opened = await house();
    const session = connect(opened);
    for (const stream of [true, false]) expect((await ask(session, CHAT, chat(stream))).status).toBe(200);
    session.destroy();
    await expect.poll(() => opened.log.length).toBe(2);
    await new Promise((later) => setTimeout(later, 50));
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, false]);
    expect(opened.log.map(({ fields }) => fields.code)).toEqual([undefined, undefined]);
  });
});

test('a slow reader stops the reading of the upstream, and gets everything', async () => {
  const COUNT = 2_000;
  const word = 'x'.repeat(10_000);
  let produced = 0;
  script('alpha', async function* () {
    yield* begin();
    for (; produced < COUNT; produced++) yield { type: 'block-delta', index: 0, text: word } as const;
    yield { type: 'block-end', index: 0 } as const;
    yield FINISH;
  });
  const stream = connect(await house()).request(CHAT);
  stream.end(chat(true));
  await new Promise((first) => stream.once('response', first));
  let before = -1;
  await expect
    .poll(
      () => {
        const still = produced === before;
        before = produced;
        return still;
      },
      { interval: 100 },
    )
    .toBe(true);
  expect(produced).toBeLessThan(COUNT / 2);
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await new Promise((end) => stream.once('end', end));
  expect(produced).toBe(COUNT);
  expect(bytes).toBeGreaterThan(COUNT * word.length);
});

test('a reader that does not take the error at the end of its answer is cut off, and not cleanly', async () => {
  script('alpha', async function* () {
    yield* begin();
    for (;;) yield { type: 'block-delta', index: 0, text: 'x'.repeat(100_000) } as const;
  });
  const stream = connect(await house('', ', timeout: { total: 300ms }')).request(CHAT);
  stream.on('error', () => {});
  stream.end(chat(true));
  await expect.poll(() => stream.rstCode, { timeout: 5_000 }).toBe(http2.constants.NGHTTP2_INTERNAL_ERROR);
});

describe('the end', () => {
  test('what runs finishes over both protocols, new requests are refused, undecided connections are closed', async () => {
    let release = () => {};
    const held = new Promise<void>((done) => {
      release = done;
    });
    let begun = 0;
    script('alpha', async function* () {
      begun++;
      yield* begin();
      await held;
      yield { type: 'block-delta', index: 0, text: 'late' } as const;
      yield { type: 'block-end', index: 0 } as const;
      yield FINISH;
    });
    const opened = await house();
    ending.pop();
    const session = connect(opened);
    const { hostname, port } = new URL(opened.url);
    const silent = net.connect(Number(port), hostname);
    const undecided = net.connect(Number(port), hostname);
    undecided.write('PRI * HT');
    const closed = [silent, undecided].map((socket) => new Promise((done) => socket.once('close', done)));
    for (const socket of [silent, undecided]) socket.on('error', () => {});
    const answers = [ask(session, CHAT, chat(true)), ask(session, CHAT, chat(false))];
    const old = opened.post('/v1/chat/completions', chat(true));
    await expect.poll(() => begun).toBe(3);
    const goaway = new Promise((told) => session.once('goaway', told));
    const closing = opened.close();
    await Promise.all([...closed, goaway]);
    await expect(opened.post('/v1/chat/completions', chat(false))).rejects.toThrow();
    release();
    for (const { status, text } of await Promise.all(answers)) {
      expect(status).toBe(200);
      expect(text).toContain('late');
    }
    expect(await (await old).text()).toContain('[DONE]');
    await closing;
  });

  test('after the drain time the rest is ended with an error, over HTTP/2 too', async () => {
    script('alpha', async function* (_request, call) {
      yield* begin();
      yield { type: 'block-delta', index: 0, text: 'a' } as const;
      await hang(call);
    });
    const opened = await house('server: { drain: 100ms }\n');
    ending.pop();
    const stream = connect(opened).request(CHAT);
    stream.end(chat(true));
    await new Promise((first) => stream.once('data', first));
    let text = '';
    stream.on('data', (chunk) => {
      text += chunk;
    });
    const end = new Promise((done) => stream.once('close', done));
    await opened.close();
    await end;
    expect(text).toMatch(/"error".*shutting down/);
  });
});

test('a head that is too large ends its own request only', async () => {
  sayHello();
  const opened = await house();
  const session = connect(opened);
  const large = { ...CHAT, 'x-large': 'x'.repeat(100_000) };
  await expect(ask(session, large, chat(false))).rejects.toThrow();
  expect((await ask(connect(opened), CHAT, chat(false))).status).toBe(200);
  const status = await new Promise<number | undefined>((done, refuse) => {
    http
      .get(`${opened.url}/healthz`, { headers: { 'x-large': 'x'.repeat(40_000) } }, (response) =>
        done(response.resume().statusCode),
      )
      .on('error', refuse);
  });
  expect(status).toBe(431);
});
