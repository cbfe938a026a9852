// Whatever a server sends: events that keep the grammar, or a RouterError that says nothing of the router's inside.
import { RouterError } from '@turnout/core/contract';
import { ToolNames } from '@turnout/core/plugin';
import { checkGrammar } from '@turnout/core/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AnswerReader } from './answer.ts';
import type { ErrorContext } from './error.ts';
import { MessagesWatch } from './relay-watch.ts';

fc.configureGlobal({ seed: 20261123 });

const odd = fc.oneof(
  fc.constantFrom(null, {}, [], [null], true, -1, Number.POSITIVE_INFINITY, '__proto__'),
  fc.integer(),
  fc.string({ maxLength: 5 }),
);
const or = <T>(arbitrary: fc.Arbitrary<T>) => fc.oneof({ weight: 5, arbitrary }, { weight: 1, arbitrary: odd });
const text = or(fc.string({ maxLength: 6 }));
const usage = or(
  fc.record(
    {
      ...{ input_tokens: or(fc.nat(50)), output_tokens: or(fc.nat(50)), cache_read_input_tokens: or(fc.nat(50)) },
      ...{ cache_creation_input_tokens: or(fc.nat(50)), server_tool_use: odd },
      cache_creation: or(fc.record({ ephemeral_1h_input_tokens: or(fc.nat(90)) })),
      output_tokens_details: or(fc.record({ thinking_tokens: or(fc.nat(90)) })),
    },
    { requiredKeys: [] },
  ),
);
const BLOCKS = ['text', 'thinking', 'redacted_thinking', 'tool_use', 'server_tool_use', 'mcp_tool_result', 'later'];
const block = or(
  fc.record(
    {
      ...{ type: or(fc.constantFrom(...BLOCKS)), text, thinking: text, signature: text, data: text, id: text },
      ...{
        name: or(fc.constantFrom('known', 'free', 'json')),
        input: odd,
        tool_use_id: text,
        content: odd,
        caller: odd,
      },
      citations: or(fc.array(or(fc.record({ type: text, cited_text: text })), { maxLength: 2 })),
    },
    { requiredKeys: ['type'] },
  ),
);
const delta = or(
  fc.record(
    {
      ...{
        type: text,
        text,
        thinking: text,
        signature: text,
        partial_json: text,
        stop_reason: text,
        stop_sequence: text,
      },
      ...{ citation: or(fc.record({ type: fc.constant('web_search_result_location'), url: text })), container: odd },
    },
    { requiredKeys: [] },
  ),
);
const index = or(fc.nat(2));
const message = or(
  fc.record(
    { id: text, model: text, usage, content: or(fc.array(block, { maxLength: 3 })) },
    { requiredKeys: ['usage'] },
  ),
);
const event = or(
  fc.oneof(
    fc.record({ type: fc.constant('content_block_start'), index, content_block: block }),
    fc.record({ type: fc.constant('content_block_delta'), index, delta }),
    fc.record({ type: fc.constant('content_block_stop'), index }),
    fc.record({ type: fc.constant('message_delta'), delta, usage, context_management: odd }),
    fc.record({ type: or(fc.constantFrom('ping', 'later', 'message_stop', 'message_start')), message }),
  ),
);

const error: ErrorContext = { provider: 'p', model: 'm', baseUrl: 'http://x.test', secret: undefined, advice: '' };
const echo = {
  ...{ model: 'm', names: new ToolNames(['known', 'free']), textTools: new Set(['free']), outputTool: 'json' },
  ...{ jsonOpener: undefined, ignoresCalls: false },
};
const START = { type: 'message_start', message: { id: 'x', usage: { input_tokens: 1, output_tokens: 1 } } };

async function isSound(read: (reader: AnswerReader) => void): Promise<void> {
  const reader = new AnswerReader({ echo, callId: 'c', error });
  try {
    read(reader);
  } catch (failure) {
    expect(RouterError.is(failure) && failure.code !== 'internal', String(failure)).toBe(true);
    return;
  }
  const list = (async function* () {
    yield* reader.out;
  })();
  for await (const one of checkGrammar(list)) {
    if (one.type !== 'finish') continue;
    const { inputTokens, outputTokens, totalTokens, cacheReadTokens = 0, cacheWriteTokens = 0 } = one.usage;
    expect(totalTokens).toBe(inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens);
    expect(one.usage.reasoningTokens ?? 0).toBeLessThanOrEqual(outputTokens);
  }
}

it('events of a stream', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 12 }), (events) =>
      isSound((reader) => {
        for (const one of [START, ...events, { type: 'message_stop' }]) if (!reader.finished) reader.event(one);
        reader.end();
      }),
    ),
    { numRuns: 2000 },
  );
});

it('a whole message', async () => {
  await fc.assert(
    fc.asyncProperty(message, (one) => isSound((reader) => reader.message(one))),
    { numRuns: 1000 },
  );
});

it('events that are passed on', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(event, fc.boolean()), { maxLength: 12 }), (events) => {
      const watch = new MessagesWatch('alias', error);
      try {
        for (const [one, named] of [[START, true] as const, ...events]) {
          const data = JSON.stringify(one) ?? '';
          const type = typeof one === 'object' && one !== null && 'type' in one ? String(one.type) : '';
          const bytes = Buffer.from(`data: ${data}\n\n`);
          expect(watch.pass({ bytes, name: named ? type : '', data: () => data }).length).toBeGreaterThan(0);
          if (watch.finish(false) !== undefined) return;
        }
        watch.finish(true);
      } catch (failure) {
        if (!RouterError.is(failure)) throw failure;
        expect(failure.code).not.toBe('internal');
      }
    }),
    { numRuns: 2000 },
  );
});
