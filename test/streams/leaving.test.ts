// A client that leaves ends the upstream at once, wherever its request is. The upstreams here would go on for a minute: what is held to
// is that they are left before, with room for a busy machine. `node test/streams/leave-time.ts` prints how long it takes.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type House, openHouse } from '../house.ts';
import { type Reader, send, VERSIONS, type Version } from './client.ts';
import { FRAMINGS, type Framing } from './framing.ts';
import { openStage, routeOf, type Stage, WAYS } from './stage.ts';
import { type Asked, startUpstream, tell, type Upstream } from './upstream.ts';

const SOON_MS = 5_000;

async function soon<T>(what: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`not within ${SOON_MS} ms`)), SOON_MS);
  try {
    return await Promise.race([what, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/** The log lines of clients that have left. */
const goneIn = (house: House): number => house.log.filter(({ fields }) => fields.code === 'cancelled').length;

async function leaves(house: House, reader: Reader): Promise<void> {
  const before = goneIn(house);
  reader.leave();
  await expect.poll(() => goneIn(house), { timeout: SOON_MS }).toBe(before + 1);
}

describe('each framing', () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(', timeout: { firstToken: 60s, idle: 60s, total: 60s }');
  });
  afterAll(() => stage.close());

  /** Asks the first upstream, which answers so; resolves when it has been asked. */
  async function asking(version: Version, framing: Framing, model: string, answer: (asked: Asked) => unknown) {
    stage.first.play(answer);
    const count = stage.first.asked.length + 1;
    const reader = send(version, stage.house.url, framing.path(model), JSON.stringify(framing.body(model)));
    await soon(stage.first.reached(count));
    const asked = stage.first.asked.at(-1) as Asked; // it was just reached
    return { reader, asked };
  }

  describe.each(VERSIONS)('over %s', (version) => {
    describe.each(FRAMINGS)('$name', (framing) => {
      test.each(WAYS)('before the first byte (%s)', async (way) => {
        const { reader, asked } = await asking(version, framing, routeOf(framing, way), () => {});
        await leaves(stage.house, reader);
        await soon(asked.left);
      });

      test.each(WAYS)('before the commit (%s)', async (way) => {
        const { reader, asked } = await asking(version, framing, routeOf(framing, way), ({ framing, write }) =>
          write(framing.head),
        );
        await leaves(stage.house, reader);
        await soon(asked.left);
      });

      test.each(WAYS)('in the middle of the answer (%s)', async (way) => {
        const { reader, asked } = await asking(version, framing, routeOf(framing, way), ({ framing, write }) =>
          write(Buffer.concat([framing.head, framing.delta('One, ')])),
        );
        await soon(reader.read());
        await leaves(stage.house, reader);
        await soon(asked.left);
      });

      test('while the next goes on with a broken answer', async () => {
        stage.second.play(() => {});
        const count = stage.second.asked.length + 1;
        const { reader } = await asking(version, framing, routeOf(framing, 'relayed', 'resumed'), async (asked) => {
          asked.write(Buffer.concat([asked.framing.head, asked.framing.delta('One, ')]));
          await new Promise((later) => setTimeout(later, 20));
          asked.outgoing.destroy();
        });
        await soon(stage.second.reached(count));
        await leaves(stage.house, reader);
        await soon((stage.second.asked.at(-1) as Asked).left);
      });
    });

    test('while an answer is awaited that is not streamed', async () => {
      const [chat] = FRAMINGS as [Framing];
      stage.first.play(() => {});
      for (const way of WAYS) {
        const model = routeOf(chat, way);
        const body = JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }] });
        const count = stage.first.asked.length + 1;
        const reader = send(version, stage.house.url, chat.path(model), body);
        await soon(stage.first.reached(count));
        await leaves(stage.house, reader);
        await soon((stage.first.asked.at(-1) as Asked).left);
      }
    });
  });
});

describe.each(VERSIONS)('over %s', (version) => {
  let upstream: Upstream;
  let house: House;
  const [chat] = FRAMINGS as [Framing];
  beforeAll(async () => {
    upstream = await startUpstream();
    const settings = `plugin: openai, api: chat, apiKey: k, baseUrl: "${upstream.url}/v1"`;
    house = await openHouse(`
providers:
  narrow: { ${settings}, concurrency: { max: 1, queue: 5 } }
  patient: { ${settings}, retry: { attempts: 3, minDelay: 30s, maxDelay: 40s } }
`);
  });
  afterAll(async () => {
    await house.close();
    await upstream.close();
  });
  const ask = (model: string, whole = true) =>
    send(version, house.url, chat.path(model), JSON.stringify(chat.body(model)), whole);

  test('while its body is still being read', async () => {
    const before = upstream.asked.length;
    const reader = ask('narrow/m', false);
    // Over HTTP/2 a stream that is closed before it was sent is none.
    await new Promise((later) => setTimeout(later, 50));
    await leaves(house, reader);
    expect(upstream.asked.length).toBe(before);
  });

  test('while it waits for a place at the provider, which it does not take with it', async () => {
    upstream.play(() => {});
    const before = upstream.asked.length;
    const inside = ask('narrow/m');
    await soon(upstream.reached(before + 1));
    const waiting = ask('narrow/m');
    await new Promise((later) => setTimeout(later, 50));
    await leaves(house, waiting);
    upstream.play((asked) => tell(asked, 'Hello'));
    const third = ask('narrow/m');
    await leaves(house, inside);
    expect(await soon(third.head)).toBe(200);
    third.leave();
    expect(upstream.asked.length).toBe(before + 2);
  });

  test('while the next try is waited for', async () => {
    upstream.play(({ outgoing }) => outgoing.writeHead(503).end('{}'));
    const before = upstream.asked.length;
    const reader = ask('patient/m');
    await soon(upstream.reached(before + 1));
    await new Promise((later) => setTimeout(later, 50));
    await leaves(house, reader);
    expect(upstream.asked.length).toBe(before + 1);
  });
});
