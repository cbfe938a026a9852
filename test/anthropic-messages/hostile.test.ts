// Requests that mean no good, or nothing at all: each is decoded or refused by name, and nothing else happens.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RouterError } from '../../core/src/contract/index.ts';
import { anthropicCount, anthropicMessages } from '../../core/src/protocol/anthropic-messages/index.ts';
import './answers.ts';
import { bodyOf, canonicalRequest } from './requests.ts';

const noHeaders = { headers: {} };

/** One block of every kind there is, and a request around them that has every field. */
const blocks = [
  { type: 'text', text: 'x', citations: [{ type: 'char_location', cited_text: 'c', document_index: 0 }] },
  { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } },
  { type: 'document', title: 't', source: { type: 'content', content: [{ type: 'text', text: 'x' }] } },
  { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'x' }, citations: { enabled: true } },
  { type: 'search_result', source: 's', title: 't', content: [{ type: 'text', text: 'x' }] },
  { type: 'thinking', thinking: 't', signature: 's' },
  { type: 'redacted_thinking', data: 'd' },
  { type: 'tool_use', id: 'i', name: 'n', input: { a: [1] }, caller: { type: 'direct' } },
  { type: 'tool_result', tool_use_id: 'i', content: [{ type: 'text', text: 'x' }], is_error: true },
  { type: 'server_tool_use', id: 's', name: 'web_search', input: { query: 'x' } },
  { type: 'web_search_tool_result', tool_use_id: 's', content: [{ type: 'web_search_result', title: 't', url: 'u' }] },
  { type: 'mcp_tool_result', tool_use_id: 's', content: [{ type: 'text', text: 'x' }], is_error: false },
  { type: 'container_upload', file_id: 'f' },
];
const full = {
  ...{ model: 'm', max_tokens: 9, stream: true, temperature: 1, top_p: 1, top_k: 1, stop_sequences: ['x'] },
  system: [{ type: 'text', text: 's', cache_control: { type: 'ephemeral', ttl: '1h' } }],
  messages: [
    ...[
      { role: 'user', content: 'x' },
      { role: 'assistant', content: blocks.filter(({ type }) => type !== 'tool_result') },
    ],
    { role: 'user', content: blocks.filter(({ type }) => !/thinking|tool_use$/.test(type)) },
    { role: 'system', content: 'now', output_config: { effort: 'low' }, clear_at: 'never' },
  ],
  tools: [
    { name: 'n', input_schema: { type: 'object' }, defer_loading: true, input_examples: [{}] },
    { type: 'web_search_20250305', name: 'web_search', max_uses: 1 },
  ],
  ...{ tool_choice: { type: 'tool', name: 'n', disable_parallel_tool_use: true }, thinking: { type: 'adaptive' } },
  ...{ output_config: { effort: 'low', format: { type: 'json_schema', schema: {} } }, metadata: { user_id: 'u' } },
  ...{ cache_control: { type: 'ephemeral' }, context_management: { edits: [] }, mcp_servers: [], container: 'c' },
  ...{ betas: ['b'], service_tier: 'auto', speed: 'fast', anthropic_version: 'bedrock-2023-05-31' },
};

/** Decodes both ways. Returns the error's code, or `ok`. Anything but the two codes fails the test. */
function outcome(body: unknown): string {
  try {
    const { request } = anthropicMessages.decode(body, noHeaders);
    // What was taken can be passed on.
    JSON.stringify(request);
    anthropicCount.decode(body, noHeaders);
    return 'ok';
  } catch (error) {
    if (!RouterError.is(error)) throw error;
    expect(['invalid-request', 'unsupported']).toContain(error.code);
    expect(error.field?.length, error.message).toBeGreaterThan(0);
    expect(error.field?.length).toBeLessThan(300);
    return error.code;
  }
}

type Path = readonly string[];

function pathsOf(value: unknown, path: Path = []): Path[] {
  const inner = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [path, ...inner.flatMap(([key, item]) => pathsOf(item, [...path, key]))];
}

/** A copy of the value with something else at one place. */
function replaced(value: unknown, [key, ...rest]: Path, by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === key ? replaced(item, rest, by) : item));
  return { ...Object(value), [key]: replaced(Object(value)[key], rest, by) };
}

const strange = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  '',
  'x',
  '__proto__',
  'constructor',
  [],
  [[]],
  [null],
  {},
  { type: 'x' },
];
const paths = pathsOf(full);

test('the request that is changed below is itself taken', () => {
  expect(outcome(full)).toBe('ok');
  expect(paths.length).toBeGreaterThan(150);
});

test('anything may stand anywhere', () => {
  const seen = new Map<string, number>();
  for (const path of paths) {
    for (const value of strange) {
      const code = outcome(replaced(full, path, value));
      seen.set(code, (seen.get(code) ?? 0) + 1);
    }
  }
  // Both happen, and often: a decoder that takes or refuses everything would pass otherwise.
  expect(seen.get('ok')).toBeGreaterThan(300);
  expect(seen.get('invalid-request')).toBeGreaterThan(300);
});

test('generated values in two places of a generated request', () => {
  const anything = fc
    .anything({ withNullPrototype: false, maxDepth: 4 })
    .map((value) => JSON.parse(JSON.stringify(value ?? null)));
  fc.assert(
    fc.property(
      canonicalRequest,
      fc.array(fc.tuple(fc.nat(), anything), { minLength: 1, maxLength: 2 }),
      (request, changes) => {
        let body: unknown = bodyOf(request);
        for (const [at, value] of changes) {
          const places = pathsOf(body);
          body = replaced(body, places[at % places.length] ?? [], value);
        }
        outcome(body);
      },
    ),
    { numRuns: 1500 },
  );
});

test('generated JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (body) => void outcome(body)),
    { numRuns: 300 },
  );
});

const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`);
const say = (content: unknown) => ({ ...full, messages: [{ role: 'user', content }] });
const answer = (content: unknown) => ({
  ...full,
  messages: [
    { role: 'user', content: 'x' },
    { role: 'assistant', content },
  ],
});

describe('deep nesting', () => {
  const deep = nested(5_000);
  test.each<[string, unknown]>([
    ['tool input', answer([{ type: 'tool_use', id: 'i', name: 'n', input: deep }])],
    ['server tool input', answer([{ type: 'server_tool_use', id: 'i', name: 'n', input: deep }])],
    ['a block of unknown kind', say([{ type: 'new', content: deep }])],
    ['an unknown field of a block', say([{ type: 'text', text: 'x', new: deep }])],
    ['citations', answer([{ type: 'text', text: 'x', citations: deep }])],
    ['a schema', { ...full, tools: [{ name: 'n', input_schema: { a: deep } }] }],
    ['a tool of unknown kind', { ...full, tools: [{ type: 'new_2027', a: deep }] }],
    ['the output schema', { ...full, output_config: { format: { type: 'json_schema', schema: { a: deep } } } }],
    ['an extension', { ...full, context_management: { a: deep } }],
    ['an unknown field', { ...full, new: deep }],
    ['a field of bedrock', { ...full, bedrock: { a: deep } }],
    ['the content', say(deep)],
    ['the body', deep],
  ])('%s', (_, body) => {
    expect(outcome(body)).toBe('invalid-request');
  });

  test('tool results inside tool results', () => {
    let content: unknown = 'x';
    for (let level = 0; level < 5_000; level++) content = [{ type: 'tool_result', tool_use_id: 'i', content }];
    expect(outcome(say(content))).toBe('invalid-request');
  });
});

describe('great numbers', () => {
  const many = <Item>(length: number, item: Item) => Array.from({ length }, () => item);
  const text = { type: 'text', text: 'x' };
  test.each<[string, unknown]>([
    ['blocks of a message', say(many(20_000, text))],
    ['blocks of the system prompt', { ...full, system: many(20_000, text) }],
    ['blocks of a result', say([{ type: 'tool_result', tool_use_id: 'i', content: many(20_000, text) }])],
    ['blocks of a document', say([{ type: 'document', source: { type: 'content', content: many(20_000, text) } }])],
    ['messages', { ...full, messages: many(20_000, { role: 'user', content: 'x' }) }],
    ['tools', { ...full, tools: many(20_000, { name: 'n', input_schema: {} }) }],
    ['betas', { ...full, betas: many(20_000, 'b') }],
    ['unknown fields', { ...full, ...Object.fromEntries(many(20_000, 0).map((_, index) => [`f${index}`, 1])) }],
  ])('%s', (_, body) => {
    expect(outcome(body)).toBe('invalid-request');
  });

  test('a header of many betas is read no further than it need be', () => {
    const header = Array.from({ length: 20_000 }, (_, index) => `beta-${index}`).join(',');
    const { request } = anthropicMessages.decode(full, { headers: { 'anthropic-beta': [header, header] } });
    expect(request.extensions?.['anthropic-messages']?.anthropic_beta).toHaveLength(64);
  });
});

test('names of the prototype are names like others', () => {
  const body = JSON.parse(
    `{"model":"m","max_tokens":1,"__proto__":{"polluted":1},"metadata":{"__proto__":{"polluted":1}},
      "tools":[{"name":"__proto__","input_schema":{"__proto__":{"polluted":1}},"__proto__":{"polluted":1}},
               {"type":"__proto__","name":"x"}],
      "messages":[{"role":"user","__proto__":{"polluted":1},"content":[{"type":"__proto__","text":"x","__proto__":{"polluted":1}}]}]}`,
  );
  const { request } = anthropicMessages.decode(body, noHeaders);
  expect('polluted' in {}).toBe(false);
  for (const bag of [
    request,
    request.extensions ?? {},
    request.tools[0] ?? {},
    request.tools[1] ?? {},
    request.messages[0] ?? {},
  ]) {
    expect(Object.getPrototypeOf(bag)).toBe(Object.prototype);
    expect(bag).not.toHaveProperty('polluted');
  }
  expect(Object.keys(request.extensions?.['anthropic-messages'] ?? {})).toEqual(['__proto__', 'metadata']);
});
