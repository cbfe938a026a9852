// Names of Claude, as Anthropic and others write them.
import { expect, it } from 'vitest';
import { claudeTraits } from './claude.ts';

it.each([
  ['claude-opus-4-0', 'claude-4', 32_000],
  ['claude-sonnet-4-20250514', 'claude-4', 64_000],
  ['anthropic/claude-opus-4-1-20250805', 'claude-opus-4-1', 32_000],
  ['us.anthropic.claude-sonnet-4-5-20250929-v1:0', 'claude-4-5', 64_000],
  ['claude-opus-4-6', 'claude-4-6', 128_000],
  ['claude-sonnet-5', 'claude-sonnet-5', 128_000],
  ['claude-sonnet-5-5', 'claude-sonnet-5-5', 128_000],
  ['claude-3-5-haiku-latest', 'claude-3-5', 8192],
  ['claude-3-opus-20240229', 'claude-3', 4096],
  ['claude-2.1', 'claude-2', 4096],
  ['claude-mythos-9', 'claude', 128_000],
])('%s is %s', (model, name, outputTokensMax) => {
  expect(claudeTraits(model)).toMatchObject({ name, outputTokensMax });
});

it.each(['gpt-5', 'glm-4.6', 'anthropic.titan', 'deepseek-chat'])('%s is no Claude', (model) => {
  expect(claudeTraits(model)).toBeUndefined();
});
