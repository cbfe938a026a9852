// Whatever a server sends: events that keep the grammar, or a RouterError that says nothing of the router's inside.
import { RouterError } from '@turnout/core/contract';
import { ToolNames } from '@turnout/core/plugin';
import { checkGrammar, startFakeUpstream } from '@turnout/core/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { chatRequest, createBench, generated, streamed } from '../test/fixture.ts';
import { AnswerReader } from './answer.ts';
import { readRefusal } from './error.ts';

fc.configureGlobal({ seed: 20261123 });

const odd = fc.oneof(
  ...[
    fc.constant(null),
    fc.integer(),
    fc.string({ maxLength: 5 }),
    fc.constant({}),
    fc.constant([]),
    fc.constant([null]),
  ],
);
const text = fc.oneof({ weight: 4, arbitrary: fc.string({ maxLength: 6 }) }, { weight: 1, arbitrary: odd });
const list = <T>(of: fc.Arbitrary<T>) => fc.oneof(fc.array(fc.oneof(of, odd), { maxLength: 3 }), odd);
const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { requiredKeys: [] });
const part = some({
  ...{ text, thought: fc.oneof(fc.boolean(), odd), thoughtSignature: text },
  functionCall: fc.oneof(
    some({ id: text, name: fc.constantFrom('a', 'c', ''), args: fc.oneof(fc.object({ maxDepth: 1 }), odd) }),
    odd,
  ),
  inlineData: fc.oneof(some({ mimeType: text, data: text }), odd),
  executableCode: fc.oneof(some({ id: text, language: text, code: text }), odd),
  codeExecutionResult: fc.oneof(some({ id: text, outcome: text, output: text }), odd),
  toolCall: fc.oneof(some({ id: text, toolType: text, args: odd }), odd),
  toolResponse: fc.oneof(some({ id: text, response: odd }), odd),
});
const source = some({ web: fc.oneof(some({ uri: text, title: text }), odd), maps: odd });
const candidate = some({
  index: fc.oneof(fc.constantFrom(0, 1), odd),
  content: fc.oneof(some({ role: text, parts: list(part) }), odd),
  finishReason: fc.oneof(fc.constantFrom('STOP', 'MAX_TOKENS', 'SAFETY', 'MALFORMED_FUNCTION_CALL', 'NEW_ONE'), odd),
  groundingMetadata: fc.oneof(some({ groundingChunks: list(source) }), odd),
  citationMetadata: fc.oneof(some({ citationSources: list(some({ uri: text })) }), odd),
});
const count = fc.oneof(fc.integer(), fc.double(), odd);
const usageMetadata = some({
  ...{ promptTokenCount: count, candidatesTokenCount: count, thoughtsTokenCount: count, totalTokenCount: count },
  ...{ cachedContentTokenCount: count, toolUsePromptTokenCount: count },
});
const chunk = fc.oneof(
  {
    weight: 9,
    arbitrary: some({
      ...{
        candidates: list(candidate),
        usageMetadata: fc.oneof(usageMetadata, odd),
        modelVersion: odd,
        responseId: odd,
      },
    }),
  },
  { weight: 1, arbitrary: fc.oneof(odd, some({ error: odd }), some({ promptFeedback: some({ blockReason: text }) })) },
);
const error = { provider: 'p', model: 'm', baseUrl: 'http://h', apiKey: 'k', advice: 'check baseUrl' };

it('chunks of any shape', async () => {
  let whole = 0;
  const property = fc.asyncProperty(fc.array(chunk, { maxLength: 6 }), fc.boolean(), async (chunks, ends) => {
    const echo = { model: 'm', names: new ToolNames(['a', 'b']), textTools: new Set(['c']) };
    const reader = new AnswerReader({ echo, callId: 'id', error });
    try {
      for (const one of chunks) reader.chunk(one);
      if (ends) reader.chunk({ candidates: [{ finishReason: 'STOP' }] });
      reader.end();
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
      const { inputTokens, outputTokens, totalTokens, cacheReadTokens = 0, reasoningTokens = 0 } = event.usage;
      expect(totalTokens).toBe(inputTokens + outputTokens + cacheReadTokens);
      expect(Math.min(inputTokens, outputTokens - reasoningTokens, cacheReadTokens)).toBeGreaterThanOrEqual(0);
    }
  });
  await fc.assert(property, { numRuns: 2000 });
  expect(whole).toBeGreaterThan(200);
});

it('refusals of any shape', () => {
  const details = list(
    some({ '@type': text, reason: text, retryDelay: text, violations: list(some({ quotaId: text })) }),
  );
  const status = fc.oneof(fc.constantFrom('INVALID_ARGUMENT', 'NOT_FOUND', 'RESOURCE_EXHAUSTED'), odd);
  const said = fc.oneof(
    fc.json(),
    fc.string(),
    some({ error: fc.oneof(some({ code: count, message: text, status, details }), odd) }).map((one) =>
      JSON.stringify(one),
    ),
  );
  fc.assert(
    fc.property(fc.integer({ min: 201, max: 599 }), said, (code, body) => {
      const refused = readRefusal(code, {}, body, error);
      expect([refused.name, refused.message.startsWith('p: m: ')]).toEqual(['RouterError', true]);
    }),
  );
});

it('bytes of any shape, streamed and whole', async () => {
  const upstream = await startFakeUpstream();
  const { provider, host } = await createBench({ baseUrl: upstream.url });
  const line = fc.oneof(
    fc.string({ maxLength: 20 }),
    chunk.map((one) => `data: ${JSON.stringify(one)}`),
    fc.constantFrom(
      '',
      'event: x',
      'data: {',
      'data: [DONE]',
      ': ping',
      '{"error":{"code":503,"status":"UNAVAILABLE"}}',
    ),
  );
  const body = fc
    .tuple(fc.array(line, { maxLength: 6 }), fc.constantFrom('\n', '\r\n', '\n\n', '\r'))
    .map(([lines, end]) => lines.join(end) + end);
  const type = fc.constantFrom('text/event-stream', 'application/json', 'text/html', '');
  const call = async (ask: () => Promise<unknown>): Promise<void> => {
    try {
      await ask();
    } catch (thrown) {
      expect(RouterError.is(thrown) && thrown.code !== 'internal', String(thrown)).toBe(true);
    }
  };
  await fc.assert(
    fc.asyncProperty(body, type, async (text, contentType) => {
      upstream.answer({ headers: contentType === '' ? {} : { 'content-type': contentType }, body: text });
      await call(() => streamed(provider, chatRequest()));
      await call(() => generated(provider, chatRequest()));
    }),
    { numRuns: 150 },
  );
  await host.close();
  await upstream.close();
});
