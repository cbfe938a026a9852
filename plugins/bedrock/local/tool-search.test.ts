// Tools that are loaded when the model searches for them: InvokeModel has them with a beta flag, Converse has not.
import { expect, test } from 'vitest';
import { createDirectory } from './model.ts';
import { createPromptCache } from './prompt-cache.ts';
import { createSeal } from './reasoning-seal.ts';
import { runOperation } from './runtime.ts';
import type { Operation } from './target.ts';

const cache = createPromptCache({ tokensMin: 0, now: () => 0 });
const tools = { models: createDirectory(), seal: createSeal(), cache };
const run = (operation: Operation, body: object) => {
  const target = { operation, modelId: 'us.anthropic.claude-sonnet-5' };
  return runOperation({ target, body: Buffer.from(JSON.stringify(body)), region: undefined }, tools);
};

const FLAGS = { anthropic_beta: ['tool-search-tool-2025-10-19'] };
const DEFERRED = {
  anthropic_version: 'bedrock-2023-05-31',
  max_tokens: 100,
  messages: [{ role: 'user', content: 'Hello' }],
  tools: [{ name: 'weather', input_schema: { type: 'object', properties: {} }, defer_loading: true }],
};

test('InvokeModel takes a deferred tool with the flag, and refuses it without', () => {
  expect(run('invoke', { ...DEFERRED, ...FLAGS }).frames).toHaveLength(1);
  expect(() => run('invoke', DEFERRED)).toThrow('tools.0.custom.defer_loading: Extra inputs are not permitted');
});

test('Converse refuses the flag', () => {
  const body = { messages: [{ role: 'user', content: [{ text: 'Hello' }] }], additionalModelRequestFields: FLAGS };
  expect(() => run('converse', body)).toThrow(
    'The tool-search-tool beta feature is not currently supported on the Converse and ConverseStream APIs',
  );
});
