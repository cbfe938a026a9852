// Anthropic's SDK, asking anthropic-local directly: what it reads there is what it reads at Anthropic.
import Anthropic, { AuthenticationError, BadRequestError, NotFoundError, RateLimitError } from '@anthropic-ai/sdk';
import { startAnthropicLocal } from '@turnout/plugin-anthropic/local';
import { afterAll, expect, it } from 'vitest';

const key = 'sk-ant-local-0123456789';
const local = await startAnthropicLocal({ apiKeys: [key] });
const client = new Anthropic({ apiKey: key, baseURL: local.url, maxRetries: 0 });
afterAll(() => local.close());

const model = 'claude-sonnet-5';
const messages = [{ role: 'user' as const, content: 'What is the weather in Paris?' }];
const tools = [
  {
    name: 'get_weather',
    input_schema: { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] },
  },
];

it('text, streamed and whole', async () => {
  const whole = await client.messages.create({ model, max_tokens: 100, messages });
  expect(whole.content).toEqual([{ type: 'text', text: 'You said: "What is the weather in Paris?"' }]);
  const stream = client.messages.stream({ model, max_tokens: 100, messages });
  const final = await stream.finalMessage();
  expect(final.content).toMatchObject(whole.content);
  expect(final.usage.output_tokens).toBe(whole.usage.output_tokens);
});

it('thinking and a tool call, streamed and whole, and the turn after it', async () => {
  const asked = { model, max_tokens: 2000, messages, tools, thinking: { type: 'adaptive' as const } };
  const whole = await client.messages.create(asked);
  const final = await client.messages.stream(asked).finalMessage();
  expect(final.stop_reason).toBe('tool_use');
  expect(final.content).toMatchObject(whole.content);
  const call = final.content.find((block) => block.type === 'tool_use');
  expect(call?.input).toEqual({ city: 'Paris' });
  const next = await client.messages.create({
    ...asked,
    messages: [
      ...messages,
      { role: 'assistant', content: final.content },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: call?.id ?? '', content: 'sunny' }] },
    ],
  });
  expect(next.content.at(-1)).toMatchObject({
    type: 'text',
    text: expect.stringContaining('get_weather answered: sunny'),
  });
});

it('counts tokens, and lists its models page by page', async () => {
  const { input_tokens } = await client.messages.countTokens({ model, messages });
  expect(input_tokens).toBeGreaterThan(5);
  const ids: string[] = [];
  for await (const one of client.models.list({ limit: 2 })) ids.push(one.id);
  expect(ids.length).toBeGreaterThan(5);
  expect(new Set(ids).size).toBe(ids.length);
  expect((await client.models.retrieve('claude-sonnet-5')).display_name).toMatch(/Sonnet 5/);
});

it('a long prompt that is cached, and read again', async () => {
  const system = [{ type: 'text' as const, text: 'word '.repeat(2000), cache_control: { type: 'ephemeral' as const } }];
  const first = await client.messages.create({ model, max_tokens: 10, messages, system });
  expect(first.usage.cache_creation_input_tokens).toBeGreaterThan(1024);
  const second = await client.messages.create({ model, max_tokens: 10, messages, system });
  expect(second.usage.cache_read_input_tokens).toBe(first.usage.cache_creation_input_tokens);
});

it('its errors are the classes that the SDK knows', async () => {
  const wrong = new Anthropic({ apiKey: 'sk-ant-wrong', baseURL: local.url, maxRetries: 0 });
  await expect(wrong.messages.create({ model, max_tokens: 10, messages })).rejects.toBeInstanceOf(AuthenticationError);
  await expect(client.messages.create({ model, max_tokens: 0.5, messages })).rejects.toBeInstanceOf(BadRequestError);
  await expect(client.models.retrieve('claude-0')).rejects.toBeInstanceOf(NotFoundError);
  local.script({ kind: 'error', type: 'rate_limit_error', retryAfterSeconds: 3 });
  const failure = await client.messages.create({ model, max_tokens: 10, messages }).catch((error) => error);
  expect(failure).toBeInstanceOf(RateLimitError);
  expect(failure.headers.get('retry-after')).toBe('3');
  local.script({ kind: 'exception', type: 'overloaded_error', afterFrames: 4 });
  await expect(client.messages.stream({ model, max_tokens: 10, messages }).finalMessage()).rejects.toThrow(
    /Overloaded/,
  );
});
