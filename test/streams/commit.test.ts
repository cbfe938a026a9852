// The commit rule over real sockets: before the first content everything may fail over and nothing has left; after it a failure is told
// inside the answer, in its own framing, and never looks like an end.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { send } from './client.ts';
import { FRAMINGS, type Framing } from './framing.ts';
import { openStage, routeOf, type Stage, WAYS } from './stage.ts';
import { type Asked, breakOff, tell } from './upstream.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(', timeout: { firstToken: 200ms, idle: 200ms }');
});
afterAll(() => stage.close());

async function ask(framing: Framing, model: string) {
  const answer = await stage.house.post(framing.path(model), framing.body(model));
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const id = answer.headers.get('x-request-id') ?? '';
  return { status: answer.status, target: answer.headers.get('x-turnout-target') ?? '', bytes, id };
}

/** Ways to fail before any content. */
const EARLY: readonly (readonly [string, (asked: Asked) => unknown])[] = [
  ['refuses', ({ outgoing }) => outgoing.writeHead(503).end('{}')],
  ['cuts the connection', ({ outgoing }) => outgoing.destroy()],
  ['cuts the connection behind the head', (asked) => breakOff(asked)],
  [
    'ends behind the head',
    ({ framing, write, outgoing }) => {
      write(framing.head);
      outgoing.end();
    },
  ],
  [
    'is silent behind the head',
    ({ framing, write }) => {
      write(framing.head);
      write(framing.delta(''));
    },
  ],
  [
    'speaks another language',
    ({ framing, write, outgoing }) => {
      write(
        framing.contentType === 'text/event-stream' ? 'data: {broken\n\n' : 'no frame, but enough of it to see that',
      );
      outgoing.end();
    },
  ],
];

/** Ways to fail behind some. */
const LATE: readonly (readonly [string, (asked: Asked) => unknown])[] = [
  ['cuts the connection', (asked) => breakOff(asked, 'One, ', 'two, ')],
  [
    'ends without its end',
    ({ framing, write, outgoing }) => {
      write(Buffer.concat([framing.head, framing.delta('One, '), framing.delta('two, ')]));
      outgoing.end();
    },
  ],
  [
    'is silent',
    ({ framing, write }) => {
      write(Buffer.concat([framing.head, framing.delta('One, '), framing.delta('two, ')]));
    },
  ],
  [
    'breaks off within an event',
    ({ framing, write, outgoing }) => {
      const next = framing.delta('three');
      write(
        Buffer.concat([
          framing.head,
          framing.delta('One, '),
          framing.delta('two, '),
          next.subarray(0, next.length - 9),
        ]),
      );
      outgoing.end();
    },
  ],
];

describe.each(FRAMINGS)('$name', (framing) => {
  describe.each(WAYS)('%s', (way) => {
    test.each(EARLY)('fails over when the first %s', async (_how, fail) => {
      stage.first.play(fail);
      stage.second.play((asked) => tell(asked, 'Hello', ' there'));
      const { status, target, bytes } = await ask(framing, routeOf(framing, way));
      expect(status).toBe(200);
      expect(target).toMatch(/^second-/);
      expect(framing.read(bytes)).toMatchObject({ text: 'Hello there', end: 'clean' });
    });

    test('fails over again and again, and says why in one error', async () => {
      stage.first.play((asked) => breakOff(asked));
      stage.second.play(({ outgoing }) => outgoing.writeHead(503).end('{}'));
      const { status, bytes } = await ask(framing, routeOf(framing, way));
      expect(status).toBe(503);
      expect(JSON.parse(Buffer.from(bytes).toString())).toBeTypeOf('object');
    });

    test.each(LATE)('tells it in the answer when the upstream %s', async (_how, fail) => {
      stage.first.play(fail);
      stage.second.play((asked) => tell(asked, 'never'));
      const { status, target, bytes } = await ask(framing, routeOf(framing, way));
      expect([status, target.slice(0, 6)]).toEqual([200, 'first-']);
      expect(framing.read(bytes)).toMatchObject({ text: 'One, two, ', end: 'failed' });
    });

    test('tells it over HTTP/2 too', async () => {
      stage.first.play((asked) => breakOff(asked, 'One, ', 'two, '));
      const model = routeOf(framing, way);
      const reader = send('h2', stage.house.url, framing.path(model), JSON.stringify(framing.body(model)));
      expect(await reader.head).toBe(200);
      expect(framing.read(await reader.whole())).toMatchObject({ text: 'One, two, ', end: 'failed' });
    });

    test('reasoning is content', async () => {
      const before = stage.second.asked.length;
      stage.first.play(async ({ framing, write, outgoing }) => {
        write(framing.thinking('Hm, '));
        await new Promise((later) => setTimeout(later, 20));
        outgoing.destroy();
      });
      const { bytes, target } = await ask(framing, routeOf(framing, way));
      expect(target).toMatch(/^first-/);
      expect(framing.read(bytes)).toMatchObject({ reasoning: 'Hm, ', text: '', end: 'failed' });
      expect(stage.second.asked.length).toBe(before);
    });

    test.each(['plain', 'guarded'] as const)('an answer that is refused before it began (%s route)', async (kind) => {
      stage.first.play(({ framing, write, outgoing, streams }) => {
        write(streams ? framing.refused : framing.refusedWhole);
        outgoing.end();
      });
      stage.second.play((asked) => tell(asked, 'Hello'));
      const { status, target, bytes, id } = await ask(framing, routeOf(framing, way, kind));
      expect(status).toBe(200);
      expect(target.startsWith('second-')).toBe(kind === 'guarded');
      expect(framing.read(bytes)).toMatchObject({ text: kind === 'guarded' ? 'Hello' : '', end: 'clean' });
      if (kind === 'plain') return;
      const { fields } = await stage.house.line(id);
      expect(fields.attempts).toMatchObject([{ code: 'content-blocked', usage: expect.anything() }, {}]);
    });
  });
});

const WHOLE: Readonly<Record<Framing['name'], readonly [path: string, end: string]>> = {
  ...{ chat: ['', ''], responses: ['', ''], messages: ['', ''] },
  ...{ converse: ['-stream', ''], invoke: ['-with-response-stream', ''] },
};

describe.each(FRAMINGS)('$name, not streamed', (framing) => {
  test.each(WAYS)('an answer that is refused goes where the route says (%s)', async (way) => {
    stage.first.play(({ framing, write, outgoing, streams }) => {
      write(streams ? framing.refused : framing.refusedWhole);
      outgoing.end();
    });
    for (const kind of ['guarded', 'plain'] as const) {
      let reached = false;
      stage.second.play(({ outgoing }) => {
        reached = true;
        outgoing.writeHead(503).end('{}');
      });
      const model = routeOf(framing, way, kind);
      const [from, to] = WHOLE[framing.name];
      const { stream: _, stream_options: _options, ...body } = framing.body(model);
      const answer = await stage.house.post(framing.path(model).replace(from, to), body);
      await answer.text();
      expect([answer.status, reached]).toEqual(kind === 'guarded' ? [503, true] : [200, false]);
    }
  });
});

test('links of a body that is relayed are left to its vendor', async () => {
  const framing = FRAMINGS[2] as Framing; // Messages
  // What the router would never fetch.
  const url = 'https://127.0.0.1/a.png';
  stage.first.play((asked) => tell(asked, 'I see.'));
  const ask = async (model: string) => {
    const content = [{ type: 'image', source: { type: 'url', url } }];
    const body = { ...framing.body(model), messages: [{ role: 'user', content }] };
    const answer = await stage.house.post(framing.path(model), body);
    return { status: answer.status, text: await answer.text() };
  };
  const relayed = await ask(routeOf(framing, 'relayed'));
  expect(relayed).toMatchObject({ status: 200, text: expect.stringContaining('I see.') });
  expect(stage.first.asked.at(-1)?.body).toContain(url);
  const rebuilt = await ask(routeOf(framing, 'rebuilt'));
  expect(rebuilt).toMatchObject({ status: 400, text: expect.stringContaining('was not fetched') });
});
