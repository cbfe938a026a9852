// Whatever a server sends: events that keep the grammar, or a RouterError that says nothing of the router's inside.

import { RouterError } from '@turnout/core/contract';
import { ToolNames } from '@turnout/core/plugin';
import { checkGrammar } from '@turnout/core/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { AnswerReader } from './answer.ts';
import { readRefusal } from './error.ts';

fc.configureGlobal({ seed: 20261123 });

const odd = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.string({ maxLength: 5 }),
  fc.constant({}),
  fc.constant([]),
  fc.constant([null]),
);
const text = fc.oneof({ weight: 4, arbitrary: fc.string({ maxLength: 6 }) }, { weight: 1, arbitrary: odd });
const part = fc.record({ name: text, arguments: text, input: text }, { requiredKeys: [] });
const entry = fc.record(
  { index: fc.oneof(fc.nat(2), odd), id: text, type: odd, function: fc.oneof(part, odd), custom: fc.oneof(part, odd) },
  { requiredKeys: [] },
);
const list = <T>(of: fc.Arbitrary<T>) => fc.oneof(fc.array(fc.oneof(of, odd), { maxLength: 3 }), odd);
const delta = fc.record(
  {
    ...{ role: odd, content: fc.oneof(text, list(part)), reasoning: text, reasoning_content: text, refusal: text },
    ...{ tool_calls: list(entry), function_call: fc.oneof(part, odd), audio: odd },
    annotations: list(
      fc.record({ type: fc.constant('url_citation'), url_citation: fc.record({ url: text, title: text }) }),
    ),
    images: list(fc.record({ image_url: fc.oneof(text, fc.record({ url: text })) })),
    reasoning_details: list(fc.record({ type: text, text, data: text, index: odd }, { requiredKeys: [] })),
  },
  { requiredKeys: [] },
);
const reason = fc.oneof(fc.constantFrom('stop', 'length', 'tool_calls', 'content_filter'), odd);
const choice = fc.record(
  { index: fc.constantFrom(0, 1), delta: fc.oneof(delta, odd), finish_reason: reason, error: odd },
  { requiredKeys: ['delta'] },
);
const count = fc.oneof(fc.integer(), fc.double(), odd);
const usage = fc.record({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: fc.oneof(fc.record({ cached_tokens: count }), odd),
});
const chunk = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.record(
      { id: odd, model: odd, choices: list(choice), usage: fc.oneof(usage, odd) },
      { requiredKeys: ['choices'] },
    ),
  },
  { weight: 1, arbitrary: odd },
);

it('chunks of any shape', async () => {
  let whole = 0;
  const property = fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), fc.boolean(), async (chunks, said) => {
    const echo = { model: 'm', names: new ToolNames(['a', 'b']), textTools: new Set(['c']), origin: 'h' };
    const error = {
      provider: 'p',
      model: 'm',
      baseUrl: 'http://h',
      apiKey: undefined,
      signedIn: false,
      advice: 'check baseUrl',
    };
    const reader = new AnswerReader({ echo, callId: 'id', error, onReasoning: () => {} });
    try {
      for (const one of chunks) reader.chunk(one);
      reader.end(said);
    } catch (thrown) {
      expect(RouterError.is(thrown), String(thrown)).toBe(true);
      return;
    }
    whole += 1;
    async function* all() {
      yield* reader.out;
    }
    for await (const event of checkGrammar(all())) {
      if (event.type !== 'finish') continue;
      const { inputTokens, outputTokens, totalTokens, cacheReadTokens = 0 } = event.usage;
      expect(totalTokens).toBe(inputTokens + outputTokens + cacheReadTokens);
      expect(Math.min(inputTokens, outputTokens, cacheReadTokens)).toBeGreaterThanOrEqual(0);
    }
  });
  await fc.assert(property, { numRuns: 2000 });
  expect(whole).toBeGreaterThan(100);
});

it('refusals of any shape', () => {
  const context = {
    provider: 'p',
    model: 'm',
    baseUrl: 'http://h',
    apiKey: undefined,
    signedIn: false,
    advice: 'check baseUrl',
  };
  const said = fc.oneof(
    fc.json(),
    fc.string(),
    fc.record({ error: fc.oneof(fc.object({ maxDepth: 2 }), odd) }).map((one) => JSON.stringify(one)),
  );
  fc.assert(
    fc.property(fc.integer({ min: 201, max: 599 }), said, (status, body) => {
      const error = readRefusal(status, {}, body, context);
      expect([error.name, error.message.startsWith('p: m: ')]).toEqual(['RouterError', true]);
    }),
  );
});
