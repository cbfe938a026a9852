// The openai SDKs through a whole Turnout to openai-local: both APIs, relayed and rebuilt, with failover and the log.
import { startOpenaiLocal } from '@turnout/plugin-openai/local';
import OpenAI from 'openai';
import OpenAI6 from 'openai-6';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { openHouse } from '../house.ts';

const key = 'sk-local-0123456789';
const local = await startOpenaiLocal({ apiKeys: [key] });
const azure = await startOpenaiLocal({ apiKeys: ['azure-key'] });
const house = await openHouse(`
providers:
  openai: { apiKey: ${key}, baseUrl: "${local.baseUrl}" }
  responses: { plugin: openai, preset: openai, apiKey: ${key}, baseUrl: "${local.baseUrl}" }
  azure: { plugin: openai, preset: azure, apiKey: azure-key, baseUrl: "${azure.url}", azure: { deployments: { gpt-4o: dep } } }
  older: { plugin: openai, preset: azure, apiKey: azure-key, baseUrl: "${azure.url}", azure: { apiVersion: 2024-10-21 } }
routes:
  smart: { targets: [responses/gpt-4o, azure/gpt-4o], defaults: { maxTokens: 200 } }
  thinker: { targets: [responses/gpt-5], reasoning: { effort: low } }
  cloud: { targets: [azure/gpt-4o] }
  cloud-of-old: { targets: [older/gpt-4o] }
`);
afterAll(async () => {
  await house.close();
  await Promise.all([local.close(), azure.close()]);
});
beforeEach(() => {
  local.reset();
  azure.reset();
});

const messages = [{ role: 'user' as const, content: 'What is the weather in Paris?' }];
const tools = [
  {
    type: 'function' as const,
    function: { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
  },
];
const sent = (server = local) => server.requests.at(-1)?.body as Record<string, unknown>;

describe.each([
  ['openai 7', OpenAI],
  ['openai 6', OpenAI6 as unknown as typeof OpenAI], // the same calls, of an older version
])('%s', (_name, Sdk) => {
  const client = new Sdk({ baseURL: `${house.url}/v1`, apiKey: 'any', maxRetries: 0 });

  it('chat, whole and streamed, with what only a relay can carry', async () => {
    const { data, request_id } = await client.chat.completions
      .create({ model: 'smart', messages, n: 1, logprobs: true, metadata: { a: 'b' } })
      .withResponse();
    expect(data).toMatchObject({ model: 'smart', service_tier: 'default', choices: [{ logprobs: null }] });
    expect(sent()).toMatchObject({ model: 'gpt-4o', logprobs: true, metadata: { a: 'b' }, max_completion_tokens: 200 });
    const stream = client.chat.completions.stream({
      model: 'smart',
      messages,
      tools,
      stream_options: { include_usage: true },
    });
    const final = await stream.finalChatCompletion();
    expect(final.model).toBe('smart');
    expect(final.choices[0]?.message.tool_calls).toMatchObject([{ function: { arguments: '{"city":"Paris"}' } }]);
    const { fields } = await house.line(String(request_id));
    const { prompt_tokens: inputTokens, completion_tokens: outputTokens } = data.usage ?? {};
    expect(fields).toMatchObject({ status: 200, usage: { inputTokens, outputTokens } });
  });

  it('Responses, whole and streamed, relayed to a model that thinks', async () => {
    const whole = await client.responses.create({ model: 'thinker', input: 'Hello', store: false });
    expect(whole.model).toBe('thinker');
    expect(whole.output.map(({ type }) => type)).toEqual(['reasoning', 'message']);
    expect(sent()).toMatchObject({
      model: 'gpt-5',
      reasoning: { effort: 'low' },
      store: false,
      include: ['reasoning.encrypted_content'],
    });
    const stream = client.responses.stream({
      model: 'thinker',
      input: [...whole.output, { role: 'user', content: 'Again' }] as never,
    });
    const final = await stream.finalResponse();
    expect(final.model).toBe('thinker');
    expect(final.output_text).toBe('You said: "Again"');
    expect(local.requests.map(({ status }) => status)).toEqual([200, 200]);
  });

  it('another target when the first fails, before the first byte', async () => {
    local.script({ kind: 'exception', code: 'server_error', times: 'always' });
    const stream = client.chat.completions.stream({ model: 'smart', messages });
    expect(await stream.finalContent()).toContain('Paris');
    expect(azure.requests.map(({ path }) => path)).toEqual(['/openai/v1/chat/completions']);
    expect(sent(azure)).toMatchObject({ model: 'dep' });
  });
});

it('Azure of the older kind is asked by deployment', async () => {
  await house.openai.chat.completions.create({ model: 'cloud-of-old', messages });
  expect(azure.requests.at(-1)).toMatchObject({
    path: '/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21',
    status: 200,
  });
});

it('reasoning of an OpenAI model survives a client of another protocol', async () => {
  const ask = async (history: readonly object[]) => {
    const reply = await house.post('/v1/messages', {
      model: 'thinker',
      max_tokens: 2000,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      messages: history,
    });
    expect(reply.status).toBe(200);
    return (await reply.json()) as { content: readonly { type: string }[] };
  };
  const user = { role: 'user', content: 'Hello' };
  const first = await ask([user]);
  expect(first.content.map(({ type }) => type)).toEqual(['thinking', 'text']);
  await ask([user, { role: 'assistant', content: first.content }, user]);
  const items = sent().input as readonly Record<string, unknown>[];
  expect(items.map(({ type }) => type)).toEqual(['message', 'reasoning', 'message', 'message']);
  expect(items[1]?.encrypted_content).toMatch(/^gAAAAAopenai-local\./);
});
