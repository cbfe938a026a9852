// openai-local's Responses: what it answers, and what it refuses in OpenAI's words.
import { afterAll, describe, expect, it } from 'vitest';
import { startOpenaiLocal } from './index.ts';

const local = await startOpenaiLocal();
afterAll(() => local.close());

async function ask(body: object): Promise<{ status: number; text: string }> {
  const reply = await fetch(`${local.baseUrl}/responses`, {
    method: 'POST',
    body: JSON.stringify({ model: 'gpt-5', input: 'Hello', ...body }),
  });
  return { status: reply.status, text: await reply.text() };
}

const whole = async (body: object = {}) => JSON.parse((await ask(body)).text);

it('a stream ends with what the whole answer is', async () => {
  const tools = [
    {
      type: 'namespace',
      name: 'mcp',
      description: 'd',
      tools: [
        {
          type: 'function',
          name: 'get_weather',
          parameters: { type: 'object', properties: { city: { type: 'string' } } },
        },
      ],
    },
  ];
  for (const body of [
    {},
    { input: 'What is the weather in Paris?', tools },
    { reasoning: { effort: 'low', summary: 'auto' }, include: ['reasoning.encrypted_content'] },
  ]) {
    const { text } = await ask({ ...body, stream: true });
    const events = text
      .split('\n\n')
      .filter(Boolean)
      .map((event) => JSON.parse(event.slice(event.indexOf('data: ') + 6)));
    expect(events.map(({ sequence_number: number }) => number)).toEqual(events.map((_, index) => index));
    expect(events.at(-1)).toMatchObject({
      type: 'response.completed',
      response: { output: (await whole(body)).output },
    });
    expect(events.filter(({ type }) => type === 'response.output_item.done').map(({ item }) => item)).toEqual(
      (await whole(body)).output,
    );
  }
  expect((await whole({ input: 'What is the weather in Paris?', tools })).output.at(-1)).toMatchObject({
    type: 'function_call',
    namespace: 'mcp',
    name: 'get_weather',
    arguments: '{"city":"Paris"}',
  });
});

const call = { type: 'function_call', call_id: 'c', name: 'f', arguments: '{}' };

describe('refuses', () => {
  it.each([
    [{ messages: [] }, "Unknown parameter: 'messages'."],
    [{ input: null }, "Missing required parameter: 'input'."],
    [{ previous_response_id: 'resp_1' }, 'Previous response with id'],
    [{ max_output_tokens: 5 }, 'Expected a value >= 16'],
    [{ temperature: 0.5 }, "Unsupported parameter: 'temperature'"],
    [{ reasoning: { effort: 'huge' } }, "Unsupported value: 'reasoning.effort'"],
    [{ model: 'gpt-4o', reasoning: { effort: 'low' } }, "Unsupported parameter: 'reasoning.effort'"],
    [{ model: 'gpt-4o', include: ['reasoning.encrypted_content'] }, 'Encrypted content is not supported'],
    [{ input: [call] }, 'No tool output found for function call c.'],
    [{ input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }, 'No tool call found'],
    [{ input: [{ ...call, call_id: 'c'.repeat(65) }] }, 'string too long'],
    [{ input: [{ role: 'user', content: [{ type: 'text', text: 'x' }] }] }, "Invalid value: 'text'"],
    [{ input: [{ role: 'tool', content: 'x' }] }, "Invalid value: 'tool'"],
    [{ store: false, input: [{ type: 'reasoning', id: 'rs_1', summary: [] }] }, 'Items are not persisted'],
    [
      { store: false, input: [{ type: 'reasoning', summary: [], encrypted_content: 'forged' }] },
      'could not be verified',
    ],
    [{ store: false, input: [{ type: 'item_reference', id: 'msg_1' }] }, "Item with id 'msg_1' not found"],
    [{ tools: [{ type: 'function', function: { name: 'f' } }] }, "Unknown parameter: 'tools[0].function'."],
    [{ tools: [{ type: 'namespace', name: 'n', tools: [] }] }, "Missing required parameter: 'tools[0].description'."],
    [{ tools: [{ type: 'function', name: 'f', parameters: { type: 'object', anyOf: [] } }] }, "not have 'oneOf'"],
    [{ tool_choice: { type: 'function', name: 'f' } }, 'not found in'],
    [{ stream: true, stream_options: { include_usage: true } }, "Unknown parameter: 'stream_options.include_usage'."],
    [{ text: { format: { type: 'json_schema', schema: {} } } }, "Missing required parameter: 'text.format.name'."],
  ])('%j', async (body, message) => {
    const { status, text } = await ask(body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(text).error.message).toContain(message);
  });
});

it.each([
  ['/openai/v1/responses', 200],
  ['/openai/responses?api-version=2025-04-01-preview', 200],
  ['/openai/responses', 404],
  ['/openai/deployments/dep/chat/completions?api-version=2024-10-21', 400],
  ['/openai/deployments/dep/chat/completions', 404],
])('%s answers with %d', async (path, status) => {
  const reply = await fetch(local.url + path, {
    method: 'POST',
    body: JSON.stringify({ model: 'gpt-5', input: 'Hello' }),
  });
  expect(reply.status).toBe(status);
});
