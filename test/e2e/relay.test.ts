// An answer that is in the client's own framing already goes through as it is, and may still fail over before its first content.
import { once } from 'node:events';
import http2 from 'node:http2';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PlanCall, type RelayCall, type RelayEvent, RouterError } from '../../core/src/contract/index.ts';
import { hang, type Script, say, script, USAGE } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';

const plugin = new URL('../fixtures/scripted-plugin.ts', import.meta.url).pathname;
const providers = ['first', 'second'].map((name) => `  ${name}: { plugin: ${plugin}, retry: { attempts: 1 } }`);
let house: House;

beforeAll(async () => {
  house = await openHouse(`
providers:
${providers.join('\n')}
routes:
  model: { targets: [first/one, second/two] }
  alone: first/one
`);
});
afterAll(() => house.close());

const bytes = (text: string): Uint8Array => Buffer.from(text);
const SSE = { 'content-type': 'text/event-stream', 'x-upstream': 'kept' };
const FINISH: RelayEvent = { type: 'finish', reason: 'stop', rawReason: 'end', usage: USAGE };
const ask = (model: string, stream: boolean, more: object = {}) =>
  house.post('/v1/chat/completions', { model, stream, messages: [{ role: 'user', content: 'hi' }], ...more });

/** A script whose relayed answer has these pieces; an error among them is thrown there. */
function relaying(pieces: readonly (RelayEvent | RouterError)[], more: Partial<Script> = {}): Script {
  return {
    stream: () => {
      throw new Error('the plan said relay');
    },
    relay: async () => ({
      headers: SSE,
      events: (async function* () {
        for (const piece of pieces) {
          if (piece instanceof RouterError) throw piece;
          yield piece;
        }
      })(),
    }),
    ...more,
  };
}

test('a stream goes through byte for byte, with its head and its usage', async () => {
  const told = ['data: {"any":"thing"}\n\n', 'data: {"cut in', ' the middle":1}\r\n\r\n', ': comment\n\n'];
  let asked: RelayCall | undefined;
  const events = told.map((text): RelayEvent => ({ type: 'bytes', bytes: bytes(text), content: true }));
  const one = relaying([...events, FINISH]);
  script('first', {
    ...one,
    relay: async (call) => {
      asked = call;
      // The script has one: it was just made.
      return (one.relay as NonNullable<Script['relay']>)(call);
    },
  });
  const answer = await ask('model', true);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('x-upstream')).toBe('kept');
  expect(answer.headers.get('x-turnout-target')).toBe('first/one');
  expect(await answer.text()).toBe(told.join(''));
  expect(asked?.answerModel).toBe('model');
  const { fields } = await house.line(answer.headers.get('x-request-id') ?? '');
  expect(fields).toMatchObject({ usage: USAGE, finish: 'end', status: 200 });
});

test('a whole answer goes through byte for byte', async () => {
  const body = '{ "spaces" :  "kept" }';
  script('first', relaying([{ type: 'bytes', bytes: bytes(body) }, FINISH]));
  const answer = await ask('alone', false);
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  expect(await answer.text()).toBe(body);
  const { fields } = await house.line(answer.headers.get('x-request-id') ?? '');
  expect(fields.usage).toEqual(USAGE);
});

test.each([true, false])(
  'before its first content it fails over to a target that is not relayed (stream: %s)',
  async (stream) => {
    const head: RelayEvent = { type: 'bytes', bytes: bytes('data: {"head":1}\n\n') };
    script('first', relaying([head, new RouterError('overloaded', 'busy')]));
    script('second', () =>
      (async function* () {
        yield* say('Hello from the second');
      })(),
    );
    const answer = await ask('model', stream);
    expect(answer.headers.get('x-turnout-target')).toBe('second/two');
    const text = await answer.text();
    expect(text).toContain('second');
    expect(text).not.toContain('head');
  },
);

test('what breaks after the first content is told in the client’s protocol', async () => {
  const piece: RelayEvent = { type: 'bytes', bytes: bytes('data: {"a":1}\n\n'), content: true };
  script('first', relaying([piece, new RouterError('upstream-failed', 'the upstream went away')]));
  const text = await (await ask('alone', true)).text();
  expect(text).toMatch(/^data: {"a":1}\n\ndata: {"error":{"message":"the upstream went away"/);
  expect(text).not.toContain('[DONE]');
});

test.each<[string, () => Promise<IteratorResult<RelayEvent>>]>([
  ['ends what it holds', () => new Promise(() => {})],
  [
    'fails to end what it holds',
    () => {
      throw new Error('no end');
    },
  ],
])('a whole answer does not wait for how a plugin %s', async (_name, end) => {
  const events: RelayEvent[] = [{ type: 'bytes', bytes: bytes('{}'), content: true }, FINISH];
  const iterator: AsyncIterator<RelayEvent> = {
    next: async () => {
      const value = events.shift();
      return value ? { value } : { done: true, value: undefined };
    },
    return: end,
  };
  script(
    'first',
    relaying([], { relay: async () => ({ headers: SSE, events: { [Symbol.asyncIterator]: () => iterator } }) }),
  );
  const answer = await ask('alone', false);
  expect(answer.status).toBe(200);
  expect(await answer.text()).toBe('{}');
});

test('an answer that ends without its end is a failure', async () => {
  const piece: RelayEvent = { type: 'bytes', bytes: bytes('{}'), content: true };
  script('first', relaying([piece]));
  expect((await ask('alone', false)).status).toBe(502);
  expect(await (await ask('alone', true)).text()).toContain('"code":"upstream_failed"');
});

test('a client that leaves ends the upstream call', async () => {
  let ended: Promise<unknown> | undefined;
  script('first', {
    ...relaying([]),
    relay: async (call) => {
      ended = hang(call).catch((reason) => reason);
      return {
        headers: SSE,
        events: (async function* (): AsyncGenerator<RelayEvent> {
          yield { type: 'bytes', bytes: bytes('data: {}\n\n'), content: true };
          await ended;
        })(),
      };
    },
  });
  const leaving = new AbortController();
  const body = { model: 'alone', stream: true, messages: [{ role: 'user', content: 'hi' }] };
  const answer = await house.post('/v1/chat/completions', body, {}, leaving.signal);
  await answer.body?.getReader().read();
  leaving.abort();
  expect(await ended).toMatchObject({ code: 'cancelled' });
});

test('the plan sees the client’s own body, and what decoding loses is not lost', async () => {
  let planned: PlanCall | undefined;
  script('first', relaying([{ type: 'bytes', bytes: bytes('{}') }, FINISH], { planned: (call) => (planned = call) }));
  const lossy = { stream_options: { include_obfuscation: true } };
  const relayed = await ask('alone', false, lossy);
  expect(planned?.body).toMatchObject({ model: 'alone', ...lossy });
  expect(relayed.headers.get('x-turnout-losses')).toBe(null);
  script('first', () =>
    (async function* () {
      yield* say('Hi');
    })(),
  );
  const told = await ask('alone', false, lossy);
  expect(told.headers.get('x-turnout-losses')).toBe('stream_options.include_obfuscation:dropped');
});

const ODD = {
  connection: 'close',
  'keep-alive': 'timeout=5',
  'transfer-encoding': 'chunked',
  'content-length': '3',
  'set-cookie': 'a=b',
  'x-request-id': 'theirs',
  'x-turnout-losses': 'theirs',
  'x-split': 'a\r\nx-smuggled: b',
  'x-wide': '汉',
  'x odd': 'name',
  'x-upstream': 'kept',
};

test.each([true, false])('of its head only what can be sent and is not ours goes on (stream: %s)', async (stream) => {
  const piece: RelayEvent = { type: 'bytes', bytes: bytes('data: {"a":1}\n\n'), content: true };
  const events = async function* () {
    yield piece;
    yield FINISH;
  };
  script('first', relaying([], { relay: async () => ({ headers: ODD, events: events() }) }));
  const whole = await ask('alone', stream);
  const heads: [Record<string, unknown>, string][] = [[Object.fromEntries(whole.headers), await whole.text()]];
  const session = http2.connect(house.url);
  const asked = session.request({
    ':method': 'POST',
    ':path': '/v1/chat/completions',
    'content-type': 'application/json',
  });
  asked.end(JSON.stringify({ model: 'alone', stream, messages: [{ role: 'user', content: 'hi' }] }));
  const [head] = await once(asked, 'response');
  heads.push([head, (await asked.toArray()).join('')]);
  session.close();
  for (const [headers, text] of heads) {
    expect(text).toBe('data: {"a":1}\n\n');
    expect(headers['x-upstream']).toBe('kept');
    expect(headers['content-type']).toMatch(stream ? /^text\/event-stream/ : /^application\/json/);
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    for (const name of ['set-cookie', 'x-turnout-losses', 'x-split', 'x-smuggled', 'x-wide']) {
      expect(headers[name]).toBeUndefined();
    }
  }
});
