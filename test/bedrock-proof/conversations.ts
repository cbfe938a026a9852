// Arbitrary chat requests: text, tools, media, reasoning, cache marks, in any order, for any model of the catalogue.
import type { ChatRequest, Message, Part, Tool } from '@turnout/core/contract';
import fc from 'fast-check';
import { MODELS } from '../../plugins/bedrock/src/catalogue.ts';
import { seal } from './proof.ts';

/** Chat models that answer in us-east-1, by their bare ids. */
export const CHAT_MODELS = MODELS.filter(
  ({ id, profiles, onDemand }) => (onDemand || profiles.length > 0) && !/embed|rerank|canvas|image|reel|sonic/.test(id),
).map(({ id }) => id);

export const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64');
export const PDF = Buffer.from('%PDF-1.7 x').toString('base64');

const texts = fc.constantFrom('', ' ', 'a', ' b \n', '\u2028', 'JSON {"a":1}', 'Grüße 👋', '.');
const id = fc.constantFrom('c1', 'c2', 'call:3', '', 'x'.repeat(90));
const toolName = fc.constantFrom('look', 'mcp.look', 'mcp_look', 'ü', 'y'.repeat(70), 'nova_grounding');
const cache = fc.constantFrom(undefined, undefined, undefined, {}, { ttl: '5m' as const }, { ttl: '1h' as const });
const marked = <T extends object>(part: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.tuple(part, cache).map(([value, mark]) => (mark === undefined ? value : { ...value, cache: mark }));

const text: fc.Arbitrary<Part> = fc.oneof(
  { weight: 4, arbitrary: texts.map((value): Part => ({ type: 'text', text: value })) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Part>(
      {
        type: 'text',
        text: 'cited',
        citations: [{ title: 'x', place: { in: 'characters', document: 0, start: 0, end: 1 } }],
      },
      { type: 'text', text: 'cited', citations: [{ text: 'x', place: { in: 'web', url: 'https://x.example/' } }] },
      { type: 'text', text: 'signed', signature: 'abc', origin: 'gemini' },
      { type: 'text', text: 'extended', extensions: { 'openai-chat': { audio: 1 } } },
      { type: 'text', text: 'guarded', extensions: { bedrock: { guard: true } } },
      { type: 'text', text: 'guarded', extensions: { bedrock: { guard: ['grounding_source'] } } },
    ),
  },
);
const media: fc.Arbitrary<Part> = fc.constantFrom<Part>(
  { type: 'media', mediaType: 'image/jpeg', data: PNG },
  { type: 'media', mediaType: 'application/pdf', data: PDF, name: 'a_b!.pdf' },
  {
    type: 'media',
    mediaType: 'application/pdf',
    data: PDF,
    context: 'about',
    citable: true,
  },
  { type: 'media', mediaType: 'text/plain', data: 'YQ==' },
  { type: 'media', mediaType: 'text/csv', data: 'YSxi', name: '  ' },
  { type: 'media', mediaType: 'image/png', url: 'https://example.com/x.png' },
);
const reasoning: fc.Arbitrary<Part> = fc.constantFrom<Part>(
  { type: 'reasoning', text: 'unsigned' },
  { type: 'reasoning', text: 'signed', signature: seal.sign('signed'), origin: 'claude' },
  { type: 'reasoning', text: '', signature: seal.sign(''), origin: 'claude' },
  { type: 'reasoning', data: seal.redact('hidden'), origin: 'claude' },
  { type: 'reasoning', text: 'foreign', signature: 'abc', origin: 'openai' },
  { type: 'reasoning', data: 'YWJj', origin: 'openai' },
  { type: 'reasoning', text: 'nobody’s', signature: 'abc' },
);
const server = fc.boolean().map((given) => (given ? { server: true as const } : {}));
const call: fc.Arbitrary<Part> = fc
  .tuple(id, toolName, fc.constantFrom('', '{}', '{"n":12345678901234567890}', '[1]', '{"a'), server)
  .map(([callId, name, input, kind]) => ({ type: 'tool-call', id: callId, name, input, ...kind }));
const result: fc.Arbitrary<Part> = fc
  .tuple(id, fc.array(fc.oneof(text, media, reasoning), { maxLength: 2 }), fc.boolean(), server)
  .map(([callId, parts, error, kind]) => ({
    type: 'tool-result',
    id: callId,
    parts,
    ...(error ? { error: true as const } : {}),
    ...kind,
  }));

const plainCall = fc
  .tuple(id, toolName)
  .map(([callId, name]): Part => ({ type: 'tool-call', id: callId, name, input: '{"a":1}' }));
const plainResult = fc
  .tuple(id, fc.array(fc.oneof(text, media), { maxLength: 2 }))
  .map(([callId, parts]): Part => ({ type: 'tool-result', id: callId, parts }));

/** Parts where they belong, and now and then anywhere. */
const message: fc.Arbitrary<Message> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc
      .array(marked(fc.oneof(text, media, plainResult)), { maxLength: 4 })
      .map((parts): Message => ({ role: 'user', parts })),
  },
  {
    weight: 4,
    arbitrary: fc
      .array(marked(fc.oneof(text, reasoning, plainCall)), { maxLength: 4 })
      .map((parts): Message => ({ role: 'assistant', parts })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(
        fc.constantFrom<Message['role']>('user', 'assistant', 'system'),
        fc.array(marked(fc.oneof(text, media, reasoning, call, result)), { maxLength: 5 }),
      )
      .map(([role, parts]): Message => ({ role, parts })),
  },
);

const schema = fc.constantFrom<Tool['schema']>(
  undefined,
  {},
  { $schema: 'x', type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
  { type: ['object', 'null'], properties: { a: { type: ['string', 'null'] } } },
  { type: 'object', properties: { a: { properties: { b: {} } } }, additionalProperties: false },
  { type: 'object', properties: { a: { type: ['object', 'null'] } }, additionalProperties: false },
  {
    anyOf: [
      { type: 'object', properties: { a: {} } },
      { type: 'object', properties: { b: {} } },
    ],
  },
  { type: 'object', oneOf: [{ required: ['a'] }], properties: { a: {} } },
);
const tool: fc.Arbitrary<Tool> = marked(
  fc
    .tuple(toolName, schema, fc.constantFrom<Tool['kind']>('function', 'function', 'custom', 'server'), fc.boolean())
    .map(
      ([name, given, kind, strict]): Tool => ({
        kind,
        name,
        description: ' ',
        strict,
        ...(given === undefined ? {} : { schema: given }),
      }),
    ),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

/** Any request at all. */
export const anyRequest: fc.Arbitrary<ChatRequest> = fc
  .record({
    model: fc.constantFrom(...CHAT_MODELS),
    system: fc.array(marked(text), { maxLength: 2 }),
    messages: fc.array(message, { maxLength: 6 }),
    tools: fc.array(tool, { maxLength: 3 }),
    toolChoice: optional(fc.constantFrom('auto' as const, 'none' as const, 'required' as const, { name: 'look' })),
    parallelToolCalls: optional(fc.boolean()),
    maxTokens: optional(fc.constantFrom(1, 500, 1280, 20_000, 1_000_000)),
    temperature: optional(fc.constantFrom(0, 0.5, 1, 2)),
    topP: optional(fc.constantFrom(0, 0.5, 1)),
    topK: optional(fc.constantFrom(1, 50)),
    stop: optional(fc.array(texts, { maxLength: 6 })),
    output: optional(
      fc.constantFrom(
        {},
        { schema: { type: 'object', properties: {}, additionalProperties: false }, name: 'x y' },
        { schema: { type: 'object', properties: { a: { type: 'number', minimum: 1 } } } },
        { schema: { type: 'array' } },
        { schema: { $schema: 'x', $id: 'y', properties: { a: { type: 'string' } } } },
        { schema: { type: ['object', 'null'], properties: {} } },
        { schema: { type: 'object', anyOf: [{ required: ['a'] }, { properties: { b: { type: 'string' } } }] } },
        {
          schema: {
            type: 'object',
            properties: { a: { properties: {} }, b: { type: ['object', 'null'] } },
            additionalProperties: false,
          },
        },
      ),
    ),
    reasoning: optional(
      fc.oneof(
        fc.constant('off' as const),
        fc.constant({}),
        fc.constantFrom(1, 1024, 9000, 100_000).map((budget) => ({ budget })),
        fc
          .constantFrom('minimal' as const, 'low' as const, 'medium' as const, 'high' as const, 'xhigh' as const)
          .map((effort) => ({ effort })),
      ),
    ),
  })
  // Absent rather than undefined.
  .map((value) => JSON.parse(JSON.stringify(value)) as ChatRequest);

const signedReasoning = fc.oneof(
  fc.string({ maxLength: 12 }).map(
    (value): Part => ({
      type: 'reasoning',
      text: value,
      signature: seal.sign(value),
      origin: 'claude',
    }),
  ),
  fc
    .string({ maxLength: 12 })
    .map((value): Part => ({ type: 'reasoning', data: seal.redact(value), origin: 'claude' })),
);

/** An assistant's turn of tool use: reasoning first, and more of it between the words and the calls. */
const toolTurn = (n: number): fc.Arbitrary<Message[]> =>
  fc
    .tuple(
      fc.array(signedReasoning, { minLength: 1, maxLength: 2 }),
      fc.array(fc.oneof(signedReasoning, fc.constant<Part>({ type: 'text', text: ' so \n' })), { maxLength: 3 }),
      fc.integer({ min: 1, max: 3 }),
    )
    .map(([first, between, calls]) => {
      const ids = Array.from({ length: calls }, (_, i) => `t${n}_${i}`);
      return [
        {
          role: 'assistant',
          parts: [
            ...first,
            ...between,
            ...ids.map((callId): Part => ({ type: 'tool-call', id: callId, name: 'look', input: '{}' })),
          ],
        },
        {
          role: 'user',
          parts: ids.map(
            (callId): Part => ({ type: 'tool-result', id: callId, parts: [{ type: 'text', text: 'ok' }] }),
          ),
        },
      ];
    });

/** Several turns of tool use by a thinking Claude, nothing out of place. */
export const thinkingConversation: fc.Arbitrary<Message[]> = fc
  .integer({ min: 1, max: 4 })
  .chain((turns) => fc.tuple(...Array.from({ length: turns }, (_, n) => toolTurn(n))))
  .map((turns) => [{ role: 'user', parts: [{ type: 'text', text: 'go' }] }, ...turns.flat()]);
