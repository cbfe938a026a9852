import { expect, test } from 'vitest';
import { unreadExtensions } from './loss.ts';

test('every key that nobody reads is a loss by its name, and the switches of a vendor are none', () => {
  const extensions = {
    'openai-chat': { logprobs: true, seed2: 1 },
    'anthropic-messages': { anthropic_beta: ['a'], container: 'c' },
    bedrock: { latency: 'optimized' },
  };
  const losses = unreadExtensions({ extensions }, { 'openai-chat': ['logprobs'] });
  expect(losses.map(({ field }) => field)).toEqual(['seed2', 'container', 'bedrock.latency']);
  expect(unreadExtensions({ extensions }, { 'openai-chat': '*', 'anthropic-messages': '*', bedrock: '*' })).toEqual([]);
});

test.each([
  [{ 'bedrock-converse': { guardrailConfig: { guardrailIdentifier: 'g' } } }, 'guardrailConfig'],
  [{ bedrock: { guardrail: { id: 'g' } } }, 'bedrock.guardrail'],
])('a guardrail that nobody would apply is no loss but a refusal', (extensions, field) => {
  expect(() => unreadExtensions({ extensions }, {})).toThrow(expect.objectContaining({ code: 'unsupported', field }));
  expect(unreadExtensions({ extensions }, { bedrock: '*', 'bedrock-converse': '*' })).toEqual([]);
});

test('a hint where to look for the cache is nobody’s loss', () => {
  const own = { prompt_cache_key: 'k', safety_identifier: 's' };
  const losses = unreadExtensions({ extensions: { 'openai-responses': own, 'openai-chat': own } }, {});
  expect(losses.map(({ field }) => field)).toEqual(['safety_identifier', 'safety_identifier']);
});
