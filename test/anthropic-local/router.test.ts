// The whole router in front of anthropic-local: clients of Messages are relayed, those of chat are translated, and both fail over.
import Anthropic from '@anthropic-ai/sdk';
import { startAnthropicLocal } from '@turnout/plugin-anthropic/local';
import { afterAll, beforeEach, expect, it } from 'vitest';
import { openHouse } from '../house.ts';

const key = 'sk-ant-of-the-operator';
const first = await startAnthropicLocal({ apiKeys: [key] });
const second = await startAnthropicLocal({ apiKeys: [key] });
const house = await openHouse(`
providers:
  anthropic: { baseUrl: "${first.url}", apiKey: ${key}, retry: { attempts: 1 } }
  other: { plugin: anthropic, baseUrl: "${second.url}", authToken: ${key}, retry: { attempts: 1 } }
  wrong: { plugin: anthropic, baseUrl: "${first.url}", apiKey: sk-ant-not-the-right-one, retry: { attempts: 1 } }
routes:
  claude: { targets: [anthropic/claude-sonnet-4-5, other/claude-opus-5-5] }
  thinking: { targets: [anthropic/claude-sonnet-4-5], reasoning: { effort: low } }
  denied: wrong/claude-sonnet-4-5
`);
const client = new Anthropic({ apiKey: 'of-the-client', baseURL: house.url, maxRetries: 0 });
beforeEach(() => {
  first.reset();
  second.reset();
});
afterAll(async () => {
  await house.close();
  await first.close();
  await second.close();
});

const asked = { model: 'claude', max_tokens: 3000, messages: [{ role: 'user' as const, content: 'Hello there' }] };

it('relays a stream and a whole answer, under the name that the client knows', async () => {
  const stream = await client.messages.stream(asked).finalMessage();
  const whole = await client.messages.create(asked);
  expect(stream).toMatchObject({
    model: 'claude',
    id: whole.id,
    content: [{ type: 'text', text: 'You said: "Hello there"' }],
  });
  expect(whole.model).toBe('claude');
  const [request] = first.requests;
  expect(request?.headers).toMatchObject({ 'x-api-key': key, 'anthropic-version': '2023-06-01' });
  expect(request?.headers.authorization).toBeUndefined();
  expect(request?.body).toEqual({ ...asked, model: 'claude-sonnet-4-5', stream: true });
});

it('the next target answers where the first fails before it has said anything, relayed or not', async () => {
  first.script({ kind: 'exception', type: 'overloaded_error', afterFrames: 3 });
  const answer = await client.messages.stream({ ...asked, temperature: 0.5 }).finalMessage();
  expect(answer.content).toEqual([{ type: 'text', text: 'You said: "Hello there"' }]);
  // The second takes no temperature: for it the request was rebuilt.
  expect(second.requests).toHaveLength(1);
  expect(second.requests[0]?.body).not.toHaveProperty('temperature');
  expect(second.requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
});

it('a failure behind the first words is told in the stream', async () => {
  first.script({ kind: 'exception', type: 'overloaded_error', afterFrames: 4 });
  await expect(client.messages.stream(asked).finalMessage()).rejects.toThrow(/overloaded/i);
  expect(second.requests).toHaveLength(0);
});

it("the route's reasoning is added to what is relayed", async () => {
  const answer = await client.messages.create({ ...asked, model: 'thinking' });
  expect(answer.content[0]).toMatchObject({ type: 'thinking' });
  expect(first.requests[0]?.body).toMatchObject({ thinking: { type: 'enabled', budget_tokens: 2048 } });
});

it('counts tokens', async () => {
  const { input_tokens } = await client.messages.countTokens({ model: 'claude', messages: asked.messages });
  expect(input_tokens).toBeGreaterThan(0);
  expect(first.requests[0]?.operation).toBe('count');
});

it("a wrong key is the operator's: 502, naming the provider and not the key", async () => {
  const failure = await client.messages.create({ ...asked, model: 'denied' }).catch((error) => error);
  expect(failure.status).toBe(502);
  expect(failure.message).toContain('wrong');
  expect(JSON.stringify(failure)).not.toContain('sk-ant');
});

it('a chat client gets text, tools and usage', async () => {
  const tool = {
    name: 'get_weather',
    parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
  };
  const { choices, usage } = await house.openai.chat.completions.create({
    ...{ model: 'claude', tools: [{ type: 'function', function: tool }] },
    messages: [{ role: 'user', content: 'What is the weather in Oslo?' }],
  });
  expect(choices[0]?.message.tool_calls).toMatchObject([
    { function: { name: 'get_weather', arguments: '{"city":"Oslo"}' } },
  ]);
  expect(choices[0]?.finish_reason).toBe('tool_calls');
  expect(usage?.completion_tokens).toBeGreaterThan(0);
});
