// The vendors' own SDKs against a router with Gemini behind it: tools in two turns, with the signatures that Gemini 3 insists on.
import Anthropic from '@anthropic-ai/sdk';
import { startGeminiLocal } from '@turnout/plugin-gemini/local';
import type OpenAI from 'openai';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { openHouse } from '../house.ts';

const KEY = 'AIzaSyTheKeyOfTheHouse';
const local = await startGeminiLocal({ apiKeys: [KEY] });
const house = await openHouse(
  `providers:
  gemini:
    apiKey: "\${KEY}"
    baseUrl: ${local.baseUrl}
routes:
  gemini: gemini/gemini-3.8-flash
  searching: { targets: [gemini/gemini-3.8-flash], gemini: { serverTools: [googleSearch] } }
`,
  { env: { KEY } },
);
afterEach(() => local.reset());
afterAll(async () => {
  await house.close();
  await local.close();
});

const anthropic = new Anthropic({ baseURL: house.url, apiKey: 'no-key-needed', maxRetries: 0 });
const schema = { type: 'object' as const, properties: { city: { type: 'string' } }, required: ['city'] };
const ask = 'What is the weather in Oslo?';

/** The signatures that Google was sent back, and whether it was ever sent a stand-in. */
function signaturesSent(): string[] {
  const bodies = JSON.stringify(local.requests.map(({ body }) => body));
  return [...bodies.matchAll(/"thoughtSignature":"([^"]+)"/g)].map((found) => found[1] ?? '');
}

describe('a tool that is called, and its result', () => {
  it('Messages, streamed', async () => {
    const tools = [{ name: 'get_weather', description: 'The weather of a city', input_schema: schema }];
    const thinking = { type: 'enabled', budget_tokens: 1024 } as const;
    const settings = { model: 'gemini', max_tokens: 4096, tools, thinking };
    const user = { role: 'user', content: ask } as const;
    const first = await anthropic.messages.stream({ ...settings, messages: [user] }).finalMessage();
    const call = first.content.find((block) => block.type === 'tool_use');
    expect([first.stop_reason, call?.name]).toEqual(['tool_use', 'get_weather']);
    const result = { type: 'tool_result', tool_use_id: call?.id ?? '', content: '5 degrees' } as const;
    const messages: Anthropic.MessageParam[] = [
      user,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [result] },
    ];
    const second = await anthropic.messages.stream({ ...settings, messages }).finalMessage();
    expect(JSON.stringify(second.content)).toContain('5 degrees');
    expect(signaturesSent()).toEqual([expect.stringMatching(/^EuT\//)]);
  });

  it.each([false, true])('chat completions, streamed: %s', async (stream) => {
    const tools: OpenAI.ChatCompletionTool[] = [
      { type: 'function', function: { name: 'get_weather', description: 'The weather of a city', parameters: schema } },
    ];
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: ask }];
    const send = async () => {
      const body = { model: 'gemini', messages, tools, reasoning_effort: 'low' as const };
      if (!stream) return (await house.openai.chat.completions.create(body)).choices[0]?.message;
      const all = house.openai.chat.completions.stream(body);
      return (await all.finalChatCompletion()).choices[0]?.message;
    };
    const said = await send();
    const [call] = said?.tool_calls ?? [];
    if (said === undefined || call === undefined) throw new Error('no call');
    messages.push(said, { role: 'tool', tool_call_id: call.id, content: '5 degrees' });
    expect((await send())?.content).toContain('5 degrees');
    expect(signaturesSent()).toEqual([expect.stringMatching(/^EuT\//)]);
  });

  it('Responses', async () => {
    const tools = [
      {
        type: 'function',
        name: 'get_weather',
        description: 'The weather of a city',
        parameters: schema,
        strict: false,
      },
    ] as const;
    const input: OpenAI.Responses.ResponseInput = [{ role: 'user', content: ask }];
    const send = () => house.openai.responses.create({ model: 'gemini', input, tools: [...tools], store: false });
    const first = await send();
    const call = first.output.find((item) => item.type === 'function_call');
    // What the SDK gives is what it takes.
    input.push(...(first.output as OpenAI.Responses.ResponseInput), {
      type: 'function_call_output',
      call_id: call?.call_id ?? '',
      output: '5 degrees',
    });
    expect((await send()).output_text).toContain('5 degrees');
    expect(signaturesSent()).toEqual([expect.stringMatching(/^EuT\//)]);
  });
});

describe('the rest of a house', () => {
  it('a route\u2019s own settings reach Google', async () => {
    await house.openai.chat.completions.create({ model: 'searching', messages: [{ role: 'user', content: 'Hi' }] });
    expect(local.requests[0]?.body).toMatchObject({ tools: [{ googleSearch: {} }] });
  });

  it('embeddings, a count and the list of models', async () => {
    const { data } = await house.openai.embeddings.create({
      model: 'gemini/gemini-embedding-001',
      input: ['a', 'b'],
      dimensions: 4,
    });
    expect(data.map(({ embedding }) => embedding.length)).toEqual([4, 4]);
    const count = await anthropic.messages.countTokens({ model: 'gemini', messages: [{ role: 'user', content: ask }] });
    expect(count.input_tokens).toBeGreaterThan(0);
    expect(local.requests.map(({ operation }) => operation)).toEqual(['embeddings', 'count-tokens']);
  });

  it('a blocked prompt, a wrong key and a quota are told in the client\u2019s words', async () => {
    // Each of a model of its own: a target that has failed is left alone for a while.
    const failureOf = async (model: string) => {
      const messages = [{ role: 'user', content: 'Hi' } as const];
      const outcome: unknown = await anthropic.messages
        .create({ model: `gemini/${model}`, max_tokens: 9, messages })
        .catch((error) => error);
      if (!(outcome instanceof Anthropic.APIError)) throw new Error('it did not fail');
      return outcome;
    };
    local.script({ kind: 'answer', blockReason: 'SAFETY' });
    const blocked = await failureOf('gemini-3.5-flash');
    expect([blocked.status, blocked.message]).toEqual([400, expect.stringContaining('the prompt was blocked: SAFETY')]);
    const reason = 'API_KEY_INVALID';
    local.script({ kind: 'error', status: 'INVALID_ARGUMENT', message: `API key not valid: ${KEY}`, reason });
    const denied = await failureOf('gemini-3.6-flash');
    expect([denied.status, denied.message]).toEqual([502, expect.stringContaining(reason)]);
    const quotaId = 'GenerateRequestsPerDayPerProjectPerModel-FreeTier';
    local.script({ kind: 'error', status: 'RESOURCE_EXHAUSTED', quotaId });
    const throttled = await failureOf('gemini-3.7-flash');
    expect([throttled.status, throttled.headers?.get('retry-after')]).toEqual([429, '3600']);
    expect(local.requests).toHaveLength(3);
    expect(JSON.stringify([String(denied), house.log])).not.toContain(KEY);
  });
});
