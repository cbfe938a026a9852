// Whatever the canonical form can hold is either refused by the plan, in a RouterError, or accepted by Gemini's rules.
import { type ChatRequest, type Message, type Part, RouterError } from '@turnout/core/contract';
import { ToolNames } from '@turnout/core/plugin';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checkRequest } from '../local/validate.ts';
import { shapeRequest } from './request.ts';

fc.configureGlobal({ seed: 20261123 });

const some = <T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }, ...required: (keyof T)[]) =>
  fc.record(model, { requiredKeys: required as never }); // fast-check's type for keys does not take a rest parameter's
const words = fc.string({ unit: 'binary', maxLength: 12 });
const id = fc.constantFrom('a', 'b', 'call_1', 'gemcall_r_1', '', 'ü'.repeat(50), 'toolu_01');
const name = fc.constantFrom('look', 'mcp__a__b', '7zip', 'a.b', 'a b', '', 'x'.repeat(80), '-');
const input = fc.oneof(fc.json(), words, fc.constantFrom('', '{}', '{"n":12345678901234567890}', '{"a":'));
// Real signatures of the local one are not at hand here: those of others have to be left out.
const signed = some({ signature: fc.constant('c2ln'), origin: fc.constantFrom('claude', 'nova') });
const text = fc.tuple(words, signed).map(([text, more]): Part => ({ type: 'text', text, ...more }) as Part);
const media = fc
  .tuple(
    fc.constantFrom('image/png', 'image/gif', 'text/csv', 'application/pdf', 'x', ''),
    fc.constantFrom('AAAA', undefined),
  )
  .map(
    ([mediaType, data]): Part => ({
      type: 'media',
      mediaType,
      ...(data === undefined ? { url: 'https://x/y' } : { data }),
    }),
  );
const reasoning = fc.tuple(words, signed).map(([text, more]): Part => ({ type: 'reasoning', text, ...more }) as Part);
const call = fc
  .tuple(
    some({ id, name, input }, 'id', 'name', 'input'),
    some({ custom: fc.constant(true as const), server: fc.constant(true as const) }),
    signed,
  )
  .map(([own, more, sign]): Part => ({ type: 'tool-call', ...own, ...more, ...sign }) as Part);
const result = fc
  .tuple(
    id,
    fc.array(fc.oneof(text, media, reasoning), { maxLength: 2 }),
    some({ error: fc.constant(true as const), server: fc.constant(true as const) }),
  )
  .map(([to, parts, more]): Part => ({ type: 'tool-result', id: to, parts, ...more }));
const part = fc.oneof(
  { weight: 3, arbitrary: text },
  { weight: 3, arbitrary: call },
  { weight: 3, arbitrary: result },
  media,
  reasoning,
);
const message: fc.Arbitrary<Message> = fc.record({
  role: fc.constantFrom('user', 'assistant', 'assistant', 'system'),
  parts: fc.array(part, { maxLength: 4 }),
});
const schema = fc.oneof(
  fc.constantFrom(
    {},
    { type: 'object' },
    { $schema: 'x', type: 'object', properties: { a: { type: 'string' } } },
    { anyOf: [{ type: 'object' }] },
    { type: ['object', 'null'] },
  ),
);
const tool = fc
  .tuple(
    fc.constantFrom('function', 'function', 'custom', 'server'),
    name,
    some({ schema, strict: fc.boolean(), description: words }),
  )
  .map(([kind, called, more]) => ({ kind, name: called, ...more }) as ChatRequest['tools'][number]); // `some` leaves members out
const effort = fc.constantFrom('minimal', 'low', 'medium', 'high', 'xhigh', 'max');
const request = some<ChatRequest>(
  {
    model: fc.constantFrom(
      'gemini-3.8-flash',
      'gemini-3-pro-preview',
      'gemini-3.5-flash-lite',
      'gemini-2.5-pro',
      'gemini-2.5-flash-lite',
      'gemini-2.0-flash',
      'gemma-4',
      '',
    ),
    system: fc.array(fc.oneof(text, media), { maxLength: 2 }),
    messages: fc.array(message, { maxLength: 6 }),
    tools: fc.array(tool, { maxLength: 4 }),
    toolChoice: fc.oneof(fc.constantFrom('auto', 'none', 'required'), fc.record({ name })) as fc.Arbitrary<
      NonNullable<ChatRequest['toolChoice']>
    >,
    maxTokens: fc.integer({ min: 1, max: 99_999 }),
    temperature: fc.constantFrom(0, 0.5, 1, 2),
    seed: fc.oneof(fc.integer(), fc.constant(2 ** 50)),
    stop: fc.array(words, { maxLength: 7 }),
    output: fc.oneof(fc.constant({}), fc.record({ schema })),
    reasoning: fc.oneof(
      fc.constant('off' as const),
      some({ effort, budget: fc.nat(90_000), display: fc.constantFrom('full', 'omitted') }),
    ) as fc.Arbitrary<NonNullable<ChatRequest['reasoning']>>,
    extensions: fc.constantFrom(
      { gemini: { serverTools: ['googleSearch'] } },
      { 'openai-chat': { presence_penalty: 1, frequency_penalty: 'x' } },
      { gemini: { x: 1 } },
    ) as fc.Arbitrary<NonNullable<ChatRequest['extensions']>>,
  },
  ...(['model', 'system', 'messages', 'tools'] as const),
);

it('requests of any shape', () => {
  let accepted = 0;
  fc.assert(
    fc.property(request, (one) => {
      let shaped: ReturnType<typeof shapeRequest>;
      const before = JSON.stringify(one);
      try {
        shaped = shapeRequest(one as ChatRequest, {}, {});
      } catch (error) {
        expect(
          RouterError.is(error) && (error.code === 'unsupported' || error.code === 'invalid-request'),
          String(error),
        ).toBe(true);
        return;
      } finally {
        expect(JSON.stringify(one)).toBe(before);
      }
      const body = JSON.parse(JSON.stringify(shaped.wire.body));
      expect(() => checkRequest(body, one.model)).not.toThrow();
      expect(JSON.stringify(body)).not.toContain('c2ln');
      accepted += 1;
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(800);
});

it('names are Google\u2019s, each of one tool, and lead back', () => {
  const names = fc.uniqueArray(fc.oneof(name, fc.string({ unit: 'binary', maxLength: 90 })), { maxLength: 8 });
  fc.assert(
    fc.property(names, (all) => {
      const map = new ToolNames(all, /^[a-zA-Z_]/);
      const wire = all.map((one) => map.wire(one));
      expect(new Set(wire).size).toBe(all.length);
      for (const one of wire) expect(one).toMatch(/^[A-Za-z_][A-Za-z0-9_.:-]{0,63}$/);
      expect(wire.map((one) => map.client(one))).toEqual(all);
    }),
  );
});
