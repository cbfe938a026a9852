// anthropic-local: what it refuses, in Anthropic's words, and its faults.
import { afterAll, beforeEach, expect, it } from 'vitest';
import { startAnthropicLocal } from './index.ts';

const local = await startAnthropicLocal({
  models: ['claude-sonnet-4-5', 'claude-sonnet-5', 'claude-opus-5-5', 'glm'],
  promptTokensMax: 3000,
});
beforeEach(() => local.reset());
afterAll(() => local.close());

const user = { role: 'user', content: 'Hello' };
const call = { type: 'tool_use', id: 'c', name: 't', input: {} };
const tool = { name: 't', input_schema: { type: 'object' } };
const HEADERS = { 'content-type': 'application/json', 'x-api-key': 'k', 'anthropic-version': '2023-06-01' };

async function ask(given: object, path = '/v1/messages', headers: Record<string, string> = HEADERS) {
  const body = { model: 'claude-sonnet-4-5', max_tokens: 2000, messages: [user], ...given };
  const answer = await fetch(local.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
  // Every answer is one of these two; the tests look at what they expect.
  const json = (await answer.json()) as { error?: { type: string; message: string } };
  return { status: answer.status, type: json.error?.type, message: json.error?.message, json, headers: answer.headers };
}

it.each([
  [{ max_tokens: undefined }, 'max_tokens: Field required'],
  [{ max_tokens: 0 }, 'max_tokens: Input should be greater than or equal to 1'],
  [{ max_tokens: 70_000 }, 'max_tokens: 70000 > 64000, which is the maximum allowed number of output tokens'],
  [{ seed: 1 }, 'seed: Extra inputs are not permitted'],
  [{ messages: [] }, 'messages: at least one message is required'],
  [{ messages: [{ role: 'tool', content: 'x' }] }, "messages.0.role: Input should be 'user' or 'assistant'"],
  [{ messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] }, 'text content blocks must be non-empty'],
  [
    { messages: [{ role: 'user', content: [{ type: 'video' }] }] },
    "Input tag 'video' found using 'type' does not match",
  ],
  [{ messages: [{ role: 'user', content: [call] }] }, '`tool_use` blocks can only be in `assistant` messages'],
  [
    { messages: [user, { role: 'assistant', content: [call] }, user] },
    '`tool_use` ids were found without `tool_result` blocks',
  ],
  [
    { messages: [{ role: 'user', content: [{ type: 'tool_result', tool_use_id: 'x' }] }] },
    'unexpected `tool_use_id` found in `tool_result` blocks: x',
  ],
  [
    { messages: [user, { role: 'assistant', content: [{ ...call, id: 'a:0' }] }] },
    "tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'",
  ],
  [
    { messages: [user, { role: 'assistant', content: [{ type: 'thinking', thinking: 'a', signature: 'tn1.x.y' }] }] },
    'Invalid `signature` in `thinking` block',
  ],
  [{ messages: [user, { role: 'system', content: 'x' }] }, "messages.1.role: Input should be 'user' or 'assistant'"],
  [
    { messages: [user, { role: 'assistant', content: 'a ' }] },
    'final assistant content cannot end with trailing whitespace',
  ],
  [
    { model: 'claude-sonnet-5', messages: [user, { role: 'assistant', content: 'a' }] },
    'does not support assistant message prefill',
  ],
  [{ model: 'claude-sonnet-5', temperature: 1 }, '`temperature` is deprecated for this model.'],
  [{ temperature: 0.1, top_p: 0.1 }, '`temperature` and `top_p` cannot both be specified'],
  [{ temperature: 1.5 }, 'temperature: Input should be less than or equal to 1'],
  [{ thinking: { type: 'adaptive' } }, "Input tag 'adaptive' found using 'type'"],
  [
    { thinking: { type: 'enabled', budget_tokens: 2000 } },
    '`max_tokens` must be greater than `thinking.budget_tokens`',
  ],
  [
    { thinking: { type: 'enabled', budget_tokens: 10 } },
    'budget_tokens: Input should be greater than or equal to 1024',
  ],
  [{ model: 'claude-sonnet-5', thinking: { type: 'enabled', budget_tokens: 1500 } }, 'is not supported for this model'],
  [{ thinking: { type: 'enabled', budget_tokens: 1500 }, temperature: 0 }, '`temperature` may only be set to 1'],
  [
    { thinking: { type: 'enabled', budget_tokens: 1500 }, tools: [tool], tool_choice: { type: 'any' } },
    'Thinking may not be enabled when tool_choice forces tool use.',
  ],
  [{ output_config: { effort: 'low' } }, 'output_config.effort: Extra inputs are not permitted'],
  [
    { output_config: { format: { type: 'json_schema', schema: { type: 'object' } } } },
    "'additionalProperties' must be explicitly set",
  ],
  [{ tools: [{ type: 'function', name: 't' }] }, "Input tag 'function' found"],
  [{ tools: [{ ...tool, name: 'a b' }] }, "String should match pattern '^[a-zA-Z0-9_-]{1,128}$'"],
  [{ tools: [{ ...tool, parameters: {} }] }, 'tools.0.custom.parameters: Extra inputs are not permitted'],
  [{ tools: [tool, tool] }, 'Tool names must be unique.'],
  [{ tools: [tool], tool_choice: { type: 'tool', name: 'x' } }, "Tool 'x' not found in provided tools"],
  [{ model: 'claude-opus-5-5', tools: [tool], tool_choice: { type: 'any' } }, 'are not supported for this model.'],
  [
    { system: Array.from({ length: 5 }, () => ({ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } })) },
    'A maximum of 4 blocks with cache_control may be provided. Found 5.',
  ],
  [{ system: 'word '.repeat(5000) }, 'prompt is too long: '],
])('refuses %j', async (given, words) => {
  const { status, type, message } = await ask(given);
  expect([status, type]).toEqual([400, 'invalid_request_error']);
  expect(message).toContain(words);
});

it('refuses who has no key or no version, models and paths that are not there', async () => {
  const { 'x-api-key': _key, ...keyless } = HEADERS;
  expect(await ask({}, '/v1/messages', keyless)).toMatchObject({ status: 401, type: 'authentication_error' });
  const { 'anthropic-version': _version, ...unversioned } = HEADERS;
  expect((await ask({}, '/v1/messages', unversioned)).message).toBe('anthropic-version: header is required');
  expect(await ask({ model: 'claude-0' })).toMatchObject({ status: 404, message: 'model: claude-0' });
  expect(await ask({}, '/v1/complete')).toMatchObject({ status: 404, type: 'not_found_error' });
  expect((await ask({}, '/v1/messages/count_tokens')).message).toBe('max_tokens: Extra inputs are not permitted');
  expect(await ask({ model: 'glm', temperature: 1, thinking: { type: 'enabled' } })).toMatchObject({ status: 200 });
});

it('ends at a stop sequence and at the limit', async () => {
  expect((await ask({ stop_sequences: ['said'] })).json).toMatchObject({
    stop_reason: 'stop_sequence',
    stop_sequence: 'said',
    content: [{ text: 'You ' }],
  });
  expect((await ask({ max_tokens: 2 })).json).toMatchObject({
    stop_reason: 'max_tokens',
    content: [{ text: 'You said' }],
  });
});

it('plays what the script says', async () => {
  local.script(
    {
      kind: 'answer',
      content: [{ type: 'text', text: 'own' }],
      stopReason: 'pause_turn',
      usage: { output_tokens: 99 },
      model: 'other',
    },
    { kind: 'error', type: 'overloaded_error' },
    { kind: 'html' },
  );
  expect((await ask({})).json).toMatchObject({
    model: 'other',
    stop_reason: 'pause_turn',
    usage: { output_tokens: 99 },
  });
  expect(await ask({})).toMatchObject({ status: 529, message: 'Overloaded' });
  await expect(ask({})).rejects.toThrow();
  expect(local.requests.map(({ status }) => status)).toEqual([200, 529, 502]);
});
