// Tools that are to be loaded when the model searches for them (Claude Code marks some so): relayed to InvokeModel where the flag
// for it is taken, sent at once everywhere else.
import type { ChatRequest } from '@turnout/core/contract';
import { Losses } from '@turnout/core/plugin';
import { expect, it } from 'vitest';
import { chatRequest } from '../test/fixture.ts';
import { TOOL_SEARCH } from './beta.ts';
import { planNative } from './native-tools.ts';
import { misfitOfClaude } from './relay-fit.ts';
import { resolveTarget } from './resolve.ts';

const targetOf = (model: string) =>
  resolveTarget(model, {
    region: 'us-east-1',
    regionSource: 'the config',
    crossRegion: 'geo',
    endpoint: undefined,
    models: {},
  });

const tools = [{ name: 'later', input_schema: { type: 'object' }, defer_loading: true }];

it.each([
  ['with the flag', 'anthropic.claude-sonnet-5', { tools, anthropic_beta: [TOOL_SEARCH] }, undefined],
  ['without it', 'anthropic.claude-sonnet-5', { tools }, 'tools to be loaded later'],
  [
    'a model that does not take it',
    'anthropic.claude-sonnet-4',
    { tools, anthropic_beta: [TOOL_SEARCH] },
    'tools to be loaded later',
  ],
  ['no such tool', 'anthropic.claude-sonnet-4', { tools: [{ name: 'now' }] }, undefined],
])('relay: %s', (_name, model, body, misfit) => {
  expect(misfitOfClaude({ messages: [{ role: 'user', content: 'Hello' }], ...body }, targetOf(model))).toBe(misfit);
});

it('Converse is not sent the flag, which it refuses', () => {
  const flags = [TOOL_SEARCH, 'tool-examples-2025-10-29'];
  const request: ChatRequest = chatRequest({ extensions: { 'anthropic-messages': { anthropic_beta: flags } } });
  const plan = planNative(request, targetOf('anthropic.claude-sonnet-5'), new Losses());
  expect(plan.betas).toEqual(['tool-examples-2025-10-29']);
});
