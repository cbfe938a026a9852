// Any conversation gives a request that bedrock-local's validation takes, or a clear refusal of our own.
import { type ChatRequest, type Message, type Part, RouterError, type Tool } from '@turnout/core/contract';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createDirectory } from '../local/model.ts';
import { createSeal } from '../local/reasoning-seal.ts';
import { checkConverse, parseConverse } from '../local/validate-converse.ts';
import { MODELS } from './catalogue.ts';
import { shapeRequest } from './request.ts';
import { resolveTarget } from './resolve.ts';

const seal = createSeal();
const directory = createDirectory();
const settings = {
  region: 'us-east-1',
  regionSource: 'the test',
  crossRegion: 'global',
  endpoint: undefined,
  models: {},
} as const;
/** Those that answer in this region: images are left to the model, which the catalogue may know better. */
const models = MODELS.filter(
  ({ profiles, onDemand, images }) => images !== false && (onDemand || profiles.length > 0),
).map(({ id }) => id);

const png = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').toString('base64');
const pdf = Buffer.from('%PDF-1.7 x').toString('base64');
const words = fc.constantFrom('', ' ', 'a', ' b \n', '\u2028', 'JSON {"a":1}', 'Grüße 👋', '.');
const id = fc.constantFrom('c1', 'c2', 'call:3', '', 'x'.repeat(90));
const toolName = fc.constantFrom('look', 'mcp.look', 'mcp_look', 'ü', 'y'.repeat(70));
const cache = fc.constantFrom(undefined, undefined, undefined, {}, { ttl: '5m' as const }, { ttl: '1h' as const });
const marked = <T extends object>(part: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.tuple(part, cache).map(([value, mark]) => (mark === undefined ? value : { ...value, cache: mark }));

const text: fc.Arbitrary<Part> = words.map((value) => ({ type: 'text', text: value }));
const media: fc.Arbitrary<Part> = fc.constantFrom<Part>(
  { type: 'media', mediaType: 'image/jpeg', data: png },
  { type: 'media', mediaType: 'application/pdf', data: pdf, name: 'a_b!.pdf' },
  { type: 'media', mediaType: 'text/plain', data: 'YQ==' },
  { type: 'media', mediaType: 'image/png', url: 'https://example.com/x.png' },
);
const reasoning: fc.Arbitrary<Part> = fc.constantFrom<Part>(
  { type: 'reasoning', text: 'unsigned' },
  { type: 'reasoning', text: 'signed', signature: seal.sign('signed'), origin: 'claude' },
  { type: 'reasoning', text: '', signature: seal.sign(''), origin: 'claude' },
  { type: 'reasoning', data: seal.redact('hidden'), origin: 'claude' },
  { type: 'reasoning', text: 'foreign', signature: 'abc', origin: 'openai' },
);
const call: fc.Arbitrary<Part> = fc
  .tuple(id, toolName, fc.constantFrom('', '{}', '{"n":12345678901234567890}', '[1]', '{"a'))
  .map(([callId, name, input]) => ({ type: 'tool-call', id: callId, name, input }));
const result: fc.Arbitrary<Part> = fc
  .tuple(id, fc.array(fc.oneof(text, media), { maxLength: 2 }), fc.boolean())
  .map(([callId, parts, error]) => ({
    type: 'tool-result',
    id: callId,
    parts,
    ...(error ? { error: true as const } : {}),
  }));

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.array(marked(fc.oneof(text, media, result)), { maxLength: 4 }).map((parts): Message => ({ role: 'user', parts })),
  fc
    .array(marked(fc.oneof(text, reasoning, call, media)), { maxLength: 4 })
    .map((parts): Message => ({ role: 'assistant', parts })),
  text.map((part): Message => ({ role: 'system', parts: [part] })),
);
const schema = fc.constantFrom<Tool['schema']>(
  undefined,
  {},
  { $schema: 'x', type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false },
  {
    anyOf: [
      { type: 'object', properties: { a: {} } },
      { type: 'object', properties: { b: {} } },
    ],
  },
);
const tool: fc.Arbitrary<Tool> = marked(
  fc.tuple(toolName, schema, fc.constantFrom('function', 'custom', 'server'), fc.boolean()).map(
    ([name, given, kind, strict]): Tool => ({
      kind: kind as Tool['kind'],
      name,
      description: ' ',
      strict,
      ...(given === undefined ? {} : { schema: given }),
    }),
  ),
);
const optional = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: 2 });

const request: fc.Arbitrary<ChatRequest> = fc
  .record({
    model: fc.constantFrom(...models),
    system: fc.array(marked(text), { maxLength: 2 }),
    messages: fc.array(message, { maxLength: 6 }),
    tools: fc.array(tool, { maxLength: 3 }),
    toolChoice: optional(fc.constantFrom('auto' as const, 'none' as const, 'required' as const, { name: 'look' })),
    parallelToolCalls: optional(fc.boolean()),
    maxTokens: optional(fc.constantFrom(1, 500, 1280, 20_000, 1_000_000)),
    temperature: optional(fc.constantFrom(0, 0.5, 1, 2)),
    topP: optional(fc.constantFrom(0, 0.5, 1)),
    topK: optional(fc.constantFrom(1, 50)),
    stop: optional(fc.array(words, { maxLength: 6 })),
    output: optional(
      fc.constantFrom(
        {},
        { schema: { type: 'object', properties: {}, additionalProperties: false }, name: 'x y' },
        { schema: { type: 'array' } },
      ),
    ),
    reasoning: optional(
      fc.oneof(
        fc.constant('off' as const),
        fc.constant({}),
        fc.constantFrom(1, 1024, 9000, 100_000).map((budget) => ({ budget })),
        fc
          .constantFrom('minimal', 'low', 'medium', 'high', 'xhigh', 'max')
          .map((effort) => ({ effort: effort as 'low' })),
      ),
    ),
  })
  // Absent rather than undefined.
  .map((value) => JSON.parse(JSON.stringify(value)) as ChatRequest);

it('whatever is asked', () => {
  let sent = 0;
  fc.assert(
    fc.property(request, (asked) => {
      const target = resolveTarget(asked.model, settings);
      let body: unknown;
      try {
        // As it goes over the wire.
        body = JSON.parse(JSON.stringify(shapeRequest(asked, target).body));
      } catch (error) {
        if (!RouterError.is(error)) throw error;
        expect(['invalid-request', 'unsupported']).toContain(error.code);
        return;
      }
      const model = directory.resolve(target.id, 'us-east-1');
      try {
        checkConverse(parseConverse(body, true), model, seal);
      } catch (error) {
        // Too many documents: Bedrock's own refusal is clear, and which to leave out is not ours to say.
        if (!String(error).includes("can't include more than 5 documents")) throw error;
      }
      sent++;
    }),
    { numRuns: 3000, seed: 7 },
  );
  expect(sent).toBeGreaterThan(1500);
});
