// The kit itself: a sound plugin passes it, and each flaw is found by the test that is there for it.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type ChatEvent, definePlugin, RouterError } from '../contract/index.ts';
import { readBytes } from '../plugin/index.ts';
import { testProvider } from './conformance.ts';

type Flaw = 'keys' | 'grammar' | 'usage' | 'pieces' | 'breaks' | 'abort' | 'status' | 'plan' | 'tool-input';

const USAGE = { inputTokens: 1, outputTokens: 2, totalTokens: 3 };

/** Reads a line of JSON for each event. With a flaw, it does one thing wrong. */
const linesPlugin = (flaw?: Flaw) => {
  const settings = { url: z.url() };
  let plans = 0;
  return definePlugin({
    name: 'lines',
    contract: 1,
    config: flaw === 'keys' ? z.object(settings) : z.strictObject(settings),
    create: ({ url }, host) => ({
      plan: ({ model }) => ({
        resolution: { model, endpoint: url, auth: 'none', reasons: [] },
        losses: [],
        wire: flaw === 'plan' ? plans++ : 0,
      }),
      async *stream(_request, { signal }): AsyncGenerator<ChatEvent> {
        const options = flaw === 'abort' ? {} : { signal };
        const { statusCode, headers, body } = await host.request(url, { method: 'POST', body: '{}', ...options });
        if (statusCode !== 200 && flaw !== 'status') {
          await readBytes(body, 1024);
          if (statusCode === 429)
            throw new RouterError('rate-limited', 'busy', { retryAfterMs: Number(headers['retry-after'] ?? 1) * 1000 });
          const code =
            statusCode === 503
              ? 'overloaded'
              : statusCode < 500 && statusCode > 400
                ? 'upstream-denied'
                : 'upstream-failed';
          throw new RouterError(code, `status ${statusCode}`);
        }
        yield* readLines(body, flaw);
      },
    }),
  });
};

async function* readLines(body: AsyncIterable<Uint8Array>, flaw: Flaw | undefined): AsyncGenerator<ChatEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  let complete = false;
  try {
    for await (const piece of body) {
      rest += flaw === 'pieces' ? Buffer.from(piece).toString('utf8') : decoder.decode(piece, { stream: true });
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = JSON.parse(line) as ChatEvent; // the test's own fixture
        complete ||= event.type === 'finish';
        if (flaw === 'grammar' && event.type === 'block-end') continue;
        if (flaw === 'usage' && event.type === 'finish') yield { ...event, usage: { ...USAGE, totalTokens: 4 } };
        else if (flaw === 'tool-input' && event.type === 'block-delta') yield { ...event, text: `${event.text}}` };
        else yield event;
      }
    }
  } catch {
    if (flaw !== 'breaks') throw new RouterError('upstream-failed', 'broken');
  }
  if (complete) return;
  if (flaw === 'breaks') yield { type: 'finish', reason: 'stop', rawReason: 'none', usage: USAGE };
  else throw new RouterError('upstream-failed', 'incomplete');
}

const EVENTS: readonly ChatEvent[] = [
  { type: 'start', id: '1', model: 'm' },
  { type: 'block-start', index: 0, block: { type: 'tool-call', id: 'c', name: 'größe' } },
  { type: 'block-delta', index: 0, text: '{"a":"ü"}' },
  { type: 'block-end', index: 0 },
  { type: 'finish', reason: 'tool-calls', rawReason: 'tools', usage: USAGE },
];

/** The names of the kit's tests that fail. */
async function failures(flaw?: Flaw): Promise<string[]> {
  const tests: { name: string; body: () => Promise<void> }[] = [];
  const add = (name: string, body: () => Promise<void>) => tests.push({ name, body });
  const body = EVENTS.map((event) => `${JSON.stringify(event)}\n`).join('');
  testProvider(
    {
      plugin: linesPlugin(flaw),
      config: (url) => ({ url }),
      model: 'm',
      fixtures: [{ name: 'a call', streamed: { body } }],
      skip: [{ test: 'close can', reason: 'to see that it is skipped' }],
    },
    Object.assign(add, { skip: () => undefined }),
  );
  const failed: string[] = [];
  for (const { name, body } of tests) {
    await body().catch(() => failed.push(name.replace('lines: ', '')));
  }
  return failed;
}

test('a sound plugin passes', async () => {
  expect(await failures()).toEqual([]);
});

test.each<[Flaw, string]>([
  ['keys', 'an unknown key of its settings is an error'],
  ['plan', 'a plan makes no call, and is the same each time'],
  ['grammar', 'the answer has the grammar: a call'],
  ['usage', 'the answer has the grammar: a call'],
  ['tool-input', 'the answer has the grammar: a call'],
  ['pieces', 'cut into pieces anywhere it is the same: a call'],
  ['breaks', 'broken off anywhere it is a failure: a call'],
  ['abort', 'an abort ends the call and its connection: a call'],
  ['status', 'status 429 with Retry-After is rate-limited'],
])('the flaw "%s" is found', async (flaw, name) => {
  expect(await failures(flaw)).toContain(name);
});
