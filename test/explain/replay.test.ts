// `explain --replay`: what becomes of yesterday's requests, as the log has them.
import { expect, test } from 'vitest';
import { formatReplay } from '../../core/src/cli/replay.ts';
import { replay } from '../../core/src/server/index.ts';
import { openHouse } from '../house.ts';
import { load } from './subject.ts';

interface Line {
  readonly model?: string;
  readonly key?: string;
  readonly route?: string;
  readonly first?: string;
  readonly status?: number;
  readonly losses?: readonly string[];
  readonly protocol?: string;
  readonly operation?: string;
}

/** A request's line, as the router writes it. */
const line = ({ first, losses, status = 200, protocol = 'openai-chat', operation = 'chat', ...rest }: Line): string =>
  JSON.stringify({
    level: 30,
    time: '2026-11-23T00:00:00.000Z',
    id: 'r',
    operation,
    protocol,
    status,
    ...rest,
    attempts: first === undefined ? [] : [{ target: first, ms: 12 }],
    ...(losses && { losses: losses.map((field) => ({ field, action: 'dropped', reason: 'x' })) }),
    msg: 'request',
  });

const times = (n: number, one: string): string[] => Array.from({ length: n }, () => one);
async function* pieces(lines: readonly string[], length = 1000): AsyncGenerator<string> {
  const text = `${lines.join('\n')}\n`;
  for (let at = 0; at < text.length; at += length) yield text.slice(at, at + length);
}

const router = await load(`keys:
  - { name: team-a, key: "key-of-team-a", models: [same, moved, "mix*"] }
  - { name: operator, key: "key-of-operator" }
providers:
  a: { plugin: echo }
  b: { plugin: echo }
  aws: { plugin: bedrock, region: us-east-1, auth: { mode: keys, accessKeyId: a, secretAccessKey: b } }
routes:
  same: { targets: [a/x, b/x] }
  moved: b/x
  mix: { strategy: weighted, targets: [a/x, b/x] }
  renamed: { targets: [route/same] }
  thinking: { targets: [aws/anthropic.claude-sonnet-5], defaults: { temperature: 0.2 } }
  "any-*": a/*
direct: false
`);

test('every fate, counted, worst first; exit code by what would be refused', async () => {
  const result = await replay(
    pieces([
      'turnout listening on http://127.0.0.1:4180',
      '{"level":40,"msg":"a provider did not close cleanly"}',
      '{"half a line, "msg":"request"',
      ...times(50, line({ model: 'same', key: 'team-a', route: 'same', first: 'a/x' })),
      // The first was resting then.
      ...times(2, line({ model: 'same', key: 'team-a', route: 'same', first: 'b/x' })),
      ...times(20, line({ model: 'moved', key: 'team-a', route: 'moved', first: 'a/x' })),
      ...times(9, line({ model: 'mix', key: 'operator', route: 'mix', first: 'a/x' })),
      ...times(6, line({ model: 'any-7', key: 'operator', route: 'old-*', first: 'a/7' })),
      ...times(5, line({ model: 'gone', key: 'operator', route: 'gone', first: 'a/x' })),
      ...times(4, line({ model: 'same', key: 'leaver', route: 'same', first: 'a/x' })),
      ...times(
        3,
        line({ model: 'thinking', key: 'team-a', route: 'thinking', first: 'aws/anthropic.claude-sonnet-5' }),
      ),
      ...times(
        3,
        line({ model: 'thinking', key: 'operator', route: 'thinking', first: 'aws/anthropic.claude-sonnet-5' }),
      ),
      ...times(2, line({ model: 'renamed', key: 'operator', status: 404 })),
      line({ key: 'operator', status: 400 }),
      ...times(2, line({ model: 'none-such', key: 'operator', status: 404 })),
      line({ model: 'same', key: 'team-a', operation: 'count_tokens', first: 'b/x', route: 'same' }),
    ]),
    router,
  );
  expect(formatReplay(result)).toMatchInlineSnapshot(`
    "          12  11.1%  were served, and would be refused
               5  gone (operator, openai-chat)
                    404 [model-not-found] the model "gone" is not routed here
               4  same (leaver, openai-chat)
                    401 [unauthenticated] there is no key "leaver"
               3  thinking (team-a, openai-chat)
                    403 [forbidden] this key may not use the model "thinking"

              20  18.5%  would go to another target first
              20  moved (team-a, openai-chat)
                    a/x → b/x

               6   5.6%  would go by another route to the same target
               6  any-7 (operator, openai-chat)
                    route old-* → any-*

               3   2.8%  would lose something new on the way
               3  thinking (operator, openai-chat)
                    loses temperature

               9   8.3%  may go to another target first: chance or load decides
               9  mix (operator, openai-chat)
                    a/x → one of a/x, b/x

               2   1.9%  were refused, and would be served
               2  renamed (operator, openai-chat)
                    → a/x

              55  50.9%  would go the same way
               1   0.9%  named no model that could be read

    A log has no prompts: losses are those of the smallest request.

    What a target is sent is in no log: check --diff compares that of two files.

    108 requests of 10 kinds: 50.9% the same way, 28.7% another way, 8.3% perhaps another way, 11.1% refused and 0.9% without a model"
  `);
  expect(result).toMatchObject({ requests: 108, unread: 1, otherLines: 3, beyond: 0 });
});

test('pieces may end anywhere, and a line without an end is none of the router’s', async () => {
  const lines = [
    line({ model: 'same', key: 'operator', route: 'same', first: 'a/x' }),
    'x'.repeat(3 * 1024 * 1024),
    line({ model: 'same', key: 'operator' }),
  ];
  for (const length of [61, 100_000]) {
    expect((await replay(pieces(lines, length), router)).requests).toBe(2);
  }
});

test('as many different names as a client makes up: bounded, and said', async () => {
  const lines = Array.from({ length: 10_500 }, (_, n) => line({ model: `made-up-${n}`, key: 'operator', status: 404 }));
  const result = await replay(pieces(lines, 64 * 1024), router);
  expect(result).toMatchObject({ requests: 10_500, beyond: 500 });
  expect(formatReplay(result)).toMatch(/500 +4\.8% {2}not looked at: more than 10000 different ones/);
});

test('a log without requests', async () => {
  expect(formatReplay(await replay(pieces(['hello']), router))).toBe('there is no request in this log (1 line)');
});

test('what the router itself has logged is understood', async () => {
  const house = await openHouse('providers: { echo: {} }\nroutes: { r: echo/x }\n');
  try {
    const messages = [{ role: 'user', content: 'x' }];
    for (const model of ['r', 'echo/y', 'none'])
      await (await house.post('/v1/chat/completions', { model, messages })).text();
    await (await house.post('/v1/messages', { model: 'r', messages, max_tokens: 5 })).text();
    await expect.poll(() => house.log.filter(({ message }) => message === 'request').length).toBe(4);
    const lines = house.log.map(({ fields, message }) => JSON.stringify({ ...fields, msg: message }));
    const { groups, requests } = await replay(pieces(lines), house.live.router);
    expect(requests).toBe(4);
    expect(groups.map(({ model, protocol, fate, route, first }) => ({ model, protocol, fate, route, first }))).toEqual(
      expect.arrayContaining([
        {
          model: 'r',
          protocol: 'openai-chat',
          fate: 'same',
          route: { was: 'r', now: 'r' },
          first: { was: ['echo/x'], now: ['echo/x'] },
        },
        {
          model: 'echo/y',
          protocol: 'openai-chat',
          fate: 'same',
          route: {},
          first: { was: ['echo/y'], now: ['echo/y'] },
        },
        { model: 'none', protocol: 'openai-chat', fate: 'same', route: {}, first: { was: [], now: [] } },
        {
          model: 'r',
          protocol: 'anthropic-messages',
          fate: 'same',
          route: { was: 'r', now: 'r' },
          first: { was: ['echo/x'], now: ['echo/x'] },
        },
      ]),
    );
  } finally {
    await house.close();
  }
});

test('a log of requests that nobody could read says so in its last line as well', async () => {
  const result = await replay(pieces([line({ status: 400 }), line({ status: 400 })]), router);
  expect(formatReplay(result)).toMatch(/\n2 requests of 0 kinds: 100% without a model$/);
});
