// The openai SDK, asking openai-local directly: what it reads there is what it reads at OpenAI.
import { startOpenaiLocal } from '@turnout/plugin-openai/local';
import OpenAI, { AuthenticationError, BadRequestError, RateLimitError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { afterAll, expect, it } from 'vitest';
import { z } from 'zod';

const key = 'sk-local-0123456789';
const local = await startOpenaiLocal({ apiKeys: [key] });
const client = new OpenAI({ apiKey: key, baseURL: local.baseUrl, maxRetries: 0 });
afterAll(() => local.close());

const model = 'gpt-4o-mini';
const messages = [{ role: 'user' as const, content: 'What is the weather in Paris?' }];
const tools = [
  {
    type: 'function' as const,
    function: {
      name: 'get_weather',
      parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
    },
  },
];

it('text, streamed and whole', async () => {
  const whole = await client.chat.completions.create({ model, messages });
  expect(whole.choices[0]?.message.content).toBe('You said: "What is the weather in Paris?"');
  const runner = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
  expect(await runner.finalContent()).toBe(whole.choices[0]?.message.content);
  expect((await runner.totalUsage()).total_tokens).toBe(whole.usage?.total_tokens);
});

it('tools, streamed and whole', async () => {
  const whole = await client.chat.completions.create({ model, messages, tools });
  const runner = client.chat.completions.stream({ model, messages, tools });
  const streamed = (await runner.finalChatCompletion()).choices[0];
  expect(streamed?.finish_reason).toBe('tool_calls');
  expect(streamed?.message.tool_calls).toMatchObject(whole.choices[0]?.message.tool_calls ?? []);
  expect(whole.choices[0]?.message.tool_calls).toMatchObject([{ function: { arguments: '{"city":"Paris"}' } }]);
});

it('parsed output', async () => {
  const City = z.object({ city: z.string() });
  const parsed = await client.chat.completions.parse({
    model,
    messages,
    response_format: zodResponseFormat(City, 'city'),
  });
  expect(parsed.choices[0]?.message.parsed).toEqual({ city: 'Paris' });
});

it('embeddings and models', async () => {
  const { data } = await client.embeddings.create({
    model: 'text-embedding-3-small',
    input: ['a', 'b'],
    dimensions: 4,
  });
  expect(data.map(({ embedding }) => embedding.length)).toEqual([4, 4]);
  const names = (await client.models.list()).data.map(({ id }) => id);
  expect(names).toContain('gpt-4o');
});

it('errors', async () => {
  const stranger = new OpenAI({ apiKey: 'sk-stranger-0000000', baseURL: local.baseUrl, maxRetries: 0 });
  await expect(stranger.chat.completions.create({ model, messages })).rejects.toThrow(AuthenticationError);
  await expect(client.chat.completions.create({ model: 'o3', messages, max_tokens: 5 })).rejects.toThrow(
    BadRequestError,
  );
  local.script({ kind: 'error', code: 'rate_limit_exceeded', retryAfterSeconds: 1 });
  await expect(client.chat.completions.create({ model, messages })).rejects.toThrow(RateLimitError);
});
