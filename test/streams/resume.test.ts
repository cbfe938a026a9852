// `resume`: a stream that breaks after the commit goes on at the next target, and the client gets one answer, in all five framings.
import Anthropic from '@anthropic-ai/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ChatEvent, type ChatRequest, RouterError } from '../../core/src/contract/index.ts';
import { begin, FINISH, hang, type Script, script, USAGE } from '../fixtures/scripted-plugin.ts';
import { type House, openHouse } from '../house.ts';
import { FRAMINGS, type Framing, type Got } from './framing.ts';

const plugin = new URL('../fixtures/scripted-plugin.ts', import.meta.url).pathname;
const settings = 'retry: { attempts: 1 }, breaker: { failures: 30, rate: 100% }';
const provider = (name: string) => `  ${name}: { plugin: ${plugin}, ${settings} }\n`;
let house: House;

beforeEach(async () => {
  house = await openHouse(`
providers:
${['first', 'second', 'third'].map(provider).join('')}
  frail: { plugin: ${plugin}, retry: { attempts: 1 }, breaker: { failures: 2 } }
  deaf: { plugin: ${plugin}, retry: { attempts: 1 }, timeout: { idle: 100ms } }
  hasty: { plugin: ${plugin}, retry: { attempts: 1 }, timeout: { total: 600ms } }
routes:
  model: { targets: [first/one, second/two, third/three], resume: true }
  plain: { targets: [first/one, second/two] }
  alone: { targets: [first/one], resume: true }
  brittle: { targets: [frail/one, second/two], resume: true }
  silent: { targets: [deaf/one, second/two], resume: true }
  hurried: { targets: [hasty/one, hasty/two], resume: true }
`);
});
afterEach(() => house.close());
const broken = (message = 'the upstream went away') => new RouterError('upstream-failed', message);
const text = (said: string, index = 0): ChatEvent[] => [
  { type: 'block-start', index, block: { type: 'text' } },
  { type: 'block-delta', index, text: said },
  { type: 'block-end', index },
];
const START: ChatEvent = { type: 'start', id: 'up-1', model: 'wire-model' };

async function* events(told: readonly (ChatEvent | RouterError)[], whole = true): AsyncGenerator<ChatEvent> {
  if (whole) yield START;
  for (const one of told) {
    if (one instanceof RouterError) throw one;
    yield one;
  }
  if (whole) yield FINISH;
}

/** Tells a text, a piece of this size at a time, and breaks off. */
async function* cut(said: string, error = broken(), size = 7): AsyncGenerator<ChatEvent> {
  yield* begin();
  for (let at = 0; at < said.length; at += size) {
    yield { type: 'block-delta', index: 0, text: said.slice(at, at + size) };
  }
  throw error;
}

interface Seen {
  readonly got: Got;
  readonly raw: string;
  readonly id: string;
}

async function ask(framing: Framing, model = 'model', more: object = {}, signal?: AbortSignal): Promise<Seen> {
  const answer = await house.post(framing.path(model), { ...framing.body(model), ...more }, {}, signal);
  expect(answer.status).toBe(200);
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const raw = Buffer.from(bytes).toString('latin1');
  return { got: framing.read(bytes), raw, id: answer.headers.get('x-request-id') ?? '' };
}

/** A script that answers with the rest of the whole text, and what it was asked. */
function goingOn(rest: (request: ChatRequest) => string, more: Partial<Script> = {}) {
  const asked: ChatRequest[] = [];
  const stream: Script['stream'] = (request) => {
    asked.push(request);
    return events(text(rest(request)));
  };
  return { asked, script: { stream, ...more } satisfies Script };
}

const WHOLE =
  'A turnout is the railway switch that puts each train on its track: “links” or “rechts”. 🚂 It never derails.';

describe.each(FRAMINGS)('$name', (framing) => {
  test.each(['prefill', 'instruction'] as const)('goes on from any place, by %s', async (manner) => {
    for (let at = 1; at < WHOLE.length; at += 8) {
      const sent = WHOLE.slice(0, at);
      const repeated = at % 3 === 0 || at < 20 ? at : WHOLE.lastIndexOf(' ', at - 18) + 1;
      const second = goingOn(() => WHOLE.slice(repeated), manner === 'prefill' ? { prefill: true } : {});
      script('first', () => cut(sent));
      script('second', second.script);
      const { got } = await ask(framing);
      expect(got).toMatchObject({ text: WHOLE, starts: 1, end: 'clean' });
      expect(got.texts).toBe(framing.name === 'chat' ? 0 : 1);
      const { messages } = second.asked[0] as ChatRequest; // one was asked: the answer is whole
      const last = messages.at(manner === 'prefill' ? -1 : -2);
      expect(last).toEqual({ role: 'assistant', parts: [{ type: 'text', text: wellFormed(sent) }] });
      expect(messages.at(-1)?.role).toBe(manner === 'prefill' ? 'assistant' : 'user');
      // Else the first would be left alone.
      script('first', () => events(text('fine')));
      await ask(framing);
    }
  });

  test('adds the usages, and says in a comment and in the log where it went on', async () => {
    const usage = { inputTokens: 100, outputTokens: 20, totalTokens: 120, cacheReadTokens: 3 };
    script('first', () => cut('One, two, ', new RouterError('overloaded', 'too much', { usage })));
    script('second', () => events(text('three.')));
    const { got, id } = await ask(framing);
    expect(got).toMatchObject({ text: 'One, two, three.', end: 'clean', outputTokens: 24 });
    const sse = framing.contentType === 'text/event-stream';
    expect(got.comments.filter((line) => line !== 'ping')).toEqual(
      sse ? ['resumed at second/two after 10 characters'] : [],
    );
    const { fields } = await house.line(id);
    expect(fields.usage).toEqual({ inputTokens: 103, outputTokens: 24, totalTokens: 130, cacheReadTokens: 3 });
    expect(fields.resumed).toEqual([
      {
        from: 'first/one',
        to: 'second/two',
        afterChars: 10,
        code: 'overloaded',
        usage: { ...usage, totalTokens: 123 },
      },
    ]);
    expect(fields.code).toBeUndefined();
  });

  test('goes on once more when the second breaks too', async () => {
    script('first', () => cut('One, '));
    script('second', () => cut('two, '));
    script('third', () => events(text('three.')));
    const { got, id } = await ask(framing);
    expect(got).toMatchObject({ text: 'One, two, three.', starts: 1, end: 'clean' });
    const { fields } = await house.line(id);
    expect(fields.resumed).toMatchObject([{ to: 'second/two' }, { to: 'third/three', afterChars: 10 }]);
  });

  test('tells the failure when nobody goes on', async () => {
    script('first', () => cut('One, '));
    script('second', () => cut('two, '));
    script('third', () => events([broken('no more')], false));
    const { got } = await ask(framing);
    expect(got).toMatchObject({ text: 'One, two, ', end: 'failed' });
  });

  test('reasoning of before stays, that of the continuation is left out', async () => {
    script('first', () =>
      events([
        { type: 'block-start', index: 0, block: { type: 'reasoning' } },
        { type: 'block-delta', index: 0, text: 'I think.' },
        { type: 'block-end', index: 0 },
        { type: 'block-start', index: 1, block: { type: 'text' } },
        { type: 'block-delta', index: 1, text: 'One, ' },
        broken(),
      ]),
    );
    script('second', () =>
      events([
        { type: 'block-start', index: 0, block: { type: 'reasoning' } },
        { type: 'block-delta', index: 0, text: 'I think too.' },
        { type: 'block-end', index: 0, signature: 'signed', ...{ origin: 'x' } },
        ...text('two.', 1),
      ]),
    );
    const { got } = await ask(framing);
    expect(got).toMatchObject({ text: 'One, two.', starts: 1, end: 'clean', reasoning: 'I think.' });
  });

  test('a continuation may call a tool, and is not gone on with then', async () => {
    const call: ChatEvent[] = [
      { type: 'block-start', index: 1, block: { type: 'tool-call', id: 'call_1', name: 'points' } },
      { type: 'block-delta', index: 1, text: '{"set":1}' },
    ];
    script('first', () => cut('Let me see: '));
    script('second', () => events([...text('now.'), ...call, { type: 'block-end', index: 1 }]));
    const tools = await ask(framing);
    expect(tools.got).toMatchObject({ text: 'Let me see: now.', calls: 1, starts: 1, end: 'clean' });
    script('second', () => events([...text('now.'), ...call, broken()]));
    script('third', () => events(text('never')));
    const failed = await ask(framing);
    expect(failed.got).toMatchObject({ text: 'Let me see: now.', calls: 1, end: 'failed' });
  });

  test.each<[string, readonly (ChatEvent | RouterError)[]]>([
    ['reasoning', [{ type: 'block-start', index: 0, block: { type: 'reasoning' } }, delta('Hm, ')]],
    [
      'a tool call',
      [
        ...text('Let me see.'),
        { type: 'block-start', index: 1, block: { type: 'tool-call', id: 'call_1', name: 'points' } },
        delta('{"set"', 1),
      ],
    ],
    [
      'a text behind signed reasoning',
      [
        { type: 'block-start', index: 0, block: { type: 'reasoning', origin: 'claude' } },
        delta('Hm.'),
        { type: 'block-end', index: 0, signature: 'c2lnbmVk' },
        { type: 'block-start', index: 1, block: { type: 'text' } },
        delta('One, ', 1),
      ],
    ],
  ])('what breaks within %s is told as it is', async (_what, told) => {
    let asked = 0;
    script('first', () => events([...told, broken()]));
    script('second', () => {
      asked++;
      return events(text('never'));
    });
    const { got } = await ask(framing);
    expect(got.end).toBe('failed');
    expect(asked).toBe(0);
  });

  test('without `resume` nothing is gone on with', async () => {
    script('first', () => cut('One, '));
    expect((await ask(framing, 'plain')).got).toMatchObject({ text: 'One, ', end: 'failed' });
  });
});

test('the vendors’ SDKs take it for the one answer that it is', async () => {
  script('first', () => cut('One, two, '));
  script('second', () => events(text('two, three.')));
  const messages = [{ role: 'user' as const, content: 'Count.' }];
  const usage = { include_usage: true };
  const stream = house.openai.chat.completions.stream({ model: 'model', messages, stream_options: usage });
  const { choices, usage: spent } = await stream.finalChatCompletion();
  expect([choices[0]?.message.content, choices[0]?.finish_reason]).toEqual(['One, two, three.', 'stop']);
  expect(spent?.completion_tokens).toBeGreaterThan(USAGE.outputTokens);
  const response = await house.openai.responses.stream({ model: 'model', input: 'Count.' }).finalResponse();
  expect([response.output_text, response.status]).toEqual(['One, two, three.', 'completed']);
  const anthropic = new Anthropic({ baseURL: house.url, apiKey: 'k', maxRetries: 0 });
  const told = await anthropic.messages.stream({ model: 'model', max_tokens: 100, messages }).finalMessage();
  expect(told.content).toMatchObject([{ type: 'text', text: 'One, two, three.' }]);
});

const [chat] = FRAMINGS as [Framing];

function delta(said: string, index = 0): ChatEvent {
  return { type: 'block-delta', index, text: said };
}

/** Half a character is not shown. */
const wellFormed = (said: string): string => said.replace(/[\ud800-\udbff]$/, '');

test('what nobody has counted is estimated', async () => {
  script('first', () => cut('x'.repeat(400)));
  script('second', () => events(text('.')));
  const { got, id } = await ask(chat);
  expect(got.outputTokens).toBe(100 + USAGE.outputTokens);
  const { fields } = await house.line(id);
  expect(fields.resumed).toMatchObject([{ usage: { outputTokens: 100 } }]);
});

test('the rest may be no longer than what is left of max_tokens', async () => {
  script('first', () => cut('x'.repeat(400)));
  const second = goingOn(() => '.');
  script('second', second.script);
  await ask(chat, 'model', { max_tokens: 300 });
  expect(second.asked[0]?.maxTokens).toBe(200);
});

test('where thinking forbids a prefill, the rest is written without it', async () => {
  script('first', () => cut('One, '));
  const second = goingOn(() => 'two.');
  script('second', {
    ...second.script,
    get prefill() {
      return thinks ? undefined : true;
    },
    losses: (request: ChatRequest) => {
      thinks = request.reasoning !== 'off';
      return [];
    },
  } as Script);
  let thinks = true;
  await ask(chat, 'model', { reasoning_effort: 'high' });
  expect(second.asked[0]).toMatchObject({ reasoning: 'off' });
  expect(second.asked[0]?.messages.at(-1)?.role).toBe('assistant');
});

test('structured output is not gone on with', async () => {
  script('first', () => cut('{"one":'));
  const { got } = await ask(chat, 'model', { response_format: { type: 'json_object' } });
  expect(got.end).toBe('failed');
});

test('the only target is asked again when that may help, once', async () => {
  let asked = 0;
  script('first', () => (asked++ === 0 ? cut('One, ') : events(text('two.'))));
  expect((await ask(chat, 'alone')).got).toMatchObject({ text: 'One, two.', end: 'clean' });
  asked = 0;
  script('first', () => (asked++ < 2 ? cut('One, ') : events(text('two.'))));
  expect((await ask(chat, 'alone')).got.end).toBe('failed');
  expect(asked).toBe(2);
});

test('a broken answer counts against its target', async () => {
  let asked = 0;
  script('frail', () => {
    asked++;
    return cut('One, ');
  });
  script('second', () => events(text('two.')));
  for (let n = 0; n < 4; n++) await ask(chat, 'brittle');
  expect(asked).toBe(2);
});

test('a target that refuses to go on is passed over', async () => {
  script('first', () => cut('One, '));
  script('second', () => events([new RouterError('invalid-request', 'no such words')], false));
  script('third', () => events(text('two.')));
  expect((await ask(chat)).got).toMatchObject({ text: 'One, two.', end: 'clean' });
});

test('what a broken answer says after all is not heard', async () => {
  let late: (() => void) | undefined;
  // It does not care for the signal.
  script('deaf', () =>
    (async function* () {
      yield* begin();
      yield delta('One, ');
      await new Promise<void>((go) => {
        late = go;
      });
      yield delta('too late ');
      yield FINISH;
    })(),
  );
  script('second', () =>
    (async function* () {
      late?.();
      await new Promise((later) => setTimeout(later, 50));
      yield* events(text('two.'));
    })(),
  );
  expect((await ask(chat, 'silent')).got).toMatchObject({ text: 'One, two.', end: 'clean' });
});

test('a relayed answer is told instead, so that it can be gone on with', async () => {
  script('second', {
    stream: () => cut('One, '),
    relay: async () => {
      throw new Error('it must not be relayed');
    },
  });
  script('third', () => events(text('two.')));
  script('first', () => events([broken()], false));
  expect((await ask(chat)).got).toMatchObject({ text: 'One, two.', end: 'clean' });
});

test('the deadline holds for all of it', async () => {
  script('hasty', (request, call) =>
    (async function* () {
      if (request.model === 'one') yield* cut('One, ');
      await hang(call);
    })(),
  );
  const { got, id } = await ask(chat, 'hurried');
  expect(got).toMatchObject({ text: 'One, ', end: 'failed' });
  expect((await house.line(id)).fields).toMatchObject({ code: 'upstream-timeout' });
});

test('a client that leaves while the next is asked ends that too', async () => {
  const controller = new AbortController();
  let ended = false;
  script('first', () => cut('One, '));
  script('second', (_request, call) =>
    (async function* () {
      call.signal.addEventListener('abort', () => {
        ended = true;
      });
      controller.abort();
      await hang(call);
      yield FINISH;
    })(),
  );
  await expect(ask(chat, 'model', {}, controller.signal)).rejects.toThrow();
  await expect.poll(() => ended).toBe(true);
});
