// Whatever a client sends, the answer is an answer or a refusal by name: never a crash.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDirectory } from './model.ts';
import { createPromptCache } from './prompt-cache.ts';
import { createSeal } from './reasoning-seal.ts';
import { Refusal } from './refusal.ts';
import { type RuntimeTools, runOperation } from './runtime.ts';
import type { Operation } from './target.ts';

const seal = createSeal();
const tools: RuntimeTools = {
  models: createDirectory(),
  seal,
  cache: createPromptCache({ tokensMin: 0, now: () => 0 }),
};

const schema = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
};
const converse = {
  system: [{ text: 'Be brief' }, { cachePoint: { type: 'default', ttl: '1h' } }],
  messages: [
    {
      role: 'user',
      content: [{ text: 'Weather in Rome?' }, { document: { name: 'a', format: 'txt', source: { bytes: 'AAAA' } } }],
    },
    {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: 'Hm', signature: seal.sign('Hm') } } },
        { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Rome' } } },
      ],
    },
    {
      role: 'user',
      content: [
        { toolResult: { toolUseId: 't1', content: [{ json: { c: 1 } }], status: 'success' } },
        { text: 'Well?' },
      ],
    },
  ],
  inferenceConfig: { maxTokens: 4000, stopSequences: ['END'] },
  toolConfig: {
    tools: [{ toolSpec: { name: 'weather', description: 'a', inputSchema: { json: schema } } }],
    toolChoice: { auto: {} },
  },
  additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 }, anthropic_beta: [] },
  additionalModelResponseFieldPaths: ['/delta/stop_sequence'],
  outputConfig: { textFormat: { type: 'json_schema', structure: { jsonSchema: { schema: JSON.stringify(schema) } } } },
  requestMetadata: { a: 'b' },
};
const claude = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 4000,
  system: [{ type: 'text', text: 'Be brief', cache_control: { type: 'ephemeral' } }],
  messages: [
    { role: 'user', content: 'Weather in Rome?' },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: seal.sign('Hm') },
        { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Rome' } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: [{ type: 'text', text: '18' }] }] },
  ],
  tools: [{ name: 'weather', input_schema: schema }],
  tool_choice: { type: 'auto' },
  thinking: { type: 'enabled', budget_tokens: 1024 },
  output_config: { format: { type: 'json_schema', schema } },
  stop_sequences: ['END'],
  temperature: 1,
};

const run = (operation: Operation, body: unknown, modelId = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0') =>
  runOperation(
    { target: { operation, modelId }, body: Buffer.from(JSON.stringify(body) ?? ''), region: undefined },
    tools,
  );

/** Every place in a JSON value, as the keys that lead to it. */
function places(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path];
  return [path, ...Object.entries(value).flatMap(([key, item]) => places(item, [...path, key]))];
}

/** The value with something else at that place. */
function replaced(value: unknown, [key, ...rest]: readonly string[], other: unknown): unknown {
  if (key === undefined) return other;
  const copy = structuredClone(value) as Record<string, unknown>; // a place leads through objects and lists only
  copy[key] = replaced(copy[key], rest, other);
  return copy;
}

test('the samples themselves are answered', () => {
  expect(run('converse', converse).frames).toHaveLength(1);
  expect(run('converse-stream', converse).frames.length).toBeGreaterThan(3);
  expect(run('invoke', claude).frames).toHaveLength(1);
  expect(run('invoke-with-response-stream', claude).frames.length).toBeGreaterThan(3);
});

const MODELS = [
  'us.anthropic.claude-sonnet-4-5-20250929-v1:0',
  'us.anthropic.claude-sonnet-5',
  'us.amazon.nova-2-lite-v1:0',
  'qwen.qwen3-32b-v1:0',
];
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(undefined, null, [], {}, '', 0, -1, true, [{}], [null], { type: 'text' }),
);

test.each<[Operation, object]>([
  ['converse', converse],
  ['converse-stream', converse],
  ['invoke', claude],
  ['invoke-with-response-stream', claude],
  ['count-tokens', { input: { converse: { messages: converse.messages, toolConfig: converse.toolConfig } } }],
])('%s with something odd somewhere', (operation, sample) => {
  fc.assert(
    fc.property(fc.constantFrom(...places(sample)), odd, fc.constantFrom(...MODELS), (place, other, modelId) => {
      try {
        expect(run(operation, replaced(sample, place, other), modelId).frames.length).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(Refusal);
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
});
